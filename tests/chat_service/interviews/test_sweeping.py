from datetime import timedelta

import grpc

from chat_service.interviews.sweeping import Sweeping
from tests.chat_service.conftest import Candidate, Service, expect

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


async def _rest(service: Service, interview_id: str, time: timedelta) -> None:
    await service.core.database.fetch(
        "UPDATE interviews SET last_activity_at = now() - $2::interval WHERE id = $1", interview_id, time
    )


async def test_an_interview_that_idled_past_the_limit_is_completed_with_its_report(
    service: Service, candidate: Candidate
) -> None:
    idle, busy = await candidate.started(), await candidate.started()
    await candidate.answered(idle["id"], ANSWER)
    await _rest(service, idle["id"], timedelta(hours=3))
    await service.core.sweeping.sweep()
    assert expect(200, await candidate.http.get(f"/interviews/{idle['id']}/result"))["report"]["overall_score"] == 72.5
    assert expect(200, await candidate.http.get(f"/interviews/{busy['id']}"))["state"] == "in_progress"


async def test_an_idle_interview_without_an_answer_is_completed_without_a_score(
    service: Service, candidate: Candidate
) -> None:
    idle = await candidate.started()
    await _rest(service, idle["id"], timedelta(hours=3))
    await service.core.sweeping.sweep()
    result = expect(200, await candidate.http.get(f"/interviews/{idle['id']}/result"))
    assert (result["state"], result["overall_score"]) == ("completed", None)
    assert service.script.reported == []


async def test_an_idle_interview_is_kept_while_the_engine_is_away(service: Service, candidate: Candidate) -> None:
    idle = await candidate.started()
    await candidate.answered(idle["id"], ANSWER)
    await _rest(service, idle["id"], timedelta(hours=3))
    service.script.fault = grpc.StatusCode.INTERNAL
    sweeping: Sweeping = service.core.sweeping
    await sweeping.sweep()
    assert expect(200, await candidate.http.get(f"/interviews/{idle['id']}"))["state"] == "in_progress"
    service.script.fault = None
    await sweeping.sweep()
    assert expect(200, await candidate.http.get(f"/interviews/{idle['id']}"))["state"] == "completed"
