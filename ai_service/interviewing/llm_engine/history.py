"""What a candidate has been asked, as far as a stateless service can know it, and whether a question repeats it."""

from collections.abc import Sequence

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Turn
from ai_service.interviewing.near_duplicates import (
    FOLLOWS_TOO_CLOSELY,
    NEARLY_THE_SAME,
    NEARLY_THE_SAME_MEANING,
    print_of,
    prints_of,
    resemblance,
)
from ai_service.interviewing.workers import Workers

# Texts of the interview and of the bank that are compared by meaning, each some milliseconds of one core: the
# interview's last ones, and as many of those that share most words. Of a model's earlier questions all are.
_MOST_COMPARED = 16


class History:
    """The questions that were asked: the texts of the interview's, of the bank's and of a model's last ones, and the
    prints of all that a model wrote.

    `seen_texts` are a model's questions of earlier interviews, newest first.
    """

    def __init__(
        self, bank: Bank, turns: Sequence[Turn], seen_keys: Sequence[str], seen_texts: Sequence[str] = ()
    ) -> None:
        keys = [*seen_keys, *(turn.question.key for turn in turns)]
        seen = set(keys)
        self.interview_texts = tuple(dict.fromkeys(turn.question.text for turn in turns if turn.question.text))
        self.earlier_texts = tuple(dict.fromkeys(seen_texts))
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

    async def has_meaning_of(self, text: str, grader: Grader, workers: Workers, *, followed: str = "") -> bool:
        """Whether a question was asked before in other words, by embeddings; `followed` is a follow-up's main question.

        Raises `Overloaded`.
        """
        own = print_of(text)
        nearest = sorted(self._texts, key=lambda other: -resemblance(own, self._prints[other]))[:_MOST_COMPARED]
        compared = dict.fromkeys((*self.interview_texts[-_MOST_COMPARED:], *nearest, *self.earlier_texts))
        if not compared:
            return False
        similarity = await workers.run(lambda: grader.similarity([text, *compared]))
        return any(
            cosine >= (FOLLOWS_TOO_CLOSELY if other == followed else NEARLY_THE_SAME_MEANING)
            for other, cosine in zip(compared, similarity[0, 1:], strict=True)
        )
