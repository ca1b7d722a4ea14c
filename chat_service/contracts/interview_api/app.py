"""Contract 001, "AI Mock Interview API"."""

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.interview_api.errors import InterviewApiErrors
from chat_service.contracts.interview_api.routes import MAX_UPLOAD_BYTES, UPLOAD, router

PREFIX = "/contracts/interview-api"

_DESCRIPTION = """
Interviews from a resume or a role, answer by answer or in rounds, with personalised feedback. Register, log in, and
send `Authorization: Bearer <access_token>`. Errors are `{"error": "..."}`.
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    return make_door(
        title="AI Mock Interview API",
        version="1.0.0",
        description=_DESCRIPTION,
        errors=InterviewApiErrors(),
        routers=(router,),
        uploads={f"POST {UPLOAD}": MAX_UPLOAD_BYTES},
        redoc_url=None,
    )
