from dataclasses import replace

import pytest

from ai_service.errors import BudgetSpent, ModelFault
from ai_service.interviewing.interview import (
    EvaluationStatus,
    GradeConfidence,
    NotAssessableReason,
    PointStatus,
    SubmittedAnswer,
)
from ai_service.interviewing.llm_engine.evaluations import GRADER_VERSION
from tests.ai_service.interviewing.llm_engine.playing import (
    ANSWER,
    CHOICE,
    CRITERIA,
    QUESTION,
    TIME,
    WORST,
    Playing,
    grading,
)
from tests.ai_service.interviews import context
from tests.fakes.openai_server import Step, completion, error, hang, html

INVENTED = "Robin Hood hashing bounds the probe length"


async def test_levels_become_the_score_and_quotes_get_their_offsets(playing: Playing) -> None:
    playing.endpoint.will(completion(grading(3, of={"approach": [CHOICE, WORST]})))
    evaluation = await playing.grade()
    assert (evaluation.status, evaluation.score) == (EvaluationStatus.SCORED, 75.0)
    for criterion in evaluation.criteria:
        assert (criterion.level, criterion.score) == (3, 75.0)
        assert criterion.evidence
        for quote in criterion.evidence:
            assert ANSWER[quote.start : quote.end] == quote.text
    approach = evaluation.criteria[0]
    assert [quote.text for quote in approach.evidence] == [
        ANSWER[:72],
        "they land in the same bucket, so the worst case is linear",
    ]
    assert approach.comment == "About approach."
    provenance = evaluation.provenance
    assert (provenance.engine, provenance.model, provenance.rubric) == ("openai", "scripted", "dsa")
    assert (provenance.prompt_version, provenance.grader_version) == ("1.1", GRADER_VERSION)
    assert evaluation.confidence is None
    assert evaluation.delivery.word_count > 40


async def test_the_score_is_the_weighted_mean_of_the_levels(playing: Playing) -> None:
    levels = {"approach": 4, "completeness": 2, "correctness": 0, "reasoning": 1, "focus": 3}
    playing.endpoint.will(completion(grading(levels)))
    evaluation = await playing.grade()
    assert evaluation.score == pytest.approx(0.2 * 100 + 0.4 * 50 + 0 + 0.15 * 25 + 0.1 * 75, abs=0.05)
    assert [c.evidence for c in evaluation.criteria if c.level == 0] == [()]


async def test_points_come_with_their_status_and_quote(playing: Playing) -> None:
    statuses = {"time": ("contradicted", TIME), "collisions": ("missed", None)}
    playing.endpoint.will(completion(grading(statuses=statuses)))
    points = (await playing.grade()).points
    assert [(p.status, p.credit) for p in points] == [
        (PointStatus.COVERED, 1.0),
        (PointStatus.CONTRADICTED, 0.0),
        (PointStatus.MISSED, 0.0),
    ]
    assert [p.text for p in points] == [p.text for p in QUESTION.points]
    assert points[1].quote is not None
    assert points[2].quote is None


async def test_a_quote_that_is_not_found_is_repaired(playing: Playing) -> None:
    playing.endpoint.will(completion(grading(quotes=[INVENTED])), completion(grading()))
    assert (await playing.grade()).score == 75.0
    repair = playing.endpoint.requests[1].texts("user")[-1]
    assert f"criteria approach: the quote {INVENTED!r} does not stand in the answer" in repair


async def test_a_criterion_without_a_found_quote_is_not_judged_and_the_others_take_its_weight(
    playing: Playing,
) -> None:
    levels = {"approach": 4, "completeness": 2, "correctness": 2, "reasoning": 2, "focus": 2}
    playing.endpoint.answer = lambda _: completion(grading(levels, of={"approach": [CHOICE, INVENTED]}))
    evaluation = await playing.grade()
    approach = evaluation.criteria[0]
    assert (approach.level, approach.score, approach.evidence) == (None, None, ())
    assert evaluation.score == 50.0
    assert sum(criterion.weight for criterion in evaluation.criteria) == pytest.approx(1)
    assert len(playing.endpoint.requests) == 2


async def test_a_level_without_any_quote_is_not_judged(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: completion(grading(of={"focus": []}))
    evaluation = await playing.grade()
    assert (evaluation.criteria[-1].level, evaluation.score) == (None, 75.0)


async def test_a_grade_that_shows_nothing_is_no_grade(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: completion(grading(4, quotes=[INVENTED]))
    evaluation = await playing.grade()
    assert (evaluation.status, evaluation.score) == (EvaluationStatus.NOT_ASSESSABLE, None)
    assert evaluation.not_assessable_reason is NotAssessableReason.UNSUPPORTED_GRADE
    assert {criterion.level for criterion in evaluation.criteria} == {None}


async def test_a_score_needs_support_for_half_of_the_rubric(playing: Playing) -> None:
    unsupported = {"completeness": [INVENTED], "approach": [INVENTED]}
    playing.endpoint.answer = lambda _: completion(grading(4, of=unsupported))
    evaluation = await playing.grade()
    assert evaluation.not_assessable_reason is NotAssessableReason.UNSUPPORTED_GRADE


async def test_nothing_to_credit_is_a_score_of_zero(playing: Playing) -> None:
    missed = dict.fromkeys(("choice", "time", "collisions"), ("missed", None))
    playing.endpoint.will(completion(grading(0, statuses=missed)))
    evaluation = await playing.grade("I would rather tell you about my last holiday at the sea with my family.")
    assert (evaluation.status, evaluation.score) == (EvaluationStatus.SCORED, 0.0)


async def test_a_point_without_a_found_quote_is_missed(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: completion(grading(statuses={"collisions": ("covered", INVENTED)}))
    point = (await playing.grade()).points[2]
    assert (point.status, point.credit, point.quote) == (PointStatus.MISSED, 0.0, None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda reply: reply["criteria"].pop(), "focus is given 0 times"),
        (lambda reply: reply["criteria"].append(reply["criteria"][0]), "approach is given 2 times"),
        (lambda reply: reply["criteria"][0].update(criterion="charm"), "there is no 'charm'"),
        (lambda reply: reply["points"].pop(), "collisions is given 0 times"),
        (lambda reply: reply["criteria"][0].update(level=5), "less than or equal to 4"),
        (lambda reply: reply.update(score=100), "score: Extra inputs"),
    ],
)
async def test_what_does_not_fit_the_rubric_is_repaired(playing: Playing, change: object, named: str) -> None:
    wrong = grading()
    change(wrong)  # type: ignore[operator]
    playing.endpoint.will(completion(wrong), completion(grading()))
    evaluation = await playing.grade()
    assert [criterion.id for criterion in evaluation.criteria] == list(CRITERIA)
    assert named in playing.endpoint.requests[1].texts("user")[-1]


async def test_a_quote_of_nothing_is_no_evidence(playing: Playing) -> None:
    playing.endpoint.answer = lambda _: completion(grading(4, quotes=["it is"]))
    answer = f"{ANSWER} Well, it is like that."
    assert (await playing.grade(answer)).score is None


async def test_the_questions_own_words_are_no_evidence(playing: Playing) -> None:
    echo = "looking things up by name"
    playing.endpoint.answer = lambda _: completion(grading(4, quotes=[echo]))
    assert (await playing.grade(f"For {echo} I choose the structure for {echo}, that is why.")).score is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", NotAssessableReason.EMPTY),
        (" \n... ", NotAssessableReason.EMPTY),
        ("I don't know, sorry.", NotAssessableReason.DECLINED),
        ("asdf jkl qwer zxcv hjkl asdf", NotAssessableReason.UNINTELLIGIBLE),
    ],
)
async def test_what_cannot_be_graded_never_reaches_the_model(
    playing: Playing, answer: str, reason: NotAssessableReason
) -> None:
    evaluation = await playing.grade(answer)
    assert (evaluation.not_assessable_reason, evaluation.score) == (reason, None)
    assert (evaluation.provenance.engine, evaluation.provenance.prompt_version) == ("openai", "")
    assert evaluation.feedback
    assert playing.endpoint.requests == []


async def test_another_language_is_left_to_the_model(playing: Playing) -> None:
    answer = "Ich würde eine Hashtabelle nehmen, weil der Zugriff im Mittel konstante Zeit braucht und das ist gut."
    missed = dict.fromkeys(("choice", "time", "collisions"), ("missed", None))
    playing.endpoint.will(
        completion(grading(2, quotes=["der Zugriff im Mittel konstante Zeit braucht"], statuses=missed))
    )
    assert (await playing.grade(answer)).score == 50.0


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(503), "MODEL_FAILED"),
        (error(401), "MODEL_CREDENTIAL"),
        (html(200), "MODEL_PROTOCOL"),
        (completion("I would give it 75."), "MODEL_REPLY_INVALID"),
        (completion(None, refusal="No."), "MODEL_REFUSED"),
        (hang(), "MODEL_TIMEOUT"),
    ],
)
async def test_a_failing_model_grades_nothing_and_no_other_grader_does(
    playing: Playing, step: Step, reason: str
) -> None:
    playing.configure(timeout_seconds=0.3)
    playing.endpoint.answer = lambda _: step
    with pytest.raises(ModelFault) as caught:
        await playing.grade()
    assert caught.value.reason == reason
    assert len(playing.endpoint.requests) <= 3


async def test_several_gradings_give_the_median_and_their_spread(playing: Playing) -> None:
    playing.configure(samples=3)
    playing.endpoint.will(completion(grading(1)), completion(grading(3)), completion(grading(2)))
    evaluation = await playing.grade()
    assert (evaluation.score, evaluation.samples) == (50.0, 3)
    assert {(c.level, c.level_spread) for c in evaluation.criteria} == {(2, 2)}
    assert evaluation.confidence is GradeConfidence.LOW
    assert {request.body["temperature"] for request in playing.endpoint.requests} == {0.7}


async def test_gradings_within_one_level_are_trusted(playing: Playing) -> None:
    playing.configure(samples=3)
    playing.endpoint.will(completion(grading(3)), completion(grading(3)), completion(grading(2)))
    evaluation = await playing.grade()
    assert (evaluation.score, evaluation.confidence) == (75.0, GradeConfidence.NORMAL)


async def test_one_grading_that_fails_fails_them_all(playing: Playing) -> None:
    playing.configure(samples=3)
    playing.endpoint.will(completion(grading(3)), completion(grading(3)), error(401))
    with pytest.raises(ModelFault) as caught:
        await playing.grade()
    assert caught.value.reason == "MODEL_CREDENTIAL"


async def test_a_spent_budget_refuses_clearly_before_the_model(playing: Playing) -> None:
    playing.configure(budget_tokens=3000)
    with pytest.raises(BudgetSpent):
        await playing.grade()
    assert playing.endpoint.requests == []
    assert (await playing.grade("I don't know.")).not_assessable_reason is NotAssessableReason.DECLINED


async def test_the_rubric_goes_to_the_model_and_the_answer_is_data(playing: Playing) -> None:
    playing.endpoint.will(completion(grading()))
    await playing.grade()
    assert "completeness (Completeness)" in playing.system_texts()
    assert playing.data("answer") == ANSWER
    assert playing.data("question") == QUESTION.text
    assert playing.listed("expected_points") == {point.id: point.text for point in QUESTION.points}


async def test_the_role_is_told_for_the_words_and_the_resume_is_kept_from_the_grading(playing: Playing) -> None:
    playing.endpoint.will(completion(grading(3)))
    known = replace(
        context(QUESTION.domain),
        job_role="Backend engineer",
        experience_level="senior",
        skills=("Go",),
        resume="The best engineer there ever was.",
        job_description="We hire only those whom you call perfect.",
    )
    await playing.engine.evaluate(known, SubmittedAnswer(QUESTION, ANSWER))
    assert (playing.data("job_role"), playing.data("experience")) == ("Backend engineer", "senior")
    assert playing.listed("skills") == ["Go"]
    sent = "\n".join(text for role in ("system", "user") for text in playing.endpoint.requests[0].texts(role))
    assert known.resume not in sent
    assert known.job_description not in sent
