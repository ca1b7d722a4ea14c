"""A scripted OpenAI-compatible endpoint: real HTTP on a real port, and every way in which an endpoint can fail."""

import asyncio
import contextlib
import email
import email.policy
import json
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

Step = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[["Request"], Step]


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def mode(self) -> str:
        """The mode that is asked for."""
        asked = self.body.get("response_format", {})
        return str(asked.get("type", "text") if isinstance(asked, dict) else asked)

    def texts(self, role: str) -> list[str]:
        """What the messages of a role say."""
        return [message["content"] for message in self.body["messages"] if message["role"] == role]


def completion(
    content: str | Mapping[str, Any] | None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    usage: tuple[int, int] | None = (100, 20),
    **extra: Any,
) -> Step:
    """A chat completion; a mapping is sent as JSON."""
    text = json.dumps(content) if isinstance(content, Mapping) else content
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, "refusal": refusal},
            }
        ],
        **extra,
    }
    if usage is not None:
        body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return raw(json.dumps(body).encode())


def raw(body: bytes, *, status: int = 200, content_type: str = "application/json", **headers: str) -> Step:
    """Any body; headers are written with - for _."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, content_type, {"content-length": str(len(body)), **_named(headers)}) + body)
        await writer.drain()

    return send


def error(status: int, message: str = "no", code: str | None = None, **headers: str) -> Step:
    """An error as OpenAI sends it."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return raw(json.dumps(body).encode(), status=status, **headers)


def html(status: int) -> Step:
    """A page of a proxy in between."""
    return raw(b"<html><body><h1>Bad gateway</h1></body></html>", status=status, content_type="text/html")


def hang() -> Step:
    """Nothing, for as long as the client stays."""

    async def wait(writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        await asyncio.Event().wait()

    return wait


def drip() -> Step:
    """A reply without end, a byte every few milliseconds."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, "application/json", {"content-length": "1000000"}))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    return send


def flood(size: int, *, declared: bool, status: int = 200) -> Step:
    """A reply of `size` bytes, its length declared or not."""

    async def send(writer: asyncio.StreamWriter) -> None:
        length = {"content-length": str(size)} if declared else {"connection": "close"}
        writer.write(_head(status, "application/json", length))
        part = b'{"choices": ' + b" " * 65536
        for _ in range(size // len(part)):
            writer.write(part)
            await writer.drain()
        writer.close()

    return send


def reset(after: bytes = b"") -> Step:
    """A connection that is reset, at once or after a few bytes."""

    async def send(writer: asyncio.StreamWriter) -> None:
        if after:
            writer.write(_head(200, "application/json", {"content-length": "5000"}) + after)
            await writer.drain()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(1, 13, linger)  # SO_LINGER 0 sends a reset
        writer.transport.abort()

    return send


@dataclass
class ScriptedOpenAI:
    """The endpoint. Each request takes the next step of the script, and `answer`'s when the script is at its end."""

    port: int = 0
    script: deque[Step] = field(default_factory=deque)
    answer: Answer = lambda _: error(500, "the script is at its end")
    refused_modes: set[str] = field(default_factory=set)
    refused_words: dict[str, str] = field(default_factory=dict)
    """By field of the request: what a 400 says of it."""
    requests: list[Request] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is to be."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def served(self) -> list[Request]:
        """The requests whose way was not refused."""
        return [request for request in self.requests if self._refusal(request) is None]

    def will(self, *steps: Step) -> None:
        """Put steps into the script."""
        self.script.extend(steps)

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        """A running endpoint on a free port."""
        scripted = cls()
        server = await asyncio.start_server(scripted._serve, "127.0.0.1", 0)
        scripted.port = server.sockets[0].getsockname()[1]
        try:
            yield scripted
        finally:
            server.close()
            for task in list(scripted._tasks):
                task.cancel()

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                refusal = self._refusal(request)
                if refusal is not None:
                    step = error(400, refusal)
                else:
                    step = self.script.popleft() if self.script else self.answer(request)
                await _until_gone(step(writer), reader)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    def _refusal(self, request: Request) -> str | None:
        if request.mode in self.refused_modes:
            return f"response_format of type {request.mode} is not supported"
        return next((words for name, words in self.refused_words.items() if name in request.body), None)


async def _until_gone(step: Awaitable[None], reader: asyncio.StreamReader) -> None:
    """Run a step, and drop it when the client leaves."""
    sending = asyncio.ensure_future(step)
    leaving = asyncio.ensure_future(_eof(reader))
    await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not sending.done():
        sending.cancel()
        raise ConnectionResetError
    await sending


async def _eof(reader: asyncio.StreamReader) -> None:
    while not reader.at_eof():  # noqa: ASYNC110 - a reader has no wait that reads nothing
        await asyncio.sleep(0.01)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    kind = headers.get("content-type", "")
    read = _form(kind, body) if kind.startswith("multipart/") else json.loads(body or b"{}")
    return Request(first.split()[1], headers, read)


def _form(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a form: a text, bytes where it is a file, and a list for a name that ends in []."""
    message = email.message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name, content = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        assert isinstance(content, bytes)
        value = content if part.get_filename() else content.decode()
        fields[name] = [*fields.get(name, []), value] if name.endswith("[]") else value
    return fields


def _head(status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"content-type: {content_type}"]
    return ("\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())]) + "\r\n\r\n").encode()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
