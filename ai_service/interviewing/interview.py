"""The nouns of an interview: what is asked, what was answered, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum

from ai_service.grading import grade

# Nouns of grading that an evaluation consists of; the wire gets them here, since it knows no grading.
Delivery = grade.Delivery
ExpectedPoint = grade.ExpectedPoint
FillerWord = grade.FillerWord
PointStatus = grade.PointStatus
Quote = grade.Quote
Speech = grade.Speech
SpokenDelivery = grade.SpokenDelivery
SpokenWord = grade.SpokenWord


class Domain(StrEnum):
    """The field of an interview."""

    DSA = "dsa"
    CS_FUNDAMENTALS = "cs_fundamentals"
    LLD = "lld"
    HLD = "hld"
    BEHAVIORAL = "behavioral"
    SITUATIONAL = "situational"
    HR = "hr"
    ROLE = "role"


class Difficulty(StrEnum):
    """How hard a question is, from screening to staff."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    EXPERT = "expert"

    @property
    def rank(self) -> int:
        """0 (easy) to 3 (expert)."""
        return _RANKS[self]

    @classmethod
    def of_rank(cls, rank: int) -> "Difficulty":
        """The difficulty of a rank; ranks outside 0 to 3 give the nearest one."""
        return _BY_RANK[max(0, min(len(_BY_RANK) - 1, rank))]


_BY_RANK = tuple(Difficulty)
_RANKS = {difficulty: rank for rank, difficulty in enumerate(_BY_RANK)}


class QuestionKind(StrEnum):
    """Whether a question opens a subject or probes a point that an answer missed."""

    MAIN = "main"
    FOLLOW_UP = "follow_up"


class QuestionSource(StrEnum):
    """Where a question comes from."""

    BANK = "bank"
    MODEL = "model"
    BANK_FALLBACK = "bank_fallback"


class EvaluationStatus(StrEnum):
    """Whether an answer has a score."""

    SCORED = "scored"
    NOT_ASSESSABLE = "not_assessable"


class NotAssessableReason(StrEnum):
    """Why an answer has no score."""

    EMPTY = "empty"
    DECLINED = "declined"
    UNINTELLIGIBLE = "unintelligible"
    LANGUAGE = "language"
    UNSUPPORTED_GRADE = "unsupported_grade"

    @property
    def is_pass(self) -> bool:
        """Whether the candidate chose to say nothing, which shows what there is to learn."""
        return self in (NotAssessableReason.EMPTY, NotAssessableReason.DECLINED)


class GradeConfidence(StrEnum):
    """How far several gradings of the same answer agree: low when a criterion's levels lie over one level apart."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class InterviewContext:
    """What is known of the interview and its candidate. The texts are data, never instructions."""

    domain: Domain
    difficulty: Difficulty
    question_limit: int
    interview_id: str = ""
    job_role: str = ""
    job_description: str = ""
    focus_areas: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    experience_level: str = ""
    target_company: str = ""
    years_experience: float | None = None
    resume: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all that grading its answer needs.

    `parent_key` and `probed_point_id` are empty for a main question. `time_limit_seconds` is 30 to 3600, or 0 where
    it is not known (a past turn may leave out what later steps do not read).
    """

    key: str
    text: str
    kind: QuestionKind
    domain: Domain
    difficulty: Difficulty
    topic: str
    topic_title: str
    points: tuple[ExpectedPoint, ...]
    reference_answer: str
    time_limit_seconds: int
    source: QuestionSource
    parent_key: str = ""
    probed_point_id: str = ""

    @property
    def main_key(self) -> str:
        """Key of the main question that this one is or belongs to."""
        return self.parent_key or self.key


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a grade or a text, so that numbers are compared only with their like.

    `calibration` names the curve that was applied to the score, empty for none.
    """

    engine: str
    model: str
    rubric: str
    rubric_version: str
    prompt_version: str
    grader_version: str
    calibration: str = ""


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """The score (0 to 100) and level (0 to 4) on one criterion, both None when it could not be judged.

    `level_spread` is the highest less the lowest level of several gradings, None where there was one.
    """

    id: str
    title: str
    weight: float
    level: int | None
    score: float | None
    comment: str
    evidence: tuple[Quote, ...]
    level_spread: int | None = None


@dataclass(frozen=True, slots=True)
class PointResult:
    """How far the answer said one expected point; `credit` is 0 to 1."""

    id: str
    text: str
    status: PointStatus
    credit: float
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The grade of one answer: `score` (0 to 100, one decimal) or the reason why there is none.

    `samples` is the number of gradings that it is the median of; `confidence` is None where there was one. `raw_score`
    is the score before a calibration, None where none was applied.
    """

    status: EvaluationStatus
    score: float | None
    not_assessable_reason: NotAssessableReason | None
    criteria: tuple[CriterionScore, ...]
    points: tuple[PointResult, ...]
    delivery: Delivery
    strengths: tuple[str, ...]
    improvements: tuple[str, ...]
    feedback: str
    provenance: Provenance
    confidence: GradeConfidence | None = None
    samples: int = 1
    raw_score: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One asked question with its answer; `evaluation` is None while the answer is without a grade."""

    question: Question
    answer: str = ""
    evaluation: Evaluation | None = None


@dataclass(frozen=True, slots=True)
class SubmittedAnswer:
    """An answer to grade. `speech` is None for a typed one."""

    question: Question
    answer: str
    speech: Speech | None = None
    extra_keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChosenQuestion:
    """The next question, with a sentence for operators on how it was chosen."""

    question: Question
    rationale: str


@dataclass(frozen=True, slots=True)
class CriterionSummary:
    """Mean score on one criterion (one decimal) and the number of answers that it is of."""

    id: str
    title: str
    weight: float
    score: float | None
    assessed_answers: int


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """Mean score on one topic of a domain (one decimal), and the texts of the points that were not fully said."""

    topic: str
    title: str
    score: float | None
    assessed_answers: int
    missed_points: tuple[str, ...]
    domain: Domain


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement about the candidate; topic, question key and quote are empty where there is none.

    `status` is how far the answer says the expected point that it is about, None where it is about none.
    """

    text: str
    topic: str = ""
    question_key: str = ""
    quote: str = ""
    status: PointStatus | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do next; the topic is empty for a general one."""

    text: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Roadmap:
    """What to do within days, within weeks and within months; a step that is about a topic names it."""

    immediate: tuple[NextStep, ...] = ()
    short_term: tuple[NextStep, ...] = ()
    long_term: tuple[NextStep, ...] = ()


class ReadinessLevel(StrEnum):
    """How ready for real interviews the answers show a candidate to be."""

    NOT_READY = "not_ready"
    NEEDS_WORK = "needs_work"
    ALMOST_READY = "almost_ready"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Standing:
    """The grade that a score amounts to, and the readiness (0 to 100, one decimal) that the answers show."""

    letter_grade: str
    readiness_score: float
    readiness_level: ReadinessLevel


class ResourceType(StrEnum):
    """What a resource is."""

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
class Recommendation:
    """Something to learn from; `topics` are those of the interview that it is for, empty for the whole field."""

    title: str
    type: ResourceType
    description: str
    url: str
    priority: Priority
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionReview:
    """A question looked back on: what was said of its points, and what a full answer would have said."""

    question: Question
    score: float | None
    not_assessable_reason: NotAssessableReason | None
    points: tuple[PointResult, ...]
    full_answer: str
    delivery_notes: tuple[str, ...]
    confidence: GradeConfidence | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a finished interview; its numbers follow from the evaluations of its turns alone.

    `standing` is None when no answer was assessed.
    `words_missing` says that a language model was to write the words and failed; asking again can complete them.
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
    provenance: Provenance
    words_missing: bool = False
    standing: Standing | None = None
    roadmap: Roadmap = Roadmap()
    resources: tuple[Recommendation, ...] = ()
    question_reviews: tuple[QuestionReview, ...] = ()
