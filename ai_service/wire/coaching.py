"""The servicer of CoachingService."""

from ai_service.coaching.coaching import (
    AnswerToCoach,
    Coach,
    CoachingFeedback,
    ElementReading,
    ElementStatus,
    Framework,
    NotCoachableReason,
    PracticeMatch,
    PracticeQuestion,
    PracticeWish,
)
from ai_service.errors import Draining, InvalidField, Starting
from ai_service.wire import names, rules
from ai_service.wire.calls import Context
from ai_service.wire.writing import write_delivery, write_provenance, write_question, write_quote
from protos.interview_engine.v1 import coaching_pb2, coaching_pb2_grpc

SERVICE_NAME = coaching_pb2.DESCRIPTOR.services_by_name["CoachingService"].full_name
_MOST_QUESTION_CHARACTERS = 2_000
_MOST_SEEN_KEYS = 1_000

_FRAMEWORKS = names.numbers(Framework, "FRAMEWORK", dict(coaching_pb2.Framework.items()))
_STATUSES = names.numbers(ElementStatus, "ELEMENT_STATUS", dict(coaching_pb2.ElementStatus.items()))
_REASONS = names.numbers(NotCoachableReason, "NOT_COACHABLE_REASON", dict(coaching_pb2.NotCoachableReason.items()))
_MATCHES = names.numbers(PracticeMatch, "PRACTICE_MATCH", dict(coaching_pb2.PracticeMatch.items()))
_BY_NUMBER = {number: framework for framework, number in _FRAMEWORKS.items()}


class CoachingServicer(coaching_pb2_grpc.CoachingServiceServicer):
    """Coaches. Calls are unavailable until `open` and after `drain`."""

    def __init__(self) -> None:
        self._coach: Coach | None = None
        self._draining = False

    def open(self, coach: Coach) -> None:
        """Serve calls with this coach from now on."""
        self._coach = coach

    def drain(self) -> None:
        """Refuse new calls; calls in progress go on."""
        self._draining = True

    async def AnalyzeAnswer(  # noqa: N802 - the protocol's name
        self, request: coaching_pb2.AnalyzeAnswerRequest, context: Context
    ) -> coaching_pb2.AnalyzeAnswerResponse:
        """Read an answer by a framework."""
        feedback = await self._ready().analyze(_read_answer(request))
        return coaching_pb2.AnalyzeAnswerResponse(feedback=_write_feedback(feedback))

    async def SuggestPracticeQuestion(  # noqa: N802 - the protocol's name
        self, request: coaching_pb2.SuggestPracticeQuestionRequest, context: Context
    ) -> coaching_pb2.SuggestPracticeQuestionResponse:
        """Find a question to practise with."""
        return _write_practice(await self._ready().practice_question(_read_wish(request)))

    def _ready(self) -> Coach:
        if self._draining:
            raise Draining
        if self._coach is None:
            raise Starting
        return self._coach


def _read_answer(request: coaching_pb2.AnalyzeAnswerRequest) -> AnswerToCoach:
    return AnswerToCoach(
        rules.required_text("question", request.question, _MOST_QUESTION_CHARACTERS),
        rules.text("answer", request.answer, rules.MOST_ANSWER_CHARACTERS),
        rules.member("framework", request.framework, _BY_NUMBER) if request.framework else None,
    )


def _read_wish(request: coaching_pb2.SuggestPracticeQuestionRequest) -> PracticeWish:
    job_role = rules.text("job_role", request.job_role, rules.MOST_NAME_CHARACTERS).strip()
    skill = rules.text("skill", request.skill, rules.MOST_NAME_CHARACTERS).strip()
    if not job_role and not skill:
        raise InvalidField("skill", "is required where there is no job_role")
    return PracticeWish(
        job_role,
        skill,
        rules.member("difficulty", request.difficulty, names.DIFFICULTIES),
        rules.texts("seen_keys", request.seen_keys, _MOST_SEEN_KEYS),
        rules.texts("seen_texts", request.seen_texts, rules.MOST_SEEN_TEXTS, rules.MOST_SEEN_TEXT_CHARACTERS),
    )


def _write_feedback(feedback: CoachingFeedback) -> coaching_pb2.CoachingFeedback:
    reason = feedback.not_coachable_reason
    return coaching_pb2.CoachingFeedback(
        framework=_FRAMEWORKS[feedback.framework],  # type: ignore[arg-type]
        framework_title=feedback.framework_title,
        framework_chosen=bool(feedback.framework_reason),
        framework_reason=feedback.framework_reason,
        not_coachable_reason=_REASONS[reason] if reason else None,  # type: ignore[arg-type]
        elements=[_write_element(one) for one in feedback.elements],
        overall=feedback.overall,
        improvements=feedback.improvements,
        delivery=write_delivery(feedback.delivery),
        provenance=write_provenance(feedback.provenance),
    )


def _write_element(element: ElementReading) -> coaching_pb2.ElementReading:
    return coaching_pb2.ElementReading(
        id=element.id,
        title=element.title,
        status=_STATUSES[element.status] if element.status else None,  # type: ignore[arg-type]
        quotes=[write_quote(quote) for quote in element.quotes],
        comment=element.comment,
        to_add=element.to_add,
    )


def _write_practice(practice: PracticeQuestion) -> coaching_pb2.SuggestPracticeQuestionResponse:
    return coaching_pb2.SuggestPracticeQuestionResponse(
        question=write_question(practice.question),
        match=_MATCHES[practice.match],  # type: ignore[arg-type]
        match_explanation=practice.match_explanation,
        structure=practice.structure,
        framework=_FRAMEWORKS[practice.framework],  # type: ignore[arg-type]
    )
