"""How likely a summary beats the first sentence: features, threshold and file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.api import calibrate
from summarizer.errors import ModelError
from summarizer.runtime import confidence
from summarizer.runtime.confidence import FEATURES, Confidence
from summarizer.types import Hypothesis, Summary

DOCUMENT = "The red harbor crane fell on Monday. Nobody was hurt by the crane, the port said."


def summary(text: str, log_prob: float = -3.0) -> Summary:
    tokens = len(text.split())
    attention = np.full((tokens, 10), 0.1, np.float32)
    hypothesis = Hypothesis(
        ids=tuple(range(tokens)), text=text, log_prob=log_prob, score=log_prob / 2,
        attention=attention, gate=np.full(tokens, 0.25), token_log_probs=np.full(tokens, -0.5),
    )  # fmt: skip
    return Summary(text, log_prob / 2, tokens_read=10, tokens_truncated=30, hypothesis=hypothesis)


def test_features_say_what_the_search_and_the_document_know() -> None:
    values = dict(
        zip(
            FEATURES,
            confidence.features_of(summary("Red harbor crane hurt nobody nobody"), DOCUMENT),
            strict=True,
        )
    )
    assert values["score"] == -1.5
    assert values["log_prob_per_token"] == pytest.approx(-3 / 7)
    assert values["lowest_log_prob"] == -0.5
    assert values["mean_gate"] == values["highest_gate"] == 0.25
    assert values["attention_entropy"] == pytest.approx(np.log(10), rel=1e-5)
    assert values["attention_at_start"] == pytest.approx(0.2)
    assert values["truncated"] == 0.75
    assert values["words_in_document"] == 1
    assert values["words_in_first_sentence"] == 0.5
    assert values["bigrams_in_document"] == pytest.approx(2 / 5)
    assert values["repeated_words"] == pytest.approx(1 / 6)


def test_an_empty_summary_has_features() -> None:
    assert np.isfinite(confidence.features_of(summary(""), DOCUMENT)).all()


def test_the_first_sentence_is_cut_to_the_length_of_the_summary() -> None:
    assert confidence.cut_first_sentence(DOCUMENT, 4) == "The red harbor crane"
    assert confidence.cut_first_sentence(DOCUMENT, 40) == "The red harbor crane fell on Monday."


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100), st.floats(0, 100)), min_size=1))
def test_the_threshold_serves_at_least_as_well_as_either_candidate(rows) -> None:
    probabilities, model, first = np.array(rows).T
    threshold = calibrate._best_threshold(probabilities, np.stack([model, first], axis=1))
    chosen = np.where(probabilities < threshold, first, model)
    assert chosen.mean() >= model.mean() - 1e-9
    if len(set(probabilities.tolist())) == len(rows) and threshold < 1:
        below = [np.where(probabilities < t, first, model).mean() for t in [*probabilities, 2.0]]
        assert chosen.mean() >= max(below[:-1]) - 1e-9


def test_probabilities_of_unseen_documents_are_calibrated() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(4000, len(FEATURES)))
    events = random.random(4000) < 1 / (1 + np.exp(-features[:, 0] - 0.5))
    unseen = calibrate._cross_validated(features, events)
    from summarizer.metrics.calibration import calibration_error

    assert calibration_error(unseen, events) < 0.03
    assert unseen[events].mean() > unseen[~events].mean() + 0.1


def model() -> Confidence:
    count = len(FEATURES)
    return Confidence(
        FEATURES, np.arange(count) * 1.0, np.full(count, 2.0), np.ones(count + 1), 0.4
    )


def test_a_file_gives_the_same_probabilities(tmp_path: Path) -> None:
    assert confidence.load(tmp_path) is None
    path = confidence.save(model(), tmp_path, {"documents": 9})
    assert json.loads(path.read_text())["documents"] == 9
    features = np.random.default_rng(0).normal(size=(5, len(FEATURES)))
    loaded = confidence.load(tmp_path)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.probability(features), model().probability(features))
    assert loaded.threshold == 0.4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "confidence.json: truncated or not of this program"),
        ('{"features": []}', "confidence.json: truncated or not of this program"),
        (
            '{"features": ["a"], "means": [0], "scales": [1], "weights": [1, 1], "threshold": 0}',
            "of another version; learn it again: summarizer calibrate",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "confidence.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        confidence.load(tmp_path)
