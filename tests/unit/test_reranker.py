"""Hypotheses ranked by learned weights of their features."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from summarizer.api.summarizer import Summarizer
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import ModelError
from summarizer.runtime import hypothesis_features, reranker
from summarizer.runtime.hypothesis_features import FEATURES
from summarizer.runtime.reranker import Reranker
from tests.unit.test_confidence import summary

DOCUMENT = "The red harbor crane fell on Monday. Nobody was hurt by the crane, the port said."


def prefers(feature: str, weight: float = 1.0) -> Reranker:
    """Return a reranker that looks at one feature."""
    weights = np.zeros(len(FEATURES))
    weights[FEATURES.index(feature)] = weight
    return Reranker(FEATURES, np.full(len(FEATURES), 2.0), weights)


def test_the_hypotheses_are_ordered_by_value() -> None:
    texts = ["Crane of", "Crane fell on Monday", "Crane fell"]
    hypotheses = [summary(text).hypothesis for text in texts]
    assert all(hypotheses)
    for ranker, expected in (
        (prefers("log_words"), [1, 0, 2]),
        (prefers("log_words", -1), [0, 2, 1]),
        (prefers("unfinished", -1), [1, 2, 0]),
        (prefers("score"), [0, 1, 2]),  # all equal: the order of the search
    ):
        ranked = ranker.rank(hypotheses, DOCUMENT)  # type: ignore[arg-type]
        assert [h.text for h in ranked] == [texts[i] for i in expected]
    assert prefers("score").rank([], DOCUMENT) == []


def test_features_compare_words_with_the_document_and_know_the_end() -> None:
    words = hypothesis_features.document_words(DOCUMENT)
    hypothesis = summary("Crane hurt by the").hypothesis
    assert hypothesis is not None
    values = dict(zip(FEATURES, hypothesis_features.features_of(hypothesis, words), strict=True))
    counts = [2, 1, 1, 3]
    assert values["word_frequency"] == pytest.approx(np.mean(np.log1p(counts)))
    assert values["unfinished"] == 1
    assert values["end_log_prob"] == pytest.approx(-3 - 4 * -0.5)


def test_a_reranker_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert reranker.load(tmp_path) is None
    path = reranker.save(prefers("score"), tmp_path, {"documents": 9})
    loaded = reranker.load(tmp_path)
    assert loaded is not None
    assert loaded.features == FEATURES
    np.testing.assert_array_equal(loaded.weights, prefers("score").weights)
    path.write_text(path.read_text().replace('"score"', '"other"'))
    with pytest.raises(ModelError, match="of another version; learn it again: summarizer calib"):
        reranker.load(tmp_path)
    path.write_text(path.read_text()[:50])
    with pytest.raises(ModelError, match="truncated or not of this program"):
        reranker.load(tmp_path)


@pytest.fixture
def ranked(digits, tmp_path: Path) -> Path:
    """The toy model with a reranker that turns the order of the search round."""
    for name in ("config.json", "vocabulary.model", "model.onnx"):
        shutil.copy(digits.folder / name, tmp_path)
    reranker.save(prefers("score", -1), tmp_path, {})
    return tmp_path


def test_a_model_with_a_reranker_prints_what_it_prefers(digits, ranked: Path) -> None:
    plain, with_reranker = Summarizer.load(digits.folder), Summarizer.load(ranked)
    (best,) = plain.summarize(["3 1 4"], n_best=4, beam=4)
    (first,) = with_reranker.summarize(["3 1 4"], beam=4)
    assert first.text == best.alternatives[-1].text != best.text
    assert first.score == pytest.approx(best.alternatives[-1].score, abs=1e-5)
    assert len(first.alternatives) == 1
    (two,) = with_reranker.summarize(["3 1 4"], beam=4, n_best=2)
    assert [h.text for h in two.alternatives] == [h.text for h in best.alternatives[:1:-1]]


@pytest.mark.parametrize(
    "option", [{"length_penalty": 0.5}, {"coverage_penalty": 0.1}, {"strategy": "beam"}]
)
def test_a_user_who_ranks_is_obeyed(digits, ranked: Path, option: dict[str, object]) -> None:
    assert not reranker.applies_to(dataclasses.replace(DecodingOptions(), **option))
    texts = [
        Summarizer.load(folder).summarize(["3 1 4"], **option)[0].text
        for folder in (digits.folder, ranked)
    ]
    assert texts[0] == texts[1]
