"""The native live socket: interviews by text and voice, with numbered events that a client can go on from anywhere."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from chat_service.accounts.identity import Identity
from chat_service.contracts.asyncapi import Socket, document
from chat_service.contracts.credentials import BEARER, TICKET_IN_QUERY
from chat_service.contracts.door import RateClass, limit
from chat_service.contracts.live_socket import (
    BAD_MESSAGES,
    CREDENTIAL_ENDED,
    INTERVIEW_GONE,
    Dialect,
    Heard,
    Ping,
    Resume,
    Terms,
    Typing,
    interview_named,
    serve,
)
from chat_service.contracts.native import stream_wire as wire
from chat_service.contracts.native import voice, voice_wire
from chat_service.contracts.native.problem import Problem, ProblemDocument
from chat_service.contracts.native.wire import message_reply, result_out
from chat_service.contracts.socket_messages import read_message, shapes_by_type
from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES, SLOW_READER_CODE
from chat_service.contracts.voice_socket import Told, VoiceDialect, VoiceTerms
from chat_service.core import Core
from chat_service.errors import AppError, invalid
from chat_service.interviews.interview import AnsweredTurn, FinishedInterview
from chat_service.interviews.live.actions import Action, Answer, End, RequestNext, Start
from chat_service.interviews.live.events import EventKind, LiveEvent
from chat_service.interviews.live.voice.events import VoiceEvent

router = APIRouter()

_DESCRIPTION = f"""
Interviews over one WebSocket, by JSON in text frames: `{{"type": ..., "data": {{...}}}}`, and audio in binary ones.

What has happened in an interview is numbered from 1 without a gap and kept until the interview has been over for a day.
A client that was cut off opens a new socket, on any worker, with `last_sequence`, the number of the newest event that
it has; it is told exactly what it missed. Without it, it is told everything. Several sockets on one interview are all
told the same. An answer is kept from `answer_accepted` on; one that cannot be graded at once is graded when it can be,
for as long as somebody is there or as soon as somebody comes back. What is done over REST is told as well.

Handshakes are refused by HTTP, with problem details: 401 for the ticket, 403 for a page of another origin, 404 for the
interview, 422 for `last_sequence`, 429 beyond the limits. The server closes with 1001 or 1012 when it stops (come
back), 1008 after {BAD_MESSAGES} messages in a row that cannot be read, 1009 for a message of more than
{MAX_FRAME_BYTES // 1024} KiB, 1011 when pings are not answered, 1013 when it cannot tell whether you are still logged
in (try again), {CREDENTIAL_ENDED} within five seconds of a logout, a revocation or the end of the account,
{INTERVIEW_GONE} when the interview was deleted, {SLOW_READER_CODE} when what it sends is not read for 15 seconds.
{voice.DESCRIPTION}"""
_CLIENT_MESSAGES = (*wire.CLIENT_MESSAGES, *voice_wire.CLIENT_MESSAGES)
_SERVER_EVENTS = (*wire.SERVER_EVENTS, *voice_wire.SERVER_EVENTS)
SOCKET = Socket(
    title="Mock Interview, live",
    description=_DESCRIPTION.strip(),
    address="/interviews/{interview_id}/live",
    query={
        "ticket": {
            "type": "string",
            "description": "A ticket of POST /auth/websocket-ticket: good once, for 30 seconds. Programs may send the "
            "header Authorization: Bearer in its place.",
        },
        "last_sequence": {"type": "integer", "minimum": 0, "default": 0},
    },
    credential="ticket",
    from_client=_CLIENT_MESSAGES,
    from_server=_SERVER_EVENTS,
    binary_from_client={"CandidateAudio": "A frame of the candidate's voice: its number, then samples."},
    binary_from_server={"InterviewerAudio": "A frame of the interviewer's voice: the utterance, then samples."},
)

_PROBLEM = Problem()
_INPUTS = shapes_by_type(_CLIENT_MESSAGES)
_PLAIN: dict[str, Action | Ping] = {"start": Start(), "request_next": RequestNext(), "end": End(), "ping": Ping()}
_EVENTS: dict[EventKind, type[wire.Event]] = {
    EventKind.INTERVIEW_STATE: wire.InterviewStateEvent,
    EventKind.QUESTION: wire.QuestionEvent,
    EventKind.ANSWER_ACCEPTED: wire.AnswerAcceptedEvent,
    EventKind.FEEDBACK: wire.FeedbackEvent,
    EventKind.INTERVIEW_ENDED: wire.InterviewEndedEvent,
    EventKind.INTERVIEWER_SPOKE: voice_wire.InterviewerSpokeEvent,
    EventKind.VOICE_TURN: voice_wire.VoiceTurnEvent,
    EventKind.THINKING: wire.ThinkingEvent,
}
_SERIALIZERS = {shape: TypeAdapter(shape).serializer for shape in _SERVER_EVENTS}


class NativeDialect(Dialect, VoiceDialect):
    """The native messages; `path` is the socket's own, for its errors."""

    door = "native"
    ends_with_interview = False

    def __init__(self, path: str) -> None:
        self._path = path

    def hear(self, message: Mapping[str, Any]) -> Heard:
        """What a message asks for."""
        kind, heard = message["type"], read_message(_INPUTS, message)
        match heard:
            case wire.AnswerMessage(data=data):
                return Heard(
                    Answer(data.content, data.question_id, data.client_message_id), kind, data.client_message_id
                )
            case wire.TypingMessage(data=typing):
                return Heard(Typing(typing.is_typing), kind)
            case wire.ResumeMessage(data=resume):
                return Heard(Resume(resume.last_sequence), kind)
        ask = voice.asked(heard)
        return Heard(_PLAIN[kind] if ask is None else ask, kind)

    def hear_binary(self, content: bytes) -> Heard:
        """A frame of the candidate's voice."""
        return Heard(voice.frame(content), "audio")

    def tell(self, event: LiveEvent) -> bytes | None:
        """The message of an event."""
        body: object = event.body
        if isinstance(body, AnsweredTurn):
            body = message_reply(body)
        elif isinstance(body, FinishedInterview):
            body = result_out(body)
        return _json(
            _EVENTS[event.kind](  # type: ignore[call-arg]
                event.sequence, event.at, event.message_id, event.kind.value, body
            )
        )

    def tell_voice(self, event: VoiceEvent) -> Sequence[Told]:
        """The messages of an event of voice."""
        return voice.told(event, _json, lambda error: self.tell_error(error, None))

    def tell_error(self, error: AppError, heard: Heard | None) -> bytes:
        """The problem document of an error."""
        problem = _PROBLEM.document(error, self._path)
        if error.retry_after is not None:
            problem["retry_after"] = error.retry_after
        return _json(
            wire.ErrorEvent(
                None,
                datetime.now(UTC),
                heard.message_id if heard else None,
                "error",
                heard.type if heard else None,
                ProblemDocument.model_validate(problem),
            )
        )

    def tell_pong(self, heard: Heard) -> bytes:
        """The answer to a ping."""
        return _json(wire.PongEvent(None, datetime.now(UTC), heard.message_id, "pong", wire.PongData()))


@router.websocket("/interviews/{interview_id}/live")
async def live(websocket: WebSocket, interview_id: str) -> None:
    """A live interview; /asyncapi.json documents the messages."""

    async def find(_: Core, __: Identity) -> UUID:
        return interview_named(interview_id)

    terms = Terms(
        by=(TICKET_IN_QUERY, BEARER),
        errors=_PROBLEM,
        place_of=lambda identity: f"user:{identity.user_id}",
        places=websocket.app.state.core.settings.connections_per_user,
        count=_count,
        count_action=_count_action,
        voice=VoiceTerms(),
    )
    await serve(websocket, terms, NativeDialect(websocket.url.path), find, last_sequence=_last_sequence)


@router.get("/asyncapi.json", include_in_schema=False)
async def describe(request: Request) -> Response:
    """The AsyncAPI document of the live socket."""
    url = request.url
    described = document(SOCKET, host=url.netloc, secure=url.scheme == "https", base=request.scope["root_path"])
    return JSONResponse(described)


async def _count(core: Core, identity: Identity) -> None:
    await limit(core, RateClass.OTHER, str(identity.user_id))


async def _count_action(core: Core, identity: Identity, action: Action) -> None:
    rate = {Start: RateClass.START, End: RateClass.OTHER}.get(type(action), RateClass.ANSWERS)
    await limit(core, rate, str(identity.user_id))


def _last_sequence(websocket: WebSocket) -> int:
    text = websocket.query_params.get("last_sequence", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid("last_sequence", "is not a number of 0 to 999999999")
    return int(text)


def _json(message: wire.Event) -> bytes:
    return _SERIALIZERS[type(message)].to_json(message)
