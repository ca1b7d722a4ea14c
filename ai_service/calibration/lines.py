"""JSON lines with answers to grade."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ai_service.grading.grade import ExpectedPoint
from ai_service.grading.words import words_of
from ai_service.interviewing.interview import (
    Difficulty,
    Domain,
    Question,
    QuestionKind,
    QuestionSource,
)

MAX_ANSWER_CHARACTERS = 20_000
MAX_POINTS = 50
_SECONDS = 600


def _with_words(text: str) -> str:
    if not words_of(text):
        raise ValueError("write it in words: there is none in it")
    return text


_Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_with_words)]


class PointLine(BaseModel):
    """An expected point with other ways to say it and its share (1 to 3)."""

    model_config = ConfigDict(extra="forbid")

    text: _Text
    phrasings: list[_Text] = Field(default_factory=list, max_length=20)
    weight: int = Field(1, ge=1, le=3)


class GradingLine(BaseModel):
    """One answer with what it is graded against: expected points, a reference answer, or both.

    `domain` names the rubric. Other members, such as an id, are repeated in the result.
    """

    model_config = ConfigDict(extra="allow")

    question: str = ""
    expected_points: list[_Text | PointLine] = Field(default_factory=list, max_length=MAX_POINTS)
    reference: str = ""
    answer: str = Field(max_length=MAX_ANSWER_CHARACTERS)
    domain: Domain = Domain.CS_FUNDAMENTALS

    @model_validator(mode="after")
    def _gradable(self) -> "GradingLine":
        if not self.expected_points and not words_of(self.reference):
            raise ValueError("give expected_points or a reference to grade against")
        return self

    @property
    def others(self) -> dict[str, Any]:
        """The members that are not the grader's."""
        return dict(self.model_extra or {})

    def as_question(self) -> Question:
        """The question as the engine takes it."""
        points = [one if isinstance(one, PointLine) else PointLine(text=one) for one in self.expected_points]
        return Question(
            key="",
            text=self.question,
            kind=QuestionKind.MAIN,
            domain=self.domain,
            difficulty=Difficulty.MEDIUM,
            topic="",
            topic_title="",
            points=tuple(
                ExpectedPoint(f"point-{number}", one.text, tuple(one.phrasings), one.weight)
                for number, one in enumerate(points, start=1)
            ),
            reference_answer=self.reference,
            time_limit_seconds=_SECONDS,
            source=QuestionSource.BANK,
        )


class ScoredLine(GradingLine):
    """A grading line with the score that a person gave, on any scale."""

    human_score: float = Field(allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be graded: its number, from 1, and why."""

    number: int
    reason: str


def read_lines(lines: Iterable[bytes], kind: type[GradingLine]) -> Iterator[tuple[int, GradingLine] | BadLine]:
    """The lines one by one, with their numbers; empty ones are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, kind.model_validate_json(line)
        except ValidationError as error:
            yield BadLine(number, "; ".join(_reasons(error)))


def _reasons(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        yield f"{where}: {text}" if where else text
