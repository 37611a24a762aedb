"""A score for each sentence, from the encoder of a summarizer that stays as it is."""

import json
from pathlib import Path

import numpy as np
import pytest

from summarizer import cli, storage
from summarizer.config import ModelConfig, Part
from summarizer.model.sentence_extractor import SentenceExtractor
from summarizer.model.tagger import compile_tagger

SIZE, STOP = 12, 4


def extractor(seed: int = 0) -> SentenceExtractor:
    """A random network; the token STOP ends a sentence, and every token begins a word."""
    config = ModelConfig(embedding_size=8, encoder=Part("bidirectional", {"width": 6}), dropout=0.0)
    model = SentenceExtractor(config, SIZE, seed)
    model.sentence_head.ids.fill([i == STOP for i in range(SIZE)], [True] * SIZE)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 4.0 ** (len(variable.shape) - 1))
    return model


DOCUMENTS = np.array(
    [[5, 6, 4, 7, 8, 9, 4, 10, 4, 0, 0], [6, 4, 5, 5, 4, 8, 9, 10, 11, 7, 6]], np.int32
)


def test_the_tokens_of_a_sentence_have_one_score() -> None:
    scores = np.asarray(extractor()(DOCUMENTS))
    for row, parts in ((0, (slice(0, 3), slice(3, 7), slice(7, 9))), (1, (slice(0, 2),))):
        for part in parts:
            np.testing.assert_allclose(scores[row, part], scores[row, part.start], atol=1e-5)
    assert np.ptp(scores[0, [0, 3, 7]]) > 0.01


def test_padding_and_other_documents_change_no_score() -> None:
    model = extractor()
    together = np.asarray(model.probabilities(DOCUMENTS))
    alone = np.asarray(model.probabilities(DOCUMENTS[:1, :9]))
    np.testing.assert_allclose(together[:1, :9], alone, atol=1e-5)
    assert not together[0, 9:].any()


def test_the_compiled_scores_are_those_of_the_model() -> None:
    model = extractor()
    np.testing.assert_allclose(
        np.asarray(compile_tagger(model)(DOCUMENTS)),
        np.asarray(model.probabilities(DOCUMENTS)),
        atol=1e-5,
    )


def test_the_frozen_encoder_stays_and_the_head_learns_tensorflow_only(
    digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    for i in range(64):
        numbers = [f"{i + j} {i * j} {i}." for j in range(4)]
        rows.append({"document": " ".join(numbers), "summary": numbers[1]})
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr("summarizer.api.train.export", lambda folder: {})
    settings = (
        "train.init_parts=frozen_encoder", "train.steps=3", "train.batch_size=16",
        "train.validation_examples=4", "train.compile=graph", "train.warmup_steps=1",
    )  # fmt: skip
    command = f"train --preset sentence_extractor --data {data} --init {digits.folder}"
    command += f" --output {tmp_path / 'run'}"
    more = [word for setting in settings for word in ("--set", setting)]
    assert cli.main([*command.split(), *more]) == 0
    begun, _ = storage.load_arrays(digits.folder / "weights.npz")
    made, _ = storage.load_arrays(tmp_path / "run" / "weights.npz")
    kept = [name for name in begun if name == "embeddings" or name.startswith("encoder.")]
    assert len(kept) > 4
    for name in kept:
        np.testing.assert_array_equal(made[name], begun[name])
    assert set(made) - set(kept) == {
        f"sentence_head.{name}"
        for name in (
            "ids.ends", "ids.begins", "sentence_kernel", "document_kernel", "product_kernel",
            "place_kernel", "bias", "out_kernel", "out_bias",
        )
    }  # fmt: skip
    assert np.abs(made["sentence_head.out_bias"]).sum() > 0
    assert made["sentence_head.ids.ends"].any()
