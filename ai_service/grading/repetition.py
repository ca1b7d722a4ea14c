"""Words and phrases that an answer says again: at once, as a speaker does who stumbles, or all through it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from ai_service.grading.grade import Repetition
from ai_service.grading.words import Word, read_list

_LONGEST_STUMBLE = 4  # words
_SHORTEST_PHRASE, _LONGEST_PHRASE = 3, 6  # words
_OFTEN = 3  # sayings from which a phrase counts
_MOST = 10  # phrases that are told of
_PAUSES = frozenset({"", ",", "...", "…", "—"})
_DOUBLED = read_list("doubled_words.txt")


def repetitions_of(text: str, words: Sequence[Word]) -> tuple[Repetition, ...]:
    """What was said again, the stumbles first, each kind in order of its first place.

    A stumble is a run of one to four words said twice with nothing but space between, or a pause
    between words that carry no content ("I, I").
    A phrase is three to six words, two of content among them, said three times or more; of phrases that lie within
    one another the longest that is said as often stands for all, and the ten commonest are told of.
    """
    return (*_stumbles(text, words), *_phrases(text, words))


def _stumbles(text: str, words: Sequence[Word]) -> list[Repetition]:
    places: dict[str, list[int]] = {}
    index = 0
    while index < len(words):
        length = _stumble_at(text, words, index)
        if length:
            said = words[index : index + length]
            places.setdefault(" ".join(word.form for word in said), []).append(words[index + length].start)
        index += max(length, 1)
    return [Repetition(phrase, tuple(starts), in_a_row=True) for phrase, starts in places.items()]


def _stumble_at(text: str, words: Sequence[Word], index: int) -> int:
    """How many words from `index` on are said twice in a row; 0 for none. The shortest such run counts."""
    for length in range(1, min(_LONGEST_STUMBLE, (len(words) - index) // 2) + 1):
        if words[index].form == words[index + length].form and _is_stumble(text, words[index : index + 2 * length]):
            return length
    return 0


def _is_stumble(text: str, run: Sequence[Word]) -> bool:
    """Whether the halves of `run` are the same, and nobody writes it so on purpose.

    Over a comma only words without content stumble: "the cache, the cache" may begin a clause.
    """
    half = len(run) // 2
    said = run[:half]
    if any(one.form != other.form for one, other in zip(said, run[half:], strict=True)):
        return False
    if (half == 1 and run[0].form in _DOUBLED) or text[max(0, run[0].start - 1) : run[0].start] == "-":
        return False
    pauses = _PAUSES if not any(word.is_content for word in said) else frozenset({""})
    gaps = [text[one.end : other.start] for one, other in pairwise(run)]
    return all(gap != "" and not gap.startswith("-") and gap.strip() in pauses for gap in gaps) and all(
        word.form.replace("'", "").isalpha() for word in said
    )


def _phrases(text: str, words: Sequence[Word]) -> list[Repetition]:
    forms = [word.form for word in words]
    shortest = Counter(zip(forms, forms[1:], forms[2:], strict=False))
    if not shortest or max(shortest.values()) < _OFTEN:
        return []
    joined = [not text[one.end : other.start].strip() for one, other in pairwise(words)]
    found: dict[tuple[str, ...], list[int]] = {}
    told: dict[tuple[str, ...], int] = {}  # parts of phrases in `found`, with the sayings that those stand for
    for length in range(_LONGEST_PHRASE, _SHORTEST_PHRASE - 1, -1):
        places: dict[tuple[str, ...], list[int]] = {}
        for index in range(len(words) - length + 1):
            if shortest[forms[index], forms[index + 1], forms[index + 2]] < _OFTEN:
                continue
            said = words[index : index + length]
            if sum(word.is_content for word in said) >= 2 and all(joined[index : index + length - 1]):
                sayings = places.setdefault(tuple(forms[index : index + length]), [])
                if not sayings or index >= sayings[-1] + length:
                    sayings.append(index)
        for phrase, sayings in places.items():
            if len(sayings) >= _OFTEN and len(sayings) > told.get(phrase, 0):
                found[phrase] = sayings
                for part in _parts(phrase):
                    told[part] = max(told.get(part, 0), len(sayings))
    commonest = islice(sorted(found.items(), key=lambda entry: -len(entry[1])), _MOST)
    return [
        Repetition(" ".join(phrase), tuple(words[index].start for index in sayings), in_a_row=False)
        for phrase, sayings in sorted(commonest, key=lambda entry: entry[1])
    ]


def _parts(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for length in range(_SHORTEST_PHRASE, len(phrase)):
        for start in range(len(phrase) - length + 1):
            yield phrase[start : start + length]
