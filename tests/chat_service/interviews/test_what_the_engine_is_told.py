"""What the engine is told of a candidate: his resume, and what a language model has asked him before."""

from typing import Any

import pytest

from protos.interview_engine.v1 import question_pb2 as questions
from tests.chat_service.conftest import Candidate, Service, expect, problem

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."
RESUME = "Five years of Go and Kafka.\n\n- Moved a monolith to services\n- 語学: 日本語"


async def test_a_resume_reaches_every_call_of_the_engine(candidate: Candidate, service: Service) -> None:
    created = await candidate.create(resume=f"  {RESUME}\n")
    await candidate.start(created["id"])
    await candidate.answered(created["id"], ANSWER)
    await candidate.end(created["id"])
    script = service.script
    told = (script.asked[-1].context, script.evaluated[-1].context, script.reported[-1].context)
    assert [context.resume for context in told] == [RESUME] * 3
    read = expect(200, await candidate.http.get(f"/interviews/{created['id']}"))
    assert read["resume"] == RESUME


async def test_an_interview_without_a_resume_has_none(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    assert service.script.asked[-1].context.resume == ""
    assert expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))["resume"] is None


@pytest.mark.parametrize("resume", ["", "   ", "x" * 20_001, 7, "a\0b"])
async def test_a_resume_that_cannot_be_read_is_refused(candidate: Candidate, resume: Any) -> None:
    body = {"domain": "dsa", "difficulty": "easy", "resume": resume}
    refused = problem(422, "validation_failed", await candidate.http.post("/interviews", json=body))
    assert [one["field"] for one in refused["fields"]] == ["resume"]


async def test_the_longest_resume_is_taken(candidate: Candidate) -> None:
    created = await candidate.create(resume="語" * 20_000, job_description="述" * 10_000)
    assert "resume" not in created


async def test_the_questions_that_a_model_wrote_in_other_interviews_are_told_newest_first(
    candidate: Candidate, service: Service
) -> None:
    script = service.script
    script.source = questions.QUESTION_SOURCE_MODEL
    first = await candidate.started()
    await candidate.answered(first["id"], ANSWER)
    asked = [one["question"]["text"] for one in (await _read(candidate, first["id"]))["transcript"]]
    assert list(script.evaluated[-1].next_question.seen_texts) == []  # its own are among its turns
    second = await candidate.started(domain="hld")
    assert list(script.asked[-1].seen_texts) == asked[::-1]
    await candidate.answered(second["id"], ANSWER)
    assert list(script.evaluated[-1].next_question.seen_texts) == asked[::-1]


async def test_the_banks_questions_are_told_by_their_keys_alone(candidate: Candidate, service: Service) -> None:
    await candidate.started()
    await candidate.started()
    assert list(service.script.asked[-1].seen_texts) == []
    assert len(service.script.asked[-1].seen_keys) == 1


async def test_of_many_written_questions_the_last_fifty_are_told_by_their_beginnings(
    candidate: Candidate, service: Service
) -> None:
    service.script.source = questions.QUESTION_SOURCE_MODEL
    interview = await candidate.started()
    await service.core.database.fetch(
        """INSERT INTO questions (id, user_id, interview_id, number, key, repeat, text, kind, parent_key,
                                  probed_point_id, domain, difficulty, topic, topic_title, points, reference_answer,
                                  time_limit_seconds, source, asked_at)
           SELECT gen_random_uuid(), user_id, interview_id, 100 + n, 'k' || n, 0, n || repeat('x', 2000), kind, '', '',
                  domain, difficulty, topic, topic_title, points, reference_answer, time_limit_seconds, source,
                  asked_at + n * interval '1 second'
           FROM questions, generate_series(1, 60) AS n WHERE interview_id = $1::uuid""",
        interview["id"],
    )
    await candidate.started()
    told = list(service.script.asked[-1].seen_texts)
    assert [text[:2] for text in told] == [str(n) for n in range(60, 10, -1)]
    assert {len(text) for text in told} == {1000}


async def _read(candidate: Candidate, interview: str) -> dict[str, Any]:
    return dict(expect(200, await candidate.http.get(f"/interviews/{interview}")))
