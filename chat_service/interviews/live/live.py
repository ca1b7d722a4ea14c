"""Live interviews: the same use-cases as elsewhere, with everything that happens told to all who are there."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from math import inf
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis

from chat_service.endings import end
from chat_service.engine.client import BUDGET_SPENT
from chat_service.errors import AppError, invalid, not_found
from chat_service.interviews.answering import Answering
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.lifecycle import Lifecycle
from chat_service.interviews.live.actions import Action, Answer, End, RequestNext, Start
from chat_service.interviews.live.event_log import Acceptance, EventLog, Glance
from chat_service.interviews.live.events import EventKind, LiveEvent
from chat_service.interviews.live.fan_out import FanOut
from chat_service.interviews.live.rooms import IDLE, LOOK, THINKING, Room, Rooms, Seat
from chat_service.interviews.reporting import Reporting
from chat_service.interviews.states import InterviewState
from chat_service.storage.database import Database

# How often a room looks at what is recorded: for what was done over REST, and for work that nobody does any more.
_LOOK_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_GOODBYE_SECONDS = 3.0
_log = structlog.get_logger()


class Live:
    """Opens live interviews and does what is asked for in them."""

    def __init__(
        self, database: Database, redis: Redis, lifecycle: Lifecycle, answering: Answering, reporting: Reporting
    ) -> None:
        self._events = EventLog(database)
        self._lifecycle = lifecycle
        self._answering = answering
        self._reporting = reporting
        self._rooms = Rooms(self._attend)
        self._fan_out = FanOut(redis, self._rooms.hear)
        self._work: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def join(
        self, user_id: UUID, interview_id: UUID, *, last_sequence: int | None = 0, conducted: bool = False
    ) -> AsyncIterator[Seat]:
        """A seat in the interview, told where it stands and then all events behind `last_sequence`.

        None tells the last question and all that came after it. As long as somebody is in a `conducted` seat, the
        server goes on to the next question and to the end by itself.
        Raises NOT_FOUND, and INVALID when the interview has not had that many events.
        """
        glance = await self._glance(user_id, interview_id)
        newest = await self._events.catch_up(user_id, interview_id)
        if last_sequence is None:
            last_sequence = await self._events.before_last_question(interview_id)
        _require_told(last_sequence, newest)
        greeting = LiveEvent(EventKind.INTERVIEW_STATE, None, datetime.now(UTC), glance.reached)
        with self._rooms.seated(
            user_id, interview_id, self._events, greeting=greeting, told=last_sequence, conducted=conducted
        ) as seat:
            yield seat

    async def resume(self, seat: Seat, last_sequence: int) -> None:
        """Tells the seat all events behind the number, again if need be. Raises INVALID, NOT_FOUND."""
        _require_told(last_sequence, await self._events.catch_up(seat.room.user_id, seat.room.interview_id))
        seat.rewind(last_sequence)

    async def typing(self, seat: Seat) -> None:
        """Notes that the candidate is at work, so that the interview is not taken for an idle one."""
        await self._events.stay_awake(seat.room.user_id, seat.room.interview_id)

    async def news(self, seat: Seat) -> None:
        """Something has been recorded about the interview: keeps it as events, and has everybody look."""
        await self._tell(seat.room)

    async def perform(self, seat: Seat, action: Action) -> None:
        """Does what is asked, to its end even when the caller is cancelled. What comes of it arrives as events.

        Raises what the use-case behind the action raises.
        """
        await asyncio.shield(self._undertake(self._perform(seat, action)))

    async def close(self) -> None:
        """Gives work under way a moment to end. What is cut off is taken up by the next process that is asked."""
        if self._work:
            await asyncio.wait(self._work, timeout=_GOODBYE_SECONDS)
        await end(*self._work, *self._rooms.attendants)
        await self._fan_out.close()

    async def prune(self) -> None:
        """Drops the events of interviews that have been done for a day."""
        await self._events.prune()

    async def _perform(self, seat: Seat, action: Action) -> None:
        told = seat.told
        kind, subject = await self._do(seat.room, action)
        # What had been told before it was asked for is told once more.
        event = await self._events.about(seat.room.interview_id, kind, subject)
        if event is not None and event.sequence is not None and event.sequence <= told:
            seat.whisper(event)

    async def _do(self, room: Room, action: Action) -> tuple[EventKind, UUID]:
        """Does what is asked. Gives what tells the outcome: the kind of an event and what it is about."""
        if isinstance(action, Answer):
            return EventKind.FEEDBACK, await self._answer(room, action)
        async with self._thinking(room):
            match action:
                case Start():
                    started = await self._lifecycle.start(room.user_id, room.interview_id)
                    return EventKind.QUESTION, started.question.id
                case RequestNext():
                    question = await self._lifecycle.ask_next(room.user_id, room.interview_id)
                    return EventKind.QUESTION, question.id
                case End():
                    await self._reporting.end(room.user_id, room.interview_id)
                    return EventKind.INTERVIEW_ENDED, room.interview_id

    async def _answer(self, room: Room, answer: Answer) -> UUID:
        """Has the answer graded. Gives its id."""
        accepted = False
        question_id = answer.question_id
        if question_id is None and answer.message_id is not None:
            # Sent again after a crash, a short text would pass for the answer to the next question.
            question_id = await self._events.answered_by(room.interview_id, answer.message_id)

        async def tell(answer_id: UUID) -> None:
            nonlocal accepted
            accepted = True
            await self._tell(room, Acceptance(answer_id, answer.message_id))
            await self._fan_out.tell(room.interview_id, THINKING)

        try:
            answered = await self._answering.answer(
                room.user_id,
                room.interview_id,
                answer.content,
                question_id=question_id,
                spoken=answer.spoken,
                request=_request_key(room.interview_id, answer),
                accepted=tell,
            )
        finally:
            if accepted:
                await self._fan_out.tell(room.interview_id, IDLE)
            await self._tell(room)
        if answered.turn.answer is None:
            raise RuntimeError("an answered turn has no answer")
        return answered.turn.answer.id

    @asynccontextmanager
    async def _thinking(self, room: Room) -> AsyncIterator[None]:
        await self._fan_out.tell(room.interview_id, THINKING)
        try:
            yield
        finally:
            await self._fan_out.tell(room.interview_id, IDLE)
            await self._tell(room)

    async def _tell(self, room: Room, new: Acceptance | None = None) -> None:
        """Keeps what has been recorded as events, and has everybody look. The next look makes up for a failure."""
        try:
            await self._events.catch_up(room.user_id, room.interview_id, new)
        except AppError as error:
            _log.warning("live_events_late", interview=str(room.interview_id), reason=error.reason)
            return
        await self._fan_out.tell(room.interview_id, LOOK)

    async def _attend(self, room: Room) -> None:
        """Looks at the interview now and then, for as long as somebody is in it."""
        await self._fan_out.follow(room.interview_id)
        try:
            await self._watch(room)
        finally:
            await self._fan_out.leave(room.interview_id)

    async def _watch(self, room: Room) -> None:
        seen: Glance | None = None
        chore: asyncio.Task[float] | None = None
        not_before = 0.0
        while room.seats:
            room.stirred.clear()
            try:
                glance = await self._events.glance(room.user_id, room.interview_id)
                if glance is None:
                    room.close()
                    return
                if seen is None or _differs(glance, seen):
                    await self._tell(room)
                seen = glance
                clock = asyncio.get_running_loop().time()
                if chore is not None and chore.done():
                    not_before, chore = clock + chore.result(), None
                due = _due(room, glance) if chore is None and clock >= not_before else None
                if due is not None:
                    chore = self._undertake(self._attempt(room, due))
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.warning("live_room_unattended", interview=str(room.interview_id), error=repr(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await room.stirred.wait()

    async def _attempt(self, room: Room, due: Action) -> float:
        """Does what nobody else is doing. Gives the seconds to wait before something is tried again."""
        try:
            await self._do(room, due)
        except AppError as error:
            if error.reason == BUDGET_SPENT:
                # No waiting will get it graded; the interview can be ended without its grade.
                return await self._attempt(room, End()) if room.conducted and due != End() else inf
            return min(max(error.retry_after or 0.0, 2 * _LOOK_SECONDS), _LONGEST_PAUSE_SECONDS)
        return 0.0

    async def _glance(self, user_id: UUID, interview_id: UUID) -> Glance:
        glance = await self._events.glance(user_id, interview_id)
        if glance is None:
            raise not_found("interview")
        return glance

    def _undertake(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked for it may be gone


def _require_told(last_sequence: int, newest: int) -> None:
    if last_sequence > newest:
        raise invalid("last_sequence", f"is ahead of this interview, which has had {newest} events")


def _due(room: Room, glance: Glance) -> Action | None:
    """What is to be done in the interview and is not being done."""
    if glance.held or glance.reached.state is not InterviewState.IN_PROGRESS:
        return None
    if glance.pending is not None:
        return Answer(glance.pending.content, glance.pending.question_id)
    if room.conducted and glance.current_question_id is None:
        return RequestNext() if glance.reached.progress.remaining else End()
    return None


def _differs(one: Glance, other: Glance) -> bool:
    """Whether something has been recorded in between; when the engine is at work nothing has been yet."""
    told = [
        (look.reached.state, look.reached.progress, look.pending, look.current_question_id, look.reported)
        for look in (one, other)
    ]
    return told[0] != told[1]


def _request_key(interview_id: UUID, answer: Answer) -> RequestKey | None:
    if answer.message_id is None:
        return None
    meant = f"live {interview_id} {answer.question_id} {answer.content}".encode()
    return RequestKey(f"live {interview_id} {answer.message_id}", hashlib.sha256(meant).digest())
