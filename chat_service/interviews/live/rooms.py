"""Who is in a live interview on this worker, and what each of them has been told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chat_service.interviews.live.event_log import EventLog
from chat_service.interviews.live.events import EventKind, LiveEvent, Thinking

# What is of the moment is dropped, oldest first, for a reader who does not keep up.
_WHISPERS = 64

LOOK, THINKING, IDLE = "look", "thinking", "idle"


class InterviewGoneError(Exception):
    """The interview was deleted while somebody was in it."""


class Seat:
    """One socket's place in an interview: what it has been told is a number, so that a slow reader costs nothing."""

    def __init__(self, room: "Room", log: EventLog, *, greeting: LiveEvent, told: int, conducted: bool) -> None:
        self.room = room
        self.told = told
        self.conducted = conducted
        self._log = log
        self._greeting = greeting
        self._whispers: deque[LiveEvent] = deque(maxlen=_WHISPERS)
        self._news = asyncio.Event()
        self._news.set()
        self._gone = False

    def whisper(self, event: LiveEvent) -> None:
        """Tells an event that is of the moment, or one that has been told before."""
        self._whispers.append(event)
        self._news.set()

    def look(self) -> None:
        """Has the reader look for events that were kept."""
        self._news.set()

    def rewind(self, told: int) -> None:
        """Tells the events behind the number, again if need be."""
        self.told = told
        self._news.set()

    def gone(self) -> None:
        """Ends the events with `InterviewGoneError`."""
        self._gone = True
        self._news.set()

    async def events(self) -> AsyncIterator[LiveEvent]:
        """Where the interview stands, then everything that happens, each kept event once and in order."""
        yield self._greeting
        while True:
            await self._news.wait()
            self._news.clear()
            if self._gone:
                raise InterviewGoneError
            while kept := await self._log.after(self.room.interview_id, self.told):
                for event in kept:
                    if event.sequence != self.told + 1:
                        break  # rewound meanwhile: read on from there
                    self.told = event.sequence
                    yield event
            while self._whispers:
                yield self._whispers.popleft()


class Room:
    """One interview with everybody who is in it on this worker."""

    def __init__(self, user_id: UUID, interview_id: UUID) -> None:
        self.user_id = user_id
        self.interview_id = interview_id
        self.seats: set[Seat] = set()
        self.stirred = asyncio.Event()

    @property
    def conducted(self) -> bool:
        """Whether somebody here leaves it to the server to go on to the next question and to the end."""
        return any(seat.conducted for seat in self.seats)

    def hear(self, hint: str) -> None:
        """Passes a hint on: to look at the log, or that the engine works or idles."""
        if hint == LOOK and self.conducted:
            self.stirred.set()
        for seat in self.seats:
            if hint == LOOK:
                seat.look()
            else:
                seat.whisper(
                    LiveEvent(EventKind.THINKING, None, datetime.now(UTC), Thinking(is_thinking=hint == THINKING))
                )

    def close(self) -> None:
        """Lets everybody go, for the interview is no more."""
        for seat in self.seats:
            seat.gone()


class Rooms:
    """The rooms of this worker, each with its attendant for as long as somebody is in it."""

    def __init__(self, attend: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
        self._attend = attend
        self._rooms: dict[UUID, tuple[Room, asyncio.Task[None]]] = {}

    @property
    def attendants(self) -> list[asyncio.Task[None]]:
        """The tasks that attend to rooms."""
        return [attendant for _, attendant in self._rooms.values()]

    def hear(self, interview_id: UUID, hint: str) -> None:
        """Passes a hint on to whoever is in the interview."""
        if interview_id in self._rooms:
            self._rooms[interview_id][0].hear(hint)

    @contextmanager
    def seated(
        self, user_id: UUID, interview_id: UUID, log: EventLog, *, greeting: LiveEvent, told: int, conducted: bool
    ) -> Iterator[Seat]:
        """A seat for as long as the block lasts. The first one opens the room, the last one shuts it."""
        if interview_id not in self._rooms:
            opened = Room(user_id, interview_id)
            self._rooms[interview_id] = opened, asyncio.create_task(self._attend(opened))
        room, attendant = self._rooms[interview_id]
        seat = Seat(room, log, greeting=greeting, told=told, conducted=conducted)
        room.seats.add(seat)
        room.stirred.set()
        try:
            yield seat
        finally:
            room.seats.discard(seat)
            if not room.seats:
                del self._rooms[interview_id]
                attendant.cancel()
