"""What an endpoint's error statuses mean. Its texts stay out of every message: they may repeat the request."""

import email.utils
import math
import time
from collections.abc import Mapping

import openai

from ai_service.errors import FaultKind
from ai_service.llm.chat import ChatFailure

_LONGEST_WAIT_SECONDS = 3600.0
QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_LATER = frozenset({408, 409, 425})
_LASTING = {
    401: ("MODEL_CREDENTIAL", "the endpoint refused the key (401); check OPENAI_API_KEY"),
    403: ("MODEL_FORBIDDEN", "the endpoint forbids the request (403); check the rights of OPENAI_API_KEY"),
    404: (
        "MODEL_NOT_FOUND",
        "the endpoint knows no such model or path (404); check LLM_MODEL and OPENAI_BASE_URL",
    ),
}


def failure_of_status(error: openai.APIStatusError) -> ChatFailure:
    """The failure that an error status (or a redirect, which is not followed) stands for."""
    status = error.status_code
    if status in _LASTING:
        return ChatFailure(*_LASTING[status])
    wait = retry_after(error.response.headers)
    if status == 429:
        return _too_many(error, wait)
    if status >= 500 or status in _LATER:
        message = f"the endpoint failed ({status}); try again later"
        return ChatFailure("MODEL_FAILED", message, again=True, retry_after_seconds=wait)
    if status < 400:
        message = f"the endpoint sent a redirect ({status}); set OPENAI_BASE_URL to where it leads"
        return ChatFailure("MODEL_PROTOCOL", message)
    message = f"the endpoint refused the request ({status}); check that LLM_MODEL takes chat completions of this size"
    return ChatFailure("MODEL_REQUEST_REFUSED", message)


def _too_many(error: openai.APIStatusError, wait: float | None) -> ChatFailure:
    spent = error.code in QUOTA_CODES
    return ChatFailure(
        "MODEL_QUOTA_SPENT" if spent else "MODEL_RATE_LIMITED",
        "the endpoint's account has no quota left (429)"
        if spent
        else "the endpoint limits the rate of requests (429); try again later",
        again=not spent,
        kind=FaultKind.RESOURCE_EXHAUSTED,
        retry_after_seconds=wait,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        else:
            value = headers.get("retry-after", "")
            if not value:
                return None
            seconds = float(value) if value[0].isdigit() else _seconds_until(value)
    except (ValueError, TypeError):
        return None
    return min(max(0.0, seconds), _LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
