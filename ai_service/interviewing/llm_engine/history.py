"""What a candidate has been asked, as far as a stateless service can know it, and whether a question repeats it."""

from collections.abc import Sequence

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Turn
from ai_service.interviewing.near_duplicates import (
    NEARLY_THE_SAME,
    NEARLY_THE_SAME_MEANING,
    print_of,
    prints_of,
    resemblance,
)
from ai_service.interviewing.workers import Workers

# Texts that are compared by meaning, each some milliseconds of one core: the interview's last ones, and as many of
# those that share most words.
_MOST_COMPARED = 16


class History:
    """The questions that were asked: the texts of the interview's and of the bank's, the prints of a model's."""

    def __init__(self, bank: Bank, turns: Sequence[Turn], seen_keys: Sequence[str]) -> None:
        keys = [*seen_keys, *(turn.question.key for turn in turns)]
        seen = set(keys)
        self.interview_texts = tuple(dict.fromkeys(turn.question.text for turn in turns if turn.question.text))
        in_bank = (
            question.text
            for key in seen
            if (entry := bank.by_key.get(key.partition(".")[0])) is not None
            for question in (entry.question, *entry.follow_ups)
            if question.key == key
        )
        self._texts = tuple(dict.fromkeys((*self.interview_texts, *in_bank)))
        self._prints = {text: print_of(text) for text in self._texts}
        self._foreign_prints = prints_of(seen)

    def has_nearly(self, text: str) -> bool:
        """Whether the words of a question were asked before, by its print."""
        own = print_of(text)
        return any(
            resemblance(own, other) >= NEARLY_THE_SAME for other in (*self._prints.values(), *self._foreign_prints)
        )

    async def has_meaning_of(self, text: str, grader: Grader, workers: Workers) -> bool:
        """Whether a question was asked before in other words, by embeddings. Raises `Overloaded`."""
        if not self._texts:
            return False
        own = print_of(text)
        nearest = sorted(self._texts, key=lambda other: -resemblance(own, self._prints[other]))[:_MOST_COMPARED]
        compared = dict.fromkeys((*self.interview_texts[-_MOST_COMPARED:], *nearest))
        similarity = await workers.run(lambda: grader.similarity([text, *compared]))
        return bool(similarity[0, 1:].max() >= NEARLY_THE_SAME_MEANING)
