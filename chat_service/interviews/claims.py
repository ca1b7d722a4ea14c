"""An accepted answer that is being graded, and the reply to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from chat_service.engine.models import (
    Difficulty,
    Domain,
    Evaluation,
    History,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    SpokenTiming,
)
from chat_service.interviews import history as histories
from chat_service.interviews.asking import NextQuestion
from chat_service.interviews.interview import (
    AnsweredTurn,
    GivenAnswer,
    TranscriptTurn,
    context,
    expected_points,
    posed,
    progress,
    timing,
)
from chat_service.interviews.states import InterviewState

MAX_QUESTIONS = 50
"""Of one interview, with the follow-ups of its sets."""
MAX_FOLLOW_UPS = 2
"""Of one main question."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An accepted answer that is being graded, with all that grading it takes."""

    interview_id: UUID
    user_id: UUID
    lease: UUID
    answer_id: UUID
    content: str
    submitted_at: datetime
    time_spent_seconds: int | None
    spoken: SpokenTiming | None
    shown_at: datetime | None
    context: InterviewContext
    question_id: UUID
    number: int
    asked_at: datetime
    category: str | None
    round_id: UUID | None
    question: Question
    prepared: bool
    follow_ups: bool
    history: History
    asked: Mapping[str, UUID]
    questions_asked: int
    answers_recorded: int
    question_limit: int

    @property
    def main_key(self) -> str:
        """The key of the main question that was answered or followed up."""
        return self.question.parent_key or self.question.key

    @property
    def may_be_followed_up(self) -> bool:
        """Whether a set takes another question beside those that are planned, and this subject another follow-up."""
        follow_ups = sum(one.parent_key == self.main_key for one in self.history.turns)
        follow_ups += self.question.kind is QuestionKind.FOLLOW_UP
        return self.follow_ups and follow_ups < MAX_FOLLOW_UPS and self.question_limit < MAX_QUESTIONS


def claim_of(
    row: asyncpg.Record, *, user_id: UUID, lease: UUID, answer_id: UUID, content: str, spoken: SpokenTiming | None
) -> Claim:
    """The claim of a record that CLAIM or LOAD gave."""
    question = question_of(row, domain=row["question_domain"], difficulty=row["question_difficulty"])
    return Claim(
        interview_id=row["id"],
        user_id=user_id,
        lease=lease,
        answer_id=answer_id,
        content=content,
        submitted_at=row["submitted_at"],
        time_spent_seconds=row["time_spent_seconds"],
        spoken=spoken,
        shown_at=row["shown_at"],
        context=context(dict(row)),
        question_id=row["question_id"],
        number=row["number"],
        asked_at=row["asked_at"],
        category=row["category"],
        round_id=row["round_id"],
        question=question,
        prepared=row["prepared"],
        follow_ups=row["follow_ups"],
        history=histories.history(row["turns"], row["seen"], row["seen_texts"]),
        asked={**histories.question_ids(row["turns"]), question.key: row["question_id"]},
        questions_asked=row["questions_asked"],
        answers_recorded=row["answers_recorded"],
        question_limit=row["question_limit"],
    )


def question_of(row: asyncpg.Record, *, domain: str, difficulty: str) -> Question:
    """The question of a driver's record."""
    return Question(
        key=row["key"],
        text=row["text"],
        kind=QuestionKind(row["kind"]),
        parent_key=row["parent_key"],
        probed_point_id=row["probed_point_id"],
        domain=Domain(domain),
        difficulty=Difficulty(difficulty),
        topic=row["topic"],
        topic_title=row["topic_title"],
        points=expected_points(row["points"]),
        reference_answer=row["reference_answer"],
        time_limit_seconds=row["time_limit_seconds"],
        source=QuestionSource(row["source"]),
    )


def reply_to(claim: Claim, evaluation: Evaluation, chosen: NextQuestion | None, *, limit: int) -> AnsweredTurn:
    """What the candidate is told of a graded answer, and of the question that was chosen after it."""
    question = claim.question
    taken, late = timing(claim.shown_at, claim.submitted_at, question.time_limit_seconds)
    following = chosen.shown if chosen else None
    return AnsweredTurn(
        interview_id=claim.interview_id,
        turn=TranscriptTurn(
            question=posed(
                question,
                question_id=claim.question_id,
                number=claim.number,
                asked_at=claim.asked_at,
                main=claim.asked.get(question.parent_key),
                category=claim.category,
                round_id=claim.round_id,
            ),
            answer=GivenAnswer(
                id=claim.answer_id,
                content=claim.content,
                submitted_at=claim.submitted_at,
                evaluated_at=datetime.now(UTC),
                evaluation=evaluation,
                time_spent_seconds=claim.time_spent_seconds,
                seconds_taken=taken,
                late=late,
                spoken=claim.spoken,
            ),
            expected_points=question.points,
            reference_answer=question.reference_answer,
        ),
        next_question=following,
        follow_up=following if following and following.kind is QuestionKind.FOLLOW_UP else None,
        progress=progress(
            state=InterviewState.IN_PROGRESS,
            asked=claim.questions_asked + (chosen is not None),
            recorded=claim.answers_recorded + 1,
            limit=limit,
        ),
    )
