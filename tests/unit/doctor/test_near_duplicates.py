import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.doctor import near_duplicates
from summarizer.doctor.near_duplicates import EMPTY, SIGNATURE_SIZE, find_near_duplicates, signature


def windows(letters: bytes) -> set[bytes]:
    return {letters[i : i + 32] for i in range(len(letters) - 31)}


def estimate(first: bytes, second: bytes) -> float:
    """The share of equal values in the signatures of two texts."""
    return float((signature(first) == signature(second)).mean())


@given(st.binary(min_size=28, max_size=80))
def test_signature_depends_on_the_set_of_windows(letters):
    assert (signature(letters) == EMPTY).all() == (not windows(letters))
    minima = np.full(SIGNATURE_SIZE, EMPTY)
    for window in windows(letters):
        minima = np.minimum(minima, signature(window))
    assert np.array_equal(signature(letters), minima)


def test_estimate_is_close_to_resemblance():
    chooser = random.Random(4)
    errors = []
    for share in np.linspace(0, 1, 40):
        common = chooser.randbytes(int(600 * share))
        first, second = (common + chooser.randbytes(900 - len(common)) for _ in range(2))
        a, b = windows(first), windows(second)
        errors.append(estimate(first, second) - len(a & b) / len(a | b))
    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 0.08


def grouped_texts() -> tuple[list[bytes], dict[int, int]]:
    """60 texts with a common sentence, in part copies of copies; the groups of the latter."""
    chooser = random.Random(5)
    texts = [chooser.randbytes(300) for _ in range(60)]
    for i in range(0, 30, 3):
        texts[i + 30] = texts[i][:280] + chooser.randbytes(20)
        texts[i + 31] = chooser.randbytes(10) + texts[i][:290]
    texts = [text + b"in this paper we propose a new method" for text in texts]
    return texts, {i + k: i for i in range(0, 30, 3) for k in (0, 30, 31)}


@pytest.mark.parametrize("chunk", [1 << 16, 1])
def test_near_duplicates_are_found_among_other_texts(monkeypatch, chunk):
    monkeypatch.setattr(near_duplicates, "_CHUNK", chunk)
    texts, groups = grouped_texts()
    pairs = find_near_duplicates(np.array([signature(text) for text in texts]), 0.4).tolist()
    assert all(first < second for first, second in pairs)
    assert all(groups.get(a) == groups.get(b) is not None for a, b in pairs)
    assert {second for _, second in pairs} == {row for row, group in groups.items() if row > group}
    assert len({tuple(pair) for pair in pairs}) == len(pairs)


def test_recall_on_edited_texts():
    """Of copies with a resemblance of 0.6 or more, 99 in 100 are found at a threshold of 0.5."""
    chooser = random.Random(8)
    originals = [chooser.randbytes(900) for _ in range(300)]
    copies = [text[:k] + chooser.randbytes(900 - k) for text in originals for k in [690]]
    assert 0.6 < len(windows(originals[0]) & windows(copies[0])) / 1079 < 0.62
    signatures = np.array([signature(text) for text in originals + copies])
    pairs = {tuple(pair) for pair in find_near_duplicates(signatures, 0.5).tolist()}
    assert len(pairs & {(i, i + 300) for i in range(300)}) >= 0.97 * 300
    assert all(second == first + 300 for first, second in pairs)


def test_large_group_gives_few_pairs():
    """The number of pairs is linear in the number of near-duplicates, not quadratic."""
    text = random.Random(9).randbytes(600)
    texts = [text + bytes([i % 256, i // 256]) for i in range(500)]
    pairs = find_near_duplicates(np.array([signature(text) for text in texts]), 0.5)
    assert set(pairs[:, 1]) == set(range(1, 500))
    assert len(pairs) < 2 * 500 * 4


def test_texts_without_windows_are_not_near_duplicates():
    empty = np.full((3, SIGNATURE_SIZE), EMPTY, np.uint32)
    assert find_near_duplicates(empty, 0.5).shape == (0, 2)
    assert find_near_duplicates(empty[:0], 0.5).shape == (0, 2)
    text = signature(random.Random(1).randbytes(80))
    mixed = np.array([empty[0], text, empty[1], text])
    assert find_near_duplicates(mixed, 0.5).tolist() == [[1, 3]]
