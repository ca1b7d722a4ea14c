"""A scripted coach: the real protocol, with readings that need no thought."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grpc import aio

from protos.interview_engine.v1 import coaching_pb2 as coaching
from protos.interview_engine.v1 import coaching_pb2_grpc as stubs
from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import question_pb2 as questions

_ELEMENTS = (
    ("situation", "Situation", coaching.ELEMENT_STATUS_PARTIALLY, "Why did it matter?"),
    ("task", "Task", coaching.ELEMENT_STATUS_MISSING, "What was your own part in it?"),
    ("action", "Action", coaching.ELEMENT_STATUS_WELL, ""),
    ("result", "Result", coaching.ELEMENT_STATUS_PARTIALLY, "What did it change for users?"),
)


@dataclass
class CoachScript:
    """What the coach was asked, and what kind of question it gives."""

    answers: list[coaching.AnalyzeAnswerRequest] = field(default_factory=list)
    wishes: list[coaching.SuggestPracticeQuestionRequest] = field(default_factory=list)
    source: questions.QuestionSource.ValueType = questions.QUESTION_SOURCE_BANK


class ScriptedCoach(stubs.CoachingServiceServicer):
    """Follows a script; `follow` is what the engine beside it does before each answer."""

    def __init__(self, script: Callable[[], CoachScript], follow: Any) -> None:
        self._script = script
        self._follow = follow

    async def AnalyzeAnswer(  # noqa: N802 - the contract's name
        self,
        request: coaching.AnalyzeAnswerRequest,
        context: "aio.ServicerContext[coaching.AnalyzeAnswerRequest, coaching.AnalyzeAnswerResponse]",
    ) -> coaching.AnalyzeAnswerResponse:
        """A reading by STAR; none of an empty answer."""
        self._script().answers.append(request)
        await self._follow(context, "AnalyzeAnswer")
        empty = not request.answer.strip()
        whole = grades.Quote(text=request.answer, start=0, end=len(request.answer))
        return coaching.AnalyzeAnswerResponse(
            feedback=coaching.CoachingFeedback(
                framework=request.framework or coaching.FRAMEWORK_STAR,
                framework_title="STAR (situation, task, action, result)",
                framework_chosen=not request.framework,
                framework_reason="" if request.framework else "The question asks for a story of your own.",
                not_coachable_reason=(
                    coaching.NOT_COACHABLE_REASON_EMPTY if empty else coaching.NOT_COACHABLE_REASON_UNSPECIFIED
                ),
                elements=[_element(one, whole, empty=empty) for one in _ELEMENTS],
                overall="A scripted reading.",
                improvements=[] if empty else ["Explain your role."],
                delivery=grades.Delivery(word_count=len(request.answer.split()), sentence_count=0 if empty else 1),
                provenance=grades.Provenance(engine="builtin", model="scripted", rubric="star", rubric_version="1.0"),
            )
        )

    async def SuggestPracticeQuestion(  # noqa: N802
        self,
        request: coaching.SuggestPracticeQuestionRequest,
        context: "aio.ServicerContext[Any, coaching.SuggestPracticeQuestionResponse]",
    ) -> coaching.SuggestPracticeQuestionResponse:
        """The next of numbered questions."""
        self._script().wishes.append(request)
        await self._follow(context, "SuggestPracticeQuestion")
        return coaching.SuggestPracticeQuestionResponse(
            question=self._question(request.seen_keys, request.difficulty),
            match=coaching.PRACTICE_MATCH_SKILL,
            match_explanation="On Evaluation, which is part of machine learning.",
            structure="Define the problem, name the approaches, and conclude with how you would evaluate the result.",
            framework=coaching.FRAMEWORK_PREP,
        )

    def _question(self, seen: Sequence[str], difficulty: questions.Difficulty.ValueType) -> questions.Question:
        return questions.Question(
            key=f"practice-{len(seen) + 1}",
            text="How would you handle imbalanced data in a classification problem?",
            kind=questions.QUESTION_KIND_MAIN,
            domain=questions.DOMAIN_ROLE,
            difficulty=difficulty,
            topic="machine_learning_evaluation",
            topic_title="Evaluation",
            points=[questions.ExpectedPoint(id="p1", text="Resampling balances the classes.", weight=1)],
            reference_answer="Resampling balances the classes, and precision and recall show what it did.",
            time_limit_seconds=180,
            source=self._script().source,
        )


def _element(
    element: "tuple[str, str, coaching.ElementStatus.ValueType, str]", whole: grades.Quote, *, empty: bool
) -> coaching.ElementReading:
    name, title, status, asked = element
    shown = status != coaching.ELEMENT_STATUS_MISSING and not empty
    return coaching.ElementReading(
        id=name,
        title=title,
        status=coaching.ELEMENT_STATUS_UNSPECIFIED if empty else status,
        quotes=[whole] if shown else [],
        comment="" if empty else "As the script says.",
        to_add=[asked] if asked and not empty else [],
    )
