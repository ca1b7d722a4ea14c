"""The JSON line of a graded answer."""

from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from ai_service.calibration.batch import Graded
from ai_service.interviewing.interview import Evaluation


def result_line(graded: Graded) -> bytes:
    """The result of one line, with the members of the line that are not the grader's, and a line feed.

    `score` is 0 to 100, one decimal, or null with the reason why there is none. With a calibration `raw_score` is
    the grader's own.
    """
    evaluation = graded.evaluation
    return to_json({**graded.line.others, "line": graded.number, **_result(evaluation)}) + b"\n"


def _result(evaluation: Evaluation) -> dict[str, Any]:
    provenance = asdict(evaluation.provenance)
    result: dict[str, Any] = {
        "score": evaluation.score,
        "status": evaluation.status,
        "not_assessable_reason": evaluation.not_assessable_reason,
        "criteria": evaluation.criteria,
        "points": evaluation.points,
        "delivery": evaluation.delivery,
        "feedback": evaluation.feedback,
        "provenance": provenance,
    }
    if evaluation.provenance.calibration:
        result["raw_score"] = evaluation.raw_score
    else:
        del provenance["calibration"]
    return result
