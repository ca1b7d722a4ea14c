"""What a candidate can do in a live interview."""

from dataclasses import dataclass
from uuid import UUID

from chat_service.engine.models import SpokenTiming


@dataclass(frozen=True, slots=True)
class Start:
    """Start the interview."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the current question, or the one that is named. `message_id` makes sending it again harmless.

    `spoken` is when its words were said; None for a typed one.
    """

    content: str
    question_id: UUID | None = None
    message_id: str | None = None
    spoken: SpokenTiming | None = None


@dataclass(frozen=True, slots=True)
class RequestNext:
    """Show the current question, asking for it first when it is missing."""


@dataclass(frozen=True, slots=True)
class End:
    """Complete the interview."""


Action = Start | Answer | RequestNext | End
