"""Speech by an OpenAI-compatible endpoint (audio/speech), streamed while it is made."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2
import openai
from openai import AsyncOpenAI

from ai_service.deadline import seconds_left
from ai_service.llm.bounded_http import ReplyTooLargeError
from ai_service.speech.endpoint import SpeechEndpoint, UnfitReplyError
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.synthesis import MOST_PIECE_BYTES, Sound

OPENAI_MODEL = "gpt-4o-mini-tts"
OPENAI_VOICE = "alloy"
_SAMPLE_RATE = 24_000


@dataclass(slots=True)
class _Reply:
    """A reply whose first bytes are here."""

    first: bytes
    rest: AsyncIterator[bytes]
    opened: AsyncExitStack


class EndpointSynthesizer:
    """A `Synthesizer`. A sentence is asked for again only as long as nothing of it has come."""

    def __init__(self, endpoint: SpeechEndpoint, *, model: str, default_voice: str, timeout_seconds: float) -> None:
        self._endpoint = endpoint
        self._model = model
        self._default_voice = default_voice or OPENAI_VOICE
        self._timeout_seconds = timeout_seconds

    @property
    def name(self) -> str:
        """As `Synthesizer.name`."""
        return "openai"

    def voice(self, language: str, voice: str) -> str:
        """As `Synthesizer.voice`; which voices there are is the endpoint's to say."""
        return voice or self._default_voice

    async def speak(self, sentence: str, voice: str) -> AsyncGenerator[Sound]:
        """As `Synthesizer.speak`."""
        try:
            reply = await self._endpoint.ask(lambda client: self._open(client, sentence, voice))
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise SpeechModelFault(
                "SPEECH_MODEL_REQUEST_REFUSED",
                f"the endpoint of speech refused the text ({error.status_code}); check its model and the voice",
            ) from None
        async with reply.opened:
            left, odd = self._timeout_seconds, b""
            piece: bytes | None = reply.first
            while piece is not None:
                whole = len(odd + piece) // 2 * 2
                audio, odd = (odd + piece)[:whole], (odd + piece)[whole:]
                for start in range(0, whole, MOST_PIECE_BYTES):
                    yield Sound(audio[start : start + MOST_PIECE_BYTES], _SAMPLE_RATE)
                # What counts is the time that the endpoint takes, not that of who listens; a drip ends like a stop.
                asked = time.monotonic()
                piece = await self._next(reply.rest, left)
                left -= time.monotonic() - asked

    async def close(self) -> None:
        """Close the connections."""
        await self._endpoint.close()

    async def _open(self, client: AsyncOpenAI, sentence: str, voice: str) -> _Reply:
        async with AsyncExitStack() as stack:
            response = await stack.enter_async_context(
                client.audio.speech.with_streaming_response.create(
                    model=self._model, voice=voice, input=sentence, response_format="pcm"
                )
            )
            kind = response.headers.get("content-type", "")
            if kind.startswith(("text/", "application/json")):
                raise UnfitReplyError
            rest = response.iter_bytes()
            try:
                first = await anext(rest, b"")
            except httpx2.HTTPError:
                raise UnfitReplyError from None
            if not first:
                raise UnfitReplyError
            return _Reply(first, rest, stack.pop_all())
        raise AssertionError  # the block above returns or raises

    async def _next(self, rest: AsyncIterator[bytes], seconds: float) -> bytes | None:
        try:
            async with asyncio.timeout(min(seconds, seconds_left())):
                return await anext(rest, None)
        except TimeoutError:
            raise SpeechModelFault(
                "SPEECH_MODEL_TIMEOUT", "the endpoint did not end a sentence in time; SPEECH_TIMEOUT_SECONDS bounds it"
            ) from None
        except ReplyTooLargeError:
            raise SpeechModelFault("SPEECH_MODEL_REPLY_TOO_LARGE", "the endpoint of speech sent too much") from None
        except httpx2.HTTPError:
            raise SpeechModelFault(
                "SPEECH_MODEL_FAILED", "the connection to the endpoint of speech broke off in the middle"
            ) from None
