"""Synthesis in messages."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ai_service.errors import InvalidField
from ai_service.speech.synthesis import Synthesis
from ai_service.wire import rules
from protos.interview_engine.v1 import speech_pb2

_MOST_LANGUAGE_CHARACTERS = 8
_MOST_VOICE_CHARACTERS = 100


async def synthesize(
    synthesis: Synthesis, request: speech_pb2.SynthesizeRequest
) -> AsyncGenerator[speech_pb2.SynthesizeResponse]:
    """The text of a request in speech. Raises `InvalidField`, and as `Synthesis.speak`."""
    if not request.text or request.text.isspace():
        raise InvalidField("text", "is required")
    language = rules.text("language", request.language, _MOST_LANGUAGE_CHARACTERS).strip().lower()
    voice = rules.text("voice", request.voice, _MOST_VOICE_CHARACTERS)
    async with aclosing(synthesis.speak(request.text, language, voice)) as pieces:
        async for piece in pieces:
            yield speech_pb2.SynthesizeResponse(
                audio=piece.sound.audio,
                sample_rate=piece.sound.sample_rate,
                sentence=piece.sentence,
                start=piece.start,
                end=piece.end,
                sentence_complete=piece.is_last,
            )
