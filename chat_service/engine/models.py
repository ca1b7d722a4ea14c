"""What the interview engine is asked and what it answers, in the chat service's own terms.

The same classes, as JSON, are what the database keeps of a question and of an evaluation. They are not frozen, though
nobody changes them: a frozen class takes three times as long to make, and an answer makes about fifty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from chat_service.engine.spoken_delivery import SpokenDelivery


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
    """How hard a question is, from screening to staff level."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    EXPERT = "expert"


class QuestionKind(StrEnum):
    """Whether a question opens a subject or probes a missed point."""

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


class PointStatus(StrEnum):
    """How far an answer says one expected point."""

    COVERED = "covered"
    PARTIAL = "partial"
    MISSED = "missed"
    CONTRADICTED = "contradicted"


class GradeConfidence(StrEnum):
    """How far several gradings of the same answer agree: low when they differ by more than a level somewhere."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(slots=True)
class InterviewContext:
    """What the engine is told of an interview and its candidate."""

    interview_id: str
    domain: Domain
    difficulty: Difficulty
    question_limit: int
    job_role: str | None = None
    job_description: str | None = None
    resume: str | None = None
    focus_areas: Sequence[str] = ()
    skills: Sequence[str] = ()
    experience_level: str | None = None
    target_company: str | None = None
    years_experience: float | None = None


@dataclass(slots=True)
class ExpectedPoint:
    """One thing that a full answer says; `weight` (1 to 3) is its share beside the others."""

    id: str
    text: str
    phrasings: tuple[str, ...] = ()
    weight: int = 1


@dataclass(slots=True)
class Question:
    """A question with all that grading its answer needs. `key` is the engine's stable name for it."""

    key: str
    text: str
    kind: QuestionKind
    parent_key: str
    probed_point_id: str
    domain: Domain
    difficulty: Difficulty
    topic: str
    topic_title: str
    points: tuple[ExpectedPoint, ...]
    reference_answer: str
    time_limit_seconds: int
    source: QuestionSource


@dataclass(slots=True)
class Quote:
    """`answer[start:end]`, to the letter; offsets count Unicode code points."""

    quote: str
    start: int
    end: int


@dataclass(slots=True)
class Criterion:
    """The score on one criterion of the rubric; `level` and `score` are None when it could not be judged.

    `level_spread` is the highest less the lowest level (0 to 4) of several gradings, None where there was one.
    """

    name: str
    title: str
    weight: float
    level: int | None
    score: float | None
    comment: str
    evidence: tuple[Quote, ...]
    level_spread: int | None = None


@dataclass(slots=True)
class PointResult:
    """How far the answer said one expected point; `credit` runs from 0 to 1."""

    id: str
    text: str
    status: PointStatus
    credit: float
    quote: Quote | None


@dataclass(slots=True)
class FillerWord:
    """A filler word and the offsets at which it stands in the answer."""

    word: str
    count: int
    starts: tuple[int, ...]


@dataclass(slots=True)
class FoundPhrase:
    """A word or phrase, such as a hedge, and the offsets at which it stands in the answer."""

    phrase: str
    count: int
    starts: tuple[int, ...]


@dataclass(slots=True)
class Repetition:
    """A word or phrase that was said again, and where.

    `in_a_row`: at once, as in "the the"; `starts` are the offsets of the sayings that repeat the one right before.
    Otherwise it came three times or more, and `starts` has all.
    """

    phrase: str
    count: int
    starts: tuple[int, ...]
    in_a_row: bool


@dataclass(slots=True)
class LongSentence:
    """`answer[start:end]`: a run of over 40 words without a full stop."""

    start: int
    end: int
    words: int


@dataclass(slots=True)
class GrammarIssue:
    """What is wrong with `answer[start:end]`, and what to say instead; None when there is no suggestion."""

    start: int
    end: int
    message: str
    suggestion: str | None


@dataclass(slots=True)
class StructurePart:
    """A part of a well-ordered answer and the first sentence that shows it, None when it was not found.

    Opening, steps, reasons and conclusion; of a story situation, task, action and result.
    """

    name: str
    quote: Quote | None


@dataclass(slots=True)
class SpokenWord:
    """A word as the recognizer wrote it, and when it was said: seconds from the beginning of the recording.

    `end` is not before `start`. `confidence` is 0 to 1, None where the recognizer tells none.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None


@dataclass(slots=True)
class SpokenTiming:
    """When an answer was said.

    `duration_seconds` runs from the first word's beginning to the last one's end. `words` are in order, as they were
    recognized, whatever became of the text since; none where the recognizer gives no times.
    """

    duration_seconds: float
    words: tuple[SpokenWord, ...] = ()


@dataclass(slots=True)
class Delivery:
    """How the answer was said, beside the score and never part of it.

    `relevance` to `confidence` are percentages, 0 to 100, None where not measured. `words_per_minute`, pauses included,
    needs a spoken answer; 140 to 210 are usual. `spoken` is None for a typed answer, and where the times of the words
    are not known. Sentences are counted between full stops. Offsets count Unicode code points.
    """

    relevance: float | None
    grammar: float | None
    fluency: float | None
    keyword_coverage: float | None
    structure: float | None
    confidence: float | None
    word_count: int
    sentence_count: int
    words_per_minute: float | None
    filler_words: tuple[FillerWord, ...] = ()
    keywords_found: tuple[str, ...] = ()
    keywords_missing: tuple[str, ...] = ()
    hedges: tuple[FoundPhrase, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    mean_sentence_words: float | None = None
    longest_sentence_words: int | None = None
    long_sentences: tuple[LongSentence, ...] = ()
    grammar_issues: tuple[GrammarIssue, ...] = ()
    structure_parts: tuple[StructurePart, ...] = ()
    spoken: SpokenDelivery | None = None


@dataclass(slots=True)
class Provenance:
    """What made a grade or a text; `calibration` names the curve that was applied to the score, empty for none."""

    engine: str
    model: str
    rubric: str
    rubric_version: str
    prompt_version: str
    grader_version: str
    calibration: str = ""

    @property
    def rubric_major(self) -> int:
        """Scores are averaged only with scores of the same major version."""
        major = self.rubric_version.split(".", 1)[0]
        return int(major) if major.isdecimal() else 0


@dataclass(slots=True)
class Evaluation:
    """The grade of one answer. `score` is 0 to 100, or None with the reason why the answer has none.

    `samples` is the number of gradings that it is the median of. `confidence` says how far they agree, None where there
    was one or where there is no score; a score of low confidence is one to be read with care.
    """

    status: EvaluationStatus
    score: float | None
    not_assessable_reason: str | None
    criteria: tuple[Criterion, ...]
    points: tuple[PointResult, ...]
    delivery: Delivery
    strengths: tuple[str, ...]
    improvements: tuple[str, ...]
    feedback: str
    provenance: Provenance
    confidence: GradeConfidence | None = None
    samples: int = 1


@dataclass(slots=True)
class Turn:
    """One question that was asked, with the answer and its evaluation as far as there is one.

    `spoken` is when a spoken answer was said; the evaluation reads it.
    """

    question: Question
    answer: str = ""
    evaluation: Evaluation | None = None
    spoken: SpokenTiming | None = None


@dataclass(slots=True)
class PastTurn:
    """As much of an earlier turn as the choice of the next question reads. `points` maps point ids to statuses."""

    key: str
    text: str
    kind: QuestionKind
    parent_key: str
    probed_point_id: str
    domain: Domain
    difficulty: Difficulty
    topic: str
    topic_title: str
    status: EvaluationStatus | None
    score: float | None
    declined: bool
    points: Mapping[str, PointStatus]


@dataclass(slots=True)
class History:
    """What the choice of the next question depends on beside the interview itself.

    `turns` are this interview's, oldest first; `seen_keys` names every question that the candidate has had in the
    domain, once for each time; `seen_texts` are the last questions that a language model wrote for him in other
    interviews, newest first.
    """

    turns: Sequence[PastTurn]
    seen_keys: Sequence[str]
    seen_texts: Sequence[str] = ()


@dataclass(slots=True)
class GradedTurn:
    """An evaluation and, unless choosing failed, the next question."""

    evaluation: Evaluation
    next_question: Question | None


EVALUATION = TypeAdapter(Evaluation)
QUESTION = TypeAdapter(Question)
SPOKEN_TIMING = TypeAdapter(SpokenTiming)
