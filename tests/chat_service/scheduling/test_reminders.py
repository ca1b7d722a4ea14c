"""Reminders: planned with the interview, moved and dropped with it, sent once by whichever process comes first."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from icalendar import Calendar

from chat_service.core import Core
from chat_service.errors import AppError, ErrorKind
from chat_service.scheduling.reminders import REMINDER_JOB
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, serving, settings_with
from tests.fakes.smtp_server import Mailbox, receiving
from tests.waiting import until


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with receiving() as mailbox:
        yield mailbox


@pytest.fixture
def mail_settings(fresh_database_url: str, redis_url: str, mailbox: Mailbox) -> Mapping[str, str]:
    return {
        **settings_with(fresh_database_url, redis_url),
        "SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "MAIL_FROM": "interviews@example.com",
    }


@pytest.fixture
async def idle(mail_settings: Mapping[str, str]) -> AsyncIterator[Service]:
    """A service that sends by SMTP and does no job by itself."""
    async with serving({**mail_settings, "JOBS_AT_ONCE": "0"}) as service:
        yield service


async def joined(service: Service) -> Candidate:
    client = httpx2.AsyncClient(base_url=f"{service.url}/api/v1", timeout=20)
    email = f"{uuid4().hex}@example.com"
    expect(201, await client.post("/auth/signup", json={"email": email, "password": PASSWORD}))
    tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": PASSWORD}))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return Candidate(client, email, tokens["refresh_token"])


def ahead(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


async def outbox(core: Core) -> list[tuple[UUID, int, bool]]:
    rows = await core.database.fetch("SELECT id, minutes_before, sent_at FROM reminders ORDER BY minutes_before DESC")
    return [(row["id"], row["minutes_before"], row["sent_at"] is not None) for row in rows]


async def waiting(core: Core) -> list[tuple[str, float]]:
    """The reminders in the queue and the seconds until each is due."""
    rows = await core.database.fetch(
        "SELECT convert_from(payload, 'utf-8')::jsonb->>'reminder_id' AS id, "
        "extract(epoch FROM execute_after - now())::float AS delay FROM pgqueuer WHERE entrypoint = $1 ORDER BY 2",
        REMINDER_JOB,
    )
    return [(row["id"], row["delay"]) for row in rows]


async def send(core: Core, reminder_id: UUID) -> None:
    await core.job_worker.work[REMINDER_JOB].do({"reminder_id": str(reminder_id)})


async def test_two_processes_send_one_message_with_the_interview_as_a_calendar_file(
    mail_settings: Mapping[str, str], mailbox: Mailbox
) -> None:
    async with serving(mail_settings) as first, serving(mail_settings):
        candidate = await joined(first)
        interview = await candidate.create(
            scheduled_at=ahead(minutes=60, seconds=0.5), title="Graphs\r\nBcc: all@example.com"
        )
        (message,) = await mailbox.until(1)

        async def one_waits() -> bool:
            return len(await waiting(first.core)) == 1

        await until(one_waits)
        (sent, kept) = await outbox(first.core)
    assert len(mailbox.messages) == 1
    assert (sent[1:], kept[1:]) == ((60, True), (10, False))
    assert message["Message-ID"] == f"<{sent[0]}@example.com>"
    assert (message["From"].addresses[0].addr_spec, message["To"]) == ("interviews@example.com", candidate.email)
    assert message["Subject"].startswith("In 60 minutes: Graphs")
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    (attachment,) = message.iter_attachments()
    assert attachment.get_content_type() == "text/calendar"
    content: Any = attachment.get_content()
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["UID"]) == interview["id"]
    begins: Any = event["DTSTART"]
    assert begins.dt == datetime.fromisoformat(interview["scheduled_at"]).replace(microsecond=0)


async def test_reminders_move_and_go_with_their_interview(idle: Service, mailbox: Mailbox) -> None:
    candidate, core = await joined(idle), idle.core
    interview = (await candidate.create(scheduled_at=ahead(minutes=90)))["id"]
    before = await outbox(core)
    assert [round(delay / 60) for _, delay in await waiting(core)] == [30, 80]
    moved = await candidate.http.put(f"/schedules/{interview}/reschedule", json={"scheduled_at": ahead(minutes=30)})
    expect(200, moved)
    ((reminder, minutes, _),) = await outbox(core)
    assert minutes == 10
    assert reminder not in {one for one, _, _ in before}
    assert [(one, round(delay / 60)) for one, delay in await waiting(core)] == [(str(reminder), 20)]
    expect(200, await candidate.http.post(f"/schedules/{interview}/cancel"))
    assert await outbox(core) == []
    assert await waiting(core) == []
    await send(core, reminder)
    started = (await candidate.create(scheduled_at=ahead(minutes=30)))["id"]
    ((reminder, _, _),) = await outbox(core)
    await candidate.start(started)
    await send(core, reminder)
    assert mailbox.messages == []
    assert (await candidate.http.delete(f"/interviews/{started}")).status_code == 204
    assert await outbox(core) == []


async def test_a_message_is_tried_again_under_its_id_and_sent_once_when_taken(idle: Service, mailbox: Mailbox) -> None:
    candidate, core = await joined(idle), idle.core
    await candidate.create(scheduled_at=ahead(minutes=30))
    ((reminder, _, _),) = await outbox(core)
    mailbox.replies = ["451 later"]
    with pytest.raises(AppError) as refused:
        await send(core, reminder)
    assert refused.value.kind is ErrorKind.UNAVAILABLE
    results = await asyncio.gather(*(send(core, reminder) for _ in range(4)), return_exceptions=True)
    busy = [one for one in results if one is not None]
    assert {one.reason for one in busy if isinstance(one, AppError)} <= {"reminder_in_flight"}
    await send(core, reminder)
    assert len(mailbox.messages) == 1
    # As after a kill between the server's "taken" and our note of it.
    await core.database.fetch("UPDATE reminders SET sent_at = NULL, claimed_until = now()")
    await send(core, reminder)
    assert {one["Message-ID"] for one in mailbox.messages} == {f"<{reminder}@example.com>"}
    assert len(mailbox.messages) == 2


async def test_an_unknown_reader_is_not_written_to_again(idle: Service, mailbox: Mailbox) -> None:
    candidate, core = await joined(idle), idle.core
    await candidate.create(scheduled_at=ahead(minutes=30))
    ((reminder, _, _),) = await outbox(core)
    mailbox.unknown = {candidate.email}
    await send(core, reminder)
    assert await outbox(core) == [(reminder, 10, False)]
    assert mailbox.messages == []


async def test_a_candidate_can_switch_reminders_off(idle: Service, mailbox: Mailbox) -> None:
    candidate, core = await joined(idle), idle.core
    await candidate.create(scheduled_at=ahead(minutes=30))
    ((reminder, _, _),) = await outbox(core)
    off = expect(200, await candidate.http.patch("/profile/me", json={"reminders": False}))
    assert off["reminders"] is False
    await send(core, reminder)
    assert mailbox.messages == []
    assert expect(200, await candidate.http.patch("/profile/me", json={"reminders": None}))["reminders"] is True
    await send(core, reminder)
    assert len(mailbox.messages) == 1
