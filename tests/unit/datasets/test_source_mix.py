"""Mixing SPECs by weight, and sharding any of them."""

import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer import config
from summarizer.api import train
from summarizer.config import Part
from summarizer.datasets import spec
from summarizer.datasets.sources import mix
from summarizer.errors import ConfigError, InputError, SummarizerError
from summarizer.types import Example

DIGITS = "reverse_digits,count={count},seed={seed}"


def write(path: Path, count: int) -> str:
    rows = ({"id": f"row {i}", "document": f"d {i}", "summary": "s"} for i in range(count))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def mixed(weights: list[float], counts: list[int], head: str = "mix") -> str:
    parts = [
        f"{weight}*{DIGITS.format(count=count, seed=seed)}"
        for seed, (weight, count) in enumerate(zip(weights, counts, strict=True), 1)
    ]
    return f"{head}:{'+'.join(parts)}"


def source_of(example: Example) -> int:
    return int(example.id.partition(":")[0])


WEIGHTS = st.floats(0.2, 5, allow_nan=False)
PARTS = st.lists(st.tuples(WEIGHTS, st.integers(1, 20)), min_size=1, max_size=4)


# --- mixes -----------------------------------------------------------------------------------


@given(PARTS)
@settings(max_examples=25)
def test_a_mix_keeps_the_proportions_at_every_point_and_takes_each_example_once(
    parts: list[tuple[float, int]],
) -> None:
    weights, counts = [weight for weight, _ in parts], [count for _, count in parts]
    what = mixed(weights, counts)
    found = list(spec.examples(what))
    taken = Counter[int]()
    for n, example in enumerate(found, 1):
        taken[source_of(example)] += 1
        for number, weight in enumerate(weights, 1):
            due = n * weight / sum(weights)
            assert due - len(parts) < taken[number] < due + 1.000001
    assert any(taken[number] == count for number, count in enumerate(counts, 1))
    for number, count in enumerate(counts, 1):
        alone = spec.examples(DIGITS.format(count=count, seed=number))
        expected = list(itertools.islice(alone, taken[number]))
        own = [e for e in found if source_of(e) == number]
        assert [(e.id, e.document, e.summary) for e in own] == [
            (f"{number}:{e.id}", e.document, e.summary) for e in expected
        ]
    assert found == list(spec.examples(what))


@given(PARTS)
@settings(max_examples=25)
def test_a_mix_that_stops_last_reads_all_and_keeps_the_proportions(
    parts: list[tuple[float, int]],
) -> None:
    weights, counts = [weight for weight, _ in parts], [count for _, count in parts]
    found = list(spec.examples(mixed(weights, counts, "mix,stop=last")))
    taken = Counter(map(source_of, found))
    assert len({e.id for e in found}) == len(found)
    rounds = []
    for number, (weight, count) in enumerate(parts, 1):
        own = [e.id.partition("#")[0] for e in found if source_of(e) == number]
        times = Counter(own)
        assert len(times) == count
        assert max(times.values()) - min(times.values()) <= 1  # whole rounds, and a begun one
        assert abs(taken[number] - len(found) * weight / sum(weights)) < len(parts)
        rounds.append(taken[number] / count)
    assert 1 in rounds  # it ends as soon as the last one has been read


def test_the_splits_of_a_mix_are_those_of_its_parts(tmp_path: Path) -> None:
    path = write(tmp_path / "a+b*c, d.jsonl", 400)
    what = f"mix:1*{path}+1*reverse_digits,count=400"
    for split in ("train", "validation", "test"):
        found = list(spec.examples(what, split))
        assert found
        for number, part in ((1, path), (2, "reverse_digits,count=400")):
            ids = [f"{number}:{e.id}" for e in spec.examples(part, split)]
            own = [e.id for e in found if source_of(e) == number]
            assert own == ids[: len(own)]
            assert len(own) >= 10
        header = f"mix,split={split}:{what.partition(':')[2]}"
        assert list(spec.examples(header)) == found
    assert spec.has_splits(what)
    assert not spec.has_splits(f"mix,split=test:1*{path}+1*docstrings")
    assert not spec.has_splits(f"mix:1*{path}+3*{path}")
    assert not spec.has_splits(f"mix:1*{path}+3*docstrings,split=test")


def test_what_follows_a_part_is_its_own_and_what_stands_before_the_colon_the_mixs() -> None:
    parts = "2*reverse_digits,count=3,low=2+.5*docstrings,packages=a+b,split=test"
    assert spec.parse(f"mix,stop=last,shard=1/3:{parts}") == Part(
        "mix", {"parts": parts, "stop": "last", "shard": (1, 3)}
    )
    assert mix.Options(parts).weighted() == [
        (2.0, "reverse_digits,count=3,low=2"),
        (0.5, "docstrings,packages=a+b,split=test"),
    ]


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("mix", ConfigError, "mix: names no data; write mix:PARTS"),
        ("mix:", ConfigError, "mix:: names no data; write mix:PARTS"),
        ("mix:docstrings", ConfigError, "mix: 'docstrings' has no weight; write mix:0.7*a.jsonl"),
        ("mix:a*docstrings", ConfigError, "mix: 'a*docstrings' has no weight"),
        ("mix:1*", ConfigError, "mix: nothing follows the weight 1"),
        ("mix:0*docstrings", ConfigError, "the weight 0 of 'docstrings' must be above 0"),
        ("mix:1*docstrings+-2*docstrings", ConfigError, "the weight -2 of 'docstrings' must be"),
        ("mix:nan*docstrings", ConfigError, "the weight nan of 'docstrings' must be above 0"),
        ("mix:inf*docstrings", ConfigError, "must be above 0 and finite"),
        ("mix:1*docstring", ConfigError, "mix: no file, folder or source 'docstring': did you"),
        ("mix:1*none.jsonl+docstrings", InputError, "each part begins with its weight: write mix:"),
        (
            "mix:1*docstrings+1*mix:1*docstrings",
            ConfigError,
            "is itself a mix; nested mixes are not supported",
        ),
        ("mix,stop=never:1*docstrings", ConfigError, "stop=never: must be first, last or each"),
        ("mix,stpo=last:1*docstrings", ConfigError, "did you mean 'stop'?"),
        ("mix,split=tset:1*docstrings", ConfigError, "did you mean 'test'?"),
        ("mix:1*reverse_digits,cuont=1", ConfigError, "did you mean 'count'?"),
    ],
)
def test_a_mix_that_cannot_be(what: str, error: type[SummarizerError], message: str) -> None:
    with pytest.raises(error) as caught:
        spec.examples(what)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_row_in_a_part_is_named_or_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, 2)
    path.write_text("bad\n" + path.read_text())
    what = f"mix:1*{path}+1*reverse_digits,count=9"
    with pytest.raises(InputError, match=f"{path}:1: not JSON"):
        list(spec.examples(what))
    assert len(list(spec.examples(what, skip_bad=True))) == 4
    assert len(list(spec.examples(f"mix,skip_bad=yes:{what.partition(':')[2]}"))) == 4


def test_a_part_without_an_example_in_a_split_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "one.jsonl", 1)
    split = "validation" if list(spec.examples(path, "test")) else "test"
    what = f"mix:5*{path}+1*reverse_digits,count=100"
    found = list(spec.examples(what, split))
    assert found
    assert {source_of(e) for e in found} == {2}
    assert f"{path} has no example of split {split} and is left out" in caplog.text
    assert list(spec.examples(f"mix:1*{path}", split)) == []


class StopError(Exception):
    """Raised where training would begin."""


def test_training_reads_a_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The train split is stored and the validation split held out, as of any other SPEC."""
    from summarizer.datasets import token_store
    from summarizer.training import loop

    path = write(tmp_path / "a.jsonl", 300)
    what = f"mix:1*{path}+1*reverse_digits,count=300"
    settings = [f"data.train={what}", "vocabulary.size=300", "model.decoder_cell.width=16"]
    settings += ["model.embedding_size=8", "model.encoder.width=8", "train.precision=float32"]
    chosen = config.apply_settings(config.Config(name="mixed"), settings)

    def stop(*_: object) -> None:
        raise StopError

    monkeypatch.setattr(loop, "fit", stop)
    with pytest.raises(StopError):
        train.train(chosen, tmp_path / "run")
    expected = list(spec.examples(what, "train"))
    lengths = token_store.read_store(tmp_path / "run" / "store").lengths()
    assert len(lengths) == len(expected) > 500
    assert config.load_config(tmp_path / "run" / "config.json").data.train == what
    held = train.held_out_examples(chosen, 10)
    validation = list(spec.examples(what, "validation"))
    assert all(example in validation for example in held)
    assert sorted(source_of(e) for e in held) == [1] * 5 + [2] * 5
    old = dataclasses.replace(chosen, schema=1)  # an old run's validation examples stay the same
    assert train.held_out_examples(old, 10) == validation[:10]
    assert not {e.id for e in held} & {e.id for e in expected}


# --- shards ----------------------------------------------------------------------------------


def shards(what: str, count: int, split: str = "all") -> Iterator[list[str]]:
    for index in range(count):
        head, colon, rest = what.partition(":")
        sharded = f"{head},shard={index}/{count}{colon}{rest}"
        yield [e.id for e in spec.examples(sharded, split)]


@given(st.integers(1, 9), st.integers(1, 60), st.sampled_from(["all", "train", "test"]))
@settings(max_examples=25)
def test_shards_share_nothing_and_are_the_whole_in_order(count: int, size: int, split: str) -> None:
    for what in (f"reverse_digits,count={size}", f"mix:1*reverse_digits,count={size}"):
        whole = [e.id for e in spec.examples(what, split)]
        found = list(shards(what, count, split))
        assert sorted(itertools.chain(*found)) == sorted(whole)
        assert all(part == [id for id in whole if id in set(part)] for part in found)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_split_is_sharded_evenly(tmp_path: Path, split: str) -> None:
    path = write(tmp_path / "a.jsonl", 4000)
    sizes = [len(part) for part in shards(path, 10, split)]
    assert min(sizes) > 0.4 * sum(sizes) / 10


def test_an_example_stays_in_its_shard_when_others_come_and_in_a_mix(tmp_path: Path) -> None:
    few, many = write(tmp_path / "few.jsonl", 50), write(tmp_path / "many.jsonl", 100)
    for a, b in zip(shards(few, 3), shards(many, 3), strict=True):
        assert a == [id for id in b if int(id.split()[1]) < 50]
    part = [e.id for e in spec.examples(f"mix:1*{many},shard=0/3+1*{many},shard=1/3")]
    assert {id[2:] for id in part if id[0] == "1"} <= set(next(shards(many, 3)))
    assert not {id[2:] for id in part if id[0] == "1"} & {id[2:] for id in part if id[0] == "2"}


def test_a_mix_keeps_all_references(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"document": "d", "references": ["a", "b"]}) + "\n")
    (found,) = spec.examples(f"mix:1*{path}")
    assert (found.id, found.summary, found.references) == ("1:1", "a", ("a", "b"))
