"""Shapes of the native API. What it does not rename is the core's own class."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header, Request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
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


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _written_out(moment: object) -> object:
    """Numbers, and strings of digits, would pass for seconds since 1970."""
    if not isinstance(moment, str) or "-" not in moment:
        raise ValueError("must be an ISO 8601 time with an offset, such as 2030-01-31T09:00:00Z")
    return moment


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


Storable = AfterValidator(_storable)
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Whole = Annotated[int, Strict()]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
ShortLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), Storable]
Resume = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), Storable]
Page = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), Storable]


class Input(BaseModel):
    """A request body. Fields that it does not name are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class SignUp(Input):
    """A new account. `role` is accepted and ignored: everyone starts as a user."""

    email: Annotated[str, StringConstraints(max_length=320), Storable] = Field(examples=["x@y.com"])
    password: str = Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["correct horse battery"])
    role: Literal["user", "admin"] | None = Field(None, examples=["user"])


class LogIn(Input):
    """Credentials."""

    email: Annotated[str, StringConstraints(max_length=320), Storable] = Field(examples=["x@y.com"])
    password: str = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


class RefreshRequest(Input):
    """A refresh token."""

    refresh_token: str = Field(max_length=200, examples=["6f1c9a52-3c0e-4a55-9d7d-0f5f3f1f6d55"])


class ProfileInput(Input):
    """All of a profile: what is left out is cleared."""

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
    question_id: UUID | None = Field(None, description="Refuses the answer unless this is the current question")


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
    """A profile."""

    id: UUID
    email: str
    role: Role
    years_experience: float | None
    tech_stacks: Sequence[str]
    target_role: str | None
    target_company: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class InterviewOut:
    """An interview. `overdue` says that its scheduled time has passed without a start."""

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
    """A page of interviews, newest first; `next_cursor` leads to the next page and is null on the last."""

    interviews: tuple[InterviewOut, ...]
    next_cursor: str | None


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
    `next_question` is null when all questions are answered (`progress.remaining` is 0 then) or when it has to be asked
    for at /questions/next.
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
    progress: Progress


def profile_out(profile: Profile) -> ProfileOut:
    """A profile, flat."""
    one = profile.details
    return ProfileOut(
        id=profile.id,
        email=profile.email,
        role=profile.role,
        years_experience=one.years_experience,
        tech_stacks=one.tech_stacks,
        target_role=one.target_role,
        target_company=one.target_company,
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
        progress=answered.progress,
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
