"""Fields of request bodies, as every door checks them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    StringConstraints,
)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _written_out(moment: object) -> object:
    """Numbers, and strings of digits, would pass for seconds since 1970."""
    if not isinstance(moment, str) or "-" not in moment:
        raise ValueError("must be an ISO 8601 time with an offset, such as 2030-01-31T09:00:00Z")
    return moment


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


def _main_language(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


Storable = AfterValidator(_storable)
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
# A response's time to the second, as the documents have them: some clients read no fractions.
Second = Annotated[datetime, PlainSerializer(lambda at: at.replace(microsecond=0), return_type=datetime)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
ShortLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), Storable]
Resume = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), Storable]
Page = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), Storable]

# As in BCP 47; what counts is the language alone, without its region.
Language = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35),
    AfterValidator(_main_language),
]


class Input(BaseModel):
    """A request body. Fields that it does not name are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)
