"""Evaluations, scores, feedback and figures of contract 004. Numbers are None where nothing could be measured."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from pydantic import BaseModel

from chat_service.analytics.charts.chart import Chart
from chat_service.analytics.dashboard import Dashboard
from chat_service.contracts.fields import Second
from chat_service.contracts.interview_system.statuses import status_of
from chat_service.engine.models import Difficulty, Domain, EvaluationStatus
from chat_service.engine.report import Finding, NextStep, Report
from chat_service.interviews.facets import facets, quality
from chat_service.interviews.interview import GivenAnswer, InterviewDetails
from chat_service.interviews.question_sets import SetQuestion
from chat_service.interviews.round_types import QuestionCategory
from chat_service.interviews.scoring import InterviewScores, WeightedScore, keyword_score, letter_grade, weighted

_PUBLISHED_CATEGORIES = ("behavioral", "technical", "situational")
_IN_GENERAL = "General"
_PRACTICE = "Practice"


class Evaluation(BaseModel):
    """The evaluation of an answer. `overall_score` is the weighted sum of the four, `rubric_score` judges its content.

    `status` is scored or not_assessable, and then there is no number.
    """

    question_id: UUID
    status: EvaluationStatus
    relevance_score: float | None
    grammar_score: float | None
    fluency_score: float | None
    keyword_score: float | None
    overall_score: float | None
    rubric_score: float | None
    summary: str
    strengths: list[str]
    suggestions: list[str]


class SessionEvaluation(BaseModel):
    """The means of a session's evaluations, and each of them."""

    session_id: UUID
    status: str
    total_questions: int
    evaluated_questions: int
    relevance_score: float | None
    grammar_score: float | None
    fluency_score: float | None
    keyword_score: float | None
    overall_score: float | None
    rubric_score: float | None
    evaluations: list[Evaluation]


class Part(BaseModel):
    """A percentage, and what of it the total counts."""

    raw: float | None
    weighted: float | None


class Breakdown(BaseModel):
    """The parts of a score: 35 % relevance, 20 % grammar, 25 % fluency, 20 % keywords."""

    relevance: Part
    grammar: Part
    fluency: Part
    keywords: Part


class QuestionScore(BaseModel):
    """The score of one answer."""

    question_id: UUID
    question_text: str
    category: QuestionCategory
    relevance: float | None
    grammar: float | None
    fluency: float | None
    keywords: float | None
    total_score: float | None
    letter_grade: str | None
    rubric_score: float | None


class Scores(BaseModel):
    """The scores of a session: `total_score` is the sum of the weighted parts."""

    session_id: UUID
    status: str
    total_score: float | None
    letter_grade: str | None
    breakdown: Breakdown
    question_scores: list[QuestionScore]
    performance_summary: str
    rubric_score: float | None


class Remark(BaseModel):
    """A remark on one subject."""

    category: str
    message: str


class Resource(BaseModel):
    """Something to learn from."""

    title: str
    type: str
    url: str


class Feedback(BaseModel):
    """The feedback on a completed session. Ratings are None when no answer could be assessed."""

    session_id: UUID
    overall_rating: str | None
    overall_score: float | None
    letter_grade: str | None
    summary: str
    strengths: list[Remark]
    weaknesses: list[Remark]
    suggestions: list[Remark]
    resources: list[Resource]
    readiness_score: float | None
    readiness_level: str | None
    next_steps: list[str]


class PastInterview(BaseModel):
    """An interview of the history, whichever way it was held. `score` is that of its answers' content."""

    session_id: UUID
    title: str | None
    target_role: str | None
    target_company: str | None
    domain: Domain
    difficulty: Difficulty
    status: str
    score: float | None
    letter_grade: str | None
    num_questions: int
    num_answered: int
    created_at: Second
    completed_at: Second | None


class History(BaseModel):
    """A page of the history, newest first; `total` counts all of it."""

    interviews: list[PastInterview]
    total: int
    limit: int
    offset: int


class SkillsBreakdown(BaseModel):
    """Means over the latest answers."""

    relevance: float | None
    grammar: float | None
    fluency: float | None
    keywords: float | None


class DashboardOut(BaseModel):
    """Figures at a glance. Practice time is in minutes, streaks are in days, the improvement rate is in points."""

    total_interviews: int
    total_questions: int
    average_score: float | None
    best_score: float | None
    recent_score: float | None
    total_practice_time: int
    improvement_rate: float | None
    current_streak: int
    longest_streak: int
    skills_breakdown: SkillsBreakdown
    category_scores: dict[str, float | None]


class ChartPoint(BaseModel):
    """One value with what it belongs to."""

    x: str
    y: float | None
    label: str


class ChartOut(BaseModel):
    """A chart. `labels` and `values` are those of `points`; `message` says why there are none."""

    type: str
    title: str
    description: str
    x_label: str
    y_label: str
    unit: str
    labels: list[str]
    values: list[float | None]
    points: list[ChartPoint]
    message: str | None


def evaluation_out(question: SetQuestion, answer: GivenAnswer, expected_keywords: Iterable[str] = ()) -> Evaluation:
    """The evaluation of a graded answer, asked for these keywords beside the question's own."""
    found = answer.evaluation
    if found is None:
        raise RuntimeError("an answer without a grade was taken for an evaluated one")
    measured = replace(facets(found), keywords=keyword_score(found, answer.content, expected_keywords))
    return Evaluation(
        question_id=question.turn.question.id,
        status=found.status,
        relevance_score=measured.relevance,
        grammar_score=measured.grammar,
        fluency_score=measured.fluency,
        keyword_score=measured.keywords,
        overall_score=weighted(measured).total,
        rubric_score=found.score,
        summary=found.feedback,
        strengths=list(found.strengths),
        suggestions=list(found.improvements),
    )


def session_evaluation_out(scores: InterviewScores) -> SessionEvaluation:
    """The evaluations of a session."""
    parts = scores.weighted.parts
    evaluations = [
        evaluation_out(one.question, one.question.turn.answer)
        for one in scores.questions
        if one.question.turn.answer is not None
    ]
    return SessionEvaluation(
        session_id=scores.interview.id,
        status=status_of(scores.interview.state),
        total_questions=scores.interview.questions_asked,
        evaluated_questions=len(evaluations),
        relevance_score=parts["relevance"].raw,
        grammar_score=parts["grammar"].raw,
        fluency_score=parts["fluency"].raw,
        keyword_score=parts["keywords"].raw,
        overall_score=scores.weighted.total,
        rubric_score=scores.interview.overall_score,
        evaluations=evaluations,
    )


def scores_out(scores: InterviewScores) -> Scores:
    """The scores of a session."""
    return Scores(
        session_id=scores.interview.id,
        status=status_of(scores.interview.state),
        total_score=scores.weighted.total,
        letter_grade=scores.weighted.letter_grade,
        breakdown=_breakdown(scores.weighted),
        question_scores=[
            QuestionScore(
                question_id=one.question.turn.question.id,
                question_text=one.question.turn.question.text,
                category=one.question.turn.question.category,
                **{name: part.raw for name, part in one.weighted.parts.items()},
                total_score=one.weighted.total,
                letter_grade=one.weighted.letter_grade,
                rubric_score=one.score,
            )
            for one in scores.questions
        ],
        performance_summary=scores.summary,
        rubric_score=scores.interview.overall_score,
    )


def feedback_out(session_id: UUID, report: Report) -> Feedback:
    """The report as the document has it: strengths, gaps and steps as remarks on topics."""
    titles = {one.topic: one.title for one in report.topics}
    rating = quality(report.overall_score)
    roadmap = (*report.roadmap.immediate, *report.roadmap.short_term) or report.next_steps
    return Feedback(
        session_id=session_id,
        overall_rating=rating.value.capitalize() if rating else None,
        overall_score=report.overall_score,
        letter_grade=report.letter_grade,
        summary=report.summary,
        strengths=[_remark(one, titles, _IN_GENERAL) for one in report.strengths],
        weaknesses=[_remark(one, titles, _IN_GENERAL) for one in report.gaps],
        suggestions=[_remark(one, titles, _PRACTICE) for one in report.next_steps],
        resources=[Resource(title=one.title, type=one.type.value, url=one.url) for one in report.resources],
        readiness_score=report.readiness_score,
        readiness_level=report.readiness_level.value.replace("_", " ").title() if report.readiness_level else None,
        next_steps=list(dict.fromkeys(one.text for one in roadmap)),
    )


def past_interview(interview: InterviewDetails) -> PastInterview:
    """An interview of the history."""
    return PastInterview(
        session_id=interview.id,
        title=interview.title,
        target_role=interview.job_role,
        target_company=interview.target_company,
        domain=interview.domain,
        difficulty=interview.difficulty,
        status=status_of(interview.state),
        score=interview.overall_score,
        letter_grade=letter_grade(interview.overall_score),
        num_questions=interview.questions_asked,
        num_answered=interview.answers_recorded,
        created_at=interview.created_at,
        completed_at=interview.completed_at,
    )


def dashboard_out(dashboard: Dashboard) -> DashboardOut:
    """The dashboard; the three published categories are there even without a score."""
    found: dict[str, float | None] = dict.fromkeys(_PUBLISHED_CATEGORIES)
    found.update({one.category.value: one.score for one in dashboard.categories})
    skills = dashboard.skills
    return DashboardOut(
        total_interviews=dashboard.total_interviews,
        total_questions=dashboard.total_questions,
        average_score=dashboard.average_score,
        best_score=dashboard.best_score,
        recent_score=dashboard.recent_score,
        total_practice_time=round(dashboard.practice_minutes),
        improvement_rate=dashboard.improvement_rate,
        current_streak=dashboard.current_streak_days,
        longest_streak=dashboard.longest_streak_days,
        skills_breakdown=SkillsBreakdown(
            relevance=skills.relevance, grammar=skills.grammar, fluency=skills.fluency, keywords=skills.keywords
        ),
        category_scores=found,
    )


def chart_out(chart: Chart) -> ChartOut:
    """A chart as series."""
    return ChartOut(
        type=chart.name.value,
        title=chart.title,
        description=chart.description,
        x_label=chart.x.label,
        y_label=chart.y.label,
        unit=chart.y.unit,
        labels=[one.label for one in chart.points],
        values=[one.y for one in chart.points],
        points=[ChartPoint(x=one.x, y=one.y, label=one.label) for one in chart.points],
        message=chart.empty,
    )


def _breakdown(score: WeightedScore) -> Breakdown:
    return Breakdown(**{name: Part(raw=one.raw, weighted=one.weighted) for name, one in score.parts.items()})


def _remark(said: Finding | NextStep, titles: Mapping[str, str], otherwise: str) -> Remark:
    return Remark(category=titles.get(said.topic or "", otherwise), message=said.text)
