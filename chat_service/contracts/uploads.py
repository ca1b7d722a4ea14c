"""Files that come as a body: as the body itself, or as the part `file` of a form, a piece at a time."""

import asyncio
import time
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from chat_service.errors import AppError, ErrorKind, invalid

# A form's own lines around the file.
FORM_BYTES = 64 * 1024
# A connection that brings nothing for so long is given up.
_PATIENCE_SECONDS = 30.0
# And one that has not brought all of it after so long; 50 MiB take this at a quarter of a megabit a second.
_LONGEST_SECONDS = 1800.0
_MOST_PARTS = 16
_MOST_HEADER_BYTES = 4096
_FORM = b"multipart/form-data"


def file_of(request: Request) -> AsyncIterator[bytes]:
    """The bytes of the file that a request brings, as they arrive.

    Raises while it is read: MALFORMED for a form that cannot be read and a body that is cut off or stalls, INVALID for
    a form without a file, UNSUPPORTED_MEDIA_TYPE for JSON and plain forms, and TOO_LARGE as the door's limit does.
    """
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type == _FORM:
        return _part(request, options.get(b"boundary", b""))
    if media_type == b"application/x-www-form-urlencoded" or media_type.endswith(b"json"):
        raise AppError(
            ErrorKind.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the file itself as the body, or as the part `file` of a multipart/form-data form.",
        )
    return _body(request)


async def _body(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    end = time.monotonic() + _LONGEST_SECONDS
    while True:
        try:
            async with asyncio.timeout(min(_PATIENCE_SECONDS, end - time.monotonic())):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, ClientDisconnect):
            raise AppError(ErrorKind.MALFORMED, "body_cut_off", "The body ended before all of it had come.") from None
        yield piece


async def _part(request: Request, boundary: bytes) -> AsyncIterator[bytes]:
    if not boundary:
        raise unreadable_form("it names no boundary")
    try:
        form = _Form(boundary)
    except FormParserError as error:
        raise unreadable_form(str(error)) from None
    async for piece in _body(request):
        found = form.feed(piece)
        if found:
            yield found
    form.finish()


class _Form:
    """Picks the part `file` out of a form, and lets the others go by."""

    def __init__(self, boundary: bytes) -> None:
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
        )
        self._found = bytearray()
        self._field = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._parts = self._files = 0
        self._wanted = self._ended = False

    def feed(self, piece: bytes) -> bytes:
        """What the next bytes of the form bring of the file."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise unreadable_form(str(error)) from None
        found = bytes(self._found)
        self._found.clear()
        return found

    def finish(self) -> None:
        """Raises unless the form is complete and brought one file."""
        if not self._ended:
            raise unreadable_form("it is cut off")
        if not self._files:
            raise invalid("file", "is missing; send the recording as the part `file` of the form")

    def _on_part_begin(self) -> None:
        self._parts += 1
        self._disposition = b""
        if self._parts > _MOST_PARTS:
            raise unreadable_form("it has too many parts")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._bound_header()

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound_header()

    def _bound_header(self) -> None:
        if len(self._field) + len(self._value) > _MOST_HEADER_BYTES:
            raise unreadable_form("a part's header is too long")

    def _on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._wanted = options.get(b"name") == b"file"
        self._files += self._wanted
        if self._files > 1:
            raise invalid("file", "comes twice; send one recording")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self._found += data[start:end]

    def _on_end(self) -> None:
        self._ended = True


def unreadable_form(why: str) -> AppError:
    """A form of several parts that is none, and why."""
    return AppError(
        ErrorKind.MALFORMED, "malformed_form", f"The form cannot be read as multipart/form-data: {why.rstrip('.')}."
    )
