"""The servicer of SpeechService."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from ai_service.errors import Draining, Starting
from ai_service.speech.speech import Speech
from ai_service.wire import recordings
from ai_service.wire.calls import Context
from ai_service.wire.live_speech import transcribe_conversation
from ai_service.wire.synthesis import synthesize
from ai_service.wire.transcripts import read_config, write_recognizer
from protos.interview_engine.v1 import speech_pb2, speech_pb2_grpc

SERVICE_NAME = speech_pb2.DESCRIPTOR.services_by_name["SpeechService"].full_name


class SpeechServicer(speech_pb2_grpc.SpeechServiceServicer):
    """Hears and speaks. Calls are unavailable until `open` and after `drain`."""

    def __init__(self) -> None:
        self._speech: Speech | None = None
        self._draining = False

    def open(self, speech: Speech) -> None:
        """Serve calls from now on."""
        self._speech = speech

    def drain(self) -> None:
        """Refuse new calls; calls in progress go on."""
        self._draining = True

    async def Transcribe(  # noqa: N802 - the protocol's name
        self, request_iterator: AsyncIterator[speech_pb2.TranscribeRequest], context: Context
    ) -> speech_pb2.TranscribeResponse:
        """Recognize one recording."""
        return await recordings.transcribe(self._ready().recordings, request_iterator)

    async def TranscribeLive(  # noqa: N802 - the protocol's name
        self, request_iterator: AsyncIterator[speech_pb2.TranscribeLiveRequest], context: Context
    ) -> AsyncGenerator[speech_pb2.TranscribeLiveResponse]:
        """Recognize while audio arrives, or while a recording is worked through."""
        speech = self._ready()
        config = await read_config(request_iterator)
        if config.encoding == speech_pb2.AUDIO_ENCODING_PCM_S16LE:
            heard = transcribe_conversation(speech.live, config, request_iterator)
        else:
            heard = recordings.transcribe_live(speech.recordings, config, request_iterator)
        async with aclosing(heard) as events:
            async for event in events:
                yield event

    async def Synthesize(  # noqa: N802 - the protocol's name
        self, request: speech_pb2.SynthesizeRequest, context: Context
    ) -> AsyncGenerator[speech_pb2.SynthesizeResponse]:
        """Speak a text."""
        async with aclosing(synthesize(self._ready().synthesis, request)) as pieces:
            async for piece in pieces:
                yield piece

    async def DescribeSpeech(  # noqa: N802 - the protocol's name
        self, request: speech_pb2.DescribeSpeechRequest, context: Context
    ) -> speech_pb2.DescribeSpeechResponse:
        """What this installation can do."""
        speech = self._ready()
        hearing = speech.hearing
        response = speech_pb2.DescribeSpeechResponse(languages=hearing.languages, synthesizer=speech.synthesis.name)
        if hearing.identity is not None:
            response.recognizer.CopyFrom(write_recognizer(hearing.identity))
        return response

    def _ready(self) -> Speech:
        if self._draining:
            raise Draining
        if self._speech is None:
            raise Starting
        return self._speech
