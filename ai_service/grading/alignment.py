"""How well the sentences of an answer say an expected statement.

Demoted contextual word alignment after M. A. Sultan, C. Salazar and T. Sumner, "Fast and Easy Short Answer Grading
with High Accuracy" (NAACL 2016): words of the question count nothing, every other content word of the statement
takes its most similar word of the answer, weighted by inverse document frequency. Similarity is the cosine of
contextual vectors instead of their paraphrase database. A share of sentence cosine, with half of the question's
direction taken out, is mixed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ai_service.grading.embedding import Vectors, unit
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.words import read_lines

_COSINE_SHARE = 0.4
_QUESTION_REMOVED = 0.5
# The more words a unit has, the better some of them fit anything: measured on answers to other questions.
_CHANCE, _CHANCE_FROM = 0.05, 10.0
_UNKNOWN_IDF = 5.0
_DEMOTED = 0.05


@dataclass(frozen=True, slots=True)
class Alignment:
    """`scores[f, u]` (0 to about 1): how well unit `u` says statement `f`; `words[k, s]`: the best cosine of the
    k-th content word of all statements, in order, among the words of sentence `s`.

    Units 0 to n-1 are the n sentences, units n to 2n-2 the pairs of neighbours (u-n, u-n+1).
    """

    scores: Vectors
    words: Vectors


def align(statements: Sequence[ReadSentence], question: ReadSentence, answer: ReadText) -> Alignment:
    """Align each statement with every sentence and every two neighbouring sentences of the answer."""
    count = len(answer.sentences)
    if not count or not len(answer.vectors):
        return Alignment(np.zeros((len(statements), 0), np.float32), np.zeros((0, 0), np.float32))
    stacked = np.concatenate([statement.vectors for statement in statements])
    cosines = np.maximum(stacked @ answer.vectors.T, 0.0)
    by_sentence = _best_by_sentence(cosines, answer)
    by_unit = np.concatenate([by_sentence, np.maximum(by_sentence[:, :-1], by_sentence[:, 1:])], axis=1)
    weights = word_weights(statements, question)
    starts = np.cumsum([0, *(len(statement.content) for statement in statements)])[:-1]
    sums = np.add.reduceat(by_unit * weights[:, None], starts, axis=0)
    totals = np.add.reduceat(weights, starts)
    aligned = sums / np.maximum(totals, 1e-9)[:, None]
    meanings = np.stack([statement.mean for statement in statements])
    unit_means = np.concatenate([answer.means, unit(answer.means[:-1] + answer.means[1:])])
    cosine = np.maximum(_apart(meanings, question.mean) @ _apart(unit_means, question.mean).T, 0.0)
    sizes = np.maximum(np.bincount(answer.sentence_of, minlength=count), 1)
    lengths = np.concatenate([sizes, sizes[:-1] + sizes[1:]])
    chance = _CHANCE * np.maximum(np.log(lengths / _CHANCE_FROM), 0.0)
    scores = (1 - _COSINE_SHARE) * aligned + _COSINE_SHARE * cosine - chance
    return Alignment(np.asarray(scores, np.float32), by_sentence)


def word_weights(statements: Sequence[ReadSentence], question: ReadSentence) -> Vectors:
    """The weight of every content word of the statements: its rarity, next to nothing when the question has it."""
    asked = frozenset(word.stem for word in question.words)
    return np.array(
        [
            rarity(word.stem) * (_DEMOTED if word.stem in asked else 1.0)
            for statement in statements
            for word in statement.content
        ],
        dtype=np.float32,
    )


def rarity(stem: str) -> float:
    """Inverse document frequency of a stem in technical interview prose, from 1 (everywhere) to about 7."""
    return _idf().get(stem, _UNKNOWN_IDF)


@cache
def _idf() -> dict[str, float]:
    entries = (line.split("\t") for line in read_lines("idf.tsv"))
    return {stem: float(value) for stem, value in entries}


def _best_by_sentence(cosines: Vectors, answer: ReadText) -> Vectors:
    best = np.zeros((len(cosines), len(answer.sentences)), dtype=np.float32)
    present, starts = np.unique(answer.sentence_of, return_index=True)
    best[:, present] = np.maximum.reduceat(cosines, starts, axis=1)
    return best


def _apart(vectors: Vectors, question: Vectors) -> Vectors:
    """The vectors with half of their part along the question taken out, at unit length."""
    return unit((vectors - _QUESTION_REMOVED * np.outer(vectors @ question, question)).astype(np.float32))
