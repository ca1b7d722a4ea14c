"""Whether a sentence denies what a statement says: negations and opposites are compared after alignment."""

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

import numpy as np

from ai_service.grading.embedding import Vectors
from ai_service.grading.reading import ReadSentence
from ai_service.grading.words import Word, read_lines, read_list, stem

_REACH = 6  # content words that a negation turns round
_HEADS = 2  # content words right after it that it is about
_NEAR = 2  # words after a head, and twice as many before it, among which a soft negation leaves it in doubt
_COPIED = 0.85  # share of a statement's weight from which its very words are repeated
_COPIED_WORDS = 3  # content words of the shortest statement of which that says something
_SAME = 0.55  # cosine from which two words stand for each other
_OPPOSITE = 0.45
_ENOUGH_ALIGNED, _NEARLY_ALL_ALIGNED = 0.5, 0.7
_CLAUSE_SHARE_ALIKE = 0.4
_DENIED_ALIGNED = 0.2
_CLAUSE_SHARE = 0.25  # of a statement's weight that the negated clause must carry
_CLAUSE_SHARE_REPEATED = 0.08  # the same where all the negated words are the statement's own
_NEGATIONS = read_list("negations.txt")
_EXCEPTIONS = read_list("negation_exceptions.txt")
_SOFT = read_list("soft_negations.txt")
_STOPS_NEGATION = frozenset({"but", "however", "instead", "although", "though", "because", "so", "since", "rather"})
_OF_NOUNS = frozenset({"no", "without", "neither", "nor", "none"})  # they negate what follows, not the clause
# They stand for a noun and change the wording around them: no sign of a negation put into a copied sentence.
_AS_NOUN = frozenset({"neither", "nor", "none", "nothing", "nobody"})
_FAIL = "fail"  # "fails to" turns round what follows
_HYPOTHETICAL = frozenset({"if", "would", "could", "otherwise"})
_BREAK = re.compile(r"[,;:.!?()]|\s[–—-]\s|—")
_DENIAL = re.compile(
    r"\W*(?:(?:well|so|actually|honestly|i think|i believe|no)\W+)?(?:"
    + "|".join(re.escape(line) for line in read_lines("denials.txt"))
    + r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Negations:
    """Over the content words of a sentence: those turned round, those in doubt, and the negations themselves."""

    turned: tuple[bool, ...]
    doubtful: tuple[bool, ...]
    found: tuple["_Negation", ...]


@dataclass(frozen=True, slots=True)
class _Negation:
    """The content words right after a negation, and all those of its clause. `inserted`: it may be one put in."""

    heads: tuple[int, ...]
    clause: frozenset[int]
    inserted: bool


def opposes(expected: ReadSentence, weights: Vectors, said: ReadSentence, *, denied: bool = False) -> bool:
    """Whether `said` states the contrary of `expected`; `weights` are those of the expected content words.

    `denied` tells that the sentence stands under an opening such as "It is false that".
    """
    if not len(said.vectors) or not len(expected.vectors):
        return False
    cosines = expected.vectors @ said.vectors.T
    same = np.array([[a.stem == b.stem for b in said.content] for a in expected.content], dtype=bool)
    partners = np.where(same.any(axis=1), same.argmax(axis=1), cosines.argmax(axis=1))
    aligned = same.any(axis=1) | (cosines.max(axis=1) >= _SAME)
    share = float(weights[aligned].sum()) / max(float(weights.sum()), 1e-9)
    if share < (_DENIED_ALIGNED if denied else _ENOUGH_ALIGNED):
        return False
    turned = _turned_in_answer(expected, weights, said, partners, same, aligned)
    if share >= _NEARLY_ALL_ALIGNED:
        turned = turned or _turned_in_statement(expected, weights, said, partners, same)
        if _has_opposite(expected, said, cosines):
            turned = not turned
    return turned != denied


def contrary_copy(expected: ReadSentence, weights: Vectors, said: ReadSentence, *, denied: bool = False) -> bool | None:
    """Whether `said` repeats the words of `expected` with one more negation, on one of them; None for other words.

    Where the words are the same, each negation counts, however little of the sentence its clause carries. `weights`
    and `denied` are as for `opposes`.
    """
    stems = {word.stem for word in said.content}
    repeated = np.array([word.stem in stems for word in expected.content], dtype=bool)
    if len(repeated) < _COPIED_WORDS or float(weights[repeated].sum()) < _COPIED * float(weights.sum()):
        return None
    if _soft_stems(expected) != _soft_stems(said):
        return None
    if not any(_negates(said.words, index) for index in range(len(said.words))):
        return denied
    ours, theirs = _negations(expected).found, _negations(said).found
    more = _inserted_on(said, theirs) - _inserted_on(expected, ours)
    inserted = len(theirs) > len(ours) and any(word.stem in more for word in expected.content)
    return inserted != denied


def denial_length(text: str) -> int:
    """The length of an opening such as "It is false that" in `text`, 0 when there is none."""
    match = _DENIAL.match(text.replace("’", "'"))
    return match.end() if match else 0


def _turned_in_answer(
    expected: ReadSentence, weights: Vectors, said: ReadSentence, partners: Vectors, same: Vectors, aligned: Vectors
) -> bool:
    """A negation of the answer is about words that the statement affirms, in a clause that says most of it."""
    ours, theirs = _negations(expected, but={word.stem for word in said.words}), _negations(said)
    for negation in theirs.found:
        met = [k for k in range(len(expected.content)) if aligned[k] and int(partners[k]) in negation.heads]
        if not met or any(ours.turned[k] or ours.doubtful[k] for k in met):
            continue
        inside = [k for k in range(len(expected.content)) if aligned[k] and int(partners[k]) in negation.clause]
        if all(same[k].any() for k in met):
            needed = _CLAUSE_SHARE_REPEATED
        else:
            needed = _CLAUSE_SHARE if any(same[k].any() for k in met) else _CLAUSE_SHARE_ALIKE
        if float(weights[inside].sum()) >= needed * float(weights.sum()):
            return True
    return False


def _turned_in_statement(
    expected: ReadSentence, weights: Vectors, said: ReadSentence, partners: Vectors, same: Vectors
) -> bool:
    """A negation of the statement is about words that the answer affirms, without any negation of its own."""
    ours, theirs = _negations(expected), _negations(said)
    if theirs.found or any(theirs.doubtful) or any(word.form in _HYPOTHETICAL for word in said.words):
        return False
    for negation in ours.found:
        if not all(same[k].any() and not theirs.turned[int(partners[k])] for k in negation.heads):
            continue
        if float(weights[list(negation.clause)].sum()) >= _CLAUSE_SHARE * float(weights.sum()):
            return True
    return False


def _has_opposite(expected: ReadSentence, said: ReadSentence, cosines: Vectors) -> bool:
    """Nothing of a word's own meaning is said, and a word of the opposite meaning stands in its place."""
    said_stems = [word.stem for word in said.content]
    expected_stems = {word.stem for word in expected.content}
    for k, word in enumerate(expected.content):
        groups = _antonyms().get(word.stem)
        if groups is None or not groups.alike.isdisjoint(said_stems):
            continue
        for j, other in enumerate(said_stems):
            if other in groups.opposite and other not in expected_stems and cosines[k, j] >= _OPPOSITE:
                return _negations(expected).turned[k] == _negations(said).turned[j]
    return False


def _negations(sentence: ReadSentence, *, but: AbstractSet[str] = frozenset()) -> _Negations:
    """Those of a sentence; the soft negations with stems in `but` leave nothing in doubt."""
    all_content = len(sentence.content) == len(sentence.words)
    return _found_negations(sentence.text, sentence.words, all_content, but)


def _found_negations(text: str, words: Sequence[Word], all_content: bool, but: AbstractSet[str]) -> _Negations:
    places = [index for index, word in enumerate(words) if word.is_content or all_content]
    number = {place: k for k, place in enumerate(places)}
    turned = [False] * len(words)
    found: list[_Negation] = []
    opening = denial_length(text)
    for index, word in enumerate(words):
        if word.start < opening or not _negates(words, index):
            continue
        end = index
        while end + 1 < len(words) and not _ends_clause(text, words[end], words[end + 1]):
            end += 1
        negated = _negated_places(words, index, end)
        reached = [later for later in negated if later in number]
        for later in negated:
            if len(reached) <= _REACH or later < reached[_REACH]:
                turned[later] = not turned[later]
        start = index
        while word.form not in _OF_NOUNS and start and not _ends_clause(text, words[start - 1], words[start]):
            start -= 1
        if reached:
            clause = frozenset(number[place] for place in range(start, end + 1) if place in number)
            found.append(
                _Negation(tuple(number[place] for place in reached[:_HEADS]), clause, word.form not in _AS_NOUN)
            )
    soft = [
        word.form in _NEGATIONS or _negates(words, index) or (_is_soft(words, index) and word.stem not in but)
        for index, word in enumerate(words)
    ]
    doubtful = [any(soft[max(0, index - 2 * _NEAR) : index + _NEAR + 1]) for index in range(len(words))]
    return _Negations(
        turned=tuple(turned[place] for place in places),
        doubtful=tuple(doubtful[place] for place in places),
        found=tuple(found),
    )


def _negates(words: Sequence[Word], index: int) -> bool:
    """Whether a word is a negation where it stands: "no longer" is one, "no longer than" and "not only" are none."""
    is_negative = words[index].form in _NEGATIONS
    if not is_negative and words[index].stem != _FAIL:
        return False
    following, after = (words[place].form if place < len(words) else "" for place in (index + 1, index + 2))
    if not is_negative:
        return following == "to"
    return following not in _EXCEPTIONS and (following, after) != ("longer", "than")


def _negated_places(words: Sequence[Word], index: int, end: int) -> list[int]:
    """The places that a negation turns round, in a clause that ends at `end`.

    "Not sorted by start time but by end time" leaves all but "start" as it is.
    """
    places = list(range(index + 1, end + 1))
    if end + 2 < len(words) and words[end + 1].form == "but":
        corrected = [place for place in places if words[place].form == words[end + 2].form]
        if corrected:
            kept = {word.stem for word in words[end + 2 :]}
            return [place for place in places if place > corrected[-1] and words[place].stem not in kept]
    return [place for place in places if place > index + 1 or words[place].form != "longer"]


def _is_soft(words: Sequence[Word], index: int) -> bool:
    word = words[index]
    return (word.stem in _SOFT or word.form in _SOFT) and not _negates(words, index)


def _soft_stems(sentence: ReadSentence) -> Counter[str]:
    return Counter(word.stem for index, word in enumerate(sentence.words) if _is_soft(sentence.words, index))


def _inserted_on(sentence: ReadSentence, negations: Sequence[_Negation]) -> Counter[str]:
    """The stems right after the negations that can have been put in."""
    return Counter(sentence.content[negation.heads[0]].stem for negation in negations if negation.inserted)


def _ends_clause(text: str, word: Word, following: Word) -> bool:
    return following.form in _STOPS_NEGATION or bool(_BREAK.search(text, word.end, following.start))


@dataclass(frozen=True, slots=True)
class _Groups:
    alike: frozenset[str]
    opposite: frozenset[str]


@cache
def _antonyms() -> dict[str, _Groups]:
    """For a stem, the stems that mean the same (itself among them) and those that mean the opposite."""
    table: dict[str, _Groups] = {}
    for line in read_lines("antonyms.txt"):
        one, other = (frozenset(stem(word) for word in side.split()) for side in line.split("/"))
        for side, against in ((one, other), (other, one)):
            for word in side:
                known = table.get(word, _Groups(frozenset(), frozenset()))
                table[word] = _Groups(known.alike | side, known.opposite | against)
    return table
