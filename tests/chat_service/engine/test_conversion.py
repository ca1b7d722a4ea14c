"""An evaluation on its way from the engine, through the database, and back to the engine."""

import pytest

from chat_service.engine.conversion import evaluation, evaluation_message
from chat_service.engine.models import EVALUATION, GradeConfidence
from protos.interview_engine.v1 import evaluation_pb2 as grades


def _message(confidence: grades.GradeConfidence.ValueType, samples: int, spread: int | None) -> grades.Evaluation:
    return grades.Evaluation(
        status=grades.EVALUATION_STATUS_SCORED,
        score=50.0,
        criteria=[
            grades.Criterion(id="coverage", title="Coverage", weight=1.0, level=2, score=50, level_spread=spread)
        ],
        delivery=grades.Delivery(word_count=3, sentence_count=1),
        provenance=grades.Provenance(engine="builtin", rubric_version="1.0", calibration="our-course"),
        confidence=confidence,
        samples=samples,
    )


@pytest.mark.parametrize(
    ("number", "known"),
    [
        (grades.GRADE_CONFIDENCE_UNSPECIFIED, None),
        (grades.GRADE_CONFIDENCE_NORMAL, GradeConfidence.NORMAL),
        (grades.GRADE_CONFIDENCE_LOW, GradeConfidence.LOW),
    ],
)
def test_the_confidence_in_a_grade_survives_being_stored_and_goes_back_to_the_engine(
    number: grades.GradeConfidence.ValueType, known: GradeConfidence | None
) -> None:
    spread = None if known is None else 2
    message = _message(number, 1 if known is None else 3, spread)
    read = evaluation(message)
    assert (read.confidence, read.samples, read.criteria[0].level_spread) == (known, message.samples, spread)
    stored = EVALUATION.validate_python(EVALUATION.dump_python(read, mode="json"), strict=False)
    assert stored == read
    assert evaluation_message(stored) == message


def test_every_confidence_of_the_contract_is_known() -> None:
    specified = {
        name.removeprefix("GRADE_CONFIDENCE_").lower() for name, number in grades.GradeConfidence.items() if number
    }
    assert specified == {one.value for one in GradeConfidence}


def test_an_evaluation_of_an_engine_that_tells_no_confidence_was_graded_once() -> None:
    read = evaluation(_message(grades.GRADE_CONFIDENCE_UNSPECIFIED, 0, None))
    assert (read.confidence, read.samples) == (None, 1)


def test_an_evaluation_that_was_stored_before_there_was_a_confidence_still_reads() -> None:
    stored = EVALUATION.dump_python(evaluation(_message(grades.GRADE_CONFIDENCE_LOW, 3, 2)), mode="json")
    del stored["confidence"], stored["samples"], stored["criteria"][0]["level_spread"]
    read = EVALUATION.validate_python(stored, strict=False)
    assert (read.confidence, read.samples, read.criteria[0].level_spread) == (None, 1, None)
