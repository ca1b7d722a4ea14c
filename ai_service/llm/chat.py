"""The interface of a language model: one chat completion that is to answer in a given schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from ai_service.errors import FaultKind, ModelFault


class Role(StrEnum):
    """Who speaks. Instructions are the system's; what comes from a candidate is only ever the user's."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ReplySchema:
    """What a reply has to look like: a JSON Schema, in which every property is required, and its name."""

    name: str
    schema: dict[str, Any]


class ReplyMode(StrEnum):
    """How an endpoint is told what a reply has to look like, strictest first."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that went in and came out."""

    input_tokens: int
    output_tokens: int

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens - other.input_tokens, self.output_tokens - other.output_tokens)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A reply as it came, not yet held to its schema; `truncated` when the endpoint cut it off at its token limit."""

    text: str
    mode: ReplyMode
    truncated: bool = False
    usage: Usage | None = None


class ChatFailure(Exception):  # noqa: N818 - becomes a fault, and is an ordinary outcome until then
    """One completion failed.

    `reason` is a stable name; `again` says whether the same request may succeed later, `retry_after_seconds` when the
    endpoint says so. `usage` is set where tokens were spent all the same; `may_have_spent` where that is not known.
    Holds no text of a conversation.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        again: bool = False,
        kind: FaultKind = FaultKind.UNAVAILABLE,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
        may_have_spent: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.again = again
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds
        self.usage = usage
        self.may_have_spent = may_have_spent

    def as_fault(self) -> ModelFault:
        """The fault that a caller is told."""
        return ModelFault(self.reason, self.message, kind=self.kind, retry_after_seconds=self.retry_after_seconds)


class ChatModel(Protocol):
    """A language model behind an endpoint; every method may run concurrently with itself."""

    @property
    def name(self) -> str:
        """The model's name, as it is recorded beside what it wrote."""
        ...

    @property
    def mode(self) -> ReplyMode:
        """The mode that the next completion is asked in."""
        ...

    async def chat(
        self,
        messages: Sequence[Message],
        schema: ReplySchema,
        *,
        temperature: float,
        max_output_tokens: int,
        timeout_seconds: float,
    ) -> ChatReply:
        """One completion, within `timeout_seconds` in all. Raises `ChatFailure`; never tries again by itself."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
