"""Recordings as responses: whole, or a range of them (RFC 9110, 14)."""

import re
from collections.abc import AsyncIterator
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chat_service.core import Core
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.recordings.recordings import RecordingFile

_RANGE = re.compile(r"bytes=\s*([0-9]*)-([0-9]*)\s*", re.IGNORECASE)
_MOST_DIGITS = 18


async def recording_response(request: Request, core: Core, file: RecordingFile) -> Response:
    """The recording, or the one range of it that is asked for. Of several ranges, which may be ignored, all is sent.

    Raises RANGE_NOT_SATISFIABLE for a range without a byte of it, NOT_FOUND and UNAVAILABLE before the first byte.
    """
    details = file.details
    tag = f'"{details.sha256[:32]}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": format_datetime(details.uploaded_at, usegmt=True),
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="answer-{file.question_number}.{details.format.value}"',
        "X-Content-Type-Options": "nosniff",
    }
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    wanted = _range(request, details.size_bytes) if _still_fits(request, tag, headers["Last-Modified"]) else None
    start, end = wanted or (0, details.size_bytes)
    headers["Content-Length"] = str(end - start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{details.size_bytes}"
    pieces = core.recordings.read(file, start, end)
    first = await anext(pieces, b"")

    async def content() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(content(), 206 if wanted else 200, headers=headers, media_type=details.media_type)


def _names(header: str, tag: str) -> bool:
    return any(one.strip().removeprefix("W/") in {tag, "*"} for one in header.split(","))


def _still_fits(request: Request, tag: str, modified: str) -> bool:
    """Whether the range is meant for this recording: If-Range names it by its tag or its exact time, or is not sent."""
    condition = request.headers.get("if-range")
    if condition is None or condition.strip() == tag:
        return True
    try:
        return parsedate_to_datetime(condition) == parsedate_to_datetime(modified)
    except ValueError:
        return False


def _range(request: Request, size: int) -> tuple[int, int] | None:
    """The bytes that are asked for, the end not among them; None for no range, several, or what is none."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None:
        return None
    first, last = found.groups()
    if len(first) > _MOST_DIGITS or len(last) > _MOST_DIGITS or not (first or last):
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise AppError(
            ErrorKind.RANGE_NOT_SATISFIABLE,
            "range_not_satisfiable",
            f"The recording has {size} bytes; the range is behind its end.",
            details={"size_bytes": size},
        )
    return start, end
