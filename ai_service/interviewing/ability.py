"""An explicit estimate of what a candidate can do, overall and by topic, from the answers so far.

The model is the Elo rating system as used for adaptive practice (R. Pelanek, "Applications of the Elo rating system
in adaptive educational systems", Computers & Education 98, 2016), which is a running estimate of the Rasch model:

    expected score of an answer   e = 1 / (1 + exp(-(ability - difficulty)))
    after the answer              ability += K(n) * (score - e),   K(n) = a / (1 + b * n)

with `score` from 0 to 1 and `n` the weight of the answers seen before, so that the estimate settles as it learns.
A topic's ability is the overall one plus an offset of its own, learnt with the same rule from that topic's answers.
Difficulties lie one logit apart. An ability fits a difficulty when the expected score there is `FITTING_SCORE`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.interviewing.interview import (
    Difficulty,
    EvaluationStatus,
    QuestionKind,
    Turn,
)

FITTING_SCORE = 0.6
_FITTING_LEAD = math.log(FITTING_SCORE / (1 - FITTING_SCORE))
_LEARNING_RATE = 2.0
_SETTLING = 0.25
_TOPIC_LEARNING_RATE = 1.6
_TOPIC_SETTLING = 0.5
_FOLLOW_UP_WEIGHT = 0.5
_LOWEST, _HIGHEST = -3.5, 3.5


@dataclass(frozen=True, slots=True)
class Ability:
    """Logits; 0 lies between medium and hard. `topics` holds the topics that were asked, as absolute abilities."""

    overall: float
    topics: dict[str, float]

    def of_topic(self, topic: str) -> float:
        """The topic's ability; the overall one where it was not asked."""
        return self.topics.get(topic, self.overall)

    def fitting_rank(self, topic: str | None = None) -> float:
        """The difficulty that fits, on the scale of `Difficulty.rank`, with fractions and unbounded."""
        ability = self.overall if topic is None else self.of_topic(topic)
        return ability - _FITTING_LEAD + 1.5


def difficulty_logit(difficulty: Difficulty) -> float:
    """-1.5 (easy), -0.5, 0.5, 1.5 (expert)."""
    return difficulty.rank - 1.5


def expected_score(ability: float, difficulty: Difficulty) -> float:
    """The share of a full score, 0 to 1, that an ability gives at a difficulty."""
    return 1 / (1 + math.exp(difficulty_logit(difficulty) - ability))


def shown_score(turn: Turn) -> float | None:
    """What an answer shows, 0 to 1; None when it shows nothing (no grade, unintelligible).

    An answer that was declined or left empty stays out of every average, and yet shows that the candidate had
    nothing to say: it reads as 0 here.
    """
    evaluation = turn.evaluation
    if evaluation is None:
        return None
    if evaluation.status is EvaluationStatus.SCORED and evaluation.score is not None:
        return evaluation.score / 100
    reason = evaluation.not_assessable_reason
    return 0.0 if reason is not None and reason.is_pass else None


def estimate_ability(start: Difficulty, turns: Sequence[Turn]) -> Ability:
    """The ability after `turns` (oldest first), beginning where the `start` difficulty fits.

    A follow-up moves it half as much as a main question.
    """
    overall = difficulty_logit(start) + _FITTING_LEAD
    offsets: dict[str, float] = {}
    seen = 0.0
    seen_by_topic: dict[str, float] = {}
    for turn in turns:
        score = shown_score(turn)
        if score is None:
            continue
        topic = turn.question.topic
        weight = _FOLLOW_UP_WEIGHT if turn.question.kind is QuestionKind.FOLLOW_UP else 1.0
        offset = offsets.get(topic, 0.0)
        overall_error = score - expected_score(overall, turn.question.difficulty)
        topic_error = score - expected_score(overall + offset, turn.question.difficulty)
        topic_seen = seen_by_topic.get(topic, 0.0)
        overall += weight * _LEARNING_RATE / (1 + _SETTLING * seen) * overall_error
        overall = max(_LOWEST, min(_HIGHEST, overall))
        offsets[topic] = offset + weight * _TOPIC_LEARNING_RATE / (1 + _TOPIC_SETTLING * topic_seen) * topic_error
        seen += weight
        seen_by_topic[topic] = topic_seen + weight
    return Ability(overall, {topic: overall + offset for topic, offset in offsets.items()})
