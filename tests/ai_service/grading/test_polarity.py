from pathlib import Path

import pytest

from ai_service.grading.alignment import word_weights
from ai_service.grading.embedding import Embedder
from ai_service.grading.reading import Reader
from ai_service.grading.verdicts import Judge, Statement, Verdict


@pytest.fixture(scope="module")
def reader(model_cache: Path) -> Reader:
    return Reader(Embedder.load(model_cache))


def _opposes(reader: Reader, expected: str, said: str) -> bool:
    question, statement = reader.read_known(["How does it work?", expected])
    answer = reader.read(said)
    statements = [Statement(statement, word_weights([statement], question))]
    passage = tuple(range(len(answer.sentences)))
    return Judge(question, answer).verdict(statements, 0, [0], passage) is Verdict.OPPOSES


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


@pytest.mark.parametrize(
    "said",
    [
        "The service isn't releasing the lock before it waits for the reply of the slow dependency.",
        "The service doesn't release the lock before it waits for the reply of the slow dependency.",
        "The service never releases the lock before it waits for the reply of the slow dependency.",
        "The service cannot release the lock before it waits for the reply of the slow dependency.",
        "The service no longer releases the lock before it waits for the reply of the slow dependency.",
        "The service fails to release the lock before it waits for the reply of the slow dependency.",
        "The service releases the lock before it waits for the reply of the slow dependency, which is not there.",
    ],
)
def test_other_negations_are_as_good_as_a_not(reader: Reader, said: str) -> None:
    expected = "The service releases the lock before it waits for the reply of the slow dependency."
    assert _opposes(reader, expected, said) is ("which is not there" not in said)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "Many parallel threads burn the budget quickly, and then all stand still, including threads with locks.",
            "Many parallel threads burn the budget quickly, and then all stand still, including no threads with locks.",
        ),
        (
            "If the pointer becomes null, the list ends and there is no cycle.",
            "If the pointer becomes null, the list ends and there is not no cycle.",
        ),
        (
            "Since the content under such a name never changes, I send it with a max-age of one year.",
            "Since the content under such a name never changes, I don't send it with a max-age of one year.",
        ),
    ],
)
def test_in_copied_words_a_negation_counts_wherever_it_stands(reader: Reader, expected: str, said: str) -> None:
    assert _opposes(reader, expected, said)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "The lock is released before the wait.",
            "It does not matter who waits: the lock is released before the wait.",
        ),
        ("A hash lookup is fast and simple.", "A hash lookup is not only fast but also simple."),
        ("Sort the meetings by their end time.", "Sort the meetings not by their start time but by their end time."),
        ("Messages are kept on disk.", "Messages are kept not in memory but on disk."),
        ("A hash table finds exact keys fast.", "Although it isn't sorted, a hash table finds exact keys fast."),
        ("A balanced tree keeps its height low.", "A list does not, but a balanced tree keeps its height low."),
        ("Retries take at most a minute.", "Retries take at most a minute, and no longer than that."),
        (
            "Put the first items into the reservoir directly, since nothing has to be rejected.",
            "Put the first items into the reservoir directly, without rejecting anything.",
        ),
        (
            "Insertion relinks the predecessors on each level, with no rebalancing or rotations.",
            "Insertion relinks the predecessors on each level, with no rotations.",
        ),
    ],
)
def test_a_negation_of_something_else_is_no_contrary(reader: Reader, expected: str, said: str) -> None:
    assert not _opposes(reader, expected, said)
