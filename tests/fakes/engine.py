"""A scripted interview engine: the real protocol on a real port, with answers that need no thought.

Benchmarks use it as the engine that answers at once, tests to make an engine slow, failing or dead when they say so.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from protos.interview_engine.v1 import coaching_pb2_grpc as coaching_stubs
from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from protos.interview_engine.v1 import interview_engine_pb2_grpc as stubs
from protos.interview_engine.v1 import question_pb2 as questions
from protos.interview_engine.v1 import report_pb2 as reports
from protos.interview_engine.v1 import resume_pb2 as resumes
from protos.interview_engine.v1 import resume_pb2_grpc as resume_stubs
from protos.interview_engine.v1 import speech_pb2 as speech
from protos.interview_engine.v1 import speech_pb2_grpc as speech_stubs
from tests.fakes.coaching import CoachScript, ScriptedCoach
from tests.fakes.speech import ScriptedSpeech, SpeechScript

_POINTS = (
    "A hash table stores each key in a bucket that its hash value names.",
    "Lookups take O(1) on average because the buckets stay short.",
    "The table grows when its load factor passes a limit, which moves every entry once.",
    "Collisions are kept in a list or by probing the next free bucket.",
)
_QUOTED = 60
_LONG = 40  # words
_RequestT = TypeVar("_RequestT")


@dataclass
class Script:
    """What the engine does: `delay` seconds before each answer, or `fault` with its `reason` in its place.

    The fault befalls the method that `failing` names, every one when it is empty.
    """

    delay: float = 0.0
    fault: grpc.StatusCode | None = None
    failing: str = ""
    reason: str = "SCRIPTED"
    retry_after_seconds: str | None = None
    confidence: grades.GradeConfidence.ValueType = grades.GRADE_CONFIDENCE_NORMAL
    score: float = 72.5
    words_missing: bool = False
    summary: str = "A scripted report."
    asked: list[calls.GenerateNextQuestionRequest] = field(default_factory=list)
    evaluated: list[calls.EvaluateAnswerRequest] = field(default_factory=list)
    reported: list[calls.FinalizeInterviewReportRequest] = field(default_factory=list)
    keep_requests: bool = True
    asks_next: bool = True
    follows_up: bool = False
    asks: str = "Question {number}: how does a hash table work, and what does it cost?"
    coach: CoachScript = field(default_factory=CoachScript)
    speech: SpeechScript = field(default_factory=SpeechScript)
    source: questions.QuestionSource.ValueType = questions.QUESTION_SOURCE_BANK
    choose: Callable[[Sequence[str]], int] = lambda seen: 1 + len(set(seen))
    before_evaluation: Callable[[], None] = lambda: None


class ScriptedEngine(stubs.InterviewEngineServiceServicer, resume_stubs.ResumeServiceServicer):
    """Follows a script."""

    def __init__(self, script: Script) -> None:
        self.script = script

    async def GenerateNextQuestion(  # noqa: N802 - the contract's name
        self,
        request: calls.GenerateNextQuestionRequest,
        context: "aio.ServicerContext[calls.GenerateNextQuestionRequest, calls.GenerateNextQuestionResponse]",
    ) -> calls.GenerateNextQuestionResponse:
        """The next question."""
        self._keep(self.script.asked, request)
        await self.follow(context, "GenerateNextQuestion")
        return calls.GenerateNextQuestionResponse(question=self._question(request.seen_keys, request.context))

    async def EvaluateAnswer(  # noqa: N802
        self,
        request: calls.EvaluateAnswerRequest,
        context: "aio.ServicerContext[calls.EvaluateAnswerRequest, calls.EvaluateAnswerResponse]",
    ) -> calls.EvaluateAnswerResponse:
        """A grade, and the next question when it is asked for."""
        self._keep(self.script.evaluated, request)
        self.script.before_evaluation()
        await self.follow(context, "EvaluateAnswer")
        evaluation = _evaluation(request, self.script.score)
        evaluation.confidence = self.script.confidence
        response = calls.EvaluateAnswerResponse(evaluation=evaluation)
        if request.HasField("next_question") and self.script.asks_next:
            if not request.next_question.follow_up_only:
                response.next_question.CopyFrom(self._question(request.next_question.seen_keys, request.context))
            elif self.script.follows_up:
                response.next_question.CopyFrom(_follow_up(request))
        return response

    async def FinalizeInterviewReport(  # noqa: N802
        self,
        request: calls.FinalizeInterviewReportRequest,
        context: "aio.ServicerContext[calls.FinalizeInterviewReportRequest, calls.FinalizeInterviewReportResponse]",
    ) -> calls.FinalizeInterviewReportResponse:
        """A report with the mean score."""
        self._keep(self.script.reported, request)
        await self.follow(context, "FinalizeInterviewReport")
        report = _report(request.turns, self.script.summary)
        report.words_missing = self.script.words_missing
        return calls.FinalizeInterviewReportResponse(report=report)

    async def ParseResume(  # noqa: N802
        self,
        request_iterator: AsyncIterator[resumes.ParseResumeRequest],
        context: "aio.ServicerContext[resumes.ParseResumeRequest, resumes.ParseResumeResponse]",
    ) -> resumes.ParseResumeResponse:
        """What a resume might say, and the size of the file that came."""
        size = 0
        async for request in request_iterator:
            size += len(request.chunk)
        await self.follow(context, "ParseResume")
        return resumes.ParseResumeResponse(
            resume=resumes.Resume(
                format=resumes.RESUME_FORMAT_TEXT,
                parsed_by=resumes.RESUME_PARSER_BUILTIN,
                skills=["Python", "PostgreSQL", "Apache Kafka"],
                roles=[resumes.ResumeRole(title="Backend Engineer", company="Acme", start="2020-01", current=True)],
                years_experience=5.5,
                education=[resumes.ResumeEducation(degree="B.Sc. Computer Science", institution="MIT", year=2019)],
                projects=[resumes.ResumeProject(name="Ledger", description="A double-entry ledger in Go.")],
                text=f"Backend Engineer at Acme. Read from {size} bytes.",
            )
        )

    def _question(self, seen: Sequence[str], context: questions.InterviewContext) -> questions.Question:
        number = self.script.choose(seen)
        question = _question(number, self.script.asks.format(number=number), context)
        question.source = self.script.source
        return question

    async def follow(self, context: "aio.ServicerContext[Any, Any]", method: str) -> None:
        """Does what the script says before an answer."""
        if self.script.delay:
            await asyncio.sleep(self.script.delay)
        if self.script.fault is not None and method.startswith(self.script.failing):
            wait = self.script.retry_after_seconds
            info = error_details_pb2.ErrorInfo(
                reason=self.script.reason, metadata={} if wait is None else {"retry_after_seconds": wait}
            )
            status = status_pb2.Status(code=self.script.fault.value[0], message="scripted fault")
            status.details.add().Pack(info)
            told: Any = rpc_status.to_status(status)
            await context.abort(told.code, told.details, told.trailing_metadata)

    def _keep(self, kept: list[_RequestT], request: _RequestT) -> None:
        if self.script.keep_requests:
            kept.append(request)


async def serve(
    script: Script, address: str, spoken: speech_stubs.SpeechServiceServicer | None = None
) -> tuple[aio.Server, int]:
    """Starts the engine at the address, with another service of speech than the scripted one if there is one.

    Gives the server and its port.
    """
    server = aio.server()
    engine = ScriptedEngine(script)
    stubs.add_InterviewEngineServiceServicer_to_server(engine, server)
    resume_stubs.add_ResumeServiceServicer_to_server(engine, server)
    coach = ScriptedCoach(lambda: script.coach, engine.follow)
    coaching_stubs.add_CoachingServiceServicer_to_server(coach, server)
    spoken = ScriptedSpeech(lambda: script.speech) if spoken is None else spoken
    speech_stubs.add_SpeechServiceServicer_to_server(spoken, server)
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("interview_engine.v1.InterviewEngineService", health_pb2.HealthCheckResponse.SERVING)
    port = server.add_insecure_port(address)
    await server.start()
    return server, port


def _question(number: int, text: str, context: questions.InterviewContext) -> questions.Question:
    return questions.Question(
        key=f"scripted-{number}",
        text=text,
        kind=questions.QUESTION_KIND_MAIN,
        domain=context.domain,
        difficulty=context.difficulty,
        topic="hash_tables",
        topic_title="Hash tables",
        points=[
            questions.ExpectedPoint(id=f"p{place}", text=text, phrasings=[text.lower()], weight=1)
            for place, text in enumerate(_POINTS)
        ],
        reference_answer=" ".join(_POINTS),
        time_limit_seconds=180,
        source=questions.QUESTION_SOURCE_BANK,
    )


def _follow_up(request: calls.EvaluateAnswerRequest) -> questions.Question:
    """A follow-up on the question that was answered, or on its main question."""
    follow_up = questions.Question()
    follow_up.CopyFrom(request.question)
    follow_up.kind = questions.QUESTION_KIND_FOLLOW_UP
    follow_up.parent_key = request.question.parent_key or request.question.key
    probed = sum(turn.question.parent_key == follow_up.parent_key for turn in request.next_question.turns)
    probed += request.question.kind == questions.QUESTION_KIND_FOLLOW_UP
    follow_up.probed_point_id = f"p{probed}"
    follow_up.key = f"{follow_up.parent_key}.p{probed}"
    follow_up.text = f"And what about point {probed} of {follow_up.parent_key}?"
    return follow_up


def _evaluation(request: calls.EvaluateAnswerRequest, score: float) -> grades.Evaluation:
    quoted = request.answer[:_QUOTED]
    quote = grades.Quote(text=quoted, start=0, end=len(quoted))
    return grades.Evaluation(
        status=grades.EVALUATION_STATUS_SCORED,
        score=score,
        criteria=[
            grades.Criterion(
                id=name,
                title=name.capitalize(),
                weight=weight,
                level=3,
                score=score,
                comment="As the script says.",
                evidence=[quote],
                level_spread=1,
            )
            for name, weight in (("coverage", 0.6), ("accuracy", 0.15), ("reasoning", 0.15), ("focus", 0.1))
        ],
        points=[
            grades.PointResult(
                id=point.id, text=point.text, status=grades.POINT_STATUS_COVERED, credit=1.0, quote=quote
            )
            for point in request.question.points
        ],
        delivery=_delivery(request),
        strengths=["It names the cost."],
        improvements=["Say how the table grows."],
        feedback="A scripted grade.",
        provenance=_provenance(),
        samples=3,
    )


def _delivery(request: calls.EvaluateAnswerRequest) -> grades.Delivery:
    """That of an answer in one sentence that gives a reason; of a spoken one with its last pause."""
    answer, spoken = request.answer, request.speech.words
    words = len(answer.split())
    whole = grades.Quote(text=answer, start=0, end=len(answer))
    return grades.Delivery(
        relevance=80,
        grammar=100,
        fluency=75,
        keyword_coverage=60,
        structure=25,
        confidence=90,
        word_count=words,
        sentence_count=1,
        mean_sentence_words=words,
        longest_sentence_words=words,
        long_sentences=[grades.LongSentence(start=0, end=len(answer), words=words)] if words > _LONG else [],
        structure_parts=[
            grades.StructurePart(name="opening"),
            grades.StructurePart(name="steps"),
            grades.StructurePart(name="reasons", quote=whole),
            grades.StructurePart(name="conclusion"),
        ],
        words_per_minute=150 if spoken else None,
        spoken=_spoken_delivery(spoken) if spoken else None,
    )


def _spoken_delivery(words: Sequence[speech.SpokenWord]) -> grades.SpokenDelivery:
    pauses = [
        grades.Pause(at=one.end, seconds=other.start - one.end, after=one.text, before=other.text)
        for one, other in pairwise(words)
    ][-1:]
    return grades.SpokenDelivery(
        speech_seconds=words[-1].end - words[0].start,
        word_count=len(words),
        timed_word_count=len(words),
        articulation_rate=180,
        pause_count=len(pauses),
        pause_seconds=sum(one.seconds for one in pauses),
        longest_pause_seconds=max((one.seconds for one in pauses), default=0),
        pauses=pauses,
        fillers=[grades.TimedFiller(word="um", start=0, at=words[0].start, seconds=0.3)],
    )


def _report(turns: Sequence[questions.Turn], summary: str) -> reports.Report:
    scores = [turn.evaluation.score for turn in turns if turn.evaluation.HasField("score")]
    mean = sum(scores) / len(scores) if scores else None
    last = turns[-1].question
    step = reports.NextStep(text="Hash tables: explain aloud how the table grows.", topic=last.topic)
    return reports.Report(
        overall_score=mean,
        assessed_answers=len(scores),
        not_assessable_answers=len(turns) - len(scores),
        criteria=[
            reports.CriterionSummary(
                id="coverage", title="Coverage", weight=0.6, score=mean, assessed_answers=len(scores)
            )
        ],
        topics=[
            reports.TopicSummary(
                topic=last.topic,
                title=last.topic_title,
                score=mean,
                assessed_answers=len(scores),
                missed_points=[_POINTS[-1]],
                domain=last.domain,
            )
        ],
        strengths=[
            reports.Finding(
                text=f"Hash tables: you said plainly “{_POINTS[1]}”",
                topic=last.topic,
                question_key=last.key,
                quote=turns[-1].answer[:_QUOTED],
                status=grades.POINT_STATUS_COVERED,
            )
        ],
        gaps=[
            reports.Finding(
                text=f"Hash tables: not said: “{_POINTS[-1]}”",
                topic=last.topic,
                question_key=last.key,
                status=grades.POINT_STATUS_MISSED,
            )
        ],
        next_steps=[step],
        summary=summary,
        provenance=_provenance(),
        letter_grade="B" if scores else "",
        readiness_score=mean,
        readiness_level=reports.READINESS_LEVEL_ALMOST_READY if scores else reports.READINESS_LEVEL_UNSPECIFIED,
        roadmap=reports.Roadmap(immediate=[step], short_term=[step], long_term=[step]),
        resources=[
            reports.Resource(
                title="Open Data Structures",
                type=reports.RESOURCE_TYPE_BOOK,
                description="Free text that builds each structure from arrays and pointers.",
                url="https://opendatastructures.org/",
                priority=reports.PRIORITY_MEDIUM,
                topics=[last.topic],
            )
        ],
        question_reviews=[
            reports.QuestionReview(
                question_key=turn.question.key,
                question=turn.question.text,
                kind=turn.question.kind,
                difficulty=turn.question.difficulty,
                topic=turn.question.topic,
                topic_title=turn.question.topic_title,
                score=turn.evaluation.score if turn.evaluation.HasField("score") else None,
                not_assessable_reason=turn.evaluation.not_assessable_reason,
                points=turn.evaluation.points,
                full_answer=turn.question.reference_answer,
                delivery_notes=["Delivery, apart from the score: “basically” came up 4 times."],
                confidence=turn.evaluation.confidence,
            )
            for turn in turns
        ],
    )


def _provenance() -> grades.Provenance:
    return grades.Provenance(engine="builtin", model="scripted", rubric="dsa", rubric_version="1.0", grader_version="1")


async def _main(address: str) -> None:
    server, port = await serve(Script(keep_requests=False), address)
    print(port, flush=True)  # noqa: T201 - whoever started it reads the port here
    await server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0")
    asyncio.run(_main(parser.parse_args().listen))
