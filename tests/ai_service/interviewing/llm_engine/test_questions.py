from dataclasses import replace
from typing import Any

import pytest

from ai_service.errors import BudgetSpent, QuestionsExhausted
from ai_service.grading.grade import PointStatus
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import (
    ChosenQuestion,
    Domain,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    Turn,
)
from ai_service.interviewing.near_duplicates import NEARLY_THE_SAME, print_of, question_key, resemblance
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, QUESTION, Playing, draft
from tests.ai_service.interviews import context, turn
from tests.fakes.openai_server import Step, completion, error, hang, html

FOLLOW_UP = {
    **draft(
        "You said that colliding keys land in one place. What happens to your bound when very many of them do?",
        ["Colliding keys share a bucket, which makes the worst case linear."],
    ),
}


async def ask(
    playing: Playing, turns: tuple[Turn, ...] = (), seen: tuple[str, ...] = (), **fields: Any
) -> ChosenQuestion:
    wanted: InterviewContext = replace(context(), **fields)
    return await playing.engine.next_question(wanted, turns, seen)


def model_turn(score: float = 40.0, **statuses: PointStatus) -> Turn:
    """A main question of the model's, answered just now."""
    question = replace(QUESTION, key=question_key(QUESTION.topic, QUESTION.text), source=QuestionSource.MODEL)
    return replace(turn(question, score, statuses=statuses), answer=ANSWER)


async def test_a_question_is_written_on_the_planned_topic_and_difficulty(playing: Playing, bank: Bank) -> None:
    playing.endpoint.will(completion(draft()))
    question = (await ask(playing)).question
    assert question.source is QuestionSource.MODEL
    assert question.text == draft()["question"]
    assert question.kind is QuestionKind.MAIN
    assert [point.id for point in question.points] == ["p1", "p2", "p3"]
    assert question.points[0].phrasings
    assert 30 <= question.time_limit_seconds <= 3600
    assert (question.domain, question.topic) in bank.topic
    assert question.topic_title in playing.system_texts()
    assert question.key == question_key(question.topic, question.text)
    assert len(question.key) <= 200


async def test_what_is_known_of_the_candidate_is_given_as_data(playing: Playing) -> None:
    playing.endpoint.will(completion(draft()))
    await ask(
        playing,
        job_role="Backend engineer",
        job_description="We run a payment platform.",
        resume="Eight years of Go.",
        skills=("Go", "Kafka"),
        focus_areas=("queues",),
        experience_level="senior",
        years_experience=8.0,
        target_company="Acme",
    )
    assert playing.data("job_role") == "Backend engineer"
    assert playing.data("job_description") == "We run a payment platform."
    assert playing.data("resume") == "Eight years of Go."
    assert playing.data("experience") == "senior, 8 years"
    assert playing.listed("skills") == ["Go", "Kafka"]
    assert playing.data("target_company") == "Acme"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(503), "MODEL_FAILED"),
        (html(200), "MODEL_PROTOCOL"),
        (hang(), "MODEL_TIMEOUT"),
        (completion("Sure, here is a question."), "MODEL_REPLY_INVALID"),
        (completion(None, refusal="No."), "MODEL_REFUSED"),
    ],
)
async def test_a_failing_model_gives_way_to_the_bank_and_says_so(
    playing: Playing, bank: Bank, step: Step, reason: str
) -> None:
    playing.configure(timeout_seconds=0.3)
    playing.endpoint.answer = lambda _: step
    chosen = await ask(playing)
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert chosen.question.text == bank.by_key[chosen.question.key].question.text
    assert reason in chosen.rationale
    assert len(playing.endpoint.requests) <= 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"question": "What?" + " " * 20}, "too short"),
        (
            {"question": "How would you use sharding the structure by key, which lets writers lock one part of it?"},
            "gives away the point",
        ),
        ({"question": "What would you do about the writers\x07 of an index in memory here?"}, "control characters"),
        ({"points": [*draft()["points"][:1], *draft()["points"][:1]]}, "two are the same"),
        ({"reference_answer": "x" * 80}, "reference_answer: too short"),
        (
            {"question": "It differs in subject from every earlier question, not only in wording. Why is that so?"},
            "repeats the instructions",
        ),
    ],
)
async def test_a_question_that_may_not_be_asked_is_repaired_once_and_then_replaced(
    playing: Playing, change: dict[str, Any], named: str
) -> None:
    wrong = {**draft(), **change}
    playing.endpoint.will(completion(wrong), completion(draft()))
    assert (await ask(playing)).question.text == draft()["question"]
    assert named in playing.endpoint.requests[1].texts("user")[-1]
    playing.endpoint.requests.clear()
    playing.endpoint.answer = lambda _: completion(wrong)
    chosen = await ask(playing)
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert "MODEL_QUESTION_REJECTED" in chosen.rationale
    assert len(playing.endpoint.requests) == 2


async def test_a_question_of_this_interview_is_not_asked_again_in_other_words(playing: Playing) -> None:
    asked = "Explain how a hash table handles collisions and what that means for lookup time."
    again = "How do hash tables deal with collisions, and how does that affect the time of a lookup?"
    playing.endpoint.will(completion(draft(again)), completion(draft()))
    chosen = await ask(playing, (turn(replace(QUESTION, text=asked, points=()), 90.0),))
    assert chosen.question.text == draft()["question"]
    assert "nearly the same" in playing.endpoint.requests[1].texts("user")[-1]
    assert playing.listed("earlier_questions") == [asked]


async def test_a_bank_question_of_an_earlier_interview_is_not_asked_again(playing: Playing, bank: Bank) -> None:
    seen = bank.by_domain[Domain.DSA][0].question
    playing.endpoint.answer = lambda _: completion(draft(seen.text))
    chosen = await ask(playing, seen=(seen.key,))
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert chosen.question.key != seen.key


async def test_a_written_question_of_an_earlier_interview_is_known_by_its_key(playing: Playing) -> None:
    playing.endpoint.will(completion(draft()))
    first = (await ask(playing)).question
    reworded = draft(
        "How would you keep the readers of an in-memory index fast when many concurrent writers have to survive?"
    )
    playing.endpoint.answer = lambda _: completion(reworded)
    assert (await ask(playing, seen=(first.key,))).question.source is QuestionSource.BANK_FALLBACK
    assert (await ask(playing)).question.source is QuestionSource.MODEL


async def test_a_missed_point_of_a_written_question_is_probed(playing: Playing) -> None:
    playing.endpoint.will(completion(FOLLOW_UP))
    last = model_turn(collisions=PointStatus.MISSED)
    chosen = await ask(playing, (last,))
    question = chosen.question
    assert (question.kind, question.source) == (QuestionKind.FOLLOW_UP, QuestionSource.MODEL)
    assert (question.parent_key, question.probed_point_id) == (last.question.key, "collisions")
    assert question.key == f"{last.question.key}.collisions"
    assert playing.data("answer") == ANSWER
    assert playing.data("point") == QUESTION.points[2].text


async def test_where_only_a_follow_up_is_wanted_the_model_is_not_asked_for_a_main_question(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: error(500)
    for last in (model_turn(), model_turn(collisions=PointStatus.MISSED)):
        with pytest.raises(QuestionsExhausted):
            await playing.engine.next_question(context(), (last,), (), follow_up_only=True)
    playing.endpoint.answer = lambda _: completion(FOLLOW_UP)
    missed = model_turn(collisions=PointStatus.MISSED)
    chosen = await playing.engine.next_question(context(), (missed,), (), follow_up_only=True)
    assert chosen.question.parent_key == missed.question.key


async def test_the_banks_follow_up_is_put_in_words_that_fit_the_answer(playing: Playing, bank: Bank) -> None:
    entry = next(entry for entry in bank.by_domain[Domain.DSA] if entry.follow_ups)
    probed = entry.follow_ups[0].probed_point_id
    last = replace(turn(entry.question, 50.0, statuses={probed: PointStatus.MISSED}), answer=ANSWER)
    playing.endpoint.will(completion(FOLLOW_UP))
    written = (await ask(playing, (last,))).question
    assert (written.key, written.source) == (entry.follow_ups[0].key, QuestionSource.MODEL)
    playing.endpoint.answer = lambda _: error(500)
    fallen_back = (await ask(playing, (last,))).question
    assert (fallen_back.key, fallen_back.text) == (written.key, entry.follow_ups[0].text)
    assert fallen_back.source is QuestionSource.BANK_FALLBACK


async def test_a_follow_up_does_not_say_the_point(playing: Playing) -> None:
    telling = draft(
        "Is it so that colliding keys share a bucket, which makes the worst case linear?", ["It is linear then."]
    )
    playing.endpoint.answer = lambda _: completion(telling)
    chosen = await ask(playing, (model_turn(collisions=PointStatus.MISSED),))
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert chosen.question.kind is QuestionKind.MAIN


async def test_a_failed_follow_up_on_a_written_question_moves_on_to_the_bank(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: error(503)
    chosen = await ask(playing, (model_turn(collisions=PointStatus.MISSED),))
    assert (chosen.question.kind, chosen.question.source) == (QuestionKind.MAIN, QuestionSource.BANK_FALLBACK)


@pytest.mark.parametrize(
    "last",
    [
        turn(QUESTION, None),
        turn(QUESTION, 95.0),
        replace(model_turn(collisions=PointStatus.MISSED), question=replace(QUESTION, points=())),
    ],
    ids=["declined", "complete", "points-unknown"],
)
async def test_no_follow_up_where_there_is_nothing_to_probe(playing: Playing, last: Turn) -> None:
    playing.endpoint.will(completion(draft()))
    assert (await ask(playing, (last,))).question.kind is QuestionKind.MAIN


async def test_a_probed_point_is_not_probed_again(playing: Playing) -> None:
    last = model_turn(collisions=PointStatus.MISSED)
    playing.endpoint.will(completion(FOLLOW_UP))
    follow_up: Question = (await ask(playing, (last,))).question
    declined = turn(follow_up, None)
    playing.endpoint.will(completion(draft()))
    after = await ask(playing, (last, declined), (last.question.key, follow_up.key))
    assert after.question.kind is QuestionKind.MAIN


async def test_without_tokens_for_writing_the_bank_asks_and_without_any_nobody_does(playing: Playing) -> None:
    playing.configure(budget_tokens=12_000)
    chosen = await ask(playing)
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert "MODEL_BUDGET_SPENT" in chosen.rationale
    playing.configure(budget_tokens=10_000)
    with pytest.raises(BudgetSpent):
        await ask(playing)
    assert playing.endpoint.requests == []


# Of one meaning, in words too different for their prints.
WRITTEN = "How would you find out whether a singly linked list runs in a circle, without using additional memory?"
REWORDED = "Describe a constant-space way to detect that the next pointers of a linked list lead around in a cycle."


async def test_a_written_question_of_an_earlier_interview_is_not_asked_again_in_other_words(playing: Playing) -> None:
    assert resemblance(print_of(WRITTEN), print_of(REWORDED)) < NEARLY_THE_SAME
    playing.endpoint.will(completion(draft(REWORDED)), completion(draft()))
    chosen = await playing.engine.next_question(context(), (), (), [*unlike(30), WRITTEN])
    assert (chosen.question.text, chosen.question.source) == (draft()["question"], QuestionSource.MODEL)
    assert "nearly the same" in playing.endpoint.requests[1].texts("user")[-1]
    playing.endpoint.will(completion(draft(REWORDED)))
    assert (await playing.engine.next_question(context(), (), (), unlike(30))).question.text == REWORDED


async def test_a_model_that_insists_on_an_earlier_question_is_asked_twice_at_most(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: completion(draft(REWORDED))
    chosen = await playing.engine.next_question(context(), (), (), [WRITTEN])
    assert chosen.question.source is QuestionSource.BANK_FALLBACK
    assert len(playing.endpoint.requests) == 2


async def test_the_model_is_told_the_last_questions_of_the_interview_and_then_those_of_earlier_ones(
    playing: Playing,
) -> None:
    playing.endpoint.will(completion(draft()))
    asked = "Explain how a trie stores its words and what a lookup costs in it. " + "Go into detail. " * 20
    now = turn(replace(QUESTION, text=asked, points=()), 90.0)
    await playing.engine.next_question(context(), (now,), (), unlike(40))
    told = playing.listed("earlier_questions")
    assert told == [*unlike(29)[::-1], asked[:240]]


def unlike(count: int) -> list[str]:
    """Questions on other subjects, newest first."""
    return [f"Why does protocol number {number} of the postal service need a stamp?" for number in range(count)]
