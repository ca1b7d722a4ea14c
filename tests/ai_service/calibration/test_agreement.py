import math

import numpy as np
import pytest

from ai_service.calibration.agreement import agreement, macro_f1, pearson, quadratic_weighted_kappa, spearman
from ai_service.calibration.fitting import fit


def test_correlations_and_kappa_are_those_of_worked_examples() -> None:
    a, b = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 5])
    assert pearson(a, b) == pytest.approx(0.8)
    assert spearman(a, np.exp(b)) == pytest.approx(0.8)
    assert spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(math.sqrt(3) / 2)
    # Two raters on a scale of three steps: 1 - (1/4 disagreement of one step) / (expected 1/2 of one, 1/8 of two).
    first, second = np.array([0.0, 0, 1, 2]), np.array([0.0, 1, 1, 2])
    assert quadratic_weighted_kappa(first, second, low=0, high=2, levels=3) == pytest.approx(0.8)


def test_macro_f1_is_that_of_a_worked_example() -> None:
    found, true = np.array([0.9, 0.8, 0.1, 0.2]), np.array([1.0, 0, 0, 0])
    assert macro_f1(found, true, middle=0.5) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_equal_scores_agree_fully_on_any_scale() -> None:
    found = agreement([0, 25, 50, 75, 100], [1, 2, 3, 4, 5], low=1, high=5)
    assert found.pearson.value == pytest.approx(1)
    assert found.rmse.value == pytest.approx(0)
    assert found.kappa.value == pytest.approx(1)


def test_the_interval_holds_the_value_and_narrows_with_more_answers() -> None:
    generator = np.random.default_rng(7)

    def width(answers: int) -> float:
        human = generator.uniform(0, 5, answers)
        machine = np.clip(human * 20 + generator.normal(0, 20, answers), 0, 100)
        found = agreement(machine.tolist(), human.tolist(), low=0, high=5).pearson
        assert found.low <= found.value <= found.high
        return found.high - found.low

    assert width(1000) < width(50)


@pytest.mark.parametrize(
    ("machine", "human", "scale"), [([], [], (0, 5)), ([1, 2], [1, 2], (3, 3)), ([1, 2], [1], (0, 5))]
)
def test_what_cannot_be_compared_is_refused(
    machine: list[float], human: list[float], scale: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match=r"two answers|scale"):
        agreement(machine, human, low=scale[0], high=scale[1])


def test_the_fitted_curve_recovers_its_exponent_and_keeps_the_ends() -> None:
    raw = [5, 20, 40, 60, 80, 95]
    human = [5 * (score / 100) ** 0.5 for score in raw]
    curve = fit(raw, human, low=0, high=5, name="test")
    assert curve.exponent == pytest.approx(0.5, rel=0.01)
    assert (curve.apply(0), curve.apply(100)) == (0, 100)
