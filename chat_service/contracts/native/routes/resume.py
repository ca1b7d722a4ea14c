"""The resume of a profile."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.accounts.resumes import MAX_FILE_BYTES
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.resume import ResumeOut, resume_out
from chat_service.contracts.native.wire import reply
from chat_service.errors import AppError, ErrorKind, invalid

PATH = "/profile/me/resume"
MAX_BODY_BYTES = MAX_FILE_BYTES + 64 * 1024  # a form's own lines around the file
_FILE = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file, at most 10 MiB, as the body itself or as the part `file` of a form.",
        "content": {
            "application/pdf": {"schema": _FILE},
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {"schema": _FILE},
            "text/plain": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
            },
        },
    }
}

router = APIRouter(prefix=PATH, tags=["profile"])
Who = Annotated[Identity, Depends(authenticated())]


@router.put(
    "",
    response_model=ResumeOut,
    openapi_extra=_BODY,
    responses=problems(
        malformed="malformed_form",
        too_large="resume_too_large",
        unsupported_media_type="resume_unsupported",
        invalid=("resume_empty", "resume_damaged", "resume_encrypted", "resume_no_text", "resume_too_complex"),
        unavailable=("engine_unavailable", "engine_timeout"),
    ),
)
async def replace_resume(
    request: Request,
    who: Who,
    file_name: Annotated[
        str | None, Query(max_length=255, description="Of a file that is the body itself; for your own orientation")
    ] = None,
) -> Response:
    """Reads a resume (PDF, DOCX or plain text, by its content) and keeps what it says, without contacts.

    It replaces an earlier one. Interviews created afterwards, without a resume of their own, use it.
    """
    content, name = await _upload(request)
    stored = await core_of(request).resumes.put(who.user_id, content, name or file_name)
    return reply(resume_out(stored))


@router.get("", response_model=ResumeOut, responses=problems(not_found="resume_not_found"))
async def read_resume(request: Request, who: Who) -> Response:
    """What was read in your resume."""
    return reply(resume_out(await core_of(request).resumes.get(who.user_id)))


@router.delete("", status_code=204, response_class=Response, responses=problems(not_found="resume_not_found"))
async def delete_resume(request: Request, who: Who) -> Response:
    """Forgets your resume. Interviews keep the text that they were created with."""
    await core_of(request).resumes.delete(who.user_id)
    return Response(status_code=204)


async def _upload(request: Request) -> tuple[bytes, str | None]:
    """The file of a request and its name: the part `file` of a form, or the whole body."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        async with request.form(max_files=1, max_fields=8) as form:
            part = form.get("file")
            if not isinstance(part, UploadFile):
                raise invalid("file", "is missing; send the resume as the part `file` of the form")
            return await part.read(), part.filename
    if media_type == "application/x-www-form-urlencoded" or media_type.endswith("json"):
        raise AppError(
            ErrorKind.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the file itself as the body, or as the part `file` of a multipart/form-data form.",
        )
    return await request.body(), None
