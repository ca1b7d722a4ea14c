"""HTTP to a model's endpoint, bounded: a reply's bytes are counted while they arrive, and too many end it."""

from collections.abc import AsyncIterator

import httpx2

MOST_REPLY_BYTES = 1024 * 1024
"""Far beyond the longest reply that an output limit allows."""
_CONNECT_SECONDS = 5.0


class ReplyTooLargeError(Exception):
    """The endpoint sent more than it may, or a compressed reply, whose size cannot be known in time."""


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most_bytes: int) -> None:
        self._stream = stream
        self._most_bytes = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._most_bytes:
                raise ReplyTooLargeError
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def bounded_client(connections: int, most_bytes: int = MOST_REPLY_BYTES) -> httpx2.AsyncClient:
    """A client for at most `connections` requests at once: no redirects, no compression, replies of `most_bytes`.

    Certificates are checked against the system's store, and the environment's proxy settings hold. It sets no
    timeout but for connecting: the time of a whole request is bounded by its caller, so that a slow drip of bytes
    is bounded as well.
    """

    async def bound(response: httpx2.Response) -> None:
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most_bytes:
            raise ReplyTooLargeError
        if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise ReplyTooLargeError
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Counted(response.stream, most_bytes)

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [bound]},
    )
