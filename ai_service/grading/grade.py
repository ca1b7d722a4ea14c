"""What the grader is given and what it gives back."""

from dataclasses import dataclass, field
from enum import StrEnum


class Assessability(StrEnum):
    """Whether an answer can have a score, and if not, why."""

    ASSESSABLE = "assessable"
    EMPTY = "empty"
    DECLINED = "declined"
    UNINTELLIGIBLE = "unintelligible"
    LANGUAGE = "language"


class PointStatus(StrEnum):
    """How far an answer says one expected point."""

    COVERED = "covered"
    PARTIAL = "partial"
    MISSED = "missed"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class ExpectedPoint:
    """One thing that a full answer says, with other ways to say it and its share (1 to 3) beside the others."""

    id: str
    text: str
    phrasings: tuple[str, ...] = ()
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """`answer[start:end]`, to the letter; offsets count Unicode code points."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PointMatch:
    """How far the answer says one expected point; `credit` runs from 0 to 1, `quote` is None when missed."""

    point: ExpectedPoint
    status: PointStatus
    credit: float
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class FillerWord:
    """A filler word, lower case, and the offsets at which it stands in the answer."""

    word: str
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundPhrase:
    """A word or phrase, lower case, and the offsets at which it stands in the answer, in code points."""

    phrase: str
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """A word or phrase that was said again, lower case.

    `in_a_row`: said twice with nothing between, as in "the the"; `starts` are the sayings that repeat the one right
    before. Otherwise a phrase that comes again and again; `starts` are all of its sayings.
    """

    phrase: str
    starts: tuple[int, ...]
    in_a_row: bool


@dataclass(frozen=True, slots=True)
class LongSentence:
    """`answer[start:end]`, a run of `words` words without a full stop."""

    start: int
    end: int
    words: int


@dataclass(frozen=True, slots=True)
class GrammarIssue:
    """What is wrong with `answer[start:end]`, and what to put there instead, None when there is no suggestion."""

    start: int
    end: int
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class StructurePart:
    """A part of a well-ordered answer, such as "opening" or "result", and where it was found; None when missing."""

    name: str
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it was recognized, and when it was said, in seconds from the beginning of the audio."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """How long an answer took to say, in seconds, and its words as they were recognized, in order, where known."""

    seconds: float
    words: tuple[SpokenWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence of `seconds` that begins `at` seconds, between the recognized words `after` and `before`.

    `start` is the offset of the word behind it in the answer, None when the answer was edited there.
    """

    at: float
    seconds: float
    after: str
    before: str
    start: int | None


@dataclass(frozen=True, slots=True)
class TimedFiller:
    """A filler at the offset `start` of the answer, said `at` seconds and taking `seconds`."""

    word: str
    start: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class SpokenDelivery:
    """When the words of an answer were said. `spoken_delivery.spoken_delivery_of` defines each figure."""

    speech_seconds: float
    word_count: int
    timed_word_count: int
    articulation_rate: float | None
    pause_count: int
    long_pause_count: int
    pause_seconds: float
    longest_pause_seconds: float
    pauses: tuple[Pause, ...] = ()
    fillers: tuple[TimedFiller, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer was said: figures from 0 to 100, None where they cannot be measured. Never part of a score.

    `delivery.delivery_of` defines each. All places are offsets into the answer in Unicode code points.
    """

    word_count: int
    sentence_count: int
    relevance: float | None = None
    grammar: float | None = None
    fluency: float | None = None
    keyword_coverage: float | None = None
    structure: float | None = None
    confidence: float | None = None
    words_per_minute: float | None = None
    mean_sentence_words: float | None = None
    longest_sentence_words: int | None = None
    filler_words: tuple[FillerWord, ...] = ()
    hedges: tuple[FoundPhrase, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    long_sentences: tuple[LongSentence, ...] = ()
    grammar_issues: tuple[GrammarIssue, ...] = ()
    structure_parts: tuple[StructurePart, ...] = ()
    keywords_found: tuple[str, ...] = ()
    keywords_missing: tuple[str, ...] = ()
    spoken: SpokenDelivery | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """A figure from 0 to 1 that a rubric's criterion is read from, with the quotes that show it."""

    value: float
    evidence: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """The grader's reading of one answer.

    `signals` has the entries that rubrics name: "coverage" (weighted credit of the points), "accuracy" (freedom
    from contradictions and wrong figures among what was said on the points), "reasoning" (points that the answer
    gives a reason, mechanism or example for), "focus" (share of the answer that serves the question). Each is
    bounded by what was covered, so that none can be had without content. Empty when not assessable.
    `guards` names the deterministic guards that lowered the credit, such as "parroted" or "keyword_list".
    """

    assessability: Assessability
    delivery: Delivery
    points: tuple[PointMatch, ...] = ()
    signals: dict[str, Signal] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
