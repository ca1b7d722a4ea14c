"""Planned interviews as an iCalendar document (RFC 5545)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import STATUS, Calendar, Event

from chat_service.engine.models import Domain
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Interview

_PRODUCT = "-//Mock Interview//Mock Interview//EN"
_NAME = "Mock interviews"
_USUAL_MINUTES = 60
_REFRESH = timedelta(minutes=15)
_LAST = datetime.max.replace(tzinfo=UTC)

# RFC 5545, 3.1: a text has no control character but the tab; a line break is written as \n.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PlannedInterview:
    """An event. `sequence` grows with every change of the interview; `minutes` is its planned length."""

    id: UUID
    summary: str
    description: str
    starts_at: datetime
    minutes: int
    cancelled: bool
    created_at: datetime
    changed_at: datetime
    sequence: int


def planned(row: Interview) -> PlannedInterview:
    """The event of an interview that has a time. Without a planned duration it takes an hour."""
    if row.scheduled_at is None:
        raise RuntimeError("an interview without a time was taken for a planned one")
    domain = row.domain.replace("_", " ")
    subject = row.job_role if row.domain == Domain.ROLE and row.job_role else domain
    about = [f"Domain: {domain}", f"Difficulty: {row.difficulty}"]
    about += [f"Role: {row.job_role}"] if row.job_role else []
    about += [f"Company: {row.target_company}"] if row.target_company else []
    return PlannedInterview(
        id=row.id,
        summary=row.title or f"Mock interview: {subject}, {row.difficulty}",
        description="\n".join(about),
        starts_at=row.scheduled_at,
        minutes=row.duration_minutes or _USUAL_MINUTES,
        cancelled=row.state == InterviewState.CANCELLED,
        created_at=row.created_at,
        changed_at=row.last_activity_at,
        # Changes are whole seconds apart, so the seconds since its creation count up like a number of versions.
        sequence=int((row.last_activity_at - row.created_at).total_seconds()),
    )


def document(user_id: UUID, interviews: Iterable[PlannedInterview]) -> bytes:
    """A calendar whose events keep their ids when they are planned anew. The same state gives the same bytes."""
    calendar = Calendar.new(prodid=_PRODUCT, name=_NAME, uid=user_id, refresh_interval=_REFRESH)
    for one in interviews:
        calendar.add_component(_event(one))
    return bytes(calendar.to_ical())


def _event(one: PlannedInterview) -> Event:
    return Event.new(
        uid=one.id,
        summary=_CONTROLS.sub(" ", one.summary),
        description=_CONTROLS.sub(" ", one.description),
        start=one.starts_at,
        end=one.starts_at + min(timedelta(minutes=one.minutes), _LAST - one.starts_at),
        status=STATUS.CANCELLED if one.cancelled else STATUS.CONFIRMED,
        sequence=one.sequence,
        stamp=one.changed_at,
        created=one.created_at,
        last_modified=one.changed_at,
    )
