"""Shapes of the native API. What it does not rename is the core's own class."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header, Request
from pydantic import (
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
)
from pydantic_core import SchemaSerializer
from starlette.responses import Response

from chat_service.accounts.identity import Role
from chat_service.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from chat_service.accounts.profiles import Profile
from chat_service.contracts import fields
from chat_service.engine.models import Difficulty, Domain, Evaluation, ExpectedPoint, GradeConfidence
from chat_service.engine.report import Report
from chat_service.errors import invalid
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.interview import (
    AnsweredTurn,
    FinishedInterview,
    InterviewDetails,
    InterviewTranscript,
    PosedQuestion,
    Progress,
    StartedInterview,
    TranscriptTurn,
)
from chat_service.interviews.states import InterviewState

Storable = fields.Storable
Moment = fields.Moment
Whole = fields.Whole
Line = fields.Line
ShortLine = fields.ShortLine
Resume = fields.Resume
Page = fields.Page
Input = fields.Input


class SignUp(Input):
    """A new account. `role` is accepted and ignored: everyone starts as a user."""

    email: Annotated[str, StringConstraints(max_length=320), Storable] = Field(examples=["x@y.com"])
    password: str = Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["correct horse battery"])
    role: Literal["user", "admin"] | None = Field(None, examples=["user"])
    full_name: Line | None = None
    target_role: Line | None = None
    experience_level: ShortLine | None = None


class LogIn(Input):
    """Credentials."""

    email: Annotated[str, StringConstraints(max_length=320), Storable] = Field(examples=["x@y.com"])
    password: str = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


class RefreshRequest(Input):
    """A refresh token."""

    refresh_token: str = Field(max_length=200, examples=["6f1c9a52-3c0e-4a55-9d7d-0f5f3f1f6d55"])


class ProfileInput(Input):
    """What interviews are fitted to: of these, what is left out is cleared. PATCH changes the rest of a profile."""

    years_experience: Annotated[float, Strict()] | None = Field(None, ge=0, le=80, examples=[2])
    tech_stacks: list[ShortLine] = Field(default_factory=list, max_length=50, examples=[["python", "angular"]])
    target_role: Line | None = Field(None, examples=["SDE-2"])
    target_company: Line | None = Field(None, examples=["Any"])


class NewInterviewInput(Input):
    """A wanted interview. With `scheduled_at` it is scheduled, without it is a draft."""

    domain: Domain = Field(examples=["dsa"])
    difficulty: Difficulty = Field(examples=["medium"])
    scheduled_at: Moment | None = Field(None, description="ISO 8601 with an offset, in the future")
    title: Line | None = None
    job_role: Line | None = None
    job_description: Page | None = None
    resume: Resume | None = Field(
        None,
        description="As plain text. Questions are fitted to it; it changes no score.",
        examples=["Five years of Python and PostgreSQL. Built an event pipeline on Kafka."],
    )
    focus_areas: list[Line] = Field(default_factory=list, max_length=20)
    skills: list[ShortLine] = Field(default_factory=list, max_length=50)
    experience_level: ShortLine | None = None
    target_company: Line | None = None
    duration_minutes: Whole | None = Field(None, ge=5, le=480)
    question_limit: Whole | None = Field(None, ge=1, le=50)


class MessageInput(Input):
    """An answer to the current question, or to the question that it names."""

    content: Annotated[str, Storable] = Field(
        min_length=1, max_length=MAX_ANSWER_CHARACTERS, examples=["A hash map gives O(1) lookups on average, ..."]
    )
    question_id: UUID | None = Field(
        None, description="Refuses the answer unless this is the current question, or an open one of a prepared set"
    )
    time_spent_seconds: Whole | None = Field(None, ge=0, le=86_400, description="Kept as it is told")


class RescheduleInput(Input):
    """A new time."""

    scheduled_at: Moment = Field(
        description="ISO 8601 with an offset, in the future", examples=["2030-01-31T09:00:00Z"]
    )


@dataclass(slots=True)
class AccountOut:
    """An account."""

    id: UUID
    email: str
    role: Role


@dataclass(slots=True)
class TokensOut:
    """`expires_in` is the access token's life in seconds. The refresh token is the one to use next time."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


@dataclass(slots=True)
class MessageOut:
    """A confirmation."""

    message: str


@dataclass(slots=True)
class ProfileOut:
    """A profile. `credits` are the interviews that may still be started."""

    id: UUID
    email: str
    role: Role
    full_name: str | None
    years_experience: float | None
    experience_level: str | None
    skills: Sequence[str]
    tech_stacks: Sequence[str]
    target_role: str | None
    target_company: str | None
    time_zone: str | None
    reminders: bool
    credits: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class InterviewOut:
    """An interview. `overdue`: its time has passed without a start. `prepared`: its questions come in sets."""

    id: UUID
    state: InterviewState
    domain: Domain
    difficulty: Difficulty
    title: str | None
    job_role: str | None
    job_description: str | None
    focus_areas: tuple[str, ...]
    skills: tuple[str, ...]
    experience_level: str | None
    target_company: str | None
    duration_minutes: int | None
    question_limit: int
    questions_asked: int
    answers_recorded: int
    overall_score: float | None
    overdue: bool
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    created_at: datetime
    prepared: bool


@dataclass(slots=True)
class StartedOut(InterviewOut):
    """An interview in progress with its first question."""

    current_question: PosedQuestion


@dataclass(slots=True)
class TranscriptOut(InterviewOut):
    """An interview with its turns, oldest first, and the question that waits for an answer."""

    resume: str | None
    current_question: PosedQuestion | None
    transcript: tuple[TranscriptTurn, ...]


@dataclass(slots=True)
class ResultOut(InterviewOut):
    """A completed interview with its report."""

    report: Report


@dataclass(slots=True)
class InterviewsOut:
    """A page of interviews, newest first; `next_cursor` leads to the next page and is null on the last.

    `total` counts all that fit the filters.
    """

    interviews: tuple[InterviewOut, ...]
    next_cursor: str | None
    total: int


@dataclass(slots=True)
class SchedulesOut:
    """Scheduled interviews, earliest first."""

    interviews: tuple[InterviewOut, ...]


@dataclass(slots=True)
class MessageReply:
    """The grade of an answer and the next question.

    `score` is the rubric score, 0 to 100, or null when the answer is not assessable (see `evaluation`). `confidence` is
    "low" when several gradings of the answer disagree, so that the score is uncertain, "normal" when they agree, and
    null when there was one. The expected points and the reference answer are those of the answered question.
    `next_question` is null when all questions are answered or when it has to be asked for at /questions/next
    (`progress.remaining` is not 0 then). Of a prepared interview it is the first open one, and `follow_up` is what this
    answer added to the set. `late` says that the time limit was over; the grade is the same.
    """

    interview_id: UUID
    answer_id: UUID
    question: PosedQuestion
    score: float | None
    confidence: GradeConfidence | None
    evaluation: Evaluation
    expected_points: tuple[ExpectedPoint, ...]
    reference_answer: str
    next_question: PosedQuestion | None
    follow_up: PosedQuestion | None
    progress: Progress
    time_spent_seconds: int | None
    seconds_taken: float | None
    late: bool


def profile_out(profile: Profile) -> ProfileOut:
    """A profile, flat."""
    one = profile.details
    return ProfileOut(
        id=profile.id,
        email=profile.email,
        role=profile.role,
        full_name=one.full_name,
        years_experience=one.years_experience,
        experience_level=one.experience_level,
        skills=one.skills,
        tech_stacks=one.tech_stacks,
        target_role=one.target_role,
        target_company=one.target_company,
        time_zone=one.time_zone,
        reminders=one.reminders,
        credits=profile.credits,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )


def interview_out(interview: InterviewDetails) -> InterviewOut:
    """An interview without its owner, who is the reader."""
    return InterviewOut(**_fields(interview))


def started_out(started: StartedInterview) -> StartedOut:
    """A started interview."""
    return StartedOut(**_fields(started.interview), current_question=started.question)


def transcript_out(transcript: InterviewTranscript) -> TranscriptOut:
    """An interview with its turns."""
    return TranscriptOut(
        **_fields(transcript.interview),
        resume=transcript.resume,
        current_question=transcript.current_question,
        transcript=transcript.turns,
    )


def result_out(finished: FinishedInterview) -> ResultOut:
    """A completed interview."""
    return ResultOut(**_fields(finished.interview), report=finished.report)


def message_reply(answered: AnsweredTurn) -> MessageReply:
    """A graded answer."""
    turn = answered.turn
    if turn.answer is None or turn.answer.evaluation is None:
        raise RuntimeError("a turn without a grade was taken for an answered one")
    return MessageReply(
        interview_id=answered.interview_id,
        answer_id=turn.answer.id,
        question=turn.question,
        score=turn.answer.evaluation.score,
        confidence=turn.answer.evaluation.confidence,
        evaluation=turn.answer.evaluation,
        expected_points=turn.expected_points or (),
        reference_answer=turn.reference_answer or "",
        next_question=answered.next_question,
        follow_up=answered.follow_up,
        progress=answered.progress,
        time_spent_seconds=turn.answer.time_spent_seconds,
        seconds_taken=turn.answer.seconds_taken,
        late=turn.answer.late,
    )


# A serializer that knows the shape renders three times as fast as one that infers it.
_SERIALIZERS: dict[type[object], SchemaSerializer] = {}


def reply(body: object, status: int = 200) -> Response:
    """The JSON response of a shape, rendered once; times come out as UTC with Z."""
    shape = type(body)
    serializer = _SERIALIZERS.get(shape)
    if serializer is None:
        serializer = _SERIALIZERS[shape] = TypeAdapter(shape).serializer
    return Response(serializer.to_json(body), status, media_type="application/json")


async def request_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same key gives the same reply again for 24 hours",
            json_schema_extra={"minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        ),
    ] = None,
) -> RequestKey | None:
    """The client's idempotency key with a digest of what it was sent with. Raises INVALID for an unusable key."""
    if idempotency_key is None:
        return None
    if not 1 <= len(idempotency_key) <= 255 or not idempotency_key.isascii() or not idempotency_key.isprintable():
        raise invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    body = await request.body()
    meant = f"{request.method} {request.url.path}\n".encode() + body
    return RequestKey(idempotency_key, hashlib.sha256(meant).digest())


def _fields(interview: InterviewDetails) -> dict[str, Any]:
    return {name: getattr(interview, name) for name in InterviewOut.__slots__}
