"""Whether an answer is about what was asked."""

from collections.abc import Sequence

import numpy as np

from ai_service.grading.embedding import unit
from ai_service.grading.reading import ReadSentence, ReadText

# Nearness of the answer to the subject of the question at which credit begins and at which it is whole.
_NEARNESS = (0.35, 0.55)
_UNMISTAKABLE = (0.50, 0.70)  # the same by the best alignment of any point
_WANDERING = (12, 40)  # content words: a short answer has no room to meet points by chance


def topicality(statements: Sequence[ReadSentence], question: ReadSentence, answer: ReadText, best: float) -> float:
    """From 0 to 1: whether the answer, or the two sentences of it that come nearest, is about what was asked.

    `best`, the highest alignment of a statement, can show it as well. A short answer is never doubted.
    """
    subject = unit(unit(np.stack([statement.mean for statement in statements]).mean(axis=0)) + question.mean)
    nearest = float(np.sort(answer.means @ subject)[-2:].mean())
    whole = float(unit(answer.means.mean(axis=0)) @ subject)
    nearness = (nearest + max(nearest, whole)) / 2
    near = float(max(np.interp(nearness, _NEARNESS, (0.0, 1.0)), np.interp(best, _UNMISTAKABLE, (0.0, 1.0))))
    return 1.0 - float(np.interp(len(answer.vectors), _WANDERING, (0.0, 1.0))) * (1.0 - near)
