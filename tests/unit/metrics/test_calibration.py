"""Calibration error and logistic regression against what is known of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.metrics.calibration import calibration_error, fit_logistic, logistic


def test_probabilities_that_are_met_have_no_error() -> None:
    probabilities = np.repeat([0.2, 0.8], 50)
    events = [i % 5 == 0 for i in range(50)] + [i % 5 != 0 for i in range(50)]
    assert calibration_error(probabilities, events) == pytest.approx(0, abs=1e-12)


def test_the_error_is_the_distance_in_bins_of_equal_size() -> None:
    probabilities = [0.9] * 10 + [0.1] * 10
    assert calibration_error(probabilities, [1] * 5 + [0] * 15, bins=2) == pytest.approx(0.25)
    assert calibration_error([0.3], [1], bins=10) == pytest.approx(0.7)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 12))
def test_the_error_is_between_the_overall_distance_and_1(pairs, bins: int) -> None:
    probabilities, events = np.array(pairs, float).T
    error = calibration_error(probabilities, events, bins)
    assert abs(probabilities.mean() - events.mean()) - 1e-9 <= error <= 1


def test_the_regression_finds_the_weights_that_made_the_events() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 3))
    truth = np.array([1.5, -0.7, 0.0, 0.4])
    events = random.random(20_000) < logistic(features @ truth[:3] + truth[3])
    np.testing.assert_allclose(fit_logistic(features, events), truth, atol=0.08)


def test_the_gradient_is_zero_at_the_solution() -> None:
    random = np.random.default_rng(1)
    features, events = random.normal(size=(200, 2)), random.random(200) < 0.3
    weights = fit_logistic(features, events, penalty=3.0)
    rest = events - logistic(features @ weights[:2] + weights[2])
    np.testing.assert_allclose(features.T @ rest, 3.0 * weights[:2], atol=1e-4)
    assert rest.sum() == pytest.approx(0, abs=1e-4)


def test_events_that_one_feature_decides_have_finite_weights() -> None:
    features = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    weights = fit_logistic(features, [0, 0, 1, 1])
    assert 0.5 < weights[0] < 5


def test_the_logistic_function_does_not_overflow() -> None:
    np.testing.assert_allclose(logistic(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])
