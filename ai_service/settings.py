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


class EngineSettings(BaseSettings):
    """What an operator can set for the engines, by themselves; field X is the variable X in upper case."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

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
    openai_api_key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """Key of the OpenAI-compatible endpoint; unset for an endpoint that asks for none."""
    openai_base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Address of the OpenAI-compatible endpoint; unset for OpenAI itself."""
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


S = TypeVar("S", bound=EngineSettings)


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
