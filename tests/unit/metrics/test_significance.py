"""The permutation test: exact where signs can be enumerated, and as it should be everywhere."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.metrics import bootstrap, significance

# Whole numbers: sums of them are exact, so that the oracle needs no tolerance.
pairs = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=9)
many = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=40)


def apart(found):
    return [list(map(float, side)) for side in zip(*found, strict=True)]


def enumerated(a, b):
    """The p-value by its definition: of all ways to exchange scores, how many differ as much."""
    observed = abs(sum(a) - sum(b))
    hits = count = 0
    for swaps in itertools.product([False, True], repeat=len(a)):
        first = sum(y if swap else x for x, y, swap in zip(a, b, swaps, strict=True))
        second = sum(x if swap else y for x, y, swap in zip(a, b, swaps, strict=True))
        hits += abs(first - second) >= observed
        count += 1
    return hits / count


@given(pairs)
def test_small_cases_are_exact(found):
    a, b = apart(found)
    assert significance.permutation_test(a, b) == pytest.approx(enumerated(a, b), abs=1e-12)


@given(many, st.integers(1, 200))
def test_the_p_value_is_symmetric_and_bounded(found, samples):
    a, b = apart(found)
    p = significance.permutation_test(a, b, samples)
    assert 1 / max(samples + 1, 2 ** len(a)) <= p <= 1
    assert significance.permutation_test(b, a, samples) == p
    assert significance.permutation_test(a, a, samples) == 1


@given(many)
def test_units_and_equal_scores_change_nothing(found):
    a, b = apart(found)
    p = significance.permutation_test(a, b, 100)
    assert significance.permutation_test([*a, 3.0, 0.0], [*b, 3.0, 0.0], 100) == p
    # A power of two, so that no sum is rounded otherwise.
    assert significance.permutation_test(np.array(a) * 4, np.array(b) * 4, 100) == p


@pytest.mark.parametrize("shift", [0.5, 4.5, 9.5])
def test_drawn_signs_come_near_the_exact_p_value(shift):
    draw = np.random.default_rng(2)
    a, b = draw.integers(0, 30, 12) + shift, draw.integers(0, 30, 12).astype(float)
    exact = significance.permutation_test(a, b, samples=2**12)
    assert exact == pytest.approx(enumerated(list(a), list(b)))
    drawn = significance.permutation_test(a, b, samples=4000)
    assert drawn * 4001 == pytest.approx(round(drawn * 4001))
    error = (exact * (1 - exact) / 4000) ** 0.5
    assert abs(drawn - exact) < 4 * error + 1 / 4000


def test_the_level_of_the_test_is_its_level():
    """Of systems that are alike, one in ten has a p-value of a tenth or less, about."""
    draw = np.random.default_rng(5)
    p = [
        significance.permutation_test(*draw.normal(50, 20, (2, 30)), samples=199, seed=seed)
        for seed in range(300)
    ]
    assert 0.05 < np.mean(np.array(p) <= 0.1) < 0.15
    assert 0.4 < np.mean(p) < 0.6


def test_many_signs_are_drawn_in_parts(monkeypatch):
    draw = np.random.default_rng(1)
    a, b = draw.normal(0.2, 1, 64), draw.normal(0, 1, 64)
    whole = significance.permutation_test(a, b, samples=400)
    monkeypatch.setattr(significance, "_SIGNS_AT_ONCE", 64 * 8)
    assert significance.permutation_test(a, b, samples=400) == whole
    assert significance.permutation_test(a, b, samples=400, seed=2) != whole


def test_a_sure_difference_has_the_smallest_p_value():
    b = np.random.default_rng(0).uniform(0, 50, 200)
    assert significance.permutation_test(b + 3, b, samples=999) == pytest.approx(1 / 1000)
    assert significance.permutation_test([3.0, 1.0], [1.0, 0.0]) == 0.5  # 2 of 4 ways


def test_a_difference_has_interval_and_p_value():
    a, b = np.random.default_rng(3).uniform(0, 100, (2, 50))
    found = significance.paired_difference(a, b, 80, 4)
    p = found.pop("p")
    assert found == bootstrap.paired_interval(a, b, 80, 4)
    assert p == significance.permutation_test(a, b, seed=4)


def test_scores_of_other_examples_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        significance.permutation_test([1.0, 2.0], [1.0])


def test_few_examples_never_show_that_one_is_better():
    for n in range(1, 6):
        one = significance.paired_difference([12.0] * n, [0.0] * n)
        assert one["low"] > 0
        assert bootstrap.verdict(one) == ""
    assert bootstrap.verdict(significance.paired_difference([12.0] * 6, [0.0] * 6)) == "better"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.1, 2, "better"), (0, 2, ""), (-1, 1, ""), (-2, 0, ""), (-2, -0.1, "worse")],
)
def test_better_is_said_only_where_the_interval_excludes_zero(low, high, said):
    assert bootstrap.verdict({"mean": 1.0, "low": low, "high": high, "p": 0.001}) == said
