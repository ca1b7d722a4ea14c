"""An engine whose scores are put on a calibrated curve."""

from collections.abc import Sequence
from dataclasses import replace

from ai_service.grading.calibration import Calibration
from ai_service.interviewing.engine import Engine
from ai_service.interviewing.interview import (
    ChosenQuestion,
    Evaluation,
    InterviewContext,
    Report,
    SubmittedAnswer,
    Turn,
)


class CalibratedEngine:
    """An `Engine` that asks and reports as `engine` does, and grades as it does but for the score.

    An evaluation's score is the calibrated one (one decimal), `raw_score` the engine's own, and the provenance names
    the calibration. Levels and scores of criteria stay: the curve was fitted to whole scores.
    """

    def __init__(self, engine: Engine, calibration: Calibration) -> None:
        self._engine = engine
        self._calibration = calibration

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """As `Engine.next_question`."""
        return await self._engine.next_question(context, turns, seen_keys, seen_texts, follow_up_only=follow_up_only)

    async def evaluate(
        self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn] = ()
    ) -> Evaluation:
        """As `Engine.evaluate`, with the score calibrated."""
        evaluation = await self._engine.evaluate(context, submitted, turns)
        score = evaluation.score
        return replace(
            evaluation,
            score=None if score is None else round(self._calibration.apply(score), 1),
            raw_score=score,
            provenance=replace(evaluation.provenance, calibration=self._calibration.name),
        )

    async def report(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """As `Engine.report`."""
        return await self._engine.report(context, turns)
