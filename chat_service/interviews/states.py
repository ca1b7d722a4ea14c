"""The life of an interview."""

from enum import StrEnum

from chat_service.errors import AppError, ErrorKind


class InterviewState(StrEnum):
    """Where an interview stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


ALLOWED: frozenset[tuple[InterviewState, InterviewState]] = frozenset(
    {
        (InterviewState.DRAFT, InterviewState.SCHEDULED),
        (InterviewState.DRAFT, InterviewState.IN_PROGRESS),
        (InterviewState.DRAFT, InterviewState.CANCELLED),
        (InterviewState.SCHEDULED, InterviewState.IN_PROGRESS),
        (InterviewState.SCHEDULED, InterviewState.CANCELLED),
        (InterviewState.IN_PROGRESS, InterviewState.COMPLETED),
    }
)


def require_transition(current: InterviewState, wanted: InterviewState) -> None:
    """Raises CONFLICT `illegal_transition`, naming both states, unless the transition is allowed."""
    if (current, wanted) not in ALLOWED:
        raise illegal_transition(current, wanted)


def illegal_transition(current: InterviewState, wanted: InterviewState) -> AppError:
    """The error for a transition that is not allowed."""
    reachable = sorted(to.value for since, to in ALLOWED if since is current)
    return AppError(
        ErrorKind.CONFLICT,
        "illegal_transition",
        f"An interview that is {current.value} cannot become {wanted.value}. "
        + (f"It can become {' or '.join(reachable)}." if reachable else "It is at its end; create a new one."),
        details={"from": current.value, "to": wanted.value, "allowed": reachable},
    )
