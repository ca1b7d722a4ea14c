"""Recorded answers: the recording of an answer, its transcript, and the transcript as the answer."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.downloads import recording_response
from chat_service.contracts.native.media import preferred, responds_async
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.recordings import TranscriptInput, TranscriptionInput
from chat_service.contracts.native.wire import MessageReply, message_reply, reply, request_key
from chat_service.contracts.uploads import FORM_BYTES, file_of
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.recordings.recordings import MAX_RECORDING_BYTES, RecordingDetails
from chat_service.interviews.recordings.transcripts import TranscriptDetails, TranscriptStatus

_PREFIX = "/interviews/{interview_id}/questions/{question_id}"
AUDIO_PATH = f"{_PREFIX}/audio"
MAX_BODY_BYTES = MAX_RECORDING_BYTES + FORM_BYTES

_FILE = {"type": "string", "format": "binary"}
_JSON = "application/json"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The recording, at most 50 MiB, as the body itself or as the part `file` of a form.",
        "content": {
            **{f"audio/{name}": {"schema": _FILE} for name in ("wav", "mpeg", "mp4", "webm", "ogg", "flac")},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
                "example": {"file": "the bytes of answer.webm"},
            },
        },
    }
}
_SOUND = {"audio/*": {"schema": _FILE}}
_CLOSED = ("interview_not_in_progress", "question_answered", "question_closed")

router = APIRouter(prefix=_PREFIX, tags=["recordings"])
Who = Annotated[Identity, Depends(authenticated())]
Recording = Annotated[Identity, Depends(authenticated(RateClass.AUDIO))]


@router.put(
    "/audio",
    response_model=RecordingDetails,
    openapi_extra=_BODY,
    responses=problems(
        malformed=("malformed_form", "body_cut_off"),
        not_found="question_not_found",
        conflict=_CLOSED,
        too_large="audio_too_large",
        unsupported_media_type="audio_unsupported",
        invalid=("audio_empty", "audio_too_long", "audio_damaged"),
        unavailable=("storage_unavailable", "uploads_busy"),
    ),
)
async def replace_recording(request: Request, who: Recording, interview_id: UUID, question_id: UUID) -> Response:
    """Takes the recorded answer to an open question: WAV, MP3, M4A or WebM, also Ogg and FLAC, by its content.

    It replaces an earlier one, with its transcript, once all of it has come. `duration_seconds` is measured by decoding
    it. Nothing is graded: have it transcribed, read the transcript, and submit that.
    """
    pieces = file_of(request)
    return reply(await core_of(request).recordings.put(who.user_id, interview_id, question_id, pieces))


@router.get(
    "/audio",
    response_model=RecordingDetails,
    responses={
        **problems(
            not_found=("question_not_found", "recording_not_found"),
            range_not_satisfiable="range_not_satisfiable",
            unavailable="storage_unavailable",
        ),
        200: {"description": "The recording, or with Accept: application/json what is known of it", "content": _SOUND},
        206: {"description": "The range that was asked for", "content": _SOUND},
    },
)
async def read_recording(request: Request, who: Who, interview_id: UUID, question_id: UUID) -> Response:
    """The recording itself, or a range of it; with `Accept: application/json` its length, format and size."""
    core = core_of(request)
    file = await core.recordings.get(who.user_id, interview_id, question_id)
    if preferred(request, file.details.media_type, _JSON) == _JSON:
        return reply(file.details)
    return await recording_response(request, core, file)


@router.post(
    "/transcript",
    response_model=TranscriptDetails,
    responses={
        **problems(
            not_found=("question_not_found", "recording_not_found", "recording_lost"),
            conflict="question_answered",
            invalid=("audio_damaged", "audio_too_long", "audio_empty", "language_unsupported"),
            not_implemented="no_recognizer",
        ),
        202: {"model": TranscriptDetails, "description": "It is being made; see GET for how far it has come"},
    },
)
async def transcribe_recording(
    request: Request,
    who: Recording,
    interview_id: UUID,
    question_id: UUID,
    body: TranscriptionInput | None = None,
    wait: Annotated[bool, Query(description="false: also a short recording is transcribed afterwards")] = True,
    prefer: Annotated[str, Header(description="respond-async (RFC 7240) asks for the same as wait=false")] = "",
) -> Response:
    """Has the recorded answer transcribed: a short one at once (200), a longer one by a job (202 with its progress).

    Asked again it gives what there is, and begins anew after a failure or for another language. The recording is kept
    whatever comes of it.
    """
    language = body.language if body is not None else None
    chosen = responds_async(prefer)
    details = await core_of(request).transcripts.make(
        who.user_id, interview_id, question_id, language=language, wait=wait and not chosen
    )
    made = details.status is not TranscriptStatus.TRANSCRIBING
    response = _transcript_reply(details, 200 if made else 202)
    if not made:
        response.headers["Location"] = request.url.path
    if chosen:
        response.headers["Preference-Applied"] = "respond-async"
    return response


@router.get(
    "/transcript",
    response_model=TranscriptDetails,
    responses=problems(not_found=("question_not_found", "transcript_not_found")),
)
async def read_transcript(request: Request, who: Who, interview_id: UUID, question_id: UUID) -> Response:
    """The transcript of a recorded answer, or its `progress` from 0 to 1 while it is being made.

    One that `failed` is made anew when it is asked for again.
    """
    return _transcript_reply(await core_of(request).transcripts.read(who.user_id, interview_id, question_id))


@router.put(
    "/transcript",
    response_model=TranscriptDetails,
    responses=problems(
        not_found=("question_not_found", "recording_not_found", "transcript_not_found"),
        conflict=("question_answered", "transcript_not_ready", "transcript_failed"),
    ),
)
async def edit_transcript(
    request: Request, who: Who, interview_id: UUID, question_id: UUID, body: TranscriptInput
) -> Response:
    """Corrects the text before it is submitted. The words with their times stay as they were recognized."""
    return reply(await core_of(request).transcripts.edit(who.user_id, interview_id, question_id, body.text))


@router.post(
    "/transcript/submit",
    response_model=MessageReply,
    responses=problems(
        not_found=("question_not_found", "transcript_not_found"),
        conflict=(
            *("transcript_not_ready", "transcript_failed", *_CLOSED, "questions_finished", "question_missing"),
            *("question_not_current", "round_not_started", "answer_in_flight", "answer_pending"),
            "interview_budget_spent",
        ),
        invalid="nothing_said",
        unavailable=("engine_unavailable", "engine_timeout"),
    ),
)
async def submit_transcript(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))],
    interview_id: UUID,
    question_id: UUID,
    key: Annotated[RequestKey | None, Depends(request_key)],
) -> Response:
    """Answers the question with the transcript, as POST /interviews/{interview_id}/messages does with a text.

    When its words were said goes along: the evaluation has the pace, the pauses and the fillers with their times.
    """
    answered = await core_of(request).transcripts.submit(who.user_id, interview_id, question_id, request=key)
    return reply(message_reply(answered))


def _transcript_reply(details: TranscriptDetails, status: int = 200) -> Response:
    """The transcript; while it is being made, with the time to ask again after."""
    response = reply(details, status)
    if details.status is TranscriptStatus.TRANSCRIBING:
        response.headers["Retry-After"] = "1"
    return response
