"""An OpenAI-compatible endpoint of speech: attempts, time and concurrency, bounded in this one place."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import openai
import structlog
from openai import AsyncOpenAI

from ai_service.deadline import seconds_left
from ai_service.llm.bounded_http import MOST_REPLY_BYTES, ReplyTooLargeError, bounded_client
from ai_service.llm.statuses import QUOTA_CODES, retry_after
from ai_service.speech.faults import SpeechModelFault

OPENAI_BASE_URL = "https://api.openai.com/v1"
# Stands in for a key at an endpoint that asks for none; the SDK insists on one.
_NO_KEY = "none"
# For the reply of the call itself, after the endpoint's.
_RESERVE_SECONDS = 0.25
_SHORTEST_SECONDS = 0.25
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 2.0
_LATER = frozenset({408, 409, 425})

T = TypeVar("T")

_log = structlog.get_logger("ai_service.speech")


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """Bounds of a request: seconds of one attempt, attempts in all, and requests at once."""

    timeout_seconds: float
    attempts: int
    connections: int
    most_reply_bytes: int = MOST_REPLY_BYTES


class UnfitReplyError(Exception):
    """What the endpoint sent is no reply of this kind; asking again may help."""


class SpeechEndpoint:
    """The endpoint. The only layer that tries again."""

    def __init__(self, *, base_url: str | None, api_key: str | None, limits: EndpointLimits) -> None:
        # The SDK logs whole requests at its debug level, which its own environment variable can set.
        logging.getLogger("openai").setLevel(logging.WARNING)
        self._limits = limits
        self._http = bounded_client(limits.connections, limits.most_reply_bytes)
        self.client = AsyncOpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url or OPENAI_BASE_URL,
            timeout=None,
            max_retries=0,
            http_client=self._http,
        )

    async def ask(self, request: Callable[[AsyncOpenAI], Awaitable[T]]) -> T:
        """What `request` returns; transient failures are tried again within the deadline of the call at hand.

        `request` may raise `UnfitReplyError`. Raises `SpeechModelFault`, whose reason begins with SPEECH_MODEL_, and
        lets `openai.BadRequestError` and `openai.UnprocessableEntityError` pass, from which a caller may learn.
        """
        growing, left = _FIRST_WAIT_SECONDS, self._limits.attempts
        while True:
            left -= 1
            seconds = min(self._limits.timeout_seconds, seconds_left() - _RESERVE_SECONDS)
            if seconds < _SHORTEST_SECONDS:
                raise SpeechModelFault("SPEECH_MODEL_TIMEOUT", "the call's deadline leaves no time for the endpoint")
            try:
                async with asyncio.timeout(seconds):
                    return await request(self.client)
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                raise
            except (TimeoutError, openai.OpenAIError, ReplyTooLargeError, UnfitReplyError) as error:
                fault, again = _fault_of(error, seconds)
                asked = retry_after(error.response.headers) if isinstance(error, openai.APIStatusError) else None
            _log.warning("speech_endpoint_failed", reason=fault.reason)
            pause = growing * random.uniform(0.5, 1.0) if asked is None else asked  # noqa: S311 - spread, not secrecy
            in_time = pause + _SHORTEST_SECONDS < seconds_left() - _RESERVE_SECONDS
            in_time = in_time and pause <= max(_LONGEST_WAIT_SECONDS, self._limits.timeout_seconds)
            if not (again and left and in_time):
                raise fault from None
            await asyncio.sleep(pause)
            growing = min(2 * growing, _LONGEST_WAIT_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _fault_of(error: Exception, seconds: float) -> tuple[SpeechModelFault, bool]:
    """What a caller is told, and whether the same request may succeed later. Never an endpoint's own words."""
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        message = f"the endpoint of speech did not answer within {seconds:.1f} s; SPEECH_TIMEOUT_SECONDS bounds it"
        return SpeechModelFault("SPEECH_MODEL_TIMEOUT", message), True
    if isinstance(error, openai.APIStatusError):
        return _fault_of_status(error)
    if isinstance(error, openai.APIConnectionError):
        message = "the connection to the endpoint of speech failed; check SPEECH_BASE_URL and the network"
        return SpeechModelFault("SPEECH_MODEL_UNREACHABLE", message), True
    if isinstance(error, ReplyTooLargeError):
        return SpeechModelFault("SPEECH_MODEL_REPLY_TOO_LARGE", "the endpoint of speech sent too much"), False
    message = "what the endpoint sent is no reply of this kind; check that SPEECH_BASE_URL ends in the API's path"
    return SpeechModelFault("SPEECH_MODEL_PROTOCOL", message), True


def _fault_of_status(error: openai.APIStatusError) -> tuple[SpeechModelFault, bool]:
    status, wait = error.status_code, retry_after(error.response.headers)
    if status in {401, 403}:
        message = f"the endpoint of speech refused the key ({status}); check SPEECH_API_KEY or OPENAI_API_KEY"
        return SpeechModelFault("SPEECH_MODEL_CREDENTIAL", message), False
    if status == 404:
        message = "the endpoint knows no such model or path (404); check SPEECH_BASE_URL and the model's name"
        return SpeechModelFault("SPEECH_MODEL_NOT_FOUND", message), False
    if status == 429:
        spent = error.code in QUOTA_CODES
        return SpeechModelFault(
            "SPEECH_MODEL_QUOTA_SPENT" if spent else "SPEECH_MODEL_RATE_LIMITED",
            "the endpoint's account has no quota left (429)"
            if spent
            else "the endpoint of speech limits the rate of requests (429); try again later",
            retry_after_seconds=wait,
        ), not spent
    if status >= 500 or status in _LATER:
        message = f"the endpoint of speech failed ({status}); try again later"
        return SpeechModelFault("SPEECH_MODEL_FAILED", message, retry_after_seconds=wait), True
    return SpeechModelFault("SPEECH_MODEL_REQUEST_REFUSED", f"the endpoint of speech refused ({status})"), False
