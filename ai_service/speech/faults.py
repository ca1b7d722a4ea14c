"""Why speech is not recognized or not made."""

from ai_service.errors import Fault, FaultKind, ModelFault

MOST_AUDIO_BYTES = 50 * 1024 * 1024
"""The largest recording that is taken."""

LEAST_SECONDS = 0.1
"""The shortest recording that is taken."""

_MESSAGES = {
    "AUDIO_EMPTY": f"there is no audio, or less than {LEAST_SECONDS:g} s of it; record it anew",
    "AUDIO_TOO_LARGE": f"the recording is larger than {MOST_AUDIO_BYTES} bytes (50 MiB); send a smaller one",
    "AUDIO_TOO_LONG": "the recording is longer than is taken; send a shorter one",
    "AUDIO_UNSUPPORTED": "the recording is neither WAV, MP3, M4A, WebM, Ogg nor FLAC; save it as one of them",
    "AUDIO_DAMAGED": (
        "the recording is cut off or damaged, or has no usable sample rate (4 to 192 kHz) or number of channels "
        "(one or two); save it anew"
    ),
}


class UnusableAudio(Fault):
    """The audio is at fault; `reason` is one of those in speech.proto."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(FaultKind.INVALID_ARGUMENT, reason, message or _MESSAGES[reason])


class LanguageUnsupported(Fault):
    """The recognizer does not know the language."""

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        super().__init__(
            FaultKind.INVALID_ARGUMENT,
            "LANGUAGE_UNSUPPORTED",
            f"the recognizer does not know the language {language!r}; it knows {', '.join(known) or 'others'}",
        )


class NoRecognizer(Fault):
    """The installation recognizes no speech."""

    def __init__(self) -> None:
        super().__init__(
            FaultKind.FAILED_PRECONDITION,
            "NO_RECOGNIZER",
            "this installation recognizes no speech; set SPEECH_RECOGNIZER, or type the answer",
        )


class NoSynthesizer(Fault):
    """The installation speaks nothing."""

    def __init__(self) -> None:
        super().__init__(
            FaultKind.FAILED_PRECONDITION,
            "NO_SYNTHESIZER",
            "this installation does not speak; set SPEECH_SYNTHESIZER, or let the browser do so",
        )


class TextTooLong(Fault):
    """More is to be spoken than is spoken at once."""

    def __init__(self, most: int) -> None:
        super().__init__(
            FaultKind.INVALID_ARGUMENT, "TEXT_TOO_LONG", f"the text has more than {most} characters; send it in parts"
        )


class VoiceLanguageUnsupported(Fault):
    """The synthesizer does not speak the language."""

    def __init__(self, language: str) -> None:
        super().__init__(
            FaultKind.INVALID_ARGUMENT,
            "LANGUAGE_UNSUPPORTED",
            f"the synthesizer does not speak the language {language!r}; let the browser speak it",
        )


class SpeechBusy(Fault):
    """As many recordings, or conversations, are under way as may be; `setting` is the variable that bounds them."""

    def __init__(self, bound: int, what: str, setting: str) -> None:
        super().__init__(
            FaultKind.RESOURCE_EXHAUSTED,
            "SPEECH_BUSY",
            f"{bound} {what} are under way; try again shortly or raise {setting}",
        )


class SpeechModelFault(ModelFault):
    """The model of speech is still being loaded, or failed after all attempts that may be made."""
