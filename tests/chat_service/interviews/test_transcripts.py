"""Transcripts of recorded answers: made once, durably, editable until they are the answer."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import httpx2
import pytest

from tests.audio import encoded, wav
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem, settings_with
from tests.chat_service.interviews.test_crashes import process
from tests.chat_service.interviews.test_recordings import recorded
from tests.fakes import engine as fakes
from tests.waiting import are, until

SAID = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
TWO = "A hash table stores keys in buckets. Lookups are constant on average."


async def transcript(candidate: Candidate, url: str, wanted: str = "ready") -> dict[str, Any]:
    """The transcript once its status is the wanted one."""

    async def there() -> bool:
        return bool(expect(200, await candidate.http.get(f"{url}/transcript"))["status"] == wanted)

    await until(there, 30)
    return dict(expect(200, await candidate.http.get(f"{url}/transcript")))


async def test_a_short_recording_is_transcribed_while_its_request_waits(candidate: Candidate, service: Service) -> None:
    content = encoded("answer.webm", 2)
    url, recording = await recorded(candidate, content)
    problem(404, "transcript_not_found", await candidate.http.get(f"{url}/transcript"))
    service.script.speech.transcript = TWO
    made = expect(200, await candidate.http.post(f"{url}/transcript", json={"language": "en-US"}))
    assert (made["status"], made["progress"], made["text"]) == ("ready", 1.0, TWO)
    assert (made["language"], made["confidence"], made["word_count"]) == ("en", 0.9, 12)
    assert made["duration_seconds"] == recording["duration_seconds"]
    assert made["words"][1] == {"text": "hash", "start": 0.333, "end": 0.667, "confidence": 0.9}
    assert made["recognizer"] == {"engine": "scripted", "model": "tape", "low_accuracy": False}
    assert (made["warning"], made["edited"], made["answered"]) == (None, False, False)
    assert expect(200, await candidate.http.get(f"{url}/transcript")) == made
    assert expect(200, await candidate.http.post(f"{url}/transcript")) == made
    assert service.script.speech.recordings == [content]
    (config,) = service.script.speech.configs
    assert (config.language, config.hints[:11]) == ("en", "Question 1:")
    exported = expect(200, await candidate.http.get("/profile/me/export"))["records"]["transcripts"]
    assert [one["text"] for one in exported] == [TWO]


async def test_without_waiting_a_job_transcribes_and_tells_how_far_it_has_come(
    candidate: Candidate, service: Service
) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.transcript, service.script.speech.recording_delay = TWO, 1.2
    reply = await candidate.http.post(f"{url}/transcript", headers={"Prefer": "respond-async"})
    asked = expect(202, reply)
    assert (asked["status"], asked["progress"], asked["text"]) == ("transcribing", 0.0, None)
    assert reply.headers["location"] == f"/api/v1{url}/transcript"
    assert (reply.headers["retry-after"], reply.headers["preference-applied"]) == ("1", "respond-async")
    problem(409, "transcript_not_ready", await candidate.http.put(f"{url}/transcript", json={"text": "Early."}))
    problem(409, "transcript_not_ready", await candidate.http.post(f"{url}/transcript/submit"))

    async def halfway() -> bool:
        return bool(expect(200, await candidate.http.get(f"{url}/transcript"))["progress"] == 0.5)

    await until(halfway)
    expect(202, await candidate.http.post(f"{url}/transcript?wait=false"))
    assert (await transcript(candidate, url))["text"] == TWO
    assert len(service.script.speech.recordings) == 1


async def test_two_requests_at_once_share_one_transcription(candidate: Candidate, service: Service) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.recording_delay = 0.5
    replies = await asyncio.gather(*(candidate.http.post(f"{url}/transcript") for _ in range(3)))
    assert {expect(200, one)["text"] for one in replies} == {SAID}
    assert len(service.script.speech.recordings) == 1


@pytest.fixture
def none_inline(environment: pytest.MonkeyPatch, fresh_database_url: str) -> None:
    """A service that leaves every recording to a job."""
    environment.setenv("DATABASE_URL", fresh_database_url)
    environment.setenv("TRANSCRIBE_INLINE_SECONDS", "0")


@pytest.mark.usefixtures("none_inline")
async def test_a_longer_recording_is_left_to_a_job(service: Service, candidate: Candidate) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.recording_delay = 0.3
    expect(202, await candidate.http.post(f"{url}/transcript"))
    assert (await transcript(candidate, url))["text"] == SAID


async def test_an_outage_only_delays_a_transcript(candidate: Candidate, service: Service) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.fault = grpc.StatusCode.UNAVAILABLE
    expect(202, await candidate.http.post(f"{url}/transcript"))
    service.script.speech.fault = None
    assert (await transcript(candidate, url))["text"] == SAID


@pytest.mark.parametrize(
    ("code", "reason", "status", "told"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_DAMAGED", 422, "audio_damaged"),
        (grpc.StatusCode.INVALID_ARGUMENT, "LANGUAGE_UNSUPPORTED", 422, "language_unsupported"),
        (None, "", 501, "no_recognizer"),
        (grpc.StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD", 501, "no_recognizer"),
    ],
)
async def test_a_failure_says_why_keeps_the_recording_and_can_be_tried_again(
    candidate: Candidate, service: Service, code: grpc.StatusCode | None, reason: str, status: int, told: str
) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.fault, service.script.speech.reason = code, reason
    service.script.speech.recognizer = "" if code is None else "scripted"
    problem(status, told, await candidate.http.post(f"{url}/transcript"))
    failed = await transcript(candidate, url, "failed")
    assert (failed["failure"], failed["text"], failed["recognizer"]) == (told, None, None)
    problem(409, "transcript_failed", await candidate.http.post(f"{url}/transcript/submit"))
    expect(202, await candidate.http.post(f"{url}/transcript?wait=false"))
    assert (await transcript(candidate, url, "failed"))["failure"] == told
    service.script.speech.fault, service.script.speech.recognizer = None, "scripted"
    assert (await candidate.http.get(f"{url}/audio")).content == wav(1)
    assert expect(200, await candidate.http.post(f"{url}/transcript"))["text"] == SAID


async def test_a_job_that_was_given_up_says_why_and_can_be_asked_for_again(
    candidate: Candidate, service: Service
) -> None:
    url, recording = await recorded(candidate, wav(1))
    service.script.speech.fault = grpc.StatusCode.UNAVAILABLE
    expect(202, await candidate.http.post(f"{url}/transcript?wait=false"))
    await service.core.transcripts.give_up({"recording_id": recording["id"]}, "engine_unavailable")
    assert (await transcript(candidate, url, "failed"))["failure"] == "engine_unavailable"
    service.script.speech.fault = None
    assert expect(200, await candidate.http.post(f"{url}/transcript"))["text"] == SAID


async def test_another_recording_while_one_is_transcribed_ends_that(candidate: Candidate, service: Service) -> None:
    url, _ = await recorded(candidate, wav(1))
    service.script.speech.recording_delay = 3600
    expect(202, await candidate.http.post(f"{url}/transcript?wait=false"))
    await until(lambda: are(service.script.speech.recordings))
    expect(200, await candidate.http.put(f"{url}/audio", content=wav(2)))
    problem(404, "transcript_not_found", await candidate.http.get(f"{url}/transcript"))
    service.script.speech.recording_delay = 0
    assert expect(200, await candidate.http.post(f"{url}/transcript"))["text"] == SAID
    assert service.script.speech.recordings == [wav(1), wav(2)]


async def test_other_jobs_do_not_wait_behind_transcripts(candidate: Candidate, service: Service) -> None:
    service.script.speech.recording_delay = 3600
    urls = [(await recorded(candidate, wav(1)))[0] for _ in range(5)]
    for url in urls:
        expect(202, await candidate.http.post(f"{url}/transcript?wait=false"))
    await until(lambda: are(len(service.script.speech.recordings) == 2))
    interview = (await candidate.started())["id"]
    expect(202, await candidate.http.post(f"/interviews/{interview}/end?wait=false"))

    async def reported() -> bool:
        return bool(expect(200, await candidate.http.get(f"/interviews/{interview}/feedback"))["status"] == "ready")

    await until(reported)
    assert len(service.script.speech.recordings) == 2
    for url in urls:
        assert (await candidate.http.delete(f"/interviews/{url.split('/')[2]}")).status_code == 204


async def test_a_transcript_is_submitted_as_the_answer_with_its_timing(candidate: Candidate, service: Service) -> None:
    url, _ = await recorded(candidate, wav(1))
    problem(404, "transcript_not_found", await candidate.http.post(f"{url}/transcript/submit"))
    expect(200, await candidate.http.post(f"{url}/transcript"))
    answered = expect(200, await candidate.http.post(f"{url}/transcript/submit"))
    assert answered["next_question"] is not None
    (told,) = service.script.evaluated
    assert told.answer == SAID
    assert [one.text for one in told.speech.words] == SAID.split()
    assert told.speech.duration_seconds == pytest.approx(len(SAID.split()) / 3, abs=0.01)
    again = expect(200, await candidate.http.post(f"{url}/transcript/submit"))
    assert again["evaluation"] == answered["evaluation"]
    assert len(service.script.evaluated) == 1
    read = expect(200, await candidate.http.get(f"{url}/transcript"))
    assert read["answered"] is True
    problem(409, "question_answered", await candidate.http.put(f"{url}/transcript", json={"text": "Something else."}))
    problem(409, "question_answered", await candidate.http.post(f"{url}/transcript", json={"language": "de"}))
    problem(409, "question_answered", await candidate.http.put(f"{url}/audio", content=wav(1)))


async def test_a_language_that_is_not_recognized_costs_nothing_of_the_transcript(candidate: Candidate) -> None:
    url, _ = await recorded(candidate, wav(1))
    problem(422, "language_unsupported", await candidate.http.post(f"{url}/transcript", json={"language": "de"}))
    problem(404, "transcript_not_found", await candidate.http.get(f"{url}/transcript"))
    expect(200, await candidate.http.post(f"{url}/transcript"))
    corrected = {"text": f"{SAID} Collisions are chained."}
    edited = expect(200, await candidate.http.put(f"{url}/transcript", json=corrected))
    problem(422, "language_unsupported", await candidate.http.post(f"{url}/transcript", json={"language": "de"}))
    assert expect(200, await candidate.http.get(f"{url}/transcript")) == edited


async def test_a_transcript_is_corrected_before_it_counts(candidate: Candidate, service: Service) -> None:
    service.script.speech.low_accuracy = True
    url, _ = await recorded(candidate, wav(1))
    heard = expect(200, await candidate.http.post(f"{url}/transcript"))
    assert "low accuracy" in heard["warning"]
    corrected = f"{SAID} Collisions are chained."
    edited = expect(200, await candidate.http.put(f"{url}/transcript", json={"text": corrected}))
    assert (edited["text"], edited["edited"], edited["warning"]) == (corrected, True, None)
    assert (edited["words"], edited["word_count"]) == (heard["words"], heard["word_count"] + 3)
    problem(422, "validation_failed", await candidate.http.put(f"{url}/transcript", json={"text": " \n"}))
    keys = {"Idempotency-Key": uuid4().hex}
    first = expect(200, await candidate.http.post(f"{url}/transcript/submit", headers=keys))
    assert expect(200, await candidate.http.post(f"{url}/transcript/submit", headers=keys)) == first
    (told,) = service.script.evaluated
    assert (told.answer, [one.text for one in told.speech.words]) == (corrected, SAID.split())


async def test_silence_gives_a_transcript_without_words_that_is_no_answer(
    candidate: Candidate, service: Service
) -> None:
    service.script.speech.transcript = ""
    url, _ = await recorded(candidate, wav(1))
    silent = expect(200, await candidate.http.post(f"{url}/transcript"))
    assert (silent["status"], silent["text"], silent["word_count"], silent["words"]) == ("ready", "", 0, [])
    problem(422, "nothing_said", await candidate.http.post(f"{url}/transcript/submit"))
    assert service.script.evaluated == []
    expect(200, await candidate.http.put(f"{url}/transcript", json={"text": SAID}))
    expect(200, await candidate.http.post(f"{url}/transcript/submit"))


@pytest.fixture
async def slow_engine() -> AsyncIterator[tuple[fakes.Script, str]]:
    script = fakes.Script()
    engine, port = await fakes.serve(script, "127.0.0.1:0")
    yield script, f"127.0.0.1:{port}"
    await engine.stop(None)


async def test_transcripts_under_way_when_their_process_is_killed_are_made_by_another_once(
    fresh_database_url: str, redis_url: str, slow_engine: tuple[fakes.Script, str]
) -> None:
    script, address = slow_engine
    settings = {**settings_with(fresh_database_url, redis_url), "JOBS_AT_ONCE": "2"}
    async with contextlib.AsyncExitStack() as stack:
        doomed, url = await stack.enter_async_context(process(settings, address))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=f"{url}/api/v1", timeout=20))
        person = Candidate(client, *(await _joined(client)))
        by_job, inline = [(await recorded(person, wav(1)))[0] for _ in range(2)]
        script.speech.recording_delay = 3600
        expect(202, await client.post(f"{by_job}/transcript?wait=false"))
        waiting = asyncio.ensure_future(client.post(f"{inline}/transcript"))
        await until(lambda: are(len(script.speech.recordings) == 2))
        doomed.send_signal(signal.SIGKILL)
        await doomed.wait()
        with pytest.raises(httpx2.HTTPError):
            await waiting
        script.speech.recording_delay = 0
        _, url = await stack.enter_async_context(process(settings, address))
        client.base_url = httpx2.URL(f"{url}/api/v1")
        assert (await transcript(person, by_job))["text"] == SAID
        assert expect(200, await client.post(f"{inline}/transcript"))["text"] == SAID
    assert len(script.speech.recordings) == 2 + 2


async def _joined(client: httpx2.AsyncClient) -> tuple[str, str]:
    email = f"{uuid4().hex}@example.com"
    expect(201, await client.post("/auth/signup", json={"email": email, "password": PASSWORD}))
    tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": PASSWORD}))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return email, tokens["refresh_token"]
