"""One run through every operation of the native API: what `examples.json` shows and what the tests replay."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ANSWER = (
    "I would keep the entries in a hash table, so that a lookup takes constant time on average, and link them in a "
    "list by their last use, so that the oldest one can be dropped in constant time as well."
)

STORY = (
    "I once had to optimize a database query that was taking several minutes to run. I analyzed the query execution "
    "plan, identified bottlenecks, and created appropriate indexes. This reduced the query time to under a second."
)
RESUME = """Experience
Backend Engineer, Acme, since 2020
- Python, PostgreSQL and Apache Kafka
Education
B.Sc. Computer Science, MIT, 2019
Projects
Ledger - A double-entry ledger in Go.
"""

RECORDING = (Path(__file__).parents[1] / "speech" / "wavs" / "hash_map.wav").read_bytes()

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
    "PATCH /profile/me": {"full_name": "John Doe", "time_zone": "Europe/Berlin", "skills": ["Python", "PostgreSQL"]},
    "DELETE /profile/me": {"password": "correct horse battery"},
    "POST /auth/api-keys": {"name": "Nightly practice script"},
    "POST /interviews": {"domain": "dsa", "difficulty": "medium", "scheduled_at": "2035-06-01T09:00:00Z"},
    "PATCH /interviews/{interview_id}": {"title": "A cache, second try"},
    "PUT /profile/me/resume": RESUME,
    "POST /interviews/{interview_id}/questions": {
        "count": 2,
        "categories": ["technical", "behavioral"],
        "follow_ups": True,
    },
    "POST /interviews/rounds/suggestions": {
        "job_role": "Senior Software Engineer",
        "job_description": "Lead backend development team",
    },
    "POST /interviews/{interview_id}/rounds/{round_id}/start": {"follow_ups": True},
    "PUT /schedules/{interview_id}/reschedule": {"scheduled_at": "2035-06-08T17:30:00+05:30"},
    "POST /interviews/{interview_id}/messages": {"content": ANSWER},
    "POST /interviews/{interview_id}/questions/{question_id}/transcript": {"language": "en"},
    "PUT /interviews/{interview_id}/questions/{question_id}/transcript": {
        "text": "I would use a hash map from each value to its index, and look up the complement of every number."
    },
    "POST /coaching/feedback": {
        "question": "Tell me about a time you faced a difficult technical challenge.",
        "answer": STORY,
        "framework": "star",
    },
    "POST /coaching/practice-questions": {
        "job_role": "Data Scientist",
        "skill": "Machine Learning",
        "difficulty": "intermediate",
        "include_reference": True,
    },
}


IN_ROUNDS: Mapping[str, Any] = {
    "domain": "role",
    "job_role": "Senior Software Engineer",
    "rounds": [
        {"name": "Technical Round", "type": "technical", "duration_minutes": 45, "question_count": 2},
        {"name": "System Design", "type": "system_design", "duration_minutes": 60, "question_count": 1},
    ],
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
        await self._exchange("PATCH /profile/me")
        await self._exchange("GET /profile/me")
        key = await self._exchange("POST /auth/api-keys")
        await self._exchange("GET /auth/api-keys")
        await self._exchange("DELETE /auth/api-keys/{key_id}", key_id=key["id"])
        await self._exchange("POST /auth/websocket-ticket")
        await self._exchange("PUT /profile/me/resume")
        await self._exchange("GET /profile/me/resume")
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
        await self._exchange("GET /interviews/{interview_id}/feedback", held)
        await self._exchange("GET /interviews/{interview_id}/scores", held)
        await self._exchange("PATCH /interviews/{interview_id}", held)
        await self._exchange("GET /interviews")
        await self._exchange("POST /coaching/feedback")
        await self._exchange("POST /coaching/practice-questions")
        await self._exchange("GET /analytics/me")
        await self._exchange("GET /analytics/me/dashboard")
        await self._exchange("GET /analytics/me/charts/{name}", name="score-trend")
        await self._play_set()
        await self._play_rounds()
        await self._play_recording()
        await self._exchange("POST /auth/logout")
        again = await self._exchange("POST /auth/login", email=self._email)
        self._client.headers["Authorization"] = f"Bearer {again['access_token']}"
        await self._exchange("DELETE /profile/me")

    async def _play_set(self) -> None:
        interview = (await self._exchange("POST /interviews"))["id"]
        prepared = await self._exchange("POST /interviews/{interview_id}/questions", interview)
        question = prepared["questions"][0]["question"]["id"]
        sent = {"content": ANSWER, "question_id": question, "time_spent_seconds": 45}
        (await self._client.post(f"/interviews/{interview}/messages", json=sent)).raise_for_status()
        await self._exchange("GET /interviews/{interview_id}/questions", interview)
        await self._exchange("GET /interviews/{interview_id}/questions/{question_id}", interview, question_id=question)

    async def _play_rounds(self) -> None:
        await self._exchange("POST /interviews/rounds/suggestions")
        created = await self._client.post("/interviews", json={**self._requests["POST /interviews"], **IN_ROUNDS})
        interview = created.raise_for_status().json()["id"]
        listed = await self._exchange("GET /interviews/{interview_id}/rounds", interview)
        first = {"round_id": listed["rounds"][0]["id"]}
        await self._exchange("POST /interviews/{interview_id}/rounds/{round_id}/start", interview, **first)
        (await self._client.post(f"/interviews/{interview}/messages", json={"content": ANSWER})).raise_for_status()
        await self._exchange("POST /interviews/{interview_id}/rounds/{round_id}/complete", interview, **first)

    async def _play_recording(self) -> None:
        created = await self._client.post("/interviews", json={"domain": "dsa", "difficulty": "medium"})
        interview = created.raise_for_status().json()["id"]
        started = await self._client.post(f"/interviews/{interview}/start")
        question = {"question_id": started.raise_for_status().json()["current_question"]["id"]}
        path = "/interviews/{interview_id}/questions/{question_id}"
        await self._exchange(f"PUT {path}/audio", interview, RECORDING, **question)
        await self._exchange(f"GET {path}/audio", interview, **question)
        await self._exchange(f"POST {path}/transcript", interview, **question)
        await self._exchange(f"GET {path}/transcript", interview, **question)
        await self._exchange(f"PUT {path}/transcript", interview, **question)
        await self._exchange(f"POST {path}/transcript/submit", interview, **question)

    async def _exchange(
        self, operation: str, interview_id: str = "", file: bytes | None = None, **of_this_run: str
    ) -> Any:
        method, path = operation.split(" ")
        body = self._requests.get(operation)
        url = path.format(interview_id=interview_id, **of_this_run)
        if file is not None:
            reply = await self._client.request(method, url, content=file)
        elif isinstance(body, str):
            reply = await self._client.request(method, url, content=body, headers={"Content-Type": "text/plain"})
        else:
            sent = {**body, **of_this_run} if body is not None else None
            reply = await self._client.request(method, url, json=sent, headers={"Accept": "application/json"})
        if not reply.is_success:
            raise RuntimeError(f"{operation} was answered by {reply.status_code}: {reply.text}")
        answer = reply.json() if reply.content else None
        self.exchanges.append(Exchange(operation, reply.status_code, body, answer))
        return answer
