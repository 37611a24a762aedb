"""Heads: scorers of sentences and words on the encoder of a summarizer, in the same graph."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from summarizer import cli, storage
from summarizer import config as configuration
from summarizer.api.attach_heads import attach_heads, is_head
from summarizer.api.fine_tuning import inherit_model_settings
from summarizer.api.load_model import load_keras_model
from summarizer.api.presets import load_preset
from summarizer.api.summarizer import Summarizer
from summarizer.errors import ConfigError, ModelError
from summarizer.model import build, named_weights
from summarizer.runtime import sentence_scores
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.vocabulary import Vocabulary
from summarizer.vocabulary.sentence_boundaries import boundary_tables

TEXTS = ["3 1 4. 1 5 9 2 6. 5 3 5", "2 7 1. 8 2 8"]


def head_folder(folder: Path, preset: str, model: Path, seed: int = 3) -> Path:
    """Write a tagger with the encoder of a model and a head with opinions."""
    config = inherit_model_settings(load_preset(preset), model, "frozen_encoder")
    config = dataclasses.replace(config, seed=seed)
    folder.mkdir()
    shutil.copy(model / "vocabulary.model", folder)
    vocabulary = Vocabulary.load(folder / "vocabulary.model")
    (folder / "config.json").write_text(configuration.to_json(config))
    tagger = build.build_model(config, vocabulary.size)
    weights, _ = storage.load_arrays(model / "weights.npz")
    arrays = {
        name: weights[name] if name in weights else 3 * array
        for name, array in named_weights.weight_arrays(tagger).items()
    }
    if preset == "sentence_extractor":
        tables = zip(("ends", "begins"), boundary_tables(vocabulary), strict=True)
        arrays |= {f"sentence_head.ids.{n}": np.array(t, np.float32) for n, t in tables}
    storage.save_arrays(folder / "weights.npz", arrays, {"step": 0})
    return folder


@pytest.fixture(scope="module")
def heads(digits, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A sentence extractor and a tagger with the encoder of the toy model."""
    folder = tmp_path_factory.mktemp("heads")
    return (
        head_folder(folder / "sentences", "sentence_extractor", digits.folder),
        head_folder(folder / "words", "tagger", digits.folder),
    )


@pytest.fixture(scope="module")
def exported(digits, heads: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy model with both heads, exported through the command line."""
    output = tmp_path_factory.mktemp("model") / "with_heads"
    command = ["export", str(digits.folder), *map(str, heads), "--output", str(output)]
    assert cli.main([*command, "--full", "--num-documents", "20"]) == 0
    return output


def test_the_graph_says_what_the_taggers_say(heads: tuple[Path, Path], exported: Path) -> None:
    model = OnnxSummarizer(exported)
    assert model.heads == ("sentence", "keep")
    found = model.head_probabilities(TEXTS)
    for name, folder in zip(model.heads, heads, strict=True):
        _, vocabulary, tagger = load_keras_model(folder)
        for text, probabilities in zip(TEXTS, found, strict=True):
            document = np.array([vocabulary.encode(text)], np.int32)
            expected = np.asarray(tagger.probabilities(document))[0]
            np.testing.assert_allclose(probabilities[name], expected, atol=1e-4)
            assert np.ptp(expected) > 0.01


def test_heads_change_no_summary(digits, exported: Path) -> None:
    plain, with_heads = (Summarizer.load(folder) for folder in (digits.folder, exported))
    for before, after in zip(plain.summarize(TEXTS), with_heads.summarize(TEXTS), strict=True):
        assert before.text == after.text
        assert before.score == pytest.approx(after.score, abs=2e-3)


def test_a_run_from_a_model_with_heads_has_none(exported: Path) -> None:
    config = inherit_model_settings(load_preset("docstrings"), exported)
    assert not config.model.sentence_head
    assert not config.model.word_head


def test_a_head_must_fit_the_model(digits, heads: tuple[Path, Path], tmp_path: Path) -> None:
    assert [is_head(folder) for folder in (*heads, digits.folder)] == [True, True, False]
    with pytest.raises(ConfigError, match=r"words: .*digits has a head for data\.task=tag"):
        attach_heads(digits.folder, [heads[1], heads[1]], tmp_path / "twice")
    with pytest.raises(ConfigError, match="exists; name another folder"):
        attach_heads(digits.folder, heads, tmp_path)
    other = tmp_path / "other"
    shutil.copytree(heads[0], other)
    arrays, _ = storage.load_arrays(other / "weights.npz")
    arrays["encoder.left.bias"] = arrays["encoder.left.bias"] + 1
    storage.save_arrays(other / "weights.npz", arrays, {"step": 0})
    with pytest.raises(ModelError, match=r"other: has another encoder than .*frozen_encoder"):
        attach_heads(digits.folder, [other], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_head_needs_attention() -> None:
    config = load_preset("no_attention")
    with pytest.raises(ConfigError, match=r"model\.word_head=true: a head needs .* attention"):
        configuration.check(
            dataclasses.replace(config, model=dataclasses.replace(config.model, word_head=True))
        )


def test_key_points_are_the_sentences_that_the_head_prefers(exported: Path) -> None:
    model = OnnxSummarizer(exported)
    parts = ["3 1 4!", "1 5 9!", "5 3 5!"]
    together = model.head_probabilities([" ".join(parts)])[0]["sentence"]
    probabilities = sentence_scores.head_probabilities(model, parts, 1000)
    # All tokens of a sentence have its probability.
    np.testing.assert_allclose(
        np.unique(together.astype(np.float64).round(4)), sorted(probabilities), atol=2e-4
    )
    alone = sentence_scores.head_probabilities(model, parts, 5)  # one sentence a window
    for part, probability in zip(parts, alone, strict=True):
        expected = model.head_probabilities([part])[0]["sentence"].mean()
        assert probability == pytest.approx(float(expected), abs=1e-4)
    (points,) = Summarizer.load(exported).summarize([" ".join(parts)], type="key-points", length=2)
    scores = sentence_scores.score_sentences(model, parts, 1000)
    best = sorted(sorted(range(3), key=lambda i: -scores[i])[:2])
    assert points.text.split("\n") == [parts[i] for i in best]


@pytest.mark.parametrize(
    ("sentences", "probabilities", "best"),
    [
        # Equal sentences: the head decides, then the position.
        (["Cats chase mice."] * 3, [0.2, 0.3, 0.9], 2),
        (["Cats chase mice."] * 3, [0.5, 0.5, 0.5], 0),
        # Equal for the head: a sentence that is like no other comes last, even as the first one.
        (["Volcanoes erupt.", "Cats chase mice.", "Cats chase mice."], [0.5, 0.5, 0.5], 1),
        (["Cats chase mice."] * 3, [0.0, 0.0, 1e-9], 0),
    ],
)
def test_sentences_are_scored_by_head_position_and_centrality(
    monkeypatch: pytest.MonkeyPatch, sentences: list[str], probabilities: list[float], best: int
) -> None:
    monkeypatch.setattr(sentence_scores, "head_probabilities", lambda *_: probabilities)
    scores = sentence_scores.score_sentences(None, sentences, 10)  # type: ignore[arg-type]
    assert int(np.argmax(scores)) == best
