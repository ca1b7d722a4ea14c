"""Questions and evaluations written as messages."""

from ai_service.interviewing.interview import (
    CriterionScore,
    Delivery,
    Evaluation,
    PointResult,
    Provenance,
    Question,
    Quote,
    SpokenDelivery,
)
from ai_service.wire import names
from protos.interview_engine.v1 import evaluation_pb2, question_pb2


def write_question(question: Question) -> question_pb2.Question:
    """A question with its points and its reference answer."""
    return question_pb2.Question(
        key=question.key,
        text=question.text,
        kind=names.KIND_NUMBERS[question.kind],  # type: ignore[arg-type]
        parent_key=question.parent_key,
        probed_point_id=question.probed_point_id,
        domain=names.DOMAIN_NUMBERS[question.domain],  # type: ignore[arg-type]
        difficulty=names.DIFFICULTY_NUMBERS[question.difficulty],  # type: ignore[arg-type]
        topic=question.topic,
        topic_title=question.topic_title,
        points=[
            question_pb2.ExpectedPoint(id=point.id, text=point.text, phrasings=point.phrasings, weight=point.weight)
            for point in question.points
        ],
        reference_answer=question.reference_answer,
        time_limit_seconds=question.time_limit_seconds,
        source=names.SOURCE_NUMBERS[question.source],  # type: ignore[arg-type]
    )


def write_evaluation(evaluation: Evaluation) -> evaluation_pb2.Evaluation:
    """The grade of an answer."""
    reason, confidence = evaluation.not_assessable_reason, evaluation.confidence
    return evaluation_pb2.Evaluation(
        status=names.STATUS_NUMBERS[evaluation.status],  # type: ignore[arg-type]
        score=evaluation.score,
        not_assessable_reason=names.REASON_NUMBERS[reason] if reason else None,  # type: ignore[arg-type]
        criteria=[_write_criterion(criterion) for criterion in evaluation.criteria],
        points=[write_point(point) for point in evaluation.points],
        delivery=write_delivery(evaluation.delivery),
        strengths=evaluation.strengths,
        improvements=evaluation.improvements,
        feedback=evaluation.feedback,
        provenance=write_provenance(evaluation.provenance),
        confidence=names.CONFIDENCE_NUMBERS[confidence] if confidence else None,  # type: ignore[arg-type]
        samples=evaluation.samples,
    )


def _write_criterion(criterion: CriterionScore) -> evaluation_pb2.Criterion:
    return evaluation_pb2.Criterion(
        id=criterion.id,
        title=criterion.title,
        weight=criterion.weight,
        level=criterion.level,
        score=criterion.score,
        comment=criterion.comment,
        evidence=[write_quote(quote) for quote in criterion.evidence],
        level_spread=criterion.level_spread,
    )


def write_point(point: PointResult) -> evaluation_pb2.PointResult:
    """How far an answer said a point."""
    return evaluation_pb2.PointResult(
        id=point.id,
        text=point.text,
        status=names.POINT_STATUS_NUMBERS[point.status],  # type: ignore[arg-type]
        credit=point.credit,
        quote=write_quote(point.quote) if point.quote else None,
    )


def write_quote(quote: Quote) -> evaluation_pb2.Quote:
    """A piece of an answer."""
    return evaluation_pb2.Quote(text=quote.text, start=quote.start, end=quote.end)


def write_delivery(delivery: Delivery) -> evaluation_pb2.Delivery:
    """How an answer was said."""
    return evaluation_pb2.Delivery(
        relevance=delivery.relevance,
        grammar=delivery.grammar,
        fluency=delivery.fluency,
        keyword_coverage=delivery.keyword_coverage,
        structure=delivery.structure,
        confidence=delivery.confidence,
        word_count=delivery.word_count,
        sentence_count=delivery.sentence_count,
        filler_words=[
            evaluation_pb2.FillerWord(word=filler.word, starts=filler.starts) for filler in delivery.filler_words
        ],
        words_per_minute=delivery.words_per_minute,
        keywords_found=delivery.keywords_found,
        keywords_missing=delivery.keywords_missing,
        hedges=[evaluation_pb2.FoundPhrase(phrase=hedge.phrase, starts=hedge.starts) for hedge in delivery.hedges],
        repetitions=[
            evaluation_pb2.Repetition(phrase=one.phrase, starts=one.starts, in_a_row=one.in_a_row)
            for one in delivery.repetitions
        ],
        mean_sentence_words=delivery.mean_sentence_words,
        longest_sentence_words=delivery.longest_sentence_words,
        long_sentences=[
            evaluation_pb2.LongSentence(start=one.start, end=one.end, words=one.words)
            for one in delivery.long_sentences
        ],
        grammar_issues=[
            evaluation_pb2.GrammarIssue(
                start=issue.start, end=issue.end, message=issue.message, suggestion=issue.suggestion
            )
            for issue in delivery.grammar_issues
        ],
        structure_parts=[
            evaluation_pb2.StructurePart(name=part.name, quote=write_quote(part.quote) if part.quote else None)
            for part in delivery.structure_parts
        ],
        spoken=_write_spoken(delivery.spoken) if delivery.spoken else None,
    )


def _write_spoken(spoken: SpokenDelivery) -> evaluation_pb2.SpokenDelivery:
    return evaluation_pb2.SpokenDelivery(
        speech_seconds=spoken.speech_seconds,
        word_count=spoken.word_count,
        timed_word_count=spoken.timed_word_count,
        articulation_rate=spoken.articulation_rate,
        pause_count=spoken.pause_count,
        long_pause_count=spoken.long_pause_count,
        pause_seconds=spoken.pause_seconds,
        longest_pause_seconds=spoken.longest_pause_seconds,
        pauses=[
            evaluation_pb2.Pause(at=one.at, seconds=one.seconds, after=one.after, before=one.before, start=one.start)
            for one in spoken.pauses
        ],
        fillers=[
            evaluation_pb2.TimedFiller(word=one.word, start=one.start, at=one.at, seconds=one.seconds)
            for one in spoken.fillers
        ],
    )


def write_provenance(provenance: Provenance) -> evaluation_pb2.Provenance:
    """What made a grade or a text."""
    return evaluation_pb2.Provenance(
        engine=provenance.engine,
        model=provenance.model,
        rubric=provenance.rubric,
        rubric_version=provenance.rubric_version,
        prompt_version=provenance.prompt_version,
        grader_version=provenance.grader_version,
        calibration=provenance.calibration,
    )
