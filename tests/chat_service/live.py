"""A client of live sockets, by the `websockets` library."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets.asyncio.client as sockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat_service.contracts.asyncapi import document
from chat_service.contracts.native.stream import SOCKET
from tests.chat_service.conftest import Candidate, expect
from tests.contracts.asyncapi_parser import Messages

PATIENCE_SECONDS = 20.0
DOCUMENTED = Messages(document(SOCKET, host="localhost", secure=False, base="/api/v1"))


class LiveClient:
    """One open socket. `heard` keeps every message in order."""

    def __init__(self, connection: sockets.ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []

    @property
    def newest(self) -> int:
        """The number of the newest event that was heard."""
        return max((one["sequence"] or 0 for one in self.heard), default=0)

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The numbered events."""
        return [one for one in self.heard if one["sequence"]]

    async def send(self, kind: str, **data: Any) -> None:
        """Sends a message."""
        await self.connection.send(json.dumps({"type": kind, "data": data}))

    async def hear(self) -> dict[str, Any]:
        """The next message; a binary one as {"type": "audio", "utterance", "samples"}."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            content = await self.connection.recv()
        if isinstance(content, bytes):
            utterance = int.from_bytes(content[:4], "big")
            message: dict[str, Any] = {
                "type": "audio",
                "sequence": None,
                "utterance": utterance,
                "samples": (len(content) - 4) // 2,
            }
        else:
            message = json.loads(content)
            DOCUMENTED.require(message)
        self.heard.append(message)
        return message

    async def until(self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next message of the type that fits; what comes before it is heard on the way."""
        while True:
            message = await self.hear()
            if message["type"] == kind and fits(message):
                return message

    async def asked(self, kind: str, expected: str, **data: Any) -> dict[str, Any]:
        """Sends a message and gives the next one of the expected type."""
        await self.send(kind, **data)
        return await self.until(expected)

    async def quiet(self) -> list[dict[str, Any]]:
        """What has arrived by the time at which a ping is answered."""
        before = len(self.heard)
        await self.asked("ping", "pong")
        return self.heard[before:-1]

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes; 1006 when it just vanishes."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as error:
            return (1006, "") if error.rcvd is None else (error.rcvd.code, error.rcvd.reason)


async def ticket(candidate: Candidate) -> str:
    """A ticket for one socket."""
    return str(expect(200, await candidate.http.post("/auth/websocket-ticket"))["ticket"])


def address(url: str, interview_id: str, **query: Any) -> str:
    """The address of a live socket."""
    rest = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{url.replace('http', 'ws', 1)}/api/v1/interviews/{interview_id}/live?{rest}"


@asynccontextmanager
async def live(
    candidate: Candidate, interview_id: str, *, url: str = "", last_sequence: int | None = None, **options: Any
) -> AsyncIterator[LiveClient]:
    """An open socket, to the candidate's own service or to the one at `url`."""
    query = {} if last_sequence is None else {"last_sequence": last_sequence}
    origin = url or str(candidate.http.base_url).split("/api/")[0]
    target = address(origin, interview_id, ticket=await ticket(candidate), **query)
    async with sockets.connect(target, compression=None, proxy=None, **options) as connection:
        yield LiveClient(connection)


async def refused(target: str, **options: Any) -> Any:
    """The response by which a handshake is refused."""
    try:
        async with sockets.connect(target, compression=None, proxy=None, **options):
            raise AssertionError("the socket was opened")
    except InvalidStatus as error:
        return error.response
