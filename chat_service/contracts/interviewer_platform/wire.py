"""Shapes of contract 002."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chat_service.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from chat_service.accounts.profiles import Profile, ProfileChanges
from chat_service.contracts.fields import Input, Line, Second, ShortLine, Storable, Whole
from chat_service.engine.models import Difficulty, Domain, Evaluation
from chat_service.engine.report import Finding
from chat_service.interviews.facets import Quality, average_facets, quality
from chat_service.interviews.feedback import FeedbackDetails, FeedbackStatus
from chat_service.interviews.interview import InterviewDetails, InterviewTranscript, TranscriptTurn
from chat_service.interviews.lifecycle import NewInterview
from chat_service.interviews.states import InterviewState

# A question with its answer and a follow-up takes about this long.
_MINUTES_A_QUESTION = 5
_MOST_QUESTIONS = 20

Email = Annotated[str, StringConstraints(max_length=320), Storable]


class InterviewType(StrEnum):
    """What an interview is about; "technical" asks what the role needs."""

    TECHNICAL = "technical"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"
    BEHAVIORAL = "behavioral"
    SITUATIONAL = "situational"
    HR = "hr"


_DOMAINS = {
    InterviewType.TECHNICAL: Domain.ROLE,
    InterviewType.CODING: Domain.DSA,
    InterviewType.SYSTEM_DESIGN: Domain.HLD,
    InterviewType.BEHAVIORAL: Domain.BEHAVIORAL,
    InterviewType.SITUATIONAL: Domain.SITUATIONAL,
    InterviewType.HR: Domain.HR,
}
_TYPES = {
    **{domain: kind for kind, domain in _DOMAINS.items()},
    Domain.CS_FUNDAMENTALS: InterviewType.TECHNICAL,
    Domain.LLD: InterviewType.SYSTEM_DESIGN,
}
_DIFFICULTIES = {
    Difficulty.EASY: ("intern", "entry", "junior", "fresher", "graduate"),
    Difficulty.HARD: ("senior",),
    Difficulty.EXPERT: ("lead", "staff", "principal", "architect", "expert"),
}


class SignUpInput(Input):
    """A new account."""

    email: Email = Field(examples=["user@example.com"])
    password: str = Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["securePassword123"])
    full_name: Line | None = Field(None, examples=["John Doe"])
    target_role: Line | None = Field(None, examples=["Software Engineer"])
    experience_level: ShortLine | None = Field(None, examples=["mid"])


class LogInInput(Input):
    """Credentials."""

    email: Email = Field(examples=["user@example.com"])
    password: str = Field(max_length=MAX_LENGTH, examples=["securePassword123"])


class ProfileInput(Input):
    """What is to change: a field that is left out stays, null clears."""

    full_name: Line | None = Field(None, examples=["John Smith"])
    target_role: Line | None = Field(None, examples=["Senior Software Engineer"])
    experience_level: ShortLine | None = Field(None, examples=["senior"])

    def changes(self) -> ProfileChanges:
        """The fields that were sent."""
        changes = ProfileChanges()
        if "full_name" in self.model_fields_set:
            changes["full_name"] = self.full_name
        if "target_role" in self.model_fields_set:
            changes["target_role"] = self.target_role
        if "experience_level" in self.model_fields_set:
            changes["experience_level"] = self.experience_level
        return changes


class InterviewInput(Input):
    """A wanted interview."""

    role: Line = Field(examples=["Software Engineer"])
    interview_type: InterviewType = Field(examples=["technical"])
    duration_minutes: Whole = Field(30, ge=5, le=480, examples=[30])


@dataclass(slots=True)
class UserOut:
    """A user. `interviews_remaining` are the interviews that he may still create."""

    id: UUID
    email: str
    full_name: str | None
    target_role: str | None
    experience_level: str | None
    interviews_remaining: int


@dataclass(slots=True)
class ProfileOut(UserOut):
    """A user's profile."""

    created_at: Second


@dataclass(slots=True)
class TokenOut:
    """What a client without cookies sends as `Authorization: Bearer`; `expires_at` is when it ceases to work."""

    access_token: str
    expires_at: Second


@dataclass(slots=True)
class LoggedInOut:
    """A user and his session, whose cookie comes with the response."""

    user: UserOut
    session: TokenOut


@dataclass(slots=True)
class MessageOut:
    """A confirmation."""

    message: str


@dataclass(slots=True)
class SummaryOut:
    """An interview in the history; `role` and times are null where there is none."""

    id: UUID
    role: str | None
    interview_type: InterviewType
    status: InterviewState
    started_at: Second | None
    completed_at: Second | None


@dataclass(slots=True)
class SessionOut:
    """An interview that has just been started."""

    id: UUID
    user_id: UUID
    role: str | None
    interview_type: InterviewType
    duration_minutes: int | None
    status: InterviewState
    started_at: Second | None


@dataclass(slots=True)
class CreatedOut:
    """A started interview, and what is left of the credits."""

    session: SessionOut
    interviews_remaining: int


@dataclass(slots=True)
class RecordedOut(SessionOut):
    """An interview. `recording_url` is null while nothing is recorded."""

    completed_at: Second | None
    recording_url: str | None


@dataclass(slots=True)
class TurnOut:
    """What one side said."""

    id: UUID
    role: Literal["assistant", "user"]
    content: str
    timestamp: Second


@dataclass(slots=True)
class TranscriptOut:
    """An interview and all that was said, oldest first."""

    session: RecordedOut
    messages: tuple[TurnOut, ...]


@dataclass(slots=True)
class HistoryOut:
    """A page of interviews, newest first; `total` counts all."""

    interviews: tuple[SummaryOut, ...]
    total: int
    limit: int
    offset: int


@dataclass(slots=True)
class CompletedOut:
    """A completed interview; `status` says how far its feedback has come."""

    message: str
    feedback_id: UUID
    status: FeedbackStatus


@dataclass(slots=True)
class QuestionOut:
    """The feedback on one answer; `score` and `answer_quality` are null for one that could not be assessed."""

    question: str
    answer_quality: Quality | None
    score: int | None
    feedback: str


@dataclass(slots=True)
class DetailOut:
    """The feedback answer by answer."""

    questions: tuple[QuestionOut, ...]


@dataclass(slots=True)
class FeedbackOut:
    """Feedback. Scores are 0 to 100, null while it is generating and where nothing was measured."""

    id: UUID
    session_id: UUID
    status: FeedbackStatus
    overall_score: int | None
    technical_depth_score: int | None
    communication_score: int | None
    structure_score: int | None
    confidence_score: int | None
    strengths: str
    improvements: str
    detailed_feedback: DetailOut


def wanted(body: InterviewInput, profile: Profile) -> NewInterview:
    """The interview that the core is asked for, as hard as the profile's level asks."""
    level = (profile.details.experience_level or "").lower()
    fitting = [one for one, words in _DIFFICULTIES.items() if any(word in level for word in words)]
    return NewInterview(
        domain=_DOMAINS[body.interview_type],
        difficulty=fitting[-1] if fitting else Difficulty.MEDIUM,
        job_role=body.role,
        duration_minutes=body.duration_minutes,
        question_limit=min(max(body.duration_minutes // _MINUTES_A_QUESTION, 1), _MOST_QUESTIONS),
    )


def user_out(profile: Profile) -> UserOut:
    """A user."""
    one = profile.details
    return UserOut(profile.id, profile.email, one.full_name, one.target_role, one.experience_level, profile.credits)


def profile_out(profile: Profile) -> ProfileOut:
    """A user's profile."""
    one = profile.details
    return ProfileOut(
        profile.id,
        profile.email,
        one.full_name,
        one.target_role,
        one.experience_level,
        profile.credits,
        profile.created_at,
    )


def session_out(interview: InterviewDetails) -> SessionOut:
    """A started interview."""
    return SessionOut(
        interview.id,
        interview.user_id,
        interview.job_role,
        _TYPES[interview.domain],
        interview.duration_minutes,
        interview.state,
        interview.started_at,
    )


def summary_out(interview: InterviewDetails) -> SummaryOut:
    """An interview in the history."""
    return SummaryOut(
        interview.id,
        interview.job_role,
        _TYPES[interview.domain],
        interview.state,
        interview.started_at,
        interview.completed_at,
    )


def transcript_out(transcript: InterviewTranscript) -> TranscriptOut:
    """An interview with the questions that were put, and the answers."""
    interview = transcript.interview
    current = transcript.current_question
    put = [
        one
        for one in transcript.turns
        if one.answer or not interview.prepared or (current and one.question.id == current.id)
    ]
    session = session_out(interview)
    return TranscriptOut(
        RecordedOut(
            session.id,
            session.user_id,
            session.role,
            session.interview_type,
            session.duration_minutes,
            session.status,
            session.started_at,
            interview.completed_at,
            recording_url=None,
        ),
        tuple(said for turn in put for said in _said(turn)),
    )


def feedback_out(feedback: FeedbackDetails, turns: Sequence[TranscriptTurn]) -> FeedbackOut:
    """Feedback, computed from the evaluations of the answers and the report."""
    report = feedback.report
    graded = [(turn.question.text, turn.answer.evaluation) for turn in turns if turn.answer and turn.answer.evaluation]
    graded = graded if report else []
    measured = average_facets(evaluation for _, evaluation in graded)
    return FeedbackOut(
        id=feedback.id,
        session_id=feedback.interview_id,
        status=feedback.status,
        overall_score=_whole(report.overall_score if report else None),
        technical_depth_score=_whole(measured.technical),
        communication_score=_whole(measured.communication),
        structure_score=_whole(measured.structure),
        confidence_score=_whole(measured.confidence),
        strengths=_told(report.strengths if report else ()),
        improvements=_told(report.gaps if report else ()),
        detailed_feedback=DetailOut(tuple(_question(text, evaluation) for text, evaluation in graded)),
    )


def _said(turn: TranscriptTurn) -> Iterator[TurnOut]:
    text = turn.question.text if turn.heard is None else f"{turn.heard}…"
    yield TurnOut(turn.question.id, "assistant", text, turn.question.asked_at)
    if turn.answer:
        yield TurnOut(turn.answer.id, "user", turn.answer.content, turn.answer.submitted_at)


def _question(text: str, evaluation: Evaluation) -> QuestionOut:
    return QuestionOut(text, quality(evaluation.score), _whole(evaluation.score), evaluation.feedback)


def _told(findings: Sequence[Finding]) -> str:
    return "\n".join(one.text for one in findings)


def _whole(score: float | None) -> int | None:
    return None if score is None else round(score)
