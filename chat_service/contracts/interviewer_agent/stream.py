"""The live socket of contract 003. The server leads the interview: it goes on to the next question and to the end."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from chat_service.accounts.identity import Identity
from chat_service.contracts.asyncapi import Socket, document
from chat_service.contracts.credentials import API_KEY, API_KEY_IN_QUERY
from chat_service.contracts.door import RateClass, limit
from chat_service.contracts.interviewer_agent import stream_wire as wire
from chat_service.contracts.interviewer_agent.errors import AgentErrors, CodedError
from chat_service.contracts.interviewer_agent.routes import BASE
from chat_service.contracts.interviewer_agent.wire import evaluation_out, question_out, summary_out
from chat_service.contracts.live_socket import (
    BAD_MESSAGES,
    CREDENTIAL_ENDED,
    INTERVIEW_GONE,
    Dialect,
    Heard,
    Terms,
    Typing,
    interview_named,
    serve,
)
from chat_service.contracts.socket_messages import read_message, shapes_by_type
from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES, SLOW_READER_CODE
from chat_service.core import Core
from chat_service.errors import AppError
from chat_service.interviews.interview import AnsweredTurn, FinishedInterview, PosedQuestion
from chat_service.interviews.live.actions import Action, Answer, RequestNext
from chat_service.interviews.live.events import LiveEvent, Thinking
from chat_service.interviews.states import InterviewState

router = APIRouter(prefix=BASE)

_DESCRIPTION = f"""
Real-time communication during interviews, by JSON in text frames: `{{"type": ..., "data": {{...}}}}`.

The server tells the last question and all that came after it, asks the next one after each feedback, and ends the
interview after the last answer: `interview_ended`, and it closes with 1000. Opening a socket starts an interview that
has not begun. A message that cannot be read or done gets `error`, and the socket stays open.

Handshakes are refused by HTTP, with the error bodies of the REST API: 401 for the key, 404 for the interview, 429
beyond the limits, with Retry-After. The server closes with 1001 or 1012 when it stops (come back), 1008 after
{BAD_MESSAGES} messages in a row that cannot be read, 1009 for a message of more than {MAX_FRAME_BYTES // 1024} KiB,
1011 when pings are not answered, 1013 when it cannot tell whether the key is still good (try again), {CREDENTIAL_ENDED}
within five seconds when the key was revoked, {INTERVIEW_GONE} when the interview was deleted, {SLOW_READER_CODE} when
what it sends is not read for 15 seconds.
"""
SOCKET = Socket(
    title="AI Interviewer Agent, live",
    description=_DESCRIPTION.strip(),
    address="/ws/interviews/{interview_id}",
    query={"token": {"type": "string", "description": "An API key. The header Authorization: Bearer serves as well."}},
    credential="token",
    from_client=wire.CLIENT_MESSAGES,
    from_server=wire.SERVER_EVENTS,
)

_ERRORS = AgentErrors()
_INPUTS = shapes_by_type(wire.CLIENT_MESSAGES)
_SERIALIZERS = {shape: TypeAdapter(shape).serializer for shape in wire.SERVER_EVENTS}


class AgentDialect(Dialect):
    """The messages of contract 003."""

    door = "interviewer_agent"
    ends_with_interview = True

    def hear(self, message: Mapping[str, Any]) -> Heard:
        """What a message asks for."""
        kind, heard = message["type"], read_message(_INPUTS, message)
        match heard:
            case wire.AnswerMessage(data=data):
                return Heard(Answer(data.answer), kind)
            case wire.TypingMessage(data=typing):
                return Heard(Typing(typing.is_typing), kind)
        return Heard(RequestNext(), kind)

    def tell(self, event: LiveEvent) -> bytes | None:
        """The message of an event, if the document knows one."""
        match event.body:
            case PosedQuestion() as question:
                return _json(wire.QuestionEvent("question", question_out(question)))
            case AnsweredTurn(turn=turn):
                return _json(wire.FeedbackEvent("feedback", evaluation_out(turn)))
            case Thinking(is_thinking=is_thinking):
                return _json(wire.ThinkingEvent("thinking", wire.ThinkingData(is_thinking)))
            case FinishedInterview(report=report):
                return _json(wire.InterviewEndedEvent("interview_ended", wire.InterviewEndedData(summary_out(report))))
        return None

    def tell_error(self, error: AppError, _: Heard | None) -> bytes:
        """The error as an error response has it."""
        return _json(wire.ErrorEvent("error", CodedError.model_validate(_ERRORS.coded(error))))

    def tell_pong(self, heard: Heard) -> bytes:
        """Never: the document knows no ping."""
        raise NotImplementedError(heard.type)


@router.websocket("/ws/interviews/{interview_id}")
async def live(websocket: WebSocket, interview_id: str) -> None:
    """A live interview; asyncapi.json documents the messages."""

    async def find(core: Core, identity: Identity) -> UUID:
        read = await core.archive.transcript(identity.user_id, interview_named(interview_id))
        if read.interview.state in {InterviewState.DRAFT, InterviewState.SCHEDULED}:
            await core.lifecycle.start(identity.user_id, read.interview.id)
        return read.interview.id

    terms = Terms(
        by=(API_KEY_IN_QUERY, API_KEY),
        errors=_ERRORS,
        place_of=lambda identity: f"key:{identity.key_id}",
        places=websocket.app.state.core.settings.connections_per_key,
        count=_count,
        count_action=_count_action,
        conducted=True,
    )
    await serve(websocket, terms, AgentDialect(), find, last_sequence=lambda _: None)


@router.get("/asyncapi.json", include_in_schema=False)
async def describe(request: Request) -> Response:
    """The AsyncAPI document of the live socket."""
    url = request.url
    base = request.scope["root_path"] + BASE
    return JSONResponse(document(SOCKET, host=url.netloc, secure=url.scheme == "https", base=base))


async def _count(core: Core, identity: Identity) -> None:
    await limit(core, RateClass.KEY, str(identity.key_id))


async def _count_action(core: Core, identity: Identity, _: Action) -> None:
    await _count(core, identity)


def _json(message: object) -> bytes:
    return _SERIALIZERS[type(message)].to_json(message)
