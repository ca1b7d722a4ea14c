"""Which of a resource's forms a client wants, and whether he waits for it."""

from starlette.requests import Request

CALENDAR = "text/calendar"
SVG = "image/svg+xml"


def preferred(request: Request, *offered: str) -> str:
    """The offered media type that the Accept header weighs most (RFC 9110, 12.5.1), the first one among equals.

    It is the first one too when the header accepts none of them: better that than nothing.
    """
    accept = request.headers.get("accept", "*/*")
    weights = {name: _weight(accept, name) for name in offered}
    return max(offered, key=lambda name: weights[name])


def responds_async(prefer: str) -> bool:
    """Whether a Prefer header (RFC 7240) asks not to be kept waiting."""
    return "respond-async" in {one.partition(";")[0].strip().lower() for one in prefer.split(",")}


def _weight(accept: str, offered: str) -> float:
    """The weight of the most specific range of the header that the type is in."""
    ranges = ["*/*", f"{offered.partition('/')[0]}/*", offered]
    weight, found = 0.0, -1
    for one in accept.split(","):
        name, *parameters = (part.strip().lower() for part in one.split(";"))
        if name in ranges and ranges.index(name) >= found:
            weight, found = _quality(parameters), ranges.index(name)
    return weight


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        if one.startswith("q="):
            try:
                return min(max(float(one[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
