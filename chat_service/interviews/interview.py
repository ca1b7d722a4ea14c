"""An interview and its turns as their owner sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.engine.models import (
    EVALUATION,
    SPOKEN_TIMING,
    Difficulty,
    Domain,
    Evaluation,
    ExpectedPoint,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    SpokenTiming,
)
from chat_service.engine.report import Report
from chat_service.interviews.round_types import QuestionCategory, category_of
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview

# An answer that comes this much after its time is on time still: the way there and back takes time, too.
LATE_GRACE_SECONDS = 15.0


@dataclass(slots=True)
class InterviewDetails:
    """An interview. `overdue` says that its scheduled time has passed without a start.

    `prepared` says that its questions are chosen in sets, up front, and can be answered in any order.
    """

    id: UUID
    user_id: UUID
    domain: Domain
    difficulty: Difficulty
    state: InterviewState
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
    prepared: bool = False


@dataclass(slots=True)
class PosedQuestion:
    """A question as a candidate sees it before he has answered. `follow_up_to` is the id of the main question.

    `category` is the one that was asked for, else that of the domain.
    """

    id: UUID
    number: int
    text: str
    kind: QuestionKind
    follow_up_to: UUID | None
    domain: Domain
    difficulty: Difficulty
    topic: str
    topic_title: str
    time_limit_seconds: int
    source: QuestionSource
    asked_at: datetime
    category: QuestionCategory = QuestionCategory.TECHNICAL
    round_id: UUID | None = None


@dataclass(slots=True)
class GivenAnswer:
    """An accepted answer; `evaluation` is None while it waits to be graded.

    `seconds_taken` is what the server measured since it showed the question (in a set, since it showed it or replied
    to the answer before, whichever was later); None where it was not measured. `late` says that the time limit was
    over by more than a grace of 15 seconds; such an answer is graded like any other. `time_spent_seconds` is what
    the client told, and decides nothing. `spoken` is when the words of a spoken answer were said, None for a typed one.
    """

    id: UUID
    content: str
    submitted_at: datetime
    evaluated_at: datetime | None
    evaluation: Evaluation | None
    time_spent_seconds: int | None = None
    seconds_taken: float | None = None
    late: bool = False
    spoken: SpokenTiming | None = None


@dataclass(slots=True)
class TranscriptTurn:
    """A question with its answer. What a full answer says is set once there is an answer with a grade.

    `heard` is what was heard of a question that was spoken aloud and interrupted, else None.
    """

    question: PosedQuestion
    answer: GivenAnswer | None
    expected_points: tuple[ExpectedPoint, ...] | None
    reference_answer: str | None
    heard: str | None = field(default=None, kw_only=True)


@dataclass(slots=True)
class Progress:
    """How far an interview has come.

    `remaining` counts the questions that may still be asked, `open_questions` those that wait for an answer or a grade.
    """

    state: InterviewState
    questions_asked: int
    answers_recorded: int
    question_limit: int
    remaining: int
    open_questions: int = 0


@dataclass(slots=True)
class StartedInterview:
    """An interview that has just been started, and its first question."""

    interview: InterviewDetails
    question: PosedQuestion


@dataclass(slots=True)
class AnsweredTurn:
    """A graded answer and what comes next: None when the questions are finished or the next one is not there yet.

    In a prepared interview `next_question` is the first open one, and `follow_up` was added to the set because of this
    answer; else a follow-up is the next question itself.
    """

    interview_id: UUID
    turn: TranscriptTurn
    next_question: PosedQuestion | None
    progress: Progress
    follow_up: PosedQuestion | None = None


@dataclass(slots=True)
class FinishedInterview:
    """A completed interview and its report."""

    interview: InterviewDetails
    report: Report


@dataclass(slots=True)
class InterviewTranscript:
    """An interview with its resume and all of its turns, oldest first, and the question that waits for an answer."""

    interview: InterviewDetails
    resume: str | None
    turns: tuple[TranscriptTurn, ...]
    current_question: PosedQuestion | None


INTERVIEW = TypeAdapter(InterviewDetails)
STARTED = TypeAdapter(StartedInterview)
ANSWERED = TypeAdapter(AnsweredTurn)
FINISHED = TypeAdapter(FinishedInterview)


def details(row: Interview) -> InterviewDetails:
    """The interview of a row."""
    state = InterviewState(row.state)
    return InterviewDetails(
        id=row.id,
        user_id=row.user_id,
        domain=Domain(row.domain),
        difficulty=Difficulty(row.difficulty),
        state=state,
        title=row.title,
        job_role=row.job_role,
        job_description=row.job_description,
        focus_areas=tuple(row.focus_areas),
        skills=tuple(row.skills),
        experience_level=row.experience_level,
        target_company=row.target_company,
        duration_minutes=row.duration_minutes,
        question_limit=row.question_limit,
        questions_asked=row.questions_asked,
        answers_recorded=row.answers_recorded,
        overall_score=row.overall_score,
        overdue=(
            state is InterviewState.SCHEDULED and row.scheduled_at is not None and row.scheduled_at <= datetime.now(UTC)
        ),
        scheduled_at=row.scheduled_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        cancelled_at=row.cancelled_at,
        created_at=row.created_at,
        prepared=row.prepared,
    )


def context(row: Interview | Mapping[str, Any]) -> InterviewContext:
    """What the engine is told of the interview of a row, or of a driver's record with the same columns."""
    get = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
    return InterviewContext(
        interview_id=str(get("id")),
        domain=Domain(get("domain")),
        difficulty=Difficulty(get("difficulty")),
        question_limit=get("question_limit"),
        job_role=get("job_role"),
        job_description=get("job_description"),
        resume=get("resume"),
        focus_areas=get("focus_areas"),
        skills=get("skills"),
        experience_level=get("experience_level"),
        target_company=get("target_company"),
        years_experience=get("years_experience"),
    )


def engine_question(row: AskedQuestion) -> Question:
    """The question of a row, with all that grading needs."""
    return Question(
        key=row.key,
        text=row.text,
        kind=QuestionKind(row.kind),
        parent_key=row.parent_key,
        probed_point_id=row.probed_point_id,
        domain=Domain(row.domain),
        difficulty=Difficulty(row.difficulty),
        topic=row.topic,
        topic_title=row.topic_title,
        points=expected_points(row.points),
        reference_answer=row.reference_answer,
        time_limit_seconds=row.time_limit_seconds,
        source=QuestionSource(row.source),
    )


def expected_points(stored: Sequence[Mapping[str, Any]]) -> tuple[ExpectedPoint, ...]:
    """The points of a question as they are stored."""
    return tuple(
        ExpectedPoint(point["id"], point["text"], tuple(point["phrasings"]), point["weight"]) for point in stored
    )


def posed(
    question: Question,
    *,
    question_id: UUID,
    number: int,
    asked_at: datetime,
    main: UUID | None,
    category: str | None = None,
    round_id: UUID | None = None,
) -> PosedQuestion:
    """What a candidate is shown of a question that is being asked; `main` is the id of a follow-up's question."""
    return PosedQuestion(
        id=question_id,
        number=number,
        text=question.text,
        kind=question.kind,
        follow_up_to=main if question.kind is QuestionKind.FOLLOW_UP else None,
        domain=question.domain,
        difficulty=question.difficulty,
        topic=question.topic,
        topic_title=question.topic_title,
        time_limit_seconds=question.time_limit_seconds,
        source=question.source,
        asked_at=asked_at,
        category=QuestionCategory(category) if category else category_of(question.domain),
        round_id=round_id,
    )


def posed_rows(rows: Sequence[AskedQuestion]) -> list[PosedQuestion]:
    """What a candidate is shown of an interview's questions, given all of them in order."""
    ids = {row.key: row.id for row in rows}
    return [
        posed(
            engine_question(row),
            question_id=row.id,
            number=row.number,
            asked_at=row.asked_at,
            main=ids.get(row.parent_key),
            category=row.category,
            round_id=row.round_id,
        )
        for row in rows
    ]


def transcript_turn(
    question: AskedQuestion, shown: PosedQuestion, answer: Answer | None, *, heard: str | None = None
) -> TranscriptTurn:
    """The turn of rows."""
    graded = answer is not None and answer.evaluation is not None
    return TranscriptTurn(
        question=shown,
        answer=None if answer is None else given_answer(answer, question.time_limit_seconds),
        expected_points=expected_points(question.points) if graded else None,
        reference_answer=question.reference_answer if graded else None,
        heard=heard,
    )


def given_answer(row: Answer, time_limit_seconds: int) -> GivenAnswer:
    """The answer of a row to a question with this time limit."""
    evaluation = None if row.evaluation is None else EVALUATION.validate_python(row.evaluation, strict=False)
    taken, late = timing(row.shown_at, row.submitted_at, time_limit_seconds)
    return GivenAnswer(
        id=row.id,
        content=row.content,
        submitted_at=row.submitted_at,
        evaluated_at=row.evaluated_at,
        evaluation=evaluation,
        time_spent_seconds=row.time_spent_seconds,
        seconds_taken=taken,
        late=late,
        spoken=timing_of(row.spoken),
    )


def stored_timing(spoken: SpokenTiming | None) -> dict[str, Any] | None:
    """When an answer was said, as a row keeps it."""
    return None if spoken is None else SPOKEN_TIMING.dump_python(spoken, mode="json", exclude_none=True)


def timing_of(stored: Mapping[str, Any] | None) -> SpokenTiming | None:
    """When an answer was said, as a row has it."""
    return None if stored is None else SPOKEN_TIMING.validate_python(stored, strict=False)


def timing(shown_at: datetime | None, submitted_at: datetime, time_limit_seconds: int) -> tuple[float | None, bool]:
    """The seconds that an answer took, with one decimal, and whether it was late. A limit of 0 is none."""
    if shown_at is None:
        return None, False
    taken = max((submitted_at - shown_at).total_seconds(), 0.0)
    return round(taken, 1), 0 < time_limit_seconds < taken - LATE_GRACE_SECONDS


def progress(*, state: InterviewState, asked: int, recorded: int, limit: int) -> Progress:
    """How far an interview has come."""
    going = state is InterviewState.IN_PROGRESS
    return Progress(
        state=state,
        questions_asked=asked,
        answers_recorded=recorded,
        question_limit=limit,
        remaining=max(limit - asked, 0) if going else 0,
        open_questions=max(asked - recorded, 0) if going else 0,
    )
