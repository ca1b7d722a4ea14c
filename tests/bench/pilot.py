"""One candidate who does everything over the REST API: what he leaves is the model of all others."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from tests.bench.jobs import BenchError

PASSWORD = "a passphrase for the bench"
ANSWERS = 8
FINISHED_ANSWERS = 5

_ANSWER = (
    "A hash table keeps an array of buckets and computes from each key the bucket in which its entry lies, so a lookup "
    "touches one bucket only and takes constant time on average. When two keys share a bucket I would chain them in a "
    "list, or probe the next free slot, and compare the keys themselves to find the right one. As the table fills up "
    "the chains get longer, so beyond a load factor of about three quarters it doubles its array and moves every entry "
    "once, which is linear then but constant when spread over the insertions. The worst case stays linear if all keys "
    "collide, hence a seeded hash. Case {number}."
)


@dataclass(frozen=True)
class Pilot:
    """The pilot's account, an interview that waits for its first answer and a completed one, and a reply to an answer.

    The first has room for `ANSWERS` answers after each of which a further question is asked; the second has
    `FINISHED_ANSWERS`.
    """

    user: UUID
    email: str
    started: UUID
    finished: UUID
    reply: str


def answer(number: int) -> str:
    """An answer of about 600 characters."""
    return _ANSWER.format(number=number)


def fly(port: int) -> Pilot:
    """Plays the pilot against the chat service at the port. Raises BenchError for a refused request."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=20) as client:
        email = "pilot@example.com"
        account = _send(client, "POST", "/auth/signup", {"email": email, "password": PASSWORD}).json()
        tokens = _send(client, "POST", "/auth/login", {"email": email, "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        profile = {"years_experience": 4, "tech_stacks": ["python", "postgresql"], "target_role": "Backend Engineer"}
        _send(client, "PUT", "/profile/me", profile)
        started = _begin(client, ANSWERS + 1)
        finished = _begin(client, FINISHED_ANSWERS + 1)
        replies = [
            _send(client, "POST", f"/interviews/{finished}/messages", {"content": answer(number)}).text
            for number in range(FINISHED_ANSWERS)
        ]
        _send(client, "POST", f"/interviews/{finished}/end")
    return Pilot(UUID(account["id"]), email, UUID(started), UUID(finished), replies[-1])


def _begin(client: httpx2.Client, question_limit: int) -> str:
    wanted = {"domain": "dsa", "difficulty": "medium", "question_limit": question_limit, "focus_areas": ["hash tables"]}
    interview: str = _send(client, "POST", "/interviews", wanted).json()["id"]
    _send(client, "POST", f"/interviews/{interview}/start")
    return interview


def _send(client: httpx2.Client, method: str, path: str, body: Any = None) -> httpx2.Response:
    response = client.request(method, path, json=body)
    if response.status_code not in {200, 201}:
        raise BenchError(f"{method} {path} gave {response.status_code}: {response.text}")
    return response
