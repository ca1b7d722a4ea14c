"""The choice of who speaks."""

from ai_service.errors import ResourceError
from ai_service.settings import SpeechSettings
from ai_service.speech.synthesis import Synthesizer
from ai_service.speech.synthesis_programs import ESPEAK, FLITE, ProgramSynthesizer, installed

# A sentence of 400 characters of 24 kHz audio, read slowly, with plenty to spare.
_MOST_REPLY_BYTES = 16 * 1024 * 1024


def synthesizer_of(settings: SpeechSettings) -> Synthesizer | None:
    """The synthesizer that the settings name, None where there is none; blocks while programs are asked for voices.

    Raises `ResourceError` where the one that was named is missing, or has no such voice.
    """
    match settings.synthesizer_name:
        case "none":
            return None
        case "openai":
            return _endpoint(settings)
        case "flite" | "espeak-ng" as name:
            found = _program(settings, name)
            if found is None:
                raise ResourceError(f"SPEECH_SYNTHESIZER: {name} is not installed, or has no voices")
            return found
        case None:
            return _program(settings, FLITE) or _program(settings, ESPEAK)


def _program(settings: SpeechSettings, name: str) -> Synthesizer | None:
    program = installed(name)
    if program is None:
        return None
    voice = settings.speech_voice or ""
    if voice and voice not in program.voices:
        raise ResourceError(f"SPEECH_VOICE: {name} has no voice {voice!r}; it has {', '.join(program.voices[:20])}")
    return ProgramSynthesizer(
        program,
        default_voice=voice,
        at_once=settings.speech_threads,
        timeout_seconds=settings.speech_timeout_seconds,
    )


def _endpoint(settings: SpeechSettings) -> Synthesizer:
    # Here, because the SDK takes longer to import than all the rest of the service.
    from ai_service.speech.endpoint import EndpointLimits, SpeechEndpoint
    from ai_service.speech.synthesis_openai import OPENAI_MODEL, EndpointSynthesizer

    base_url, key = settings.speech_endpoint
    limits = EndpointLimits(
        timeout_seconds=settings.speech_timeout_seconds,
        attempts=settings.speech_attempts,
        connections=settings.speech_conversations,
        most_reply_bytes=_MOST_REPLY_BYTES,
    )
    return EndpointSynthesizer(
        SpeechEndpoint(base_url=base_url, api_key=key.get_secret_value() if key else None, limits=limits),
        model=settings.speech_synthesis_model or OPENAI_MODEL,
        default_voice=settings.speech_voice or "",
        timeout_seconds=settings.speech_timeout_seconds,
    )
