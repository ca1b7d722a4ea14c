"""What a live interview tells those who are in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.interviews.interview import AnsweredTurn, FinishedInterview, PosedQuestion, Progress
from chat_service.interviews.states import InterviewState


class EventKind(StrEnum):
    """What an event tells. Only `thinking` is of the moment: it is not kept and has no sequence number."""

    INTERVIEW_STATE = "interview_state"
    QUESTION = "question"
    ANSWER_ACCEPTED = "answer_accepted"
    FEEDBACK = "feedback"
    INTERVIEW_ENDED = "interview_ended"
    THINKING = "thinking"


@dataclass(slots=True)
class StateReached:
    """Where the interview stands. `thinking` says whether the engine is at work, in an event of the moment."""

    interview_id: UUID
    state: InterviewState
    progress: Progress
    thinking: bool | None = None


@dataclass(slots=True)
class AcceptedAnswer:
    """An answer that is kept whatever happens; its feedback follows."""

    answer_id: UUID
    question_id: UUID
    content: str
    submitted_at: datetime


@dataclass(slots=True)
class Thinking:
    """The engine has begun, or ceased, to work."""

    is_thinking: bool


Body = StateReached | PosedQuestion | AcceptedAnswer | AnsweredTurn | FinishedInterview | Thinking


@dataclass(slots=True)
class LiveEvent:
    """An event. `sequence` counts the kept events of an interview from 1; None marks one of the moment.

    The body's class follows the kind: StateReached, PosedQuestion, AcceptedAnswer, AnsweredTurn, FinishedInterview,
    Thinking. `message_id` is what the client that caused it had called its message.
    """

    kind: EventKind
    sequence: int | None
    at: datetime
    body: Body
    message_id: str | None = None


BODIES: dict[EventKind, TypeAdapter[Any]] = {
    EventKind.INTERVIEW_STATE: TypeAdapter(StateReached),
    EventKind.QUESTION: TypeAdapter(PosedQuestion),
    EventKind.ANSWER_ACCEPTED: TypeAdapter(AcceptedAnswer),
    EventKind.FEEDBACK: TypeAdapter(AnsweredTurn),
    EventKind.INTERVIEW_ENDED: TypeAdapter(FinishedInterview),
    EventKind.THINKING: TypeAdapter(Thinking),
}
