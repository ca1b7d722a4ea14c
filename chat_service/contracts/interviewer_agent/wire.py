"""Shapes of contract 003, and what its names mean here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints

from chat_service.coaching.coaching import LEVELS, MAX_QUESTION_CHARACTERS
from chat_service.contracts.fields import Input, Line, Second, ShortLine, Storable, Whole
from chat_service.engine.coaching import CoachingFeedback, Framework, PracticeQuestion
from chat_service.engine.models import Difficulty, Domain
from chat_service.engine.report import Report
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS
from chat_service.interviews.interview import (
    AnsweredTurn,
    FinishedInterview,
    InterviewDetails,
    PosedQuestion,
    TranscriptTurn,
)
from chat_service.interviews.lifecycle import NewInterview
from chat_service.interviews.states import InterviewState

DataT = TypeVar("DataT")

TYPES: Mapping[str, Domain] = {
    "technical": Domain.ROLE,
    "coding": Domain.DSA,
    "system_design": Domain.HLD,
    "object_design": Domain.LLD,
    "cs_fundamentals": Domain.CS_FUNDAMENTALS,
    "behavioral": Domain.BEHAVIORAL,
    "situational": Domain.SITUATIONAL,
    "hr": Domain.HR,
}
"""`interview_type` by its name, and the field that serves it."""

_LEVELS: Mapping[Difficulty, tuple[str, ...]] = {
    Difficulty.EASY: ("junior", "intern", "student", "graduate", "entry", "entry-level", "beginner"),
    Difficulty.MEDIUM: ("mid", "mid-level", "middle", "intermediate", "associate"),
    Difficulty.HARD: ("senior", "experienced", "advanced"),
    Difficulty.EXPERT: ("staff", "lead", "principal", "architect", "manager", "director", "expert"),
}
_DIFFICULTIES = {name: difficulty for difficulty, names in _LEVELS.items() for name in names}
_TYPE_OF = {domain: name for name, domain in TYPES.items()}
_STATUS: Mapping[InterviewState, str] = {
    InterviewState.DRAFT: "created",
    InterviewState.SCHEDULED: "created",
    InterviewState.IN_PROGRESS: "in_progress",
    InterviewState.COMPLETED: "completed",
    InterviewState.CANCELLED: "cancelled",
}
_MINUTES_A_QUESTION = 5

Status = Literal["created", "in_progress", "completed", "cancelled"]


def _plain(name: object) -> object:
    return "_".join(name.replace("-", " ").split()).lower() if isinstance(name, str) else name


def _lower(name: object) -> object:
    return name.strip().lower() if isinstance(name, str) else name


_TypeName = Annotated[
    Literal[
        "technical", "coding", "system_design", "object_design", "cs_fundamentals", "behavioral", "situational", "hr"
    ],
    BeforeValidator(_plain),
]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), Storable]
_AnswerText = Annotated[str, StringConstraints(max_length=MAX_ANSWER_CHARACTERS), Storable]


class InterviewInput(Input):
    """A wanted interview. `duration` is in minutes; there is a question for every five of them."""

    job_role: Line = Field(examples=["Software Engineer"])
    experience_level: ShortLine = Field(examples=["Senior"])
    skills: list[ShortLine] = Field(default_factory=list, max_length=50, examples=[["Python", "JavaScript", "React"]])
    interview_type: _TypeName = Field(examples=["technical"])
    duration: Whole = Field(ge=5, le=480, examples=[30])


class AnswerInput(Input):
    """An answer to the current question."""

    question_id: Annotated[_Text, StringConstraints(max_length=100)] = Field(examples=["q1"])
    answer: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ANSWER_CHARACTERS), Storable]


class FeedbackInput(Input):
    """An answer to any question. Left out, the framework is chosen by the question."""

    question: Annotated[_Text, StringConstraints(max_length=MAX_QUESTION_CHARACTERS)]
    answer: _AnswerText
    framework: Annotated[Framework, BeforeValidator(_lower)] | None = Field(None, examples=["STAR"])


class PracticeInput(Input):
    """What to practise."""

    job_role: Line = Field(examples=["Data Scientist"])
    skill: Line = Field(examples=["Machine Learning"])
    difficulty: Annotated[
        Literal["beginner", "intermediate", "advanced", "easy", "medium", "hard", "expert"], BeforeValidator(_lower)
    ] = Field("intermediate", examples=["intermediate"])


@dataclass(slots=True)
class Success(Generic[DataT]):
    """Any success."""

    status: Literal["success"]
    data: DataT


@dataclass(slots=True)
class Config:
    """What an interview was asked for with."""

    job_role: str
    experience_level: str
    skills: tuple[str, ...]
    interview_type: str
    duration: int


@dataclass(slots=True)
class QuestionOut:
    """A question."""

    id: str
    text: str


@dataclass(slots=True)
class CreatedOut:
    """A new interview."""

    interview_id: str
    created_at: Second
    status: Status
    config: Config


@dataclass(slots=True)
class InterviewOut(CreatedOut):
    """An interview; `current_question` is null when none waits for an answer."""

    current_question: QuestionOut | None


@dataclass(slots=True)
class EvaluationOut:
    """`score` is 0 to 10, null when the answer cannot be assessed; `feedback` says why then."""

    score: int | None
    feedback: str


@dataclass(slots=True)
class AnswerOut:
    """A graded answer. `next_question` is null after the last one."""

    answer_id: str
    evaluation: EvaluationOut
    next_question: QuestionOut | None


@dataclass(slots=True)
class SummaryOut:
    """`overall_score` is 0 to 100, null when no answer was assessed."""

    overall_score: int | None
    strengths: list[str]
    areas_for_improvement: list[str]
    recommendations: str


@dataclass(slots=True)
class EndedOut:
    """A completed interview."""

    interview_id: str
    status: Status
    summary: SummaryOut


@dataclass(slots=True)
class FeedbackOut:
    """`framework_analysis` holds a sentence or more for each element of the framework, by its name."""

    overall: str
    framework_analysis: dict[str, str]
    improvements: list[str]


@dataclass(slots=True)
class CoachedOut:
    """Coaching feedback."""

    feedback: FeedbackOut


@dataclass(slots=True)
class GuidanceOut:
    """What a full answer says, and how to order it."""

    key_points: list[str]
    structure: str


@dataclass(slots=True)
class PracticeOut:
    """A question to practise with."""

    question: QuestionOut
    guidance: GuidanceOut


def wanted(body: InterviewInput) -> NewInterview:
    """The interview that is asked for."""
    return NewInterview(
        domain=TYPES[body.interview_type],
        difficulty=_DIFFICULTIES.get(body.experience_level.lower(), Difficulty.MEDIUM),
        job_role=body.job_role,
        skills=body.skills,
        experience_level=body.experience_level,
        duration_minutes=body.duration,
        question_limit=min(max(body.duration // _MINUTES_A_QUESTION, 1), 50),
    )


def level(body: PracticeInput) -> Difficulty:
    """The difficulty that is asked for."""
    return LEVELS[body.difficulty]


def created_out(interview: InterviewDetails) -> CreatedOut:
    """A new interview."""
    return CreatedOut(**_fields(interview))


def interview_out(interview: InterviewDetails, question: PosedQuestion | None) -> InterviewOut:
    """An interview with the question that waits for an answer."""
    return InterviewOut(**_fields(interview), current_question=question_out(question) if question else None)


def question_out(question: PosedQuestion) -> QuestionOut:
    """A question."""
    return QuestionOut(str(question.id), question.text)


def answer_out(answered: AnsweredTurn) -> AnswerOut:
    """A graded answer."""
    following = answered.next_question
    return AnswerOut(
        answer_id="" if answered.turn.answer is None else str(answered.turn.answer.id),
        evaluation=evaluation_out(answered.turn),
        next_question=question_out(following) if following else None,
    )


def evaluation_out(turn: TranscriptTurn) -> EvaluationOut:
    """The evaluation of a graded answer."""
    if turn.answer is None or turn.answer.evaluation is None:
        raise RuntimeError("a turn without a grade was taken for an answered one")
    evaluation = turn.answer.evaluation
    return EvaluationOut(_whole(evaluation.score, 10), evaluation.feedback)


def ended_out(finished: FinishedInterview) -> EndedOut:
    """A completed interview."""
    return EndedOut(str(finished.interview.id), "completed", summary_out(finished.report))


def summary_out(report: Report) -> SummaryOut:
    """The summary of a report."""
    return SummaryOut(
        overall_score=_whole(report.overall_score, 1),
        strengths=[one.text for one in report.strengths],
        areas_for_improvement=[one.text for one in report.gaps],
        recommendations=" ".join(one.text for one in report.next_steps) or report.summary,
    )


def coached_out(feedback: CoachingFeedback) -> CoachedOut:
    """Coaching feedback."""
    return CoachedOut(
        FeedbackOut(feedback.overall, {one.id: one.comment for one in feedback.elements}, list(feedback.improvements))
    )


def practice_out(practice: PracticeQuestion) -> PracticeOut:
    """A question to practise with."""
    question = practice.question
    return PracticeOut(
        QuestionOut(question.key, question.text),
        GuidanceOut([point.text for point in question.points], practice.structure),
    )


def _fields(interview: InterviewDetails) -> dict[str, Any]:
    """What the document tells of an interview. One made elsewhere may lack some of it; then the nearest is told."""
    return {
        "interview_id": str(interview.id),
        "created_at": interview.created_at,
        "status": _STATUS[interview.state],
        "config": Config(
            job_role=interview.job_role or "",
            experience_level=interview.experience_level or _LEVELS[interview.difficulty][0].capitalize(),
            skills=interview.skills,
            interview_type=_TYPE_OF[interview.domain],
            duration=interview.duration_minutes or interview.question_limit * _MINUTES_A_QUESTION,
        ),
    }


def _whole(score: float | None, parts: int) -> int | None:
    """A score of 0 to 100 in so many parts, half up."""
    return None if score is None else int(score / parts + 0.5)
