"""An interview's report, in the chat service's own terms. The same classes, as JSON, are what the database keeps."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.engine.models import (
    Difficulty,
    Domain,
    GradeConfidence,
    PointResult,
    PointStatus,
    Provenance,
    QuestionKind,
)


class ReadinessLevel(StrEnum):
    """How ready for real interviews the answers show a candidate to be."""

    NOT_READY = "not_ready"
    NEEDS_WORK = "needs_work"
    ALMOST_READY = "almost_ready"
    READY = "ready"


class ResourceType(StrEnum):
    """What a learning resource is."""

    BOOK = "book"
    COURSE = "course"
    DOCUMENTATION = "documentation"
    STANDARD = "standard"
    ARTICLE = "article"
    PRACTICE = "practice"


class Priority(StrEnum):
    """How much something is needed."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class CriterionSummary:
    """Mean score on one criterion over the answers that were assessed on it."""

    name: str
    title: str
    weight: float
    score: float | None
    assessed_answers: int


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """Mean score on one topic of a domain, and the points on it that were missing."""

    topic: str
    title: str
    score: float | None
    assessed_answers: int
    missed_points: tuple[str, ...]
    domain: Domain | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement about the candidate and, where there is one, the quote that shows it.

    `status` is how far the answer says the expected point that it is about.
    """

    text: str
    topic: str | None
    question_key: str | None
    quote: str | None
    status: PointStatus | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do next."""

    text: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Roadmap:
    """What to do within days, within weeks and within months."""

    immediate: tuple[NextStep, ...] = ()
    short_term: tuple[NextStep, ...] = ()
    long_term: tuple[NextStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to learn from; `topics` are those of the interview that it is for, empty for the whole field."""

    title: str
    type: ResourceType
    description: str
    url: str
    priority: Priority
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionReview:
    """A question looked back on: what was said of its points, and what a full answer would have said.

    `question_id` names the question in the interview's transcript, `question_key` in the findings. `confidence` is that
    of the answer's evaluation; `seconds_taken` and `late` are those of the answer.
    """

    question_key: str
    question: str
    kind: QuestionKind
    difficulty: Difficulty
    topic: str
    topic_title: str
    score: float | None
    not_assessable_reason: str | None
    points: tuple[PointResult, ...]
    full_answer: str
    delivery_notes: tuple[str, ...]
    question_id: UUID | None = None
    confidence: GradeConfidence | None = None
    seconds_taken: float | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a finished interview. `overall_score`, grade and readiness are None when no answer was assessed.

    Fields with a default are missing in reports that were stored before there were any. `words_missing` says that a
    language model was to write the words and failed: the numbers are complete, and the words can be asked for again.
    """

    overall_score: float | None
    assessed_answers: int
    not_assessable_answers: int
    criteria: tuple[CriterionSummary, ...]
    topics: tuple[TopicSummary, ...]
    strengths: tuple[Finding, ...]
    gaps: tuple[Finding, ...]
    next_steps: tuple[NextStep, ...]
    summary: str
    provenance: Provenance | None = None
    words_missing: bool = False
    letter_grade: str | None = None
    readiness_score: float | None = None
    readiness_level: ReadinessLevel | None = None
    roadmap: Roadmap = Roadmap()
    resources: tuple[Resource, ...] = ()
    question_reviews: tuple[QuestionReview, ...] = ()

    def with_words_of(self, other: "Report") -> "Report":
        """This report with the words of another one of the same interview; every number stays."""
        return replace(
            self,
            strengths=other.strengths,
            gaps=other.gaps,
            next_steps=other.next_steps,
            summary=other.summary,
            provenance=other.provenance,
            words_missing=other.words_missing,
        )


REPORT = TypeAdapter(Report)
