from dataclasses import replace
from itertools import pairwise

import pytest

from ai_service.errors import BudgetSpent
from ai_service.interviewing.interview import QuestionSource, SubmittedAnswer, Turn
from ai_service.interviewing.llm_engine.spending import Spending
from ai_service.llm.budget import Allowance, Prices
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, QUESTION, Playing, draft, grading
from tests.ai_service.interviews import context, turn
from tests.fakes.openai_server import completion

SUBMITTED = SubmittedAnswer(QUESTION, ANSWER)


def turns(count: int, answer: str = "") -> tuple[Turn, ...]:
    """Past turns as a caller sends them: without points, and without answers unless given."""
    return tuple(replace(turn(replace(QUESTION, points=(), reference_answer="")), answer=answer) for _ in range(count))


def test_every_turn_takes_a_question_and_a_grading_off_the_budget() -> None:
    spending = Spending(Allowance(100_000), 1000, 1)
    left = [spending.for_report(context(), turns(count)).left for count in range(4)]
    steps = {before - after for before, after in pairwise(left)}
    assert left[0] == 100_000
    assert len(steps) == 1
    assert steps.pop() > 2 * 1000, "two full outputs at least"


def test_samples_long_answers_and_long_contexts_cost_more() -> None:
    one = Spending(Allowance(100_000), 1000, 1)
    plain = one.for_report(context(), turns(1)).left
    assert Spending(Allowance(100_000), 1000, 3).for_report(context(), turns(1)).left < plain - 2 * 1000
    assert one.for_report(context(), turns(1, answer="word " * 4000)).left < plain - 5000
    assert one.for_report(context(job_description="word " * 2000), turns(1)).left < plain - 3000


def test_a_turn_without_a_grade_took_none() -> None:
    spending = Spending(Allowance(100_000), 1000, 1)
    ungraded = tuple(replace(one, evaluation=None) for one in turns(1))
    assert spending.for_report(context(), ungraded).left > spending.for_report(context(), turns(1)).left


@pytest.mark.parametrize("answer", ["short answer", "word " * 4000])
def test_the_answer_to_a_question_that_was_asked_can_be_graded(answer: str) -> None:
    """However many turns there were: where a question is given out, its grading is still affordable."""
    for whole in range(10_000, 80_000, 1_000):
        spending = Spending(Allowance(whole), 1000, 1)
        for count in range(12):
            try:
                spending.for_question(context(), turns(count))
            except BudgetSpent:
                continue
            spending.for_grading(context(), SubmittedAnswer(QUESTION, answer), turns(count))


def test_an_interview_ends_with_a_clear_refusal() -> None:
    spending = Spending(Allowance(60_000), 1000, 1)
    with pytest.raises(BudgetSpent, match="60000"):
        spending.for_question(context(), turns(20))
    with pytest.raises(BudgetSpent):
        spending.for_grading(context(), SUBMITTED, turns(20))
    assert spending.for_report(context(), turns(20)).left == 0


def test_the_cost_is_bounded_as_the_tokens_are() -> None:
    prices = Prices(input_per_million=1.0, output_per_million=10.0)
    spending = Spending(Allowance(1_000_000_000, 0.1, prices), 1000, 1)
    spending.for_question(context(), ())
    spending.for_grading(context(), SUBMITTED, ())
    with pytest.raises(BudgetSpent, match="LLM_BUDGET_COST"):
        spending.for_question(context(), turns(5))
    with pytest.raises(BudgetSpent, match="LLM_BUDGET_COST"):
        spending.for_grading(context(), SUBMITTED, turns(5))
    dear_input = Spending(Allowance(1_000_000_000, 0.1, Prices(1_000.0, 0.0)), 1000, 1)
    with pytest.raises(BudgetSpent):
        dear_input.for_question(context(), ())


async def test_a_report_and_a_question_do_without_the_model_when_the_cost_is_spent(playing: Playing) -> None:
    playing.configure(budget_cost=0.034)
    chosen = await playing.engine.next_question(context(), (), ())
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert "MODEL_BUDGET_SPENT" in chosen.rationale
    assert (await playing.engine.report(context(), turns(1))).words_missing
    playing.configure(budget_cost=0.001)
    with pytest.raises(BudgetSpent, match="LLM_BUDGET_COST"):
        await playing.grade()
    assert playing.endpoint.requests == []


async def test_what_calls_really_send_stays_below_what_is_counted(playing: Playing) -> None:
    """The endpoint counts a token per three bytes here, more than any tokenizer does for English."""
    playing.endpoint.answer = lambda request: completion(
        grading(3) if "You grade one answer" in request.texts("system")[0] else draft()
    )
    described = context(job_description="We run a payment platform. " * 100, skills=("Go", "Kafka"))
    counted = Spending(Allowance(1_000_000), 1000, 1)
    graded = await playing.engine.evaluate(described, SUBMITTED)
    asked = await playing.engine.next_question(described, (), ())
    past = (Turn(replace(asked.question, points=(), reference_answer=""), "", graded),)
    sent = sum(
        len(text.encode()) // 3
        for request in playing.endpoint.requests
        for role in ("system", "user")
        for text in request.texts(role)
    )
    assert sent + 2 * 1000 <= 1_000_000 - counted.for_report(described, past).left
