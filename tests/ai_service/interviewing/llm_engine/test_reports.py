from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import Report, Turn
from tests.ai_service.interviewing.llm_engine.playing import QUESTION, Playing
from tests.ai_service.interviews import context, turn
from tests.fakes.openai_server import Request, Step, completion, error, html

SUMMARY = "You explained lookups in plain words and knew what they cost. What held you back were collisions."


def turns() -> tuple[Turn, ...]:
    second = replace(QUESTION, key="dsa-second", topic="heaps", topic_title="Heaps")
    return (
        turn(QUESTION, 62.5, statuses={"collisions": PointStatus.MISSED}),
        turn(second, 80.0, statuses={"time": PointStatus.PARTIAL}),
    )


async def plain_report(playing: Playing) -> Report:
    return await BuiltinEngine(playing.grader, playing.workers, playing.bank).report(context(), turns())


def words(plain: Report, **change: Any) -> dict[str, Any]:
    entries = {"strengths": plain.strengths, "gaps": plain.gaps, "next_steps": plain.next_steps}
    return {
        "summary": SUMMARY,
        **{
            name: [{"number": place, "text": f"In other words: {name}."} for place in range(1, len(found) + 1)]
            for name, found in entries.items()
        },
        **change,
    }


def numbers(report: Report) -> tuple[object, ...]:
    return (
        report.overall_score,
        report.assessed_answers,
        report.not_assessable_answers,
        report.criteria,
        [(topic.topic, topic.score, topic.missed_points) for topic in report.topics],
        [(finding.topic, finding.question_key, finding.quote) for finding in (*report.strengths, *report.gaps)],
        [step.topic for step in report.next_steps],
    )


async def test_the_words_are_the_models_and_the_numbers_are_computed(playing: Playing) -> None:
    plain = await plain_report(playing)
    playing.endpoint.will(completion(words(plain)))
    report = await playing.engine.report(context(), turns())
    assert report.summary == SUMMARY
    assert {finding.text for finding in report.strengths} == {"In other words: strengths."}
    assert {step.text for step in report.next_steps} == {"In other words: next_steps."}
    assert numbers(report) == numbers(plain)
    assert not report.words_missing
    assert (report.provenance.engine, report.provenance.model, report.provenance.prompt_version) == (
        "openai",
        "scripted",
        "1.1",
    )


@pytest.mark.parametrize("step", [error(503), error(401), html(200), completion("no"), completion(None, refusal="No.")])
async def test_without_the_model_the_numbers_stand_and_the_words_are_said_to_be_missing(
    playing: Playing, step: Step
) -> None:
    plain = await plain_report(playing)
    playing.endpoint.answer = lambda _: step
    report = await playing.engine.report(context(), turns())
    assert report.words_missing
    assert numbers(report) == numbers(plain)
    assert report.summary.startswith(plain.summary)
    assert "written part of this report is missing" in report.summary
    assert len(playing.endpoint.requests) <= 3
    playing.endpoint.answer = lambda _: completion(words(plain))
    completed = await playing.engine.report(context(), turns())
    assert (completed.words_missing, completed.summary) == (False, SUMMARY)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda plain: {"summary": f"{SUMMARY} You are at 99 of 100."}, "99"),
        (lambda plain: {"summary": f"{SUMMARY} That earns you the grade A."}, "the grade A is not the report's"),
        (lambda plain: {"summary": f"{SUMMARY} A letter grade of “C−” it is."}, "the grade C- is not the report's"),
        (lambda plain: {"gaps": []}, "gaps: give each"),
        (lambda plain: {"gaps": [*words(plain)["gaps"], {"number": 90, "text": "And one more."}]}, "gaps: give each"),
        (
            lambda plain: {"summary": "Name subjects, not generalities. Friendly, plain, exact; no praise."},
            "instructions",
        ),
    ],
)
async def test_words_that_add_facts_are_repaired_once_and_then_left_out(
    playing: Playing, change: Callable[[Report], dict[str, Any]], named: str
) -> None:
    plain = await plain_report(playing)
    wrong = words(plain, **change(plain))
    playing.endpoint.will(completion(wrong), completion(words(plain)))
    assert (await playing.engine.report(context(), turns())).summary == SUMMARY
    assert named in playing.endpoint.requests[1].texts("user")[-1]
    playing.endpoint.answer = lambda _: completion(wrong)
    assert (await playing.engine.report(context(), turns())).words_missing


async def test_numbers_of_the_data_may_be_said(playing: Playing) -> None:
    plain = await plain_report(playing)
    summary = f"{SUMMARY} Your overall score is {plain.overall_score}, with 62.5 on hash tables."
    playing.endpoint.will(completion(words(plain, summary=summary)))
    assert (await playing.engine.report(context(), turns())).summary == summary


async def test_the_model_is_told_the_verdict_that_its_words_have_to_fit(playing: Playing) -> None:
    plain = await plain_report(playing)
    assert plain.standing is not None
    summary = f"{SUMMARY} Grade {plain.standing.letter_grade}, with a readiness of {plain.standing.readiness_score}."
    playing.endpoint.will(completion(words(plain, summary=summary)))
    report = await playing.engine.report(context(), turns())
    told = playing.listed("numbers")
    assert (told["letter_grade"], told["readiness_score"], told["readiness_level"]) == (
        plain.standing.letter_grade,
        plain.standing.readiness_score,
        plain.standing.readiness_level.value,
    )
    assert (report.summary, report.standing) == (summary, plain.standing)


async def test_a_report_without_a_score_has_no_verdict_to_tell(playing: Playing) -> None:
    plain = await BuiltinEngine(playing.grader, playing.workers, playing.bank).report(
        context(), (turn(QUESTION, None),)
    )
    playing.endpoint.will(completion(words(plain)))
    await playing.engine.report(context(), (turn(QUESTION, None),))
    told = playing.listed("numbers")
    assert (told["letter_grade"], told["readiness_score"], told["readiness_level"]) == (None, None, None)


async def test_what_is_known_of_the_candidate_is_told_as_data_and_lends_no_numbers(playing: Playing) -> None:
    known = replace(
        context(), job_role="Backend engineer", resume="Scored 97 of 100 before.", job_description="Queues, mostly."
    )
    plain = await plain_report(playing)
    boasting = words(plain, summary=f"{SUMMARY} You scored 97 before.")
    playing.endpoint.will(completion(boasting), completion(words(plain)))
    report = await playing.engine.report(known, turns())
    assert report.summary == SUMMARY
    told = (playing.data("job_role", 0), playing.data("resume", 0), playing.data("job_description", 0))
    assert told == (known.job_role, known.resume, known.job_description)
    assert known.resume not in playing.system_texts()
    assert "97" in playing.endpoint.requests[1].texts("user")[-1]


async def test_an_interview_without_answers_needs_no_model(playing: Playing) -> None:
    report = await playing.engine.report(context(), ())
    assert (report.overall_score, report.words_missing) == (None, False)
    assert playing.endpoint.requests == []


async def test_a_spent_budget_leaves_the_words_out(playing: Playing) -> None:
    playing.configure(budget_tokens=10_000)
    report = await playing.engine.report(context(), turns() * 3)
    assert report.words_missing
    assert playing.endpoint.requests == []


async def test_a_report_costs_one_call(playing: Playing) -> None:
    plain = await plain_report(playing)
    seen: list[Request] = playing.endpoint.requests
    playing.endpoint.will(completion(words(plain)))
    await playing.engine.report(context(), turns())
    assert len(seen) == 1
