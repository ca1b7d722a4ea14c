"""What a passage of an answer makes of a point that it is about: says it, denies it, or gets its figure wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ai_service.grading.contrasts import contrasted_in, swaps
from ai_service.grading.embedding import Vectors
from ai_service.grading.polarity import denial_length, opposes
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
        point when they oppose most of these; the figure is wrong when it fits no statement that has one of its kind.
        """
        if 2 * sum(self._opposes(statements[k], passage) for k in close) > len(close):
            return Verdict.OPPOSES
        said = quantities_of(" ".join(self._answer.sentences[s].text for s in passage))
        expected = [quantities_of(statement.read.text) for statement in statements]
        return Verdict.WRONG_FIGURE if _has_wrong_figure(expected, best, said) else Verdict.AGREES

    def _opposes(self, statement: Statement, passage: Sequence[int]) -> bool:
        """A passage opposes a statement when the sentence of it that says most of the statement does."""
        nearest = max(passage, key=lambda s: self._said_by(statement, s))
        sentence = self._answer.sentences[nearest]
        if opposes(statement.read, statement.weights, sentence, denied=self.denied[nearest]):
            return True
        return not self.denied[nearest] and swaps(self._contrasted, statement.read, statement.weights, sentence)

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
