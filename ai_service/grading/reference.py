"""How much of a reference answer an answer says, where nobody has written down the points that are expected.

The sentences of a reference are no list of demands: an answer may say in one sentence what the reference says in
three, and people grade it as a whole. So every content word of the reference takes its best cosine among all words of
the answer (alignment.py), a word of the answer that stands for one of the reference counts half for the next, the
credit is read off the mean over the whole reference, and each of its sentences gets its part of it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ai_service.grading.alignment import align
from ai_service.grading.embedding import Vectors
from ai_service.grading.grade import ExpectedPoint, PointMatch, PointStatus, Quote
from ai_service.grading.points import Expectation, PointReading, match_of, missed
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.segmentation import sentences_of
from ai_service.grading.topicality import topicality
from ai_service.grading.verdicts import Judge, Statement, Verdict
from ai_service.grading.words import words_of

# The mean alignment at which a reference counts as said. Credit is straight from 0, whatever people give for nothing:
# each bend took away from the order of the answers. Answers to other questions have about 0.15.
_SAID = 0.62
_TAKEN = 0.5  # what a cosine counts with a word of the answer that stands for a nearer word already
_PARTIAL = 0.1
_CONTRARY = 0.7  # alignment from which a passage can be the contrary of a sentence, and not about something else


def points_of(reference: str) -> list[ExpectedPoint]:
    """Each sentence of a reference answer as a point; what has no word in it is none."""
    texts = (reference[sentence.start : sentence.end] for sentence in sentences_of(reference))
    return [
        ExpectedPoint(id=f"reference-{number}", text=text)
        for number, text in enumerate((text for text in texts if words_of(text)), start=1)
    ]


def read_reference(
    expectations: Sequence[Expectation], question: ReadSentence, answer: ReadText, gains: Vectors
) -> list[PointReading]:
    """Match every sentence of a reference with the answer; `gains[s]` scales what sentence `s` of it can earn.

    The mean of the credits is the credit of the whole, to which the sentences count by their content words.
    """
    statements = [expectation.statements[0] for expectation in expectations]
    read = [statement.read for statement in statements]
    alignment = align(read, question, answer)
    if not alignment.scores.shape[1]:
        return [missed(expectation.point) for expectation in expectations]
    said = _said(statements, answer, gains)
    judge = Judge(question, answer)
    if judge.denied[0]:
        judge.deny_onwards()
    passages = _passages(len(answer.sentences))
    readings: list[PointReading] = []
    for index, statement in enumerate(statements):
        passage = passages[int(alignment.scores[index].argmax())]
        verdict = judge.verdict([statement], 0, [0], passage)
        contrary = verdict is Verdict.OPPOSES and float(alignment.scores[index].max()) >= _CONTRARY
        status = PointStatus.MISSED
        if contrary or verdict is Verdict.WRONG_FIGURE:
            status = PointStatus.CONTRADICTED
            said[index] = 0.0
        start, end = answer.spans[passage[0]].start, answer.spans[passage[-1]].end
        quote = Quote(answer.text[start:end], start, end)
        readings.append(PointReading(PointMatch(expectations[index].point, status, 0.0, quote), passage))
    masses = np.array([float(statement.weights.sum()) for statement in statements])
    credit = min(float((masses * said).sum()) / max(float(masses.sum()), 1e-9) / _SAID, 1.0)
    credit *= topicality(read, question, answer, float(alignment.scores.max()))
    shares = np.minimum(said * credit / max(float(said.mean()), 1e-9), 1.0)
    return [
        reading if reading.match.status is PointStatus.CONTRADICTED else _credited(reading, float(own))
        for reading, own in zip(readings, shares, strict=True)
    ]


def _said(statements: Sequence[Statement], answer: ReadText, gains: Vectors) -> Vectors:
    """For each statement the weighted mean of what its words find, anywhere in the answer."""
    cosines = np.concatenate([statement.read.vectors for statement in statements]) @ answer.vectors.T
    cosines = np.maximum(cosines, 0.0) * gains[answer.sentence_of]
    best, partners = cosines.max(axis=1), cosines.argmax(axis=1)
    stems = [word.stem for statement in statements for word in statement.read.content]
    taken: dict[int, str] = {}
    for k in np.argsort(-best, kind="stable").tolist():
        if taken.setdefault(int(partners[k]), stems[k]) != stems[k]:
            best[k] *= _TAKEN
    ends = np.cumsum([len(statement.weights) for statement in statements])[:-1]
    means = [
        float(part @ statement.weights) / max(float(statement.weights.sum()), 1e-9)
        for part, statement in zip(np.split(best, ends), statements, strict=True)
    ]
    return np.array(means, dtype=np.float32)


def _passages(count: int) -> list[tuple[int, ...]]:
    return [(s,) for s in range(count)] + [(s, s + 1) for s in range(count - 1)]


def _credited(reading: PointReading, credit: float) -> PointReading:
    matched = match_of(reading.match.point, credit, reading.match.quote, _PARTIAL)
    return replace(reading, match=matched, sentences=reading.sentences if matched.credit else ())
