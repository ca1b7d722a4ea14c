"""Tokens and their cost: how many a text takes at most, and what a task may still spend."""

from collections.abc import Iterable
from dataclasses import dataclass

from ai_service.errors import BudgetSpent
from ai_service.llm.chat import Message, Usage

# English takes about four bytes a token and other scripts about three; formulas and code lie near three.
_BYTES_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8
NOTHING = Usage(0, 0)


def tokens_of(*texts: str) -> int:
    """An estimate on the high side of the tokens that the texts take."""
    return sum(-(-len(text.encode()) // _BYTES_PER_TOKEN) for text in texts)


@dataclass(frozen=True, slots=True)
class Prices:
    """What tokens cost, per million, in the operator's currency."""

    input_per_million: float
    output_per_million: float

    def cost(self, usage: Usage) -> float:
        """The cost of tokens."""
        return (usage.input_tokens * self.input_per_million + usage.output_tokens * self.output_per_million) / 1e6


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a whole interview may spend: tokens, and their cost by `prices` where `cost` is set."""

    tokens: int
    cost: float | None = None
    prices: Prices | None = None

    def __post_init__(self) -> None:
        if self.cost is not None and self.prices is None:
            raise ValueError("a bound of the cost needs prices")

    def require(self, spent: Usage) -> None:
        """Raises `BudgetSpent`, naming what is exceeded, when `spent` is more than this."""
        if spent.total > self.tokens:
            raise BudgetSpent(f"{self.tokens} tokens", "LLM_BUDGET_TOKENS")
        if self.cost is not None and self.prices is not None and self.prices.cost(spent) > self.cost:
            raise BudgetSpent(f"{self.cost:g} (the cost of its tokens by the prices set)", "LLM_BUDGET_COST")


class Budget:
    """What is left for a task of an interview that has `spent` some of its allowance and `held` some back."""

    def __init__(self, allowance: Allowance, spent: Usage = NOTHING, *, held: Usage = NOTHING) -> None:
        self._allowance = allowance
        self._spent = spent + held

    @property
    def left(self) -> int:
        """Tokens that may still be spent; the cost may allow fewer."""
        return max(0, self._allowance.tokens - self._spent.total)

    def claim(self, messages: Iterable[Message], max_output_tokens: int) -> Usage:
        """Claim what a completion takes at most and return it. Raises `BudgetSpent` when that is not left."""
        told = sum(tokens_of(message.content) + _TOKENS_PER_MESSAGE for message in messages)
        claimed = Usage(told, max_output_tokens)
        self._allowance.require(self._spent + claimed)
        self._spent += claimed
        return claimed

    def settle(self, claimed: Usage, used: Usage) -> None:
        """Give back what a completion has not used of its claim."""
        self._spent += used - claimed
