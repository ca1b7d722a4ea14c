"""The client of ai_service's speech for conversations: audio in, words out, and words in, audio out.

Audio is mono, 16 bits little endian, at 16,000 Hz towards the recognizer and at a rate of its own from the synthesizer.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from time import monotonic

import grpc
from grpc import aio

from chat_service.engine.client import CHANNEL_OPTIONS
from chat_service.engine.faults import fault_of, unavailable
from chat_service.engine.models import SpokenWord
from chat_service.errors import AppError, ErrorKind
from protos.interview_engine.v1 import speech_pb2 as speech
from protos.interview_engine.v1 import speech_pb2_grpc as stubs

SAMPLE_RATE = 16_000
NO_RECOGNIZER = "no_recognizer"
MAX_HINT_CHARACTERS = 1000
MAX_SPOKEN_CHARACTERS = 5000

_MESSAGE_BYTES = 64 * 1024
_DESCRIBE_SECONDS = 5.0
_DESCRIBED_FOR_SECONDS = 10.0
_SYNTHESIS_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class RecognizerInUse:
    """Who recognizes: "faster-whisper", "openai" or "pocketsphinx", its model, and whether to read what it wrote."""

    engine: str
    model: str
    low_accuracy: bool


@dataclass(frozen=True, slots=True)
class SpeechAbilities:
    """What the installation can do. None: nothing recognizes, or nothing speaks.

    `languages` (ISO 639-1) are those that are recognized; none where any may be.
    """

    recognizer: RecognizerInUse | None
    synthesizer: str | None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak, `at` seconds from the beginning of the stream."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """He fell silent; `at` is the end of the last sound of speech."""

    at: float


@dataclass(frozen=True, slots=True)
class Partial:
    """The words since the last final ones, as understood so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """Words that will not change. Times are seconds from the beginning of the stream."""

    text: str
    start: float
    end: float
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class Flushed:
    """Everything before the end of an utterance, or of the audio, is final."""


Hearing = SpeechStarted | SpeechStopped | Partial | Final | Flushed


@dataclass(frozen=True, slots=True)
class Speech:
    """Samples of a sentence. `start` and `end` are the sentence's place in the text, in code points."""

    audio: bytes
    sample_rate: int
    sentence: int
    start: int
    end: int
    sentence_complete: bool


class Listening:
    """One stream of audio that is recognized while it arrives."""

    def __init__(
        self, call: "aio.StreamStreamCall[speech.TranscribeLiveRequest, speech.TranscribeLiveResponse]"
    ) -> None:
        self._call = call

    async def hear(self, audio: bytes) -> None:
        """Sends the next samples. Raises UNAVAILABLE when the stream has broken."""
        for start in range(0, len(audio), _MESSAGE_BYTES):
            await self._write(speech.TranscribeLiveRequest(audio=audio[start : start + _MESSAGE_BYTES]))

    async def end_utterance(self) -> None:
        """Has what was said so far become final; `Flushed` follows it. Raises UNAVAILABLE."""
        await self._write(speech.TranscribeLiveRequest(speech_end=speech.SpeechEnd()))

    async def hearings(self) -> AsyncIterator[Hearing]:
        """What is heard, until the stream is closed.

        Raises UNAVAILABLE when the stream breaks, NOT_IMPLEMENTED without a recognizer, INVALID for audio that it does
        not take.
        """
        try:
            async for response in self._call:
                hearing = _hearing(response)
                if hearing is not None:
                    yield hearing
        except aio.AioRpcError as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Ends the stream at once."""
        self._call.cancel()

    async def _write(self, request: speech.TranscribeLiveRequest) -> None:
        try:
            await self._call.write(request)
        except aio.AioRpcError as error:
            raise _failure(error) from error
        except (asyncio.InvalidStateError, aio.UsageError) as error:
            raise _broken() from error


class LiveSpeech:
    """Recognizes and speaks by ai_service.

    Every call carries a deadline, the request id and the service credential. Calls are spread over the replicas; one
    that breaks is not made again here, as only the caller knows the audio that has to be sent again.
    """

    def __init__(self, address: str, *, token: str, channels: int, request_id: Callable[[], str]) -> None:
        self._channels = [aio.insecure_channel(address, options=CHANNEL_OPTIONS) for _ in range(channels)]
        self._stubs = itertools.cycle([stubs.SpeechServiceStub(channel) for channel in self._channels])
        self._authorization = ("authorization", f"Bearer {token}")
        self._request_id = request_id
        self._described: tuple[float, SpeechAbilities] | None = None

    async def describe(self) -> SpeechAbilities:
        """What the installation can do, as known for up to ten seconds. Raises UNAVAILABLE."""
        if self._described is not None and monotonic() - self._described[0] < _DESCRIBED_FOR_SECONDS:
            return self._described[1]
        try:
            told = await next(self._stubs).DescribeSpeech(
                speech.DescribeSpeechRequest(),
                timeout=_DESCRIBE_SECONDS,
                metadata=self._metadata(),
                wait_for_ready=True,
            )
        except aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return SpeechAbilities(None, None)
            raise _failure(error) from error
        one = told.recognizer
        abilities = SpeechAbilities(
            RecognizerInUse(one.engine, one.model, one.low_accuracy) if told.HasField("recognizer") else None,
            told.synthesizer or None,
            tuple(told.languages),
        )
        self._described = monotonic(), abilities
        return abilities

    async def listen(self, *, language: str, hints: str, seconds: float) -> Listening:
        """Begins to recognize a conversation, for as many seconds at most. Raises UNAVAILABLE."""
        call = next(self._stubs).TranscribeLive(timeout=seconds, metadata=self._metadata())
        listening = Listening(call)
        config = speech.TranscriptionConfig(
            encoding=speech.AUDIO_ENCODING_PCM_S16LE, language=language, hints=hints[:MAX_HINT_CHARACTERS]
        )
        await listening._write(speech.TranscribeLiveRequest(config=config))  # noqa: SLF001 - its own module's
        return listening

    async def synthesize(self, text: str, *, language: str = "") -> AsyncGenerator[Speech]:
        """The text as speech, sentence by sentence as it is made.

        Raises UNAVAILABLE, and NOT_IMPLEMENTED where nothing speaks.
        """
        request = speech.SynthesizeRequest(text=text[:MAX_SPOKEN_CHARACTERS], language=language)
        call = next(self._stubs).Synthesize(request, timeout=_SYNTHESIS_SECONDS, metadata=self._metadata())
        try:
            async for one in call:
                yield Speech(one.audio, one.sample_rate, one.sentence, one.start, one.end, one.sentence_complete)
        except aio.AioRpcError as error:
            raise _failure(error) from error
        finally:
            call.cancel()

    async def close(self) -> None:
        """Closes the connections."""
        for channel in self._channels:
            await channel.close()

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return self._authorization, ("x-request-id", self._request_id())


def _hearing(response: speech.TranscribeLiveResponse) -> Hearing | None:
    match response.WhichOneof("event"):
        case "speech_started":
            return SpeechStarted(response.speech_started.at)
        case "speech_stopped":
            return SpeechStopped(response.speech_stopped.at)
        case "partial":
            return Partial(response.partial.text)
        case "final":
            one = response.final.segment
            words = tuple(
                SpokenWord(word.text, word.start, word.end, word.confidence if word.HasField("confidence") else None)
                for word in one.words
            )
            return Final(one.text, one.start, one.end, words)
        case "flushed":
            return Flushed()
    return None


def _failure(error: aio.AioRpcError) -> AppError:
    fault = fault_of(error)
    if fault.reason in {"NO_RECOGNIZER", "NO_SYNTHESIZER"} or error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return no_recognizer() if fault.reason != "NO_SYNTHESIZER" else _no_synthesizer()
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        reason = (fault.reason or "audio_unusable").lower()
        return AppError(ErrorKind.INVALID, reason, "The audio cannot be used: send mono PCM of 16 bits.")
    if fault.reason == "SPEECH_BUSY":
        return AppError(
            ErrorKind.UNAVAILABLE,
            "speech_busy",
            "As many people speak here as can be understood at the same time. Try again in a moment, or type.",
            retry_after=fault.retry_after or 5.0,
        )
    told = unavailable(error, fault.retry_after)
    return AppError(
        ErrorKind.UNAVAILABLE,
        "speech_unavailable",
        "Speech cannot be recognized or made just now. What you said is kept; go on, or type your answer.",
        details=told.details,
        retry_after=told.retry_after,
    )


def no_recognizer() -> AppError:
    """Nothing recognizes speech here."""
    return AppError(
        ErrorKind.NOT_IMPLEMENTED,
        NO_RECOGNIZER,
        "This installation has nothing that recognizes speech. Type your answers.",
    )


def _no_synthesizer() -> AppError:
    return AppError(ErrorKind.NOT_IMPLEMENTED, "no_synthesizer", "This installation has nothing that speaks.")


def _broken() -> AppError:
    return AppError(
        ErrorKind.UNAVAILABLE,
        "speech_unavailable",
        "Speech cannot be recognized just now. What you said is kept; go on, or type your answer.",
        retry_after=2.0,
    )
