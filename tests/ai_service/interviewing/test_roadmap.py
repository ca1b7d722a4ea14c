from dataclasses import replace

import pytest

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Difficulty, Domain, NotAssessableReason, Question, Report, Turn
from ai_service.interviewing.report import Reports
from ai_service.interviewing.resources import load_shelf
from ai_service.interviewing.wording import load_wording
from tests.ai_service.interviews import all_missed, context, evaluation, turn


@pytest.fixture(scope="module")
def reports(bank: Bank) -> Reports:
    return Reports(bank, load_wording(), engine="builtin")


def _on_different_topics(bank: Bank, domain: Domain, count: int) -> list[Question]:
    found: dict[str, Question] = {}
    for entry in bank.by_domain[domain]:
        found.setdefault(entry.question.topic, entry.question)
    return list(found.values())[:count]


def _texts(report: Report) -> list[str]:
    roadmap = report.roadmap
    return [step.text for step in (*roadmap.immediate, *roadmap.short_term, *roadmap.long_term)]


@pytest.mark.parametrize("domain", Domain)
def test_weak_topics_shape_every_horizon(reports: Reports, bank: Bank, domain: Domain) -> None:
    questions = _on_different_topics(bank, domain, 3)
    turns = [turn(one, 20.0 + place, statuses=all_missed(one)) for place, one in enumerate(questions)]
    roadmap = reports.of(context(domain), turns).roadmap
    topics = [question.topic for question in questions]
    assert {step.topic for step in roadmap.immediate} == set(topics)
    assert [step.topic for step in roadmap.short_term] == topics
    assert [step.topic for step in roadmap.long_term[:2]] == topics[:2]
    for step, question in zip(roadmap.short_term, questions, strict=True):
        assert load_shelf().for_topic(domain, question.topic)[0].title in step.text
        assert question.topic_title in step.text


@pytest.mark.parametrize("domain", Domain)
def test_topics_that_did_not_come_up_are_of_the_same_part_of_the_bank(
    reports: Reports, bank: Bank, domain: Domain
) -> None:
    entry = bank.by_domain[domain][0]
    roadmap = reports.of(context(domain), [turn(entry.question, 95.0)]).roadmap
    same = {one.question.topic for one in bank.by_source[entry.source]}
    widened = [step for step in roadmap.long_term if step.topic]
    assert len(widened) == 2
    assert {step.topic for step in widened} <= same - {entry.question.topic}


def test_what_was_said_wrongly_comes_first(reports: Reports, bank: Bank) -> None:
    missed, wrong = _on_different_topics(bank, Domain.DSA, 2)
    lightest = min(wrong.points, key=lambda point: point.weight)
    turns = [
        turn(missed, 5.0, statuses=all_missed(missed)),
        turn(wrong, 90.0, statuses={lightest.id: PointStatus.CONTRADICTED}),
    ]
    immediate = reports.of(context(), turns).roadmap.immediate
    assert [step.topic for step in immediate] == [wrong.topic, missed.topic]
    assert lightest.text in immediate[0].text


def test_a_topic_has_one_immediate_step(reports: Reports, bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    immediate = reports.of(context(), [turn(question, 10.0, statuses=all_missed(question))]).roadmap.immediate
    assert [step.topic for step in immediate] == [question.topic]


def test_flawless_answers_leave_keeping_fresh_and_widening(reports: Reports, bank: Bank) -> None:
    questions = _on_different_topics(bank, Domain.HLD, 6)
    roadmap = reports.of(context(Domain.HLD), [turn(one, 100.0) for one in questions]).roadmap
    assert [step.topic for step in roadmap.immediate] == [questions[-1].topic]
    assert [step.topic for step in roadmap.short_term] == [""]
    assert {step.topic for step in roadmap.long_term} & {one.topic for one in questions} == set()


def test_the_readiness_that_the_report_shows_is_the_one_that_the_roadmap_names(reports: Reports, bank: Bank) -> None:
    questions = _on_different_topics(bank, Domain.LLD, 5)
    for score in (60.0, 99.0):
        turns = [turn(replace(one, difficulty=Difficulty.HARD), score) for one in questions]
        report = reports.of(context(Domain.LLD), turns)
        assert report.standing is not None
        assert str(report.standing.readiness_score) in report.roadmap.long_term[-1].text
        assert ("real interviews" in report.roadmap.long_term[-1].text) is (score == 99.0)


@pytest.mark.parametrize("domain", Domain)
def test_without_a_score_the_first_step_is_to_answer_and_the_next_ones_are_on_what_was_asked(
    reports: Reports, bank: Bank, domain: Domain
) -> None:
    questions = _on_different_topics(bank, domain, 4)
    topics = [question.topic for question in questions]
    for reason in (NotAssessableReason.UNINTELLIGIBLE, NotAssessableReason.LANGUAGE, NotAssessableReason.DECLINED):
        turns = [Turn(one, "", evaluation(one, None, reason=reason)) for one in questions]
        report = reports.of(context(domain), turns)
        assert report.standing is None
        assert "Answer at least one question" in report.roadmap.immediate[0].text
        assert {step.topic for step in report.roadmap.immediate[1:]} <= set(topics)
        assert len(report.roadmap.immediate) == 4
        assert [step.topic for step in report.roadmap.short_term] == topics[:3]
        assert report.roadmap.long_term
        assert report.next_steps[0].text == report.roadmap.immediate[0].text
        assert [step.topic for step in report.next_steps[1:]] == topics
        assert not any("readiness" in text.lower() for text in _texts(report))


def test_an_interview_without_a_turn_leads_to_its_domain(reports: Reports) -> None:
    roadmap = reports.of(context(Domain.HLD), []).roadmap
    assert [step.topic for step in (*roadmap.immediate, *roadmap.short_term)] == ["", ""]
    assert {step.topic for step in roadmap.long_term} - {""}
    assert reports.of(context(Domain.HLD), []).next_steps


def test_a_topic_from_outside_the_bank_has_its_domains_resource(reports: Reports, bank: Bank) -> None:
    known = bank.by_domain[Domain.DSA][0].question
    foreign = replace(known, key="model-1", topic="sketches", topic_title="Sketches")
    report = reports.of(context(), [turn(foreign, 20.0, statuses=all_missed(foreign))])
    assert [step.topic for step in report.roadmap.short_term] == ["sketches"]
    assert load_shelf().for_domain(Domain.DSA)[0].title in report.roadmap.short_term[0].text
    assert {topic for resource in report.resources for topic in resource.topics} == {"sketches"}
