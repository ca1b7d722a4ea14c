"""The installation's recognizer: none, one that is still being loaded, or one that works."""

from ai_service.speech.faults import LanguageUnsupported, NoRecognizer, SpeechModelFault
from ai_service.speech.recognition import Recognizer, RecognizerIdentity


class Hearing:
    """Holds the recognizer from the start of the service on, whether or not it has been loaded yet."""

    def __init__(self, identity: RecognizerIdentity | None) -> None:
        """`identity` of who will recognize; None where the installation recognizes nothing."""
        self._identity = identity
        self._recognizer: Recognizer | None = None
        self._fault = ("SPEECH_MODEL_LOADING", "the model of speech is still being loaded; try again shortly")

    @property
    def identity(self) -> RecognizerIdentity | None:
        """Who recognizes, or will once it is loaded; None where nothing does."""
        return self._identity

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 of the languages that are known; empty: any, or not known before the model is loaded."""
        return self._recognizer.languages if self._recognizer else ()

    @property
    def ready(self) -> bool:
        """Whether speech is recognized now, or never will be, so that there is nothing to wait for."""
        return self._identity is None or self._recognizer is not None

    def arrive(self, recognizer: Recognizer) -> None:
        """Recognize by this one from now on."""
        self._identity, self._recognizer = recognizer.identity, recognizer

    def fail(self, message: str) -> None:
        """Say from now on why the model is not there; it may still arrive."""
        self._fault = ("SPEECH_MODEL_FAILED", message)

    def recognizer(self, language: str = "") -> Recognizer:
        """The recognizer, which knows `language` (empty: any of its own).

        Raises `NoRecognizer`, `SpeechModelFault` while there is no model, and `LanguageUnsupported`.
        """
        if self._identity is None:
            raise NoRecognizer
        if self._recognizer is None:
            raise SpeechModelFault(*self._fault)
        known = self._recognizer.languages
        if language and known and language not in known:
            raise LanguageUnsupported(language, known)
        return self._recognizer

    async def close(self) -> None:
        """Give back what the recognizer holds."""
        if self._recognizer is not None:
            await self._recognizer.close()
