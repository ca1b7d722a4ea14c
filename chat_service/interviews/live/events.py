"""What a live interview tells those who are in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.interviews.interview import AnsweredTurn, FinishedInterview, PosedQuestion, Progress
from chat_service.interviews.states import InterviewState


class EventKind(StrEnum):
    """What an event tells. Only `thinking` is of the moment: it is not kept and has no sequence number."""

    INTERVIEW_STATE = "interview_state"
    QUESTION = "question"
    ANSWER_ACCEPTED = "answer_accepted"
    FEEDBACK = "feedback"
    INTERVIEW_ENDED = "interview_ended"
    INTERVIEWER_SPOKE = "interviewer_spoke"
    VOICE_TURN = "voice_turn"
    THINKING = "thinking"


class Subject(StrEnum):
    """What the interviewer says aloud: a question, or what he thinks of an answer."""

    QUESTION = "question"
    FEEDBACK = "feedback"


@dataclass(slots=True)
class StateReached:
    """Where the interview stands. `thinking` says whether the engine is at work, in an event of the moment."""

    interview_id: UUID
    state: InterviewState
    progress: Progress
    thinking: bool | None = None


@dataclass(slots=True)
class AcceptedAnswer:
    """An answer that is kept whatever happens; its feedback follows."""

    answer_id: UUID
    question_id: UUID
    content: str
    submitted_at: datetime


@dataclass(slots=True)
class Thinking:
    """The engine has begun, or ceased, to work."""

    is_thinking: bool


@dataclass(slots=True)
class InterviewerSpoke:
    """What the interviewer said aloud, and the part of it that was heard.

    `subject_id` is that of the question, or of the answer that the feedback is on. `interrupted`: the candidate, or his
    client, cut it short.
    """

    subject: Subject
    subject_id: UUID
    text: str
    heard: str
    interrupted: bool


@dataclass(slots=True)
class VoiceTurn:
    """How a spoken answer became one, and what the reply took. All figures are seconds.

    `ended_by`: the speaker said so (announced), fell silent (silence), or was cut off (too_long). `spoken_seconds` run
    from his first word to his last. `end_of_utterance_delay` runs from the end of the last sound of speech until the
    turn was taken to have ended, `transcription_delay` from that end until all words were final, `ttft` from handing in
    the answer until the text of the reply was there, `ttfb` from handing that text to the synthesizer until the first
    audio was ready to leave. The last two are None where there was no such reply.
    """

    turn_id: UUID
    answer_id: UUID
    ended_by: str
    spoken_seconds: float
    end_of_utterance_delay: float
    transcription_delay: float
    ttft: float | None
    ttfb: float | None


Body = (
    StateReached
    | PosedQuestion
    | AcceptedAnswer
    | AnsweredTurn
    | FinishedInterview
    | InterviewerSpoke
    | VoiceTurn
    | Thinking
)


@dataclass(slots=True)
class LiveEvent:
    """An event. `sequence` counts the kept events of an interview from 1; None marks one of the moment.

    The body's class follows the kind: StateReached, PosedQuestion, AcceptedAnswer, AnsweredTurn, FinishedInterview,
    InterviewerSpoke, VoiceTurn, Thinking. `message_id` is what the client that caused it had called its message.
    """

    kind: EventKind
    sequence: int | None
    at: datetime
    body: Body
    message_id: str | None = None


BODIES: dict[EventKind, TypeAdapter[Any]] = {
    EventKind.INTERVIEW_STATE: TypeAdapter(StateReached),
    EventKind.QUESTION: TypeAdapter(PosedQuestion),
    EventKind.ANSWER_ACCEPTED: TypeAdapter(AcceptedAnswer),
    EventKind.FEEDBACK: TypeAdapter(AnsweredTurn),
    EventKind.INTERVIEW_ENDED: TypeAdapter(FinishedInterview),
    EventKind.INTERVIEWER_SPOKE: TypeAdapter(InterviewerSpoke),
    EventKind.VOICE_TURN: TypeAdapter(VoiceTurn),
    EventKind.THINKING: TypeAdapter(Thinking),
}
