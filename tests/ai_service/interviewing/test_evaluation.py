from collections.abc import AsyncIterator

import pytest

from ai_service.grading.grade import (
    Assessability,
    Delivery,
    FillerWord,
    GradedAnswer,
    PointMatch,
    PointStatus,
    Quote,
    Signal,
)
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.evaluation import Evaluations
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import (
    Domain,
    Evaluation,
    EvaluationStatus,
    NotAssessableReason,
    Question,
    SubmittedAnswer,
)
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.wording import load_wording
from ai_service.interviewing.workers import Workers
from tests.ai_service.interviews import context


@pytest.fixture
async def engine(grader: Grader, bank: Bank) -> AsyncIterator[BuiltinEngine]:
    workers = Workers(threads=1, bound=4)
    yield BuiltinEngine(grader, workers, bank)
    workers.close()


@pytest.fixture
def evaluations() -> Evaluations:
    return Evaluations(load_rubrics(), FeedbackWriter(load_wording()), model="model", grader_version="1.0")


async def _grade(engine: BuiltinEngine, question: Question, answer: str) -> Evaluation:
    return await engine.evaluate(context(question.domain), SubmittedAnswer(question, answer))


def _read(
    question: Question,
    statuses: dict[str, PointStatus],
    *,
    delivery: Delivery | None = None,
    guards: tuple[str, ...] = (),
    reasoned: float = 1.0,
) -> GradedAnswer:
    """What a grader would find: each point with its status, all signals as high as what was covered."""
    credit = {PointStatus.COVERED: 1.0, PointStatus.PARTIAL: 0.5}
    points = []
    for point in question.points:
        status = statuses.get(point.id, PointStatus.COVERED)
        quote = None if status is PointStatus.MISSED else Quote(f"said of {point.id}", 0, 8 + len(point.id))
        points.append(PointMatch(point, status, credit.get(status, 0.0), quote))
    total = sum(point.weight for point in question.points)
    coverage = sum(match.point.weight * match.credit for match in points) / total
    quotes = tuple(match.quote for match in points if match.quote is not None)
    signals = dict.fromkeys(("coverage", "accuracy", "focus"), Signal(coverage, quotes))
    signals["reasoning"] = Signal(coverage * reasoned, quotes)
    return GradedAnswer(Assessability.ASSESSABLE, delivery or Delivery(80, 6), tuple(points), signals, guards)


@pytest.mark.parametrize("domain", [Domain.DSA, Domain.CS_FUNDAMENTALS, Domain.LLD, Domain.HLD, Domain.BEHAVIORAL])
async def test_a_reference_answer_scores_high_with_its_evidence(
    engine: BuiltinEngine, bank: Bank, domain: Domain
) -> None:
    question = bank.by_domain[domain][0].question
    evaluation = await _grade(engine, question, question.reference_answer)
    assert evaluation.status is EvaluationStatus.SCORED
    assert evaluation.score is not None
    assert evaluation.score > 85
    assert evaluation.provenance.rubric == domain.value
    quotes = [quote for criterion in evaluation.criteria for quote in criterion.evidence]
    quotes += [point.quote for point in evaluation.points if point.quote]
    assert quotes
    assert all(question.reference_answer[quote.start : quote.end] == quote.text for quote in quotes)
    assert [point.id for point in evaluation.points] == [point.id for point in question.points]


async def test_an_off_topic_answer_scores_low(engine: BuiltinEngine, bank: Bank) -> None:
    question = bank.by_domain[Domain.HLD][0].question
    answer = "I like to hike in the mountains at weekends, and my favourite meal is a mushroom risotto."
    evaluation = await _grade(engine, question, answer)
    assert evaluation.score is not None
    assert evaluation.score < 25
    assert evaluation.improvements


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", NotAssessableReason.EMPTY),
        (" \n ...", NotAssessableReason.EMPTY),
        ("I don't know, sorry.", NotAssessableReason.DECLINED),
    ],
)
async def test_an_answer_that_says_nothing_has_no_score_but_all_its_parts(
    engine: BuiltinEngine, bank: Bank, answer: str, reason: NotAssessableReason
) -> None:
    question = bank.by_domain[Domain.LLD][0].question
    evaluation = await _grade(engine, question, answer)
    assert evaluation.status is EvaluationStatus.NOT_ASSESSABLE
    assert (evaluation.score, evaluation.not_assessable_reason) == (None, reason)
    assert [criterion.score for criterion in evaluation.criteria] == [None] * 5
    assert {point.status for point in evaluation.points} == {PointStatus.MISSED}
    assert len(evaluation.points) == len(question.points)
    assert evaluation.feedback
    assert evaluation.strengths == ()


def test_delivery_changes_no_score(evaluations: Evaluations, bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    halting = Delivery(
        60, 1, fluency=3.0, confidence=1.0, words_per_minute=40.0, filler_words=(FillerWord("um", (1, 4, 9, 20)),)
    )
    plain = evaluations.of(question, _read(question, {}))
    spoken = evaluations.of(question, _read(question, {}, delivery=halting))
    assert (plain.score, plain.criteria) == (spoken.score, spoken.criteria)
    assert any("um" in text for text in spoken.improvements)
    assert any("40 words a minute" in text for text in spoken.improvements)


def test_texts_name_what_was_found_and_what_was_not(evaluations: Evaluations, bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    covered, missed, partial, contradicted = question.points[:4]
    statuses = {point.id: PointStatus.MISSED for point in question.points}
    statuses[covered.id] = PointStatus.COVERED
    statuses[partial.id] = PointStatus.PARTIAL
    statuses[contradicted.id] = PointStatus.CONTRADICTED
    evaluation = evaluations.of(question, _read(question, statuses))
    assert len(evaluation.strengths) >= 1
    assert covered.text in evaluation.strengths[0]
    improvements = "\n".join(evaluation.improvements)
    assert contradicted.text in evaluation.improvements[0]
    assert f"said of {contradicted.id}" in evaluation.improvements[0]
    assert missed.text in improvements
    assert partial.text in improvements
    assert covered.text not in improvements
    assert contradicted.text in evaluation.feedback
    assert f"1 of {len(question.points)} expected points" in evaluation.feedback


def test_a_full_answer_has_nothing_to_improve(evaluations: Evaluations, bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    evaluation = evaluations.of(question, _read(question, {}))
    assert evaluation.score == 100.0
    assert evaluation.improvements == ()


def test_claims_without_reasons_are_told_so_in_the_words_of_the_domain(evaluations: Evaluations, bank: Bank) -> None:
    texts = []
    for domain in (Domain.DSA, Domain.BEHAVIORAL):
        question = bank.by_domain[domain][0].question
        texts.append(evaluations.of(question, _read(question, {}, reasoned=0.1)).improvements)
    assert len(texts[0]) == len(texts[1]) == 1
    assert texts[0] != texts[1]


@pytest.mark.parametrize("guard", ["parroted", "keyword_list", "repeated", "injection"])
def test_a_guard_is_explained(evaluations: Evaluations, bank: Bank, guard: str) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    statuses = {point.id: PointStatus.MISSED for point in question.points}
    with_guard = evaluations.of(question, _read(question, statuses, guards=(guard,)))
    without = evaluations.of(question, _read(question, statuses))
    assert with_guard.improvements[1:] == without.improvements


def test_texts_vary_between_questions(evaluations: Evaluations, bank: Bank) -> None:
    openings = set()
    for entry in bank.by_domain[Domain.DSA][:20]:
        missed = {point.id: PointStatus.MISSED for point in entry.question.points[1:]}
        feedback = evaluations.of(entry.question, _read(entry.question, missed)).feedback
        openings.add(feedback.split(":")[0])
    assert len(openings) > 1


def test_a_poor_story_is_to_be_told_anew(evaluations: Evaluations, bank: Bank) -> None:
    told = []
    for domain in (Domain.BEHAVIORAL, Domain.DSA):
        question = bank.by_domain[domain][0].question
        missed = {point.id: PointStatus.MISSED for point in question.points}
        closing = evaluations.of(question, _read(question, missed)).feedback.rpartition("”")[2]
        told.append("story" in closing or "event" in closing)
    assert told == [True, False]
