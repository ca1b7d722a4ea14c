"""Tokens: how many a text takes at most, and how many a task may still spend."""

from collections.abc import Iterable

from ai_service.errors import BudgetSpent
from ai_service.llm.chat import Message

# English takes about four bytes a token and other scripts about three; formulas and code lie near three.
_BYTES_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8


def tokens_of(*texts: str) -> int:
    """An estimate on the high side of the tokens that the texts take."""
    return sum(-(-len(text.encode()) // _BYTES_PER_TOKEN) for text in texts)


class Budget:
    """Tokens that are left for a task; `whole` is the interview's budget, for messages."""

    def __init__(self, left: float, *, whole: int) -> None:
        self._left = left
        self._whole = whole

    @property
    def left(self) -> float:
        """Tokens that may still be spent."""
        return self._left

    def claim(self, messages: Iterable[Message], max_output_tokens: int) -> int:
        """Claim what a completion takes at most and return it. Raises `BudgetSpent` when that is not left."""
        claimed = max_output_tokens + sum(tokens_of(message.content) + _TOKENS_PER_MESSAGE for message in messages)
        if claimed > self._left:
            raise BudgetSpent(self._whole)
        self._left -= claimed
        return claimed

    def settle(self, claimed: int, used: int) -> None:
        """Give back what a completion has not used of its claim."""
        self._left += claimed - used
