"""Choosing among interviews and changing them: shapes of the native API."""

from typing import Annotated, cast

from fastapi import Query
from pydantic import AfterValidator, Field, StringConstraints

from chat_service.contracts.native.wire import Input, Line, Moment, Page, Resume, ShortLine, Storable, Whole
from chat_service.engine.models import Difficulty, Domain
from chat_service.errors import invalid
from chat_service.interviews.archive import InterviewFilter
from chat_service.interviews.editing import InterviewChanges
from chat_service.interviews.states import InterviewState

_SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Storable]


def _said(value: object) -> object:
    if value is None:
        raise ValueError("cannot be cleared")
    return value


_Said = AfterValidator(_said)


class InterviewPatch(Input):
    """What is to change (RFC 7396): a field that is left out stays, null clears.

    The title can change at any time, the rest until the interview is started.
    """

    title: Line | None = Field(None, examples=["Second try at hash tables"])
    domain: Annotated[Domain | None, _Said] = None
    difficulty: Annotated[Difficulty | None, _Said] = None
    job_role: Line | None = None
    job_description: Page | None = None
    resume: Resume | None = None
    focus_areas: Annotated[list[Line] | None, _Said] = Field(None, max_length=20)
    skills: Annotated[list[ShortLine] | None, _Said] = Field(None, max_length=50)
    experience_level: ShortLine | None = None
    target_company: Line | None = None
    duration_minutes: Whole | None = Field(None, ge=5, le=480)
    question_limit: Annotated[Whole | None, _Said] = Field(None, ge=1, le=50)

    def changes(self) -> InterviewChanges:
        """The fields that were sent."""
        return cast("InterviewChanges", {name: getattr(self, name) for name in self.model_fields_set})


def interview_filter(
    state: InterviewState | None = None,
    domain: Domain | None = None,
    difficulty: Difficulty | None = None,
    text: Annotated[_SearchText | None, Query(description="Part of the title or the role, in any case")] = None,
    since: Annotated[Moment | None, Query(description="Created at this time or later")] = None,
    until: Annotated[Moment | None, Query(description="Created before this time")] = None,
    min_score: Annotated[float | None, Query(ge=0, le=100, allow_inf_nan=False)] = None,
) -> InterviewFilter:
    """The filter of a list's query parameters. Raises INVALID for an empty span of time."""
    if since is not None and until is not None and since >= until:
        raise invalid("until", "is not after since")
    return InterviewFilter(state, domain, difficulty, text, since, until, min_score)
