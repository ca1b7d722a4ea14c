"""A scripted SpeechService: the real protocol on a real port, for audio that says in plain bytes what is spoken in it.

Audio for it is made by `spoken`, `silence` and `noise`, in blocks of 20 ms, however it is cut into messages.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_status import rpc_status

from protos.interview_engine.v1 import speech_pb2 as speech
from protos.interview_engine.v1 import speech_pb2_grpc as stubs

RATE = 16_000
BLOCK_SECONDS = 0.02
BLOCK = int(RATE * BLOCK_SECONDS) * 2
_WORD = b"SAY:"
_SOUND = b"SAY+"
_SENTENCE_ENDS = ".?!"


def spoken(text: str, *, word_seconds: float = 0.2) -> bytes:
    """PCM in which the words are said one after the other."""
    blocks = max(1, round(word_seconds / BLOCK_SECONDS))
    said = b""
    for word in text.split():
        said += (_WORD + word.encode()).ljust(BLOCK, b"\0") + _SOUND.ljust(BLOCK, b"\0") * (blocks - 1)
    return said


def cough(seconds: float) -> bytes:
    """PCM that sounds like speech and has no words."""
    return _SOUND.ljust(BLOCK, b"\0") * round(seconds / BLOCK_SECONDS)


def silence(seconds: float) -> bytes:
    """PCM in which nothing is to be heard."""
    return bytes(round(seconds / BLOCK_SECONDS) * BLOCK)


def noise(seconds: float) -> bytes:
    """PCM in which nobody speaks, though it is loud."""
    return (b"\x55\x2a" * (BLOCK // 2)) * round(seconds / BLOCK_SECONDS)


@dataclass
class SpeechScript:
    """What the service does.

    A `fault` with its `reason` befalls the method that `failing` names, every one when it is empty; `dies_after` ends a
    conversation with UNAVAILABLE once as many bytes of audio have come, and then is None again. A recording says
    `transcript`, three words a second. Speech stops after
    `stop_seconds` of silence, its words are final `hold_seconds` later. Without a `recognizer` or a `synthesizer` there
    is none. The sentence with the number `pauses_at` is made once `go_on` is set.
    """

    fault: grpc.StatusCode | None = None
    reason: str = "SCRIPTED"
    failing: str = ""
    dies_after: int | None = None
    stop_seconds: float = 0.26
    hold_seconds: float = 0.1
    recognizer: str = "scripted"
    synthesizer: str = "scripted"
    sample_rate: int = 16_000
    seconds_a_character: float = 0.002
    pauses_at: int | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    configs: list[speech.TranscriptionConfig] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    transcript: str = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
    recordings: list[bytes] = field(default_factory=list)
    recording_delay: float = 0.0
    low_accuracy: bool = False
    synthesized: list[str] = field(default_factory=list)


class ScriptedSpeech(stubs.SpeechServiceServicer):
    """Follows a script."""

    def __init__(self, script: Callable[[], SpeechScript]) -> None:
        self._script = script

    async def DescribeSpeech(  # noqa: N802 - the contract's name
        self,
        request: speech.DescribeSpeechRequest,
        context: "aio.ServicerContext[speech.DescribeSpeechRequest, speech.DescribeSpeechResponse]",
    ) -> speech.DescribeSpeechResponse:
        """What the script has."""
        await self._follow(context, "DescribeSpeech")
        return speech.DescribeSpeechResponse(
            recognizer=self._recognizer() if self._script().recognizer else None,
            synthesizer=self._script().synthesizer,
            languages=["en"],
        )

    async def Transcribe(  # noqa: N802
        self,
        request_iterator: AsyncIterator[speech.TranscribeRequest],
        context: "aio.ServicerContext[speech.TranscribeRequest, speech.TranscribeResponse]",
    ) -> speech.TranscribeResponse:
        """What the script says is said in a recording, whatever it holds."""
        script, content = self._script(), b""
        async for request in request_iterator:
            if request.HasField("config"):
                script.configs.append(request.config)
            content += request.audio
        await self._follow(context, "Transcribe")
        if not script.recognizer:
            await abort(context, grpc.StatusCode.FAILED_PRECONDITION, "NO_RECOGNIZER")
        script.recordings.append(content)
        segment = segment_of(script.transcript.split(), word_seconds=1 / 3)
        return speech.TranscribeResponse(
            transcript=speech.Transcript(
                text=segment.text,
                segments=[segment],
                language="en",
                duration_seconds=segment.end,
                confidence=segment.confidence,
                speech_seconds=segment.end,
                recognizer=self._recognizer(),
            )
        )

    async def TranscribeLive(  # noqa: N802
        self,
        request_iterator: AsyncIterator[speech.TranscribeLiveRequest],
        context: "aio.ServicerContext[speech.TranscribeLiveRequest, speech.TranscribeLiveResponse]",
    ) -> AsyncIterator[speech.TranscribeLiveResponse]:
        """What is said in the audio, as it comes."""
        await self._follow(context, "TranscribeLive")
        if not self._script().recognizer:
            await abort(context, grpc.StatusCode.FAILED_PRECONDITION, "NO_RECOGNIZER")
        script, requests = self._script(), aiter(request_iterator)
        config = (await anext(requests)).config
        script.configs.append(config)
        recorded = config.encoding == speech.AUDIO_ENCODING_CONTAINER
        told = self._recording(script, requests) if recorded else self._conversation(script, requests, context)
        async for one in told:
            yield one

    async def _conversation(
        self,
        script: SpeechScript,
        requests: AsyncIterator[speech.TranscribeLiveRequest],
        context: "aio.ServicerContext[speech.TranscribeLiveRequest, speech.TranscribeLiveResponse]",
    ) -> AsyncIterator[speech.TranscribeLiveResponse]:
        ear, heard = _Ear(script), len(script.heard)
        script.heard.append(b"")
        async for request in requests:
            match request.WhichOneof("part"):
                case "audio":
                    script.heard[heard] += request.audio
                    if script.dies_after is not None and len(script.heard[heard]) >= script.dies_after:
                        script.dies_after = None
                        await abort(context, grpc.StatusCode.UNAVAILABLE, "SCRIPTED_DEATH")
                    for told in ear.hear(request.audio):
                        yield told
                case "speech_end":
                    for told in ear.end():
                        yield told
                    yield self._flushed(ear)
        for told in ear.end():
            yield told
        yield self._flushed(ear)

    async def Synthesize(  # noqa: N802
        self,
        request: speech.SynthesizeRequest,
        context: "aio.ServicerContext[speech.SynthesizeRequest, speech.SynthesizeResponse]",
    ) -> AsyncIterator[speech.SynthesizeResponse]:
        """A tone for each sentence, as long as its text."""
        await self._follow(context, "Synthesize")
        script = self._script()
        if not script.synthesizer:
            await abort(context, grpc.StatusCode.FAILED_PRECONDITION, "NO_SYNTHESIZER")
        script.synthesized.append(request.text)
        for number, (start, end) in enumerate(sentences(request.text)):
            if script.pauses_at == number:
                await script.go_on.wait()
            samples = int((end - start) * script.seconds_a_character * script.sample_rate)
            yield speech.SynthesizeResponse(
                audio=(b"\x00\x10" * samples)[: 64 * 1024],
                sample_rate=script.sample_rate,
                sentence=number,
                start=start,
                end=end,
                sentence_complete=True,
            )

    async def _recording(
        self, script: SpeechScript, requests: AsyncIterator[speech.TranscribeLiveRequest]
    ) -> AsyncIterator[speech.TranscribeLiveResponse]:
        """What the script says is said in a recording, sentence by sentence, `recording_delay` seconds before each."""
        content = b""
        async for request in requests:
            content += request.audio
        script.recordings.append(content)
        told = [script.transcript[start:end].split() for start, end in sentences(script.transcript)]
        segments = segments_of(told, word_seconds=1 / 3)
        seconds = segments[-1].end if segments else 1.0
        for number, segment in enumerate(segments):
            await asyncio.sleep(script.recording_delay)
            yield speech.TranscribeLiveResponse(final=speech.FinalResult(segment=segment, language="en"))
            done = seconds * (number + 1) / len(segments)
            yield speech.TranscribeLiveResponse(progressed=speech.Progressed(seconds=done, of_seconds=seconds))
        yield speech.TranscribeLiveResponse(
            flushed=speech.Flushed(
                seconds=seconds, speech_seconds=segments[-1].end if segments else 0, recognizer=self._recognizer()
            )
        )

    def _recognizer(self) -> speech.Recognizer:
        script = self._script()
        return speech.Recognizer(engine=script.recognizer, model="tape", low_accuracy=script.low_accuracy)

    def _flushed(self, ear: "_Ear") -> speech.TranscribeLiveResponse:
        return speech.TranscribeLiveResponse(
            flushed=speech.Flushed(
                seconds=ear.seconds, speech_seconds=ear.speech_seconds, recognizer=self._recognizer()
            )
        )

    async def _follow(self, context: "aio.ServicerContext[Any, Any]", method: str) -> None:
        script = self._script()
        if script.fault is not None and method.startswith(script.failing):
            await abort(context, script.fault, script.reason)


class _Ear:
    """Reads blocks of 20 ms."""

    def __init__(self, script: SpeechScript) -> None:
        self._script = script
        self._rest = b""
        self._words: list[speech.SpokenWord] = []
        self._speaking = False
        self._silent = 0.0
        self._stopped_at = 0.0
        self.seconds = 0.0
        self.speech_seconds = 0.0

    def hear(self, audio: bytes) -> Iterator[speech.TranscribeLiveResponse]:
        """What comes of the next bytes."""
        self._rest += audio
        while len(self._rest) >= BLOCK:
            block, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            yield from self._block(block)

    def _block(self, block: bytes) -> Iterator[speech.TranscribeLiveResponse]:
        began = self.seconds
        self.seconds = round(self.seconds + BLOCK_SECONDS, 6)
        mark, content = block[:4], block[4:].rstrip(b"\0").decode(errors="replace")
        if mark not in {_WORD, _SOUND}:
            yield from self._pause()
            return
        self._silent = 0.0
        self._stopped_at = self.seconds
        self.speech_seconds = round(self.speech_seconds + BLOCK_SECONDS, 6)
        if not self._speaking:
            self._speaking = True
            yield speech.TranscribeLiveResponse(speech_started=speech.SpeechStarted(at=began))
        if mark == _WORD:
            self._words.append(speech.SpokenWord(text=content, start=began, end=self.seconds, confidence=0.9))
            yield self._partial()
        elif self._words:
            self._words[-1].end = self.seconds

    def _pause(self) -> Iterator[speech.TranscribeLiveResponse]:
        self._silent = round(self._silent + BLOCK_SECONDS, 6)
        if self._speaking and self._silent >= self._script.stop_seconds:
            self._speaking = False
            yield speech.TranscribeLiveResponse(speech_stopped=speech.SpeechStopped(at=self._stopped_at))
            if self._words:
                yield self._partial()
        if self._words and self._silent >= self._script.stop_seconds + self._script.hold_seconds:
            yield self._final()

    def end(self) -> Iterator[speech.TranscribeLiveResponse]:
        """What is final at the end of an utterance."""
        if self._speaking:
            self._speaking = False
            yield speech.TranscribeLiveResponse(speech_stopped=speech.SpeechStopped(at=self._stopped_at))
        if self._words:
            yield self._final()

    def _partial(self) -> speech.TranscribeLiveResponse:
        return speech.TranscribeLiveResponse(partial=self._segment())

    def _final(self) -> speech.TranscribeLiveResponse:
        final = speech.FinalResult(segment=self._segment(), language="en", transcription_delay=0.012)
        self._words = []
        return speech.TranscribeLiveResponse(final=final)

    def _segment(self) -> speech.TranscriptSegment:
        return speech.TranscriptSegment(
            text=" ".join(word.text for word in self._words),
            start=self._words[0].start,
            end=self._words[-1].end,
            confidence=0.9,
            words=self._words,
        )


def segment_of(words: Sequence[str], *, word_seconds: float, start: float = 0.0) -> speech.TranscriptSegment:
    """The words one after the other."""
    said = [
        speech.SpokenWord(
            text=word, start=start + place * word_seconds, end=start + (place + 1) * word_seconds, confidence=0.9
        )
        for place, word in enumerate(words)
    ]
    end = start + len(words) * word_seconds
    return speech.TranscriptSegment(text=" ".join(words), start=start, end=end, confidence=0.9, words=said)


def segments_of(sentences: Sequence[Sequence[str]], *, word_seconds: float) -> list[speech.TranscriptSegment]:
    """The sentences one after the other."""
    segments: list[speech.TranscriptSegment] = []
    for words in sentences:
        start = segments[-1].end if segments else 0.0
        segments.append(segment_of(words, word_seconds=word_seconds, start=start))
    return segments


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence of the text begins and ends."""
    start = 0
    for place, character in enumerate(text):
        if character in _SENTENCE_ENDS and text[place + 1 : place + 2] in {" ", ""}:
            yield start, place + 1
            start = place + 2
    if start < len(text):
        yield start, len(text)


async def abort(context: "aio.ServicerContext[Any, Any]", code: grpc.StatusCode, reason: str) -> None:
    """Ends the call with the code and the reason, as ai_service does."""
    status = status_pb2.Status(code=code.value[0], message="scripted fault")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason))
    told: Any = rpc_status.to_status(status)
    await context.abort(told.code, told.details, told.trailing_metadata)
