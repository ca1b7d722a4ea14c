"""What a candidate can do in a live interview."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Start:
    """Start the interview."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the current question, or the one that is named. `message_id` makes sending it again harmless."""

    content: str
    question_id: UUID | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class RequestNext:
    """Show the current question, asking for it first when it is missing."""


@dataclass(frozen=True, slots=True)
class End:
    """Complete the interview."""


Action = Start | Answer | RequestNext | End
