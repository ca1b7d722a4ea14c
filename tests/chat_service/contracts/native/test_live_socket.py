"""The native live socket: who may open one, what it bears, and how it is closed."""

import asyncio
import json
import socket as network
from typing import Any

import httpx2
import pytest
import websockets.asyncio.client as sockets
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from chat_service.contracts import socket_protocol
from tests.chat_service.conftest import Candidate, Service, expect
from tests.chat_service.live import PATIENCE_SECONDS, LiveClient, address, live, refused, ticket

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


def told(status: int, code: str, response: Any) -> dict[str, Any]:
    """The problem document of a refused handshake."""
    assert response.status_code == status, response.body
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.body)
    assert (body["status"], body["code"]) == (status, code), body
    return body


async def test_a_handshake_without_a_good_ticket_is_refused(candidate: Candidate, service: Service) -> None:
    interview = await candidate.create()
    told(401, "token_missing", await refused(address(service.url, interview["id"])))
    told(401, "ticket_invalid", await refused(address(service.url, interview["id"], ticket="made-up")))
    spent = await ticket(candidate)
    async with sockets.connect(address(service.url, interview["id"], ticket=spent), proxy=None):
        pass
    told(401, "ticket_invalid", await refused(address(service.url, interview["id"], ticket=spent)))


async def test_a_program_may_send_its_token_in_the_header(candidate: Candidate, service: Service) -> None:
    interview = await candidate.create()
    header = {"Authorization": candidate.http.headers["Authorization"]}
    target = address(service.url, interview["id"])
    async with sockets.connect(target, additional_headers=header, proxy=None) as connection:
        assert (await LiveClient(connection).hear())["type"] == "interview_state"


async def test_an_access_token_in_the_address_opens_nothing(candidate: Candidate, service: Service) -> None:
    interview = await candidate.create()
    token = candidate.http.headers["Authorization"].removeprefix("Bearer ")
    for name in ("token", "ticket", "access_token"):
        assert (await refused(address(service.url, interview["id"], **{name: token}))).status_code == 401


async def test_nobody_gets_into_the_interview_of_somebody_else(join: Any, service: Service) -> None:
    one, other = await join(), await join()
    interview = await one.create()
    for name in (interview["id"], "019a2f64-6f1f-7d5c-9c35-4e0b5d3f7a10", "no-id"):
        target = address(service.url, name, ticket=await ticket(other))
        told(404, "interview_not_found", await refused(target))


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9999999999", "7", "%EF%BC%91"])
async def test_a_number_that_no_event_had_is_refused(candidate: Candidate, service: Service, number: str) -> None:
    interview = await candidate.create()
    target = address(service.url, interview["id"], ticket=await ticket(candidate), last_sequence=number)
    assert told(422, "validation_failed", await refused(target))["fields"][0]["field"] == "last_sequence"


async def test_only_pages_of_the_own_origin_may_open_sockets(
    candidate: Candidate, service: Service, environment: pytest.MonkeyPatch
) -> None:
    interview = await candidate.create()
    target = address(service.url, interview["id"], ticket=await ticket(candidate))
    told(403, "origin_not_allowed", await refused(target, origin="https://elsewhere.example"))
    told(403, "origin_not_allowed", await refused(target, origin="null"))
    async with sockets.connect(target, origin=Origin(service.url), proxy=None) as connection:
        await LiveClient(connection).hear()


async def test_the_eleventh_socket_of_a_user_is_refused_until_one_is_closed(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.create()
    opened = [
        await sockets.connect(address(service.url, interview["id"], ticket=await ticket(candidate)), proxy=None)
        for _ in range(10)
    ]
    response = await refused(address(service.url, interview["id"], ticket=await ticket(candidate)))
    told(429, "connections_exhausted", response)
    assert int(response.headers["retry-after"]) >= 1
    for connection in opened:
        await connection.close()
    await _opens(candidate, interview["id"])


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "malformed_json"),
        ("", "malformed_json"),
        ("NaN", "malformed_json"),
        ('"\\ud800"', "malformed_json"),
        ("[" * 10_000, "malformed_json"),
        ("[]", "malformed_message"),
        ("null", "malformed_message"),
        ('{"data": {}}', "malformed_message"),
        ('{"type": 1}', "malformed_message"),
        ('{"type": "shout", "data": {}}', "unknown_message_type"),
        ('{"type": "answer"}', "validation_failed"),
        ('{"type": "answer", "data": {"content": ""}}', "validation_failed"),
        ('{"type": "answer", "data": {"content": "   "}}', "validation_failed"),
        ('{"type": "answer", "data": {"content": "a\\u0000b"}}', "validation_failed"),
        ('{"type": "answer", "data": {"content": ["a"]}}', "validation_failed"),
        (json.dumps({"type": "answer", "data": {"content": "a" * 20_001}}), "validation_failed"),
        ('{"type": "answer", "data": {"content": "a", "question_id": "q1"}}', "validation_failed"),
        ('{"type": "answer", "data": {"content": "a", "client_message_id": ""}}', "validation_failed"),
        ('{"type": "typing", "data": {}}', "validation_failed"),
        ('{"type": "resume", "data": {"last_sequence": -1}}', "validation_failed"),
        ('{"type": "resume", "data": {"last_sequence": true}}', "validation_failed"),
        ('{"type": "resume", "data": {"last_sequence": 1e400}}', "validation_failed"),
        ('{"type": "audio_start", "data": {"sample_rate": 0}}', "validation_failed"),
        ('{"type": "audio_start", "data": {"language": "x"}}', "validation_failed"),
        ('{"type": "playback", "data": {"utterance": 1}}', "validation_failed"),
        ('{"type": "playback", "data": {"utterance": 1, "played_seconds": -1}}', "validation_failed"),
        ('{"type": "speech_end"}', "audio_not_started"),
        (b"\x00\x00\x00\x01\x00\x00", "audio_not_started"),
        (b"\x00\x01", "audio_empty"),
    ],
)
async def test_a_message_that_cannot_be_understood_gets_an_error_and_the_socket_stays(
    candidate: Candidate, frame: str | bytes, code: str
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        await socket.connection.send(frame)
        error = await socket.until("error")
        assert error["data"]["code"] == code, error
        assert error["data"]["detail"]
        assert error["data"]["request_id"] != "-"
        await socket.asked("ping", "pong")


async def test_whoever_keeps_sending_rubbish_is_let_go(candidate: Candidate) -> None:
    interview = await candidate.create()
    async with live(candidate, interview["id"]) as socket:
        for _ in range(20):
            await socket.connection.send("rubbish")
        assert (await socket.closed())[0] == 1008


async def test_a_message_over_the_limit_closes_the_socket(candidate: Candidate) -> None:
    interview = await candidate.create()
    async with live(candidate, interview["id"]) as socket:
        await socket.connection.send("x" * (socket_protocol.MAX_FRAME_BYTES + 1))
        assert (await socket.closed())[0] == 1009


async def test_the_longest_answer_fits_however_it_is_escaped(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        await socket.connection.send(json.dumps({"type": "answer", "data": {"content": "\U0001f642" * 20_000}}))
        await socket.until("answer_accepted")


@pytest.mark.parametrize("way", ["logout", "account_gone"])
async def test_whoever_is_logged_out_is_let_go_within_five_seconds(candidate: Candidate, way: str) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        if way == "logout":
            expect(200, await candidate.http.post("/auth/logout"))
        else:
            response = await candidate.http.request("DELETE", "/profile/me", json={"password": "correct horse battery"})
            assert response.status_code in {200, 204}, response.text
        async with asyncio.timeout(5):
            assert (await socket.closed())[0] in {4401, 4404}


async def test_too_many_answers_a_minute_are_refused_and_the_socket_stays(
    environment: pytest.MonkeyPatch, service: Service, candidate: Candidate
) -> None:
    interview = await candidate.started()
    await candidate.http.get(f"/interviews/{interview['id']}")
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        service.core.settings.__dict__.update(rate_limits="on", rate_limit_answers=1)
        await socket.asked("answer", "feedback", content=ANSWER)
        error = await socket.asked("answer", "error", content=ANSWER + " More.")
        assert (error["data"]["status"], error["data"]["code"]) == (429, "rate_limited")
        assert error["data"]["rate_limit"]["limit"] == 1
        assert error["data"]["retry_after"] >= 1
        await socket.asked("ping", "pong")


async def test_a_reader_who_does_not_read_is_closed(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_protocol, "_PATIENCE_SECONDS", 0.2)
    interview = await candidate.started()
    await candidate.answered(interview["id"], "word " * 3_900)
    target = address(service.url, interview["id"], ticket=await ticket(candidate))
    narrow = network.socket(network.AF_INET, network.SOCK_STREAM)
    narrow.setsockopt(network.SOL_SOCKET, network.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    url = httpx2.URL(service.url)
    await asyncio.get_running_loop().sock_connect(narrow, (url.host, url.port))
    connection = await sockets.connect(target, sock=narrow, max_queue=1, compression=None, close_timeout=1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(ConnectionClosed):
            while True:
                await connection.send('{"type": "resume", "data": {"last_sequence": 0}}')
                await asyncio.sleep(0)


async def _opens(candidate: Candidate, interview_id: str) -> None:
    """Opens a socket, once the server has noticed that the others are closed."""
    async with asyncio.timeout(10):
        while True:
            try:
                async with live(candidate, interview_id) as socket:
                    await socket.hear()
                    return
            except InvalidStatus as error:
                assert error.response.status_code == 429
                await asyncio.sleep(0.05)
