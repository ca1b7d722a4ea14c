"""How well a bank question fits words that a candidate gave: focus areas, skills, a role, a description, a resume."""

import math
from collections.abc import Iterable
from functools import lru_cache

from ai_service.grading.words import content_stems
from ai_service.interviewing.bank import Bank, BankQuestion

_IN_TOPIC, _IN_STUDY, _IN_TEXT = 1.0, 0.6, 0.4
# Of a long text only words in at most this share of the questions count: it says "team" and "service" anyway.
_MOST_COMMON = 0.06
# How many words of a topic's name, each in one question of a hundred, such a text has to share with a question to fit
# it fully: a single word that stands there by chance raises little.
_FULL_MATCH = 2


class Vocabulary:
    """The words of each question of the bank, with how much each word tells questions apart.

    A word weighs its inverse document frequency over the questions, so that "design" matches nothing by itself
    while "sharding" does. A word counts fully in a topic's name, less in what to study for it or in the question.
    """

    def __init__(self, bank: Bank) -> None:
        self._places: dict[str, list[tuple[str, float]]] = {}
        for entry in bank.questions:
            for word, strength in _strengths(bank, entry).items():
                self._places.setdefault(word, []).append((entry.question.key, strength))
        count = max(1, len(bank.questions))
        self._rarity = {word: math.log(1 + count / len(places)) for word, places in self._places.items()}
        self._unknown_rarity = math.log(1 + count)
        self._telling = _MOST_COMMON * count

    def fits(self, phrases: Iterable[str]) -> dict[str, float]:
        """For each question key that shares a word with a phrase: 0 to 1, how fully its best phrase is matched."""
        best: dict[str, float] = {}
        for phrase in phrases:
            words = sorted(content_stems([phrase]))
            matched = self._matched(words)
            if matched:
                total = sum(self._rarity.get(word, self._unknown_rarity) for word in words)
                for key, value in matched.items():
                    best[key] = max(best.get(key, 0.0), value / total)
        return best

    def fits_text(self, text: str) -> dict[str, float]:
        """As `fits` for a long text, of which no question can hold all words.

        Only words of a topic's name and of what to study for it count, and no common ones. 1 is the question that fits
        best, or less where little is shared.
        """
        telling = [word for word in _words_of_text(text) if len(self._places.get(word, ())) <= self._telling]
        matched = self._matched(telling, least=_IN_STUDY)
        highest = max(matched.values(), default=0.0)
        full = max(highest, _FULL_MATCH * _IN_TOPIC * math.log(1 + 100))
        return {key: value / full for key, value in matched.items()}

    def _matched(self, words: Iterable[str], *, least: float = 0.0) -> dict[str, float]:
        # The caller sorts the words: sums of floats depend on their order, and a set's differs between processes.
        matched: dict[str, float] = {}
        for word in words:
            for key, strength in self._places.get(word, ()):
                if strength < least:
                    continue
                matched[key] = matched.get(key, 0.0) + strength * self._rarity[word]
        return matched


@lru_cache(maxsize=1)
def vocabulary_of(bank: Bank) -> Vocabulary:
    """That of the bank, made once for all who ask."""
    return Vocabulary(bank)


@lru_cache(maxsize=64)
def _words_of_text(text: str) -> tuple[str, ...]:
    """The sorted stems of a long text, which takes milliseconds and is asked for at each question of an interview."""
    return tuple(sorted(content_stems([text])))


def _strengths(bank: Bank, entry: BankQuestion) -> dict[str, float]:
    question = entry.question
    strengths = dict.fromkeys(content_stems([question.text]), _IN_TEXT)
    topic = bank.topic[question.domain, question.topic]
    strengths.update(dict.fromkeys(content_stems([topic.study]), _IN_STUDY))
    strengths.update(dict.fromkeys(content_stems([topic.title, topic.id.replace("_", " ")]), _IN_TOPIC))
    return strengths
