import asyncio
import contextvars
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ai_service.deadline import begin_call
from ai_service.errors import BudgetSpent, FaultKind, ModelFault, Overloaded
from ai_service.llm.budget import Allowance, Budget, Prices, tokens_of
from ai_service.llm.chat import Usage
from ai_service.llm.openai import OpenAIModel
from tests.ai_service.llm.talking import MESSAGES, RED, Bench, Colour
from tests.fakes.openai_server import ScriptedOpenAI, Step, completion, error, hang, html, reset


async def within(seconds: float, work: Callable[[], Awaitable[Any]]) -> Any:
    """The result of `work` in a call with a deadline."""

    async def call() -> Any:
        begin_call(seconds)
        return await work()

    return await asyncio.create_task(call(), context=contextvars.copy_context())


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(503), "MODEL_FAILED"),
        (error(429), "MODEL_RATE_LIMITED"),
        (reset(), "MODEL_UNREACHABLE"),
        (html(200), "MODEL_PROTOCOL"),
    ],
)
async def test_a_transient_failure_is_tried_again_three_times_in_all(
    endpoint: ScriptedOpenAI, model: OpenAIModel, step: Step, reason: str
) -> None:
    endpoint.will(step, step, completion(RED))
    assert (await Bench(model).ask()).reply.colour == "red"
    endpoint.requests.clear()
    endpoint.answer = lambda _: step
    with pytest.raises(ModelFault) as caught:
        await Bench(model).ask()
    assert caught.value.reason == reason
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(401), "MODEL_CREDENTIAL"),
        (error(404), "MODEL_NOT_FOUND"),
        (error(429, code="insufficient_quota"), "MODEL_QUOTA_SPENT"),
        (completion(None, refusal="No."), "MODEL_REFUSED"),
        (completion("", finish_reason="content_filter"), "MODEL_CONTENT_FILTER"),
    ],
)
async def test_a_lasting_failure_is_not_tried_again(
    endpoint: ScriptedOpenAI, model: OpenAIModel, step: Step, reason: str
) -> None:
    endpoint.answer = lambda _: step
    with pytest.raises(ModelFault) as caught:
        await Bench(model).ask()
    assert caught.value.reason == reason
    assert caught.value.is_final
    assert len(endpoint.requests) == 1


async def test_fewer_attempts_are_made_where_the_operator_says_so(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    with pytest.raises(ModelFault):
        await Bench(model, attempts=1).ask()
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("Red, I think.", "no JSON object"),
        ('{"colour": "red", "strength": 3', "not valid JSON"),
        ('{"colour": "red", "strength": NaN}', "NaN is not a number"),
        ('{"colour": "red", "strength": Infinity}', "Infinity is not a number"),
        ('{"colour": "red", "strength": "3"}', "strength: Input should be a valid integer"),
        ('{"colour": "red", "strength": 9}', "strength: Input should be less than or equal to 4"),
        ('{"colour": ["red"], "strength": 3}', "colour: Input should be a valid string"),
        ('{"colour": "red"}', "strength: Field required"),
        ('{"colour": "red", "strength": 3, "score": 100}', "score: Extra inputs are not permitted"),
        ('{"colour": "red", "colour": "blue", "strength": 3}', "twice"),
        ('[{"colour": "red", "strength": 3}]x', "no JSON object"),
        ('{"a":' * 5000, "not valid JSON"),
        ('{"colour": "re\\u0000d", "strength": 3}', "NUL character"),
        ('{"colour": "red", "strength": 1e400}', "strength: Input should be"),
    ],
)
async def test_a_wrong_reply_is_sent_back_once_with_what_is_wrong(
    endpoint: ScriptedOpenAI, model: OpenAIModel, wrong: str, named: str
) -> None:
    bench = Bench(model)
    endpoint.will(completion(wrong), completion(RED))
    assert (await bench.ask()).reply.strength == 3
    first, second = endpoint.requests
    assert second.body["messages"][:2] == first.body["messages"]
    repeated, repair = second.body["messages"][2:]
    assert (repeated["role"], repair["role"]) == ("assistant", "user")
    assert named in repair["content"]
    assert '"strength": {"type": "integer"}' in repair["content"], "an endpoint may have ignored the schema"
    assert (bench.count("invalid"), bench.count("ok")) == (1, 1)


async def test_a_reply_stays_unusable_after_one_repair(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.answer = lambda _: completion("Red, I think.")
    with pytest.raises(ModelFault) as caught:
        await Bench(model).ask()
    assert (caught.value.reason, caught.value.kind) == ("MODEL_REPLY_INVALID", FaultKind.UNAVAILABLE)
    assert len(endpoint.requests) == 2


async def test_a_truncated_reply_is_asked_for_in_fewer_words(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(completion('{"col', finish_reason="length"), completion(RED))
    await Bench(model).ask()
    assert "cut off" in endpoint.requests[1].texts("user")[-1]
    endpoint.answer = lambda _: completion('{"col', finish_reason="length")
    with pytest.raises(ModelFault) as caught:
        await Bench(model).ask()
    assert caught.value.reason == "MODEL_TRUNCATED"


async def test_what_a_check_finds_is_repaired_or_told(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    bench = Bench(model)
    endpoint.will(completion(RED), completion({"colour": "blue", "strength": 1}))
    assert (await bench.ask(not_colours=["red"])).reply.colour == "blue"
    assert bench.count("unsupported") == 1
    endpoint.answer = lambda _: completion(RED)
    asked = await bench.ask(not_colours=["red"])
    assert (asked.reply.colour, asked.problems) == ("red", ("colour: red is not wanted",))


@pytest.mark.parametrize("worse", [completion("what?"), error(401), completion(None, refusal="No.")])
async def test_a_failed_repair_leaves_the_reply_that_fits_with_its_problems(
    endpoint: ScriptedOpenAI, model: OpenAIModel, worse: Step
) -> None:
    endpoint.will(completion(RED), worse)
    asked = await Bench(model).ask(not_colours=["red"])
    assert (asked.reply.colour, len(asked.problems)) == ("red", 1)


async def test_retries_and_the_repair_share_the_attempts(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(error(503), completion("what?"), error(503), completion(RED))
    with pytest.raises(ModelFault) as caught:
        await Bench(model).ask()
    assert caught.value.reason == "MODEL_FAILED"
    assert len(endpoint.requests) == 3


async def test_a_wait_within_the_deadline_is_waited(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(error(429, retry_after_ms="50"), completion(RED))
    assert (await within(5, Bench(model).ask)).reply.colour == "red"


async def test_a_wait_beyond_the_deadline_is_handed_on(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(error(429, retry_after="30"), completion(RED))
    with pytest.raises(ModelFault) as caught:
        await within(5, Bench(model).ask)
    assert caught.value.reason == "MODEL_RATE_LIMITED"
    assert caught.value.details == {"retry_after_seconds": "30"}
    assert len(endpoint.requests) == 1


async def test_a_hanging_endpoint_ends_before_the_deadline(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.answer = lambda _: hang()
    async with asyncio.timeout(1.5):
        with pytest.raises(ModelFault) as caught:
            await within(1.5, Bench(model, timeout_seconds=60).ask)
    assert caught.value.reason == "MODEL_TIMEOUT"


async def test_nothing_is_sent_when_no_time_is_left(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    with pytest.raises(ModelFault) as caught:
        await within(0.2, Bench(model).ask)
    assert caught.value.reason == "MODEL_TIMEOUT"
    assert endpoint.requests == []


async def test_no_more_tasks_run_at_once_than_may(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    bench = Bench(model, concurrency=1)
    endpoint.answer = lambda _: hang()
    begun = asyncio.create_task(bench.ask())
    while not endpoint.requests:  # noqa: ASYNC110 - polls with the test's own end
        await asyncio.sleep(0.005)
    with pytest.raises(Overloaded):
        await bench.ask()
    begun.cancel()
    await asyncio.wait({begun})
    endpoint.will(completion(RED))
    assert (await bench.ask()).reply.colour == "red"


async def test_a_spent_budget_sends_nothing(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    needed = 300 + sum(tokens_of(message.content) + 8 for message in MESSAGES)
    with pytest.raises(BudgetSpent) as caught:
        await Bench(model).ask(budget=needed - 1)
    assert (caught.value.kind, caught.value.reason) == (FaultKind.RESOURCE_EXHAUSTED, "MODEL_BUDGET_SPENT")
    assert "LLM_BUDGET_TOKENS" in caught.value.message
    assert endpoint.requests == []
    endpoint.will(completion(RED))
    await Bench(model).ask(budget=needed)


async def test_a_spent_budget_of_cost_sends_nothing(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    told = sum(tokens_of(message.content) + 8 for message in MESSAGES)
    prices = Prices(input_per_million=1_000.0, output_per_million=10_000.0)
    needed = (told * 1_000 + 300 * 10_000) / 1e6
    with pytest.raises(BudgetSpent) as caught:
        await Bench(model).ask(allowance=Allowance(1_000_000, 0.999 * needed, prices))
    assert (caught.value.kind, caught.value.reason) == (FaultKind.RESOURCE_EXHAUSTED, "MODEL_BUDGET_SPENT")
    assert "LLM_BUDGET_COST" in caught.value.message
    assert endpoint.requests == []
    endpoint.will(completion(RED))
    await Bench(model).ask(allowance=Allowance(1_000_000, 1.001 * needed, prices))


async def test_an_attempt_costs_what_it_used(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    told = sum(tokens_of(message.content) + 8 for message in MESSAGES)
    prices = Prices(input_per_million=1.0, output_per_million=1_000_000.0)
    once = prices.cost(Usage(told, 300))
    endpoint.will(completion(RED, usage=(told, 299)))
    asked = await Bench(model).ask(allowance=Allowance(1_000_000, 1.1 * once, prices), not_colours=["red"])
    assert asked.problems, "nothing is left for a repair"
    endpoint.will(completion(RED, usage=(told, 1)), completion({"colour": "blue", "strength": 1}))
    asked = await Bench(model).ask(allowance=Allowance(1_000_000, 1.1 * once, prices), not_colours=["red"])
    assert asked.reply.colour == "blue"


def test_a_budget_of_cost_needs_prices() -> None:
    with pytest.raises(ValueError, match="prices"):
        Allowance(1_000, 1.0)


async def test_each_attempt_is_paid_by_what_it_used(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    needed = 300 + sum(tokens_of(message.content) + 8 for message in MESSAGES)
    endpoint.will(error(503), error(503), completion(RED))
    await Bench(model).ask(budget=needed)
    endpoint.will(completion(RED, usage=(900, 900)), completion(RED))
    asked = await Bench(model).ask(budget=2 * needed, not_colours=["red"])
    assert asked.problems, "no token is left for a repair"
    assert len(endpoint.requests) == 4


async def test_a_completion_that_the_caller_gave_up_is_counted(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    bench = Bench(model)
    endpoint.answer = lambda _: hang()
    begun = asyncio.create_task(bench.ask())
    while not endpoint.requests:  # noqa: ASYNC110 - polls with the test's own end
        await asyncio.sleep(0.005)
    begun.cancel()
    await asyncio.wait({begun})
    assert bench.count("cancelled") == 1


async def test_a_completion_whose_check_fails_is_counted(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    async def fail(_: Colour) -> tuple[str, ...]:
        raise Overloaded(1)

    bench = Bench(model)
    endpoint.will(completion(RED, usage=(30, 7)))
    with pytest.raises(Overloaded):
        await bench.asking.ask("colours", MESSAGES, Colour, budget=Budget(Allowance(10_000)), check=fail)
    assert bench.count("unchecked") == 1
    assert bench.registry.get_sample_value("ai_model_tokens_total", {"task": "colours", "direction": "output"}) == 7


async def test_tokens_cost_and_outcomes_are_counted(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    bench = Bench(model, prices=Prices(input_per_million=2.0, output_per_million=10.0))
    endpoint.will(error(500), completion("what?", usage=(1000, 100)), completion(RED, usage=(1500, 200)))
    await bench.ask()
    assert (bench.tokens("input"), bench.tokens("output")) == (2500, 300)
    assert bench.registry.get_sample_value("ai_model_cost_total", {"task": "colours"}) == pytest.approx(0.008)
    assert (bench.count("model_failed"), bench.count("invalid"), bench.count("ok")) == (1, 1, 1)


async def test_without_prices_there_is_no_cost(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    bench = Bench(model)
    endpoint.will(completion(RED, usage=None))
    await bench.ask()
    assert bench.registry.get_sample_value("ai_model_cost_total", {"task": "colours"}) is None
    assert bench.tokens("input") == 0


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RED),
        f"\n {json.dumps(RED)} \n",
        f"```json\n{json.dumps(RED, indent=1)}\n```",
        f"Here it is:\n```\n{json.dumps(RED)}\n```\nAnything else?",
        f"<think>Should it be {{blue}}?</think>\n{json.dumps(RED)}",
        f"Sure! {json.dumps(RED)} I hope that helps.",
    ],
)
async def test_json_is_found_in_a_plain_text(endpoint: ScriptedOpenAI, model: OpenAIModel, text: str) -> None:
    endpoint.refused_modes = {"json_schema", "json_object"}
    endpoint.will(completion(text))
    bench = Bench(model)
    assert (await bench.ask()).reply.model_dump() == RED
    assert bench.count("ok", mode="text") == 1
