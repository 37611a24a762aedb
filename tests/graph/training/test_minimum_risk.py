"""Minimum-risk training: candidates, their weights, and that the sampled summaries get better."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from summarizer import cli
from summarizer.api.presets import apply_overrides, load_preset
from summarizer.config import ModelConfig, Part
from summarizer.errors import ConfigError
from summarizer.model.loss import loss
from summarizer.model.seq2seq import Seq2Seq
from summarizer.training import minimum_risk
from summarizer.training.minimum_risk import RiskSettings
from summarizer.vocabulary import END, PAD, START, UNKNOWN

A, B, C = 4, 5, 6


class Letters:
    """A vocabulary whose tokens 4, 5, 6 are the words a, b, c."""

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join("abc"[i - 4] for i in ids)


def share_of_a(summaries: Sequence[str], references: Sequence[str]) -> np.ndarray:
    return np.array([t.split().count("a") / max(len(t.split()), 1) for t in summaries])


def references(rows: int = 8) -> dict[str, np.ndarray]:
    """A batch of references "b a": half of the rows are filled, the others are empty."""
    document = np.full((rows, 4), PAD, np.int32)
    document[:, 0] = END
    target = np.zeros((rows, 3), np.int32)
    real = rows // 2
    document[:real] = [A, B, C, B]
    target[:real] = [B, A, END]
    inputs = np.full((rows, 3), PAD, np.int32)
    inputs[:, 0] = START
    inputs[:real, 1:] = [B, A]
    weight = (target != PAD).astype(np.float32)
    row = np.where(np.arange(rows) < real, np.arange(rows), -1).astype(np.int32)
    return {
        "document": document, "summary_in": inputs, "summary_out": target, "weight": weight,
        "row": row,
    }  # fmt: skip


def test_candidates_weigh_as_much_as_their_reward_is_above_the_mean() -> None:
    samples = np.array([[[A, A, END, PAD], [C, END, PAD, PAD], [B, A, END, PAD]]] * 2, np.int32)
    batch = minimum_risk.candidate_batch(references(), samples, Letters(), 2.0, share_of_a)
    # Rewards: reference 0.5, samples 1 and 0; the third equals the reference.
    rows = [[B, A, END], [A, A, END], [C, END, PAD], [B, A, END]]
    assert batch["summary_out"][:4].tolist() == [[*row, *[PAD] * 5] for row in rows]
    expected = [[1, 1, 1], [1, 1, 1], [-1, -1, 0], [0, 0, 0]]
    np.testing.assert_allclose(batch["weight"][:4, :3], expected, atol=1e-6)
    assert batch["summary_in"][1, :4].tolist() == [START, A, A, PAD]
    assert batch["row"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert (batch["document"][:8] == [A, B, C, B]).all()


def test_rows_that_are_left_over_weigh_nothing() -> None:
    samples = np.full((1, 2, 2), END, np.int32)
    batch = minimum_risk.candidate_batch(references(), samples, Letters(), 1.0, share_of_a)
    assert not batch["weight"][3:].any()
    assert batch["row"][3:].tolist() == [-1] * 5
    assert (batch["document"][:, 0] != PAD).all()


def test_an_unknown_word_of_a_reference_is_not_learned() -> None:
    batch = references()
    batch["summary_out"][0, 0], batch["weight"][0, 0] = UNKNOWN, 0
    vocabulary = type("V", (), {"decode": lambda self, ids: "a"})()
    samples = np.array([[[A, END]]], np.int32)
    made = minimum_risk.candidate_batch(batch, samples, vocabulary, 5.0, share_of_a)
    assert made["weight"][0, 0] == 0
    assert made["weight"][0, 1] == 1


def tiny() -> Seq2Seq:
    config = ModelConfig(
        embedding_size=8,
        encoder=Part("bidirectional", {"width": 6}),
        decoder_cell=Part("lstm", {"width": 12}),
        dropout=0.0,
    )
    return Seq2Seq(config, 7)


def test_the_same_batch_gives_the_same_samples_and_another_gives_others() -> None:
    settings = RiskSettings(weight=1.0, samples=3, max_tokens=6, seed=1)
    sample = minimum_risk.make_sampler(tiny(), settings)

    def outputs(index: int) -> list[list[int]]:
        stream = iter([(0, index, references(16))])
        ((_, _, batch),) = minimum_risk.risk_batches(
            stream, sample, Letters(), settings, share_of_a
        )
        return batch["summary_out"].tolist()

    assert outputs(1) == outputs(1) != outputs(2)


def test_the_expected_reward_of_samples_rises_tensorflow_only() -> None:
    import tensorflow as tf

    model, optimizer = tiny(), keras.optimizers.Adam(0.02)
    settings = RiskSettings(weight=20.0, samples=7, max_tokens=6, seed=1)
    sample = minimum_risk.make_sampler(model, settings)
    stream = ((0, index, references(64)) for index in range(40))
    rewards: list[float] = []

    def reward(summaries: Sequence[str], references: Sequence[str]) -> np.ndarray:
        values = share_of_a(summaries, references)
        rewards.append(float(values.reshape(-1, 8)[:, 1:].mean()))
        return values

    @tf.function(autograph=False)
    def update(batch: dict[str, tf.Tensor]) -> None:
        with tf.GradientTape() as tape:
            value, _ = loss(model, batch, 0.0, training=True)
        weights = model.trainable_variables
        gradients = tape.gradient(value, [w.value for w in weights])
        optimizer.apply([tf.clip_by_norm(tf.convert_to_tensor(g), 1.0) for g in gradients], weights)

    optimizer.build(model.trainable_variables)
    for _, _, batch in minimum_risk.risk_batches(stream, sample, Letters(), settings, reward):
        update({name: tf.constant(value) for name, value in batch.items()})
    # The likelihood alone would lead to the reference's share of one half.
    assert np.mean(rewards[-5:]) > max(0.7, np.mean(rewards[:5]) + 0.2)


def test_a_run_learns_from_its_own_samples_tensorflow_only(
    digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.api.train.export", lambda folder: {})
    settings = (
        "train.risk_weight=5", "train.risk_samples=3", "train.steps=2", "train.batch_size=16",
        "train.validation_examples=4", "train.compile=graph",
    )  # fmt: skip
    command = f"train --preset reverse_digits --init {digits.folder} --output {tmp_path / 'run'}"
    more = [word for setting in settings for word in ("--set", setting)]
    assert cli.main([*command.split(), "--data", "reverse_digits,count=64", *more]) == 0
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert np.isfinite(last["loss"])
    assert last["rouge1"] > 50


@pytest.mark.parametrize(
    ("preset", "setting", "message"),
    [
        (
            "lstm",
            "train.risk_samples=64",
            "train.risk_samples=64: must be below train.batch_size=64",
        ),
        ("tagger", "train.risk_samples=3", "data.task=tag has no ROUGE to learn from"),
        ("lstm", "vocabulary.kind=words", "not available with vocabulary.kind=words"),
    ],
)
def test_impossible_settings_are_refused(preset: str, setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        apply_overrides(load_preset(preset), ["train.risk_weight=1", setting])
