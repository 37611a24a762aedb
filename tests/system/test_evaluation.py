"""Bootstrap intervals, the first-k-words baseline, reports, and what is refused as input."""

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

from summarizer import cli, config
from summarizer.api import evaluate as evaluate_module
from summarizer.datasets import contamination, spec
from summarizer.errors import ConfigError, InputError, ModelError, SummarizerError
from summarizer.evaluation import evaluate as scoring
from summarizer.evaluation import predictions as predictions_module
from summarizer.evaluation import report_files
from summarizer.evaluation.evaluate import LEAD_BASELINE
from summarizer.evaluation.lead import first_k_words, lead, length
from summarizer.evaluation.options import EvaluationOptions
from summarizer.evaluation.report_table import report_table
from summarizer.metrics import bootstrap, rouge, significance
from summarizer.types import Example, Summary

scores = st.lists(st.floats(0, 100), min_size=1, max_size=30)
DOCUMENTS = [f"we study the {x} of cold gases in a long trap" for x in ("flow", "heat", "spin")]
REFERENCES = ["Cold gases flow", "On heat in cold gases", "Spin"]
IDS = ["a", "b", "c"]


def examples_with(references):
    """The documents with a reference, or several, each."""
    texts = [[one] if isinstance(one, str) else one for one in references]
    rows = zip(IDS, DOCUMENTS, texts, strict=True)
    return [Example(name, document, r[0], tuple(r)) for name, document, r in rows]


def made(predictions, references=REFERENCES, **options):
    options = EvaluationOptions(bootstrap_samples=50, **options)
    return scoring.evaluate_summaries(examples_with(references), predictions, options)


@given(scores)
def test_an_interval_contains_its_mean_and_stays_in_range(values):
    found = bootstrap.bootstrap_interval(values, samples=200)
    assert found["mean"] == pytest.approx(sum(values) / len(values))
    assert min(values) - 1e-9 <= found["low"] <= found["mean"] + 1e-9
    assert found["mean"] - 1e-9 <= found["high"] <= max(values) + 1e-9


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=30))
def test_swapping_two_systems_turns_the_difference_round(pairs):
    a, b = map(list, zip(*pairs, strict=True))
    there, back = (
        bootstrap.paired_interval(a, b, samples=100),
        bootstrap.paired_interval(b, a, samples=100),
    )
    for one, other in (("mean", "mean"), ("low", "high"), ("high", "low")):
        assert there[one] == pytest.approx(-back[other], abs=1e-9)


def test_a_pair_that_differs_by_a_constant_is_certain():
    values = np.random.default_rng(0).uniform(0, 50, 40)
    found = bootstrap.paired_interval(values + 2, values, samples=100)
    assert [found[k] for k in ("mean", "low", "high")] == pytest.approx([2, 2, 2])


def test_the_seed_decides_the_interval():
    values = np.random.default_rng(0).uniform(0, 100, 50)
    assert bootstrap.bootstrap_interval(values, seed=3) == bootstrap.bootstrap_interval(
        values, seed=3
    )
    assert bootstrap.bootstrap_interval(values, seed=3) != bootstrap.bootstrap_interval(
        values, seed=4
    )


def test_intervals_are_those_of_all_possible_draws():
    values, level = [0.0, 1.0, 10.0, 100.0], 0.9
    every = sorted(sum(draw) / 4 for draw in itertools.product(values, repeat=4))
    found = bootstrap.bootstrap_interval(values, samples=40_000, level=level)
    for end, fraction in (("low", 0.05), ("high", 0.95)):
        # With 40,000 samples the drawn quantile is within 1% of the exact one's rank.
        near = np.quantile(every, [fraction - 0.01, fraction + 0.01])
        assert near[0] <= found[end] <= near[1]


def test_large_sets_are_drawn_in_parts(monkeypatch):
    values = np.random.default_rng(0).uniform(0, 100, 64)
    whole = bootstrap.bootstrap_interval(values, samples=99)
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", 128)
    assert bootstrap.bootstrap_interval(values, samples=99) == pytest.approx(whole)


def test_scores_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="at least one score"):
        bootstrap.bootstrap_interval([])
    with pytest.raises(ValueError, match="differ in shape"):
        bootstrap.paired_interval([1.0, 2.0], [1.0])


@given(st.lists(st.sampled_from(["one", "two", "été"])), st.integers(0, 9), st.booleans())
def test_the_first_k_words_are_k_words_of_the_start(words, k, chinese):
    units = list("中文标题"[: len(words)]) if chinese else words
    text = ("" if chinese else " ").join(units)
    head = first_k_words(text, k)
    assert length(head) == min(k, len(units))
    assert text.startswith(head)


def test_white_space_is_no_word_and_no_character():
    assert first_k_words(" one\n two  three", 2) == "one two"
    assert first_k_words(" 神经\n网络 模型", 3) == "神经 网"
    assert length(" 神经\n网络 ") == 4
    assert length("") == 0


def test_most_tokens_decide_the_unit():
    assert length("The city of 北京") == 4
    assert length("北京的 iPhone") == 9


def test_k_is_the_median_reference_of_each_kind_of_text():
    chinese = "我们研究冷原子气体"
    examples = [
        *(Example(i, d, r) for i, d, r in zip(IDS, DOCUMENTS, REFERENCES, strict=True)),
        Example("d", chinese, "冷气体"),
        Example("e", chinese, "研究冷气体"),
        Example("f", chinese, "冷原子气体"),
    ]
    assert lead(examples) == [
        *(" ".join(d.split()[:3]) for d in DOCUMENTS),
        *[chinese[:5]] * 3,
    ]


def test_of_two_middle_lengths_the_lower_is_k():
    examples = [Example("a", "one two three four", "x y"), Example("b", "1 2 3 4", "w x y z")]
    assert lead(examples) == ["one two", "1 2"]


def test_a_report_holds_what_rouge_and_the_bootstrap_say():
    predictions = ["Cold gases flow", "heat", ""]
    found = made(predictions, bootstrap_seed=5)
    own = rouge.score(predictions, REFERENCES)
    lead = ["we study the"] * 3
    first = rouge.score(lead, REFERENCES)
    for m in rouge.METRICS:
        for scores, texts in ((found.scores, predictions), (found.baselines[LEAD_BASELINE], lead)):
            precision, recall, values = rouge.score_details(texts, REFERENCES)[m].T
            sides = {"precision": precision.mean(), "recall": recall.mean()}
            assert scores[m] == bootstrap.bootstrap_interval(values, 50, 5) | sides
        expected = significance.paired_difference(own[m], first[m], 50, 5)
        assert found.differences[LEAD_BASELINE][m] == expected
    assert found.signature == rouge.signature(True, 50, 5)
    assert (found.examples, found.empty) == (3, 1)
    assert found.per_example[0] == {
        "id": "a", "prediction": "Cold gases flow", "reference": "Cold gases flow",
        **dict.fromkeys([*rouge.METRICS, "exact"], pytest.approx(100)),
    }  # fmt: skip
    assert all(found.per_example[2][m] == 0 for m in rouge.METRICS)


def test_predictions_are_matched_by_id():
    assert made({"c": "Spin", "a": "x", "b": "y"}) == made(["x", "y", "Spin"])
    assert made({" c": "Spin", "a\n": "x", "b": "y"}) == made(
        ["x", "y", "Spin"]
    )  # as rows' ids are


def test_white_space_around_a_prediction_counts_for_nothing():
    texts = ["Bark. Dogs.", "heat", "spin"]
    plain, spaced = (
        made(predictions, ["Dogs bark.", "heat", "spin"]).scores
        for predictions in (texts, [f"\n{text}\n" for text in texts])
    )
    assert plain == spaced


@pytest.mark.parametrize(
    ("predictions", "told"),
    [
        ({}, "0 predictions for 3 examples; missing: 'a', 'b', 'c'"),
        ({"a": "", "c": "", "z": ""}, "missing: 'b'; not among the examples: 'z'"),
        (
            {"a": "", "a ": "", "b": "", "c": ""},
            "4 predictions for 3 examples; not among the examples: 'a '",
        ),
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
        scoring.evaluate_summaries([Example(name, "d", "r") for name in "abcde"], [])


def test_examples_that_share_an_id_cannot_be_matched_by_it():
    with pytest.raises(InputError, match="same id: 'a'$"):
        scoring.evaluate_summaries([Example("a", "d", "r")] * 2, {"a": "x"})


def test_nothing_to_evaluate_is_told():
    with pytest.raises(InputError, match="no examples"):
        scoring.evaluate_summaries([], [])


# --- files of reports --------------------------------------------------------------------------


def test_a_written_report_reads_back(tmp_path):
    found = made(["模型 \ud83d\u2028", 'quote " and\nnewline', "é"])
    found = dataclasses.replace(found, test="t.jsonl", command="summarizer evaluate", overlap=2)
    folder = tmp_path / "new" / "folder"
    report_files.write_report(found, folder)
    expected = dataclasses.asdict(found)
    records = expected.pop("per_example")
    assert json.loads((folder / "report.json").read_text("utf-8")) == {"schema": 2, **expected}
    lines = (folder / "predictions.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == records
    assert "模型".encode() in lines[0]
    assert report_files.load_report(folder) == found
    assert predictions_module.read_predictions(folder / "predictions.jsonl") == {
        r["id"]: r["prediction"] for r in records
    }
    assert sorted(p.name for p in folder.iterdir()) == ["predictions.jsonl", "report.json"]


def changed(name, **values):
    """Change what a report's file says, in its last line if it has one a document; None: less."""

    def change(folder):
        text = (folder / name).read_text("utf-8")
        *before, last = text.splitlines() if name == "predictions.jsonl" else [text]
        found = json.loads(last) | values
        last = json.dumps({k: v for k, v in found.items() if v is not None})
        (folder / name).write_text("\n".join([*before, last]) + "\n", "utf-8")

    return change


def cut(name, characters):
    """Leave so many of the characters of a file."""

    def change(folder):
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(text[:characters], "utf-8")

    return change


DAMAGES = [
    (lambda f: (f / "report.json").unlink(), "report.json: no such file or directory"),
    (lambda f: (f / "predictions.jsonl").unlink(), "predictions.jsonl: no such file or directory"),
    (lambda f: (f / "report.json").write_bytes(b"\xff"), "report.json: not UTF-8"),
    (lambda f: (f / "report.json").write_text("[]"), "report.json: not a JSON object, {…}"),
    (lambda f: (f / "report.json").write_text("{}"), "report.json: not the report of an evalu"),
    (cut("report.json", 300), "report.json: truncated, or not JSON: "),
    (cut("predictions.jsonl", -5), "predictions.jsonl, line 3: truncated, or not JSON: "),
    (cut("predictions.jsonl", 0), "predictions.jsonl, line 1: truncated, or not JSON: "),
    (changed("report.json", schema=None), "has schema 1; this version reads 2: evaluate again"),
    (changed("report.json", schema=3), "has schema 3; this version reads 2: evaluate again"),
    (changed("report.json", examples=None), "report.json: not a report of this version: "),
    (
        changed("report.json", colour=1),
        "of this version: Report.__init__() got an unexpected keyword argument 'colour'",
    ),
    (changed("report.json", scores=3), "its scores do not have the right form"),
    (changed("report.json", signature=3), "its scores do not have the right form"),
    (changed("report.json", per_example=[]), "report.json: not a report of this version: "),
    (changed("report.json", scores={"rouge1": {"mean": 1}}), "its scores do not have the"),
    (
        changed("report.json", examples=4),
        "has 3 documents, report.json says 4: truncated, or of anot",
    ),
    (changed("predictions.jsonl", rouge1="x"), "line 3: 'rouge1' is missing, or not a number"),
    (changed("predictions.jsonl", id=None), "line 3: 'id' is missing, or not a text"),
    (changed("predictions.jsonl", rouge2=90), "of 30.00, report.json says 0.00: of another"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGES)
def test_a_report_that_is_cut_foreign_or_of_another_schema_is_refused(tmp_path, damage, told):
    report_files.write_report(made(["x", "y", "z"]), tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError) as caught:
        report_files.load_report(tmp_path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_report_without_what_was_added_later_still_reads(tmp_path):
    found = made(["x", "y", "z"])
    report_files.write_report(found, tmp_path)
    changed("report.json", overlap=None, command=None)(tmp_path)
    assert report_files.load_report(tmp_path) == found


class Interrupted(list):
    """Records of which the second is interrupted."""

    def __iter__(self):
        yield {"id": "a"}
        raise KeyboardInterrupt


@pytest.fixture
def written(tmp_path):
    """A folder with a report, and what must still be in it after a write that fails."""
    report_files.write_report(made(["x", "y", "z"]), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    yield tmp_path
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_leaves_the_last_report(written):
    found = made(["x" * 5000, "y", "z"])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))  # files end there, as on a full disk
    try:
        with pytest.raises(SummarizerError, match=os.strerror(errno.EFBIG)):
            report_files.write_report(found, written)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_error_before_the_rename_leaves_the_last_report(written, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SummarizerError, match="cannot write the report: Input/output error"):
        report_files.write_report(made(["1", "2", "3"]), written)


def test_an_interrupt_leaves_the_last_report(written):
    found = dataclasses.replace(made(["1", "2", "3"]), per_example=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        report_files.write_report(found, written)


def test_the_table_says_better_only_where_the_interval_excludes_zero():
    def row(mean, low, high, **more):
        return {"mean": mean, "low": low, "high": high, **more}

    sides = {"precision": 40.04, "recall": 35.0}
    found = dataclasses.replace(
        made(["x", "y", "z"]),
        scores={m: row(36.64, 35.91, 37.4, **sides) for m in ("rouge1", "rouge2", "rougeL")},
        baselines={LEAD_BASELINE: {m: row(24.8, 24, 25) for m in ("rouge1", "rouge2", "rougeL")}},
        differences={
            LEAD_BASELINE: {
                "rouge1": row(11.8, 0.1, 12.5, p=0.00001),
                "rouge2": row(1, 0, 2, p=0.0312),
                "rougeL": row(-1, -2, -0.1, p=0.049),
            }
        },
    )
    head, *rows, signature = report_table(found).splitlines()
    assert head.split() == ["model", "precision", "recall", "first-k-words", "difference"]
    cells = [[part.strip() for part in row.split("  ") if part] for row in rows]
    assert cells[0] == [
        "rouge1", "36.6 [35.9, 37.4]", "40.0", "35.0", "24.8 [24.0, 25.0]",
        "+11.8 [+0.1, +12.5] p<0.001 better",
    ]  # fmt: skip
    assert cells[1][-1] == "+1.0 [+0.0, +2.0] p=0.031"
    assert cells[2][-1] == "-1.0 [-2.0, -0.1] p=0.049 worse"
    assert signature == found.signature


# --- several references ------------------------------------------------------------------------


def test_several_references_count_as_asked():
    references = [["Cold gases flow", "x"], ["On heat", "heat"], "Spin"]
    predictions = ["x", "heat", "spin"]
    found = {
        mode: made(predictions, references, reference_mode=mode) for mode in rouge.REFERENCE_MODES
    }
    exact = {mode: report.scores["exact"]["mean"] for mode, report in found.items()}
    assert exact == pytest.approx({"best": 100, "mean": 200 / 3, "first": 100 / 3})
    rouge1 = {mode: report.scores["rouge1"]["mean"] for mode, report in found.items()}
    assert rouge1["best"] == pytest.approx(100)
    assert rouge1["first"] < rouge1["mean"] < rouge1["best"]
    assert all(f"|refs:{mode}|" in report.signature for mode, report in found.items())
    assert len({report.fingerprint for report in found.values()}) == 1
    first, _, alone = found["best"].per_example
    assert (first["reference"], first["references"]) == ("Cold gases flow", references[0])
    assert "references" not in alone


def test_a_fingerprint_is_of_ids_documents_and_references():
    def fingerprint(*rows):
        return scoring.fingerprint([Example(i, d, r[0], tuple(r)) for i, d, r in rows])

    one, two = ("1", "d", ["a"]), ("2", "e", ["b", "c"])
    different = {
        fingerprint(one, two),
        fingerprint(one, ("3", "e", ["b", "c"])),
        fingerprint(one, ("2", "f", ["b", "c"])),
        fingerprint(one, ("2", "e", ["b"])),
        fingerprint(two, one),
        fingerprint(("1", "d", ["a", "b"]), ("2", "e", ["c"])),
    }
    assert len(different) == 6
    assert all(len(digest) == 64 for digest in different)


# --- what is refused before a model works ------------------------------------------------------


class Fake:
    """A model that copies the document, but for what it has nothing to say to."""

    def __init__(self):
        self.config, self.asked = config.Config(name="fake"), 0

    def summarize(self, texts, **options):
        self.asked += len(texts)
        self.options = options
        if options.get("explain") and options.get("long") == "chunk":
            raise InputError("explain: not with long chunks")
        return [Summary("" if "silence" in text else text, 0.0) for text in texts]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A model's folder, trained on three lines of a file; and what it does."""
    model = Fake()
    monkeypatch.setattr(evaluate_module.Summarizer, "load", lambda *_, **__: model)
    train = lines(tmp_path / "train.jsonl", [("1", "bees fly"), ("2", "ants walk"), ("3", "cats")])
    recorder = contamination.ContaminationIndex(spec.identity(train))
    assert len(list(recorder.record(spec.examples(train)))) == 3
    (tmp_path / "model").mkdir()
    recorder.save(tmp_path / "model" / contamination.FILE)
    model.folder, model.train = tmp_path / "model", train
    return model


def lines(path, rows):
    made = [
        {"id": id, "document": text, "summary": "bees", "more": f"{text}!"} for id, text in rows
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8")
    return str(path)


def test_documents_that_were_trained_on_are_refused_wherever_they_come_from(fake, tmp_path, capsys):
    test = lines(tmp_path / "test.jsonl", [("a", "fish"), ("b", "Ants, walk!"), ("c", "cats")])
    words = ["evaluate", str(fake.folder), test]
    assert cli.main(words) == 1
    assert fake.asked == 0
    assert capsys.readouterr().err == (
        f"summarizer: {test}: {fake.folder} was trained on 2 of its 3 documents, the first 'b', "
        "known by its text; leave them out (of a file that was trained on: FILE,split=test), or "
        "add --allow-overlap\n"
    )
    assert not (fake.folder / "evaluation").exists()
    assert cli.main([*words, "--allow-overlap"]) == 0
    assert report_files.load_report(fake.folder / "evaluation").overlap == 2


def test_an_id_counts_within_its_own_source_alone(fake, tmp_path):
    other = lines(tmp_path / "other.jsonl", [("1", "fish swim"), ("2", "birds sing")])
    assert evaluate_module.evaluate(fake.folder, other).overlap == 0
    lines(tmp_path / "train.jsonl", [("2", "ants run now"), ("9", "worms")])  # as it reads now
    with pytest.raises(InputError, match="on 1 of its 2 documents, the first '2', known by its id"):
        evaluate_module.evaluate(fake.folder, f"{fake.train},split=all")
    with pytest.raises(InputError, match="known by its id"):
        evaluate_module.evaluate(fake.folder, f"jsonl:{fake.train},document=more")


def test_documents_of_signs_alone_are_not_known_by_their_text(tmp_path):
    recorder = contamination.ContaminationIndex("one")
    list(recorder.record([Example("x", "***")]))
    recorder.save(tmp_path / contamination.FILE)
    assert not contamination.find_overlap(
        tmp_path / contamination.FILE, [Example("y", "…")], "other"
    )


def test_what_cannot_be_explained_is_measured_all_the_same(fake, tmp_path, caplog):
    test = lines(tmp_path / "test.jsonl", [("a", "fish"), ("b", "birds")])
    assert evaluate_module.evaluate(fake.folder, test, long="chunk").examples == 2
    assert "the page marks copied words by their text alone" in caplog.text


def test_predictions_take_no_options_of_a_search(tmp_path, capsys):
    words = ["evaluate", "a.jsonl", "--predictions", "p.jsonl", "--beam", "2", "--allow-overlap"]
    with pytest.raises(SystemExit, match="2"):
        cli.main([*words, "--min-words", "3"])
    error = capsys.readouterr().err
    assert "--predictions are already made: remove --beam, --min-words, --allow-overlap" in error


def test_a_model_without_fingerprints_is_measured_and_that_is_said(fake, tmp_path, caplog):
    (fake.folder / contamination.FILE).unlink()
    found = evaluate_module.evaluate(fake.folder, fake.train)
    assert found.overlap is None
    assert (
        f"{fake.folder / contamination.FILE}: missing: cannot check what the model" in caplog.text
    )


def test_fingerprints_that_are_cut_are_told(fake):
    path = fake.folder / contamination.FILE
    for content in (path.read_bytes()[:100], b"", b"PK"):
        path.write_bytes(content)
        with pytest.raises(
            ModelError, match=r"fingerprints\.npz: cut or not written by this program"
        ):
            evaluate_module.evaluate(fake.folder, fake.train)


def test_the_documents_of_a_tagger_count_too(fake, tmp_path):
    tagger = tmp_path / "tagger"
    tagger.mkdir()
    recorder = contamination.ContaminationIndex("elsewhere")
    list(recorder.record([Example("x", "fish")]))
    recorder.save(tagger / contamination.FILE)
    test = lines(tmp_path / "test.jsonl", [("a", "fish"), ("b", "birds")])
    assert evaluate_module.evaluate(fake.folder, test).overlap == 0
    with pytest.raises(InputError, match="tagger was trained on 1 of its 2 documents"):
        evaluate_module.evaluate(fake.folder, test, content_selector=tagger)


@pytest.mark.parametrize("inside", [False, True])
def test_an_output_that_cannot_be_written_is_told_before_the_model_works(fake, tmp_path, inside):
    test = lines(tmp_path / "test.jsonl", [("a", "fish")])
    place = tmp_path / "place"
    if inside:
        (place / "report.json").mkdir(parents=True)
    else:
        place.write_text("a file")
    with pytest.raises(SummarizerError, match="place: cannot write the report: "):
        evaluate_module.evaluate(fake.folder, test, place)
    assert fake.asked == 0
    report_files.write_report(made(["x", "y", "z"]), tmp_path / "p")
    with pytest.raises(SummarizerError, match="place: cannot write the report: "):
        evaluate_module.evaluate_predictions(test, tmp_path / "p" / "predictions.jsonl", place)


def test_rules_that_cannot_be_are_told_before_the_model_works(fake, tmp_path):
    test = lines(tmp_path / "test.jsonl", [("a", "fish")])
    for rule in ({"tokenization": "wrods"}, {"reference_mode": "bset"}):
        with pytest.raises(ConfigError, match="did you mean"):
            evaluate_module.evaluate(fake.folder, test, **rule)
    assert fake.asked == 0


def test_old_arguments_and_options_are_accepted(fake, tmp_path):
    test = lines(tmp_path / "test.jsonl", [("a", "fish")])
    with pytest.warns(DeprecationWarning, match=r"evaluate\(\w+=\) is now") as caught:
        found = evaluate_module.evaluate(
            fake.folder, test, tokens="words", references="first", stem=False, beam=3
        )
    assert {str(warning.message) for warning in caught} == {
        "evaluate(tokens=) is now tokenization",
        "evaluate(references=) is now reference_mode",
    }
    assert {warning.filename for warning in caught} == {__file__}
    assert found.signature == rouge.signature(False, 1000, 1, "first", "words")
    assert fake.options == {"beam": 3, "explain": True}
    words = ["evaluate", str(fake.folder), test, "--tokens", "words", "--references", "first"]
    assert cli.main([*words, "--stem", "no", "--seed", "4"]) == 0
    assert report_files.load_report(fake.folder / "evaluation").signature == found.signature
    assert fake.options == {"seed": 4, "explain": True}  # of sampling, not of the bootstrap


def test_options_are_one_record_or_keywords(fake, tmp_path):
    test = lines(tmp_path / "test.jsonl", [("a", "fish"), ("b", "birds")])
    options = EvaluationOptions(stem=False, bootstrap_seed=3)
    found = evaluate_module.evaluate(
        fake.folder, test, options=options, reference_mode="mean", command="evaluate"
    )
    assert found.signature == rouge.signature(False, 1000, 3, "mean")
    assert found.command == "evaluate"
    predictions = fake.folder / "evaluation" / "predictions.jsonl"
    again = evaluate_module.evaluate_predictions(
        test, predictions, tmp_path / "out", options=options, reference_mode="mean"
    )
    assert again.scores == found.scores
    with pytest.raises(TypeError, match="beam"):
        evaluate_module.evaluate_predictions(test, predictions, tmp_path / "out", beam=3)


def test_predictions_without_a_word_are_counted_among_the_empty(tmp_path, caplog):
    test = lines(tmp_path / "test.jsonl", [(id_, "three bees") for id_ in "abcd"])
    predictions = tmp_path / "predictions.jsonl"
    texts = {"a": "bees", "b": ".", "c": "…!?", "d": " "}
    rows = [json.dumps({"id": id_, "prediction": text}) for id_, text in texts.items()]
    predictions.write_text("\n".join(rows))
    found = evaluate_module.evaluate_predictions(test, predictions, tmp_path / "out")
    assert found.empty == 3
    assert "3 of 4 predictions are empty and score 0, the first that of 'b'" in caplog.text


def test_empty_predictions_score_nothing_and_are_counted(fake, tmp_path, caplog):
    test = lines(tmp_path / "test.jsonl", [("a", "bees"), ("b", "silence"), ("c", "no silence")])
    assert cli.main(["evaluate", str(fake.folder), test, "--output", str(tmp_path / "out")]) == 0
    assert "2 of 3 predictions are empty and score 0, the first that of 'b'" in caplog.text
    found = report_files.load_report(tmp_path / "out")
    assert found.empty == 2
    assert [record["rouge1"] for record in found.per_example] == pytest.approx([100, 0, 0])


def test_a_report_says_what_was_measured_and_how(fake, tmp_path, capsys):
    test = lines(tmp_path / "test.jsonl", [("a", "bees"), ("b", "ants")])
    words = ["evaluate", str(fake.folder), test, "--references", "mean", "--tokenize", "words"]
    words += ["--stem", "no", "--output", str(tmp_path / "my out")]
    assert cli.main(words) == 0
    found = report_files.load_report(tmp_path / "my out")
    assert found.test == test
    assert found.command == f"summarizer {' '.join(words[:-1])} '{tmp_path / 'my out'}'"
    assert (found.model, found.config_hash) == ("fake", config.config_hash(config.Config("fake")))
    assert (found.overlap, found.empty, found.examples) == (0, 0, 2)
    assert found.signature == rouge.signature(False, 1000, 1, "mean", "words")
    assert found.signature in capsys.readouterr().out
    found = evaluate_module.evaluate_predictions(
        test, tmp_path / "my out" / "predictions.jsonl", tmp_path / "again"
    )
    assert (found.model, found.config_hash, found.overlap) == ("", "", None)


def test_references_of_a_file_are_compared_with(fake, tmp_path):
    rows = [{"id": "a", "document": "ants", "references": ["bees", "ants"]}]
    path = tmp_path / "several.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    for mode, mean in (("best", 100), ("mean", 50), ("first", 0)):
        found = evaluate_module.evaluate(fake.folder, str(path), reference_mode=mode)
        assert found.scores["rouge1"]["mean"] == pytest.approx(mean)
        assert found.per_example[0]["references"] == ["bees", "ants"]


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), min_size=1, max_size=5))
@settings(max_examples=50)
def test_any_predictions_read_back(tmp_path_factory, predictions):
    path = tmp_path_factory.mktemp("p") / "p.jsonl"
    lines = [json.dumps({"id": k, "prediction": v, "more": 1}) for k, v in predictions.items()]
    path.write_text("\ufeff" + "\n\n".join(lines), "utf-8")
    assert predictions_module.read_predictions(path) == predictions


GOOD = b'{"id": 1, "prediction": "x"}\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ": contains no predictions"),
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
        predictions_module.read_predictions(path)
    assert str(caught.value).startswith(f"{path}{told}")
    assert "\n" not in str(caught.value)


def test_a_missing_predictions_file_is_told(tmp_path):
    with pytest.raises(InputError, match="none.jsonl: No such file"):
        predictions_module.read_predictions(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="Is a directory"):
        predictions_module.read_predictions(tmp_path)
