"""Reports as they are stored: once, with numbers that stay, and with words that may come later."""

import asyncio
import json
from typing import Any
from uuid import UUID

from tests.chat_service.conftest import Candidate, Service, expect

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
# What a report consisted of before it had a grade, a roadmap and reviews.
FORMER = {
    "overall_score": 72.5,
    "assessed_answers": 1,
    "not_assessable_answers": 0,
    "criteria": [{"name": "coverage", "title": "Coverage", "weight": 1.0, "score": 72.5, "assessed_answers": 1}],
    "topics": [
        {"topic": "heaps", "title": "Heaps", "score": 72.5, "assessed_answers": 1, "missed_points": ["A point."]}
    ],
    "strengths": [{"text": "Heaps: good.", "topic": "heaps", "question_key": "k", "quote": "said"}],
    "gaps": [],
    "next_steps": [{"text": "Study heaps.", "topic": "heaps"}],
    "summary": "One answer.",
    "provenance": {
        "engine": "builtin",
        "model": "m",
        "rubric": "",
        "rubric_version": "1.0",
        "prompt_version": "",
        "grader_version": "1.0",
    },
}


async def _answered(candidate: Candidate) -> str:
    interview: str = (await candidate.started())["id"]
    await candidate.answered(interview, ANSWER)
    return interview


async def _ended_without_words(candidate: Candidate, service: Service) -> dict[str, Any]:
    service.script.words_missing, service.script.summary = True, "Numbers only."
    ended = await candidate.end(await _answered(candidate))
    service.script.words_missing, service.script.summary = False, "The whole report."
    service.script.reported.clear()
    return ended


async def _result(candidate: Candidate, interview: str) -> dict[str, Any]:
    return dict(expect(200, await candidate.http.get(f"/interviews/{interview}/result")))


async def _store(service: Service, interview: str, report: dict[str, Any]) -> None:
    await service.core.database.fetch(
        "UPDATE reports SET report = $2::text::jsonb WHERE interview_id = $1", UUID(interview), json.dumps(report)
    )


async def _let_a_minute_pass(service: Service, interview: str) -> None:
    await service.core.database.fetch(
        "UPDATE interviews SET last_activity_at = last_activity_at - interval '61 seconds' WHERE id = $1",
        UUID(interview),
    )


def _numbers(ended: dict[str, Any]) -> dict[str, Any]:
    words = {"strengths", "gaps", "next_steps", "summary", "provenance", "words_missing"}
    return {
        **{name: value for name, value in ended.items() if name != "report"},
        "report": {name: value for name, value in ended["report"].items() if name not in words},
    }


async def test_a_report_has_a_grade_a_readiness_a_roadmap_resources_and_reviews(
    candidate: Candidate, service: Service
) -> None:
    interview = await _answered(candidate)
    report = (await candidate.end(interview))["report"]
    assert (report["letter_grade"], report["readiness_score"], report["readiness_level"]) == ("B", 72.5, "almost_ready")
    assert report["words_missing"] is False
    for horizon in ("immediate", "short_term", "long_term"):
        assert [step["topic"] for step in report["roadmap"][horizon]] == ["hash_tables"]
    assert [(one["type"], one["priority"]) for one in report["resources"]] == [("book", "medium")]
    assert report["topics"][0]["domain"] == "dsa"
    assert [one["status"] for one in (*report["strengths"], *report["gaps"])] == ["covered", "missed"]
    transcript = expect(200, await candidate.http.get(f"/interviews/{interview}"))["transcript"]
    (review,) = report["question_reviews"]
    assert review["question_id"] == transcript[0]["question"]["id"]
    assert review["question"] == transcript[0]["question"]["text"]
    assert review["points"] == transcript[0]["answer"]["evaluation"]["points"]
    assert review["full_answer"] == transcript[0]["reference_answer"]
    assert review["not_assessable_reason"] is None
    assert (await _result(candidate, interview))["report"] == report


async def test_a_report_that_was_stored_before_there_were_grades_still_reads(
    candidate: Candidate, service: Service
) -> None:
    interview = await _answered(candidate)
    await candidate.end(interview)
    await _store(service, interview, FORMER)
    report = (await _result(candidate, interview))["report"]
    assert (report["overall_score"], report["summary"]) == (72.5, "One answer.")
    assert (report["letter_grade"], report["readiness_score"], report["readiness_level"]) == (None, None, None)
    assert report["roadmap"] == {"immediate": [], "short_term": [], "long_term": []}
    assert (report["resources"], report["question_reviews"], report["words_missing"]) == ([], [], False)
    assert (await candidate.end(interview))["report"] == report


async def test_an_interview_without_answers_has_neither_grade_nor_readiness(candidate: Candidate) -> None:
    report = (await candidate.end((await candidate.started())["id"]))["report"]
    assert (report["letter_grade"], report["readiness_score"], report["readiness_level"]) == (None, None, None)
    assert (report["question_reviews"], report["resources"]) == ([], [])


async def test_an_interview_without_answers_still_says_what_to_do_and_asks_no_engine(
    candidate: Candidate, service: Service
) -> None:
    ended = await candidate.end((await candidate.started())["id"])
    report = ended["report"]
    assert service.script.reported == []
    assert [one["topic"] for one in report["topics"]] == ["hash_tables"]
    assert (report["topics"][0]["score"], report["topics"][0]["title"]) == (None, "Hash tables")
    assert [step["topic"] for step in report["roadmap"]["immediate"]] == [None, "hash_tables"]
    assert "Hash tables" in report["roadmap"]["immediate"][1]["text"]
    assert report["roadmap"]["short_term"]
    assert report["roadmap"]["long_term"]
    assert report["next_steps"] == report["roadmap"]["immediate"]


async def test_a_complete_report_is_never_asked_for_again(candidate: Candidate, service: Service) -> None:
    interview = await _answered(candidate)
    first = await candidate.end(interview)
    await _let_a_minute_pass(service, interview)
    service.script.summary = "Another report."
    assert await candidate.end(interview) == first
    assert await _result(candidate, interview) == first
    assert len(service.script.reported) == 1


async def test_ending_again_completes_the_words_and_leaves_the_numbers(candidate: Candidate, service: Service) -> None:
    ended = await _ended_without_words(candidate, service)
    assert (ended["report"]["words_missing"], ended["report"]["summary"]) == (True, "Numbers only.")
    # An engine of a later release may count otherwise: what was told stays.
    await _store(service, ended["id"], {**ended["report"], "letter_grade": "A", "overall_score": 88.8})
    completed = await candidate.end(ended["id"])
    assert (completed["report"]["words_missing"], completed["report"]["summary"]) == (False, "The whole report.")
    assert (completed["report"]["letter_grade"], completed["report"]["overall_score"]) == ("A", 88.8)
    expected = {**_numbers(ended), "report": {**_numbers(ended)["report"], "letter_grade": "A", "overall_score": 88.8}}
    assert _numbers(completed) == expected
    assert await candidate.end(ended["id"]) == completed
    assert await _result(candidate, ended["id"]) == completed
    assert len(service.script.reported) == 1


async def test_many_who_end_again_at_once_ask_for_the_words_once(candidate: Candidate, service: Service) -> None:
    ended = await _ended_without_words(candidate, service)
    service.script.delay = 0.1
    replies = await asyncio.gather(*(candidate.end(ended["id"]) for _ in range(6)))
    assert [reply["report"]["summary"] for reply in replies] == ["The whole report."] * 6
    assert len(service.script.reported) == 1


async def test_words_that_are_still_missing_leave_the_report_as_it_is(candidate: Candidate, service: Service) -> None:
    ended = await _ended_without_words(candidate, service)
    service.script.words_missing = True
    assert await candidate.end(ended["id"]) == ended
    assert len(service.script.reported) == 1
    await service.stop_engine()
    assert await candidate.end(ended["id"]) == ended
    await service.restart_engine()
    service.script.words_missing = False
    assert (await candidate.end(ended["id"]))["report"]["summary"] == "The whole report."


async def test_reading_the_result_asks_for_missing_words_once_a_minute(candidate: Candidate, service: Service) -> None:
    ended = await _ended_without_words(candidate, service)
    assert await _result(candidate, ended["id"]) == ended
    assert service.script.reported == []
    await _let_a_minute_pass(service, ended["id"])
    service.script.words_missing = True
    assert await _result(candidate, ended["id"]) == ended
    assert await _result(candidate, ended["id"]) == ended
    assert len(service.script.reported) == 1
    await _let_a_minute_pass(service, ended["id"])
    service.script.words_missing = False
    completed = await _result(candidate, ended["id"])
    assert completed["report"]["summary"] == "The whole report."
    assert _numbers(completed) == _numbers(ended)
    assert await _result(candidate, ended["id"]) == completed


async def test_the_same_idempotency_key_gives_the_same_report_and_another_one_completes_it(
    candidate: Candidate, service: Service
) -> None:
    interview = await _answered(candidate)

    async def end(key: str) -> dict[str, Any]:
        reply = await candidate.http.post(f"/interviews/{interview}/end", headers={"Idempotency-Key": key})
        return dict(expect(200, reply))

    service.script.words_missing = True
    first = await end("first")
    service.script.words_missing, service.script.summary = False, "The whole report."
    assert await end("first") == first
    second = await end("second")
    assert second["report"]["summary"] == "The whole report."
    assert await end("second") == second
