"""What every door's live sockets share: the handshake, and the conversation until one side ends it.

The messages are the door's own; it translates them to and from the core's actions and events in a `Dialect`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from pydantic_core import from_json
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat_service.accounts.identity import Identity
from chat_service.contracts.credentials import Scheme
from chat_service.contracts.door import ErrorShape, core_of, error_handlers, identify
from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES
from chat_service.contracts.voice_socket import (
    AudioAsk,
    BeginAudio,
    EndSpeech,
    Frame,
    Interrupt,
    Played,
    StopAudio,
    Told,
    VoiceDialect,
    VoiceSide,
    VoiceTerms,
)
from chat_service.core import Core, request_id
from chat_service.endings import end
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.live.actions import Action, Answer, RequestNext
from chat_service.interviews.live.events import EventKind, LiveEvent
from chat_service.interviews.live.rooms import InterviewGoneError, Seat
from chat_service.storage.ids import new_id

NORMAL, TOO_LARGE, POLICY, DEFECT, TRY_AGAIN = 1000, 1009, 1008, 1011, 1013
CREDENTIAL_ENDED, INTERVIEW_GONE = 4401, 4404

_CHECK_SECONDS = 1.0
_UNCHECKED_SECONDS = 5.0
_WAITING_ACTIONS = 8
_LAST_WORDS_SECONDS = 60.0
BAD_MESSAGES = 20
_log = structlog.get_logger()

SOCKETS = Gauge("live_sockets", "Open live sockets", ("door",), multiprocess_mode="livesum")
MESSAGES = Counter("live_messages", "Messages on live sockets", ("door", "direction", "type"))


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks whether anybody is there."""


@dataclass(frozen=True, slots=True)
class Typing:
    """The candidate is writing, or has ceased to."""

    is_typing: bool


@dataclass(frozen=True, slots=True)
class Resume:
    """Tell all events behind the number again."""

    last_sequence: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A client's message: what it asks for, its published name, and the client's own name for it."""

    asks: Action | Ping | Typing | Resume | AudioAsk
    type: str
    message_id: str | None = None


class Dialect(ABC):
    """How a door speaks on a live socket."""

    door: str
    ends_with_interview: bool

    @abstractmethod
    def hear(self, message: Mapping[str, Any]) -> Heard:
        """What a message asks for. Raises MALFORMED or INVALID."""

    def hear_binary(self, content: bytes) -> Heard:
        """What a binary frame asks for. Raises UNSUPPORTED_MEDIA_TYPE where there are none such."""
        raise AppError(ErrorKind.UNSUPPORTED_MEDIA_TYPE, "binary_not_supported", "Send text frames of JSON.")

    @abstractmethod
    def tell(self, event: LiveEvent) -> bytes | None:
        """The message of an event; None when the door's document knows none such."""

    @abstractmethod
    def tell_error(self, error: AppError, heard: Heard | None) -> bytes:
        """The message of an error, and of what it answers if that could be read."""

    @abstractmethod
    def tell_pong(self, heard: Heard) -> bytes:
        """The answer to a ping."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a door admits to its live sockets.

    `count` counts the handshake, and `count_action` an action, as a request (they raise RATE_LIMITED); `place_of` names
    whose sockets are counted together, and `places` how many of them may be open. In a `conducted` interview the server
    goes on to the next question and to the end by itself. With `voice` its dialect is a `VoiceDialect`, too.
    """

    by: tuple[Scheme, ...]
    errors: ErrorShape
    place_of: Callable[[Identity], str]
    places: int
    count: Callable[[Core, Identity], Awaitable[None]]
    count_action: Callable[[Core, Identity, Action], Awaitable[None]]
    conducted: bool = False
    voice: VoiceTerms | None = None


class _ClosingError(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def serve(
    websocket: WebSocket,
    terms: Terms,
    dialect: Dialect,
    find: Callable[[Core, Identity], Awaitable[UUID]],
    *,
    last_sequence: Callable[[WebSocket], int | None],
) -> None:
    """Serves one socket. What is refused before the handshake is an HTTP response in the door's shape.

    `find` gives the interview that is asked for and raises NOT_FOUND.
    """
    core = core_of(websocket)
    mark = request_id.set(str(new_id()))
    try:
        require_own_page(websocket, core)
        identity = await identify(websocket, terms.by)
        await terms.count(core, identity)
        since = last_sequence(websocket)
        interview_id = await find(core, identity)
        async with (
            core.places.held(terms.place_of(identity), terms.places),
            core.live.join(identity.user_id, interview_id, last_sequence=since, conducted=terms.conducted) as seat,
        ):
            await websocket.accept()
            with SOCKETS.labels(dialect.door).track_inprogress():
                await _Conversation(websocket, core, identity, seat, terms, dialect).hold()
    except Exception as error:  # noqa: BLE001 - whatever it is, the door's table knows its response
        response = await error_handlers(terms.errors)[Exception](websocket, error)  # type: ignore[arg-type]
        with suppress(Exception):
            await websocket.send_denial_response(response)
    finally:
        request_id.reset(mark)


def interview_named(name: str) -> UUID:
    """The id of an interview in a path. Raises NOT_FOUND for what cannot be one."""
    try:
        return UUID(name)
    except ValueError:
        raise not_found("interview") from None


def require_own_page(websocket: WebSocket, core: Core) -> None:
    """Raises FORBIDDEN for a page of another origin. Programs send no Origin and are not concerned."""
    origin = websocket.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == websocket.headers.get("host"):
        return
    if origin in core.settings.origins:
        return
    raise AppError(
        ErrorKind.FORBIDDEN, "origin_not_allowed", "Pages of that origin may not open sockets here (ALLOWED_ORIGINS)."
    )


class _Conversation:
    """Carries messages between a socket and its seat."""

    def __init__(
        self, websocket: WebSocket, core: Core, identity: Identity, seat: Seat, terms: Terms, dialect: Dialect
    ) -> None:
        self._socket = websocket
        self._core = core
        self._identity = identity
        self._seat = seat
        self._terms = terms
        self._dialect = dialect
        self._voice: VoiceSide | None = None
        self._asked: asyncio.Queue[tuple[Action, Heard]] = asyncio.Queue(_WAITING_ACTIONS)
        self._bad = 0

    async def hold(self) -> None:
        """Until either side closes."""
        if self._terms.voice is None or not isinstance(self._dialect, VoiceDialect):
            await self._hold(self._listen, self._tell, self._act, self._guard)
            return
        async with self._core.voice.session(
            self._seat,
            self._hand_in,
            whole_sentences=self._terms.voice.whole_sentences,
            repeats_question=self._terms.voice.repeats_question,
        ) as session:
            clock = asyncio.get_running_loop().time
            voice = self._voice = VoiceSide(session, self._terms.voice, self._dialect, self._send_told, clock)
            await self._hold(self._listen, self._tell, self._act, self._guard, voice.tell)

    async def _hold(self, *what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        parts = [asyncio.create_task(part()) for part in what]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(*parts)
        errors = [error for part in done if not part.cancelled() and (error := part.exception()) is not None]
        for error in errors:
            if isinstance(error, _ClosingError):
                await self._close(error.code, error.reason)
                return
        for error in errors:
            await self._fail(error)
            return

    async def _fail(self, error: BaseException) -> None:
        if isinstance(error, AppError) and error.kind is not ErrorKind.INTERNAL:
            await self._close(TRY_AGAIN, error.reason)
        elif not isinstance(error, WebSocketDisconnect):
            _log.error("defect", request_id=request_id.get(), path=self._socket.url.path, exc_info=error)
            await self._close(DEFECT, "internal_error")

    async def _close(self, code: int, reason: str) -> None:
        with suppress(Exception):
            await self._socket.close(code, reason)

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            request_id.set(str(new_id()))
            try:
                content = message.get("bytes")
                heard = self._read(message.get("text")) if content is None else self._read_binary(content)
            except AppError as error:
                self._bad += 1
                await self._send(self._dialect.tell_error(error, None), "error")
                if self._bad >= BAD_MESSAGES:
                    raise _ClosingError(POLICY, "too many messages that cannot be read") from None
                continue
            self._bad = 0
            MESSAGES.labels(self._dialect.door, "in", heard.type).inc()
            try:
                await self._answer(heard)
            except AppError as error:
                await self._send(self._dialect.tell_error(error, heard), "error")

    def _read_binary(self, content: bytes) -> Heard:
        if len(content) > MAX_FRAME_BYTES:
            raise _ClosingError(TOO_LARGE, "message too large")
        return self._dialect.hear_binary(content)

    def _read(self, text: str | None) -> Heard:
        text = text or ""
        if len(text.encode(errors="replace")) > MAX_FRAME_BYTES:
            raise _ClosingError(TOO_LARGE, "message too large")
        try:
            message = from_json(text, allow_inf_nan=False)
        except ValueError:
            raise AppError(ErrorKind.MALFORMED, "malformed_json", "The message is not valid JSON.") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise AppError(
                ErrorKind.MALFORMED, "malformed_message", 'A message is a JSON object with a text "type", and "data".'
            )
        return self._dialect.hear(message)

    async def _answer(self, heard: Heard) -> None:
        match heard.asks:
            case Ping():
                await self._send(self._dialect.tell_pong(heard), "pong")
            case Typing(is_typing=is_typing):
                if is_typing:
                    await self._core.live.typing(self._seat)
            case Resume(last_sequence=last_sequence):
                await self._core.live.resume(self._seat, last_sequence)
            case BeginAudio() | Frame() | EndSpeech() | Interrupt() | Played() | StopAudio() as ask:
                if self._voice is not None:
                    await self._voice.hear(ask)
            case action:
                try:
                    self._asked.put_nowait((action, heard))
                except asyncio.QueueFull:
                    raise AppError(
                        ErrorKind.RATE_LIMITED,
                        "too_many_messages",
                        f"{_WAITING_ACTIONS} messages wait to be worked on. Wait for what comes of them.",
                        retry_after=1,
                    ) from None

    async def _act(self) -> None:
        while True:
            action, heard = await self._asked.get()
            request_id.set(str(new_id()))
            try:
                await self._perform(action)
                if self._voice is not None and isinstance(action, RequestNext):
                    self._voice.repeat()
            except AppError as error:
                await self._send(self._dialect.tell_error(error, heard), "error")
            except Exception as error:  # noqa: BLE001 - told as any defect is; the socket stays
                _log.error("defect", request_id=request_id.get(), path=self._socket.url.path, exc_info=error)
                told = AppError(ErrorKind.INTERNAL, "internal_error", "Something went wrong on our side.")
                await self._send(self._dialect.tell_error(told, heard), "error")

    async def _perform(self, action: Action) -> None:
        await self._core.standing.require(self._identity)
        await self._terms.count_action(self._core, self._identity, action)
        await self._core.live.perform(self._seat, action)

    async def _hand_in(self, answer: Answer) -> None:
        """Hands in what was said as an answer that was typed."""
        request_id.set(str(new_id()))
        await self._perform(answer)

    async def _tell(self) -> None:
        try:
            async for event in self._seat.events():
                message = self._dialect.tell(event)
                if message is not None:
                    await self._send(message, event.kind.value)
                if self._voice is not None:
                    self._voice.notice(event)
                if event.kind is EventKind.INTERVIEW_ENDED and self._dialect.ends_with_interview:
                    await self._hear_out()
                    raise _ClosingError(NORMAL, "the interview has ended")
        except InterviewGoneError:
            raise _ClosingError(INTERVIEW_GONE, "the interview was deleted") from None

    async def _guard(self) -> None:
        """Sees to it that nobody outstays his session, his key or his account."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            try:
                await self._core.standing.require(self._identity)
                checked = clock()
            except AppError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise _ClosingError(CREDENTIAL_ENDED, error.reason) from None
                if clock() - checked > _UNCHECKED_SECONDS:
                    raise _ClosingError(TRY_AGAIN, error.reason) from None

    async def _hear_out(self) -> None:
        """Lets the interviewer say what he has to say."""
        if self._voice is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_SECONDS):
                    await self._voice.said_all()

    async def _send_told(self, told: Told) -> None:
        if not told.binary:
            await self._send(told.content, told.type)
            return
        MESSAGES.labels(self._dialect.door, "out", told.type).inc()
        await self._socket.send_bytes(told.content)

    async def _send(self, message: bytes, kind: str) -> None:
        MESSAGES.labels(self._dialect.door, "out", kind).inc()
        await self._socket.send_text(message.decode())
