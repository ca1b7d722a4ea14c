"""Voice: many live interviews at once, spoken in real time, with everything real but the models, which need no time.

Each session sends recorded speech in frames of 40 ms, and says that it has ended right after the last one, so that the
time until the reply is the services' own: a silence that ends a turn would be waited for on purpose.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median
from typing import Any

import websockets.asyncio.client as sockets

from ai_service.speech.activity import Thresholds
from ai_service.speech.segmenting import Cutting, Segmenter
from ai_service.speech.silero import Silero
from tests.bench.candidates import Candidate, Candidates
from tests.bench.credentials import Credentials
from tests.bench.figures import percentile
from tests.bench.jobs import BenchError
from tests.bench.pilot import ANSWERS, fly
from tests.bench.processes import cpu_seconds, machine_ticks
from tests.bench.recorded import SAMPLE_RATE, Recording, recordings
from tests.bench.stack import Stack

SESSIONS = (1, 5, 20)

_FRAME_SECONDS = 0.04
_FRAME_BYTES = int(_FRAME_SECONDS * SAMPLE_RATE) * 2
_PATIENCE_SECONDS = 30.0
_ACTIVITY_SECONDS = 60.0
# People do not begin to speak at the same moment.
_SPREAD_SECONDS = 4.0
_WARM_UP_TURNS = 2


@dataclass(frozen=True)
class VoiceFigures:
    """So many sessions at once: milliseconds from the end of speech, and CPU as a share of a core for each session.

    `words` is until the final words are told, `reply` until the answer is kept (by commits that reach the disk),
    graded, and told of. `busy` is how much of all cores was in use, by whatever else runs here too.
    """

    sessions: int
    turns: int
    words_p50: float
    words_p95: float
    reply_p50: float
    reply_p95: float
    cpu: Mapping[str, float]
    busy: float


@dataclass
class _Turns:
    """What was measured, seconds."""

    words: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)


def activity_share(rounds: int) -> float:
    """CPU time of voice activity with its framing as a share of the time of the speech: the median of the rounds."""
    speech = b"".join(one.audio for one in islice(cycle(recordings()), 40))
    frames = list(_frames(speech))[: round(_ACTIVITY_SECONDS / _FRAME_SECONDS)]
    silero = Silero.load()
    shares = []
    for _ in range(rounds):
        segmenter = Segmenter(silero.stream(), Thresholds(), Cutting())
        begun = time.process_time()
        for frame in frames:
            for _ in segmenter.hear(frame):
                pass
        shares.append((time.process_time() - begun) / (len(frames) * _FRAME_SECONDS))
    return median(shares)


def measure(settings: Mapping[str, str], turns: int, counts: Sequence[int] = SESSIONS) -> Iterator[VoiceFigures]:
    """Measures each number of sessions, with as many turns each, at most 8. Raises BenchError."""
    with Stack(settings, engine="tests.bench.voice_engine") as stack:
        pilot = fly(stack.chat_port)
        candidates = Candidates(pilot, stack.database_url, Credentials(stack.redis_url, stack.jwt_secret))
        asyncio.run(_measure(stack, candidates.make(1, model=pilot.started), _WARM_UP_TURNS))
        for count in counts:
            speakers = candidates.make(count, model=pilot.started)
            yield asyncio.run(_measure(stack, speakers, min(turns, ANSWERS)))


async def _measure(stack: Stack, speakers: Sequence[Candidate], turns: int) -> VoiceFigures:
    taken, spoken = _Turns(), recordings()
    watched = {"chat": stack.chat_pid, "ai": stack.watched["engine"]}
    before, begun = {name: cpu_seconds(pid) for name, pid in watched.items()}, time.perf_counter()
    idle, whole = machine_ticks()
    try:
        async with asyncio.TaskGroup() as group:
            for place, speaker in enumerate(speakers):
                said = list(islice(cycle(spoken), place % len(spoken), place % len(spoken) + turns))
                wait = _SPREAD_SECONDS * place / len(speakers)
                group.create_task(_converse(stack.chat_port, speaker, said, wait, taken))
    except ExceptionGroup as failures:
        raise BenchError(f"A voice session failed: {failures.exceptions[0]!r}") from failures
    seconds = time.perf_counter() - begun
    idle, whole = (now - then for now, then in zip(machine_ticks(), (idle, whole), strict=True))
    words, replies = sorted(taken.words), sorted(taken.replies)
    return VoiceFigures(
        sessions=len(speakers),
        turns=len(replies),
        words_p50=1000 * percentile(words, 50),
        words_p95=1000 * percentile(words, 95),
        reply_p50=1000 * percentile(replies, 50),
        reply_p95=1000 * percentile(replies, 95),
        cpu={name: (cpu_seconds(pid) - before[name]) / seconds / len(speakers) for name, pid in watched.items()},
        busy=1 - idle / max(1, whole),
    )


async def _converse(port: int, speaker: Candidate, said: Sequence[Recording], wait: float, taken: _Turns) -> None:
    headers = {"Authorization": f"Bearer {speaker.token}"}
    address = f"ws://127.0.0.1:{port}/api/v1/interviews/{speaker.interviews[0]}/live"
    async with sockets.connect(address, additional_headers=headers, compression=None, proxy=None) as socket:
        session = _Session(socket)
        await session.open()
        await asyncio.sleep(wait)
        for one in said:
            await session.take_turn(one, taken)


class _Session:
    def __init__(self, socket: sockets.ClientConnection) -> None:
        self._socket = socket
        self._number = 1

    async def open(self) -> None:
        await self._tell("audio_start", {})
        ready = await self._until("audio_ready")
        self._number = ready["data"]["next_sequence"]
        await self._listening()

    async def take_turn(self, said: Recording, taken: _Turns) -> None:
        begun = time.perf_counter()
        for place, frame in enumerate(_frames(said.audio)):
            await asyncio.sleep(max(0.0, begun + place * _FRAME_SECONDS - time.perf_counter()))
            await self._socket.send(self._number.to_bytes(4, "big") + frame)
            self._number += 1
        ended = time.perf_counter()
        await self._tell("speech_end", {})
        heard = await self._until("transcription", is_final=True)
        taken.words.append(time.perf_counter() - ended)
        if not heard["data"]["text"]:
            raise BenchError("Speech was taken for silence.")
        await self._until("feedback")
        taken.replies.append(time.perf_counter() - ended)
        await self._listening()

    async def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        await self._socket.send(json.dumps({"type": kind, "data": data}))

    async def _listening(self) -> None:
        await self._until("voice_state", state="listening")

    async def _until(self, kind: str, **data: Any) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                content = await self._socket.recv()
                if isinstance(content, bytes):
                    continue
                message: dict[str, Any] = json.loads(content)
                if message["type"] == "error":
                    raise BenchError(f"The service said: {message}")
                if message["type"] == kind and all(message["data"].get(name) == value for name, value in data.items()):
                    return message


def _frames(audio: bytes) -> Iterator[bytes]:
    for start in range(0, len(audio), _FRAME_BYTES):
        yield audio[start : start + _FRAME_BYTES]
