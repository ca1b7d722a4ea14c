"""Recorded answers and their transcripts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.downloads import recording_response
from chat_service.contracts.interview_system.recordings_wire import (
    Audio,
    Transcript,
    TranscriptionRequest,
    audio_out,
    transcript_out,
)
from chat_service.contracts.interview_system.wire import QuestionId, SessionId, Success, success
from chat_service.contracts.uploads import FORM_BYTES, file_of
from chat_service.interviews.recordings.recordings import MAX_RECORDING_BYTES
from chat_service.interviews.recordings.transcripts import TranscriptDetails, TranscriptStatus

_PREFIX = "/api/v1/interviews/sessions/{session_id}/questions/{question_id}"
AUDIO_PATH = f"{_PREFIX}/audio"
MAX_BODY_BYTES = MAX_RECORDING_BYTES + FORM_BYTES

_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {**_FILE, "description": "MP3, WAV, M4A or WebM, at most 50 MB"},
                        "duration": {"type": "number", "description": "Ignored: the recording is measured"},
                    },
                }
            }
        },
    }
}
_SOUND = {"content": {"audio/*": {"schema": _FILE}}}

router = APIRouter(prefix=_PREFIX, tags=["audio and transcription"])
Who = Annotated[Identity, Depends(authenticated())]
Recording = Annotated[Identity, Depends(authenticated(RateClass.AUDIO))]


@router.post("/audio", status_code=201, response_model=Success[Audio], openapi_extra=_FORM)
async def upload_audio(request: Request, who: Recording, session_id: SessionId, question_id: QuestionId) -> Response:
    """Takes the recorded answer to an open question, in place of an earlier one."""
    recordings = core_of(request).recordings
    taken = await recordings.put(who.user_id, session_id, question_id, file_of(request))
    return success(audio_out(session_id, taken), 201)


@router.get(
    "/audio",
    response_class=Response,
    responses={200: {"description": "The recording", **_SOUND}, 206: {"description": "A range of it", **_SOUND}},
)
async def read_audio(request: Request, who: Who, session_id: SessionId, question_id: QuestionId) -> Response:
    """The recording, or a range of it."""
    core = core_of(request)
    return await recording_response(request, core, await core.recordings.get(who.user_id, session_id, question_id))


@router.post(
    "/transcribe",
    response_model=Success[Transcript],
    responses={202: {"model": Success[Transcript], "description": "A longer recording: it is being transcribed"}},
)
async def transcribe_audio(
    request: Request,
    who: Recording,
    session_id: SessionId,
    question_id: QuestionId,
    body: TranscriptionRequest | None = None,
) -> Response:
    """Transcribes the recording, a short one at once. Sent again, it gives the same transcript."""
    language = body.language if body is not None else None
    return _reply(
        await core_of(request).transcripts.make(who.user_id, session_id, question_id, language=language), waiting=202
    )


@router.get("/transcript", response_model=Success[Transcript])
async def read_transcript(request: Request, who: Who, session_id: SessionId, question_id: QuestionId) -> Response:
    """The transcript, or how far it has come."""
    return _reply(await core_of(request).transcripts.read(who.user_id, session_id, question_id), waiting=200)


def _reply(transcript: TranscriptDetails, *, waiting: int) -> Response:
    if transcript.status is not TranscriptStatus.TRANSCRIBING:
        return success(transcript_out(transcript))
    response = success(transcript_out(transcript), waiting)
    response.headers["Retry-After"] = "1"
    return response
