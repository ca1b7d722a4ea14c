"""Asking a model: attempts, the one repair, time, tokens and concurrency, all bounded in this one place."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic

import structlog

from ai_service.deadline import seconds_left
from ai_service.errors import ModelFault, Overloaded
from ai_service.llm.budget import NOTHING, Budget
from ai_service.llm.chat import ChatFailure, ChatModel, ChatReply, Message, Role
from ai_service.llm.metrics import ModelMetrics
from ai_service.llm.replies import BadReplyError, R, read_reply, schema_of

# For the reply of the call itself, after the model's.
_RESERVE_SECONDS = 0.25
# No model answers in less, so that nothing is sent which could only be thrown away.
_SHORTEST_SECONDS = 0.25
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 2.0
_REPEATED_CHARACTERS = 12_000
_PROBLEM_CHARACTERS = 300

_log = structlog.get_logger("ai_service.llm")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of asking: seconds of one attempt, attempts at a reply in all, output tokens of one attempt, and tasks
    that run at the same time."""

    timeout_seconds: float
    attempts: int
    max_output_tokens: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class Asked(Generic[R]):
    """A reply that fits its model, and what the check still found wrong with it after its repair."""

    reply: R
    problems: tuple[str, ...]


async def no_problem(_: object) -> tuple[str, ...]:
    """The check of a reply that needs none beyond its model."""
    return ()


class Asking:
    """Asks a model for replies. The only layer that tries again."""

    def __init__(self, model: ChatModel, limits: Limits, metrics: ModelMetrics) -> None:
        self._model = model
        self._limits = limits
        self._metrics = metrics
        self._active = 0

    @property
    def model_name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def max_output_tokens(self) -> int:
        """Output tokens of one attempt at most."""
        return self._limits.max_output_tokens

    async def ask(
        self,
        task: str,
        messages: Sequence[Message],
        reply: type[R],
        *,
        budget: Budget,
        check: Callable[[R], Awaitable[Sequence[str]]] = no_problem,
        temperature: float = 0.0,
        reserve_seconds: float = 0.0,
    ) -> Asked[R]:
        """A reply to `messages`.

        A reply that does not fit, was cut off, or in which `check` finds problems is sent back once with what was
        wrong. A transient failure is tried again after the wait that the endpoint asks for, else a growing one. All
        of it makes at most `Limits.attempts` requests and ends `reserve_seconds` before the call's deadline.

        Raises `ModelFault` when no reply fits, `BudgetSpent` when the budget does not hold another attempt, and
        `Overloaded` when as many tasks run as may.
        """
        if self._active >= self._limits.concurrency:
            raise Overloaded(self._limits.concurrency)
        self._active += 1
        task_at_hand = _Task(
            task,
            messages,
            reply,
            check,
            temperature=temperature,
            reserve_seconds=_RESERVE_SECONDS + reserve_seconds,
            budget=budget,
            model=self._model,
            limits=self._limits,
            metrics=self._metrics,
        )
        try:
            return await task_at_hand.run()
        finally:
            self._active -= 1


@dataclass(frozen=True, slots=True)
class _Read(Generic[R]):
    """What came of a completion: a reply that fits or None, and what is wrong."""

    said: ChatReply
    reply: R | None
    problems: tuple[str, ...]


class _Task(Generic[R]):
    """The attempts at one reply."""

    def __init__(
        self,
        name: str,
        messages: Sequence[Message],
        reply: type[R],
        check: Callable[[R], Awaitable[Sequence[str]]],
        *,
        temperature: float,
        reserve_seconds: float,
        budget: Budget,
        model: ChatModel,
        limits: Limits,
        metrics: ModelMetrics,
    ) -> None:
        self._name = name
        self._messages = messages
        self._reply = reply
        self._schema = schema_of(reply)
        self._check = check
        self._temperature = temperature
        self._reserve = reserve_seconds
        self._budget = budget
        self._model = model
        self._limits = limits
        self._metrics = metrics
        self._attempts_left = limits.attempts

    async def run(self) -> Asked[R]:
        """A reply that fits, with the problems that are left."""
        best = await self._say(self._messages)
        if best.problems and self._attempts_left:
            try:
                repaired = await self._say(self._with_repair(best))
            except ModelFault:
                if best.reply is None:
                    raise
            else:
                if best.reply is None or (repaired.reply and len(repaired.problems) <= len(best.problems)):
                    best = repaired
        if best.reply is not None:
            return Asked(best.reply, best.problems)
        _log.warning("model_reply_unusable", task=self._name, truncated=best.said.truncated)
        if best.said.truncated:
            raise ModelFault(
                "MODEL_TRUNCATED", "the language model's reply was cut off at its limit; raise LLM_MAX_OUTPUT_TOKENS"
            )
        raise ModelFault("MODEL_REPLY_INVALID", "the language model's reply stayed unusable after its repair")

    async def _say(self, messages: Sequence[Message]) -> _Read[R]:
        """One completion, tried again while that makes sense."""
        growing = _FIRST_WAIT_SECONDS
        while True:
            self._attempts_left -= 1
            if self._seconds_left() < _SHORTEST_SECONDS:
                raise ModelFault("MODEL_TIMEOUT", "the call's deadline leaves no time for the language model")
            try:
                return await self._complete(messages)
            except ChatFailure as failure:
                pause = failure.retry_after_seconds
                if pause is None:
                    pause = growing * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
                in_time = pause + _SHORTEST_SECONDS < self._seconds_left()
                if not (failure.again and self._attempts_left and in_time):
                    raise failure.as_fault() from None
            await asyncio.sleep(pause)
            growing = min(2 * growing, _LONGEST_WAIT_SECONDS)

    def _seconds_left(self) -> float:
        return seconds_left() - self._reserve

    async def _complete(self, messages: Sequence[Message]) -> _Read[R]:
        """One request, paid from the budget and recorded. Raises `ChatFailure` or `BudgetSpent`."""
        claimed = self._budget.claim(messages, self._limits.max_output_tokens)
        began = time.perf_counter()
        try:
            said = await self._model.chat(
                messages,
                self._schema,
                temperature=self._temperature,
                max_output_tokens=self._limits.max_output_tokens,
                timeout_seconds=min(self._seconds_left(), self._limits.timeout_seconds),
            )
        except ChatFailure as failure:
            unknown = claimed if failure.may_have_spent else NOTHING
            self._budget.settle(claimed, failure.usage or unknown)
            seconds = time.perf_counter() - began
            self._metrics.observe(self._name, self._model.mode, failure.reason.lower(), seconds, failure.usage)
            _log.warning("model_failed", task=self._name, reason=failure.reason)
            raise
        except asyncio.CancelledError:
            seconds = time.perf_counter() - began
            self._metrics.observe(self._name, self._model.mode, "cancelled", seconds, None)
            raise
        if said.usage is not None:
            self._budget.settle(claimed, said.usage)
        seconds = time.perf_counter() - began
        outcome = "unchecked"
        try:
            read, outcome = await self._read(said)
        finally:
            self._metrics.observe(self._name, said.mode, outcome, seconds, said.usage)
        return read

    async def _read(self, said: ChatReply) -> tuple[_Read[R], str]:
        """What came, and the outcome for the metrics."""
        if said.truncated:
            cut = "it was cut off; answer in far fewer words, with shorter quotes and comments"
            return _Read(said, None, (cut,)), "truncated"
        try:
            reply = read_reply(said.text, self._reply)
        except BadReplyError as error:
            return _Read(said, None, error.problems), "invalid"
        problems = tuple(await self._check(reply))
        return _Read(said, reply, problems), "unsupported" if problems else "ok"

    def _with_repair(self, read: _Read[R]) -> Sequence[Message]:
        named = "\n".join(f"- {' '.join(problem.split())[:_PROBLEM_CHARACTERS]}" for problem in read.problems)
        form = "in the same form"
        if read.reply is None:  # the endpoint may have taken the schema and heeded nothing of it
            form = f"as one JSON object that fits this JSON Schema: {json.dumps(self._schema.schema)}"
        return (
            *self._messages,
            Message(Role.ASSISTANT, read.said.text[:_REPEATED_CHARACTERS] or "(nothing)"),
            Message(
                Role.USER,
                f"Your reply cannot be used as it is:\n{named}\n"
                f"Answer once more, in full, with this put right and all else as it was, {form}",
            ),
        )
