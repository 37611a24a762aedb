"""Weights for another vocabulary: each token starts as the mean of the old tokens of its text."""

import numpy as np
import pytest

from summarizer.api.vocabulary_transfer import token_sources, transfer_weights
from summarizer.vocabulary import START, UNKNOWN, Vocabulary, train_vocabulary

OLD_TEXTS = [f"bees read papers about {i} networks" for i in range(60)]
NEW_TEXTS = [f"the senate reads {i} newspapers about beekeepers" for i in range(60)]


@pytest.fixture(scope="module")
def old() -> Vocabulary:
    return train_vocabulary(OLD_TEXTS, 340)


@pytest.fixture(scope="module")
def new() -> Vocabulary:
    return train_vocabulary(NEW_TEXTS, 360, controls=("headline", "title", "tldr"))


def test_a_token_consists_of_the_old_tokens_of_its_text(old: Vocabulary, new: Vocabulary) -> None:
    spelled = old.tokens(range(old.size))
    known = set("".join(spelled))
    split = 0
    for i, ids in enumerate(token_sources(old, new)):
        (token,) = new.tokens([i])
        if token in spelled:
            assert ids == [spelled.index(token)]
        elif i in new.controls.values():
            assert ids == [START]
        else:
            rest = "".join(c for c in token if c in known)
            assert "".join(spelled[j] for j in ids) == rest or ids == [UNKNOWN]
            split += len(ids) > 1
    assert split >= 2  # the case occurs


def test_the_longest_old_tokens_are_taken(old: Vocabulary) -> None:
    """Left to right, so that a word that is there is not spelled with its letters."""
    spelled = old.tokens(range(old.size))
    word = max((t for t in spelled if t.isalpha()), key=len)

    class Compound:
        size, controls = 1, {}

        def tokens(self, ids: range) -> list[str]:
            return [word + word]

    assert token_sources(old, Compound()) == [[spelled.index(word)] * 2]  # type: ignore[arg-type]


def test_only_tables_change_and_to_the_mean(old: Vocabulary, new: Vocabulary) -> None:
    random = np.random.default_rng(0)
    weights = {
        "embeddings": random.normal(size=(old.size, 4)).astype("float32"),
        "output_bias": random.normal(size=old.size).astype("float32"),
        "kernel": random.normal(size=(4, 8)).astype("float32"),
    }
    moved = transfer_weights(weights, old, new)
    assert moved["kernel"] is weights["kernel"]
    assert moved["embeddings"].shape == (new.size, 4)
    for i, ids in enumerate(token_sources(old, new)):
        np.testing.assert_allclose(moved["embeddings"][i], weights["embeddings"][ids].mean(0))
        np.testing.assert_allclose(moved["output_bias"][i], weights["output_bias"][ids].mean())
    assert {a.dtype for a in moved.values()} == {np.dtype("float32")}


def test_the_same_vocabulary_changes_nothing(old: Vocabulary) -> None:
    weights = {"embeddings": np.arange(old.size * 2.0).reshape(-1, 2)}
    np.testing.assert_array_equal(
        transfer_weights(weights, old, old)["embeddings"], weights["embeddings"]
    )
