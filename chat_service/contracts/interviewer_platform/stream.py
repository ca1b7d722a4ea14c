"""The WebSocket of contract 002: interviews by speech, led by the server."""

import struct
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter
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
from chat_service.contracts.socket_messages import read_message, shapes_by_type
from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES, SLOW_READER_CODE
from chat_service.contracts.voice_socket import EndSpeech, Frame, Told, VoiceDialect, VoiceTerms
from chat_service.core import Core
from chat_service.errors import AppError, invalid
from chat_service.interviews.live.actions import Action
from chat_service.interviews.live.events import LiveEvent
from chat_service.interviews.live.voice import events as voice

router = APIRouter(prefix=BASE)

_DESCRIPTION = f"""
Interviews by speech, by JSON in text frames. The interviewer speaks first: the question that waits for an answer, a
sentence in each `audio_response`, in WAV; then it is `listening`. The user's samples (mono, 16 bits, little endian) may
be at any rate of 8,000 to 48,000 Hz. The server finds out by itself when he has ended, and a pause is no end;
`speech_end` ends his turn at once. Silence and noise are no answer. `transcription` tells what is understood meanwhile,
and when it is final, the answer. Whoever speaks while the interviewer does interrupts him: after `status` `listening`
drop what is still to be played. After the last answer the interview is ended and the socket closed. One socket speaks
in an interview at a time. After a broken connection what was said is gone on with on a new socket.

What cannot be done gets `{{"type": "error", "error": {{...}}}}`, with the error of the REST API, and the socket stays
open; where nothing recognizes speech, its code is `NOT_IMPLEMENTED`.

The socket admits by `ticket`, by the header Authorization: Bearer, or by the session cookie on pages of the same
origin. Handshakes are refused by HTTP, with the error bodies of the REST API. The server closes with 1000 when the
interview has ended, 1001 or 1012 when it stops (come back), 1008 after {BAD_MESSAGES} messages in a row that cannot be
read, 1009 for a message of more than {MAX_FRAME_BYTES // 1024} KiB, 1011 when pings are not answered, 1013 when it
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
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_INPUTS = shapes_by_type(wire.CLIENT_MESSAGES)
_SERIALIZERS = {shape: TypeAdapter(shape).serializer for shape in wire.SERVER_EVENTS}


class PlatformDialect(Dialect, VoiceDialect):
    """The messages of contract 002, all of them of voice."""

    door = "interviewer_platform"
    ends_with_interview = True

    def hear(self, message: Mapping[str, Any]) -> Heard:
        """What a message asks for."""
        kind, heard = message["type"], read_message(_INPUTS, message)
        if isinstance(heard, wire.AudioChunk):
            return Heard(Frame(_samples(heard.data), sample_rate=heard.sample_rate), kind)
        return Heard(EndSpeech(), kind)

    def tell(self, event: LiveEvent) -> bytes | None:
        """Nothing: the contract's messages are all of voice."""
        return None

    def tell_voice(self, event: voice.VoiceEvent) -> Sequence[Told]:
        """The message of an event, if the document knows one."""
        match event:
            case voice.Transcription(text=text, is_final=is_final) if text:
                return [_told(wire.Transcription("transcription", text, is_final))]
            case voice.StateChanged(state=state):
                return [_told(wire.Status("status", state.value))]
            case voice.UtteranceStarted(text=text, sample_rate=None):
                return [_told(wire.AudioResponse("audio_response", None, text))]
            case voice.UtteranceAudio(audio=audio, sample_rate=rate, text=text):
                data = b64encode(_wav(audio, rate)).decode() if audio else None
                return [_told(wire.AudioResponse("audio_response", data, text or ""))]
            case voice.VoiceFailed(error=error):
                return [Told("error", self.tell_error(error, None))]
        return []

    def tell_error(self, error: AppError, heard: Heard | None) -> bytes:
        """The error in the contract's shape."""
        return to_json({"type": "error", **_ERRORS.document(error)})

    def tell_pong(self, heard: Heard) -> bytes:
        """Never asked for: the contract knows no ping."""
        raise NotImplementedError(heard.type)


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
        conducted=True,
        voice=VoiceTerms(at_once=True, whole_sentences=True, repeats_question=True),
    )
    await serve(websocket, terms, PlatformDialect(), find, last_sequence=lambda _: None)


@router.get("/asyncapi.json", include_in_schema=False)
async def describe(request: Request) -> Response:
    """The AsyncAPI document of the socket."""
    url = request.url
    base = request.scope["root_path"] + BASE
    return JSONResponse(document(SOCKET, host=url.netloc, secure=url.scheme == "https", base=base))


async def _count(core: Core, identity: Identity) -> None:
    await limit(core, RateClass.OTHER, str(identity.user_id))


async def _count_action(core: Core, identity: Identity, _: Action) -> None:
    await limit(core, RateClass.ANSWERS, str(identity.user_id))


def _samples(data: str) -> bytes:
    try:
        return a2b_base64(data.encode("ascii").translate(_URL_SAFE), strict_mode=True)
    except (Base64Error, UnicodeEncodeError):
        raise invalid("data", "is not base64", reason="audio_damaged") from None


def _wav(samples: bytes, sample_rate: int) -> bytes:
    """A WAV file of mono samples of 16 bits."""
    form = struct.pack("<HHIIHH", 1, 1, sample_rate, sample_rate * 2, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _told(message: wire.Transcription | wire.AudioResponse | wire.Status) -> Told:
    return Told(message.type, _SERIALIZERS[type(message)].to_json(message))
