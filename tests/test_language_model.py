"""What is read and what is written beside summaries: autoencoders, language models, their loss."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import config as configuration
from summarizer import validating, vocabulary
from summarizer.config import Config, DataConfig, ModelConfig, Part
from summarizer.datasets import batches, store, tasks
from summarizer.errors import ConfigError
from summarizer.model.seq2seq import Seq2Seq
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, START

TEXTS = ["the cat sat on the mat", "a dog", "cats and dogs sat down on a mat and slept there"]
EXAMPLES = [Example(str(i), text) for i, text in enumerate(TEXTS)]


def words():
    return vocabulary.train(iter(TEXTS), 300, True, kind="characters")


def network(size, **changes):
    """A tiny network with opinions: its weights are made large."""
    config = ModelConfig(
        embedding=8, encoder=Part("bidirectional", {"width": 5}),
        decoder=Part("lstm", {"width": 10}), dropout=0.3,
    )  # fmt: skip
    model = Seq2Seq(dataclasses.replace(config, **changes), size)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 3)
    return model


# --- what is read and what is written ----------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(1, 9))
def test_windows_of_a_text_lose_nothing_and_only_the_last_one_ends(lengths, size):
    texts = [list(range(4, 4 + length)) for length in lengths]
    data = DataConfig(task="continue", summary_pieces=size)
    found = list(tasks.cut(data, (([], text) for text in texts)))
    every = [piece for text in texts for piece in text]
    assert [piece for _, window in found for piece in window] == every
    assert all(1 <= len(window) <= size and not document for document, window in found)
    short = sum(len(window) < size for _, window in found)
    assert short == sum(len(text) % size > 0 for text in texts)
    if not found:
        return
    shape = batches.Shape(3, 8, size, 1)
    whole = list(batches.once(store.held(found, 100), shape))
    out = np.concatenate([b["summary_out"][b["weight"] > 0] for b in whole])
    assert out[out != END].tolist() == every
    assert (out == END).sum() == short  # a text that fills its windows has no room for its end
    assert all((b["summary_in"][:, 0] == START).all() for b in whole)


@pytest.mark.parametrize(
    ("task", "document", "summary"),
    [("summarize", "read", "said"), ("reconstruct", "read", "read"), ("continue", "", "read")],
)
def test_a_task_says_what_is_read_and_what_is_written(task, document, summary, tmp_path):
    (made,) = tasks.pairs(DataConfig(task=task), [Example("1", "read", "said")])
    assert made == Example("1", document, summary)
    path = tmp_path / "texts.jsonl"
    path.write_text('{"document": "read"}\n' * 2)
    if task != "summarize":  # then there need not be summaries
        assert len(list(tasks.examples(DataConfig(task=task), str(path), "all"))) == 2


def test_tokens_are_made_again_where_a_task_cuts_otherwise():
    sizes = [DataConfig(task="continue", summary_pieces=size) for size in (5, 6)]
    others = [DataConfig(), DataConfig(task="reconstruct"), *sizes]
    for one, other in itertools.combinations(others, 2):
        assert tasks.about(one) != tasks.about(other)
    assert tasks.about(DataConfig(summary_pieces=5)) == tasks.about(DataConfig()) == {}


def test_what_was_not_read_cannot_be_written_again():
    with pytest.raises(ConfigError, match="data.summary_pieces=20.*data.document_pieces=16"):
        configuration.override(
            Config(), ["data.task=reconstruct", "data.document_pieces=16", "data.summary_pieces=20"]
        )


# --- the loss on held-out examples -------------------------------------------------------------


@pytest.mark.parametrize("task", ["summarize", "reconstruct", "continue"])
def test_the_validation_loss_is_that_of_each_example_alone(task, monkeypatch):
    known = words()
    config = Config(data=DataConfig(task=task, document_pieces=20, summary_pieces=7))
    examples = [dataclasses.replace(e, summary=e.document[:9]) for e in EXAMPLES]
    model = network(known.size)
    monkeypatch.setattr(validating, "ROWS", 4)  # so that a batch is filled up, and there are two
    found = validating.validation_loss(model, known, config, examples)
    logs = []
    for example in tasks.pairs(config.data, examples):
        document = known.encode(example.document)[:20] or [END]
        summary = known.encode(example.summary)
        step = 7 if task == "continue" else len(summary)
        for begin in range(0, len(summary), step):
            window = [*summary[begin : begin + step], END][:7]
            batch = {
                "document": np.array([[*document, PAD]], "int32"),
                "summary_in": np.array([[START, *window[:-1]]], "int32"),
                "summary_out": np.array([window], "int32"),
            }
            logs.extend(np.asarray(model(batch)[0])[0].tolist())
    assert found == pytest.approx(-np.mean(logs), rel=1e-4)
    assert math.exp(found) > 1.5


def test_what_is_not_a_summary_is_judged_by_its_loss():
    known, config = words(), Config(data=DataConfig(task="continue", summary_pieces=16))
    model = network(known.size)
    validate = validating.validator(model, known, config, EXAMPLES)
    scores = [validate().scores]
    model.output_bias.assign(np.asarray(model.output_bias.value) + 0.1 * np.arange(known.size))
    scores.append(validate().scores)
    metric = validating.metric(config)
    assert (metric.sign, metric.label, list(scores[0])) == (-1, "loss", [metric.name])
    direct = validating.validation_loss(model, known, config, EXAMPLES)
    assert scores[1][metric.name] == pytest.approx(direct)
    assert scores[0] != scores[1]
    assert validating.metric(Config()).name == "rouge1"
