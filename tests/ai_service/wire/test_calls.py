from collections.abc import Sequence

import pytest

from ai_service.errors import QuestionsExhausted
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import ChosenQuestion, Domain, InterviewContext, Turn
from ai_service.interviewing.workers import Workers
from protos.interview_engine.v1 import evaluation_pb2, question_pb2, report_pb2
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2
from tests.ai_service.wire.serving import (
    METADATA,
    SECONDS,
    Serving,
    bank_question,
    context,
    evaluate_request,
    next_request,
    report_request,
)

ALL_DOMAINS = [number for number in question_pb2.Domain.values() if number]


@pytest.mark.parametrize("domain", ALL_DOMAINS, ids=question_pb2.Domain.Name)
async def test_every_domain_is_asked_about_with_a_whole_question(
    serving: Serving, bank: Bank, domain: "question_pb2.Domain.ValueType"
) -> None:
    request = engine_pb2.GenerateNextQuestionRequest(context=context(domain))
    response = await serving.stub.GenerateNextQuestion(request, metadata=METADATA, timeout=SECONDS)
    question = response.question
    known = bank.by_key[question.key].question
    assert question.text == known.text
    assert question.reference_answer == known.reference_answer
    assert [point.text for point in question.points] == [point.text for point in known.points]
    assert [tuple(point.phrasings) for point in question.points] == [point.phrasings for point in known.points]
    assert question.kind == question_pb2.QUESTION_KIND_MAIN
    assert question.source == question_pb2.QUESTION_SOURCE_BANK
    assert question.difficulty == question_pb2.DIFFICULTY_MEDIUM
    assert question.topic_title
    assert response.rationale


async def test_an_answer_is_graded_and_the_next_question_chosen_in_one_call(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    response = await serving.evaluate(request)
    evaluation = response.evaluation
    assert evaluation.status == evaluation_pb2.EVALUATION_STATUS_SCORED
    assert evaluation.score > 85
    assert sum(criterion.weight for criterion in evaluation.criteria) == pytest.approx(1)
    assert [point.id for point in evaluation.points] == [point.id for point in request.question.points]
    assert evaluation.delivery.word_count > 50
    assert evaluation.provenance.rubric_version
    assert response.next_question.key != request.question.key


async def test_the_next_question_takes_the_new_grade_into_account(serving: Serving, bank: Bank) -> None:
    good = await serving.evaluate(evaluate_request(bank))
    poor = await serving.evaluate(evaluate_request(bank, "I like mushroom risotto and long walks at the sea."))
    assert good.next_question.kind == question_pb2.QUESTION_KIND_MAIN
    assert poor.next_question.kind == question_pb2.QUESTION_KIND_FOLLOW_UP
    assert poor.next_question.parent_key == evaluate_request(bank).question.key
    missed = {point.id for point in poor.evaluation.points if point.status != evaluation_pb2.POINT_STATUS_COVERED}
    assert poor.next_question.probed_point_id in missed


async def test_the_next_question_is_left_out_when_nobody_asks_for_it(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    request.ClearField("next_question")
    response = await serving.evaluate(request)
    assert response.HasField("evaluation")
    assert not response.HasField("next_question")


async def test_an_answer_that_says_nothing_is_not_assessable(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    request.answer = ""
    evaluation = (await serving.evaluate(request)).evaluation
    assert evaluation.status == evaluation_pb2.EVALUATION_STATUS_NOT_ASSESSABLE
    assert evaluation.not_assessable_reason == evaluation_pb2.NOT_ASSESSABLE_REASON_EMPTY
    assert not evaluation.HasField("score")
    assert not any(criterion.HasField("score") for criterion in evaluation.criteria)
    assert not any(criterion.HasField("level") for criterion in evaluation.criteria)
    assert not any(point.HasField("quote") for point in evaluation.points)


async def test_quotes_are_found_in_the_answer_by_code_points(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    request.answer = "🙂 Große Sache: \u200dna\u0308mlich 𝔘𝔫𝔦𝔠𝔬𝔡𝔢. " + request.answer
    evaluation = (await serving.evaluate(request)).evaluation
    quotes = [quote for criterion in evaluation.criteria for quote in criterion.evidence]
    quotes += [point.quote for point in evaluation.points if point.HasField("quote")]
    assert len(quotes) > 5
    assert all(request.answer[quote.start : quote.end] == quote.text for quote in quotes)


async def test_speech_and_keywords_reach_the_delivery(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    plain = (await serving.evaluate(request)).evaluation
    request.speech.duration_seconds = 60.0
    request.extra_keywords.append("xylophone")
    spoken = (await serving.evaluate(request)).evaluation
    assert not plain.delivery.HasField("words_per_minute")
    assert spoken.delivery.words_per_minute == pytest.approx(spoken.delivery.word_count)
    assert "xylophone" in spoken.delivery.keywords_missing
    assert not spoken.delivery.HasField("spoken")
    assert spoken.score == plain.score


async def test_the_times_of_words_reach_the_delivery_and_change_no_score(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    request.answer = "🙂 Um, a hash table keeps its entries in buckets."
    plain = (await serving.evaluate(request)).evaluation
    request.speech.duration_seconds = 4.0
    for place, word in enumerate(["Um,", "a", "hash", "table", "keeps", "its", "entries", "in", "buckets."]):
        start = 0.5 + 0.4 * place + (1.5 if place >= 4 else 0)
        request.speech.words.add(text=word, start=start, end=start + 0.4)
    timed = (await serving.evaluate(request)).evaluation
    spoken = timed.delivery.spoken
    assert timed.score == plain.score
    assert (spoken.pause_count, spoken.long_pause_count) == (1, 1)
    assert [(one.after, one.before, one.start) for one in spoken.pauses] == [("table", "keeps", 19)]
    assert [(one.word, one.start, one.at) for one in spoken.fillers] == [("um", 2, 0.5)]
    assert spoken.articulation_rate == pytest.approx(150)
    assert timed.delivery.words_per_minute == pytest.approx(60 * 9 / 5.1, abs=0.1)


async def test_what_the_delivery_is_made_of_reaches_the_caller_with_its_places(serving: Serving, bank: Bank) -> None:
    answer = "👩‍💻 Um, I think the the lock have a queue. 🙂 " + evaluate_request(bank).answer
    delivery = (await serving.evaluate(evaluate_request(bank, answer))).evaluation.delivery
    assert [(one.word, list(one.starts)) for one in delivery.filler_words] == [("um", [answer.index("Um")])]
    assert [(one.phrase, list(one.starts)) for one in delivery.hedges] == [("i think", [answer.index("I think")])]
    assert ("the", [answer.index("the lock")], True) in [
        (one.phrase, list(one.starts), one.in_a_row) for one in delivery.repetitions
    ]
    assert delivery.longest_sentence_words >= delivery.mean_sentence_words > 3
    assert delivery.grammar_issues[0].message
    assert "the" in answer[delivery.grammar_issues[0].start : delivery.grammar_issues[0].end]
    assert [part.name for part in delivery.structure_parts] == ["opening", "steps", "reasons", "conclusion"]
    for part in delivery.structure_parts:
        assert not part.HasField("quote") or answer[part.quote.start : part.quote.end] == part.quote.text


async def test_the_same_request_gives_the_same_reply(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    assert await serving.evaluate(request) == await serving.evaluate(request)
    assert await serving.next(next_request(bank)) == await serving.next(next_request(bank))


async def test_a_past_turn_may_leave_out_what_a_choice_does_not_read(serving: Serving, bank: Bank) -> None:
    whole = next_request(bank)
    part = next_request(bank)
    for turn in part.turns:
        for field in ("points", "reference_answer", "domain", "source", "time_limit_seconds", "topic_title"):
            turn.question.ClearField(field)
    assert await serving.next(part) == await serving.next(whole)


async def test_a_past_evaluation_may_be_its_status_and_its_points(serving: Serving, bank: Bank) -> None:
    unscored = next_request(bank)
    unscored.turns[1].evaluation.CopyFrom(
        evaluation_pb2.Evaluation(status=evaluation_pb2.EVALUATION_STATUS_NOT_ASSESSABLE)
    )
    assert (await serving.next(unscored)).kind == question_pb2.QUESTION_KIND_MAIN
    probed = next_request(bank)
    del probed.turns[1]
    point = unscored.turns[1].question.probed_point_id
    probed.turns[0].evaluation.CopyFrom(
        evaluation_pb2.Evaluation(
            status=evaluation_pb2.EVALUATION_STATUS_SCORED,
            score=40,
            points=[evaluation_pb2.PointResult(id=point, status=evaluation_pb2.POINT_STATUS_PARTIAL)],
        )
    )
    del probed.seen_keys[1]
    assert (await serving.next(probed)).probed_point_id == point


async def test_an_interview_is_played_and_reported(serving: Serving, bank: Bank) -> None:
    interview = context(question_limit=5, focus_areas=["graphs"])
    question = await serving.next(engine_pb2.GenerateNextQuestionRequest(context=interview))
    turns: list[question_pb2.Turn] = []
    seen: list[str] = []
    for number in range(5):
        seen.append(question.key)
        answer = question.reference_answer if number % 2 else "I don't know"
        response = await serving.evaluate(
            engine_pb2.EvaluateAnswerRequest(
                context=interview,
                question=question,
                answer=answer,
                next_question=engine_pb2.NextQuestionRequest(turns=turns, seen_keys=seen),
            )
        )
        turns.append(question_pb2.Turn(question=question, answer=answer, evaluation=response.evaluation))
        question = response.next_question
    assert len(set(seen)) == 5
    request = engine_pb2.FinalizeInterviewReportRequest(context=interview, turns=turns)
    report = (await serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)).report
    assert (report.assessed_answers, report.not_assessable_answers) == (2, 3)
    scores = [turn.evaluation.score for turn in turns if turn.evaluation.HasField("score")]
    assert report.overall_score == pytest.approx(sum(scores) / 2, abs=0.051)
    assert report.gaps
    assert report.strengths[0].quote
    assert report.next_steps
    assert report.summary
    assert report.provenance.rubric == ""
    assert report.letter_grade
    assert report.HasField("readiness_score")
    assert report.readiness_level != report_pb2.READINESS_LEVEL_UNSPECIFIED
    assert report.roadmap.immediate
    assert report.roadmap.short_term
    assert report.roadmap.long_term
    assert report.resources[0].url.startswith("https://")
    assert report.resources[0].priority == report_pb2.PRIORITY_HIGH
    assert all(topic.domain == question_pb2.DOMAIN_DSA for topic in report.topics)
    assert [review.question_key for review in report.question_reviews] == seen
    for review, turn in zip(report.question_reviews, turns, strict=True):
        assert list(review.points) == list(turn.evaluation.points)
        assert review.HasField("score") == turn.evaluation.HasField("score")
        assert review.not_assessable_reason == turn.evaluation.not_assessable_reason
        assert review.full_answer == " ".join(turn.question.reference_answer.split())


async def test_a_report_without_turns_has_no_score(serving: Serving) -> None:
    request = engine_pb2.FinalizeInterviewReportRequest(context=context())
    report = (await serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)).report
    assert not report.HasField("overall_score")
    assert report.assessed_answers == 0
    assert (report.letter_grade, report.HasField("readiness_score")) == ("", False)
    assert report.readiness_level == report_pb2.READINESS_LEVEL_UNSPECIFIED


async def test_a_report_remarks_on_how_an_answer_was_said(serving: Serving, bank: Bank) -> None:
    request = report_request(bank)
    delivery = request.turns[0].evaluation.delivery
    delivery.word_count, delivery.words_per_minute, delivery.confidence = 60, 230.0, 20.0
    delivery.filler_words.add(word="um", starts=[1, 9, 20, 40])
    report = (await serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)).report
    assert len(report.question_reviews[0].delivery_notes) == 3
    assert not report.question_reviews[1].delivery_notes


async def test_a_message_of_several_mebibytes_is_read(serving: Serving, bank: Bank) -> None:
    request = report_request(bank)
    turn = request.turns[0]
    turn.answer = "好" * 20_000
    request.turns.extend([turn] * 90)
    assert request.ByteSize() > 5 * 1024 * 1024
    response = await serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)
    assert response.report.assessed_answers == 92


class _Chooseless(BuiltinEngine):
    """Grades, and cannot choose."""

    failure: Exception = QuestionsExhausted("nothing is left")

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        raise self.failure


@pytest.mark.parametrize("failure", [QuestionsExhausted("nothing is left"), ZeroDivisionError("a defect")])
async def test_the_grade_stands_when_no_next_question_can_be_chosen(
    grader: Grader, bank: Bank, failure: Exception
) -> None:
    workers = Workers(threads=1, bound=2)
    async with Serving.start(workers) as serving:
        engine = _Chooseless(grader, workers, bank)
        engine.failure = failure
        await serving.server.open(engine)
        response = await serving.evaluate(evaluate_request(bank, domain=Domain.LLD))
        assert response.evaluation.score > 85
        assert not response.HasField("next_question")


async def test_a_follow_up_is_graded_like_any_question(serving: Serving, bank: Bank) -> None:
    request = next_request(bank)
    follow_up = request.turns[1].question
    response = await serving.evaluate(
        engine_pb2.EvaluateAnswerRequest(context=context(), question=follow_up, answer=follow_up.reference_answer)
    )
    assert response.evaluation.score > 60
    assert len(response.evaluation.points) == len(follow_up.points)
    assert bank_question(bank).key == follow_up.parent_key


async def test_the_calibration_of_the_scores_stands_in_a_reports_provenance(serving: Serving, bank: Bank) -> None:
    request = report_request(bank)
    for turn in request.turns:
        turn.evaluation.provenance.calibration = "our-course"
    report = (await serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)).report
    assert report.provenance.calibration == "our-course"
