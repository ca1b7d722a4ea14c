"""The grader without an LLM: one answer against the points that a full answer says."""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from ai_service.grading.assessability import assessability_of
from ai_service.grading.delivery import Said, delivery_of
from ai_service.grading.embedding import Embedder
from ai_service.grading.grade import Assessability, ExpectedPoint, GradedAnswer, Speech
from ai_service.grading.grammar import warm_up
from ai_service.grading.guards import UNFOCUSED, guard
from ai_service.grading.points import Expectation, Kind, diluted, expectations_of, read_points
from ai_service.grading.reading import Reader, ReadSentence
from ai_service.grading.reference import points_of, read_reference
from ai_service.grading.signals import relevance_of, signals_of
from ai_service.grading.words import words_of

_SURROGATES = re.compile(r"[\ud800-\udfff]")  # no tokenizer takes them; places stay the same
# A paste far longer than an answer can be said, of which less than this share serves the question.
_LONG, _LEAST_RELEVANCE = 900, 0.4
_KEPT = 1_000  # questions whose points stay read


class Grader:
    """Grades answers; every method is thread-safe, blocks, and works on one core a call."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._expected: OrderedDict[tuple[object, ...], tuple[Expectation, ...]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, cache: Path) -> Self:
        """Load the embedding model; the first time, convert it into the folder `cache` (under a second).

        Raises ModelMissingError when the model's wheel is not installed, OSError when `cache` is not writable.
        """
        warm_up()
        return cls(Reader(Embedder.load(cache)))

    def grade(
        self,
        *,
        question: str,
        points: Sequence[ExpectedPoint],
        reference: str,
        answer: str,
        behavioral: bool = False,
        speech: Speech | None = None,
        extra_keywords: Sequence[str] = (),
    ) -> GradedAnswer:
        """Grade one answer.

        Without `points`, each sentence of `reference` is one. `behavioral` takes the points for elements of a
        story that is the candidate's own. `speech` is when the answer was said, for its delivery; the answer may have
        been edited since. `extra_keywords` are looked for in the delivery's keyword coverage. Neither changes a score.
        Raises ValueError when there are neither points nor a reference.
        """
        answer = _SURROGATES.sub("\ufffd", answer)
        expected = list(points) or points_of(reference)
        if not expected:
            raise ValueError("nothing to grade against: give at least one expected point or a reference answer")
        words = words_of(answer)
        said = Said(answer, words, expected, question, behavioral, extra_keywords, speech)
        state = assessability_of(answer, words)
        if state is not Assessability.ASSESSABLE:
            return GradedAnswer(state, delivery_of(said))
        asked = self._reader.read_known([question])[0]
        read = self._reader.read(answer)
        expectations = self._expectations(expected, reference, asked)
        statements = [statement.read for expectation in expectations for statement in expectation.statements]
        guarded = guard(read, asked, expected=statements, told_as_story=behavioral)
        if points:
            kind = Kind.STORY if behavioral else Kind.DEMANDS
            readings = read_points(expectations, asked, read, guarded.gains, kind)
        else:
            readings = read_reference(expectations, asked, read, guarded.gains)
        relevance = relevance_of(readings, read, asked, guarded.gains)
        guards = guarded.names
        if len(words) > _LONG and relevance < _LEAST_RELEVANCE:
            readings = diluted(readings, relevance / _LEAST_RELEVANCE)
            guards = (*guards, UNFOCUSED)
        return GradedAnswer(
            assessability=state,
            delivery=delivery_of(replace(said, relevance=relevance)),
            points=tuple(reading.match for reading in readings),
            signals=signals_of(readings, read, relevance),
            guards=guards,
        )

    @property
    def reader(self) -> Reader:
        """What reads texts for the grader, for those who read more of them."""
        return self._reader

    def prepare(self, *, question: str, points: Sequence[ExpectedPoint], reference: str) -> None:
        """Read a question and its points, so that the first answer to it takes no longer than the next ones."""
        if expected := list(points) or points_of(reference):
            self._expectations(expected, reference, self._reader.read_known([question])[0])

    def similarity(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The cosine of every text with every other, (n, n), from -1 to 1."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        vectors = self._reader.mean_vectors(texts)
        return np.asarray(vectors @ vectors.T, dtype=np.float32)

    def _expectations(
        self, points: Sequence[ExpectedPoint], reference: str, question: ReadSentence
    ) -> tuple[Expectation, ...]:
        """Read the points, and take the reference's own sentence for each as one more way to say it."""
        key = (tuple(points), reference, question.text)
        with self._lock:
            if (known := self._expected.get(key)) is not None:
                self._expected.move_to_end(key)
                return known
        texts = [text for point in points for text in (point.text, *point.phrasings)]
        expected = expectations_of(points, self._reader.read_known(texts), question, self._reader.read(reference))
        with self._lock:
            self._expected[key] = expected
            while len(self._expected) > _KEPT:
                self._expected.popitem(last=False)
        return expected
