import itertools

import pytest

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.near_duplicates import (
    FOLLOWS_TOO_CLOSELY,
    NEARLY_THE_SAME,
    NEARLY_THE_SAME_MEANING,
    print_of,
    prints_of,
    question_key,
    resemblance,
)

ASKED = "Explain how a hash table handles collisions and what that means for the time of a lookup."


@pytest.mark.parametrize(
    "again",
    [
        ASKED.upper(),
        "How does a hash table handle collisions? Explain what that means for the time of a lookup.",
        "Please explain how hash tables handle a collision, and what it means for lookup time.",
    ],
)
def test_the_same_words_in_another_order_resemble_each_other(again: str) -> None:
    assert resemblance(print_of(ASKED), print_of(again)) >= NEARLY_THE_SAME


def test_a_key_carries_the_print_of_its_question_and_a_follow_ups_key_that_of_its_parent() -> None:
    key = question_key("Hash Tables/2", ASKED)
    assert len(key) < 160
    assert prints_of([key, f"{key}.p1", "dsa-two-sum", "model-x-123"]) == [print_of(ASKED)] * 2


def test_no_two_questions_of_the_bank_pass_for_one_by_their_words(bank: Bank) -> None:
    prints = [print_of(entry.question.text) for entry in bank.questions]
    alike = [pair for pair in itertools.combinations(prints, 2) if resemblance(*pair) >= NEARLY_THE_SAME]
    assert len(alike) <= len(prints) // 100


def test_hardly_two_questions_of_the_bank_pass_for_one_by_their_meaning(bank: Bank, grader: Grader) -> None:
    texts = [entry.question.text for entry in bank.questions][:120]
    similarity = grader.similarity(texts)
    alike = sum(similarity[i, j] >= NEARLY_THE_SAME_MEANING for i, j in itertools.combinations(range(len(texts)), 2))
    assert alike <= len(texts) * (len(texts) - 1) // 2 // 1000


def test_no_follow_up_of_the_bank_passes_for_its_own_question(bank: Bank, grader: Grader) -> None:
    for entry in [entry for entry in bank.questions if entry.follow_ups][:40]:
        texts = [entry.question.text, *(one.text for one in entry.follow_ups)]
        assert grader.similarity(texts)[0, 1:].max() < FOLLOWS_TOO_CLOSELY, entry.question.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "How would you find out whether a singly linked list runs in a circle, without using additional memory?",
            "Describe a constant-space way to detect that the next pointers of a linked list lead around in a cycle.",
        ),
        (
            "How do you detect a cycle in a singly linked list with constant memory?",
            "A linked list may contain a loop. Which algorithm tells so without additional space?",
        ),
        (
            "How does a database index speed up lookups, and what does it cost when rows are written?",
            "Explain why adding an index makes queries faster and inserts slower.",
        ),
        (
            "How would you design a cache that evicts the least recently used entry?",
            "Sketch an LRU cache with constant-time get and put; how do you drop the oldest item?",
        ),
    ],
)
def test_a_question_put_in_other_words_passes_for_the_same_by_its_meaning_alone(
    one: str, other: str, grader: Grader
) -> None:
    assert resemblance(print_of(one), print_of(other)) < NEARLY_THE_SAME
    assert grader.similarity([one, other])[0, 1] >= NEARLY_THE_SAME_MEANING
