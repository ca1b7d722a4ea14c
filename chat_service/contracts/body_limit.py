"""How much of a body is read. Plain ASGI, so that a refusal takes the door's shape like any other."""

import re
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024


class BodyLimit:
    """Refuses to read bodies that are too large, by what they announce and by what arrives.

    That is beyond `MAX_BODY_BYTES`, or what `uploads` allows an operation, such as "PUT /profile/me/resume"; a part of
    its path in braces stands for any.
    """

    def __init__(self, app: ASGIApp, uploads: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._uploads = {_operation(name): most for name, most in (uploads or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = _content_length(scope)
        most = self._most(scope)
        arrived = 0

        async def receive_some() -> Message:
            nonlocal arrived
            if announced > most:
                raise _too_large(most)
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                raise _too_large(most)
            return message

        await self._app(scope, receive_some, send)

    def _most(self, scope: Scope) -> int:
        if scope["method"] in {"GET", "HEAD", "DELETE"}:
            return MAX_BODY_BYTES
        operation = f"{scope['method']} {scope['path'].removeprefix(scope.get('root_path', ''))}"
        return next((most for name, most in self._uploads.items() if name.fullmatch(operation)), MAX_BODY_BYTES)


def _operation(name: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", name)))


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {most} bytes.")


def _content_length(scope: Scope) -> int:
    for header, value in scope["headers"]:
        if header == b"content-length" and value.isdigit():
            return int(value)
    return 0
