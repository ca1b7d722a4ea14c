from pathlib import Path

import pytest

from ai_service.grading.alignment import word_weights
from ai_service.grading.embedding import Embedder
from ai_service.grading.polarity import opposes
from ai_service.grading.reading import Reader


@pytest.fixture(scope="module")
def reader(model_cache: Path) -> Reader:
    return Reader(Embedder.load(model_cache))


def _opposes(reader: Reader, expected: str, said: str) -> bool:
    question, statement, answer = reader.read_known(["How does it work?", expected, said])
    return opposes(statement, word_weights([statement], question), answer)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "Nodes are immutable and an edit copies only the path to the root, so old roots stay valid.",
            "Nodes are not immutable, and an edit copies only the path to the root, so old roots stay valid.",
        ),
        (
            "Thumbnails below the fold load lazily, so they are fetched only when the user scrolls near them.",
            "Thumbnails below the fold load lazily, so they are not fetched only when the user scrolls near them.",
        ),
        (
            "Messages are acknowledged after processing, so a crash leads to redelivery instead of loss.",
            "Messages are not acknowledged after processing, so a crash leads to redelivery instead of loss.",
        ),
        ("A lookup takes constant time on average.", "A lookup never takes constant time on average."),
    ],
)
def test_a_not_in_the_same_words_is_the_contrary(reader: Reader, expected: str, said: str) -> None:
    assert _opposes(reader, expected, said)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "The reader must lock as well, since without synchronisation it may see stale values.",
            "The reader must lock as well, since without synchronisation it may see stale values.",
        ),
        (
            "Delivery does not recurse and no handler sees events in inverted order.",
            "No handler sees the events in inverted order, because delivery does not recurse.",
        ),
        ("The lock is released before the wait.", "The lock is released before the wait, not after it."),
        ("Codes cannot collide.", "Codes do not collide."),
    ],
)
def test_the_same_denial_is_no_contrary(reader: Reader, expected: str, said: str) -> None:
    assert not _opposes(reader, expected, said)
