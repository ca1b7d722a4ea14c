import random
from collections.abc import Sequence
from fractions import Fraction

import pytest

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.averages import comparable, graded_turns
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import (
    Difficulty,
    Domain,
    NotAssessableReason,
    Question,
    QuestionKind,
    Turn,
)
from ai_service.interviewing.report import Reports
from ai_service.interviewing.standing import load_standards
from ai_service.interviewing.wording import load_wording
from tests.ai_service.interviews import all_missed, context, evaluation, turn


@pytest.fixture(scope="module")
def reports(bank: Bank) -> Reports:
    return Reports(bank, load_wording(), engine="builtin")


def _random_turns(bank: Bank, seed: int) -> list[Turn]:
    chance = random.Random(seed)
    turns = []
    for entry in chance.sample(list(bank.by_domain[Domain.DSA]), chance.randint(1, 12)):
        for question in (entry.question, *entry.follow_ups[: chance.randint(0, 2)]):
            statuses = {point.id: chance.choice(list(PointStatus)) for point in question.points}
            score = None if chance.random() < 0.2 else round(chance.uniform(0, 100), 1)
            criteria = {name: round(chance.uniform(0, 100), 1) for name in ("approach", "completeness", "focus")}
            reason = chance.choice(list(NotAssessableReason))
            graded = evaluation(question, score, statuses=statuses, criteria=criteria, reason=reason)
            turns.append(Turn(question, "", graded))
    return turns


def _exact_mean(values: Sequence[tuple[float, int]]) -> Fraction | None:
    total = sum(weight for _, weight in values)
    return sum((Fraction(value) * weight for value, weight in values), Fraction()) / total if total else None


def _agree(shown: float | None, exact: Fraction | None) -> bool:
    if shown is None or exact is None:
        return shown is None and exact is None
    return abs(Fraction(shown) - exact) <= Fraction(501, 10_000) and round(shown, 1) == shown


@pytest.mark.parametrize("seed", range(25))
def test_the_numbers_are_those_of_the_evaluations(reports: Reports, bank: Bank, seed: int) -> None:
    turns = _random_turns(bank, seed)
    report = reports.of(context(), turns)
    graded = [(played.question, played.evaluation) for played in turns if played.evaluation is not None]
    scored = [(question, given) for question, given in graded if given.score is not None]
    assert (report.assessed_answers, report.not_assessable_answers) == (len(scored), len(turns) - len(scored))
    weighted = [(given.score or 0.0, 2 if question.kind is QuestionKind.MAIN else 1) for question, given in scored]
    assert _agree(report.overall_score, _exact_mean(weighted))
    for topic in report.topics:
        values = [(given.score or 0.0, 1) for question, given in scored if question.topic == topic.topic]
        assert topic.assessed_answers == len(values)
        assert _agree(topic.score, _exact_mean(values))
    assert {topic.topic for topic in report.topics} == {question.topic for question, _ in graded}
    shown = [topic.score for topic in report.topics if topic.score is not None]
    assert shown == sorted(shown)
    for criterion in report.criteria:
        scores = [
            (judged.score, 1)
            for _, given in scored
            for judged in given.criteria
            if judged.id == criterion.id and judged.score is not None
        ]
        assert criterion.assessed_answers == len(scores)
        assert _agree(criterion.score, _exact_mean(scores))


@pytest.mark.parametrize("seed", range(10))
def test_findings_are_true_of_the_answers(reports: Reports, bank: Bank, seed: int) -> None:
    turns = _random_turns(bank, seed)
    report = reports.of(context(), turns)
    by_key = {played.question.key: played.evaluation for played in turns}
    for finding in report.strengths:
        given = by_key[finding.question_key]
        assert given is not None
        shown = [point for point in given.points if point.status is PointStatus.COVERED and point.quote]
        assert any(point.quote and point.quote.text == finding.quote for point in shown)
        assert any(point.text in finding.text for point in shown)
    for finding in report.gaps:
        given = by_key[finding.question_key]
        assert given is not None
        open_points = [point for point in given.points if point.status is not PointStatus.COVERED]
        about = [point for point in open_points if point.text in finding.text]
        assert about
        assert any(
            (point.status, point.quote.text if point.quote else "") == (finding.status, finding.quote)
            for point in about
        )
        assert (finding.status is PointStatus.MISSED) == (finding.quote == "")


def _question(bank: Bank, place: int = 0) -> Question:
    return bank.cell(Domain.DSA, Difficulty.MEDIUM)[place].question


@pytest.mark.parametrize("seed", range(10))
def test_the_standing_rests_on_the_scored_turns_and_the_summary_tells_it(
    reports: Reports, bank: Bank, seed: int
) -> None:
    turns = _random_turns(bank, seed)
    report = reports.of(context(), turns)
    assert (report.standing is None) == (report.overall_score is None)
    assert [review.question for review in report.question_reviews] == [played.question for played in turns]
    if report.standing is not None and report.overall_score is not None:
        averaged = comparable(graded_turns(turns))
        passed = [one for one in graded_turns(turns) if one.passed]
        assert report.standing == load_standards().standing(averaged, passed)
        assert report.standing.letter_grade == load_standards().letter(report.overall_score)
        assert f"grade {report.standing.letter_grade} and" in report.summary
        assert f"a readiness of {report.standing.readiness_score} of 100" in report.summary


def test_equal_topic_names_of_two_domains_are_averaged_apart(reports: Reports, bank: Bank) -> None:
    questions = [bank.on_topic(domain, "concurrency")[0].question for domain in (Domain.LLD, Domain.CS_FUNDAMENTALS)]
    turns = [turn(questions[0], 20.0, statuses=all_missed(questions[0])), turn(questions[1], 90.0)]
    report = reports.of(context(Domain.ROLE), turns)
    assert [(topic.domain, topic.score) for topic in report.topics] == [
        (Domain.LLD, 20.0),
        (Domain.CS_FUNDAMENTALS, 90.0),
    ]
    study = " ".join(bank.topic[Domain.LLD, "concurrency"].study.split())
    assert study in report.next_steps[0].text


def test_an_interview_without_answers_has_no_numbers(reports: Reports) -> None:
    report = reports.of(context(), [])
    assert report.standing is None
    assert report.question_reviews == ()
    assert (report.overall_score, report.assessed_answers, report.not_assessable_answers) == (None, 0, 0)
    assert (report.criteria, report.topics, report.strengths, report.gaps) == ((), (), (), ())
    assert report.summary
    assert report.next_steps


def test_an_interview_of_declined_answers_has_gaps_and_no_score(reports: Reports, bank: Bank) -> None:
    question = _question(bank)
    report = reports.of(context(), [turn(question, None)])
    assert report.overall_score is None
    assert report.topics[0].score is None
    assert set(report.topics[0].missed_points) == {point.text for point in question.points}
    assert report.gaps
    study = " ".join(bank.topic[question.domain, question.topic].study.split())
    assert any(study in step.text and step.topic == question.topic for step in report.next_steps)


def test_what_could_not_be_read_is_no_gap(reports: Reports, bank: Bank) -> None:
    question = _question(bank)
    unread = Turn(question, "", evaluation(question, None, reason=NotAssessableReason.UNINTELLIGIBLE))
    report = reports.of(context(), [unread])
    assert report.gaps == ()
    assert report.topics[0].missed_points == ()


def test_the_weakest_topic_is_studied_first(reports: Reports, bank: Bank) -> None:
    first, second = (
        _question(bank),
        next(entry.question for entry in bank.by_domain[Domain.DSA] if entry.question.topic != _question(bank).topic),
    )
    turns = [
        turn(first, 55.0, statuses=all_missed(first)),
        turn(second, 15.0, statuses=all_missed(second)),
    ]
    report = reports.of(context(), turns)
    assert [step.topic for step in report.next_steps[:2]] == [second.topic, first.topic]
    for step in report.next_steps[:2]:
        assert " ".join(bank.topic[Domain.DSA, step.topic].study.split()) in step.text


def test_a_contradiction_costs_most(reports: Reports, bank: Bank) -> None:
    question = _question(bank)
    heaviest = max(question.points, key=lambda point: point.weight)
    statuses = {point.id: PointStatus.MISSED for point in question.points}
    statuses[heaviest.id] = PointStatus.CONTRADICTED
    report = reports.of(context(), [turn(question, 5.0, statuses=statuses)])
    assert heaviest.text in report.gaps[0].text
    assert report.gaps[0].quote == f"on {heaviest.id}"


def test_a_gap_that_a_follow_up_closed_is_gone(reports: Reports, bank: Bank) -> None:
    entry = next(entry for entry in bank.by_domain[Domain.DSA] if entry.follow_ups)
    follow_up = entry.follow_ups[0]
    missed = {follow_up.probed_point_id: PointStatus.MISSED}
    main = turn(entry.question, 70.0, statuses=missed)
    assert len(reports.of(context(), [main]).gaps) == 1
    assert reports.of(context(), [main, turn(follow_up, 100.0)]).gaps == ()


def test_majors_of_a_rubric_are_never_mixed(reports: Reports, bank: Bank) -> None:
    old, new = _question(bank), _question(bank, 1)
    turns = [
        Turn(old, "", evaluation(old, 10.0, version="1.4")),
        Turn(new, "", evaluation(new, 80.0, version="2.0")),
    ]
    report = reports.of(context(), turns)
    assert report.overall_score == 80.0
    assert report.assessed_answers == 2
    assert "One answer graded under an earlier version" in report.summary
    assert report.provenance.rubric_version == "2.0"


def test_strong_answers_lead_up_a_level_and_weak_ones_down(reports: Reports, bank: Bank) -> None:
    question = _question(bank)
    assert any("hard" in step.text for step in reports.of(context(), [turn(question, 95.0)]).next_steps)
    weak = turn(question, 10.0, statuses=all_missed(question))
    assert any("easy" in step.text for step in reports.of(context(), [weak]).next_steps)


def test_a_topic_from_outside_the_bank_gets_a_next_step_of_its_own(reports: Reports, bank: Bank) -> None:
    known = _question(bank)
    foreign = Question(
        key="model-1",
        text="What is a bloom filter good for?",
        kind=QuestionKind.MAIN,
        domain=Domain.DSA,
        difficulty=Difficulty.MEDIUM,
        topic="sketches",
        topic_title="Sketches",
        points=known.points,
        reference_answer="",
        time_limit_seconds=120,
        source=known.source,
    )
    report = reports.of(context(), [turn(foreign, 20.0, statuses=all_missed(foreign))])
    assert report.next_steps[0].topic == "sketches"
    assert "Sketches (20.0)" in report.next_steps[0].text
