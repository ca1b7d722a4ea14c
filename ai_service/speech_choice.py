"""The choice of who hears and speaks, and what it is made of."""

import asyncio
import os
import threading
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry

from ai_service.errors import ResourceError
from ai_service.settings import EngineSettings, SpeechSettings
from ai_service.speech import sphinx
from ai_service.speech.activity import Thresholds
from ai_service.speech.hearing import Hearing
from ai_service.speech.live import LiveRecognition, LiveRules
from ai_service.speech.live_metrics import LiveMetrics, SynthesisMetrics
from ai_service.speech.recognition import Recognizer, RecognizerIdentity
from ai_service.speech.recording_metrics import RecordingMetrics
from ai_service.speech.recordings import RecordingRules, Recordings
from ai_service.speech.segmenting import Cutting
from ai_service.speech.silero import Silero
from ai_service.speech.speech import Speech
from ai_service.speech.synthesis import Synthesis
from ai_service.speech.weights import fetched, local_folder
from ai_service.synthesizer_choice import synthesizer_of

OPENAI_MODEL = "whisper-1"
"""The only one of OpenAI's that tells the times of words."""

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 10.0, 600.0

_log = structlog.get_logger("ai_service.speech")


def load_speech(settings: EngineSettings, registry: CollectorRegistry) -> Speech:
    """What the settings name, with its metrics in `registry`; its recognizer is still to be loaded.

    Raises `ResourceError` when something is missing in the installation.
    """
    hearing = Hearing(_identity(settings))
    silero = Silero.load()
    thresholds = Thresholds.around(
        settings.speech_threshold,
        start_seconds=settings.speech_start_seconds,
        stop_seconds=settings.speech_stop_seconds,
    )
    rules = RecordingRules(
        thresholds=thresholds,
        most_seconds=settings.speech_recording_seconds,
        under_way=settings.speech_recordings,
        at_once=settings.speech_threads,
    )
    return Speech(
        hearing,
        Recordings(hearing, silero, RecordingMetrics(registry), rules),
        LiveRecognition(hearing, silero, LiveMetrics(registry), _live_rules(settings, thresholds)),
        Synthesis(synthesizer_of(settings), SynthesisMetrics(registry), settings.speech_conversations),
    )


def _live_rules(settings: SpeechSettings, thresholds: Thresholds) -> LiveRules:
    return LiveRules(
        thresholds,
        Cutting(hold_seconds=settings.speech_hold_seconds),
        settings.speech_partials,
        settings.speech_conversations,
        settings.speech_conversation_seconds,
    )


async def load_recognizer(hearing: Hearing, settings: EngineSettings) -> None:
    """Give `hearing` its recognizer, trying again, ever less often, until it can be loaded."""
    wait = _FIRST_WAIT_SECONDS
    while not hearing.ready:
        try:
            hearing.arrive(await _in_daemon(lambda: recognizer_of(settings)))
        except ResourceError as error:
            hearing.fail(str(error))
            _log.error("speech_model_failed", problem=str(error), again_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
    if hearing.identity is not None:
        _log.info("speech_model_loaded", engine=hearing.identity.engine, model=hearing.identity.model)


def recognizer_of(settings: EngineSettings) -> Recognizer:
    """The recognizer that the settings name; blocks while it is fetched and loaded.

    Raises `ResourceError`, where there is none as well.
    """
    identity = _identity(settings)
    if identity is None:
        raise ResourceError("SPEECH_RECOGNIZER: there is none; set it, and what it needs")
    if identity == sphinx.IDENTITY:
        return sphinx.Sphinx(settings.speech_threads)
    if settings.recognizer_name == "openai":
        return _transcriptions(settings, identity.model)
    return _whisper(settings, identity.model)


def _identity(settings: EngineSettings) -> RecognizerIdentity | None:
    """Who will recognize. Raises `ResourceError` where the package of the one who was named is missing."""
    match settings.recognizer_name:
        case "faster-whisper":
            model = settings.speech_whisper_model or ""
            folder = local_folder(model)
            return RecognizerIdentity("faster-whisper", folder.name if folder else model)
        case "openai":
            return RecognizerIdentity("openai", settings.speech_transcription_model or OPENAI_MODEL)
        case "pocketsphinx":
            if not sphinx.is_installed():
                raise ResourceError("SPEECH_RECOGNIZER: pocketsphinx is not installed, nor made for every Python")
            return sphinx.IDENTITY
        case "none":
            return None
        case None:
            return sphinx.IDENTITY if sphinx.is_installed() else None


def _whisper(settings: EngineSettings, name: str) -> Recognizer:
    from ai_service.speech.whisper import Whisper

    return Whisper.load(
        fetched(settings.speech_whisper_model or "", settings.ai_cache),
        name,
        device=settings.speech_whisper_device,
        compute_type=settings.speech_whisper_compute_type,
        at_once=settings.speech_threads,
        cores=os.cpu_count() or 1,
    )


def _transcriptions(settings: EngineSettings, model: str) -> Recognizer:
    # Here, because the SDK takes longer to import than all the rest of the service.
    from ai_service.speech.endpoint import EndpointLimits, SpeechEndpoint
    from ai_service.speech.transcriptions import Transcriptions

    base_url, key = settings.speech_endpoint
    limits = EndpointLimits(
        timeout_seconds=settings.speech_timeout_seconds,
        attempts=settings.speech_attempts,
        connections=settings.speech_threads + settings.speech_recordings,
    )
    endpoint = SpeechEndpoint(base_url=base_url, api_key=key.get_secret_value() if key else None, limits=limits)
    return Transcriptions(endpoint, model)


async def _in_daemon(load: Callable[[], Recognizer]) -> Recognizer:
    """What `load` returns, in a thread that keeps no process alive, however long the hub takes."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Recognizer] = loop.create_future()

    def settle(recognizer: Recognizer | None, error: BaseException | None) -> None:
        if loaded.done():
            return
        if recognizer is None:
            loaded.set_exception(error or RuntimeError("nothing was loaded"))
        else:
            loaded.set_result(recognizer)

    def run() -> None:
        recognizer, error = None, None
        try:
            recognizer = load()
        except BaseException as raised:  # noqa: BLE001 - goes to who waits for it
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, recognizer, error)

    threading.Thread(target=run, name="speech-model", daemon=True).start()
    return await loaded
