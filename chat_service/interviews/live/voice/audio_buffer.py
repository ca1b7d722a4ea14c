"""The audio of the running turn in Redis, so that any worker can go on with it.

Of an interview there are, all gone after a while without audio: `voice:{id}` (a hash: the turn, its question, the
number of the newest frame, where the kept audio begins, whether somebody began to speak and whether he said that he has
ended, the answer that is being handed in), `:audio` (the samples that are not in final words yet), `:finals` (final
words), `:speaker` (who speaks, a lease). Every change is refused to one who is not the speaker.
"""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.engine.models import SpokenTiming, SpokenWord
from chat_service.errors import AppError, ErrorKind

LEASE_SECONDS = 3.0

# KEYS: speaker, ... ARGV: who, the lease in ms, ... Whoever holds the lease renews it by whatever he does.
_AS_SPEAKER = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return -1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""
_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"
_RENEW = _AS_SPEAKER + "return 0"
# ARGV: life in ms, the newest frame, audio
_APPEND = (
    _AS_SPEAKER
    + """
redis.call('HSET', KEYS[2], 'last', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if #ARGV[5] > 0 then redis.call('APPEND', KEYS[3], ARGV[5]) end
redis.call('PEXPIRE', KEYS[3], ARGV[3])
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return 0
"""
)
# ARGV: life in ms, the new beginning of the kept audio in bytes, a final result or nothing
_FORGET = (
    _AS_SPEAKER
    + """
local base = tonumber(redis.call('HGET', KEYS[2], 'base') or '0')
local gone = tonumber(ARGV[4]) - base
if gone > 0 then
  redis.call('SET', KEYS[3], redis.call('GETRANGE', KEYS[3], gone, -1), 'PX', ARGV[3])
  redis.call('HSET', KEYS[2], 'base', ARGV[4])
end
if #ARGV[5] > 0 then
  redis.call('RPUSH', KEYS[4], ARGV[5])
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
end
return 0
"""
)
# ARGV: life in ms, a field, its value
_NOTE = _AS_SPEAKER + "redis.call('HSET', KEYS[2], ARGV[4], ARGV[5]) redis.call('PEXPIRE', KEYS[2], ARGV[3]) return 0"
# ARGV: life in ms, the turn, its question
_BEGIN = (
    _AS_SPEAKER
    + """
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('HDEL', KEYS[2], 'base', 'began', 'announced', 'answer')
redis.call('HSET', KEYS[2], 'turn', ARGV[4], 'question', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 0
"""
)


@dataclass(frozen=True, slots=True)
class FinalWords:
    """Words that will not change; seconds from the beginning of the turn's audio."""

    text: str
    start: float
    end: float
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """What has been said in a turn that has ended."""

    turn_id: UUID
    question_id: UUID | None
    text: str
    timing: SpokenTiming


@dataclass(frozen=True, slots=True)
class BufferedTurn:
    """A turn as it was left. `base` is the place of the first kept byte in the turn's audio."""

    turn_id: UUID | None
    question_id: UUID | None
    last_sequence: int
    base: int
    audio: bytes
    finals: tuple[FinalWords, ...]
    began: bool
    announced: bool
    answer: SpokenAnswer | None


_FINAL = TypeAdapter(FinalWords)
_ANSWER = TypeAdapter(SpokenAnswer)


class AudioBuffer:
    """Buffers of every interview."""

    def __init__(self, redis: Redis, *, life_seconds: float, lease_seconds: float = LEASE_SECONDS) -> None:
        self._redis = redis
        self.lease_seconds = lease_seconds
        self._lease = int(lease_seconds * 1000)
        self._life = int(life_seconds * 1000)
        self._scripts = {
            text: redis.register_script(text) for text in (_TAKE, _LEAVE, _RENEW, _APPEND, _FORGET, _NOTE, _BEGIN)
        }

    async def take(self, interview_id: UUID, speaker: str) -> float:
        """Makes somebody the speaker. Gives 0, or for how many seconds another one is."""
        return await self._run(_TAKE, interview_id, speaker) / 1000

    async def renew(self, interview_id: UUID, speaker: str) -> None:
        """Remains the speaker. Raises CONFLICT when another one is."""
        _require_speaker(await self._run(_RENEW, interview_id, speaker))

    async def leave(self, interview_id: UUID, speaker: str) -> None:
        """Is the speaker no more."""
        await self._run(_LEAVE, interview_id, speaker)

    async def load(self, interview_id: UUID) -> BufferedTurn:
        """The turn as it was left; an empty one where there is none."""
        _, turn, audio, finals = _keys(interview_id)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hgetall(turn)
                pipeline.get(audio)
                pipeline.lrange(finals, 0, -1)
                noted, kept, final = await pipeline.execute()
        except RedisError as error:
            raise _unavailable(error) from error
        question = noted.get(b"question", b"").decode()
        return BufferedTurn(
            turn_id=UUID(noted[b"turn"].decode()) if b"turn" in noted else None,
            question_id=UUID(question) if question else None,
            last_sequence=int(noted.get(b"last", 0)),
            base=int(noted.get(b"base", 0)),
            audio=kept or b"",
            finals=tuple(_FINAL.validate_json(one) for one in final),
            began=b"began" in noted,
            announced=b"announced" in noted,
            answer=_ANSWER.validate_json(noted[b"answer"]) if b"answer" in noted else None,
        )

    async def begin(self, interview_id: UUID, speaker: str, turn_id: UUID, question_id: UUID | None) -> None:
        """Begins a turn, with nothing said in it."""
        await self._change(_BEGIN, interview_id, speaker, str(turn_id), str(question_id or ""))

    async def append(self, interview_id: UUID, speaker: str, last_sequence: int, audio: bytes) -> None:
        """Keeps the audio up to the frame of that number."""
        await self._change(_APPEND, interview_id, speaker, last_sequence, audio)

    async def note_speech(self, interview_id: UUID, speaker: str) -> None:
        """Notes that somebody has begun to speak in the turn."""
        await self._change(_NOTE, interview_id, speaker, "began", 1)

    async def forget(self, interview_id: UUID, speaker: str, base: int, final: FinalWords | None = None) -> None:
        """Drops the turn's audio before the byte `base`, for the final words that were in it."""
        await self._change(_FORGET, interview_id, speaker, base, b"" if final is None else _FINAL.dump_json(final))

    async def announce(self, interview_id: UUID, speaker: str) -> None:
        """Notes that the speaker says that he has ended."""
        await self._change(_NOTE, interview_id, speaker, "announced", 1)

    async def hand_in(self, interview_id: UUID, speaker: str, answer: SpokenAnswer) -> None:
        """Notes the answer before it is handed in, so that another worker hands in the very same one."""
        await self._change(_NOTE, interview_id, speaker, "answer", _ANSWER.dump_json(answer))

    async def _change(self, script: str, interview_id: UUID, speaker: str, *arguments: str | bytes | int) -> None:
        _require_speaker(await self._run(script, interview_id, speaker, self._life, *arguments))

    async def _run(self, script: str, interview_id: UUID, *arguments: str | bytes | int) -> int:
        speaker, *rest = arguments
        try:
            return int(await self._scripts[script](keys=list(_keys(interview_id)), args=[speaker, self._lease, *rest]))
        except RedisError as error:
            raise _unavailable(error) from error


def _keys(interview_id: UUID) -> tuple[str, str, str, str]:
    turn = f"voice:{{{interview_id}}}"
    return f"{turn}:speaker", turn, f"{turn}:audio", f"{turn}:finals"


def _require_speaker(outcome: int) -> None:
    if outcome < 0:
        raise another_speaker()


def another_speaker() -> AppError:
    """Somebody else is speaking in the interview."""
    return AppError(
        ErrorKind.CONFLICT,
        "another_speaker",
        "Another connection is speaking in this interview. Stop there first, or go on by text here.",
        retry_after=LEASE_SECONDS,
    )


def _unavailable(error: RedisError) -> AppError:
    return AppError(
        ErrorKind.UNAVAILABLE,
        "audio_not_kept",
        "Audio cannot be kept just now. Begin again with what was not acknowledged, in a moment.",
        details={"cause": type(error).__name__},
        retry_after=2,
    )
