"""Recognition of recordings by ai_service, in the chat service's own terms."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import grpc
from grpc import aio

from chat_service.engine.client import CONNECTION_OPTIONS
from chat_service.engine.faults import fault_of, unavailable
from chat_service.engine.live_speech import RecognizerInUse, no_recognizer
from chat_service.engine.models import SpokenWord
from chat_service.errors import AppError, ErrorKind
from protos.interview_engine.v1 import speech_pb2 as speech
from protos.interview_engine.v1 import speech_pb2_grpc as stubs

# Messages of a call are at most 1 MiB; small ones keep the reader from waiting.
_MESSAGE_BYTES = 64 * 1024
_MOST_HINTS = 1000
_DESCRIBE_SECONDS = 5.0

# A connection of its own, so that grading does not wait behind audio; and nothing is sent again by itself.
_CHANNEL_OPTIONS = (
    *CONNECTION_OPTIONS,
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
)

_REFUSALS = {
    "AUDIO_EMPTY": (ErrorKind.INVALID, "The recording is empty, or shorter than a tenth of a second. Record it anew."),
    "AUDIO_TOO_LARGE": (ErrorKind.TOO_LARGE, "The recording is larger than 50 MiB. Send a shorter or compressed one."),
    "AUDIO_TOO_LONG": (ErrorKind.INVALID, "The recording lasts longer than an answer may. Send a shorter one."),
    "AUDIO_UNSUPPORTED": (
        ErrorKind.UNSUPPORTED_MEDIA_TYPE,
        "The file is not one track of sound as WAV, MP3, M4A, WebM, Ogg or FLAC, whatever its name says.",
    ),
    "AUDIO_DAMAGED": (
        ErrorKind.INVALID,
        "The recording is cut off or damaged, or is neither mono nor stereo of 8 to 192 kHz. Record it anew.",
    ),
    "LANGUAGE_UNSUPPORTED": (ErrorKind.INVALID, "This language is not recognized here. Ask for another, or for none."),
}


@dataclass(slots=True)
class HeardSpeech:
    """What was said in a recording; `text` is empty when nothing was.

    `words` are in order, none where the recognizer gives no times. `confidence` is their mean, 0 to 1, None where the
    recognizer tells none. `language` is ISO 639-1. `speech_seconds` is how long somebody speaks.
    """

    text: str
    words: tuple[SpokenWord, ...]
    language: str | None
    confidence: float | None
    speech_seconds: float
    recognizer: RecognizerInUse


def audio_error(reason: str) -> AppError:
    """What a candidate is told of a recording that is refused for `reason`. Raises KeyError for another reason."""
    kind, message = _REFUSALS[reason]
    return AppError(kind, reason.lower(), message)


def audio_refused(reason: str | None) -> AppError | None:
    """As `audio_error`; None where the reason is not the recording's fault."""
    return audio_error(reason) if reason in _REFUSALS else None


class SpeechRecognition:
    """Recordings as text, by the SpeechService of ai_service."""

    def __init__(
        self, address: str, *, token: str, request_id: Callable[[], str], in_transaction: Callable[[], bool]
    ) -> None:
        self._channel = aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
        self._stub = stubs.SpeechServiceStub(self._channel)
        self._authorization = ("authorization", f"Bearer {token}")
        self._request_id = request_id
        self._in_transaction = in_transaction

    async def transcribe(
        self,
        audio: AsyncIterator[bytes],
        *,
        language: str | None,
        hints: str,
        max_seconds: float,
        deadline_seconds: float,
        on_progress: Callable[[float], object],
    ) -> HeardSpeech:
        """What is said in a file of sound. `on_progress` is told how much of it is done, 0 to 1.

        Raises what `audio_refused` makes of a recording that is not taken, NOT_IMPLEMENTED where nothing recognizes
        speech, UNAVAILABLE, and what reading the audio raises.
        """
        if self._in_transaction():
            raise RuntimeError("an engine call must not be made while a database transaction is open")
        await self.require_recognizer(language)
        config = speech.TranscriptionConfig(
            encoding=speech.AUDIO_ENCODING_CONTAINER,
            language=language or "",
            hints=hints[:_MOST_HINTS],
            max_seconds=max_seconds,
        )
        failure: list[Exception] = []
        call = self._stub.TranscribeLive(
            _messages(config, audio, failure),
            timeout=deadline_seconds,
            metadata=self._metadata(),
        )
        segments: list[speech.TranscriptSegment] = []
        said_in: str | None = None
        end: speech.Flushed | None = None
        try:
            async for response in call:
                match response.WhichOneof("event"):
                    case "final":
                        segments.append(response.final.segment)
                        said_in = response.final.language or said_in
                    case "progressed" if response.progressed.of_seconds > 0:
                        on_progress(round(min(response.progressed.seconds / response.progressed.of_seconds, 1.0), 3))
                    case "flushed":
                        end = response.flushed
        except aio.AioRpcError as error:
            raise (failure[0] if failure else _error(error)) from error
        finally:
            call.cancel()
        if end is None:
            raise AppError(
                ErrorKind.UNAVAILABLE, "engine_unavailable", "The recognizer ended before it was done.", retry_after=2
            )
        return _heard(segments, said_in or language, end)

    async def require_recognizer(self, language: str | None) -> None:
        """Raises for what is refused whatever the audio is: INVALID for the language, NOT_IMPLEMENTED, UNAVAILABLE.

        Told by the stream itself it could get lost: a call that ends while a message is on its way has no reason.
        """
        try:
            abilities = await self._stub.DescribeSpeech(
                speech.DescribeSpeechRequest(), timeout=_DESCRIBE_SECONDS, metadata=self._metadata()
            )
        except aio.AioRpcError as error:
            raise _error(error) from error
        if not abilities.HasField("recognizer"):
            raise no_recognizer()
        if language is not None and abilities.languages and language not in abilities.languages:
            raise audio_error("LANGUAGE_UNSUPPORTED")

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (self._authorization, ("x-request-id", self._request_id()))

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close()


async def _messages(
    config: speech.TranscriptionConfig, audio: AsyncIterator[bytes], failure: list[Exception]
) -> AsyncIterator[speech.TranscribeLiveRequest]:
    yield speech.TranscribeLiveRequest(config=config)
    try:
        async for piece in audio:
            for start in range(0, len(piece), _MESSAGE_BYTES):
                yield speech.TranscribeLiveRequest(audio=piece[start : start + _MESSAGE_BYTES])
    except Exception as error:
        failure.append(error)  # gRPC tells of a call whose messages fail as of a cancelled one
        raise


def _heard(segments: list[speech.TranscriptSegment], language: str | None, end: speech.Flushed) -> HeardSpeech:
    words = [
        SpokenWord(
            text=one.text,
            start=round(one.start, 3),
            end=round(one.end, 3),
            confidence=round(one.confidence, 4) if one.HasField("confidence") else None,
        )
        for segment in segments
        for one in segment.words
    ]
    sure = [one.confidence for one in words if one.confidence is not None] or [
        one.confidence for one in segments if one.HasField("confidence")
    ]
    return HeardSpeech(
        text=" ".join(one.text for one in segments if one.text),
        words=tuple(words),
        language=language,
        confidence=round(sum(sure) / len(sure), 4) if sure else None,
        speech_seconds=round(end.speech_seconds, 3),
        recognizer=RecognizerInUse(end.recognizer.engine, end.recognizer.model, end.recognizer.low_accuracy),
    )


def _error(error: aio.AioRpcError) -> AppError:
    fault = fault_of(error)
    refusal = audio_refused(fault.reason)
    if refusal is not None:
        return refusal
    if fault.reason == "NO_RECOGNIZER" or error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return no_recognizer()
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        raise RuntimeError(f"ai_service refused a request: {error.details()}") from error
    return unavailable(error, fault.retry_after)
