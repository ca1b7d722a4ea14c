"""What a candidate can do on a topic: an estimate that weighs each answer's score with its question's difficulty.

The Elo rating system as used for adaptive practice (R. Pelanek, "Applications of the Elo rating system in adaptive
educational systems", Computers & Education 98, 2016), over all answers on the topic, oldest first:

    expected score   e = 1 / (1 + exp(-(ability - difficulty)))
    after an answer  ability += w * K(n) * (score - e),   K(n) = 2 / (1 + 0.25 n)

`score` is from 0 to 1, `n` the weight of the answers before, and `w` 1 for a main question and 1/2 for a follow-up.
Difficulties lie one logit apart, with 0 between medium and hard, where every topic begins.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from chat_service.engine.models import Difficulty, QuestionKind

FITTING_SCORE = 0.6
_LEARNING_RATE = 2.0
_SETTLING = 0.25
_FOLLOW_UP_WEIGHT = 0.5
_HIGHEST = 3.5
_RANKS = {difficulty: rank for rank, difficulty in enumerate(Difficulty)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A scored answer on the topic; `score` is from 0 to 100."""

    difficulty: Difficulty
    kind: QuestionKind
    score: float


@dataclass(frozen=True, slots=True)
class Ability:
    """What the answers on a topic show.

    `logit` is from -3.5 to 3.5; 0 lies between medium and hard. `fits` is the difficulty at which a score nearest to
    60 is expected, and `expected_score` what is expected at medium, 0 to 100. `answers` is how many it rests on.
    """

    logit: float
    fits: Difficulty
    expected_score: float
    answers: int


def ability(attempts: Iterable[Attempt]) -> Ability:
    """The ability after the attempts, oldest first."""
    logit, seen, answers = 0.0, 0.0, 0
    for attempt in attempts:
        weight = _FOLLOW_UP_WEIGHT if attempt.kind is QuestionKind.FOLLOW_UP else 1.0
        error = attempt.score / 100 - _expected(logit, attempt.difficulty)
        logit += weight * _LEARNING_RATE / (1 + _SETTLING * seen) * error
        logit = max(-_HIGHEST, min(_HIGHEST, logit))
        seen += weight
        answers += 1
    return Ability(
        logit=round(logit, 2),
        fits=min(Difficulty, key=lambda one: abs(_expected(logit, one) - FITTING_SCORE)),
        expected_score=round(100 * _expected(logit, Difficulty.MEDIUM), 1),
        answers=answers,
    )


def _expected(logit: float, difficulty: Difficulty) -> float:
    return 1 / (1 + math.exp(_RANKS[difficulty] - 1.5 - logit))
