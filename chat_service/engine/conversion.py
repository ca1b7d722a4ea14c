"""Between the engine's messages and the chat service's own classes; `report_conversion` has the report's."""

from collections.abc import Sequence

from chat_service.engine import models
from chat_service.engine.spoken_conversion import spoken_message, spoken_of
from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from protos.interview_engine.v1 import question_pb2 as questions

_DOMAIN = {one: questions.Domain.Value(f"DOMAIN_{one.name}") for one in models.Domain}
_DIFFICULTY = {one: questions.Difficulty.Value(f"DIFFICULTY_{one.name}") for one in models.Difficulty}
_KIND = {one: questions.QuestionKind.Value(f"QUESTION_KIND_{one.name}") for one in models.QuestionKind}
_SOURCE = {one: questions.QuestionSource.Value(f"QUESTION_SOURCE_{one.name}") for one in models.QuestionSource}
_STATUS = {one: grades.EvaluationStatus.Value(f"EVALUATION_STATUS_{one.name}") for one in models.EvaluationStatus}
_POINT_STATUS = {one: grades.PointStatus.Value(f"POINT_STATUS_{one.name}") for one in models.PointStatus}
_CONFIDENCE = {one: grades.GradeConfidence.Value(f"GRADE_CONFIDENCE_{one.name}") for one in models.GradeConfidence}
_REASON = {
    name.removeprefix("NOT_ASSESSABLE_REASON_").lower(): number
    for name, number in grades.NotAssessableReason.items()
    if number
}

DOMAIN_OF = {number: one for one, number in _DOMAIN.items()}
DIFFICULTY_OF = {number: one for one, number in _DIFFICULTY.items()}
KIND_OF = {number: one for one, number in _KIND.items()}
_SOURCE_OF = {number: one for one, number in _SOURCE.items()}
_STATUS_OF = {number: one for one, number in _STATUS.items()}
POINT_STATUS_OF = {number: one for one, number in _POINT_STATUS.items()}
CONFIDENCE_OF = {number: one for one, number in _CONFIDENCE.items()}
REASON_OF = {number: name for name, number in _REASON.items()}


def context_message(context: models.InterviewContext) -> questions.InterviewContext:
    """The message of an interview's context."""
    message = questions.InterviewContext(
        domain=_DOMAIN[context.domain],
        difficulty=_DIFFICULTY[context.difficulty],
        job_role=context.job_role or "",
        job_description=context.job_description or "",
        resume=context.resume or "",
        focus_areas=context.focus_areas,
        skills=context.skills,
        experience_level=context.experience_level or "",
        target_company=context.target_company or "",
        question_limit=context.question_limit,
        interview_id=context.interview_id,
    )
    if context.years_experience is not None:
        message.years_experience = context.years_experience
    return message


def difficulty_number(difficulty: models.Difficulty) -> questions.Difficulty.ValueType:
    """The number of a difficulty."""
    return _DIFFICULTY[difficulty]


def question_message(question: models.Question) -> questions.Question:
    """The message of a question."""
    return questions.Question(
        key=question.key,
        text=question.text,
        kind=_KIND[question.kind],
        parent_key=question.parent_key,
        probed_point_id=question.probed_point_id,
        domain=_DOMAIN[question.domain],
        difficulty=_DIFFICULTY[question.difficulty],
        topic=question.topic,
        topic_title=question.topic_title,
        points=[
            questions.ExpectedPoint(id=point.id, text=point.text, phrasings=point.phrasings, weight=point.weight)
            for point in question.points
        ],
        reference_answer=question.reference_answer,
        time_limit_seconds=question.time_limit_seconds,
        source=_SOURCE[question.source],
    )


def question(message: questions.Question) -> models.Question:
    """The question of a message. Raises KeyError for an enum value that this build does not know."""
    return models.Question(
        key=message.key,
        text=message.text,
        kind=KIND_OF[message.kind],
        parent_key=message.parent_key,
        probed_point_id=message.probed_point_id,
        domain=DOMAIN_OF[message.domain],
        difficulty=DIFFICULTY_OF[message.difficulty],
        topic=message.topic,
        topic_title=message.topic_title,
        points=tuple(
            models.ExpectedPoint(point.id, point.text, tuple(point.phrasings), max(point.weight, 1))
            for point in message.points
        ),
        reference_answer=message.reference_answer,
        time_limit_seconds=message.time_limit_seconds,
        source=_SOURCE_OF[message.source],
    )


def turn_messages(turns: Sequence[models.Turn]) -> list[questions.Turn]:
    """The messages of turns, each with what is known of it."""
    return [
        questions.Turn(
            question=question_message(turn.question),
            answer=turn.answer,
            evaluation=None if turn.evaluation is None else evaluation_message(turn.evaluation),
        )
        for turn in turns
    ]


def past_turn_messages(turns: Sequence[models.PastTurn]) -> list[questions.Turn]:
    """The messages of earlier turns, reduced to what the choice of the next question reads."""
    messages = []
    for turn in turns:
        message = questions.Turn(
            question=questions.Question(
                key=turn.key,
                text=turn.text,
                kind=_KIND[turn.kind],
                parent_key=turn.parent_key,
                probed_point_id=turn.probed_point_id,
                domain=_DOMAIN[turn.domain],
                difficulty=_DIFFICULTY[turn.difficulty],
                topic=turn.topic,
                topic_title=turn.topic_title,
            )
        )
        if turn.status is not None:
            message.evaluation.status = _STATUS[turn.status]
            if turn.score is not None:
                message.evaluation.score = turn.score
            if turn.declined:
                message.evaluation.not_assessable_reason = grades.NOT_ASSESSABLE_REASON_DECLINED
            message.evaluation.points.extend(
                grades.PointResult(id=point, status=_POINT_STATUS[status]) for point, status in turn.points.items()
            )
        messages.append(message)
    return messages


def evaluation_message(evaluation: models.Evaluation) -> grades.Evaluation:
    """The message of an evaluation."""
    delivery, provenance = evaluation.delivery, evaluation.provenance
    return grades.Evaluation(
        status=_STATUS[evaluation.status],
        score=evaluation.score,
        not_assessable_reason=_REASON.get(evaluation.not_assessable_reason or "", 0),  # type: ignore[arg-type]
        criteria=[
            grades.Criterion(
                id=one.name,
                title=one.title,
                weight=one.weight,
                level=one.level,
                score=one.score,
                comment=one.comment,
                evidence=[_quote_message(quote) for quote in one.evidence],
                level_spread=one.level_spread,
            )
            for one in evaluation.criteria
        ],
        points=[
            grades.PointResult(
                id=one.id,
                text=one.text,
                status=_POINT_STATUS[one.status],
                credit=one.credit,
                quote=None if one.quote is None else _quote_message(one.quote),
            )
            for one in evaluation.points
        ],
        delivery=grades.Delivery(
            relevance=delivery.relevance,
            grammar=delivery.grammar,
            fluency=delivery.fluency,
            keyword_coverage=delivery.keyword_coverage,
            structure=delivery.structure,
            confidence=delivery.confidence,
            word_count=delivery.word_count,
            sentence_count=delivery.sentence_count,
            words_per_minute=delivery.words_per_minute,
            filler_words=[grades.FillerWord(word=one.word, starts=one.starts) for one in delivery.filler_words],
            keywords_found=delivery.keywords_found,
            keywords_missing=delivery.keywords_missing,
            hedges=[grades.FoundPhrase(phrase=one.phrase, starts=one.starts) for one in delivery.hedges],
            repetitions=[
                grades.Repetition(phrase=one.phrase, starts=one.starts, in_a_row=one.in_a_row)
                for one in delivery.repetitions
            ],
            mean_sentence_words=delivery.mean_sentence_words,
            longest_sentence_words=delivery.longest_sentence_words,
            long_sentences=[
                grades.LongSentence(start=one.start, end=one.end, words=one.words) for one in delivery.long_sentences
            ],
            grammar_issues=[
                grades.GrammarIssue(start=one.start, end=one.end, message=one.message, suggestion=one.suggestion)
                for one in delivery.grammar_issues
            ],
            structure_parts=[
                grades.StructurePart(name=one.name, quote=None if one.quote is None else _quote_message(one.quote))
                for one in delivery.structure_parts
            ],
            spoken=None if delivery.spoken is None else spoken_message(delivery.spoken),
        ),
        strengths=evaluation.strengths,
        improvements=evaluation.improvements,
        feedback=evaluation.feedback,
        provenance=grades.Provenance(
            engine=provenance.engine,
            model=provenance.model,
            rubric=provenance.rubric,
            rubric_version=provenance.rubric_version,
            prompt_version=provenance.prompt_version,
            grader_version=provenance.grader_version,
            calibration=provenance.calibration,
        ),
        confidence=_CONFIDENCE[evaluation.confidence] if evaluation.confidence else grades.GRADE_CONFIDENCE_UNSPECIFIED,
        samples=evaluation.samples,
    )


def evaluation(message: grades.Evaluation) -> models.Evaluation:
    """The evaluation of a message. Raises KeyError for an enum value that this build does not know."""
    scored = message.HasField("score")
    return models.Evaluation(
        status=_STATUS_OF[message.status],
        score=message.score if scored else None,
        not_assessable_reason=REASON_OF.get(message.not_assessable_reason),
        criteria=tuple(
            models.Criterion(
                name=one.id,
                title=one.title,
                weight=one.weight,
                level=one.level if one.HasField("level") else None,
                score=one.score if one.HasField("score") else None,
                comment=one.comment,
                evidence=tuple(quote_of(quote) for quote in one.evidence),
                level_spread=one.level_spread if one.HasField("level_spread") else None,
            )
            for one in message.criteria
        ),
        points=tuple(point_result(one) for one in message.points),
        delivery=delivery_of(message.delivery),
        strengths=tuple(message.strengths),
        improvements=tuple(message.improvements),
        feedback=message.feedback,
        provenance=provenance_of(message.provenance),
        confidence=CONFIDENCE_OF.get(message.confidence),
        samples=max(message.samples, 1),
    )


def graded_turn(message: calls.EvaluateAnswerResponse) -> models.GradedTurn:
    """The evaluation and the next question of an EvaluateAnswer response."""
    return models.GradedTurn(
        evaluation(message.evaluation),
        question(message.next_question) if message.HasField("next_question") else None,
    )


def point_result(message: grades.PointResult) -> models.PointResult:
    """The result on one point. Raises KeyError for an enum value that this build does not know."""
    return models.PointResult(
        id=message.id,
        text=message.text,
        status=POINT_STATUS_OF[message.status],
        credit=message.credit,
        quote=quote_of(message.quote) if message.HasField("quote") else None,
    )


def delivery_of(message: grades.Delivery) -> models.Delivery:
    """The delivery of a message."""
    return models.Delivery(
        relevance=message.relevance if message.HasField("relevance") else None,
        grammar=message.grammar if message.HasField("grammar") else None,
        fluency=message.fluency if message.HasField("fluency") else None,
        keyword_coverage=message.keyword_coverage if message.HasField("keyword_coverage") else None,
        structure=message.structure if message.HasField("structure") else None,
        confidence=message.confidence if message.HasField("confidence") else None,
        word_count=message.word_count,
        sentence_count=message.sentence_count,
        words_per_minute=message.words_per_minute if message.HasField("words_per_minute") else None,
        filler_words=tuple(
            models.FillerWord(one.word, len(one.starts), tuple(one.starts)) for one in message.filler_words
        ),
        keywords_found=tuple(message.keywords_found),
        keywords_missing=tuple(message.keywords_missing),
        hedges=tuple(models.FoundPhrase(one.phrase, len(one.starts), tuple(one.starts)) for one in message.hedges),
        repetitions=tuple(
            models.Repetition(one.phrase, len(one.starts), tuple(one.starts), one.in_a_row)
            for one in message.repetitions
        ),
        mean_sentence_words=message.mean_sentence_words if message.HasField("mean_sentence_words") else None,
        longest_sentence_words=message.longest_sentence_words if message.HasField("longest_sentence_words") else None,
        long_sentences=tuple(models.LongSentence(one.start, one.end, one.words) for one in message.long_sentences),
        grammar_issues=tuple(
            models.GrammarIssue(one.start, one.end, one.message, one.suggestion if one.HasField("suggestion") else None)
            for one in message.grammar_issues
        ),
        structure_parts=tuple(
            models.StructurePart(one.name, quote_of(one.quote) if one.HasField("quote") else None)
            for one in message.structure_parts
        ),
        spoken=spoken_of(message.spoken) if message.HasField("spoken") else None,
    )


def provenance_of(message: grades.Provenance) -> models.Provenance:
    """The provenance of a message."""
    return models.Provenance(
        engine=message.engine,
        model=message.model,
        rubric=message.rubric,
        rubric_version=message.rubric_version,
        prompt_version=message.prompt_version,
        grader_version=message.grader_version,
        calibration=message.calibration,
    )


def quote_of(message: grades.Quote) -> models.Quote:
    """The quote of a message."""
    return models.Quote(message.text, message.start, message.end)


def _quote_message(quote: models.Quote) -> grades.Quote:
    return grades.Quote(text=quote.quote, start=quote.start, end=quote.end)
