"""The choice of the next main question: its domain, difficulty and topic."""

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ai_service.errors import QuestionsExhausted
from ai_service.interviewing.ability import Ability, estimate_ability
from ai_service.interviewing.asked import Asked
from ai_service.interviewing.bank import Bank, BankQuestion
from ai_service.interviewing.composition import Composition
from ai_service.interviewing.interview import Domain, InterviewContext, Question, QuestionKind, Turn
from ai_service.interviewing.matching import vocabulary_of

# What a step away from the fitting difficulty costs, and what speaks for a question beside it. The difficulty follows
# the answers and the topic is chosen within it; a focus area that is met in full is worth one step, and no second one.
_STEP_COST = 2.0
_FOCUS, _SKILL, _ROLE, _DESCRIPTION, _RESUME = 2.5, 0.75, 0.5, 0.5, 0.5
# How much a focus area that a part of the bank serves puts it before the others, beside the lags of their shares.
_FOCUS_PULL = 0.6
_UNCOVERED = 0.8
_WEAK = 0.9
_SAME_TOPIC_COST = 0.4
_VARIETY = 0.5


@dataclass(frozen=True, slots=True)
class Pool:
    """The bank's questions that serve an interview: `fresh` are those asked least often, `fresh_count` times."""

    questions: Sequence[BankQuestion]
    fresh: Sequence[BankQuestion]
    fresh_count: int


class Selection:
    """Chooses main questions. The same request gives the same choice; another interview id gives another one."""

    def __init__(self, bank: Bank, composition: Composition) -> None:
        self._bank = bank
        self._composition = composition
        self._vocabulary = vocabulary_of(bank)

    def pool(self, context: InterviewContext, asked: Asked) -> Pool:
        """The questions to choose from. Raises `QuestionsExhausted` when the bank has none for the domain."""
        shares = self._composition.shares(context)
        questions = [entry for source in shares for entry in self._bank.by_source.get(source, ())]
        if not questions:
            raise QuestionsExhausted(f"the question bank has no questions for {context.domain.value} interviews")
        fresh_count = min(asked.count(entry.question.key) for entry in questions)
        fresh = [entry for entry in questions if asked.count(entry.question.key) == fresh_count]
        return Pool(questions, fresh, fresh_count)

    def choose(
        self, context: InterviewContext, turns: Sequence[Turn], asked: Asked, pool: Pool
    ) -> tuple[BankQuestion, str]:
        """The next main question and why.

        While unseen questions remain only they are chosen, at any difficulty before one is repeated; once all were
        seen it is the least often and then the least recently asked one. Among unseen questions the part of the bank
        with the greatest lag behind its share, or that serves a focus area, comes first, then the difficulty that fits
        the ability estimate (at most one step from the last main question's), then topics that match the focus areas,
        that are not covered yet, and that are weak.
        """
        if pool.fresh_count:
            entry = min(pool.fresh, key=lambda entry: asked.last(entry.question.key))
            return entry, f"all {len(pool.questions)} questions seen; the least recent of the least often asked"
        seed = hashlib.blake2b(f"{context.interview_id}\0{len(turns)}".encode(), digest_size=8).digest()
        chance = random.Random(seed)  # noqa: S311 - variety, not secrecy
        candidates = self._of_lagging_source(context, turns, pool, chance)
        ability = estimate_ability(context.difficulty, turns)
        wishes = self._wishes(context)
        weigh = _Weighing(ability, turns, wishes)
        best, _ = max(
            ((entry, weigh(entry) + _VARIETY * chance.random()) for entry in candidates), key=lambda pair: pair[1]
        )
        question = best.question
        return best, (
            f"ability {ability.overall:+.2f}, {ability.of_topic(question.topic):+.2f} on {question.topic}; "
            f"fitting rank {weigh.target:d}, chosen {question.difficulty.value}; "
            f"{'covered' if question.topic in weigh.covered else 'uncovered'} topic, "
            f"wish {wishes.get(question.key, 0.0):.2f}; {len(pool.fresh)} unseen of {len(pool.questions)}"
        )

    def _of_lagging_source(
        self, context: InterviewContext, turns: Sequence[Turn], pool: Pool, chance: random.Random
    ) -> Sequence[BankQuestion]:
        shares = self._composition.shares(context)
        if len(shares) == 1:
            return pool.fresh
        asked = [self._source(turn.question) for turn in turns if turn.question.kind is QuestionKind.MAIN]
        by_source: dict[str, list[BankQuestion]] = {}
        for entry in pool.fresh:
            by_source.setdefault(entry.source, []).append(entry)
        focus = self._vocabulary.fits(context.focus_areas)
        lags = {
            source: shares[source] * (len(asked) + 1)
            - asked.count(source)
            + _FOCUS_PULL * max(focus.get(entry.question.key, 0.0) for entry in entries)
            + 0.2 * chance.random()
            for source, entries in by_source.items()
        }
        return by_source[max(lags, key=lambda source: lags[source])]

    def _source(self, question: Question) -> str:
        known = self._bank.by_key.get(question.key)
        return known.source if known else question.domain.value

    def _wishes(self, context: InterviewContext) -> Mapping[str, float]:
        """By question key, how much it serves what the candidate asked for."""
        sources = [
            (_FOCUS, self._vocabulary.fits(context.focus_areas)),
            (_SKILL, self._vocabulary.fits(context.skills)),
            (_DESCRIPTION, self._vocabulary.fits_text(context.job_description)),
            (_RESUME, self._vocabulary.fits_text(context.resume)),
        ]
        if context.domain is Domain.ROLE:
            sources.append((_ROLE, self._vocabulary.fits((context.job_role,))))
        wishes: dict[str, float] = {}
        for worth, fits in sources:
            for key, fit in fits.items():
                wishes[key] = max(wishes.get(key, 0.0), worth * fit)
        return wishes


class _Weighing:
    """What speaks for one question at this place of the interview, chance aside."""

    def __init__(self, ability: Ability, turns: Sequence[Turn], wishes: Mapping[str, float]) -> None:
        mains = [turn.question for turn in turns if turn.question.kind is QuestionKind.MAIN]
        self._ability = ability
        self._wishes = wishes
        self._lowest, self._highest = 0, 3
        if mains:
            self._lowest = max(0, mains[-1].difficulty.rank - 1)
            self._highest = min(3, mains[-1].difficulty.rank + 1)
        self._last_topic = mains[-1].topic if mains else None
        self.covered = {question.topic for question in mains}
        self.target = self._bounded(ability.fitting_rank())

    def _bounded(self, rank: float) -> int:
        return max(self._lowest, min(self._highest, math.floor(rank + 0.5)))

    def __call__(self, entry: BankQuestion) -> float:
        question = entry.question
        target = self.target
        worth = self._wishes.get(question.key, 0.0)
        if question.topic in self.covered:
            target = self._bounded(self._ability.fitting_rank(question.topic))
            worth += _WEAK * max(0.0, min(1.0, self._ability.overall - self._ability.of_topic(question.topic)))
            if question.topic == self._last_topic:
                worth -= _SAME_TOPIC_COST
        else:
            worth += _UNCOVERED
        return worth - _STEP_COST * abs(question.difficulty.rank - target)
