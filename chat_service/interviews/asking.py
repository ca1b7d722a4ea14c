"""Asking the next question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chat_service.engine.models import History, Question
from chat_service.interviews.interview import PosedQuestion, posed
from chat_service.interviews.tables import AskedQuestion
from chat_service.storage.ids import new_id

# The constraint by which the second of two interviews learns that its question is not new any more.
ASKED_AS_NEW = "uq_questions_asked_as_new"

# With n interviews of one candidate choosing at once, each finds a question of its own in at most n rounds.
MAX_CHOICES = 16


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """A chosen question with its place in the interview. `prompted_by` is the question that a follow-up probes."""

    id: UUID
    number: int
    repeat: int
    asked_at: datetime
    question: Question
    main: UUID | None
    category: str | None = None
    round_id: UUID | None = None
    prompted_by: UUID | None = None

    @classmethod
    def place(
        cls,
        question: Question,
        *,
        number: int,
        history: History,
        asked: Mapping[str, UUID],
        category: str | None = None,
        round_id: UUID | None = None,
        prompted_by: UUID | None = None,
    ) -> "NextQuestion":
        """Gives a question its number. `asked` maps the keys of the interview's questions to their ids."""
        return cls(
            id=new_id(),
            number=number,
            repeat=history.seen_keys.count(question.key),
            asked_at=datetime.now(UTC),
            question=question,
            main=asked.get(question.parent_key),
            category=category,
            round_id=round_id,
            prompted_by=prompted_by,
        )

    @property
    def shown(self) -> PosedQuestion:
        """What the candidate is shown."""
        return posed(
            self.question,
            question_id=self.id,
            number=self.number,
            asked_at=self.asked_at,
            main=self.main,
            category=self.category,
            round_id=self.round_id,
        )

    def columns(self, *, user_id: UUID, interview_id: UUID) -> dict[str, Any]:
        """The columns of its row, in the table's order."""
        question = self.question
        return {
            "id": self.id,
            "user_id": user_id,
            "interview_id": interview_id,
            "number": self.number,
            "key": question.key,
            "repeat": self.repeat,
            "text": question.text,
            "kind": question.kind.value,
            "parent_key": question.parent_key,
            "probed_point_id": question.probed_point_id,
            "domain": question.domain.value,
            "difficulty": question.difficulty.value,
            "topic": question.topic,
            "topic_title": question.topic_title,
            "points": [
                {"id": one.id, "text": one.text, "phrasings": list(one.phrasings), "weight": one.weight}
                for one in question.points
            ],
            "reference_answer": question.reference_answer,
            "time_limit_seconds": question.time_limit_seconds,
            "source": question.source.value,
            "asked_at": self.asked_at,
            "category": self.category,
            "round_id": self.round_id,
            "prompted_by": self.prompted_by,
        }

    def row(self, *, user_id: UUID, interview_id: UUID) -> AskedQuestion:
        """Its row."""
        return AskedQuestion(**self.columns(user_id=user_id, interview_id=interview_id))
