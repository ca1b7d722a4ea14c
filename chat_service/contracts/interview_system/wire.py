"""Shapes of contract 004: its envelope, and what goes in and out. Ids are UUIDs as text, scores run from 0 to 100."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Path
from pydantic import AfterValidator, BaseModel, Field, Strict, StringConstraints
from pydantic_core import to_json
from starlette.responses import Response

from chat_service.accounts import emails
from chat_service.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from chat_service.accounts.profiles import Profile, ProfileChanges
from chat_service.contracts.fields import Input, Line, Second, ShortLine, Storable
from chat_service.contracts.interview_system.errors import Meta
from chat_service.contracts.interview_system.statuses import status_of
from chat_service.core import request_id
from chat_service.engine.models import Difficulty, Domain
from chat_service.errors import AppError, not_found
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS
from chat_service.interviews.editing import InterviewChanges
from chat_service.interviews.interview import InterviewDetails
from chat_service.interviews.lifecycle import NewInterview
from chat_service.interviews.question_sets import MAX_SET, QuestionStatus, SetQuestion, WantedSet
from chat_service.interviews.round_types import QuestionCategory

_DataT = TypeVar("_DataT")


def _address(text: str) -> str:
    try:
        return emails.normalise(text)
    except AppError:
        raise ValueError("Invalid email format") from None


def _said(value: object) -> object:
    if value is None:
        raise ValueError("cannot be cleared")
    return value


AnswerText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ANSWER_CHARACTERS), Storable]
Skills = Annotated[list[ShortLine], Field(max_length=50)]


class Success(BaseModel, Generic[_DataT]):
    """Any answer that is not an error."""

    success: Literal[True]
    data: _DataT
    error: None
    meta: Meta


def success(data: BaseModel, status: int = 200) -> Response:
    """The data in the envelope."""
    meta = {"timestamp": datetime.now(UTC).replace(microsecond=0), "request_id": request_id.get()}
    return Response(
        to_json({"success": True, "data": data, "error": None, "meta": meta}), status, media_type="application/json"
    )


def _uuid(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_found(what) from None


def _session(session_id: Annotated[str, Path(description="A session's id")]) -> UUID:
    return _uuid(session_id, "interview")


def _question(question_id: Annotated[str, Path(description="The id of a question of the session")]) -> UUID:
    return _uuid(question_id, "question")


def _user(user_id: Annotated[str, Path(description="A user's id")]) -> UUID:
    return _uuid(user_id, "user")


# What is no id names nothing: 404, as for an id that nothing has.
SessionId = Annotated[UUID, Depends(_session)]
QuestionId = Annotated[UUID, Depends(_question)]
UserId = Annotated[UUID, Depends(_user)]


class Registration(Input):
    """A new account."""

    email: Annotated[str, StringConstraints(max_length=320), AfterValidator(_address)] = Field(
        examples=["user@example.com"]
    )
    password: str = Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["SecurePass123!"])
    full_name: Line | None = Field(None, examples=["John Doe"])


class Login(Input):
    """Credentials."""

    email: Annotated[str, StringConstraints(max_length=320), Storable] = Field(examples=["user@example.com"])
    password: str = Field(max_length=MAX_LENGTH, examples=["SecurePass123!"])


class UserChanges(Input):
    """What is to change of a profile: what is left out stays, null clears."""

    full_name: Line | None = Field(None, examples=["John Doe"])
    target_role: Line | None = Field(None, examples=["Senior Software Engineer"])
    target_company: Line | None = Field(None, examples=["Tech Corp"])
    experience_level: ShortLine | None = Field(None, examples=["senior"])
    years_experience: Annotated[float, Strict()] | None = Field(None, ge=0, le=80, examples=[5])
    skills: Skills | None = Field(None, examples=[["Python", "FastAPI"]])
    time_zone: ShortLine | None = Field(None, description="IANA name", examples=["Europe/Berlin"])

    def changes(self) -> ProfileChanges:
        """The fields that were sent; skills that are cleared are none."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return cast("ProfileChanges", sent | ({"skills": []} if sent.get("skills", ()) is None else {}))


class SkillsInput(Input):
    """All of a user's skills."""

    skills: Skills = Field(examples=[["Python", "FastAPI", "PostgreSQL"]])


class User(BaseModel):
    """An account with its profile."""

    id: UUID
    email: str
    full_name: str | None
    role: str
    skills: list[str]
    target_role: str | None
    target_company: str | None
    experience_level: str | None
    years_experience: float | None
    time_zone: str | None
    created_at: Second
    updated_at: Second


class Authenticated(BaseModel):
    """An account and its access token; `expires_in` is the token's life in seconds."""

    id: UUID
    email: str
    full_name: str | None
    token: str
    token_type: Literal["bearer"]
    expires_in: int


class Deleted(BaseModel):
    """What is gone."""

    id: UUID
    deleted: Literal[True]


class NewSession(Input):
    """A wanted session."""

    title: Line | None = Field(None, examples=["Software Engineer Interview"])
    target_role: Line | None = Field(None, examples=["Senior Software Engineer"])
    target_company: Line | None = Field(None, examples=["Tech Corp"])
    difficulty: Difficulty = Field(Difficulty.MEDIUM, examples=["medium"])

    def wanted(self) -> NewInterview:
        """The interview for the role."""
        return NewInterview(
            domain=Domain.ROLE,
            difficulty=self.difficulty,
            title=self.title,
            job_role=self.target_role,
            target_company=self.target_company,
        )


class SessionChanges(Input):
    """What is to change of a session: what is left out stays, null clears. Once it has questions, the title alone."""

    title: Line | None = Field(None, examples=["Software Engineer Interview"])
    target_role: Line | None = Field(None, examples=["Senior Software Engineer"])
    target_company: Line | None = Field(None, examples=["Tech Corp"])
    difficulty: Annotated[Difficulty | None, AfterValidator(_said)] = Field(None, examples=["medium"])

    def changes(self) -> InterviewChanges:
        """The fields that were sent, by the core's names."""
        names = {"target_role": "job_role"}
        return cast("InterviewChanges", {names.get(name, name): getattr(self, name) for name in self.model_fields_set})


class Session(BaseModel):
    """A session. `status` is created, scheduled, in_progress, completed or cancelled."""

    id: UUID
    status: str
    title: str | None
    target_role: str | None
    target_company: str | None
    difficulty: Difficulty
    domain: Domain
    num_questions: int
    num_answered: int
    score: float | None
    scheduled_at: Second | None
    created_at: Second
    started_at: Second | None
    completed_at: Second | None


class Sessions(BaseModel):
    """A page of sessions, newest first; `total` counts all of them."""

    sessions: list[Session]
    total: int
    limit: int
    offset: int


class QuestionRequest(Input):
    """What questions are wanted: so many, in turn of each category. Without categories they fit the role."""

    num_questions: Annotated[int, Strict()] = Field(5, ge=1, le=MAX_SET, examples=[5])
    categories: list[QuestionCategory] = Field(
        default_factory=list, max_length=20, examples=[["behavioral", "technical", "situational"]]
    )
    skills: Skills = Field(default_factory=list, examples=[["Python", "FastAPI", "PostgreSQL"]])

    def wanted(self) -> WantedSet:
        """The set."""
        return WantedSet(self.num_questions, tuple(self.categories), tuple(self.skills))


class Question(BaseModel):
    """A question. `time_limit` is in seconds; `status` is open, pending, answered or closed."""

    id: UUID
    question_text: str
    category: QuestionCategory
    difficulty: Difficulty
    time_limit: int
    number: int
    status: QuestionStatus


class Questions(BaseModel):
    """Questions in order."""

    questions: list[Question]


class SessionWithQuestions(Session):
    """A session with all of its questions."""

    questions: list[Question]


class EvaluationRequest(Input):
    """What is to be evaluated. The text is kept as the answer.

    Without one the answer given before is meant, or else the transcript of the recording.
    """

    expected_keywords: list[ShortLine] = Field(
        default_factory=list, max_length=50, examples=[["challenge", "solution", "teamwork", "outcome", "learning"]]
    )
    answer: AnswerText | None = None
    transcript: AnswerText | None = Field(
        None, description="Of the recording, as the candidate has corrected it; without a recording the same as answer"
    )

    @property
    def text(self) -> str | None:
        """The answer that was sent."""
        return self.answer if self.answer is not None else self.transcript


def user_out(profile: Profile) -> User:
    """An account, flat."""
    one = profile.details
    return User(
        id=profile.id,
        email=profile.email,
        full_name=one.full_name,
        role=profile.role.value,
        skills=list(one.skills),
        target_role=one.target_role,
        target_company=one.target_company,
        experience_level=one.experience_level,
        years_experience=one.years_experience,
        time_zone=one.time_zone,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )


def session_out(interview: InterviewDetails) -> Session:
    """A session."""
    return Session(**_session_fields(interview))


def session_with_questions(interview: InterviewDetails, questions: tuple[SetQuestion, ...]) -> SessionWithQuestions:
    """A session with its questions."""
    return SessionWithQuestions(**_session_fields(interview), questions=[question_out(one) for one in questions])


def question_out(question: SetQuestion) -> Question:
    """A question."""
    posed = question.turn.question
    return Question(
        id=posed.id,
        question_text=posed.text,
        category=posed.category,
        difficulty=posed.difficulty,
        time_limit=posed.time_limit_seconds,
        number=posed.number,
        status=question.status,
    )


def _session_fields(interview: InterviewDetails) -> Mapping[str, Any]:
    return {
        "id": interview.id,
        "status": status_of(interview.state),
        "title": interview.title,
        "target_role": interview.job_role,
        "target_company": interview.target_company,
        "difficulty": interview.difficulty,
        "domain": interview.domain,
        "num_questions": interview.questions_asked,
        "num_answered": interview.answers_recorded,
        "score": interview.overall_score,
        "scheduled_at": interview.scheduled_at,
        "created_at": interview.created_at,
        "started_at": interview.started_at,
        "completed_at": interview.completed_at,
    }
