"""Recorded evaluations read back into domain values, every field held to its documented rule."""

import math

from ai_service.errors import InvalidField
from ai_service.interviewing.interview import (
    CriterionScore,
    Delivery,
    Evaluation,
    EvaluationStatus,
    FillerWord,
    PointResult,
    Provenance,
    Quote,
    SpokenDelivery,
)
from ai_service.wire import names, rules
from protos.interview_engine.v1 import evaluation_pb2


def read_evaluation(message: evaluation_pb2.Evaluation, path: str, *, whole: bool) -> Evaluation:
    """An evaluation that an earlier call gave.

    One that is not `whole` may leave out why there is no score, which then counts for nothing. Of its delivery what
    reports remark on is read.
    """
    status = rules.member(f"{path}.status", message.status, names.STATUSES)
    score = reason = None
    if status is EvaluationStatus.SCORED:
        if not message.HasField("score"):
            raise InvalidField(f"{path}.score", "is required when the status is SCORED")
        score = rules.number(f"{path}.score", message.score, 0, 100)
    else:
        if message.HasField("score"):
            raise InvalidField(f"{path}.score", "must be unset when the status is NOT_ASSESSABLE")
        if whole or message.not_assessable_reason:
            field = f"{path}.not_assessable_reason"
            reason = rules.member(field, message.not_assessable_reason, names.REASONS)
    provenance = message.provenance
    return Evaluation(
        status=status,
        score=score,
        not_assessable_reason=reason,
        criteria=tuple(
            _read_criterion(criterion, f"{path}.criteria[{index}]") for index, criterion in enumerate(message.criteria)
        ),
        points=tuple(_read_point(point, f"{path}.points[{index}]") for index, point in enumerate(message.points)),
        delivery=_read_delivery(message.delivery, f"{path}.delivery"),
        strengths=tuple(message.strengths),
        improvements=tuple(message.improvements),
        feedback=message.feedback,
        provenance=Provenance(
            provenance.engine,
            provenance.model,
            provenance.rubric,
            provenance.rubric_version,
            provenance.prompt_version,
            provenance.grader_version,
            provenance.calibration,
        ),
        confidence=names.CONFIDENCES.get(message.confidence),
        samples=max(1, message.samples),
    )


def _read_criterion(message: evaluation_pb2.Criterion, path: str) -> CriterionScore:
    level = score = None
    if message.HasField("level"):
        level = rules.whole(f"{path}.level", message.level, 0, 4)
    if message.HasField("score"):
        score = rules.number(f"{path}.score", message.score, 0, 100)
    return CriterionScore(
        id=rules.required_text(f"{path}.id", message.id, rules.MOST_NAME_CHARACTERS),
        title=rules.text(f"{path}.title", message.title, rules.MOST_NAME_CHARACTERS),
        weight=rules.number(f"{path}.weight", message.weight, 0, 1),
        level=level,
        score=score,
        comment=message.comment,
        evidence=tuple(_read_quote(quote, f"{path}.evidence[{index}]") for index, quote in enumerate(message.evidence)),
        level_spread=message.level_spread if message.HasField("level_spread") else None,
    )


def _read_point(message: evaluation_pb2.PointResult, path: str) -> PointResult:
    return PointResult(
        id=rules.required_text(f"{path}.id", message.id, rules.MOST_NAME_CHARACTERS),
        text=rules.text(f"{path}.text", message.text, rules.MOST_TEXT_CHARACTERS),
        status=rules.member(f"{path}.status", message.status, names.POINT_STATUSES),
        credit=rules.number(f"{path}.credit", message.credit, 0, 1),
        quote=_read_quote(message.quote, f"{path}.quote") if message.HasField("quote") else None,
    )


def _read_delivery(message: evaluation_pb2.Delivery, path: str) -> Delivery:
    confidence = pace = None
    if message.HasField("confidence"):
        confidence = rules.number(f"{path}.confidence", message.confidence, 0, 100)
    if message.HasField("words_per_minute"):
        pace = rules.number(f"{path}.words_per_minute", message.words_per_minute, 0, math.inf)
    return Delivery(
        message.word_count,
        message.sentence_count,
        confidence=confidence,
        words_per_minute=pace,
        filler_words=tuple(
            FillerWord(
                rules.required_text(f"{path}.filler_words[{index}].word", filler.word, rules.MOST_NAME_CHARACTERS),
                tuple(filler.starts),
            )
            for index, filler in enumerate(message.filler_words)
        ),
        spoken=_read_spoken(message.spoken, f"{path}.spoken") if message.HasField("spoken") else None,
    )


def _read_spoken(message: evaluation_pb2.SpokenDelivery, path: str) -> SpokenDelivery:
    """Its figures; times and places are of no use to a report."""
    return SpokenDelivery(
        speech_seconds=rules.number(f"{path}.speech_seconds", message.speech_seconds, 0, math.inf),
        word_count=message.word_count,
        timed_word_count=message.timed_word_count,
        articulation_rate=message.articulation_rate if message.HasField("articulation_rate") else None,
        pause_count=message.pause_count,
        long_pause_count=message.long_pause_count,
        pause_seconds=rules.number(f"{path}.pause_seconds", message.pause_seconds, 0, math.inf),
        longest_pause_seconds=rules.number(f"{path}.longest_pause_seconds", message.longest_pause_seconds, 0, math.inf),
    )


def _read_quote(message: evaluation_pb2.Quote, path: str) -> Quote:
    if message.start < 0:
        raise InvalidField(f"{path}.start", "must not be negative")
    if message.end - message.start != len(message.text):
        raise InvalidField(f"{path}.end", "must lie behind the start by the length of the text")
    return Quote(message.text, message.start, message.end)
