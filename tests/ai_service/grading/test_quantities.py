import pytest

from ai_service.grading.quantities import complexity_conflicts, number_conflicts, quantities_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O(n log n)", "o( n*log(n) )"),
        ("O(n^2)", "Θ(n²)"),
        ("O(1)", "constant time"),
        ("O(n)", "linear time"),
        ("O(log n)", "logarithmic"),
        ("O(V + E)", "O(E+V)"),
        ("O(n log2 n)", "n log n"),
        ("quadratic time", "O(n squared)"),
    ],
)
def test_the_same_complexity_in_two_notations_agrees(one: str, other: str) -> None:
    first, second = quantities_of(one), quantities_of(other)
    assert first.complexities == second.complexities != frozenset()
    assert not complexity_conflicts(first, second)


@pytest.mark.parametrize(
    ("one", "other"), [("O(n log n)", "O(n)"), ("O(1)", "O(n)"), ("O(n^2)", "O(2^n)"), ("O(log n)", "linear time")]
)
def test_different_complexities_conflict(one: str, other: str) -> None:
    assert complexity_conflicts(quantities_of(one), quantities_of(other))


def test_silence_on_a_complexity_is_no_conflict() -> None:
    assert not complexity_conflicts(quantities_of("It takes O(n)."), quantities_of("It is quick."))
    assert not complexity_conflicts(quantities_of("It is quick."), quantities_of("It takes O(n)."))


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("It has three phases.", "It has 2 phases."),
        ("99 % of requests", "95 % of requests"),
        ("two phases", "3 phases"),
    ],
)
def test_another_count_of_the_same_thing_conflicts(expected: str, said: str) -> None:
    assert number_conflicts(quantities_of(expected), quantities_of(said))


@pytest.mark.parametrize(
    ("expected", "said"),
    [("It has two phases.", "There are 2 phases."), ("about 50 ms", "It has 3 parts."), ("1,000 users", "1000 users")],
)
def test_equal_or_unrelated_counts_do_not(expected: str, said: str) -> None:
    assert not number_conflicts(quantities_of(expected), quantities_of(said))
