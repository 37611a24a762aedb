"""Bootstrap intervals, the first-k-words baseline, reports and files of predictions."""

import dataclasses
import errno
import itertools
import json
import os
import resource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.errors import InputError, SummarizerError
from summarizer.evaluation import baselines, bootstrap, report, rouge
from summarizer.types import Example

scores = st.lists(st.floats(0, 100), min_size=1, max_size=30)
DOCUMENTS = [f"we study the {x} of cold gases in a long trap" for x in ("flow", "heat", "spin")]
REFERENCES = ["Cold gases flow", "On heat in cold gases", "Spin"]
IDS = ["a", "b", "c"]


def made(predictions, **options):
    return report.evaluate(IDS, DOCUMENTS, REFERENCES, predictions, samples=50, **options)


@given(scores)
def test_an_interval_contains_its_mean_and_stays_in_range(values):
    found = bootstrap.interval(values, samples=200)
    assert found["mean"] == pytest.approx(sum(values) / len(values))
    assert min(values) - 1e-9 <= found["low"] <= found["mean"] + 1e-9
    assert found["mean"] - 1e-9 <= found["high"] <= max(values) + 1e-9


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=30))
def test_swapping_two_systems_turns_the_difference_round(pairs):
    a, b = map(list, zip(*pairs, strict=True))
    there, back = bootstrap.paired(a, b, samples=100), bootstrap.paired(b, a, samples=100)
    for one, other in (("mean", "mean"), ("low", "high"), ("high", "low")):
        assert there[one] == pytest.approx(-back[other], abs=1e-9)


def test_a_pair_that_differs_by_a_constant_is_certain():
    values = np.random.default_rng(0).uniform(0, 50, 40)
    found = bootstrap.paired(values + 2, values, samples=100)
    assert [found[k] for k in ("mean", "low", "high")] == pytest.approx([2, 2, 2])


def test_the_seed_decides_the_interval():
    values = np.random.default_rng(0).uniform(0, 100, 50)
    assert bootstrap.interval(values, seed=3) == bootstrap.interval(values, seed=3)
    assert bootstrap.interval(values, seed=3) != bootstrap.interval(values, seed=4)


def test_intervals_are_those_of_all_possible_draws():
    values, level = [0.0, 1.0, 10.0, 100.0], 0.9
    every = sorted(sum(draw) / 4 for draw in itertools.product(values, repeat=4))
    found = bootstrap.interval(values, samples=40_000, level=level)
    for end, fraction in (("low", 0.05), ("high", 0.95)):
        # With 40,000 samples the drawn quantile is within 1% of the exact one's rank.
        near = np.quantile(every, [fraction - 0.01, fraction + 0.01])
        assert near[0] <= found[end] <= near[1]


def test_large_sets_are_drawn_in_parts(monkeypatch):
    values = np.random.default_rng(0).uniform(0, 100, 64)
    whole = bootstrap.interval(values, samples=99)
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", 128)
    assert bootstrap.interval(values, samples=99) == pytest.approx(whole)


def test_scores_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="at least one score"):
        bootstrap.interval([])
    with pytest.raises(ValueError, match="differ in shape"):
        bootstrap.paired([1.0, 2.0], [1.0])


@given(st.lists(st.sampled_from(["one", "two", "été"])), st.integers(0, 9), st.booleans())
def test_the_first_k_words_are_k_words_of_the_start(words, k, chinese):
    units = list("中文标题"[: len(words)]) if chinese else words
    text = ("" if chinese else " ").join(units)
    head = baselines.first_k_words(text, k)
    assert baselines.length(head) == min(k, len(units))
    assert text.startswith(head)


def test_white_space_is_no_word_and_no_character():
    assert baselines.first_k_words(" one\n two  three", 2) == "one two"
    assert baselines.first_k_words(" 神经\n网络 模型", 3) == "神经 网"
    assert baselines.length(" 神经\n网络 ") == 4
    assert baselines.length("") == 0


def test_most_tokens_decide_the_unit():
    assert baselines.length("The city of 北京") == 4
    assert baselines.length("北京的 iPhone") == 9


def test_k_is_the_median_reference_of_each_kind_of_text():
    chinese = "我们研究冷原子气体"
    examples = [
        *(Example(i, d, r) for i, d, r in zip(IDS, DOCUMENTS, REFERENCES, strict=True)),
        Example("d", chinese, "冷气体"),
        Example("e", chinese, "研究冷气体"),
        Example("f", chinese, "冷原子气体"),
    ]
    assert baselines.lead(examples) == [
        *(" ".join(d.split()[:3]) for d in DOCUMENTS),
        *[chinese[:5]] * 3,
    ]


def test_of_two_middle_lengths_the_lower_is_k():
    examples = [Example("a", "one two three four", "x y"), Example("b", "1 2 3 4", "w x y z")]
    assert baselines.lead(examples) == ["one two", "1 2"]


def test_a_report_holds_what_rouge_and_the_bootstrap_say():
    predictions = ["Cold gases flow", "heat", ""]
    found = made(predictions, config_hash="00ff", seed=5)
    own = rouge.score(predictions, REFERENCES)
    first = rouge.score(["we study the"] * 3, REFERENCES)
    for m in rouge.METRICS:
        assert found.scores[m] == bootstrap.interval(own[m], 50, 5)
        assert found.baselines["first-k-words"][m] == bootstrap.interval(first[m], 50, 5)
        assert found.differences["first-k-words"][m] == bootstrap.paired(own[m], first[m], 50, 5)
    assert found.signature == rouge.signature(True, 50, 5)
    assert (found.examples, found.config_hash) == (3, "00ff")
    assert found.per_example[0] == {
        "id": "a", "prediction": "Cold gases flow", "reference": "Cold gases flow",
        **dict.fromkeys([*rouge.METRICS, "exact"], pytest.approx(100)),
    }  # fmt: skip
    assert all(found.per_example[2][m] == 0 for m in rouge.METRICS)


def test_predictions_are_matched_by_id():
    assert made({"c": "Spin", "a": "x", "b": "y"}) == made(["x", "y", "Spin"])


@pytest.mark.parametrize(
    ("predictions", "told"),
    [
        ({}, "0 predictions for 3 examples; missing: 'a', 'b', 'c'"),
        ({"a": "", "c": "", "z": ""}, "missing: 'b'; not among the examples: 'z'"),
        (["x"], "1 predictions for 3 examples; missing: 'b', 'c'"),
        (["x"] * 4, "4 predictions for 3 examples"),
    ],
)
def test_predictions_of_other_examples_are_refused(predictions, told):
    with pytest.raises(InputError) as caught:
        made(predictions)
    assert str(caught.value).endswith(told)


def test_at_most_three_missing_ids_are_named():
    with pytest.raises(InputError, match="missing: 'a', 'b', 'c' and 2 more$"):
        report.evaluate(list("abcde"), ["d"] * 5, ["r"] * 5, [])


def test_examples_that_share_an_id_cannot_be_matched_by_it():
    with pytest.raises(InputError, match="same id: 'a'$"):
        report.evaluate(["a", "a"], ["d", "d"], ["r", "r"], {"a": "x"})


def test_nothing_to_evaluate_is_told():
    with pytest.raises(InputError, match="no examples"):
        report.evaluate([], [], [], [])


def test_a_written_report_reads_back(tmp_path):
    found = made(["模型 \ud83d\u2028", 'quote " and\nnewline', "é"])
    report.write(found, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    expected = dataclasses.asdict(found)
    records = expected.pop("per_example")
    assert json.loads((folder / "report.json").read_text("utf-8")) == expected
    lines = (folder / "predictions.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == records
    assert "模型".encode() in lines[0]
    assert report.read_predictions(folder / "predictions.jsonl") == {
        r["id"]: r["prediction"] for r in records
    }
    assert sorted(p.name for p in folder.iterdir()) == ["predictions.jsonl", "report.json"]


class Interrupted(list):
    """Records of which the second is interrupted."""

    def __iter__(self):
        yield {"id": "a"}
        raise KeyboardInterrupt


@pytest.fixture
def written(tmp_path):
    """A folder with a report, and what must still be in it after a write that fails."""
    report.write(made(["x", "y", "z"]), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    yield tmp_path
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_leaves_the_last_report(written):
    found = made(["x" * 5000, "y", "z"])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))  # files end there, as on a full disk
    try:
        with pytest.raises(SummarizerError, match=os.strerror(errno.EFBIG)):
            report.write(found, written)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_error_before_the_rename_leaves_the_last_report(written, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SummarizerError, match="cannot write the report: Input/output error"):
        report.write(made(["1", "2", "3"]), written)


def test_an_interrupt_leaves_the_last_report(written):
    found = dataclasses.replace(made(["1", "2", "3"]), per_example=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        report.write(found, written)


def test_the_table_says_better_only_where_the_interval_excludes_zero():
    def row(mean, low, high):
        return {"mean": mean, "low": low, "high": high}

    found = dataclasses.replace(
        made(["x", "y", "z"]),
        scores={m: row(36.64, 35.91, 37.4) for m in ("rouge1", "rouge2", "rougeL")},
        baselines={"first-k-words": {m: row(24.8, 24, 25) for m in ("rouge1", "rouge2", "rougeL")}},
        differences={
            "first-k-words": {
                "rouge1": row(11.8, 0.1, 12.5),
                "rouge2": row(1, 0, 2),
                "rougeL": row(-1, -2, -0.1),
            }
        },
    )
    head, *rows, signature = report.table(found).splitlines()
    assert head.split() == ["model", "first-k-words", "difference"]
    assert rows[0].split("  ") == [
        "rouge1", "36.6 [35.9, 37.4]", "24.8 [24.0, 25.0]", "+11.8 [+0.1, +12.5] better",
    ]  # fmt: skip
    assert rows[1].endswith("+1.0 [+0.0, +2.0]")
    assert rows[2].endswith("-1.0 [-2.0, -0.1] worse")
    assert signature == found.signature


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), min_size=1, max_size=5))
@settings(max_examples=50)
def test_any_predictions_read_back(tmp_path_factory, predictions):
    path = tmp_path_factory.mktemp("p") / "p.jsonl"
    lines = [json.dumps({"id": k, "prediction": v, "more": 1}) for k, v in predictions.items()]
    path.write_text("\ufeff" + "\n\n".join(lines), "utf-8")
    assert report.read_predictions(path) == predictions


GOOD = b'{"id": 1, "prediction": "x"}\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ": there are no predictions in it"),
        (GOOD + b"{", ", line 2: not JSON: Expecting property name"),
        (GOOD + b"\n" + b'{"id": "\xff"}', ", line 3: not UTF-8"),
        (b"[]", ', line 1: not an object with "id" and "prediction"'),
        (b'{"id": "a", "summary": ""}', ", line 1: no 'prediction'; it has: 'id', 'summary'"),
        (b"{}", ", line 1: no 'id'; it has: nothing"),
        (b'{"id": "a", "prediction": null}', ", line 1: 'prediction' is null, not a text"),
        (b'{"id": true, "prediction": ""}', ", line 1: 'id' is true, not a text"),
        (GOOD + b'{"id": "1", "prediction": ""}', ", line 2: id '1' occurs a second time"),
    ],
)
def test_a_bad_predictions_file_is_told_with_its_line(tmp_path, content, told):
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        report.read_predictions(path)
    assert str(caught.value).startswith(f"{path}{told}")
    assert "\n" not in str(caught.value)


def test_a_missing_predictions_file_is_told(tmp_path):
    with pytest.raises(InputError, match="none.jsonl: No such file"):
        report.read_predictions(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="Is a directory"):
        report.read_predictions(tmp_path)
