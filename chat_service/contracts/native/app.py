"""The native API: contract 000 and what the product adds to it."""

from functools import cache

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.native import stream
from chat_service.contracts.native.documentation import complete
from chat_service.contracts.native.problem import Problem
from chat_service.contracts.native.routes import (
    analytics,
    auth,
    coaching,
    feedback,
    interview_changes,
    interviews,
    profile,
    questions,
    recordings,
    resume,
    rounds,
    schedules,
    users,
)

PREFIX = "/api/v1"

_DESCRIPTION = """
Mock interviews with scores that show their evidence. Sign up, log in, and send the access token as
`Authorization: Bearer ...`. Errors are `application/problem+json` (RFC 9457) with a stable `code`. The messages of the
WebSocket `/interviews/{interview_id}/live` are in [asyncapi.json](/api/v1/asyncapi.json).
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    # Answers come first: they are the busiest.
    rooms = (
        interviews,
        questions,
        recordings,
        rounds,
        feedback,
        interview_changes,
        auth,
        profile,
        resume,
        schedules,
        analytics,
        coaching,
        users,
    )
    app = make_door(
        title="Mock Interview",
        version="1.0.0",
        description=_DESCRIPTION,
        errors=Problem(),
        routers=[*(room.router for room in rooms), stream.router],
        uploads={
            f"PUT {resume.PATH}": resume.MAX_BODY_BYTES,
            f"PUT {recordings.AUDIO_PATH}": recordings.MAX_BODY_BYTES,
        },
        redoc_url=None,
    )
    generate = app.openapi
    app.openapi = cache(lambda: complete(generate()))  # type: ignore[method-assign]
    return app
