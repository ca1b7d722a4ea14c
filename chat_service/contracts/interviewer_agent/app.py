"""Contract 003, "AI Interviewer Agent"."""

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.interviewer_agent import stream
from chat_service.contracts.interviewer_agent.errors import AgentErrors
from chat_service.contracts.interviewer_agent.routes import router

PREFIX = "/contracts/interviewer-agent"

_DESCRIPTION = """
Interviews and coaching for programs. Send an API key as `Authorization: Bearer <api_key>`; POST /api/v1/auth/api-keys
makes one. Errors are `{"status": "error", "error": {"code", "message", "details"}}`. The messages of the WebSocket
`/api/v1/ws/interviews/{interview_id}` are in [asyncapi.json](/contracts/interviewer-agent/api/v1/asyncapi.json).
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    return make_door(
        title="AI Interviewer Agent",
        version="1.0.0",
        description=_DESCRIPTION,
        errors=AgentErrors(),
        routers=(router, stream.router),
        redoc_url=None,
    )
