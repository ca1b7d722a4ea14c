"""The servicer of InterviewEngineService."""

import structlog

from ai_service.errors import Draining, Fault, QuestionsExhausted, Starting
from ai_service.interviewing.engine import Engine
from ai_service.interviewing.interview import Turn
from ai_service.wire.calls import Context
from ai_service.wire.metrics import Metrics
from ai_service.wire.reading import read_context, read_seen_keys, read_seen_texts, read_submitted, read_turns
from ai_service.wire.writing import write_evaluation, write_question
from ai_service.wire.writing_report import write_report
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2
from protos.interview_engine.v1 import interview_engine_pb2_grpc as engine_grpc

SERVICE_NAME = engine_pb2.DESCRIPTOR.services_by_name["InterviewEngineService"].full_name

_log = structlog.get_logger("ai_service.interview_engine")


class InterviewEngineServicer(engine_grpc.InterviewEngineServiceServicer):
    """Serves an engine. Calls are unavailable until `open` and after `drain`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._engine: Engine | None = None
        self._draining = False

    def open(self, engine: Engine) -> None:
        """Serve calls with this engine from now on."""
        self._engine = engine

    def drain(self) -> None:
        """Refuse new calls; calls in progress go on."""
        self._draining = True

    async def GenerateNextQuestion(  # noqa: N802 - the protocol's name
        self,
        request: engine_pb2.GenerateNextQuestionRequest,
        context: Context,
    ) -> engine_pb2.GenerateNextQuestionResponse:
        """Choose the next question."""
        engine = self._ready()
        interview = read_context(request.context)
        chosen = await engine.next_question(
            interview,
            read_turns(request.turns, context=interview),
            read_seen_keys(request.seen_keys),
            read_seen_texts(request.seen_texts),
        )
        return engine_pb2.GenerateNextQuestionResponse(
            question=write_question(chosen.question), rationale=chosen.rationale
        )

    async def EvaluateAnswer(  # noqa: N802 - the protocol's name
        self,
        request: engine_pb2.EvaluateAnswerRequest,
        context: Context,
    ) -> engine_pb2.EvaluateAnswerResponse:
        """Grade an answer and, when asked to, choose the next question."""
        engine = self._ready()
        interview = read_context(request.context)
        submitted = read_submitted(request)
        turns: tuple[Turn, ...] = ()
        seen_keys: tuple[str, ...] = ()
        seen_texts: tuple[str, ...] = ()
        if request.HasField("next_question"):
            turns = read_turns(request.next_question.turns, "next_question.turns", context=interview)
            seen_keys = read_seen_keys(request.next_question.seen_keys, "next_question.seen_keys")
            seen_texts = read_seen_texts(request.next_question.seen_texts, "next_question.seen_texts")
        evaluation = await engine.evaluate(interview, submitted, turns)
        self._metrics.observe_evaluation(evaluation.status.value)
        response = engine_pb2.EvaluateAnswerResponse(evaluation=write_evaluation(evaluation))
        if request.HasField("next_question"):
            answered = Turn(submitted.question, submitted.answer, evaluation)
            try:
                chosen = await engine.next_question(
                    interview,
                    (*turns, answered),
                    seen_keys,
                    seen_texts,
                    follow_up_only=request.next_question.follow_up_only,
                )
                response.next_question.CopyFrom(write_question(chosen.question))
            except QuestionsExhausted as fault:
                if not request.next_question.follow_up_only:
                    _log.warning("no_next_question", reason=fault.reason, message=fault.message)
            except Fault as fault:  # the grade stands
                _log.warning("no_next_question", reason=fault.reason, message=fault.message)
            except Exception:  # noqa: BLE001 - the grade stands, whatever went wrong with the choice
                _log.exception("no_next_question", reason="DEFECT")
        return response

    async def FinalizeInterviewReport(  # noqa: N802 - the protocol's name
        self,
        request: engine_pb2.FinalizeInterviewReportRequest,
        context: Context,
    ) -> engine_pb2.FinalizeInterviewReportResponse:
        """Report on a finished interview."""
        engine = self._ready()
        interview = read_context(request.context)
        report = await engine.report(interview, read_turns(request.turns, context=interview, whole=True))
        return engine_pb2.FinalizeInterviewReportResponse(report=write_report(report))

    def _ready(self) -> Engine:
        if self._draining:
            raise Draining
        if self._engine is None:
            raise Starting
        return self._engine
