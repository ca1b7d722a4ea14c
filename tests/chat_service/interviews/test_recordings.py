"""Recorded answers: taken whole or not at all, measured, given back in ranges, and gone with what they belong to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.recordings import recordings
from chat_service.storage.files import FolderStore
from tests.audio import ENCODINGS, encoded, ten_hours, wav
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem
from tests.fakes import s3
from tests.waiting import until

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
MIB = 1024 * 1024
# Their headers say how long they are, so that a part of one can be told from a whole one.
PROMISING = sorted(ENCODINGS.keys() - {"answer.ogg"})


async def asked(candidate: Candidate) -> str:
    """The URL of the question that a new interview asks first."""
    interview = await candidate.started()
    return f"/interviews/{interview['id']}/questions/{interview['current_question']['id']}"


async def recorded(candidate: Candidate, content: bytes, **headers: str) -> tuple[str, dict[str, Any]]:
    """The URL of a question with a recorded answer, and what is told of that."""
    url = await asked(candidate)
    return url, expect(200, await candidate.http.put(f"{url}/audio", content=content, headers=headers))


def files(service: Service) -> set[Path]:
    """Every file of recordings that there is."""
    return {path for path in service.core.settings.audio_folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ENCODINGS)
async def test_a_recording_is_what_its_content_says_and_comes_back_as_it_was_sent(
    candidate: Candidate, name: str
) -> None:
    content = encoded(name)
    url = await asked(candidate)
    # Neither the name nor the declared type counts.
    form = {"file": ("answer.exe", content, "application/x-msdownload")}
    told = expect(200, await candidate.http.put(f"{url}/audio", files=form, data={"duration": "9999"}))
    assert (told["format"], told["size_bytes"]) == (name.rpartition(".")[2], len(content))
    assert told["duration_seconds"] == pytest.approx(1.0, abs=0.15)
    assert told["channels"] == 1
    back = await candidate.http.get(f"{url}/audio")
    assert (back.status_code, back.content) == (200, content)
    assert back.headers["content-type"] == told["media_type"]
    assert back.headers["content-disposition"] == f'attachment; filename="answer-1.{told["format"]}"'
    assert back.headers["x-content-type-options"] == "nosniff"
    about = await candidate.http.get(f"{url}/audio", headers={"Accept": "application/json"})
    assert expect(200, about) == told


async def test_a_recording_replaces_the_one_before_once_it_is_whole(candidate: Candidate, service: Service) -> None:
    first, second = wav(1), wav(2)
    url, before = await recorded(candidate, first, **{"Content-Type": "audio/wav"})
    expect(200, await candidate.http.post(f"{url}/transcript"))
    problem(422, "audio_damaged", await candidate.http.put(f"{url}/audio", content=second[:40_000]))
    await cut_off(candidate, f"{url}/audio", second)
    assert (await candidate.http.get(f"{url}/audio")).content == first
    expect(200, await candidate.http.get(f"{url}/transcript"))
    after = expect(200, await candidate.http.put(f"{url}/audio", content=second))
    assert after["id"] != before["id"]
    assert (await candidate.http.get(f"{url}/audio")).content == second
    problem(404, "transcript_not_found", await candidate.http.get(f"{url}/transcript"))
    mine = {path.name for path in files(service)} & {before["id"], after["id"]}
    assert mine == {before["id"], after["id"]}
    await service.core.recordings.discard()
    assert {path.name for path in files(service)} & {before["id"], after["id"]} == {after["id"]}


async def cut_off(candidate: Candidate, url: str, content: bytes) -> None:
    """Sends the beginning of what was announced, and hangs up."""
    reader, writer = await announced(candidate, url, len(content))
    writer.write(content[: len(content) // 2])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""


async def announced(candidate: Candidate, url: str, size: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which so many bytes are to come."""
    target = candidate.http.build_request("PUT", url).url
    reader, writer = await asyncio.open_connection(target.host, target.port)
    writer.write(
        f"PUT {target.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
        f"Authorization: {candidate.http.headers['authorization']}\r\n\r\n".encode()
    )
    return reader, writer


async def test_what_was_cut_off_or_refused_leaves_nothing_behind(candidate: Candidate, service: Service) -> None:
    url = await asked(candidate)
    before = files(service)
    await cut_off(candidate, f"{url}/audio", wav(60))
    problem(415, "audio_unsupported", await candidate.http.put(f"{url}/audio", content=b"\x89PNG" + bytes(5 * MIB)))

    async def clean() -> bool:
        return files(service) == before

    await until(clean)
    problem(404, "recording_not_found", await candidate.http.get(f"{url}/audio"))


BAD = (
    (422, "audio_empty", b""),
    (422, "audio_empty", wav(0.05)),
    (415, "audio_unsupported", b"%PDF-1.7 and no sound at all"),
    (415, "audio_unsupported", b"\x1aE\xdf\xa3\x9fB\x82\x88matroska" + bytes(200)),
    (422, "audio_damaged", wav(2)[:20_000]),
    (422, "audio_damaged", wav(1)[:30]),
    (422, "audio_damaged", wav(1, rate=0)),
    (422, "audio_damaged", wav(1, channels=8)),
    (422, "audio_damaged", b"\xff\xfb\x90\x00" + b"\x9d\x31\x00\xff\xfb" * 40_000),
    (422, "audio_damaged", b"\x1aE\xdf\xa3\x9fB\x82\x84webm" + b"\x18S\x80g" + b"\xff" * 100_000),
    # A box that says it is 4 GiB long.
    (422, "audio_damaged", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom\xff\xff\xff\xffmoov" + bytes(1000)),
    *((422, "audio_damaged", encoded(name, 4)[: len(encoded(name, 4)) // 2]) for name in PROMISING),
)


async def test_what_is_no_sound_recording_is_refused(candidate: Candidate) -> None:
    url = await asked(candidate)
    for number, (status, code, content) in enumerate(BAD):
        refusal = problem(status, code, await candidate.http.put(f"{url}/audio", content=content))
        assert refusal["code"] == code, number
    problem(404, "recording_not_found", await candidate.http.get(f"{url}/audio"))


async def test_ten_hours_are_refused_at_once(candidate: Candidate) -> None:
    url = await asked(candidate)
    # Decoding all of it would take a minute, and end in another refusal.
    problem(422, "audio_too_long", await candidate.http.put(f"{url}/audio", content=ten_hours()))


async def test_more_than_may_be_sent_is_refused_whatever_was_announced(candidate: Candidate, service: Service) -> None:
    url = await asked(candidate)
    before = files(service)

    async def endless() -> AsyncIterator[bytes]:
        yield wav(1, said=0xFFFFFFFF)
        for _ in range(60):
            yield bytes(MIB)

    problem(413, "body_too_large", await candidate.http.put(f"{url}/audio", content=endless()))
    at_the_limit = bytes(50 * MIB + 1)
    problem(413, "audio_too_large", await candidate.http.put(f"{url}/audio", content=at_the_limit))
    reader, writer = await announced(candidate, f"{url}/audio", 1024 * MIB)
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    assert files(service) == before


@pytest.mark.parametrize(
    ("status", "code", "body", "media_type"),
    [
        (400, "malformed_form", b"--x\r\n", "multipart/form-data"),
        (400, "malformed_form", b"nonsense", "multipart/form-data; boundary=x"),
        (400, "malformed_form", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nRIFF',
         "multipart/form-data; boundary=x"),
        (422, "validation_failed", b'--x\r\nContent-Disposition: form-data; name="audio"\r\n\r\nRIFF\r\n--x--\r\n',
         "multipart/form-data; boundary=x"),
        (400, "malformed_form", b"--x\r\nContent-Disposition: " + b"a" * 9000, "multipart/form-data; boundary=x"),
        (400, "malformed_form", b"--x--\r\n", "multipart/form-data; boundary=" + "x" * 5000),
        (415, "unsupported_media_type", b'{"file": "UklGRg=="}', "application/json"),
    ],
)  # fmt: skip
async def test_a_body_that_brings_no_file_is_refused(
    candidate: Candidate, status: int, code: str, body: bytes, media_type: str
) -> None:
    url = await asked(candidate)
    reply = await candidate.http.put(f"{url}/audio", content=body, headers={"Content-Type": media_type})
    problem(status, code, reply)


async def test_a_range_is_given_as_it_was_asked_for(candidate: Candidate) -> None:
    content = wav(1)
    url, _ = await recorded(candidate, content)
    for wanted, status, start, end in (
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=-999999999", 206, 0, None),
        ("bytes=10-999999999", 206, 10, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("bytes=9-5", 200, 0, None),
        ("items=0-5", 200, 0, None),
    ):
        reply = await candidate.http.get(f"{url}/audio", headers={"Range": wanted})
        assert (reply.status_code, reply.content) == (status, content[start:end]), wanted
        assert reply.headers["accept-ranges"] == "bytes"
        first = start % len(content)
        expected = f"bytes {first}-{first + len(reply.content) - 1}/{len(content)}" if status == 206 else None
        assert reply.headers.get("content-range") == expected, wanted


async def test_a_range_behind_the_end_and_conditions_are_minded(candidate: Candidate) -> None:
    content = wav(1)
    url, _ = await recorded(candidate, content)
    for wanted in (f"bytes={len(content)}-", "bytes=-0"):
        reply = await candidate.http.get(f"{url}/audio", headers={"Range": wanted})
        problem(416, "range_not_satisfiable", reply)
        assert reply.headers["content-range"] == f"bytes */{len(content)}"
    whole = await candidate.http.get(f"{url}/audio")
    tag, modified = whole.headers["etag"], whole.headers["last-modified"]
    for condition, status in ((tag, 206), (modified, 206), ('"other"', 200), ("Sat, 01 Jan 2000 00:00:00 GMT", 200)):
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert (await candidate.http.get(f"{url}/audio", headers=headers)).status_code == status
    unchanged = await candidate.http.get(f"{url}/audio", headers={"If-None-Match": f'"a", {tag}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_recordings_are_their_owners_alone(candidate: Candidate, join: Callable[[], Any]) -> None:
    url, _ = await recorded(candidate, wav(1))
    stranger: Candidate = await join()
    for reply in (
        await stranger.http.get(f"{url}/audio"),
        await stranger.http.put(f"{url}/audio", content=wav(1)),
        await stranger.http.post(f"{url}/transcript"),
        await stranger.http.get(f"{url}/transcript"),
        await stranger.http.put(f"{url}/transcript", json={"text": "mine"}),
        await stranger.http.post(f"{url}/transcript/submit"),
    ):
        problem(404, "interview_not_found", reply)
    mine = await asked(stranger)
    mixed = f"{mine.rpartition('/')[0]}/{url.rpartition('/')[2]}"
    problem(404, "question_not_found", await stranger.http.get(f"{mixed}/audio"))


async def test_a_question_that_is_answered_or_of_an_ended_interview_takes_no_recording(candidate: Candidate) -> None:
    url, _ = await recorded(candidate, wav(1))
    interview = url.split("/")[2]
    await candidate.answered(interview, ANSWER)
    problem(409, "question_answered", await candidate.http.put(f"{url}/audio", content=wav(1)))
    await candidate.end(interview)
    problem(409, "interview_not_in_progress", await candidate.http.put(f"{url}/audio", content=wav(1)))
    assert (await candidate.http.get(f"{url}/audio")).content == wav(1)


async def test_files_go_with_their_interview_and_their_account(candidate: Candidate, service: Service) -> None:
    first, one = await recorded(candidate, wav(1))
    _, other = await recorded(candidate, wav(1))
    exported = expect(200, await candidate.http.get("/profile/me/export"))["records"]["recordings"]
    assert {each["id"] for each in exported} == {one["id"], other["id"]}
    assert (await candidate.http.delete(f"/interviews/{first.split('/')[2]}")).status_code == 204
    await service.core.recordings.discard()
    assert {path.name for path in files(service)} & {one["id"], other["id"]} == {other["id"]}
    assert (await candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD})).status_code == 204
    await service.core.recordings.discard()
    assert not {path.name for path in files(service)} & {one["id"], other["id"]}


async def test_a_file_that_cannot_be_removed_keeps_no_other(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, one), (second, other) = [await recorded(candidate, wav(1)) for _ in range(2)]
    for url in (first, second):
        assert (await candidate.http.delete(f"/interviews/{url.split('/')[2]}")).status_code == 204
    remove = FolderStore._remove

    def refusing(store: FolderStore, path: Path) -> None:
        if path.name == one["id"]:
            raise PermissionError(path)
        remove(store, path)

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "_remove", refusing)
        await service.core.recordings.discard()
    assert {path.name for path in files(service)} & {one["id"], other["id"]} == {one["id"]}
    await service.core.database.fetch("UPDATE discarded_files SET due_at = now() WHERE key LIKE $1", f"%{one['id']}")
    await service.core.recordings.discard()
    assert one["id"] not in {path.name for path in files(service)}


async def test_a_file_whose_process_died_before_it_was_a_recording_is_swept(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await asked(candidate)
    before = files(service)

    async def die(*_: object) -> None:
        """Nothing is cleaned up any more."""

    with monkeypatch.context() as patched:
        patched.setattr(service.core.recordings, "_discard_soon", die)
        patched.setattr("chat_service.interviews.recordings.recordings.open_question", _dying_at(2))
        problem(503, "killed", await candidate.http.put(f"{url}/audio", content=wav(1)))
    (left,) = files(service) - before
    await service.core.recordings.discard()
    assert left in files(service), "it may still be on its way"
    await service.core.database.fetch(
        "UPDATE discarded_files SET due_at = now() WHERE key LIKE $1", f"%{UUID(left.name)}"
    )
    await service.core.recordings.discard()
    assert left not in files(service)


def _dying_at(call: int) -> Callable[..., Any]:
    original, calls = recordings.open_question, 0

    async def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise AppError(ErrorKind.UNAVAILABLE, "killed", "As if the process had died here.")
        return await original(*arguments, **options)

    return counted


async def test_an_upload_that_stalls_is_given_up(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await asked(candidate)
    before = files(service)
    monkeypatch.setattr("chat_service.contracts.uploads._PATIENCE_SECONDS", 0.2)
    reader, writer = await announced(candidate, f"{url}/audio", 1000)
    writer.write(wav(1)[:500])
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    await reader.readuntil(b'"code":"body_cut_off"')
    writer.close()
    assert files(service) == before


@pytest.fixture
def in_bucket(environment: pytest.MonkeyPatch, fresh_database_url: str) -> Iterator[str]:
    """The address of a bucket in which the service keeps recordings."""
    with s3.serving() as address:
        environment.setenv("DATABASE_URL", fresh_database_url)
        environment.setenv("AUDIO_BUCKET", f"s3://{s3.BUCKET}/interviews")
        environment.setenv("AUDIO_BUCKET_ENDPOINT", address)
        environment.setenv("AUDIO_BUCKET_KEY_ID", s3.KEY_ID)
        environment.setenv("AUDIO_BUCKET_SECRET", s3.SECRET)
        yield f"{address}/{s3.BUCKET}"


async def test_recordings_live_in_a_bucket_when_one_is_set(
    in_bucket: str, service: Service, candidate: Candidate
) -> None:
    before = files(service)
    url, told = await recorded(candidate, wav(2))
    kept = f"interviews/{(await candidate.http.get('/profile/me')).json()['id']}/{told['id']}"
    async with httpx2.AsyncClient() as client:
        assert f"<Key>{kept}</Key>" in (await client.get(in_bucket)).text
        part = await candidate.http.get(f"{url}/audio", headers={"Range": "bytes=44-99"})
        assert (part.status_code, part.content) == (206, wav(2)[44:100])
        assert expect(200, await candidate.http.post(f"{url}/transcript"))["status"] == "ready"
        assert service.script.speech.recordings == [wav(2)]
        assert (await candidate.http.delete(f"/interviews/{url.split('/')[2]}")).status_code == 204
        await service.core.recordings.discard()
        assert "<Key>" not in (await client.get(in_bucket)).text
    assert files(service) == before
