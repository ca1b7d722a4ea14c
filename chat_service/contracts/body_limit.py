"""How much of a body is read. Plain ASGI, so that a refusal takes the door's shape like any other."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024


class BodyLimit:
    """Refuses to read bodies beyond `MAX_BODY_BYTES`, by what they announce and by what arrives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = _content_length(scope)
        arrived = 0

        async def receive_some() -> Message:
            nonlocal arrived
            if announced > MAX_BODY_BYTES:
                raise HTTPException(413)
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_some, send)


def _content_length(scope: Scope) -> int:
    for header, value in scope["headers"]:
        if header == b"content-length" and value.isdigit():
            return int(value)
    return 0
