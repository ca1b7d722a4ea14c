"""Contract 002, "AI Mock Interviewer Platform": its examples, its errors and its socket, as its document has them."""

import asyncio
import io
import json
import wave
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx2
import pytest
import websockets.asyncio.client as sockets
from websockets.exceptions import ConnectionClosed

from chat_service.contracts.asyncapi import document
from chat_service.contracts.interviewer_platform.stream import SOCKET
from chat_service.interviews.archive import Archive
from tests.chat_service.conftest import Candidate, Service, expect, serving
from tests.chat_service.live import refused
from tests.contracts.asyncapi_parser import Messages
from tests.contracts.shapes import require_shape
from tests.fakes.speech import noise, silence, spoken
from tests.waiting import until

PREFIX = "/contracts/interviewer-platform"
BASE = f"{PREFIX}/api"
DOCUMENT = json.loads((Path(__file__).parent / "documents/002.json").read_text("utf-8"))
ENDPOINTS = DOCUMENT["endpoints"]
CODES = {int(status): code for status, code in DOCUMENT["errors"].items()}
ANSWER = "I would approach it by keeping the entries in a hash table, because a lookup is O(1) on average."
UNKNOWN = "019a2f64-6f1f-7d5c-9c35-4e0b5d3f7a10"
DOCUMENTED = Messages(document(SOCKET, host="localhost", secure=False, base=BASE))
PUBLIC = {"POST /auth/signup", "POST /auth/login"}


class Client:
    """A client of contract 002; it keeps the session cookie, and sends the bearer token once it is told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.AsyncClient(base_url=f"{url}{BASE}", timeout=20)
        self.email = f"{uuid4().hex}@example.com"
        self.user: dict[str, Any] = {}
        self.token = ""

    async def send(self, operation: str, named: str = UNKNOWN, **fields: Any) -> httpx2.Response:
        """The documented request, with the fields of this run."""
        method, path = operation.split(" ")
        example = ENDPOINTS[operation]
        body = {**example["request"], **fields} if "request" in example else None
        return await self.http.request(method, path.replace("{id}", named).replace("{session_id}", named), json=body)

    async def call(self, operation: str, named: str = UNKNOWN, **fields: Any) -> Any:
        """The documented request; its response has the documented status, fields and types."""
        got = expect(ENDPOINTS[operation]["status"], await self.send(operation, named, **fields))
        example = json.loads(json.dumps(ENDPOINTS[operation]["response"]))
        example.get("session", {}).pop("recording_url", None)  # null until there is speech
        require_shape(example, got)
        return got

    async def sign_up(self) -> "Client":
        """A new account, by the documented request."""
        got = await self.call("POST /auth/signup", email=self.email)
        self.user, self.token = got["user"], got["session"]["access_token"]
        return self

    def with_token(self) -> "Client":
        """From now on by the bearer token alone."""
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        return self

    async def create(self, **fields: Any) -> str:
        """The id of a new interview."""
        return str((await self.call("POST /interviews/create", **fields))["session"]["id"])

    async def feedback(self, interview_id: str) -> Any:
        """The feedback once it is there."""

        async def there() -> bool:
            reply = await self.send("GET /feedback/{session_id}", interview_id)
            assert reply.status_code in {200, 202}, reply.text
            return reply.status_code == 200

        await until(there)
        return await self.call("GET /feedback/{session_id}", interview_id)


@pytest.fixture
async def stranger(service: Service) -> AsyncIterator[Client]:
    client = Client(service.url)
    yield client
    await client.http.aclose()


@pytest.fixture
async def client(stranger: Client) -> Client:
    return (await stranger.sign_up()).with_token()


def error(status: int, code: str, reply: httpx2.Response) -> dict[str, Any]:
    """The body of an error in the documented shape."""
    body = expect(status, reply)
    require_shape(DOCUMENT["error"], body)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == code, body
    got: dict[str, Any] = body["error"]
    return got


async def answer(service: Service, client: Client, interview_id: str, text: str = ANSWER) -> None:
    """Answers the current question natively, as there is no speech yet."""
    reply = await client.http.post(f"{service.url}/api/v1/interviews/{interview_id}/messages", json={"content": text})
    expect(200, reply)


async def test_signing_up_logging_in_and_out_with_the_cookie(stranger: Client) -> None:
    signed_up = await stranger.call("POST /auth/signup", email=stranger.email)
    assert signed_up["user"] == {
        **ENDPOINTS["POST /auth/signup"]["response"]["user"],
        "id": str(UUID(signed_up["user"]["id"])),
        "email": stranger.email,
        "interviews_remaining": 1000,
    }
    stranger.http.cookies.clear()
    logged_in = await stranger.call("POST /auth/login", email=stranger.email)
    assert logged_in["user"] == signed_up["user"]
    assert {"session", "csrf_token"} <= set(stranger.http.cookies)
    profile = await stranger.call("GET /user/profile")
    assert profile["id"] == signed_up["user"]["id"]
    stranger.http.headers["X-CSRF-Token"] = str(stranger.http.cookies["csrf_token"])
    await stranger.call("POST /auth/logout")
    assert not set(stranger.http.cookies)
    error(401, "UNAUTHORIZED", await stranger.send("GET /user/profile"))
    stranger.http.headers["Authorization"] = f"Bearer {logged_in['session']['access_token']}"
    error(401, "UNAUTHORIZED", await stranger.send("GET /user/profile"))


async def test_the_profile_is_changed_in_the_fields_that_are_sent(client: Client) -> None:
    changed = await client.call("PATCH /user/profile")
    sent = ENDPOINTS["PATCH /user/profile"]["request"]
    assert {name: changed[name] for name in sent} == sent
    assert await client.call("GET /user/profile") == changed
    part = expect(200, await client.http.patch("/user/profile", json={"full_name": None}))
    assert (part["full_name"], part["target_role"]) == (None, "Senior Software Engineer")


async def test_an_interview_from_its_creation_to_its_feedback(client: Client, service: Service) -> None:
    created = await client.call("POST /interviews/create")
    session = created["session"]
    wanted = ENDPOINTS["POST /interviews/create"]["request"]
    assert {name: session[name] for name in wanted} == wanted
    assert (session["status"], session["user_id"]) == ("in_progress", client.user["id"])
    assert created["interviews_remaining"] == 999
    interview = session["id"]
    await answer(service, client, interview)
    service.script.delay = 0.5
    error(404, "NOT_FOUND", await client.send("GET /feedback/{session_id}", interview))
    completed = await client.call("POST /interviews/{id}/complete", interview)
    assert (completed["message"], completed["status"]) == ("Interview completed", "generating")
    pending = await client.send("GET /feedback/{session_id}", interview)
    body = expect(202, pending)
    assert pending.headers["retry-after"] == "1"
    assert set(ENDPOINTS["GET /feedback/{session_id}"]["response"]) <= set(body)
    assert (body["status"], body["overall_score"], body["detailed_feedback"]) == ("generating", None, {"questions": []})
    feedback = await client.feedback(interview)
    assert (feedback["id"], feedback["session_id"]) == (completed["feedback_id"], interview)
    assert (feedback["overall_score"], feedback["structure_score"], feedback["confidence_score"]) == (72, 25, 90)
    (question,) = feedback["detailed_feedback"]["questions"]
    assert (question["answer_quality"], question["score"], question["feedback"]) == ("good", 72, "A scripted grade.")
    read = await client.call("GET /interviews/{id}", interview)
    assert (read["session"]["status"], read["session"]["recording_url"]) == ("completed", None)
    assert [one["role"] for one in read["messages"]] == ["assistant", "user", "assistant"]
    assert read["messages"][1]["content"] == ANSWER
    assert (await client.call("POST /interviews/{id}/complete", interview))["status"] == "ready"
    native = expect(200, await client.http.get(f"{service.url}/api/v1/interviews/{interview}"))
    assert (native["job_role"], native["state"]) == ("Software Engineer", "completed")


async def test_the_history_is_paged_by_limit_and_offset(client: Client, service: Service) -> None:
    made = [await client.create() for _ in range(3)]
    await client.http.post(f"{service.url}/api/v1/interviews/{made[0]}/end")
    page = expect(200, await client.http.get("/interviews/history"))
    assert (page["total"], page["limit"], page["offset"]) == (3, 10, 0)
    assert [one["id"] for one in page["interviews"]] == made[::-1]
    last = expect(200, await client.http.get("/interviews/history", params={"limit": 1, "offset": 2}))
    require_shape(ENDPOINTS["GET /interviews/history"]["response"], last)
    assert ([one["id"] for one in last["interviews"]], last["total"]) == ([made[0]], 3)
    beyond = expect(200, await client.http.get("/interviews/history", params={"offset": 50}))
    assert (beyond["interviews"], beyond["total"]) == ([], 3)


async def test_the_last_interview_is_taken_and_the_next_one_refused(settings: Mapping[str, str]) -> None:
    async with serving({**settings, "SIGNUP_CREDITS": "3"}) as service:
        client = (await Client(service.url).sign_up()).with_token()
        assert client.user["interviews_remaining"] == 3
        left = [(await client.call("POST /interviews/create"))["interviews_remaining"] for _ in range(3)]
        assert left == [2, 1, 0]
        error(403, CODES[403], await client.send("POST /interviews/create"))
        assert expect(200, await client.http.get("/interviews/history"))["total"] == 3
        await client.http.aclose()


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("POST /auth/signup", {"email": None}),
        ("POST /auth/signup", {"email": "not an address"}),
        ("POST /auth/signup", {"password": "short"}),
        ("POST /auth/login", {"password": None}),
        ("PATCH /user/profile", {"full_name": 7}),
        ("POST /interviews/create", {"role": ""}),
        ("POST /interviews/create", {"interview_type": "tea"}),
        ("POST /interviews/create", {"duration_minutes": "long"}),
    ],
)
async def test_an_invalid_request_is_400(client: Client, operation: str, fields: dict[str, Any]) -> None:
    got = error(400, CODES[400], await client.send(operation, **fields))
    assert got["details"]["fields"][0]["field"] == next(iter(fields))


async def test_other_invalid_requests_are_400(client: Client) -> None:
    json_type = {"Content-Type": "application/json"}
    error(400, CODES[400], await client.http.post("/interviews/create", content=b"{", headers=json_type))
    for query in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"offset": "x"}):
        error(400, CODES[400], await client.http.get("/interviews/history", params=query))


@pytest.mark.parametrize("operation", sorted(set(ENDPOINTS) - PUBLIC))
async def test_nobody_is_told_401(stranger: Client, operation: str) -> None:
    error(401, CODES[401], await stranger.send(operation))
    stranger.http.headers["Authorization"] = "Bearer nonsense"
    error(401, CODES[401], await stranger.send(operation))


async def test_a_wrong_password_is_401_and_a_taken_address_409(client: Client) -> None:
    error(401, CODES[401], await client.send("POST /auth/login", email=client.email, password="another password"))
    error(409, "CONFLICT", await client.send("POST /auth/signup", email=client.email))


async def test_what_is_not_there_and_what_is_somebody_elses_is_404(client: Client, candidate: Candidate) -> None:
    foreign = (await candidate.started())["id"]
    for operation in ("GET /interviews/{id}", "POST /interviews/{id}/complete", "GET /feedback/{session_id}"):
        for named in (UNKNOWN, foreign, "no-uuid"):
            error(404, CODES[404], await client.send(operation, named))
    error(404, CODES[404], await client.http.get("/nowhere"))


async def test_a_defect_is_500(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Archive, "page", break_down)
    got = error(500, CODES[500], await client.http.get("/interviews/history"))
    assert "ZeroDivision" not in repr(got)


async def test_an_engine_that_is_away_is_503_and_costs_nothing(client: Client, service: Service) -> None:
    service.script.fault = grpc.StatusCode.UNAVAILABLE
    error(503, "SERVICE_UNAVAILABLE", await client.send("POST /interviews/create"))
    service.script.fault = None
    assert (await client.call("GET /user/profile"))["interviews_remaining"] == 1000
    assert expect(200, await client.http.get("/interviews/history"))["total"] == 0


async def test_feedback_that_was_given_up_is_503_until_it_is_asked_for_again(client: Client, service: Service) -> None:
    interview = await client.create()
    await answer(service, client, interview)
    service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "Finalize"
    await client.call("POST /interviews/{id}/complete", interview)
    await service.core.reporting.give_up({"interview_id": interview}, "engine_unavailable")
    error(503, "SERVICE_UNAVAILABLE", await client.send("GET /feedback/{session_id}", interview))
    service.script.fault = None
    await client.call("POST /interviews/{id}/complete", interview)
    assert (await client.feedback(interview))["overall_score"] == 72


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "csrf_token_missing"),
        ({"X-CSRF-Token": "forged"}, "csrf_token_invalid"),
        ({"Origin": "https://evil.example.com"}, "cross_site_request"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross_site_request"),
    ],
)
async def test_a_forged_request_with_the_cookie_is_refused(
    stranger: Client, headers: dict[str, str], reason: str
) -> None:
    await stranger.sign_up()
    for operation in ("POST /interviews/create", "PATCH /user/profile", "POST /auth/logout"):
        stranger.http.headers.update(headers)
        got = error(403, "FORBIDDEN", await stranger.send(operation))
        assert got["details"]["reason"] == reason
    for name in headers:
        del stranger.http.headers[name]
    assert (await stranger.call("GET /user/profile"))["interviews_remaining"] == 1000
    stranger.http.headers["X-CSRF-Token"] = str(stranger.http.cookies["csrf_token"])
    await stranger.create()


@asynccontextmanager
async def streaming(client: Client, interview: str) -> AsyncIterator["Stream"]:
    """The interview's socket, by the bearer token."""
    address = f"{client.url.replace('http', 'ws', 1)}{BASE}/interview/stream/{interview}"
    headers = {"Authorization": f"Bearer {client.token}"}
    async with sockets.connect(address, additional_headers=headers, compression=None, proxy=None) as socket:
        yield Stream(socket)


class Stream:
    """An open socket of contract 002. Every message fits the AsyncAPI document and the contract."""

    def __init__(self, socket: sockets.ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def say(self, audio: bytes, sample_rate: int = 16_000) -> None:
        """Sends samples, as documented, a tenth of a second in each message."""
        for start in range(0, len(audio), sample_rate // 5):
            data = b64encode(audio[start : start + sample_rate // 5]).decode()
            await self.send({**DOCUMENT["messages"]["audio_chunk"], "data": data, "sample_rate": sample_rate})

    async def send(self, message: Any) -> None:
        """Sends a message."""
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(20):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        DOCUMENTED.require(message)
        example = DOCUMENT["messages"].get(message["type"])
        if example is not None and message.get("data", "") is not None:
            require_shape(example, message)
        self.heard.append(message)
        return message

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of the type with these fields."""
        while True:
            message = await self.hear()
            if message["type"] == kind and fields.items() <= message.items():
                return message


async def test_an_interview_is_held_by_the_documented_messages(client: Client, service: Service) -> None:
    interview = await client.create()
    asked = expect(200, await client.send("GET /interviews/{id}", interview))
    async with streaming(client, interview) as stream:
        await stream.until("status", state="speaking")
        question = await stream.until("audio_response")
        assert question["text"] == asked["messages"][0]["content"]
        with wave.open(io.BytesIO(b64decode(question["data"]))) as played:
            assert (played.getnchannels(), played.getsampwidth(), played.getframerate()) == (1, 2, 16_000)
            assert played.getnframes() > 0
        await stream.until("status", state="listening")
        await stream.say(spoken(ANSWER))
        await stream.send(DOCUMENT["messages"]["speech_end"])
        await stream.until("status", state="processing")
        assert (await stream.until("transcription", is_final=True))["text"] == ANSWER
        await stream.until("status", state="speaking")
        assert (await stream.until("audio_response"))["text"] == "A scripted grade."
        assert "Question 2" in (await stream.until("audio_response"))["text"]
        await stream.until("status", state="listening")
    partial = [one["text"] for one in stream.heard if one["type"] == "transcription" and not one["is_final"]]
    assert partial
    assert all(ANSWER.startswith(text) for text in partial)
    read = expect(200, await client.send("GET /interviews/{id}", interview))
    assert [one["role"] for one in read["messages"]] == ["assistant", "user", "assistant"]
    assert read["messages"][1]["content"] == ANSWER
    (graded,) = service.script.evaluated
    assert graded.speech.words[0].text == ANSWER.split(maxsplit=1)[0]


async def test_the_interview_ends_after_the_last_answer_was_replied_to(client: Client, service: Service) -> None:
    interview = await client.create(duration_minutes=5)
    async with streaming(client, interview) as stream:
        await stream.until("status", state="listening")
        await stream.say(spoken(ANSWER))
        await stream.send({"type": "speech_end"})
        assert (await stream.until("audio_response", text="A scripted grade."))["data"]
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await stream.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert (await client.call("POST /interviews/{id}/complete", interview))["message"] == "Interview completed"


async def test_speech_interrupts_the_interviewer(client: Client, service: Service) -> None:
    service.script.speech.seconds_a_character = 0.1
    interview = await client.create()
    async with streaming(client, interview) as stream:
        await stream.until("audio_response")
        await stream.say(spoken(ANSWER))
        await stream.until("status", state="listening")
        service.script.speech.seconds_a_character = 0.001
        await stream.send({"type": "speech_end"})
        assert (await stream.until("transcription", is_final=True))["text"] == ANSWER
        await stream.until("status", state="speaking")


async def test_silence_is_no_answer(client: Client, service: Service) -> None:
    interview = await client.create()
    async with streaming(client, interview) as stream:
        await stream.until("status", state="listening")
        await stream.say(silence(1.0) + noise(1.0))
        await stream.send({"type": "speech_end"})
        await stream.until("status", state="processing")
        await stream.until("status", state="listening")
        assert "transcription" not in [one["type"] for one in stream.heard]
    assert not service.script.evaluated


async def test_a_broken_connection_costs_nothing_of_what_was_said(client: Client, service: Service) -> None:
    interview = await client.create()
    async with streaming(client, interview) as stream:
        await stream.until("status", state="listening")
        await stream.say(spoken("I would keep the entries"))
        await stream.until("transcription", text="I would keep the entries")
    async with streaming(client, interview) as stream:
        await stream.say(spoken("in a hash table."))
        await stream.send({"type": "speech_end"})
        whole = "I would keep the entries in a hash table."
        assert (await stream.until("transcription", is_final=True))["text"] == whole
        assert "speaking" not in [one.get("state") for one in stream.heard]
        await stream.until("audio_response", text="A scripted grade.")


async def test_without_a_synthesizer_the_data_is_null(client: Client, service: Service) -> None:
    service.script.speech.synthesizer = ""
    service.core.live_speech._described = None
    interview = await client.create()
    async with streaming(client, interview) as stream:
        told = await stream.until("audio_response")
        assert told["data"] is None
        assert told["text"].startswith("Question 1")
        await stream.until("status", state="listening")
    service.core.live_speech._described = None


async def test_without_a_recognizer_it_says_so_and_stays_open(client: Client, service: Service) -> None:
    service.script.speech.recognizer = ""
    service.core.live_speech._described = None
    interview = await client.create()
    async with streaming(client, interview) as stream:
        await stream.until("status", state="listening")
        await stream.say(spoken(ANSWER))
        told = await stream.until("error")
        assert (told["error"]["code"], told["error"]["details"]["reason"]) == ("NOT_IMPLEMENTED", "no_recognizer")
        await stream.send({"type": "typing"})
        assert (await stream.until("error"))["error"]["code"] == "INVALID_REQUEST"
    service.core.live_speech._described = None


@pytest.mark.parametrize(
    "fields",
    [
        {"data": ""},
        {"data": "AAA"},
        {"data": "AA=="},
        {"data": "ä"},
        {"data": None},
        {"data": DOCUMENT["messages"]["audio_chunk"]["data"]},
        {"data": b64encode(b"RIFF\x24\x00\x00\x00WAVEfmt ").decode()},
        {"sample_rate": 0},
        {"sample_rate": 7999},
        {"sample_rate": 192_000},
        {"sample_rate": "16000"},
        {"sample_rate": 1e300},
    ],
)
async def test_bad_audio_gets_an_error_and_the_interview_goes_on(client: Client, fields: dict[str, Any]) -> None:
    interview = await client.create()
    async with streaming(client, interview) as stream:
        await stream.until("status", state="listening")
        await stream.send({"type": "audio_chunk", "data": "AAAA", "sample_rate": 16_000, **fields})
        code = (await stream.until("error"))["error"]["code"]
        assert code in {"INVALID_REQUEST", "UNSUPPORTED_MEDIA_TYPE"}
        await stream.say(spoken("It is fast."))
        await stream.send({"type": "speech_end"})
        assert (await stream.until("transcription", is_final=True))["text"] == "It is fast."
        await stream.until("audio_response", text="A scripted grade.")


async def test_the_socket_admits_by_cookie_token_and_ticket(client: Client, service: Service) -> None:
    interview = await client.create()
    address = f"{service.url.replace('http', 'ws', 1)}{BASE}/interview/stream/{interview}"
    bearer = {"Authorization": f"Bearer {client.token}"}
    native = f"{service.url}/api/v1/auth/websocket-ticket"
    ticket = expect(200, await client.http.post(native))["ticket"]
    browser = Client(service.url)
    expect(200, await browser.send("POST /auth/login", email=client.email))
    cookie = {"Cookie": f"session={browser.http.cookies['session']}", "Origin": service.url}
    await browser.http.aclose()
    for target, headers in ((address, bearer), (f"{address}?ticket={ticket}", {}), (address, cookie)):
        async with sockets.connect(target, additional_headers=headers, compression=None, proxy=None) as socket:
            assert (await Stream(socket).hear())["type"] == "status"


async def test_the_socket_refuses_nobody_and_what_is_not_there_in_the_documented_shape(
    client: Client, service: Service
) -> None:
    interview = await client.create()
    address = f"{service.url.replace('http', 'ws', 1)}{BASE}/interview/stream"
    bearer = {"Authorization": f"Bearer {client.token}"}
    foreign_page = {**bearer, "Origin": "https://evil.example.com"}
    for target, headers, status, code in (
        (interview, {}, 401, "UNAUTHORIZED"),
        (UNKNOWN, bearer, 404, "NOT_FOUND"),
        ("no-uuid", bearer, 404, "NOT_FOUND"),
        (interview, foreign_page, 403, "FORBIDDEN"),
    ):
        response = await refused(f"{address}/{target}", additional_headers=headers)
        assert response.status_code == status
        assert json.loads(response.body)["error"]["code"] == code
