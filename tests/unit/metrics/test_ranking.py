"""Rankings of candidates, learned from their scores."""

import numpy as np
import pytest

from summarizer.metrics.ranking import cross_validated_choices, fit_ranking


@pytest.fixture
def documents() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Candidates whose score is a feature plus what all candidates of the document share."""
    random = np.random.default_rng(2)
    features = [random.normal(size=(random.integers(1, 6), 3)) * [1, 50, 1] for _ in range(400)]
    scores = [
        3 * x[:, 0] - 0.1 * x[:, 1] + random.normal(0, 20) + random.normal(size=len(x))
        for x in features
    ]
    return features, scores


def test_weights_are_those_of_the_differences_within_a_document(documents) -> None:
    scales, weights = fit_ranking(*documents)
    np.testing.assert_allclose(weights / scales, [3, -0.1, 0], atol=0.3)


def test_the_choice_is_nearly_the_best_candidate(documents) -> None:
    features, scores = documents
    choices = cross_validated_choices(features, scores, 5)
    chosen = np.mean([y[i] for y, i in zip(scores, choices, strict=True)])
    first = np.mean([y[0] for y in scores])
    best = np.mean([y.max() for y in scores])
    assert chosen - first > 0.9 * (best - first)


def test_a_choice_depends_on_no_score_of_its_fold(documents) -> None:
    features, scores = documents
    before = cross_validated_choices(features, scores, 5)
    changed = [np.zeros_like(y) if i % 5 == 3 else y for i, y in enumerate(scores)]
    after = cross_validated_choices(features, changed, 5)
    assert before[3::5] == after[3::5]
    assert before != after


def test_documents_with_one_candidate_have_no_choice() -> None:
    features, scores = [np.ones((1, 2))] * 6, [np.ones(1)] * 6
    assert cross_validated_choices(features, scores, 3) == [0] * 6
