"""The nouns of coaching, and what a coach does."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ai_service.interviewing.interview import Delivery, Difficulty, Provenance, Question, Quote


class Framework(StrEnum):
    """A way to order an answer; its elements are those of frameworks/<framework>.yaml."""

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


class NotCoachableReason(StrEnum):
    """Why an answer has no verdicts."""

    EMPTY = "empty"
    DECLINED = "declined"
    UNINTELLIGIBLE = "unintelligible"
    LANGUAGE = "language"
    INJECTION = "injection"
    PARROTED = "parroted"
    KEYWORD_LIST = "keyword_list"
    UNSUPPORTED = "unsupported"


class PracticeMatch(StrEnum):
    """How a practice question was found: from the most certain way to the least, and by a model."""

    SKILL = "skill"
    WORDS = "words"
    MEANING = "meaning"
    ROLE = "role"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class AnswerToCoach:
    """An answer with its question; `framework` is None for the coach's choice."""

    question: str
    answer: str
    framework: Framework | None = None


@dataclass(frozen=True, slots=True)
class ElementReading:
    """One element in an answer: the verdict (None without one), the quotes that show it, and what to add."""

    id: str
    title: str
    status: ElementStatus | None
    quotes: tuple[Quote, ...]
    comment: str
    to_add: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoachingFeedback:
    """An answer read by a framework. `not_coachable_reason` says why no element has a verdict."""

    framework: Framework
    framework_title: str
    framework_reason: str
    not_coachable_reason: NotCoachableReason | None
    elements: tuple[ElementReading, ...]
    overall: str
    improvements: tuple[str, ...]
    delivery: Delivery
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PracticeWish:
    """What somebody wants to practise; at least one of `job_role` and `skill` is not empty.

    `seen_keys` are the questions that he has had, newest first, `seen_texts` those that a model wrote.
    """

    job_role: str
    skill: str
    difficulty: Difficulty
    seen_keys: tuple[str, ...] = ()
    seen_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PracticeQuestion:
    """A question to practise with, how it was found, and how to order an answer to it."""

    question: Question
    match: PracticeMatch
    match_explanation: str
    structure: str
    framework: Framework


class Coach(Protocol):
    """Reads answers by frameworks and finds practice questions. Holds no state of anybody."""

    async def analyze(self, wanted: AnswerToCoach) -> CoachingFeedback:
        """Read an answer by a framework.

        Raises `Overloaded` when the bound of concurrent work is reached, and `ModelFault` when a language model was to
        read it and did not: nothing else takes its place.
        """
        ...

    async def practice_question(self, wish: PracticeWish) -> PracticeQuestion:
        """A question to practise with."""
        ...
