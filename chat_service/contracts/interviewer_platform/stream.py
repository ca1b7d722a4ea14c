"""The WebSocket of contract 002, for speech: it admits and refuses, and says that there is no speech yet."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from chat_service.accounts.identity import Identity
from chat_service.contracts.asyncapi import Socket, document
from chat_service.contracts.credentials import BEARER, SESSION_COOKIE, TICKET_IN_QUERY
from chat_service.contracts.door import RateClass, limit
from chat_service.contracts.interviewer_platform import stream_wire as wire
from chat_service.contracts.interviewer_platform.errors import PlatformErrors
from chat_service.contracts.interviewer_platform.routes import BASE
from chat_service.contracts.live_socket import (
    BAD_MESSAGES,
    CREDENTIAL_ENDED,
    INTERVIEW_GONE,
    Dialect,
    Heard,
    Terms,
    interview_named,
    serve,
)
from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES, SLOW_READER_CODE
from chat_service.core import Core
from chat_service.errors import AppError, ErrorKind, invalid
from chat_service.interviews.live.actions import Action
from chat_service.interviews.live.events import LiveEvent

router = APIRouter(prefix=BASE)

_DESCRIPTION = f"""
Interviews by speech, by JSON in text frames. There is no speech yet: every message is answered by an `error`, that of
what the contract has with the code `NOT_IMPLEMENTED`.

The socket admits by `ticket`, by the header Authorization: Bearer, or by the session cookie on pages of the same
origin. Handshakes are refused by HTTP, with the error bodies of the REST API. The server closes with 1000 when the
interview has ended, 1001 or 1012 when it stops (come back), 1008 after {BAD_MESSAGES} messages in a row that it does
not hear, 1009 for a message of more than {MAX_FRAME_BYTES // 1024} KiB, 1011 when pings are not answered, 1013 when it
cannot tell whether you are still logged in (try again), {CREDENTIAL_ENDED} within five seconds of a logout,
{INTERVIEW_GONE} when the interview was deleted, {SLOW_READER_CODE} when what it sends is not read for 15 seconds.
"""
SOCKET = Socket(
    title="AI Mock Interviewer Platform, live",
    description=_DESCRIPTION.strip(),
    address="/interview/stream/{interview_id}",
    query={"ticket": {"type": "string", "description": "A ticket of the native POST /auth/websocket-ticket."}},
    credential="ticket",
    from_client=wire.CLIENT_MESSAGES,
    from_server=wire.SERVER_EVENTS,
)

_ERRORS = PlatformErrors()
_OF_SPEECH = {one.model_fields["type"].annotation.__args__[0] for one in wire.CLIENT_MESSAGES}  # type: ignore[union-attr]


class SpeechlessDialect(Dialect):
    """Answers every message with an error: `{"type": "error", "error": {"code", "message", "details"}}`."""

    door = "interviewer_platform"
    ends_with_interview = True

    def hear(self, message: Mapping[str, Any]) -> Heard:
        """Nothing is heard yet. Raises NOT_IMPLEMENTED, and INVALID for what the contract does not know."""
        if message["type"] in _OF_SPEECH:
            raise AppError(
                ErrorKind.NOT_IMPLEMENTED, "speech_not_available", "This installation does not take speech yet."
            )
        raise invalid("type", f"is none of {', '.join(sorted(_OF_SPEECH))}", reason="unknown_message_type")

    def tell(self, event: LiveEvent) -> bytes | None:
        """Nothing: the contract's messages are all of speech."""
        return None

    def tell_error(self, error: AppError, heard: Heard | None) -> bytes:
        """The error in the contract's shape."""
        return to_json({"type": "error", **_ERRORS.document(error)})

    def tell_pong(self, heard: Heard) -> bytes:
        """Never asked for: the contract knows no ping."""
        return b'{"type": "pong"}'


@router.websocket("/interview/stream/{session_id}")
async def stream(websocket: WebSocket, session_id: str) -> None:
    """An interview by speech."""

    async def find(_: Core, __: Identity) -> UUID:
        return interview_named(session_id)

    terms = Terms(
        by=(TICKET_IN_QUERY, BEARER, SESSION_COOKIE),
        errors=_ERRORS,
        place_of=lambda identity: f"user:{identity.user_id}",
        places=websocket.app.state.core.settings.connections_per_user,
        count=_count,
        count_action=_count_action,
    )
    await serve(websocket, terms, SpeechlessDialect(), find, last_sequence=lambda _: None)


@router.get("/asyncapi.json", include_in_schema=False)
async def describe(request: Request) -> Response:
    """The AsyncAPI document of the socket."""
    url = request.url
    base = request.scope["root_path"] + BASE
    return JSONResponse(document(SOCKET, host=url.netloc, secure=url.scheme == "https", base=base))


async def _count(core: Core, identity: Identity) -> None:
    await limit(core, RateClass.OTHER, str(identity.user_id))


async def _count_action(core: Core, identity: Identity, _: Action) -> None:
    await _count(core, identity)
