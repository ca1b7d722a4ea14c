"""Weighted scores, letters and keywords."""

from dataclasses import replace

import pytest

from ai_service.interviewing.standing import load_standards
from chat_service.engine.models import Delivery, Evaluation, EvaluationStatus, Provenance
from chat_service.interviews.facets import Facets
from chat_service.interviews.scoring import WEIGHTS, keyword_score, letter_grade, weighted
from tests.chat_service.conftest import Candidate, expect
from tests.contracts.playing import ANSWER


@pytest.fixture
def scored() -> Evaluation:
    """A graded answer."""
    return Evaluation(
        status=EvaluationStatus.SCORED,
        score=70.0,
        not_assessable_reason=None,
        criteria=(),
        points=(),
        delivery=Delivery(80, 90, 70, None, 50, 75, word_count=40, sentence_count=3, words_per_minute=None),
        strengths=(),
        improvements=(),
        feedback="",
        provenance=Provenance("builtin", "m", "dsa", "1.0", "", "1"),
    )


def test_the_published_example_adds_up_as_its_own_parts_do() -> None:
    score = weighted(Facets(relevance=82, grammar=75, fluency=80, keywords=77))
    assert {name: (part.raw, part.weighted) for name, part in score.parts.items()} == {
        "relevance": (82, 28.7),
        "grammar": (75, 15.0),
        "fluency": (80, 20.0),
        "keywords": (77, 15.4),
    }
    assert (score.total, score.letter_grade) == (79.1, "B+")
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_what_was_not_measured_leaves_its_weight_to_the_others() -> None:
    score = weighted(Facets(relevance=100, grammar=None, fluency=100, keywords=0))
    assert score.parts["grammar"].weighted is None
    assert score.total == 75.0
    assert weighted(Facets()).total is None
    assert weighted(Facets()).letter_grade is None


def test_letters_are_those_of_the_reports() -> None:
    scale = load_standards()
    for tenth in range(1001):
        assert letter_grade(tenth / 10) == scale.letter(tenth / 10)


def asked(evaluation: Evaluation, found: tuple[str, ...], missing: tuple[str, ...]) -> Evaluation:
    share = round(100 * len(found) / len(found + missing), 1) if found + missing else None
    delivery = replace(evaluation.delivery, keyword_coverage=share, keywords_found=found, keywords_missing=missing)
    return replace(evaluation, delivery=delivery)


@pytest.mark.parametrize(
    ("own", "missing", "expected", "share"),
    [
        (("table",), ("bucket",), [], 50.0),
        (("table",), ("bucket",), ["lookup", "list"], 50.0),
        (("table",), ("bucket",), ["blockchain"], 33.3),
        (("table",), ("bucket",), ["TABLE", "Bucket"], 50.0),
        (("table",), (), ["look", "able", "on  average"], 50.0),
        ((), (), ["lookup", "blockchain"], 50.0),
        ((), (), ["c++", "(", ".*", "lookup"], 25.0),
        ((), (), [], None),
    ],
)
def test_added_keywords_can_be_missed_and_never_help(
    scored: Evaluation, own: tuple[str, ...], missing: tuple[str, ...], expected: list[str], share: float | None
) -> None:
    assert keyword_score(asked(scored, own, missing), ANSWER, expected) == share


def test_an_answer_without_a_score_has_no_share_of_keywords(scored: Evaluation) -> None:
    assert keyword_score(replace(scored, score=None), ANSWER, ["lookup"]) is None


async def test_scores_are_read_while_an_interview_goes_on_and_after_it(candidate: Candidate) -> None:
    interview = await candidate.started()
    nothing = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/scores"))
    assert (nothing["weighted"]["total"], nothing["questions"]) == (None, [])
    assert nothing["summary"] == "No answer has a score yet."
    await candidate.answered(interview["id"], ANSWER)
    going_on = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/scores"))
    assert (going_on["weighted"]["total"], going_on["overall_score"]) == (78.8, None)
    assert [one["score"] for one in going_on["questions"]] == [72.5]
    await candidate.end(interview["id"])
    ended = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/scores"))
    assert ended == {**going_on, "overall_score": 72.5}
