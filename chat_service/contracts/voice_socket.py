"""The voice side of a live socket: audio messages to and from the core's voice session."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chat_service.errors import AppError
from chat_service.interviews.live.events import LiveEvent
from chat_service.interviews.live.voice.events import VoiceEvent
from chat_service.interviews.live.voice.intake import MAX_FRAME_SECONDS
from chat_service.interviews.live.voice.session import VoiceSession

# A client that goes on sending what cannot be taken is told why now and then, not for every frame.
_TOLD_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class BeginAudio:
    """The candidate opens his microphone."""

    sample_rate: int
    next_sequence: int | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Samples: mono, 16 bits, little endian.

    Without a number they come in order, open the microphone by themselves, and have a sample rate and any length. With
    one they last a second at most, at the rate with which audio was begun.
    """

    audio: bytes
    sequence: int | None = None
    sample_rate: int | None = None


@dataclass(frozen=True, slots=True)
class EndSpeech:
    """The candidate says that he has ended."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The interviewer is to be silent."""


@dataclass(frozen=True, slots=True)
class Played:
    """The client has played so much of an utterance."""

    utterance: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StopAudio:
    """The candidate closes his microphone."""


AudioAsk = BeginAudio | Frame | EndSpeech | Interrupt | Played | StopAudio


@dataclass(frozen=True, slots=True)
class Told:
    """A message to the client: its published name, and its content, in a binary frame or as text."""

    type: str
    content: bytes
    binary: bool = False


class VoiceDialect:
    """How a door speaks of voice."""

    @abstractmethod
    def tell_voice(self, event: VoiceEvent) -> Sequence[Told]:
        """The messages of an event; none when the door's document knows none such."""


@dataclass(frozen=True, slots=True)
class VoiceTerms:
    """How a door's sockets hold interviews by voice.

    `at_once`: the interviewer speaks as soon as the socket is open, else once audio was begun. `whole_sentences` and
    `repeats_question` are as in `Voice.session`.
    """

    at_once: bool = False
    whole_sentences: bool = False
    repeats_question: bool = False


class VoiceSide:
    """One socket's voice session, in the door's messages."""

    def __init__(
        self,
        session: VoiceSession,
        terms: VoiceTerms,
        dialect: VoiceDialect,
        send: Callable[[Told], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._terms = terms
        self._dialect = dialect
        self._send = send
        self._clock = clock
        self._refused_at: float | None = None

    async def hear(self, ask: AudioAsk) -> None:
        """Does what is asked. Raises what the session raises."""
        match ask:
            case BeginAudio():
                await self._session.begin(
                    sample_rate=ask.sample_rate, next_sequence=ask.next_sequence, language=ask.language
                )
            case Frame():
                await self._take(ask)
            case EndSpeech():
                await self._session.end_speech()
            case Interrupt():
                self._session.interrupt()
            case Played():
                self._session.played(ask.utterance, ask.seconds)
            case StopAudio():
                await self._session.stop()

    def notice(self, event: LiveEvent) -> None:
        """Something has happened in the interview."""
        self._session.notice(event)

    def repeat(self) -> None:
        """The question was asked for again."""
        self._session.repeat()

    async def said_all(self) -> None:
        """Returns when the interviewer has nothing more to say."""
        await self._session.said_all()

    async def tell(self) -> None:
        """Sends what the session tells, without end. Raises what sending raises."""
        if self._terms.at_once:
            try:
                await self._session.open()
            except AppError as error:
                self._session.tell_error(error)
        async for event in self._session.events():
            for told in self._dialect.tell_voice(event):
                await self._send(told)

    async def _take(self, frame: Frame) -> None:
        now = self._clock()
        waits = self._refused_at is not None and now - self._refused_at < _TOLD_AGAIN_SECONDS
        if waits and not self._session.listens:
            return
        try:
            if frame.sequence is None and not self._session.listens:
                await self._session.begin(sample_rate=frame.sample_rate or 0)
            size = len(frame.audio) if frame.sample_rate is None else 2 * int(frame.sample_rate * MAX_FRAME_SECONDS)
            for start in range(0, max(1, len(frame.audio)), size or 1):
                part = frame.audio[start : start + size]
                await self._session.hear(part, frame.sequence, frame.sample_rate)
        except AppError:
            self._refused_at = self._clock()
            raise
