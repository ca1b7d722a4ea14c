"""Question sets and rounds: shapes of the native API."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pydantic import Field

from chat_service.contracts.fields import Flag
from chat_service.contracts.native.wire import Input, InterviewOut, Line, NewInterviewInput, Page, ShortLine, Whole
from chat_service.engine.models import Difficulty
from chat_service.interviews.interview import TranscriptTurn
from chat_service.interviews.lifecycle import NewInterview
from chat_service.interviews.question_sets import MAX_SET, QuestionStatus, SetQuestion, WantedSet
from chat_service.interviews.round_plans import MAX_ROUND_QUESTIONS, MAX_ROUNDS, Seniority, WantedRound
from chat_service.interviews.round_types import QuestionCategory, RoundType
from chat_service.interviews.rounds import RoundDetails


class QuestionSetInput(Input):
    """Wanted questions. What is left out is as in the interview."""

    count: Whole = Field(ge=1, le=MAX_SET, examples=[5])
    categories: list[QuestionCategory] = Field(
        default_factory=list, max_length=12, description="Taken in turn", examples=[["behavioral", "technical"]]
    )
    skills: list[ShortLine] = Field(default_factory=list, max_length=50)
    topics: list[Line] = Field(default_factory=list, max_length=20)
    difficulty: Difficulty | None = None
    follow_ups: Flag = Field(
        False,
        description="Whether an answer that misses a point adds a question, at most two for each main question. "
        "The last set decides for all open questions of the interview",
    )

    def wanted(self) -> WantedSet:
        """As the core knows it."""
        return WantedSet(**{one.name: getattr(self, one.name) for one in fields(WantedSet)})


class RoundInput(Input):
    """A wanted round."""

    name: Line = Field(examples=["Technical Round"])
    type: RoundType
    question_count: Whole = Field(5, ge=1, le=MAX_ROUND_QUESTIONS)
    duration_minutes: Whole | None = Field(None, ge=5, le=480)
    description: Page | None = None
    focus_areas: list[Line] = Field(default_factory=list, max_length=20)

    def wanted(self) -> WantedRound:
        """As the core knows it."""
        return WantedRound(**{one.name: getattr(self, one.name) for one in fields(WantedRound)})


class InterviewInRoundsInput(NewInterviewInput):
    """A wanted interview. With `scheduled_at` it is scheduled, without it is a draft; `rounds` are held in order."""

    rounds: list[RoundInput] = Field(default_factory=list, max_length=MAX_ROUNDS)

    def wanted(self) -> NewInterview:
        """As the core knows it."""
        plain = {one.name: getattr(self, one.name) for one in fields(NewInterview) if one.name != "rounds"}
        return NewInterview(**plain, rounds=tuple(one.wanted() for one in self.rounds))


class StartRoundInput(Input):
    """How a round is held."""

    follow_ups: Flag = True


class RoundSuggestionsInput(Input):
    """A job."""

    job_role: Line = Field(examples=["Senior Software Engineer"])
    job_description: Page | None = None
    experience_level: ShortLine | None = None


@dataclass(slots=True)
class QuestionOut(TranscriptTurn):
    """A question with its answer. What a full answer says is shown once there is a grade."""

    status: QuestionStatus


@dataclass(slots=True)
class QuestionsOut:
    """Questions in order."""

    questions: Sequence[QuestionOut]


@dataclass(slots=True)
class PreparedOut:
    """An interview in progress, and the questions that were added to it."""

    interview: InterviewOut
    questions: Sequence[QuestionOut]


@dataclass(slots=True)
class RoundsOut:
    """Rounds in order."""

    rounds: Sequence[RoundDetails]


@dataclass(slots=True)
class StartedRoundOut:
    """A round under way and its questions."""

    round: RoundDetails
    questions: Sequence[QuestionOut]


@dataclass(slots=True)
class SuggestionsOut:
    """The rounds that are usual for a job of this family and seniority, in order; POST /interviews takes them."""

    family: str
    seniority: Seniority
    rounds: Sequence[WantedRound]


def questions_out(questions: Sequence[SetQuestion]) -> Sequence[QuestionOut]:
    """Questions as their candidate may see them."""
    return [question_out(one) for one in questions]


def question_out(one: SetQuestion) -> QuestionOut:
    """A question as its candidate may see it."""
    turn = one.turn
    return QuestionOut(
        turn.question, turn.answer, turn.expected_points, turn.reference_answer, one.status, heard=turn.heard
    )
