"""Shapes of contract 001: camelCase requests, integer ids."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from chat_service.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from chat_service.contracts.fields import Second
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS
from chat_service.interviews.round_plans import MAX_ROUND_QUESTIONS, MAX_ROUNDS, WantedRound
from chat_service.interviews.round_types import RoundType

USUAL_QUESTIONS = 5


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _countable(number: object) -> object:
    if isinstance(number, bool | str):
        raise ValueError("must be a whole number")
    return number


NOT_BLANK: dict[str, Any] = {"pattern": r"\S"}
_Storable = AfterValidator(_storable)
_NotBlank = Field(json_schema_extra=NOT_BLANK)
Whole = Annotated[int, BeforeValidator(_countable)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _Storable, _NotBlank]
Page = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), _Storable]
Email = Annotated[str, StringConstraints(max_length=320), _Storable]
Id = Annotated[Whole, Field(examples=[123])]


class Body(BaseModel):
    """A request body. What it does not name is ignored; null and an empty text count as missing."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, body: Any) -> Any:
        return {name: one for name, one in body.items() if not _is_empty(one)} if isinstance(body, dict) else body


class Input(Body):
    """A request body whose names are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class Registration(Input):
    """A new account."""

    email: Email = Field(examples=["user@example.com"])
    password: str = Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["SecurePass123!"])
    name: Line = Field(examples=["John Doe"])


class Credentials(Input):
    """An account's address and password."""

    email: Email = Field(examples=["user@example.com"])
    password: str = Field(max_length=MAX_LENGTH, examples=["SecurePass123!"])


class RefreshRequest(Body):
    """A refresh token."""

    refresh_token: str = Field(max_length=200)


class RoleInterview(Input):
    """A job to be interviewed for. `focusAreas` are separated by commas."""

    job_role: Line = Field(examples=["Data Scientist"])
    job_description: Page | None = Field(None, examples=["ML model development and deployment"])
    focus_areas: Annotated[str, StringConstraints(max_length=2_000), _Storable] | None = Field(
        None, examples=["Python, TensorFlow, AWS"]
    )

    def topics(self) -> Sequence[str]:
        """The focus areas one by one: at most 20, each of at most 200 characters."""
        parts = (one.strip() for one in (self.focus_areas or "").split(","))
        return [one[:200] for one in parts if one][:20]


class AnswerInput(Input):
    """An answer to one of an interview's questions. `timeSpent` is in seconds."""

    interview_id: Id
    question_id: Id = Field(examples=[1])
    answer: Annotated[str, _Storable, _NotBlank] = Field(
        min_length=1,
        max_length=MAX_ANSWER_CHARACTERS,
        examples=["REST APIs use multiple endpoints for different resources..."],
    )
    time_spent: Annotated[float, Strict()] | None = Field(None, ge=0, le=86_400, examples=[45])


class InterviewReference(Input):
    """An interview."""

    interview_id: Id


class Job(Input):
    """A job."""

    job_role: Line = Field(examples=["Senior Software Engineer"])
    job_description: Page | None = Field(None, examples=["Lead backend development team"])


class SelectedRound(Body):
    """A wanted round, such as one of those that were suggested."""

    round_name: Line = Field(examples=["Technical Round"])
    round_type: RoundType
    duration_minutes: Whole | None = Field(None, ge=1, le=480, examples=[45])
    question_count: Whole | None = Field(
        None, ge=1, le=MAX_ROUND_QUESTIONS, description=f"{USUAL_QUESTIONS} if left out"
    )
    description: Page | None = None
    focus_areas: list[Line] | None = Field(None, max_length=20)

    def wanted(self) -> WantedRound:
        """As the core knows it."""
        return WantedRound(
            name=self.round_name,
            type=self.round_type,
            question_count=self.question_count or USUAL_QUESTIONS,
            duration_minutes=self.duration_minutes,
            description=self.description,
            focus_areas=self.focus_areas or (),
        )


class MultiRoundInterview(Job):
    """A job and the rounds to be held for it, in order."""

    selected_rounds: list[SelectedRound] = Field(min_length=1, max_length=MAX_ROUNDS)


class RegisteredOut(BaseModel):
    """A new account's number."""

    message: Literal["User registered successfully"] = "User registered successfully"
    user_id: int


class UserOut(BaseModel):
    """An account; `name` is empty when it has none."""

    id: int
    email: str
    name: str


class LoggedInOut(BaseModel):
    """The tokens of a session: the access token lives for 15 minutes, the refresh token for 7 days."""

    access_token: str
    refresh_token: str
    user: UserOut


class RefreshedOut(BaseModel):
    """A new access token."""

    access_token: str


class QuestionOut(BaseModel):
    """A question; `id` is its number within the interview."""

    id: int
    question: str
    expected_points: Sequence[str]


class StartedOut(BaseModel):
    """An interview under way with its questions."""

    interview_id: int
    questions: Sequence[QuestionOut]


class FollowUpOut(BaseModel):
    """A question that probes what an answer missed; `timeLimit` is in seconds."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    question: str
    question_id: int
    time_limit: int


class GradedOut(BaseModel):
    """The grade of an answer, 0 to 100; null where the answer could not be assessed, which the feedback explains."""

    score: int | None
    technical_score: int | None
    communication_score: int | None
    confidence_score: int | None
    feedback: str
    followup: FollowUpOut | None


class Metrics(BaseModel):
    """Averages over the answers that have a score, 0 to 100; null where there is none."""

    average_overall: float | None
    average_technical: float | None
    average_communication: float | None
    average_confidence: float | None


class FocusArea(BaseModel):
    """A topic to work on: its average, and what was missing."""

    topic: str
    score: float | None
    missed_points: Sequence[str]


class ImprovementPlan(BaseModel):
    """What to work on, weakest topic first, and what to do next."""

    focus_areas: Sequence[FocusArea]
    next_steps: Sequence[str]
    readiness_score: float | None
    readiness_level: str | None


class RoadmapOut(BaseModel):
    """What to do within days, weeks and months."""

    immediate: Sequence[str]
    short_term: Sequence[str]
    long_term: Sequence[str]


class ResourceOut(BaseModel):
    """Something to learn from."""

    title: str
    type: str
    description: str
    url: str
    priority: str


class PersonalizedFeedback(BaseModel):
    """Feedback on a completed interview."""

    strengths: Sequence[str]
    weaknesses: Sequence[str]
    roadmap: RoadmapOut
    resources: Sequence[ResourceOut]
    generated_at: Second


class CompletedOut(BaseModel):
    """A completed interview."""

    message: Literal["Interview completed successfully"] = "Interview completed successfully"
    evaluation_metrics: Metrics
    improvement_plan: ImprovementPlan
    personalized_feedback: PersonalizedFeedback


class SuggestedRound(BaseModel):
    """A round that is usual for a job."""

    round_name: str
    round_type: RoundType
    description: str
    duration_minutes: int
    question_count: int
    focus_areas: Sequence[str]


class SuggestionsOut(BaseModel):
    """The rounds that are usual for a job, in order."""

    suggested_rounds: Sequence[SuggestedRound]


class MultiRoundOut(BaseModel):
    """An interview in rounds; each has to be started, in this order."""

    interview_id: int
    round_ids: Sequence[int]
    message: Literal["Multi-round interview created successfully"] = "Multi-round interview created successfully"


class StartedRoundOut(BaseModel):
    """A round under way with its questions."""

    round_id: int
    round_name: str
    round_type: RoundType
    questions: Sequence[QuestionOut]


class NextRound(BaseModel):
    """The round that can be started now."""

    id: int
    name: str
    type: RoundType


class CompletedRoundOut(BaseModel):
    """A completed round; the score is null when none of its answers has one."""

    round_score: float | None
    message: Literal["Round completed successfully"] = "Round completed successfully"
    next_round: NextRound | None


class InterviewOut(BaseModel):
    """An interview; the score is null until it is completed."""

    id: int
    job_role: str | None
    score: float | None
    status: str
    created_at: Second


class AnsweredQuestion(QuestionOut):
    """A question with its answer and grade, as far as there are any. Times are in seconds."""

    answer: str | None
    score: int | None
    technical_score: int | None
    communication_score: int | None
    confidence_score: int | None
    feedback: str | None
    time_spent: int | None
    time_limit: int
    late: bool


class ResultsOut(BaseModel):
    """All of an interview. The plan is empty until the interview is completed."""

    interview: InterviewOut
    questions: Sequence[AnsweredQuestion]
    evaluation_metrics: Metrics
    improvement_plan: ImprovementPlan
