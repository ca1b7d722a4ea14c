"""A small task for a model, as test data."""

from collections.abc import Sequence
from typing import Annotated

from prometheus_client import CollectorRegistry
from pydantic import Field

from ai_service.llm.asking import Asked, Asking, Limits
from ai_service.llm.budget import Allowance, Budget, Prices
from ai_service.llm.chat import ChatModel, ChatReply, Message, Role
from ai_service.llm.metrics import ModelMetrics
from ai_service.llm.replies import ReplyModel, schema_of

MESSAGES = (Message(Role.SYSTEM, "Say a colour."), Message(Role.USER, "[note 1]\nred, please\n[/note 1]"))
RED = {"colour": "red", "strength": 3}


class Colour(ReplyModel):
    """What the task asks for."""

    colour: str
    strength: Annotated[int, Field(ge=0, le=4)]


async def say(model: ChatModel, *, timeout_seconds: float = 5.0) -> ChatReply:
    """One completion of the task."""
    return await model.chat(
        MESSAGES, schema_of(Colour), temperature=0.0, max_output_tokens=300, timeout_seconds=timeout_seconds
    )


class Bench:
    """An `Asking` with its metrics, and the task put to it."""

    def __init__(
        self,
        model: ChatModel,
        *,
        attempts: int = 3,
        timeout_seconds: float = 5.0,
        concurrency: int = 8,
        prices: Prices | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        limits = Limits(timeout_seconds, attempts, 300, concurrency)
        self.asking = Asking(model, limits, ModelMetrics(self.registry, prices))

    async def ask(
        self, *, budget: int = 1_000_000_000, allowance: Allowance | None = None, not_colours: Sequence[str] = ()
    ) -> Asked[Colour]:
        """The task, with a check that refuses some colours."""

        async def check(reply: Colour) -> Sequence[str]:
            return [f"colour: {reply.colour} is not wanted"] if reply.colour in not_colours else []

        left = Budget(allowance or Allowance(budget))
        return await self.asking.ask("colours", MESSAGES, Colour, budget=left, check=check)

    def count(self, outcome: str, mode: str = "json_schema") -> float:
        """How many completions had this outcome."""
        labels = {"task": "colours", "mode": mode, "outcome": outcome}
        return self.registry.get_sample_value("ai_model_completion_seconds_count", labels) or 0.0

    def tokens(self, direction: str) -> float:
        """How many tokens were counted."""
        return (
            self.registry.get_sample_value("ai_model_tokens_total", {"task": "colours", "direction": direction}) or 0.0
        )
