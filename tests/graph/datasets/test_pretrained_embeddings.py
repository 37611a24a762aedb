"""Pre-trained vectors: the right row for each piece, and one clear line for a bad file."""

import dataclasses
import gzip
import logging

import numpy as np
import pytest

from summarizer import vocabulary
from summarizer.api.presets import load_preset
from summarizer.api.train import train
from summarizer.config import apply_settings
from summarizer.datasets import pretrained_embeddings
from summarizer.errors import ConfigError, InputError

TEXTS = ["the bees of Berlin, the BERT model, the Bees of 蜜蜂 relearning the learning (so)"] * 20
WIDTH = 4


@pytest.fixture(scope="module")
def words():
    return vocabulary.train_vocabulary(TEXTS, 60, lowercase=True, kind="words")


def start(path, words, width=WIDTH):
    table = np.random.default_rng(0).normal(0, 0.5, (words.size, width)).astype(np.float32)
    new, share = pretrained_embeddings.initial_embeddings(str(path), words, table)
    return table, new, share


def write(path, rows, header=False):
    lines = [f"{len(rows)} {WIDTH}"] if header else []
    lines += [" ".join([word, *map(str, numbers)]) for word, numbers in rows]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


ROWS = [
    ("the", [1, 2, 3, 4]),
    ("Bees", [9, 9, 9, 9]),  # but for case
    (",", [0, 1, 0, -1]),
    ("bees", [4, 3, 2, 1]),
    ("BEES", [8, 8, 8, 8]),
    ("Berlin", [1, 0, 0, 0.5]),
    ("蜂", [5, 5, 5, 5e-1]),
    ("other", [7, 7, 7, 7]),
    ("the", [6, 6, 6, 6]),  # the first counts
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_pieces_get_the_vectors_of_their_words(tmp_path, words, header, packed):
    path = write(tmp_path / "v.txt", ROWS, header)
    if packed:
        path = tmp_path / "v.txt.gz"
        path.write_bytes(gzip.compress((tmp_path / "v.txt").read_bytes()))
    table, new, share = start(path, words)
    ids = {piece: i for i, piece in enumerate(words.tokens(range(words.size)))}
    expected = {
        "▁the": [1, 2, 3, 4],
        "▁bees": [4, 3, 2, 1],
        ",": [0, 1, 0, -1],
        "▁berlin": [1, 0, 0, 0.5],
        "蜂": [5, 5, 5, 0.5],
    }
    found = sorted(ids[piece] for piece in expected)
    others = np.setdiff1d(np.arange(words.size), found)
    np.testing.assert_array_equal(new[others], table[others])
    scale = np.sqrt(np.mean(table**2) / np.mean(np.square(list(expected.values()))))
    for piece, numbers in expected.items():
        np.testing.assert_allclose(new[ids[piece]], scale * np.array(numbers), rtol=1e-5)
    assert share == pytest.approx(5 / (words.size - 4))
    assert new.dtype == np.float32


@pytest.mark.parametrize("fold", [True, False])
def test_a_piece_inside_a_word_is_no_word(tmp_path, fold):
    words = vocabulary.train_vocabulary(TEXTS, 400, lowercase=fold, kind="bpe")
    ids = {piece: i for i, piece in enumerate(words.tokens(range(words.size)))}
    assert {"▁learning", "learning", "▁the"} <= set(ids)
    rows = [("Learning", [1, 2, 3, 4]), ("the", [4, 2, 3, 1])]
    table, new, _ = start(write(tmp_path / "v.txt", rows), words)
    changed = [i for i in range(words.size) if not np.array_equal(table[i], new[i])]
    assert changed == sorted([ids["▁the"], *([ids["▁learning"]] if fold else [])])


def test_expressions_of_several_words_are_passed_over(tmp_path, words):
    rows = [("bees", [1, 2, 3, 4]), (". . .", [1, 2, 3, 4]), ("the at x@y", [1, 2, 3, 4])]
    table, new, _ = start(write(tmp_path / "v.txt", rows), words)
    assert np.count_nonzero((table != new).any(axis=1)) == 1


GOOD = "bees 1 2 3 4\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD + "the 1 2 3\n", ":2: has 3 numbers, but the first row has 4"),
        (GOOD + "the 1 2 3 4 5\n", ":2: has 5 numbers, but the first row has 4"),
        (GOOD + "the\n", ":2: has 0 numbers, but the first row has 4"),
        (GOOD + "the 1 2 x 4\n", ":2: 'x' is not a number"),
        (GOOD + "the 1 2 nan 4\n", ":2: 'nan' is not a number"),
        ("A text of words\n", ":1: 'text' is not a number"),
        ("word\n", ":1: is not a word with its numbers"),
        ("other 1 2 3 4\n", ": has no vector for any token of the vocabulary"),
        ("bees 0 0 0 0\n", ": has no vector for any token of the vocabulary"),
        ("5 4\n", ": has no vector for any token of the vocabulary"),
        ("", ": the file is empty"),
        ("bees \0\0\0", ": a binary file; text in UTF-8 is needed"),
        (None, ": no such file or directory"),
    ],
)
def test_a_bad_file_is_named_with_line_and_reason(tmp_path, words, content, said):
    path = tmp_path / "v.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as caught:
        start(path, words)
    assert str(caught.value) == f"{path}{said}"


@pytest.mark.parametrize("content", ["3 300\nbees 1\n", "bees" + " 1" * 300 + "\n"])
def test_another_width_is_said_with_both(tmp_path, words, content):
    (tmp_path / "v.txt").write_text(content)
    said = "v.txt: has vectors of 300 numbers, but model.embedding_size=4; "
    said += "set model.embedding_size=300"
    for look in (
        lambda p: pretrained_embeddings.check_vectors(p, WIDTH),
        lambda p: start(p, words),
    ):
        with pytest.raises(ConfigError, match=said):
            look(str(tmp_path / "v.txt"))


def test_rows_that_nobody_needs_are_not_kept(tmp_path, words):
    path = write(tmp_path / "v.txt", [("bees", [1, 2, 3, 4]), *[("x", [1] * 3)] * 1000])
    assert start(path, words)[2] > 0  # nor looked at


class StopError(Exception):
    """Ends a training before its first step."""


@pytest.mark.parametrize("tying", ["all", "none"])
def test_training_starts_from_the_vectors_and_resuming_does_not(
    tmp_path, monkeypatch, caplog, tying
):
    from summarizer.training import checkpoint, loop

    seen = []

    def stop(context, state):
        weights = context.step.model.weights
        seen.append({v.name: np.asarray(v.value).copy() for v in weights if "embeddings" in v.name})
        raise StopError

    monkeypatch.setattr(loop, "fit", stop)
    monkeypatch.setattr(checkpoint, "restore_checkpoint", lambda folder, step: None)
    path = write(tmp_path / "v.txt", [("7", [3, 0, 0, 0]), ("5", [0, 0, 4, 0])])
    config = apply_settings(
        load_preset("reverse_digits"),
        [f"model.pretrained_embeddings={path}", "vocabulary.kind=words", f"model.tying={tying}",
         "model.embedding_size=4", "data.train=reverse_digits,count=300"],
    )  # fmt: skip
    folder = tmp_path / "run"
    with caplog.at_level(logging.INFO, "summarizer"), pytest.raises(StopError):
        train(config, folder)
    assert f"{path}: has vectors for 18.2% of the tokens" in caplog.text
    words = vocabulary.Vocabulary.load(folder / "vocabulary.model")
    seven, five = words.encode_summary("7 5", "")
    for name in seen[0]:
        given = name != "output_embeddings"
        assert (seen[0][name][seven][1:] == 0).all() == given
        assert (seen[0][name][five][[0, 1, 3]] == 0).all() == given
    (folder / "checkpoint.npz").touch()
    path.unlink()
    with pytest.raises(StopError):
        train(dataclasses.replace(config, name="again"), folder, resume=True)
    assert (seen[1]["embeddings"][seven] != 0).all()
