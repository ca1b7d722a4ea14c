"""Which expected points an answer says, how far, where, and which it contradicts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from ai_service.grading.alignment import align, word_weights
from ai_service.grading.embedding import Vectors
from ai_service.grading.grade import ExpectedPoint, PointMatch, PointStatus, Quote
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.topicality import topicality
from ai_service.grading.verdicts import Judge, Statement, Verdict

# Credit by alignment. Answers of candidates in their own words: good ones have a median of 0.64 (one in ten under
# 0.49), wrong ones on the subject 0.42 (one in ten over 0.51), answers to other questions 0.29.
_STRICT = ((0.28, 0.42, 0.52, 0.62, 0.75), (0.0, 0.3, 0.68, 0.93, 1.0))
# A story of the candidate's own resembles none of the stories that phrase a point, but what several of them have in
# common: the mean of the three nearest is compared. Stories told to the point have a median of 0.37, stories told to
# other questions 0.30 (one in ten over 0.35).
_STORY = ((0.29, 0.33, 0.37, 0.42), (0.0, 0.3, 0.75, 1.0))
_STORIES = 3
_COVERED, _PARTIAL = 0.65, 0.2
_STATED = 0.42  # alignment from which a sentence of the reference is taken for a statement of a point
_EQUAL = 0.05  # of two points whose alignments differ by less a sentence may state both
_CLOSE = 0.1  # statements of a point whose alignment is this near to the best are heard about polarity
_COMPETITION = 0.5  # how much of the difference a point loses where a passage says another point better
_PAIR_COST = 0.02  # of equals, the single sentence is quoted
_TRIED = 6  # passages a point is looked for in, the best first
_REFUTED = 0.9  # share of a denial's strength that a passage must reach to outweigh it
_SPOKEN = 0.4  # cosine from which a word of the answer is used up by a point
_SHARED, _SHARED_COST, _WORDS_A_POINT = 0.5, 0.6, 7


@dataclass(frozen=True, slots=True)
class Expectation:
    """A point with all its ways to be said, read."""

    point: ExpectedPoint
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class PointReading:
    """A match, the sentences of the answer it was found in, and the answer's content words that it takes up."""

    match: PointMatch
    sentences: tuple[int, ...] = ()
    words: frozenset[int] = frozenset()


def expectations_of(
    points: Sequence[ExpectedPoint], read: Sequence[ReadSentence], question: ReadSentence, reference: ReadText
) -> tuple[Expectation, ...]:
    """Join the points with their texts and phrasings, read in order, and with the reference's sentence for each."""
    texts = iter(read)
    plain = [[next(texts) for _ in range(1 + len(point.phrasings))] for point in points]
    stated = _stated_by(plain, question, reference)
    return tuple(
        Expectation(point, tuple(Statement(one, word_weights([one], question)) for one in (*own, *more)))
        for point, own, more in zip(points, plain, stated, strict=True)
    )


def _stated_by(
    plain: Sequence[Sequence[ReadSentence]], question: ReadSentence, reference: ReadText
) -> list[list[ReadSentence]]:
    """For each point the sentence of the reference that says it; one that says another point better comes last."""
    if not reference.sentences:
        return [[] for _ in plain]
    count = len(reference.sentences)
    scores = np.stack([align(own, question, reference).scores[:, :count].max(axis=0) for own in plain])
    others = scores < scores.max(axis=0) - _EQUAL
    stated: list[list[ReadSentence]] = []
    for own, row, other in zip(plain, scores, others, strict=True):
        mine = np.where(other, 0.0, row)
        best = reference.sentences[int((mine if mine.max() >= _STATED else row).argmax())]
        known = row.max() < _STATED or any(best.text == one.text for one in own)
        stated.append([] if known else [best])
    return stated


class Kind(Enum):
    """What the points are: demands that differ from each other, or the parts of a story."""

    DEMANDS = "demands"
    STORY = "story"


def read_points(
    expectations: Sequence[Expectation], question: ReadSentence, answer: ReadText, gains: Vectors, kind: Kind
) -> list[PointReading]:
    """Match every expectation with the answer; `gains[s]` scales what sentence `s` can earn."""
    return _Matching(expectations, question, answer, gains, kind).readings()


class _Matching:
    """The alignment of one answer's passages (sentences and pairs of neighbours) with one question's points."""

    def __init__(
        self,
        expectations: Sequence[Expectation],
        question: ReadSentence,
        answer: ReadText,
        gains: Vectors,
        kind: Kind,
    ) -> None:
        self._expectations = expectations
        self._answer = answer
        self._kind = kind
        self._judge = Judge(question, answer)
        count = len(answer.sentences)
        self._passages = [(s,) for s in range(count)] + [(s, s + 1) for s in range(count - 1)]
        statements = [statement.read for expectation in expectations for statement in expectation.statements]
        self._sizes = np.array([len(expectation.statements) for expectation in expectations])
        self._firsts = np.cumsum([0, *self._sizes])
        self._scores = align(statements, question, answer).scores
        if not self._scores.shape[1]:
            return
        best = np.maximum.reduceat(self._scores, self._firsts[:-1], axis=0)
        passage_gains = np.array([min(gains[s] for s in passage) for passage in self._passages], dtype=np.float32)
        passage_gains *= topicality(statements, question, answer, float(best.max()))
        best = _competing(best)
        earned = np.interp(best, *_STRICT)
        if kind is Kind.STORY:
            earned = np.maximum(
                earned, np.interp(_competing(self._common()), *_STORY) * (self._sizes >= _STORIES)[:, None]
            )
        earned[:, count:] -= _PAIR_COST
        self._earned = earned * passage_gains

    def _common(self) -> Vectors:
        """For each point and passage the mean of the three highest scores among the point's statements."""
        return np.stack([np.sort(self._own(i), axis=0)[-_STORIES:].mean(axis=0) for i in range(len(self._sizes))])

    def _own(self, index: int) -> Vectors:
        """The scores (statements, passages) of one point."""
        return self._scores[self._firsts[index] : self._firsts[index + 1]]

    def readings(self) -> list[PointReading]:
        if not self._scores.shape[1]:
            return [missed(expectation.point) for expectation in self._expectations]
        readings = self._read()
        if self._judge.denied[0] and not any(r.match.quote and r.match.credit and 0 in r.sentences for r in readings):
            self._judge.deny_onwards()
            readings = self._read()
        return readings if self._kind is Kind.STORY else _each_word_once(readings, self._answer)

    def _read(self) -> list[PointReading]:
        return [self._read_point(index) for index in range(len(self._expectations))]

    def _read_point(self, index: int) -> PointReading:
        """Take the passage with the most credit that agrees; a stronger one that disagrees contradicts the point."""
        expectation = self._expectations[index]
        own = self._own(index)
        refuted: tuple[float, tuple[int, ...]] | None = None
        for position in np.argsort(-self._earned[index], kind="stable")[:_TRIED]:
            credit = float(self._earned[index][position])
            if credit < _PARTIAL or (refuted is not None and credit < _REFUTED * refuted[0]):
                break
            passage = self._passages[position]
            if refuted is not None and len(passage) > 1 and not set(passage).isdisjoint(refuted[1]):
                continue  # a neighbour takes nothing of a denial back; by itself it is heard
            best = int(own[:, position].argmax())
            close = np.flatnonzero(own[:, position] >= own[best, position] - _CLOSE).tolist()
            if self._judge.verdict(expectation.statements, best, close, passage) is Verdict.AGREES:
                words = self._spoken(expectation.point, expectation.statements, own[:, position], passage)
                return self._found(expectation.point, passage, credit, expectation.statements[best], words)
            refuted = refuted or (credit, passage)
        if refuted is None:
            return missed(expectation.point)
        start, end = self._ends(refuted[1])
        quote = Quote(self._answer.text[start:end], start, end)
        return PointReading(PointMatch(expectation.point, PointStatus.CONTRADICTED, 0.0, quote), refuted[1])

    def _found(
        self, point: ExpectedPoint, passage: tuple[int, ...], credit: float, best: Statement, words: frozenset[int]
    ) -> PointReading:
        start, end = self._best_clause(best.read, passage)
        return PointReading(match_of(point, credit, Quote(self._answer.text[start:end], start, end)), passage, words)

    def _spoken(
        self, point: ExpectedPoint, statements: Sequence[Statement], scores: Vectors, passage: tuple[int, ...]
    ) -> frozenset[int]:
        """The content words of the answer, counted over all of it, that stand for a word of the point.

        The point is taken in its own best wording: a sentence of the reference may say several points.
        """
        expected = statements[int(scores[: 1 + len(point.phrasings)].argmax())].read
        inside = np.flatnonzero(np.isin(self._answer.sentence_of, passage))
        cosines = expected.vectors @ self._answer.vectors[inside].T
        partners = cosines.argmax(axis=1)
        return frozenset(int(inside[j]) for k, j in enumerate(partners) if cosines[k, j] >= _SPOKEN)

    def _best_clause(self, expected: ReadSentence, passage: tuple[int, ...]) -> tuple[int, int]:
        """The clause with nearly all of the passage's alignment, or the whole passage when it takes more than one."""
        start, end = self._ends(passage)
        if len(passage) > 1:
            return start, end
        sentence = self._answer.sentences[passage[0]]
        cosines = np.maximum(expected.vectors @ sentence.vectors.T, 0.0)
        whole = float(cosines.max(axis=1).sum())
        for clause in self._answer.spans[passage[0]].clauses:
            inside = [clause.start <= start + word.start < clause.end for word in sentence.content]
            if any(inside) and float(cosines[:, inside].max(axis=1).sum()) >= 0.93 * whole:
                return clause.start, clause.end
        return start, end

    def _ends(self, passage: tuple[int, ...]) -> tuple[int, int]:
        return self._answer.spans[passage[0]].start, self._answer.spans[passage[-1]].end


def _each_word_once(readings: Sequence[PointReading], answer: ReadText) -> list[PointReading]:
    """Lower the credit of points made of words that better matched points have taken up already.

    A sentence with seven content words for each of its points has room for them all.
    """
    taken: set[int] = set()
    served: Counter[int] = Counter()
    lowered = list(readings)
    for index in sorted(range(len(readings)), key=lambda i: -readings[i].match.credit):
        reading = readings[index]
        if not reading.words:
            continue
        shared = len(reading.words & taken) / len(reading.words)
        room = sum(len(answer.sentences[s].content) for s in reading.sentences) / _WORDS_A_POINT
        points = 1 + max(served[s] for s in reading.sentences)
        taken |= reading.words
        served.update(reading.sentences)
        if shared > _SHARED and points > room:
            credit = reading.match.credit * (1 - _SHARED_COST * (shared - _SHARED) / (1 - _SHARED))
            lowered[index] = replace(reading, match=match_of(reading.match.point, credit, reading.match.quote))
    return lowered


def diluted(readings: Sequence[PointReading], share: float) -> list[PointReading]:
    """Scale the credit of every point by `share`, for an answer that is mostly something else."""
    return [
        replace(reading, match=match_of(reading.match.point, reading.match.credit * share, reading.match.quote))
        if reading.match.credit
        else reading
        for reading in readings
    ]


def _competing(scores: Vectors) -> Vectors:
    """Lower a point's score in a passage that says another point better, by half of the difference."""
    if len(scores) < 2:
        return scores
    ranked = np.sort(scores, axis=0)
    best_other = np.where(scores == ranked[-1], ranked[-2], ranked[-1])
    return np.asarray(scores - _COMPETITION * np.maximum(best_other - scores, 0.0), np.float32)


def match_of(point: ExpectedPoint, credit: float, quote: Quote | None, partial: float = _PARTIAL) -> PointMatch:
    """The match of a point that earns `credit`: covered, partial or, when it is under `partial`, missed."""
    if credit < partial:
        return PointMatch(point, PointStatus.MISSED, 0.0, None)
    return PointMatch(point, PointStatus.COVERED if credit >= _COVERED else PointStatus.PARTIAL, credit, quote)


def missed(point: ExpectedPoint) -> PointReading:
    """The reading of a point that no passage is about."""
    return PointReading(PointMatch(point, PointStatus.MISSED, 0.0, None))
