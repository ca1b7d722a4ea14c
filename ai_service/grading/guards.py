"""Deterministic guards: what in an answer may earn credit, sentence by sentence, and why the rest may not."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ai_service.grading.alignment import align
from ai_service.grading.embedding import Vectors
from ai_service.grading.injections import injected_sentences
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.segmentation import sentences_of
from ai_service.grading.words import Word, read_list, stem

PARROTED, KEYWORD_LIST, INJECTION, REPEATED, IMPERSONAL, UNFOCUSED = (
    "parroted",
    "keyword_list",
    "injection",
    "repeated",
    "impersonal",
    "unfocused",
)

_PREPOSITIONS = read_list("prepositions.txt")
# Share of function words among the words: 1 % of the good answers in the development data lie under 0.16,
# lists of key terms under 0.12.
_LIST_BELOW, _PROSE_FROM = 0.12, 0.20
_FIRST_PERSON = frozenset({"i", "i'm", "i'd", "i've", "i'll", "my", "me", "myself", "we", "we'd", "we've", "our", "us"})
_PERSONAL_SHARE, _IMPERSONAL_GAIN = 0.01, 0.3
_WINDOW_WORDS = 10
_TERSE_WORDS = 5
_BARE_LIST = 3
_OPERATORS = re.compile(r"[=<>≤≥]|\d\s?[*^+/×]\s?\d|\d\s?%")
_EQUATION = 3  # as many in one sentence make it a calculation
_ABOUT_QUESTIONS = frozenset(
    stem(word) for word in ("question", "ask", "asked", "answer", "interviewer", "want", "know")
)
_NEW_WORDS, _CHANGED_WORDS, _REPEATED_SHARE = 0.15, 0.35, 0.75
# Alignment with an expected statement from which a sentence answers; other sentences on the subject lie under it.
_SAYS_A_POINT = 0.52
_ECHOED_PAIRS = 0.5  # of its neighbouring words that are neighbours in the question


@dataclass(frozen=True, slots=True)
class Guarded:
    """`gains[s]` from 0 to 1: how much of the credit of sentence `s` may stand; `names`: the guards at work."""

    gains: Vectors
    names: tuple[str, ...]


def guard(
    answer: ReadText,
    question: ReadSentence,
    *,
    expected: Sequence[ReadSentence] = (),
    told_as_story: bool = False,
) -> Guarded:
    """Weigh each sentence; a guard is named when it has taken the credit of a good part of the answer.

    A sentence that says one of the `expected` statements does not count as talk to the grader: some questions are
    about prompts, scores and rules. An answer that should be `told_as_story` and has nobody in it who says "I" or "we"
    earns a fraction.
    """
    gains = np.ones(len(answer.sentences), dtype=np.float32)
    sizes = np.array([max(len(sentence.content), 1) for sentence in answer.sentences], dtype=np.float32)
    names = []
    injected = _injected(answer, question, expected)
    parroted = np.array([_is_echo(sentence, question) for sentence in answer.sentences], dtype=bool)
    listed = prose_gains(answer.sentences)
    if injected.any():
        names.append(INJECTION)
    if sizes[parroted].sum() > 0.5 * sizes.sum():
        names.append(PARROTED)
    if (sizes * (1 - listed)).sum() > 0.3 * sizes.sum():
        names.append(KEYWORD_LIST)
    if _is_repeated(answer):
        names.append(REPEATED)
    if told_as_story and not _is_personal(answer):
        names.append(IMPERSONAL)
        gains *= _IMPERSONAL_GAIN
    gains *= listed
    gains[injected | parroted | _copies(answer)] = 0.0
    return Guarded(gains, tuple(names))


def prose_gains(sentences: Sequence[ReadSentence]) -> Vectors:
    """1 where a sentence has the grammar of one, towards 0 where content words stand in a row.

    A short sentence is judged together with its neighbours; an answer of up to five words is never judged.
    """
    words = [[word for word in sentence.words if not word.form[0].isdigit()] for sentence in sentences]
    gains = np.ones(len(sentences), dtype=np.float32)
    if sum(len(part) for part in words) <= _TERSE_WORDS:
        return gains * 0.0 if _is_bare_list(sentences) else gains
    for index in range(len(sentences)):
        gains[index] = _prose(_with_neighbours(words, index), sentences[index].text)
    return gains


def _is_bare_list(sentences: Sequence[ReadSentence]) -> bool:
    """Whether an answer is nothing but three or more single words between commas."""
    parts = ",".join(sentence.text for sentence in sentences).split(",")
    return len(parts) >= _BARE_LIST and all(len(part.split()) == 1 for part in parts)


def _with_neighbours(words: Sequence[Sequence[Word]], index: int) -> list[Word]:
    gathered = list(words[index])
    distance = 1
    while len(gathered) < _WINDOW_WORDS and distance < len(words):
        for neighbour in (index - distance, index + distance):
            if 0 <= neighbour < len(words):
                gathered.extend(words[neighbour])
        distance += 1
    return gathered


def _prose(words: Sequence[Word], text: str) -> float:
    if not words:
        return 1.0
    grammar = sum(not word.is_content for word in words) / len(words)
    clausal = sum(not word.is_content and word.form not in _PREPOSITIONS for word in words) / len(words)
    gain = (grammar - _LIST_BELOW) / (_PROSE_FROM - _LIST_BELOW)
    commas = text.count(",") + text.count(";")
    if commas >= 4 and clausal < 0.05 and len(words) / (commas + 1) < 4.5:
        return 0.0
    # Words torn out of a sentence keep its function words; nobody puts a comma behind nearly each of them.
    if commas >= 6 and len(words) / (commas + 1) < 2.2:
        return 0.0
    if len(_OPERATORS.findall(text)) >= _EQUATION:
        return 1.0
    return min(max(gain, 0.0), 1.0)


def _is_echo(sentence: ReadSentence, question: ReadSentence) -> bool:
    """Whether a sentence repeats the question in the question's order and adds next to nothing.

    A sentence that has nearly all of one of the question's sentences may have changed more of its words than one
    that takes up a part, as an answer does. Talk about the question ("the question is") is nothing new.
    """
    stems = {word.stem for word in sentence.content} - _ABOUT_QUESTIONS
    order = [word.stem for word in question.words]
    said = [word.stem for word in sentence.words if word.stem not in _ABOUT_QUESTIONS]
    pairs = set(pairwise(order))
    repeated = sum(pair in pairs for pair in pairwise(said))
    if len(said) < 4 or not stems or repeated < _ECHOED_PAIRS * (len(said) - 1):
        return False
    new = len(stems - set(order)) / len(stems)
    return new <= _NEW_WORDS or (new <= _CHANGED_WORDS and _repeats_sentence(stems, question))


def _repeats_sentence(stems: AbstractSet[str], question: ReadSentence) -> bool:
    for part in sentences_of(question.text):
        asked = {word.stem for word in question.content if part.start <= word.start < part.end}
        if asked and len(stems & asked) >= _REPEATED_SHARE * len(asked):
            return True
    return False


def _injected(answer: ReadText, question: ReadSentence, expected: Sequence[ReadSentence]) -> npt.NDArray[np.bool_]:
    """The sentences that talk to a grader, but for those that say an expected statement well."""
    injected = np.array(injected_sentences(answer.text, answer.spans), dtype=bool)
    if injected.any() and expected and len(answer.vectors):
        said = align(expected, question, answer).scores[:, : len(answer.sentences)].max(axis=0)
        injected &= said < _SAYS_A_POINT
    return injected


def _is_personal(answer: ReadText) -> bool:
    words = [word.form for sentence in answer.sentences for word in sentence.words]
    return sum(word in _FIRST_PERSON for word in words) >= max(1, _PERSONAL_SHARE * len(words))


def _copies(answer: ReadText) -> npt.NDArray[np.bool_]:
    """The sentences that stand in the answer before, to the letter."""
    texts = [sentence.text for sentence in answer.sentences]
    first = {text: index for index, text in reversed(list(enumerate(texts)))}
    return np.array([first[text] < index for index, text in enumerate(texts)], dtype=bool)


def _is_repeated(answer: ReadText) -> bool:
    texts = [" ".join(word.form for word in sentence.words) for sentence in answer.sentences]
    return len(texts) >= 4 and len(set(texts)) <= 0.5 * len(texts)
