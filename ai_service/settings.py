"""The settings of the service: the only place that reads its environment."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the message names each variable and says what to do."""


def _listen_address(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("write it as HOST:PORT, such as 127.0.0.1:50051 (port 0 takes a free one)")
    return value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if len(token) < 32:
        raise ValueError(
            "use at least 32 characters, such as the output of "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("use printable ASCII characters without spaces")
    return value


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("use the key as the provider shows it: printable ASCII characters without spaces")
    return value


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong:
        raise ValueError("write it as http(s)://HOST[:PORT]/PATH, such as http://127.0.0.1:11434/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("leave credentials out of the address; a key goes into OPENAI_API_KEY")
    return value


def _whisper_model(value: str) -> str:
    path = Path(value).expanduser()
    if path.is_dir() or value.startswith(("/", ".", "~")):
        for name in ("model.bin", "tokenizer.json"):
            if not (path / name).is_file():
                raise ValueError(f"the folder has no {name}; name one that CTranslate2 converted, with its tokenizer")
    return value


def _cache_folder(value: Path) -> Path:
    folder = value.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"the folder cannot be made ({error.strerror}); name one that can") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError("the folder cannot be written; name one that can")
    return folder


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "mock-interview"
    try:
        return Path.home() / ".cache" / "mock-interview"
    except RuntimeError:  # a container's user may have no home
        return Path(tempfile.gettempdir()) / f"mock-interview-{os.getuid()}"


class SpeechSettings(BaseSettings):
    """What an operator can set for hearing and speaking; field X is the variable X in upper case."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    openai_api_key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """Key of the OpenAI-compatible endpoint; unset for an endpoint that asks for none."""
    openai_base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Address of the OpenAI-compatible endpoint; unset for OpenAI itself."""
    speech_recognizer: Annotated[
        Literal["auto", "faster-whisper", "openai", "pocketsphinx", "none"], BeforeValidator(str.lower)
    ] = "auto"
    """Who recognizes speech; auto is faster-whisper when its model is set, openai when its model or OpenAI's own key
    is, else pocketsphinx where it is installed, else none."""
    speech_whisper_model: Annotated[str, AfterValidator(_whisper_model)] | None = None
    """Whisper's weights: a folder, a name such as small.en or repository of the hub, fetched to AI_CACHE at start."""
    speech_whisper_device: Annotated[Literal["auto", "cpu", "cuda"], BeforeValidator(str.lower)] = "auto"
    """Where Whisper runs."""
    speech_whisper_compute_type: Literal[
        "default",
        "auto",
        "int8",
        "int8_float32",
        "int8_float16",
        "int8_bfloat16",
        "int16",
        "float16",
        "bfloat16",
        "float32",
    ] = "default"
    """Precision of Whisper; int8 is the fastest on a processor."""
    speech_base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Address of an OpenAI-compatible endpoint for speech; unset for that of OPENAI_BASE_URL."""
    speech_api_key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """Key of SPEECH_BASE_URL, which never gets OPENAI_API_KEY; unset for an endpoint that asks for none."""
    speech_transcription_model: Annotated[str, Field(max_length=200)] | None = None
    """Name of the endpoint's model that recognizes; whisper-1 at OpenAI, required for another endpoint."""
    speech_timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 30.0
    """Longest wait for one attempt at the endpoint of speech, which gets at most 30 s of audio."""
    speech_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Attempts at one reply of the endpoint of speech in all."""
    speech_recording_seconds: Annotated[float, Field(ge=1, le=7200, allow_inf_nan=False)] = 600.0
    """Longest recording that is taken."""
    speech_recordings: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Recordings that arrive, wait or are recognized at the same time; more are refused."""
    speech_threads: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Recordings, and utterances, that are recognized at the same time."""
    speech_conversations: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Conversations that are heard, and texts that are spoken, at the same time; more are refused."""
    speech_conversation_seconds: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)] = 14_400.0
    """Longest conversation."""
    speech_threshold: Annotated[float, Field(ge=0.05, le=0.95)] = 0.5
    """Probability, by silero, from which a sound is speech; higher for noisy rooms."""
    speech_start_seconds: Annotated[float, Field(ge=0.03, le=1)] = 0.1
    """Speech in a row after which somebody counts as speaking."""
    speech_stop_seconds: Annotated[float, Field(ge=0.1, le=2)] = 0.25
    """Silence in a row after which he counts as silent; the end of his turn is decided by chat_service."""
    speech_hold_seconds: Annotated[float, Field(ge=0, le=5)] = 0.35
    """From then until what he said is final, unless he goes on."""
    speech_partials: Annotated[Literal["auto", "on", "off"], BeforeValidator(str.lower)] = "auto"
    """Whether words are shown while somebody speaks; auto: unless each time would be paid for (openai)."""
    speech_synthesizer: Annotated[
        Literal["auto", "openai", "flite", "espeak-ng", "none"], BeforeValidator(str.lower)
    ] = "auto"
    """Who speaks; auto is openai when its model or OpenAI's own key is set, else flite or espeak-ng where installed,
    else none."""
    speech_synthesis_model: Annotated[str, Field(max_length=200)] | None = None
    """Name of the endpoint's model that speaks; gpt-4o-mini-tts at OpenAI, required for another endpoint."""
    speech_voice: Annotated[str, Field(max_length=100)] | None = None
    """Voice of the synthesizer; unset for its default."""

    @model_validator(mode="after")
    def _recognizer_fits(self) -> Self:
        if self.speech_recognizer == "faster-whisper" and self.speech_whisper_model is None:
            raise ValueError("SPEECH_WHISPER_MODEL: is not set; name a folder, or a model such as small.en")
        if self.recognizer_name == "openai":
            base_url, key = self.speech_endpoint
            if base_url is None and key is None:
                raise ValueError(
                    "SPEECH_BASE_URL: is not set; recognition by openai needs it, or OPENAI_API_KEY, or OPENAI_BASE_URL"
                )
            if base_url is not None and self.speech_transcription_model is None:
                raise ValueError(
                    "SPEECH_TRANSCRIPTION_MODEL: is not set; name a model that the endpoint of speech serves"
                )
        if self.synthesizer_name == "openai":
            base_url, key = self.speech_endpoint
            if base_url is None and key is None:
                raise ValueError(
                    "SPEECH_BASE_URL: is not set; synthesis by openai needs it, or OPENAI_API_KEY, or OPENAI_BASE_URL"
                )
            if base_url is not None and self.speech_synthesis_model is None:
                raise ValueError("SPEECH_SYNTHESIS_MODEL: is not set; name a model that the endpoint of speech serves")
        return self

    @property
    def speech_endpoint(self) -> tuple[str | None, SecretStr | None]:
        """Address (None: OpenAI itself) and key of the endpoint of speech."""
        if self.speech_base_url is not None:
            return self.speech_base_url, self.speech_api_key
        return self.openai_base_url, self.speech_api_key or self.openai_api_key

    @property
    def recognizer_name(self) -> Literal["faster-whisper", "openai", "pocketsphinx", "none"] | None:
        """What `speech_recognizer` comes to; None: pocketsphinx where it is installed, else none."""
        if self.speech_recognizer != "auto":
            return self.speech_recognizer
        if self.speech_whisper_model is not None:
            return "faster-whisper"
        base_url, key = self.speech_endpoint
        if self.speech_transcription_model is not None or (base_url is None and key is not None):
            return "openai"
        return None

    @property
    def synthesizer_name(self) -> Literal["openai", "flite", "espeak-ng", "none"] | None:
        """What `speech_synthesizer` comes to; None: flite or espeak-ng where installed, else none."""
        if self.speech_synthesizer != "auto":
            return self.speech_synthesizer
        base_url, key = self.speech_endpoint
        if self.speech_synthesis_model is not None or (base_url is None and key is not None):
            return "openai"
        return None


class EngineSettings(SpeechSettings):
    """What an operator can set for the engines, by themselves; field X is the variable X in upper case."""

    ai_cache: Annotated[Path, AfterValidator(_cache_folder)] = Field(
        default_factory=_default_cache, validate_default=True
    )
    """Folder for the converted model; made when it is missing."""
    ai_calibration: Path | None = None
    """Calibration file (of `calibrate --fit`) for the built-in engine's scores; unset for the scores as they are."""
    ai_concurrency: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Evaluations that run or wait at the same time; more are refused."""
    ai_threads: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Threads that grade."""
    engine: Annotated[Literal["auto", "builtin", "openai"], BeforeValidator(str.lower)] = "auto"
    """Who asks, grades and reports; auto is openai when a key or a base URL is set, else builtin."""
    llm_model: Annotated[str, Field(max_length=200)] | None = None
    """Name of the model; gpt-4.1-mini at OpenAI, required for another endpoint."""
    llm_timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 15.0
    """Longest wait for one attempt; keep AI_DEADLINE_SECONDS of chat_service at four times it (see decision 0006)."""
    llm_attempts: Annotated[int, Field(ge=1, le=3)] = 3
    """Attempts at one reply in all, its repair among them."""
    llm_max_output_tokens: Annotated[int, Field(ge=256, le=100_000)] = 4096
    """Output tokens of one attempt, a reasoning model's thoughts among them."""
    llm_budget_tokens: Annotated[int, Field(ge=10_000, le=1_000_000_000)] = 1_000_000
    """Tokens that one interview may use."""
    llm_budget_cost: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Cost that one interview may have, in the currency of both prices; unset for no bound but that of the tokens."""
    llm_samples: Annotated[int, Field(ge=1, le=9)] = 1
    """Gradings of each answer, of which the medians count."""
    llm_price_input: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Price of a million input tokens, for the metric and the budget of cost; set both prices or none."""
    llm_price_output: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Price of a million output tokens."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.engine_name == "openai":
            if self.ai_calibration is not None:
                raise ValueError("AI_CALIBRATION: is for the built-in engine's scores; unset it, or set ENGINE=builtin")
            if self.openai_api_key is None and self.openai_base_url is None:
                raise ValueError(
                    "OPENAI_API_KEY: is not set; ENGINE=openai needs a key, or OPENAI_BASE_URL of an endpoint "
                    "that asks for none"
                )
            if self.openai_base_url is not None and self.llm_model is None:
                raise ValueError("LLM_MODEL: is not set; name a model that OPENAI_BASE_URL serves")
        for name, one, other in (
            ("LLM_PRICE_OUTPUT", self.llm_price_output, self.llm_price_input),
            ("LLM_PRICE_INPUT", self.llm_price_input, self.llm_price_output),
        ):
            if one is None and other is not None:
                raise ValueError(f"{name}: is not set; set both prices or none")
            if one is None and self.llm_budget_cost is not None:
                raise ValueError(f"{name}: is not set; LLM_BUDGET_COST needs both prices")
        return self

    @property
    def engine_name(self) -> Literal["builtin", "openai"]:
        """The engine that `engine` comes to."""
        if self.engine == "auto":
            return "openai" if self.openai_api_key or self.openai_base_url else "builtin"
        return self.engine


S = TypeVar("S", bound=SpeechSettings)


class Settings(EngineSettings):
    """What an operator can set for the server, read once at the start."""

    ai_listen: Annotated[str, AfterValidator(_listen_address)] = "127.0.0.1:50051"
    """Where gRPC is served, HOST:PORT."""
    ai_service_token: Annotated[SecretStr, AfterValidator(_token)]
    """The credential that callers send."""
    ai_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port of the Prometheus endpoint, on the host of AI_LISTEN; unset for none."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    """Least severe log line that is written."""

    @property
    def listen_host(self) -> str:
        """Host of `ai_listen`, without the brackets of an IPv6 address."""
        return self.ai_listen.rpartition(":")[0].strip("[]")


def load_settings() -> Settings:
    """Read the server's settings; raise `SettingsError` when a variable is missing or wrong."""
    return _load(Settings)


def load_engine_settings() -> EngineSettings:
    """Read what the engines need alone; raise `SettingsError` when a variable is wrong."""
    return _load(EngineSettings)


def _load(kind: type[S]) -> S:
    try:
        return kind()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            if not problem["loc"]:  # settings that do not fit together; the text names the one to change
                lines.append(problem["msg"].removeprefix("Value error, "))
                continue
            name = str(problem["loc"][0]).upper()
            text = "is not set; set it to a secret of at least 32 characters"
            if problem["type"] != "missing":
                text = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {text}")
        raise SettingsError("\n".join(lines)) from None
