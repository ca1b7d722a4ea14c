"""What a passage of an answer makes of a point that it is about: says it, denies it, or gets its figure wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ai_service.grading.contrasts import contrasted_in, swaps
from ai_service.grading.embedding import Vectors
from ai_service.grading.polarity import contrary_copy, denial_length, opposes
from ai_service.grading.quantities import Quantities, complexity_conflicts, number_conflicts, quantities_of
from ai_service.grading.reading import ReadSentence, ReadText

_TURNS = frozenset({"actually", "instead", "but", "however", "reality", "truth", "fact"})


class Verdict(Enum):
    """How a passage stands to a point."""

    AGREES = "agrees"
    OPPOSES = "opposes"
    WRONG_FIGURE = "wrong figure"


@dataclass(frozen=True, slots=True)
class Statement:
    """One way to say a point, with the weight of each of its content words."""

    read: ReadSentence
    weights: Vectors


class Judge:
    """Judges passages of one answer; `denied[s]` tells which sentences stand under "It is false that"."""

    def __init__(self, question: ReadSentence, answer: ReadText) -> None:
        self._answer = answer
        self._contrasted = contrasted_in(question)
        self.denied = [denial_length(sentence.text) > 0 for sentence in answer.sentences]

    def deny_onwards(self) -> None:
        """Take a denial that opens the answer to cover what follows, up to a turn such as "Actually"."""
        for index, sentence in enumerate(self._answer.sentences[1:], start=1):
            if any(word.form in _TURNS for word in sentence.words[:2]):
                break
            self.denied[index] = True

    def verdict(
        self, statements: Sequence[Statement], best: int, close: Sequence[int], passage: Sequence[int]
    ) -> Verdict:
        """Judge the sentences `passage` against a point.

        `best` is the statement of the point that they align with best, and one of the `close` ones. They oppose the
        point when they repeat statements with a negation put in, or when they oppose most of the close ones; the
        figure is wrong when it fits no statement that has one of its kind.
        """
        if self._oppose_most([statements[k] for k in close], passage):
            return Verdict.OPPOSES
        said = quantities_of(" ".join(self._answer.sentences[s].text for s in passage))
        expected = [quantities_of(statement.read.text) for statement in statements]
        return Verdict.WRONG_FIGURE if _has_wrong_figure(expected, best, said) else Verdict.AGREES

    def _oppose_most(self, statements: Sequence[Statement], passage: Sequence[int]) -> bool:
        """Each statement is held against the sentence of the passage that says most of it."""
        pairs = [(statement, self._nearest(statement, passage)) for statement in statements]
        copies = [copied for pair in pairs if (copied := self._is_contrary_copy(*pair)) is not None]
        if copies and 2 * sum(copies) >= len(copies):
            return True
        return 2 * sum(self._opposes(*pair) for pair in pairs) > len(pairs)

    def _nearest(self, statement: Statement, passage: Sequence[int]) -> int:
        return max(passage, key=lambda s: self._said_by(statement, s))

    def _is_contrary_copy(self, statement: Statement, sentence: int) -> bool | None:
        said = self._answer.sentences[sentence]
        return contrary_copy(statement.read, statement.weights, said, denied=self.denied[sentence])

    def _opposes(self, statement: Statement, sentence: int) -> bool:
        said = self._answer.sentences[sentence]
        if opposes(statement.read, statement.weights, said, denied=self.denied[sentence]):
            return True
        return not self.denied[sentence] and swaps(self._contrasted, statement.read, statement.weights, said)

    def _said_by(self, statement: Statement, sentence: int) -> float:
        vectors = self._answer.sentences[sentence].vectors
        if not len(vectors):
            return 0.0
        return float((statement.weights * (statement.read.vectors @ vectors.T).max(axis=1)).sum())


def _has_wrong_figure(expected: Sequence[Quantities], best: int, said: Quantities) -> bool:
    if expected[best].complexities and all(
        complexity_conflicts(quantities, said) for quantities in expected if quantities.complexities
    ):
        return True
    return bool(expected[best].numbers) and all(
        number_conflicts(quantities, said) for quantities in expected if quantities.numbers
    )
