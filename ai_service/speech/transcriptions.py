"""Recognition by an OpenAI-compatible endpoint (audio/transcriptions)."""

import io
import math
import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import openai
from openai import AsyncOpenAI
from pydantic import BaseModel, ValidationError

from ai_service.speech.endpoint import SpeechEndpoint, UnfitReplyError
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.languages import code_of
from ai_service.speech.recognition import (
    SAMPLE_RATE,
    Listening,
    RecognizerIdentity,
    Samples,
    SpokenWord,
    TranscriptSegment,
    Utterance,
    check_length,
    in_order,
    spoken_text,
)

ENGINE = "openai"
# Endpoints take no shorter audio.
_LEAST_SAMPLES = SAMPLE_RATE // 10


class _Form(StrEnum):
    """What is asked for, the most telling first."""

    WORDS = "words"
    SEGMENTS = "segments"
    JSON = "json"
    TEXT = "text"


_NEXT = {_Form.WORDS: _Form.SEGMENTS, _Form.SEGMENTS: _Form.JSON, _Form.JSON: _Form.TEXT}


class _Word(BaseModel):
    word: str
    start: float
    end: float


class _Segment(BaseModel):
    text: str
    start: float
    end: float
    avg_logprob: float | None = None


class _Reply(BaseModel):
    """What is read of a reply; compatible servers differ in the rest."""

    text: str
    language: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None


class Transcriptions:
    """A `Recognizer`. Asks for the times of words first, and for less where the endpoint refuses that."""

    def __init__(self, endpoint: SpeechEndpoint, model: str) -> None:
        self._endpoint = endpoint
        self._identity = RecognizerIdentity(ENGINE, model)
        self._form = _Form.WORDS

    @property
    def identity(self) -> RecognizerIdentity:
        """As `Recognizer.identity`."""
        return self._identity

    @property
    def languages(self) -> tuple[str, ...]:
        """As `Recognizer.languages`."""
        return ()

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        """As `Recognizer.recognize`. Where the endpoint tells no times, all words are one segment without any."""
        check_length(samples)
        if len(samples) < _LEAST_SAMPLES:
            return Utterance(listening.language, ())
        audio = _wav(samples)
        while True:
            form = self._form
            try:
                reply = await self._endpoint.ask(lambda client: self._request(client, form, audio, listening))  # noqa: B023 - awaited here
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if form not in _NEXT:
                    raise SpeechModelFault(
                        "SPEECH_MODEL_REQUEST_REFUSED",
                        f"the endpoint of speech refused the recording ({error.status_code}); check its model's name",
                    ) from None
                if self._form is form:
                    self._form = _NEXT[form]
                continue
            return _utterance(reply, listening, len(samples) / SAMPLE_RATE)

    async def close(self) -> None:
        """Close the connections."""
        await self._endpoint.close()

    async def _request(self, client: AsyncOpenAI, form: _Form, audio: bytes, listening: Listening) -> _Reply:
        options: dict[str, Any] = {"response_format": form.value}
        if form in {_Form.WORDS, _Form.SEGMENTS}:
            granularities = ["word", "segment"] if form is _Form.WORDS else ["segment"]
            options = {"response_format": "verbose_json", "timestamp_granularities": granularities}
        if listening.language:
            options["language"] = listening.language
        if listening.hints:
            options["prompt"] = listening.hints
        raw = await client.audio.transcriptions.with_raw_response.create(
            file=("speech.wav", audio, "audio/wav"), model=self._identity.model, **options
        )
        content = raw.http_response.content
        if form is _Form.TEXT:
            return _Reply(text=_text(content))
        try:
            return _Reply.model_validate_json(content)
        except ValidationError:
            raise UnfitReplyError from None


def _wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(samples.astype("<i2", copy=False).tobytes())
    return file.getvalue()


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UnfitReplyError from None


def _utterance(reply: _Reply, listening: Listening, seconds: float) -> Utterance:
    language = code_of(reply.language or "") or listening.language
    words = [SpokenWord(text, one.start, one.end) for one in reply.words or () if (text := spoken_text(one.word))]
    segments = [
        TranscriptSegment(
            text, one.start, one.end, None if one.avg_logprob is None else math.exp(min(0, one.avg_logprob))
        )
        for one in reply.segments or ()
        if (text := spoken_text(one.text))
    ]
    if not segments and (text := spoken_text(reply.text)):
        start, end = (words[0].start, words[-1].end) if words else (0.0, seconds)
        segments = [TranscriptSegment(text, start, end)]
    return Utterance(language, tuple(in_order(_with_words(segments, words), seconds)))


def _with_words(segments: Sequence[TranscriptSegment], words: Sequence[SpokenWord]) -> Iterator[TranscriptSegment]:
    """Each with the words whose middle comes before its end; the last takes the rest."""
    place = 0
    for number, segment in enumerate(segments, 1):
        first = place
        while place < len(words) and (
            number == len(segments) or (words[place].start + words[place].end) / 2 < segment.end
        ):
            place += 1
        yield replace(segment, words=tuple(words[first:place]))
