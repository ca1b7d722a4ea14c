"""Contract 003, "AI Interviewer Agent": its examples, its messages and its errors, as its document has them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
import websockets.asyncio.client as sockets
from websockets.exceptions import ConnectionClosed

from chat_service.contracts.asyncapi import document
from chat_service.contracts.interviewer_agent.stream import SOCKET
from chat_service.interviews.archive import Archive
from tests.chat_service.conftest import Candidate, Service, expect
from tests.chat_service.live import PATIENCE_SECONDS, live, refused
from tests.contracts.asyncapi_parser import Messages
from tests.contracts.shapes import require_shape

BASE = "/contracts/interviewer-agent/api/v1"
DOCUMENT = json.loads((Path(__file__).parent / "documents/003.json").read_text("utf-8"))
ENDPOINTS = DOCUMENT["endpoints"]
WANTED = ENDPOINTS["POST /interviews"]["request"]
TEXT = ENDPOINTS["POST /interviews/{interview_id}/answers"]["request"]["answer"]
UNKNOWN = "019a2f64-6f1f-7d5c-9c35-4e0b5d3f7a10"
MESSAGES = Messages(document(SOCKET, host="localhost", secure=False, base=BASE))


class Program:
    """A client of contract 003 with an API key."""

    def __init__(self, owner: Candidate, url: str, key: str, key_id: str) -> None:
        self.owner = owner
        self.url = url
        self.key = key
        self.key_id = key_id
        self.http = httpx2.AsyncClient(base_url=f"{url}{BASE}", headers={"Authorization": f"Bearer {key}"}, timeout=20)

    async def call(self, operation: str, interview_id: str = "", **fields: Any) -> Any:
        """The documented request, with the fields of this run; its response has the documented status and shape."""
        method, path = operation.split(" ")
        example = ENDPOINTS[operation]
        body = {**example["request"], **fields} if "request" in example else None
        response = await self.http.request(method, path.replace("{interview_id}", interview_id), json=body)
        got = expect(example["status"], response)
        require_shape(example["response"], got)
        return got["data"]

    async def interview(self, **fields: Any) -> str:
        """The id of a new interview."""
        return str((await self.call("POST /interviews", **fields))["interview_id"])

    def address(self, interview_id: str, token: str | None = None) -> str:
        """The address of the interview's socket."""
        return f"{self.url.replace('http', 'ws', 1)}{BASE}/ws/interviews/{interview_id}?token={token or self.key}"

    @asynccontextmanager
    async def socket(self, interview_id: str) -> AsyncIterator["Socket"]:
        """An open socket."""
        async with sockets.connect(self.address(interview_id), compression=None, proxy=None) as connection:
            yield Socket(connection)


class Socket:
    """An open socket; every message that it hears is a documented one."""

    def __init__(self, connection: sockets.ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []

    async def send(self, kind: str, **data: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, "data": data}))

    async def until(self, kind: str) -> dict[str, Any]:
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                message = json.loads(await self.connection.recv())
            self.heard.append(message)
            assert message.keys() == {"type", "data"}
            MESSAGES.require(message)
            require_shape(DOCUMENT["from_server"].get(message["type"], {}), message["data"])
            if message["type"] == kind:
                return dict(message["data"])

    async def closed(self) -> int:
        try:
            while True:
                await self.until("")
        except ConnectionClosed as error:
            assert error.rcvd is not None
            return error.rcvd.code


@pytest.fixture
async def program(service: Service, candidate: Candidate) -> AsyncIterator[Program]:
    made = expect(201, await candidate.http.post("/auth/api-keys", json={"name": "a program"}))
    program = Program(candidate, service.url, made["key"], made["id"])
    yield program
    await program.http.aclose()


def failed(status: int, code: str, response: Any) -> dict[str, Any]:
    """The error of a response that failed as documented."""
    text = response.body if hasattr(response, "body") else response.content
    assert response.status_code == status, text
    assert response.headers["content-type"].startswith("application/json")
    body = json.loads(text)
    require_shape(DOCUMENT["error"], body)
    assert body.keys() == {"status", "error"}
    assert (body["status"], body["error"]["code"]) == ("error", code), body
    error: dict[str, Any] = body["error"]
    return error


async def test_every_documented_request_gets_its_documented_response(program: Program) -> None:
    created = await program.call("POST /interviews")
    assert (created["status"], created["config"]) == ("created", WANTED)
    assert datetime.now(UTC) - datetime.fromisoformat(created["created_at"]) < timedelta(minutes=1)
    name = created["interview_id"]
    read = await program.call("GET /interviews/{interview_id}", name)
    assert (read["status"], read["config"]) == ("in_progress", WANTED)
    assert {one: read[one] for one in ("interview_id", "created_at")} == {
        one: created[one] for one in ("interview_id", "created_at")
    }
    asked = read["current_question"]["id"]
    answered = await program.call("POST /interviews/{interview_id}/answers", name, question_id=asked)
    assert answered["evaluation"]["score"] == 7
    read = await program.call("GET /interviews/{interview_id}", name)
    assert read["current_question"] == answered["next_question"]
    ended = await program.call("POST /interviews/{interview_id}/end", name)
    assert (ended["interview_id"], ended["status"]) == (name, "completed")
    assert ended["summary"]["overall_score"] == 73
    assert await program.call("POST /interviews/{interview_id}/end", name) == ended
    read = expect(200, await program.http.get(f"/interviews/{name}"))["data"]
    assert (read["status"], read["current_question"]) == ("completed", None)


async def test_an_answer_is_read_by_the_framework_that_is_asked_for(program: Program) -> None:
    feedback = (await program.call("POST /coaching/feedback"))["feedback"]
    assert feedback["framework_analysis"].keys() == {"situation", "task", "action", "result"}
    example = ENDPOINTS["POST /coaching/feedback"]["request"]
    for framework in ("star", "CAR", "PAR", "SOAR", "PREP", None):
        response = await program.http.post("/coaching/feedback", json={**example, "framework": framework})
        assert expect(200, response)["data"]["feedback"]["framework_analysis"]


async def test_a_practice_question_comes_with_guidance(program: Program) -> None:
    await program.call("POST /coaching/practice-questions")
    for difficulty in ("beginner", "Advanced", "expert"):
        await program.call("POST /coaching/practice-questions", difficulty=difficulty)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"interview_type": "technical"}, {"domain": "role"}),
        ({"interview_type": "System Design"}, {"domain": "hld"}),
        ({"interview_type": "behavioral"}, {"domain": "behavioral"}),
        ({"interview_type": "coding"}, {"domain": "dsa"}),
        ({"experience_level": "Senior"}, {"difficulty": "hard"}),
        ({"experience_level": "entry-level"}, {"difficulty": "easy"}),
        ({"experience_level": "Principal"}, {"difficulty": "expert"}),
        ({"experience_level": "nine years"}, {"difficulty": "medium", "experience_level": "nine years"}),
        ({"duration": 30}, {"question_limit": 6, "duration_minutes": 30}),
        ({"duration": 5}, {"question_limit": 1}),
        ({"duration": 480}, {"question_limit": 50}),
        ({"skills": []}, {"state": "in_progress"}),
    ],
)
async def test_a_wish_becomes_an_interview_that_is_there_natively(
    program: Program, fields: dict[str, Any], told: dict[str, Any]
) -> None:
    made = expect(201, await program.http.post("/interviews", json={**WANTED, **fields}))["data"]
    name = made["interview_id"]
    native = expect(200, await program.owner.http.get(f"/interviews/{name}"))
    assert {field: native[field] for field in told} == told


async def test_an_interview_made_natively_is_there_too(program: Program) -> None:
    interview = await program.owner.create(domain="lld", difficulty="easy", question_limit=3)
    read = expect(200, await program.http.get(f"/interviews/{interview['id']}"))["data"]
    assert (read["status"], read["current_question"]) == ("created", None)
    assert read["config"] == {
        "job_role": "",
        "experience_level": "Junior",
        "skills": [],
        "interview_type": "object_design",
        "duration": 15,
    }
    async with program.socket(interview["id"]) as socket:
        await socket.until("question")
    assert expect(200, await program.http.get(f"/interviews/{interview['id']}"))["data"]["status"] == "in_progress"


async def test_after_the_last_answer_there_is_no_next_question(program: Program) -> None:
    name = await program.interview(duration=5)
    question = (await program.call("GET /interviews/{interview_id}", name))["current_question"]["id"]
    body = {"question_id": question, "answer": TEXT}
    answered = expect(200, await program.http.post(f"/interviews/{name}/answers", json=body))["data"]
    assert answered["next_question"] is None
    failed(409, "invalid_request", await program.http.post(f"/interviews/{name}/answers", json={**body, "answer": "x"}))
    assert expect(200, await program.http.post(f"/interviews/{name}/answers", json=body))["data"] == answered


async def test_a_whole_interview_is_held_over_the_socket(program: Program) -> None:
    name = await program.interview(duration=10)
    async with program.socket(name) as socket:
        first = await socket.until("question")
        await socket.send("typing", **DOCUMENT["from_client"]["typing"])
        await socket.send("typing", is_typing=False)
        await socket.send("request_next", **DOCUMENT["from_client"]["request_next"])
        assert await socket.until("question") == first
        await socket.send("answer", answer=TEXT)
        assert (await socket.until("feedback"))["score"] == 7
        second = await socket.until("question")
        assert second["id"] != first["id"]
        await socket.send("answer", **DOCUMENT["from_client"]["answer"])
        await socket.until("feedback")
        ended = await socket.until("interview_ended")
        assert await socket.closed() == 1000
    assert {one["type"] for one in socket.heard} == DOCUMENT["from_server"].keys()
    summary = (await program.call("POST /interviews/{interview_id}/end", name))["summary"]
    assert ended["summary"] == summary
    result = expect(200, await program.owner.http.get(f"/interviews/{name}/result"))
    assert [turn["score"] for turn in result["report"]["question_reviews"]] == [72.5, 72.5]


async def test_thinking_begins_before_and_ends_with_the_feedback(program: Program) -> None:
    name = await program.interview()
    async with program.socket(name) as socket:
        await socket.until("question")
        await socket.send("answer", answer=TEXT)
        await socket.until("feedback")
    kinds = [one["data"].get("is_thinking", one["type"]) for one in socket.heard]
    assert kinds == ["question", True, False, "feedback"]


async def test_a_socket_that_is_opened_again_is_told_what_came_of_the_last_question(program: Program) -> None:
    name = await program.interview()
    async with program.socket(name) as socket:
        question = await socket.until("question")
        await socket.send("answer", answer=TEXT)
        await socket.until("thinking")
    await program.owner.http.get(f"/interviews/{name}")
    async with program.socket(name) as socket:
        while (await socket.until("question"))["id"] == question["id"]:
            pass
        assert [one["type"] for one in socket.heard if one["type"] != "thinking"][-1] == "question"


async def test_what_happens_there_is_told_on_a_native_socket_as_well(program: Program) -> None:
    name = await program.interview(duration=5)
    async with program.socket(name) as socket, live(program.owner, name) as native:
        await socket.until("question")
        await socket.send("answer", answer=TEXT)
        assert (await native.until("feedback"))["data"]["score"] == 72.5
        assert (await native.until("interview_ended"))["data"]["state"] == "completed"


async def test_the_missing_next_question_comes_when_the_engine_is_back(program: Program, service: Service) -> None:
    name = await program.interview()
    service.script.asks_next = False
    service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "GenerateNextQuestion"
    async with program.socket(name) as socket:
        first = await socket.until("question")
        await socket.send("answer", answer=TEXT)
        await socket.until("feedback")
        read = expect(200, await program.http.get(f"/interviews/{name}"))["data"]
        assert read["current_question"] is None
        service.script.fault = None
        assert (await program.call("GET /interviews/{interview_id}", name))["current_question"]["id"] != first["id"]
        await socket.until("question")


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        '{"type": "shout", "data": {}}',
        '{"type": "answer", "data": {}}',
        '{"type": "answer", "data": {"answer": ""}}',
        '{"type": "typing", "data": {"is_typing": "maybe"}}',
        b"\x00",
    ],
)
async def test_a_message_that_cannot_be_understood_gets_an_error_and_the_socket_stays(
    program: Program, frame: str | bytes
) -> None:
    name = await program.interview()
    async with program.socket(name) as socket:
        question = await socket.until("question")
        await socket.connection.send(frame)
        error = await socket.until("error")
        require_shape(DOCUMENT["error"]["error"], error)
        assert error["code"] == "invalid_request"
        await socket.send("request_next")
        assert await socket.until("question") == question


@pytest.mark.parametrize("field", ["job_role", "experience_level", "interview_type", "duration"])
async def test_a_missing_parameter_is_named(program: Program, field: str) -> None:
    body = {name: value for name, value in WANTED.items() if name != field}
    error = failed(400, "invalid_request", await program.http.post("/interviews", json=body))
    assert field in error["message"]
    assert error["details"]["fields"] == [{"field": field, "message": "Field required"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/interviews", "{"),
        ("/interviews", {}),
        ("/interviews", []),
        ("/interviews", {**WANTED, "interview_type": "astrology"}),
        ("/interviews", {**WANTED, "duration": "30"}),
        ("/interviews", {**WANTED, "duration": 0}),
        ("/interviews", {**WANTED, "job_role": "a\0b"}),
        ("/interviews", {**WANTED, "skills": "Python"}),
        ("/coaching/feedback", {"question": "Why?"}),
        ("/coaching/feedback", {"answer": "Because."}),
        ("/coaching/feedback", {"question": "Why?", "answer": "Because.", "framework": "SMART"}),
        ("/coaching/practice-questions", {"job_role": "Data Scientist"}),
        ("/coaching/practice-questions", {"skill": "Machine Learning"}),
        ("/coaching/practice-questions", {"job_role": "x", "skill": "y", "difficulty": "impossible"}),
        (f"/interviews/{UNKNOWN}/answers", {"question_id": "q1"}),
        (f"/interviews/{UNKNOWN}/answers", {"answer": "x"}),
    ],
)
async def test_a_bad_request_is_400(program: Program, path: str, body: Any) -> None:
    sent = body if isinstance(body, str) else json.dumps(body)
    response = await program.http.post(path, content=sent, headers={"Content-Type": "application/json"})
    failed(400, "invalid_request", response)


async def test_whoever_shows_no_good_key_is_401(program: Program) -> None:
    token = program.owner.http.headers["Authorization"]
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer made-up"}, {"Authorization": token}):
        response = await program.http.post("/interviews", json=WANTED, headers=headers)
        failed(401, "unauthorized", response)
        assert response.headers["www-authenticate"] == "Bearer"
    for bad in ("made-up", token.removeprefix("Bearer ")):
        failed(401, "unauthorized", await refused(program.address(UNKNOWN, bad)))


async def test_whoever_has_spent_his_credits_is_403(program: Program, service: Service) -> None:
    await service.core.database.fetch("UPDATE users SET credits = 0 WHERE email = $1", program.owner.email)
    failed(403, "unauthorized", await program.http.post("/interviews", json=WANTED))
    interviews = expect(200, await program.owner.http.get("/interviews"))["interviews"]
    assert [one["state"] for one in interviews] == ["cancelled"]


@pytest.mark.parametrize("name", ["12345", UNKNOWN])
async def test_what_does_not_exist_is_404(program: Program, name: str) -> None:
    failed(404, "not_found", await program.http.get(f"/interviews/{name}"))
    failed(404, "not_found", await program.http.post(f"/interviews/{name}/end"))
    body = {"question_id": UNKNOWN, "answer": "x"}
    failed(404, "not_found", await program.http.post(f"/interviews/{name}/answers", json=body))
    failed(404, "not_found", await refused(program.address(name)))
    failed(404, "not_found", await program.http.get("/nothing"))
    own = await program.interview()
    failed(404, "not_found", await program.http.post(f"/interviews/{own}/answers", json={**body, "question_id": "q1"}))


async def test_the_interview_of_somebody_else_does_not_exist(program: Program, join: Callable[[], Any]) -> None:
    foreign = (await (await join()).create())["id"]
    failed(404, "not_found", await program.http.get(f"/interviews/{foreign}"))
    failed(404, "not_found", await refused(program.address(foreign)))


async def test_what_the_interview_does_not_admit_is_told(program: Program) -> None:
    name = await program.interview()
    question = (await program.call("GET /interviews/{interview_id}", name))["current_question"]["id"]
    ended = expect(200, await program.http.post(f"/interviews/{name}/end"))["data"]
    assert ended["summary"]["overall_score"] is None
    body = {"question_id": question, "answer": TEXT}
    error = failed(409, "invalid_request", await program.http.post(f"/interviews/{name}/answers", json=body))
    assert error["details"]["reason"] == "interview_not_in_progress"


async def test_a_defect_is_500_and_an_outage_503(
    program: Program, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await program.interview()

    async def break_down(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(Archive, "transcript", break_down)
        error = failed(500, "server_error", await program.http.get(f"/interviews/{name}"))
        assert "defect" not in error["message"]
    service.script.fault = grpc.StatusCode.UNAVAILABLE
    response = await program.http.post("/interviews", json=WANTED)
    failed(503, "server_error", response)
    assert int(response.headers["retry-after"]) >= 1


async def test_the_sixty_first_request_of_a_key_in_a_minute_is_429(
    environment: pytest.MonkeyPatch, service: Service, program: Program
) -> None:
    service.core.settings.__dict__.update(rate_limits="on")
    assert service.core.settings.rate_limit_key == 60
    name = UNKNOWN
    for _ in range(60):
        failed(404, "not_found", await program.http.get(f"/interviews/{name}"))
    response = await program.http.get(f"/interviews/{name}")
    failed(429, "rate_limited", response)
    assert 1 <= int(response.headers["retry-after"]) <= 60
    response = await refused(program.address(name))
    failed(429, "rate_limited", response)
    assert 1 <= int(response.headers["retry-after"]) <= 60


async def test_the_eleventh_socket_of_a_key_is_refused_before_the_handshake(program: Program) -> None:
    name = await program.interview()
    opened = [await sockets.connect(program.address(name), proxy=None) for _ in range(10)]
    response = await refused(program.address(name))
    failed(429, "rate_limited", response)
    assert int(response.headers["retry-after"]) >= 1
    for connection in opened:
        await connection.close()


async def test_a_revoked_key_closes_its_sockets_within_five_seconds(program: Program) -> None:
    name = await program.interview()
    async with program.socket(name) as socket:
        await socket.until("question")
        assert (await program.owner.http.delete(f"/auth/api-keys/{program.key_id}")).status_code == 204
        async with asyncio.timeout(5):
            assert await socket.closed() == 4401
