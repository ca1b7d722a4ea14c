"""Fitting the calibration curve to human scores."""

from collections.abc import Sequence

import numpy as np

from ai_service.grading.calibration import GREATEST_EXPONENT, LEAST_EXPONENT, Calibration

_STEPS = 481


def fit(machine: Sequence[float], human: Sequence[float], *, low: float, high: float, name: str) -> Calibration:
    """The curve with the least squared error; ties go to the one that changes least.

    `machine` scores run from 0 to 100, `human` ones from `low` to `high`. The one parameter is searched on a
    logarithmic grid whose steps of 0.7 % are finer than any such sample can tell apart.
    """
    raw = np.asarray(machine, dtype=np.float64) / 100
    wanted = (np.asarray(human, dtype=np.float64) - low) / (high - low)
    exponents = np.geomspace(LEAST_EXPONENT, GREATEST_EXPONENT, _STEPS)
    errors = np.asarray([np.mean((raw**exponent - wanted) ** 2) for exponent in exponents])
    ranked = sorted(range(_STEPS), key=lambda at: (round(float(errors[at]), 12), abs(np.log(exponents[at]))))
    return Calibration(name, round(float(exponents[ranked[0]]), 4), len(machine))
