"""From the core's results to the shapes of contract 001."""

from collections.abc import Sequence
from datetime import datetime

from chat_service.contracts.interview_api.wire import (
    AnsweredQuestion,
    FocusArea,
    FollowUpOut,
    GradedOut,
    ImprovementPlan,
    Metrics,
    PersonalizedFeedback,
    QuestionOut,
    ResourceOut,
    RoadmapOut,
    SuggestedRound,
)
from chat_service.engine.models import Evaluation
from chat_service.engine.report import Report
from chat_service.interviews.facets import Facets, average_facets, facets
from chat_service.interviews.interview import AnsweredTurn
from chat_service.interviews.question_sets import SetQuestion
from chat_service.interviews.round_plans import WantedRound

NO_PLAN = ImprovementPlan(focus_areas=[], next_steps=[], readiness_score=None, readiness_level=None)


def question_out(one: SetQuestion) -> QuestionOut:
    """A question with what a full answer says, which this contract publishes from the start."""
    return QuestionOut(
        id=one.turn.question.number,
        question=one.turn.question.text,
        expected_points=[point.text for point in one.expected_points],
    )


def graded_out(answered: AnsweredTurn) -> GradedOut:
    """The grade of an answer."""
    given = answered.turn.answer
    if given is None or given.evaluation is None:
        raise RuntimeError("a turn without a grade was taken for an answered one")
    measured = facets(given.evaluation)
    probe = answered.follow_up
    return GradedOut(
        score=_whole(measured.overall),
        technical_score=_whole(measured.technical),
        communication_score=_whole(measured.communication),
        confidence_score=_whole(measured.confidence),
        feedback=given.evaluation.feedback,
        followup=None
        if probe is None
        else FollowUpOut(question=probe.text, question_id=probe.number, time_limit=probe.time_limit_seconds),
    )


def answered_question(one: SetQuestion) -> AnsweredQuestion:
    """A question with its answer."""
    given = one.turn.answer
    evaluation = given.evaluation if given else None
    measured = facets(evaluation) if evaluation else Facets()
    return AnsweredQuestion(
        **question_out(one).model_dump(),
        answer=given.content if given else None,
        score=_whole(measured.overall),
        technical_score=_whole(measured.technical),
        communication_score=_whole(measured.communication),
        confidence_score=_whole(measured.confidence),
        feedback=evaluation.feedback if evaluation else None,
        time_spent=given.time_spent_seconds if given else None,
        time_limit=one.turn.question.time_limit_seconds,
        late=given.late if given else False,
    )


def metrics(questions: Sequence[SetQuestion], overall: float | None) -> Metrics:
    """The averages of an interview; the overall one is the report's, where there is a report."""
    average = average_facets(_evaluations(questions))
    return Metrics(
        average_overall=average.overall if overall is None else overall,
        average_technical=average.technical,
        average_communication=average.communication,
        average_confidence=average.confidence,
    )


def improvement_plan(report: Report) -> ImprovementPlan:
    """What a report says is to be worked on."""
    weak = [one for one in report.topics if one.missed_points]
    return ImprovementPlan(
        focus_areas=[FocusArea(topic=one.title, score=one.score, missed_points=one.missed_points) for one in weak],
        next_steps=[one.text for one in report.next_steps],
        readiness_score=report.readiness_score,
        readiness_level=report.readiness_level,
    )


def personalized_feedback(report: Report, generated_at: datetime) -> PersonalizedFeedback:
    """What a report says to the candidate."""
    return PersonalizedFeedback(
        strengths=[one.text for one in report.strengths],
        weaknesses=[one.text for one in report.gaps],
        roadmap=RoadmapOut(
            immediate=[one.text for one in report.roadmap.immediate],
            short_term=[one.text for one in report.roadmap.short_term],
            long_term=[one.text for one in report.roadmap.long_term],
        ),
        resources=[
            ResourceOut(title=one.title, type=one.type, description=one.description, url=one.url, priority=one.priority)
            for one in report.resources
        ],
        generated_at=generated_at,
    )


def suggested_round(one: WantedRound) -> SuggestedRound:
    """A usual round."""
    return SuggestedRound(
        round_name=one.name,
        round_type=one.type,
        description=one.description or "",
        duration_minutes=one.duration_minutes or 0,
        question_count=one.question_count,
        focus_areas=one.focus_areas,
    )


def _evaluations(questions: Sequence[SetQuestion]) -> list[Evaluation]:
    answers = (one.turn.answer for one in questions)
    return [one.evaluation for one in answers if one is not None and one.evaluation is not None]


def _whole(percentage: float | None) -> int | None:
    return None if percentage is None else round(percentage)
