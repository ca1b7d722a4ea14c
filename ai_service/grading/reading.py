"""Texts as the grader compares them: words with contextual vectors, sentence vectors, and where all of it stands."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ai_service.grading.embedding import EmbeddedText, Embedder, Vectors, unit
from ai_service.grading.segmentation import Sentence, sentences_of
from ai_service.grading.words import Word, words_of

_KEPT = 6_000  # texts; 10 to 20 KB each


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence, its words (offsets within it), its content words with unit vectors (n, 384), its unit mean (384,).

    A sentence without any content word has all its words in `content`, so that it can still be compared.
    """

    text: str
    words: tuple[Word, ...]
    content: tuple[Word, ...]
    vectors: Vectors
    mean: Vectors


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text sentence by sentence; `sentence_of[i]` is the sentence of the i-th of all content words.

    `vectors` (n, 384) and `means` (sentences, 384) are stacked over the sentences, in order.
    """

    text: str
    spans: tuple[Sentence, ...]
    sentences: tuple[ReadSentence, ...]
    vectors: Vectors
    means: Vectors
    sentence_of: npt.NDArray[np.intp]


class Reader:
    """Reads texts through the embedder; remembers the texts that come again: questions and points."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: OrderedDict[str, ReadSentence] = OrderedDict()
        self._lock = threading.Lock()

    def read_known(self, texts: Sequence[str]) -> list[ReadSentence]:
        """Read each text as one sentence, from memory where it was read before."""
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
            for text in found:
                self._kept.move_to_end(text)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        fresh = {text: _read(embedded) for text, embedded in zip(missing, self._embedder.embed(missing), strict=True)}
        found.update(fresh)
        with self._lock:
            self._kept.update(fresh)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return [found[text] for text in texts]

    def read(self, text: str) -> ReadText:
        """Read a text that will not come again: an answer."""
        spans = tuple(sentences_of(text))
        parts = list(dict.fromkeys(text[span.start : span.end] for span in spans))
        known = {part: _read(embedded) for part, embedded in zip(parts, self._embedder.embed(parts), strict=True)}
        sentences = tuple(known[text[span.start : span.end]] for span in spans)
        width = 384
        return ReadText(
            text=text,
            spans=spans,
            sentences=sentences,
            vectors=np.concatenate([s.vectors for s in sentences] or [np.zeros((0, width), np.float32)]),
            means=np.stack([s.mean for s in sentences]) if sentences else np.zeros((0, width), np.float32),
            sentence_of=np.repeat(np.arange(len(sentences)), [len(s.content) for s in sentences]),
        )

    def mean_vectors(self, texts: Sequence[str]) -> Vectors:
        """The unit mean vectors (n, 384) of whole texts."""
        return np.stack([embedded.mean for embedded in self._embedder.embed(texts)])


def _read(embedded: EmbeddedText) -> ReadSentence:
    words = tuple(words_of(embedded.text))
    content = tuple(word for word in words if word.is_content) or words
    return ReadSentence(embedded.text, words, content, _word_vectors(embedded, content), embedded.mean)


def _word_vectors(embedded: EmbeddedText, words: Sequence[Word]) -> Vectors:
    """Sum the vectors of the word pieces that stand in each word, scaled to length 1."""
    vectors = np.zeros((len(words), embedded.tokens.shape[1]), dtype=np.float32)
    if not words or not embedded.offsets:
        return vectors
    starts = np.array([word.start for word in words])
    ends = np.array([word.end for word in words])
    pieces = np.array([start for start, _ in embedded.offsets])
    owner = np.searchsorted(starts, pieces, side="right") - 1
    inside = (owner >= 0) & (pieces < ends[owner])
    np.add.at(vectors, owner[inside], embedded.tokens[inside])
    return unit(vectors)
