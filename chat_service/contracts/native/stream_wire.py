"""Shapes of the messages on a native live socket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from chat_service.contracts.native.problem import ProblemDocument
from chat_service.contracts.native.wire import Input, MessageInput, MessageReply, ResultOut, Storable, Whole
from chat_service.interviews.interview import PosedQuestion
from chat_service.interviews.live.events import AcceptedAnswer, StateReached, Thinking

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[ -~]+$"), Storable]


class Nothing(Input):
    """No data."""


class AnswerData(MessageInput):
    """An answer. The same `client_message_id` with the same answer is one answer, however often it is sent."""

    client_message_id: MessageId | None = None


class TypingData(Input):
    """Whether the candidate is writing."""

    is_typing: bool


class ResumeData(Input):
    """Where to go on from."""

    last_sequence: Whole = Field(ge=0)


class StartMessage(Input):
    """Starts the interview; the first question follows."""

    type: Literal["start"]
    data: Nothing = Field(default_factory=Nothing)


class AnswerMessage(Input):
    """Answers the current question: `answer_accepted`, `feedback` and the next `question` follow."""

    type: Literal["answer"]
    data: AnswerData


class RequestNextMessage(Input):
    """Asks for the current question: `question` follows, again if it had been sent."""

    type: Literal["request_next"]
    data: Nothing = Field(default_factory=Nothing)


class TypingMessage(Input):
    """Says that the candidate is writing, so that the interview is not taken for an idle one. No reply."""

    type: Literal["typing"]
    data: TypingData


class EndMessage(Input):
    """Completes the interview; `interview_ended` follows."""

    type: Literal["end"]
    data: Nothing = Field(default_factory=Nothing)


class PingMessage(Input):
    """`pong` follows."""

    type: Literal["ping"]
    data: Nothing = Field(default_factory=Nothing)


class ResumeMessage(Input):
    """Has all events behind a number sent, again if need be."""

    type: Literal["resume"]
    data: ResumeData


CLIENT_MESSAGES: tuple[type[BaseModel], ...] = (
    StartMessage,
    AnswerMessage,
    RequestNextMessage,
    TypingMessage,
    EndMessage,
    PingMessage,
    ResumeMessage,
)


@dataclass(slots=True)
class Event:
    """What every message of the server holds.

    `sequence` numbers the events of an interview from 1 without a gap; null marks a message of the moment, which is
    not sent again. `client_message_id` is that of the answer that led to the event.
    """

    sequence: int | None
    at: datetime
    client_message_id: str | None


@dataclass(slots=True)
class InterviewStateEvent(Event):
    """Where the interview stands: once without a sequence when the socket opens, and for each state that is reached."""

    type: Literal["interview_state"]
    data: StateReached


@dataclass(slots=True)
class QuestionEvent(Event):
    """A question to answer."""

    type: Literal["question"]
    data: PosedQuestion


@dataclass(slots=True)
class AnswerAcceptedEvent(Event):
    """An answer is kept, whatever happens from now on. Its feedback follows, on this socket or on the next."""

    type: Literal["answer_accepted"]
    data: AcceptedAnswer


@dataclass(slots=True)
class FeedbackEvent(Event):
    """The evaluation of an answer: what POST /interviews/{id}/messages replies."""

    type: Literal["feedback"]
    data: MessageReply


@dataclass(slots=True)
class InterviewEndedEvent(Event):
    """The interview is completed: what POST /interviews/{id}/end replies, with the report."""

    type: Literal["interview_ended"]
    data: ResultOut


@dataclass(slots=True)
class ThinkingEvent(Event):
    """The engine begins or ceases to work. Of the moment."""

    type: Literal["thinking"]
    data: Thinking


@dataclass(slots=True)
class PongData:
    """Nothing to tell."""


@dataclass(slots=True)
class PongEvent(Event):
    """The answer to a ping. Of the moment."""

    type: Literal["pong"]
    data: PongData


@dataclass(slots=True)
class ErrorEvent(Event):
    """What a message could not do, as problem details (RFC 9457). The socket stays open. Of the moment.

    `in_reply_to` is the type of the message, null when it could not be read.
    """

    type: Literal["error"]
    in_reply_to: str | None
    data: ProblemDocument


SERVER_EVENTS: tuple[type[Event], ...] = (
    InterviewStateEvent,
    QuestionEvent,
    AnswerAcceptedEvent,
    FeedbackEvent,
    InterviewEndedEvent,
    ThinkingEvent,
    PongEvent,
    ErrorEvent,
)
