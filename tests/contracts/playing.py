"""One run through every operation of the native API: what `examples.json` shows and what the tests replay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

ANSWER = (
    "I would keep the entries in a hash table, so that a lookup takes constant time on average, and link them in a "
    "list by their last use, so that the oldest one can be dropped in constant time as well."
)

# What is sent, by operation. The tokens and the address are replaced by those of the run.
REQUESTS: Mapping[str, Any] = {
    "POST /auth/signup": {"email": "x@y.com", "password": "correct horse battery", "role": "user"},
    "POST /auth/login": {"email": "x@y.com", "password": "correct horse battery"},
    "POST /auth/refresh": {"refresh_token": "6f1c9a52-3c0e-4a55-9d7d-0f5f3f1f6d55"},
    "PUT /profile/me": {
        "years_experience": 2,
        "tech_stacks": ["python", "angular"],
        "target_role": "SDE-2",
        "target_company": "Any",
    },
    "POST /interviews": {"domain": "dsa", "difficulty": "medium", "scheduled_at": "2035-06-01T09:00:00Z"},
    "PUT /schedules/{interview_id}/reschedule": {"scheduled_at": "2035-06-08T17:30:00+05:30"},
    "POST /interviews/{interview_id}/messages": {"content": ANSWER},
}


@dataclass(frozen=True)
class Exchange:
    """What was sent and what came back."""

    operation: str
    status: int
    request: Any
    response: Any


class Player:
    """Plays the operations in an order that makes each succeed, with the given bodies."""

    def __init__(self, client: httpx2.AsyncClient, requests: Mapping[str, Any], email: str) -> None:
        self._client = client
        self._requests = requests
        self._email = email
        self.exchanges: list[Exchange] = []

    async def play(self) -> None:
        """One candidate's whole way, from signing up to logging out."""
        await self._exchange("POST /auth/signup", email=self._email)
        tokens = await self._exchange("POST /auth/login", email=self._email)
        self._client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        await self._exchange("POST /auth/refresh", refresh_token=tokens["refresh_token"])
        await self._exchange("PUT /profile/me")
        await self._exchange("GET /profile/me")
        called_off = (await self._exchange("POST /interviews"))["id"]
        await self._exchange("PUT /schedules/{interview_id}/reschedule", called_off)
        await self._exchange("GET /schedules/upcoming")
        await self._exchange("POST /schedules/{interview_id}/cancel", called_off)
        held = (await self._exchange("POST /interviews"))["id"]
        await self._exchange("POST /interviews/{interview_id}/start", held)
        await self._exchange("POST /interviews/{interview_id}/messages", held)
        await self._exchange("POST /interviews/{interview_id}/questions/next", held)
        await self._exchange("GET /interviews/{interview_id}", held)
        await self._exchange("POST /interviews/{interview_id}/end", held)
        await self._exchange("GET /interviews/{interview_id}/result", held)
        await self._exchange("GET /interviews")
        await self._exchange("GET /analytics/me")
        await self._exchange("POST /auth/logout")

    async def _exchange(self, operation: str, interview_id: str = "", **of_this_run: str) -> Any:
        method, path = operation.split(" ")
        body = self._requests.get(operation)
        sent = {**body, **of_this_run} if body is not None else None
        reply = await self._client.request(method, path.replace("{interview_id}", interview_id), json=sent)
        if not reply.is_success:
            raise RuntimeError(f"{operation} was answered by {reply.status_code}: {reply.text}")
        self.exchanges.append(Exchange(operation, reply.status_code, body, reply.json()))
        return reply.json()
