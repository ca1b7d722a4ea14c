"""A process that is killed in the middle of its work: another one goes on, nothing is lost or done twice."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.local.ports import free_port
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem
from tests.fakes import engine as fakes
from tests.servers import ROOT
from tests.waiting import are, until

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
WANTED = {"domain": "dsa", "difficulty": "easy"}
STARTS_WITHIN_SECONDS = 90.0
LEASE_ENDS_WITHIN_SECONDS = 15.0


@dataclass
class Work:
    """What a candidate was waiting for when the process was killed."""

    candidate: Candidate
    interview: dict[str, Any]
    path: str
    body: Any
    headers: Mapping[str, str]

    async def again(self) -> httpx2.Response:
        """The same request, to the process that lives."""
        return await self.candidate.http.post(self.path, json=self.body, headers=dict(self.headers))

    async def until_done(self, in_flight: str) -> dict[str, Any]:
        """The reply once the dead process's lease is over; until then it is refused as `in_flight`."""
        deadline = time.monotonic() + LEASE_ENDS_WITHIN_SECONDS
        while (reply := await self.again()).status_code != 200:
            problem(409, in_flight, reply)
            assert time.monotonic() < deadline, reply.text
            await asyncio.sleep(0.1)
        done: dict[str, Any] = reply.json()
        return done

    async def read(self) -> dict[str, Any]:
        read: dict[str, Any] = expect(200, await self.candidate.http.get(f"/interviews/{self.interview['id']}"))
        return read


@contextlib.asynccontextmanager
async def process(
    settings: Mapping[str, str], ai_address: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A chat service in a process of its own, and its URL."""
    port = free_port()
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat_service", "serve"),
        cwd=ROOT,
        env={**os.environ, **settings, "PORT": str(port), "AI_ADDRESS": ai_address, "AI_DEADLINE_SECONDS": "60"},
        stdin=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx2.AsyncClient() as client:
            await until(lambda: _answers(client, f"{url}/healthz"), STARTS_WITHIN_SECONDS)
        yield serving, url
    finally:
        with contextlib.suppress(ProcessLookupError):
            serving.kill()
        await serving.wait()


@pytest.fixture(scope="module")
async def crashed(shared_service: Service, settings: Mapping[str, str]) -> AsyncIterator[Mapping[str, Work]]:
    """Requests of every kind that were under way in a process when it was killed."""
    script = fakes.Script(delay=3600)
    engine, port = await fakes.serve(script, "127.0.0.1:0")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.stop, None)
        serving, url = await stack.enter_async_context(process(settings, f"127.0.0.1:{port}"))

        async def work(
            name: str, *, action: str, answers: int = 0, started: bool = True, in_set: bool = False
        ) -> tuple[str, Work]:
            client = httpx2.AsyncClient(base_url=f"{shared_service.url}/api/v1", timeout=20)
            await stack.enter_async_context(client)
            candidate = await _joined(client)
            interview = await candidate.create()
            if started:
                interview = await candidate.start(interview["id"])
            for _ in range(answers):
                await candidate.answered(interview["id"], ANSWER)
            body: dict[str, Any] | None = {"content": f"{ANSWER} So says {name}."} if action == "messages" else None
            if in_set:
                reply = await client.post(f"/interviews/{interview['id']}/questions", json={"count": 2})
                chosen = expect(201, reply)["questions"]
                body = {**(body or {}), "question_id": chosen[1]["question"]["id"]}
            headers = {} if name in {"plain", "set"} else {"Idempotency-Key": uuid4().hex}
            return name, Work(candidate, interview, f"/interviews/{interview['id']}/{action}", body, headers)

        works = dict(
            await asyncio.gather(
                work("plain", action="messages"),
                work("keyed", action="messages"),
                work("set", action="messages", started=False, in_set=True),
                work("starting", action="start", started=False),
                work("ending", action="end", answers=1),
            )
        )
        doomed = [asyncio.create_task(_send(url, one)) for one in works.values()]
        await until(lambda: are(len(script.evaluated) == 3 and script.asked and script.reported), 20)
        serving.send_signal(signal.SIGKILL)
        for failed in await asyncio.gather(*doomed, return_exceptions=True):
            assert isinstance(failed, httpx2.TransportError), failed
        yield works


@pytest.mark.parametrize(("name", "in_flight"), [("plain", "answer_in_flight"), ("keyed", "idempotency_key_in_flight")])
async def test_an_accepted_answer_outlives_its_process_and_is_graded_by_another_once(
    crashed: Mapping[str, Work], service: Service, name: str, in_flight: str
) -> None:
    work = crashed[name]
    pending = (await work.read())["transcript"][0]["answer"]
    assert (pending["content"], pending["evaluation"]) == (work.body["content"], None)
    other = await work.candidate.say(work.interview["id"], "Another text, from another tab.")
    assert problem(409, other.json()["code"], other)["code"] in {"answer_in_flight", "answer_pending"}
    done = await work.until_done(in_flight)
    assert done["answer_id"] == pending["id"]
    assert done["score"] == 72.5
    assert done["progress"]["answers_recorded"] == 1
    assert expect(200, await work.again())["answer_id"] == pending["id"]
    assert [request.answer for request in service.script.evaluated] == [work.body["content"]]
    transcript = (await work.read())["transcript"]
    assert [turn["answer"] and turn["answer"]["id"] for turn in transcript] == [pending["id"], None]


async def test_a_pending_answer_of_a_set_outlives_its_process_and_hinders_no_other_one(
    crashed: Mapping[str, Work], service: Service
) -> None:
    work = crashed["set"]
    other = "To the first question of the set, meanwhile."
    assert expect(200, await work.candidate.say(work.interview["id"], other))["question"]["number"] == 1
    done = await work.until_done("answer_in_flight")
    assert (done["question"]["id"], done["next_question"]) == (work.body["question_id"], None)
    assert expect(200, await work.again())["answer_id"] == done["answer_id"]
    assert sorted(one.answer for one in service.script.evaluated) == sorted([work.body["content"], other])
    assert (await work.read())["answers_recorded"] == 2


async def test_a_start_is_taken_over_with_its_key(crashed: Mapping[str, Work], service: Service) -> None:
    work = crashed["starting"]
    started = await work.until_done("idempotency_key_in_flight")
    assert started["state"] == "in_progress"
    assert expect(200, await work.again()) == started
    assert len(service.script.asked) == 1
    assert len((await work.read())["transcript"]) == 1


async def test_an_end_is_taken_over_with_its_key_and_gives_one_report(
    crashed: Mapping[str, Work], service: Service
) -> None:
    work = crashed["ending"]
    ended = await work.until_done("idempotency_key_in_flight")
    assert ended["state"] == "completed"
    assert ended["report"]["overall_score"] == 72.5
    assert expect(200, await work.again()) == ended
    assert len(service.script.reported) == 1
    rows = await service.core.database.fetch("SELECT 1 FROM reports WHERE interview_id = $1", work.interview["id"])
    assert len(rows) == 1


async def _joined(client: httpx2.AsyncClient) -> Candidate:
    email = f"{uuid4().hex}@example.com"
    expect(201, await client.post("/auth/signup", json={"email": email, "password": PASSWORD}))
    tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": PASSWORD}))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return Candidate(client, email, tokens["refresh_token"])


async def _send(url: str, work: Work) -> httpx2.Response:
    headers = {**work.headers, "Authorization": work.candidate.http.headers["Authorization"]}
    async with httpx2.AsyncClient(base_url=f"{url}/api/v1", timeout=60, headers=headers) as client:
        return await client.post(work.path, json=work.body)


async def _answers(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx2.TransportError:
        return False
