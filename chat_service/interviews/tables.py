"""Rows of interviews, questions, answers and reports.

Every table holds the user that it belongs to. Foreign keys form one chain (user, interview, question, answer): it is
enough for deletion to take everything along, and each insertion checks one key.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.engine.models import Difficulty, Domain, QuestionKind
from chat_service.interviews.round_types import RoundState, RoundType
from chat_service.interviews.states import InterviewState
from chat_service.storage.database import Base
from chat_service.storage.ids import new_id

Moment = DateTime(timezone=True)


def _one_of(
    column: str, names: type[Domain | Difficulty | InterviewState | QuestionKind | RoundState | RoundType]
) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(one.value) for one in names)})", name=column)


class Interview(Base):
    """One interview.

    `lease_token` and `lease_until` mark the one piece of engine work (starting, answering, asking, ending) that is
    under way. `last_answer_digest` is the SHA-256 of the last recorded answer. `prepared` says that the questions are
    chosen in sets, up front, and `follow_ups` that answers to them are followed up; the current question is then the
    first open one. `turn_began_at` is when the candidate was last shown something to answer.
    """

    __tablename__ = "interviews"
    __table_args__ = (
        _one_of("domain", Domain),
        _one_of("difficulty", Difficulty),
        _one_of("state", InterviewState),
        Index("ix_interviews_user_id_created_at", "user_id", "created_at", "id"),
        Index(
            "ix_interviews_user_id_scheduled_at",
            "user_id",
            "scheduled_at",
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index("ix_interviews_last_activity_at", "last_activity_at", postgresql_where=text("state = 'in_progress'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(String(20))
    difficulty: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str | None] = mapped_column(String(200))
    job_role: Mapped[str | None] = mapped_column(String(200))
    job_description: Mapped[str | None] = mapped_column(Text)
    resume: Mapped[str | None] = mapped_column(Text)
    focus_areas: Mapped[list[str]] = mapped_column(JSONB, default=list)
    skills: Mapped[list[str]] = mapped_column(JSONB, default=list)
    experience_level: Mapped[str | None] = mapped_column(String(60))
    target_company: Mapped[str | None] = mapped_column(String(200))
    years_experience: Mapped[float | None] = mapped_column(Float)
    duration_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    question_limit: Mapped[int] = mapped_column(SmallInteger)
    questions_asked: Mapped[int] = mapped_column(SmallInteger, default=0)
    answers_recorded: Mapped[int] = mapped_column(SmallInteger, default=0)
    current_question_id: Mapped[UUID | None] = mapped_column()
    prepared: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    follow_ups: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    turn_began_at: Mapped[datetime | None] = mapped_column(Moment)
    last_answer_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    overall_score: Mapped[float | None] = mapped_column(Float)
    rubric_major: Mapped[int | None] = mapped_column(SmallInteger)
    scheduled_at: Mapped[datetime | None] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    last_activity_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    lease_token: Mapped[UUID | None] = mapped_column()
    lease_until: Mapped[datetime | None] = mapped_column(Moment)


class AskedQuestion(Base):
    """A question of an interview, as it was asked.

    `repeat` counts how often the user had been asked the same question before, so that two interviews at once
    cannot both ask it as new. `prompted_by` is the question whose answer a prepared set's follow-up probes. A `closed`
    question takes no answer any more: its round is over.
    """

    __tablename__ = "questions"
    __table_args__ = (
        _one_of("kind", QuestionKind),
        UniqueConstraint("interview_id", "number", name="uq_questions_interview_id_number"),
        UniqueConstraint("user_id", "domain", "key", "repeat", name="uq_questions_asked_as_new"),
        Index("ix_questions_of_a_model", "user_id", "asked_at", postgresql_where=text("source = 'model'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    key: Mapped[str] = mapped_column(String(200))
    repeat: Mapped[int] = mapped_column(Integer, default=0)
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(10))
    parent_key: Mapped[str] = mapped_column(String(200), default="")
    probed_point_id: Mapped[str] = mapped_column(String(80), default="")
    domain: Mapped[str] = mapped_column(String(20))
    difficulty: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str] = mapped_column(String(60))
    topic_title: Mapped[str] = mapped_column(String(120))
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reference_answer: Mapped[str] = mapped_column(Text)
    time_limit_seconds: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str] = mapped_column(String(20))
    category: Mapped[str | None] = mapped_column(String(20))
    round_id: Mapped[UUID | None] = mapped_column()
    prompted_by: Mapped[UUID | None] = mapped_column()
    closed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    asked_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Answer(Base):
    """The one answer to a question. Pending (`evaluation` is null) from the moment that it is accepted.

    `point_statuses` repeats of the evaluation what the choice of later questions reads: point id to status.
    `time_spent_seconds` is what the client told, `shown_at` when the server had shown the question. `spoken` has the
    times of a spoken answer's words.
    """

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_interview_id", "interview_id"), Index("ix_answers_user_id", "user_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column()
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), unique=True)
    content: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    time_spent_seconds: Mapped[int | None] = mapped_column(Integer)
    shown_at: Mapped[datetime | None] = mapped_column(Moment)
    spoken: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    evaluated_at: Mapped[datetime | None] = mapped_column(Moment)
    score: Mapped[float | None] = mapped_column(Float)
    evaluation: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    point_statuses: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))


class Round(Base):
    """A round of an interview: a part with questions of its own. Rounds are held in the order of their numbers."""

    __tablename__ = "rounds"
    __table_args__ = (
        _one_of("type", RoundType),
        _one_of("state", RoundState),
        UniqueConstraint("interview_id", "number", name="uq_rounds_interview_id_number"),
        Index("ix_rounds_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(20))
    description: Mapped[str | None] = mapped_column(Text)
    focus_areas: Mapped[list[str]] = mapped_column(JSONB, default=list)
    duration_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    question_count: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(12))
    score: Mapped[float | None] = mapped_column(Float)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)


class Number(Base):
    """The number of a user, an interview or a round, for clients that know no other ids. None is ever given twice."""

    __tablename__ = "numbers"
    __table_args__ = (
        UniqueConstraint("subject_id", name="uq_numbers_subject_id"),
        Index("ix_numbers_user_id", "user_id"),
        Index("ix_numbers_interview_id", "interview_id"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    interview_id: Mapped[UUID | None] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID] = mapped_column()


class StoredReport(Base):
    """The report of a completed interview."""

    __tablename__ = "reports"

    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Feedback(Base):
    """How far the report of a completed interview has come: one row from its completion on.

    `failure` is the reason of the last error once the report was given up.
    """

    __tablename__ = "feedbacks"
    __table_args__ = (
        CheckConstraint("status IN ('generating', 'ready', 'failed')", name="status"),
        Index("ix_feedbacks_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    failure: Mapped[str | None] = mapped_column(String(60))
    requested_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    generated_at: Mapped[datetime | None] = mapped_column(Moment)


class IdempotencyKey(Base):
    """A request that a client marked with a key, and its reply once there is one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    held_until: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
