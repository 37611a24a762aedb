"""Groups of examples by type and source: drawing, sampling, thinning, and start tokens."""

import logging
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.datasets import batching, groups, token_store
from summarizer.errors import ConfigError, InputError
from summarizer.types import Example


def made(type_name: str, source: str, count: int, first: int = 0) -> list[Example]:
    return [
        Example(f"{type_name}/{source}/{i}", f"document {i}", f"summary {i}", (), type_name, source)
        for i in range(first, first + count)
    ]


def group_counts(examples):
    return Counter(example.group for example in examples)


# --- recording -------------------------------------------------------------------------------


def test_groups_are_numbered_in_order_of_appearance():
    index = groups.GroupIndex({"title": 5, "headline": 4}.__getitem__)
    stream = [*made("title", "b", 2), *made("headline", "a", 1), *made("title", "b", 1, 2)]
    assert list(index.record(stream)) == stream
    assert index.names == ["title/b", "headline/a"]
    assert index.starts == [5, 4]
    assert list(index.rows) == [0, 0, 1, 0]


@pytest.mark.parametrize("typed_first", [True, False])
def test_examples_with_and_without_a_type_are_refused(typed_first):
    stream = [*made("title", "a", 1), Example("plain", "d", "s")]
    index = groups.GroupIndex(lambda _: 4)
    with pytest.raises(InputError) as caught:
        list(index.record(stream if typed_first else stream[::-1]))
    assert str(caught.value) == (
        "example plain has no type of summary, but title/a/0 has 'title': give each source a "
        "type, such as ,type=headline"
    )


def test_more_groups_than_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(groups, "_MAX_GROUPS", 2)
    index = groups.GroupIndex(lambda _: 4)
    stream = [example for source in "abc" for example in made("title", source, 1)]
    with pytest.raises(InputError, match="'title/c' is one more than the maximum of 2 groups"):
        list(index.record(stream))


def test_a_store_keeps_groups_and_batches_begin_with_their_start_tokens(tmp_path):
    index = groups.GroupIndex({"title": 5, "headline": 4}.__getitem__)
    stream = [*made("title", "b", 3), *made("headline", "a", 2)]
    ids = (([9, 9], [8]) for _ in index.record(stream))
    store = token_store.write_store(tmp_path / "store", ids, 20, {}, groups=index)
    assert store.group_names == ["title/b", "headline/a"]
    shape = batching.BatchShape(2, 8, 8, 4)
    for batch in batching.sequential_batches(store, shape):
        for row, first in zip(batch["row"], batch["summary_in"][:, 0], strict=True):
            assert row < 0 or first == (5 if row < 3 else 4)
    assert token_store.in_memory_store([([9], [8])] * 2, 20, [5, 4]).starts(
        np.array([1, 0, 1], np.int32)
    ).tolist() == [4, 5, 4]


# --- weights ---------------------------------------------------------------------------------


def test_the_weight_of_type_and_source_wins_over_that_of_the_source():
    names = ["title/a", "headline/a", "title/b"]
    weights = {"a": 2, "headline/a": 0.5}
    assert groups.group_weights(names, weights) == [2.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"ab": 1}, "data.weights: no source 'ab': did you mean 'a'? known: a, title/a"),
        ({"a": -1}, "data.weights: 'a': -1: must be a number, 0 or more"),
        ({"a": float("nan")}, "data.weights: 'a': nan: must be a number, 0 or more"),
        ({"a": True}, "data.weights: 'a': True: must be a number, 0 or more"),
        ({"a": "2"}, "data.weights: 'a': '2': must be a number, 0 or more"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(ConfigError) as caught:
        groups.group_weights(["title/a"], weights)
    assert str(caught.value) == message


def test_the_shares_of_a_store_are_logged_and_old_stores_take_no_weights(tmp_path, caplog):
    index = groups.GroupIndex(lambda _: 4)
    stream = [*made("title", "a", 30), *made("title", "b", 10)]
    ids = (([9], [8]) for _ in index.record(stream))
    store = token_store.write_store(tmp_path / "store", ids, 20, {}, groups=index)
    caplog.set_level(logging.INFO, "summarizer")
    assert groups.store_weights(store, {"a": 0.5, "b": 0.5}) == [0.5, 0.5]
    assert caplog.messages == [
        " 75.0%  title/a: 15 of 30 per epoch",
        " 25.0%  title/b: 5 of 10 per epoch",
    ]
    assert groups.store_weights(store, {}) == []
    with pytest.raises(ConfigError, match="does not record the sources"):
        groups.store_weights(token_store.in_memory_store([([9], [8])], 20), {"a": 1})


sizes_and_weights = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.7, 3.0])),
    min_size=1,
    max_size=4,
)


@given(sizes_and_weights, st.integers(0, 99), st.integers(1, 12))
def test_epochs_draw_each_example_before_any_is_drawn_again(sizes, seed, epochs):
    rows = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes]).astype(np.uint16)
    weights = [weight for _, weight in sizes]
    drawn = Counter[int]()
    for epoch in range(epochs):
        drawn.update(groups.draw_epoch(rows, weights, seed, epoch).tolist())
        for group, (size, weight) in enumerate(sizes):
            counts = [drawn[int(row)] for row in np.flatnonzero(rows == group)]
            assert max(counts) - min(counts) <= 1
            assert abs(sum(counts) - size * weight * (epoch + 1)) <= 0.5


def test_a_weight_of_one_draws_each_example_once_in_another_order():
    rows = np.zeros(50, np.uint16)
    epochs = [groups.draw_epoch(rows, [1.0], 3, epoch).tolist() for epoch in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(50))
    assert epochs[0] != epochs[1]
    assert epochs[1] == groups.draw_epoch(rows, [1.0], 3, 1).tolist()


def test_batches_of_a_weighted_epoch_have_the_drawn_examples(tmp_path):
    index = groups.GroupIndex(lambda _: 4)
    stream = [*made("title", "a", 40), *made("title", "b", 10)]
    ids = (([9] * 5, [8]) for _ in index.record(stream))
    store = token_store.write_store(tmp_path / "store", ids, 20, {}, groups=index)
    weights = groups.group_weights(store.group_names, {"a": 0.25, "b": 2})
    rows: list[int] = []
    for epoch, _, batch in batching.stream_batches(
        store, 7, 0, 0, batching.BatchShape(4, 8, 8, 2), weights
    ):
        if epoch:
            break
        rows += [row for row in batch["row"].tolist() if row >= 0]
    drawn = groups.draw_epoch(np.array(store.groups), weights, 7, 0)
    assert sorted(rows) == sorted(drawn.tolist())
    assert sum(row < 40 for row in rows) == 10
    assert sum(row >= 40 for row in rows) == 20


# --- samples ---------------------------------------------------------------------------------


def test_a_balanced_sample_is_equal_by_type_then_by_source():
    stream = [*made("title", "x", 100), *made("title", "y", 3), *made("headline", "z", 100)]
    chosen = groups.balanced_sample(iter(stream), 30, 1)
    assert group_counts(chosen) == {"headline/z": 15, "title/x": 12, "title/y": 3}
    assert len({example.id for example in chosen}) == 30


def test_a_balanced_sample_of_few_examples_has_all_of_them():
    stream = [*made("title", "x", 4), *made("headline", "z", 3)]
    chosen = groups.balanced_sample(stream, 30, 1)
    assert {example.id for example in chosen} == {example.id for example in stream}
    assert groups.balanced_sample(stream, 30, 1) == chosen


@pytest.mark.parametrize("count", [1, 5, 20])
def test_samples_take_each_example_equally_often(count):
    stream = made("", "", 20)
    drawn = Counter[str]()
    for seed in range(600):
        drawn.update(example.id for example in groups.balanced_sample(stream, count, seed))
    expected = 600 * count / 20
    # Five standard deviations of a binomial distribution.
    assert all(abs(drawn[e.id] - expected) <= 5 * expected**0.5 for e in stream)


def test_a_reservoir_sample_is_of_the_whole_stream():
    stream = made("", "", 1000)
    chosen = groups.reservoir_sample(iter(stream), 100)
    assert len({example.id for example in chosen}) == 100
    positions = [stream.index(example) for example in chosen]
    assert 400 < np.mean(positions) < 600
    assert groups.reservoir_sample(stream[:7], 100) == stream[:7]


def test_a_weighted_reservoir_sample_prefers_heavy_groups():
    stream = [*made("title", "heavy", 500), *made("title", "light", 500), *made("title", "no", 500)]
    weights = {"heavy": 3, "title/light": 1, "no": 0}
    counts = group_counts(groups.reservoir_sample(stream, 200, weights))
    assert counts["title/no"] == 0
    assert counts.total() == 200
    assert 120 < counts["title/heavy"] < 180  # about three quarters of the first ones


def test_interleaving_goes_around():
    a, b = made("", "a", 3), made("", "b", 1)
    assert groups.interleave([a, b]) == [a[0], b[0], a[1], a[2]]


# --- thinning --------------------------------------------------------------------------------


def test_thinning_keeps_a_share_of_the_summaries_with_a_phrase():
    with_phrase = [Example(f"p{i}", "d", f"We Present number {i}") for i in range(2000)]
    others = [Example(f"o{i}", "d", "Something else") for i in range(50)]
    chosen = list(groups.thin([*with_phrase, *others], {"we present": 0.3}))
    assert chosen[-50:] == others
    assert 500 < len(chosen) - 50 < 700
    # The id decides: the same examples of any part of the stream.
    ids = {example.id for example in chosen}
    part = [example.id for example in groups.thin(with_phrase[500:], {"we present": 0.3})]
    assert part == [example.id for example in with_phrase[500:] if example.id in ids]
    more = {example.id for example in groups.thin(with_phrase, {"we present": 0.5})}
    assert ids - {example.id for example in others} <= more


def test_the_first_phrase_of_a_summary_counts():
    example = Example("a", "d", "first and second")
    assert list(groups.thin([example], {"first": 1, "second": 0})) == [example]
    assert list(groups.thin([example], {"second": 0, "first": 1})) == []


@pytest.mark.parametrize("share", [-0.1, 1.1, "0.5", True])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match=r"data\.thin: 'x': .*: must be a number from 0 to 1"):
        list(groups.thin([], {"x": share}))
