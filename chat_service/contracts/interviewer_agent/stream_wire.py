"""Shapes of the messages on a live socket of contract 003."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chat_service.contracts.fields import Input, Storable
from chat_service.contracts.interviewer_agent.errors import CodedError
from chat_service.contracts.interviewer_agent.wire import EvaluationOut, QuestionOut, SummaryOut
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS


class Nothing(Input):
    """No data."""


class AnswerData(Input):
    """An answer to the current question."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ANSWER_CHARACTERS), Storable]


class TypingData(Input):
    """Whether the user is typing."""

    is_typing: bool


class AnswerMessage(Input):
    """Submit an answer to the current question."""

    type: Literal["answer"]
    data: AnswerData


class RequestNextMessage(Input):
    """Request the next question. While one waits for an answer, it is sent again."""

    type: Literal["request_next"]
    data: Nothing = Field(default_factory=Nothing)


class TypingMessage(Input):
    """Indicate that the user is typing. No reply."""

    type: Literal["typing"]
    data: TypingData


CLIENT_MESSAGES = (AnswerMessage, RequestNextMessage, TypingMessage)


@dataclass(slots=True)
class QuestionEvent:
    """A new question from the interviewer."""

    type: Literal["question"]
    data: QuestionOut


@dataclass(slots=True)
class FeedbackEvent:
    """Feedback on the previous answer."""

    type: Literal["feedback"]
    data: EvaluationOut


@dataclass(slots=True)
class ThinkingData:
    """Whether the interviewer is thinking."""

    is_thinking: bool


@dataclass(slots=True)
class ThinkingEvent:
    """Indication that the interviewer is thinking."""

    type: Literal["thinking"]
    data: ThinkingData


@dataclass(slots=True)
class InterviewEndedData:
    """The summary of POST /interviews/{interview_id}/end."""

    summary: SummaryOut


@dataclass(slots=True)
class InterviewEndedEvent:
    """Notification that the interview has ended. The server closes the socket with 1000 then."""

    type: Literal["interview_ended"]
    data: InterviewEndedData


@dataclass(slots=True)
class ErrorEvent:
    """What a message could not do: the `error` of an error response. The socket stays open."""

    type: Literal["error"]
    data: CodedError


SERVER_EVENTS: tuple[type[object], ...] = (QuestionEvent, FeedbackEvent, ThinkingEvent, InterviewEndedEvent, ErrorEvent)
