"""Contract 004, "AI Mock Interview System"."""

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.interview_system.errors import SystemErrors
from chat_service.contracts.interview_system.routes import routers
from chat_service.contracts.interview_system.routes.recordings import AUDIO_PATH, MAX_BODY_BYTES

PREFIX = "/contracts/interview-system"

_DESCRIPTION = """
Sessions, questions, spoken answers, scores, feedback and a dashboard. Register or log in, and send
`Authorization: Bearer <token>`. Everything comes as `{"success", "data", "error", "meta"}`.
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    return make_door(
        title="AI Mock Interview System",
        version="1.0.0",
        description=_DESCRIPTION,
        errors=SystemErrors(),
        routers=routers,
        uploads={f"POST {AUDIO_PATH}": MAX_BODY_BYTES},
    )
