"""Coaching by ai_service: its nouns, and between them and its messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat_service.engine import conversion
from chat_service.engine.models import Delivery, Difficulty, Provenance, Question, Quote
from protos.interview_engine.v1 import coaching_pb2 as messages


class Framework(StrEnum):
    """A way to order an answer: STAR, CAR, PAR and SOAR for stories, PREP for explanations."""

    STAR = "star"
    CAR = "car"
    PAR = "par"
    SOAR = "soar"
    PREP = "prep"


class ElementStatus(StrEnum):
    """How far an answer has an element of its framework."""

    WELL = "well"
    PARTIALLY = "partially"
    MISSING = "missing"


class PracticeMatch(StrEnum):
    """How a practice question was found: by the skill's name, its words, its meaning, the role; or it was written."""

    SKILL = "skill"
    WORDS = "words"
    MEANING = "meaning"
    ROLE = "role"
    WRITTEN = "written"


@dataclass(slots=True)
class ElementReading:
    """One element in an answer: the verdict (null without one), the pieces that show it, and questions on the rest."""

    id: str
    title: str
    status: ElementStatus | None
    quotes: tuple[Quote, ...]
    comment: str
    to_add: tuple[str, ...]


@dataclass(slots=True)
class CoachingFeedback:
    """An answer read by a framework, without a score.

    `framework_reason` says why the server chose the framework, null when the request named it. With a
    `not_assessable_reason` no element has a verdict.
    """

    framework: Framework
    framework_title: str
    framework_chosen: bool
    framework_reason: str | None
    not_assessable_reason: str | None
    elements: tuple[ElementReading, ...]
    overall: str
    improvements: tuple[str, ...]
    delivery: Delivery
    provenance: Provenance


@dataclass(slots=True)
class PracticeQuestion:
    """A question to practise with, how it was found, and how to order an answer to it."""

    question: Question
    match: PracticeMatch
    match_explanation: str
    structure: str
    framework: Framework


_FRAMEWORK = {one: messages.Framework.Value(f"FRAMEWORK_{one.name}") for one in Framework}
_FRAMEWORK_OF = {number: one for one, number in _FRAMEWORK.items()}
_STATUS_OF = {messages.ElementStatus.Value(f"ELEMENT_STATUS_{one.name}"): one for one in ElementStatus}
_MATCH_OF = {messages.PracticeMatch.Value(f"PRACTICE_MATCH_{one.name}"): one for one in PracticeMatch}
_REASON_OF = {
    number: name.removeprefix("NOT_COACHABLE_REASON_").lower()
    for name, number in messages.NotCoachableReason.items()
    if number
}


def answer_message(question: str, answer: str, framework: Framework | None) -> messages.AnalyzeAnswerRequest:
    """The message of an answer to read; no framework leaves the choice to the engine."""
    number = messages.FRAMEWORK_UNSPECIFIED if framework is None else _FRAMEWORK[framework]
    return messages.AnalyzeAnswerRequest(question=question, answer=answer, framework=number)


def wish_message(
    job_role: str, skill: str, difficulty: Difficulty, seen_keys: Sequence[str], seen_texts: Sequence[str]
) -> messages.SuggestPracticeQuestionRequest:
    """The message of a wish for a question."""
    return messages.SuggestPracticeQuestionRequest(
        job_role=job_role,
        skill=skill,
        difficulty=conversion.difficulty_number(difficulty),
        seen_keys=seen_keys,
        seen_texts=seen_texts,
    )


def feedback(message: messages.CoachingFeedback) -> CoachingFeedback:
    """The feedback of a message. Raises KeyError for an enum value that this build does not know."""
    return CoachingFeedback(
        framework=_FRAMEWORK_OF[message.framework],
        framework_title=message.framework_title,
        framework_chosen=message.framework_chosen,
        framework_reason=message.framework_reason or None,
        not_assessable_reason=_REASON_OF.get(message.not_coachable_reason),
        elements=tuple(
            ElementReading(
                one.id,
                one.title,
                _STATUS_OF[one.status] if one.status else None,
                tuple(conversion.quote_of(quote) for quote in one.quotes),
                one.comment,
                tuple(one.to_add),
            )
            for one in message.elements
        ),
        overall=message.overall,
        improvements=tuple(message.improvements),
        delivery=conversion.delivery_of(message.delivery),
        provenance=conversion.provenance_of(message.provenance),
    )


def practice_question(message: messages.SuggestPracticeQuestionResponse) -> PracticeQuestion:
    """The question of a message. Raises KeyError for an enum value that this build does not know."""
    return PracticeQuestion(
        conversion.question(message.question),
        _MATCH_OF[message.match],
        message.match_explanation,
        message.structure,
        _FRAMEWORK_OF[message.framework],
    )
