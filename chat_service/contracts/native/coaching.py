"""Shapes of coaching. The feedback is the core's own class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chat_service.coaching.coaching import LEVELS, MAX_QUESTION_CHARACTERS
from chat_service.contracts.fields import Flag
from chat_service.contracts.native.wire import Input, Line, Storable
from chat_service.engine.coaching import Framework, PracticeMatch, PracticeQuestion
from chat_service.engine.models import Difficulty, Domain, QuestionSource
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS

_Asked = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARACTERS), Storable
]


class CoachingInput(Input):
    """An answer to any question, to be read by a framework."""

    question: _Asked = Field(examples=["Tell me about a time you faced a difficult technical challenge."])
    answer: Annotated[str, StringConstraints(max_length=MAX_ANSWER_CHARACTERS), Storable]
    framework: Framework | None = Field(None, description="Left out, the server chooses by the question and says so")


class PracticeInput(Input):
    """What to practise: a skill, a job role or both."""

    job_role: Line | None = Field(None, examples=["Data Scientist"])
    skill: Line | None = Field(None, examples=["Machine Learning"])
    difficulty: Literal["easy", "medium", "hard", "expert", "beginner", "intermediate", "advanced"] = Field(
        "medium", description="beginner, intermediate and advanced are other names of easy, medium and hard"
    )
    include_reference: Flag = Field(False, description="Whether the reply holds a reference answer")

    @property
    def level(self) -> Difficulty:
        """The difficulty by its own name."""
        return LEVELS[self.difficulty]


@dataclass(slots=True)
class PracticeQuestionOut:
    """A question to practise with. `time_limit_seconds` is the time that an answer aloud should take at most."""

    id: str
    text: str
    domain: Domain
    difficulty: Difficulty
    topic: str
    topic_title: str
    time_limit_seconds: int
    source: QuestionSource


@dataclass(slots=True)
class GuidanceOut:
    """What a full answer says, how to order it, and the framework that POST /coaching/feedback reads it by."""

    key_points: Sequence[str]
    structure: str
    framework: Framework


@dataclass(slots=True)
class PracticeOut:
    """A practice question. `match` and `match_explanation` say how it was found; `reference_answer` is on request."""

    question: PracticeQuestionOut
    match: PracticeMatch
    match_explanation: str
    guidance: GuidanceOut
    reference_answer: str | None


def practice_out(practice: PracticeQuestion, *, include_reference: bool) -> PracticeOut:
    """A practice question with its guidance."""
    question = practice.question
    return PracticeOut(
        question=PracticeQuestionOut(
            id=question.key,
            text=question.text,
            domain=question.domain,
            difficulty=question.difficulty,
            topic=question.topic,
            topic_title=question.topic_title,
            time_limit_seconds=question.time_limit_seconds,
            source=question.source,
        ),
        match=practice.match,
        match_explanation=practice.match_explanation,
        guidance=GuidanceOut([point.text for point in question.points], practice.structure, practice.framework),
        reference_answer=question.reference_answer if include_reference else None,
    )
