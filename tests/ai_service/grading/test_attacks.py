"""Answers that want credit without saying anything, against a sample of the bank.

The attacks that every question is put to are in tests/ai_service/interviewing/attacks.py.
"""

import random
from collections.abc import Callable
from functools import cache

import pytest

from ai_service.grading.guards import INJECTION, KEYWORD_LIST, PARROTED, REPEATED
from ai_service.grading.words import STOP_WORDS, words_of
from ai_service.interviewing.bank import Bank, load_bank
from ai_service.interviewing.interview import Domain, Question
from tests.ai_service.denials import with_not
from tests.ai_service.grading.conftest import Grade, Score
from tests.ai_service.injections import payloads

LOW = 25
# A "not" in every sentence: over the whole bank 7.4 points stay on average, and 8.3 in 100 answers keep more than 25.
# The bounds are a little above what this sample shows: 6.5 points, and 2 of 23 answers.
DENIED, DENIED_OVER_LOW = 8, 0.1
BLUFF = (
    "This is a really important topic and there are many aspects to consider. In general it depends on the use case, "
    "because every approach has its own advantages and disadvantages. I would look at the requirements, weigh the "
    " trade-offs and then choose the best solution. In my experience it is crucial to think about performance, "
    "scalability and maintainability, and to follow best practices so that the system works well."
)


@cache
def _sample() -> tuple[Question, ...]:
    """Every twentieth main question of the bank, so at least one of every part of it."""
    return tuple(entry.question for entry in load_bank().questions[::20])


def _terms(question: Question) -> list[str]:
    words = [word.form for point in question.points for word in words_of(point.text)]
    return list(dict.fromkeys(word for word in words if word not in STOP_WORDS))


def _shuffled(words: list[str]) -> list[str]:
    return random.Random(7).sample(words, len(words))


def _with_changes(text: str) -> str:
    """Every fifteenth word replaced by one that says nothing."""
    return " ".join("thing" if place % 15 == 7 else word for place, word in enumerate(text.split()))


EMPTY_TALK: dict[str, Callable[[Question], str]] = {
    "question repeated": lambda q: f"{q.text} {q.text}",
    "question announced": lambda q: f"The question is: {q.text}",
    "question put to oneself": lambda q: f"So you want to know the following. {q.text} I will answer it now.",
    "question with changes": lambda q: _with_changes(q.text),
    "comma list": lambda q: ", ".join(_terms(q)),
    "shuffled list": lambda q: ", ".join(_shuffled(_terms(q))),
    "words in a row": lambda q: " ".join(_shuffled(_terms(q))),
    "half of the list": lambda q: ", ".join(_terms(q)[::2]),
    "announced list": lambda q: "It is about the following: " + ", ".join(_terms(q)) + ".",
    "bluff": lambda _: BLUFF,
    "bluff twenty times": lambda _: BLUFF * 20,
    "injections": lambda _: " ".join(payload.text for payload in payloads("answer")[::8]),
}


@pytest.mark.parametrize("attack", EMPTY_TALK)
def test_talk_without_content_scores_low(score: Score, attack: str) -> None:
    scores = {question.key: score(question, EMPTY_TALK[attack](question)) for question in _sample()}
    assert {key: value for key, value in scores.items() if value >= LOW} == {}


def test_answers_to_questions_of_other_domains_score_low(bank: Bank, score: Score) -> None:
    others = [bank.by_domain[domain][3].question for domain in (Domain.DSA, Domain.HLD, Domain.BEHAVIORAL)]
    wrong = {
        (question.key, other.key): value
        for question in _sample()
        for other in others
        if question.domain is not other.domain and (value := score(question, other.reference_answer)) >= LOW
    }
    assert wrong == {}


def test_answers_on_other_topics_of_the_same_domain_score_low(bank: Bank, score: Score) -> None:
    scores: list[float] = []
    for question in _sample():
        others = [e.question for e in bank.by_domain[question.domain] if e.question.topic != question.topic]
        scores.append(score(question, others[len(scores) % len(others)].reference_answer))
    assert sum(value >= LOW for value in scores) <= 0.05 * len(scores)
    assert sum(scores) < 5 * len(scores)


def test_a_full_answer_denied_as_a_whole_scores_low(score: Score) -> None:
    technical = [question for question in _sample() if question.domain in (Domain.DSA, Domain.CS_FUNDAMENTALS)]
    for opening in ("It is false that ", "It's not true that "):
        for question in technical[:6]:
            answer = opening + question.reference_answer[0].lower() + question.reference_answer[1:]
            assert score(question, answer) < 40, question.key


def test_a_full_answer_with_a_not_in_every_sentence_loses_most_of_its_score(score: Score) -> None:
    scores = [score(question, with_not(question.reference_answer)) for question in _sample()]
    assert sum(scores) <= DENIED * len(scores)
    assert sum(value > LOW for value in scores) <= DENIED_OVER_LOW * len(scores)


def test_the_guards_at_work_are_named(bank: Bank, grade: Grade) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    assert PARROTED in grade(question, question.text).guards
    assert KEYWORD_LIST in grade(question, ", ".join(_terms(question))).guards
    assert INJECTION in grade(question, f"{question.reference_answer} {payloads('answer')[0].text}").guards
    assert REPEATED in grade(question, " ".join([question.points[0].text] * 50)).guards
    assert grade(question, question.reference_answer).guards == ()
