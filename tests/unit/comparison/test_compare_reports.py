"""`summarizer compare A B`: systems by their reports, and what does not compare."""

import dataclasses
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from summarizer import cli
from summarizer.evaluation import evaluate, report_files
from summarizer.evaluation.options import EvaluationOptions
from summarizer.metrics import bootstrap, significance
from summarizer.types import Example

WORDS = np.random.default_rng(4).choice(["ant", "bee", "cat", "dog", "elk", "fox"], (30, 8))
REFERENCES = [" ".join(row) for row in WORDS]


def system(folder: Path, right: int, **options: Any) -> str:
    """Write the report of a system that gets so many of eight words right, more or less."""
    draw = np.random.default_rng(right)
    found = []
    for row in WORDS:
        kept = np.clip(right + draw.integers(-1, 2), 0, 8)
        found.append(" ".join([*row[:kept], *["gnu"] * (8 - kept)]))
    ids = options.pop("ids", [f"d{i}" for i in range(len(WORDS))])
    references = options.pop("references", REFERENCES)
    documents = [f"a document of {text}" for text in REFERENCES]
    count = len(ids)
    examples = list(map(Example, ids, documents[:count], references[:count]))
    options = EvaluationOptions(bootstrap_samples=200, **options)
    made = evaluate.evaluate_summaries(examples, found[:count], options)
    report_files.write_report(
        dataclasses.replace(made, test="animals.jsonl", model=folder.name), folder
    )
    return str(folder)


def lines(capsys: pytest.CaptureFixture[str], *folders: str) -> list[list[str]]:
    """The cells of what the command prints."""
    assert cli.main(["compare", *folders]) == 0
    return [re.split(r" {2,}", line) for line in capsys.readouterr().out.splitlines()]


def test_systems_stand_side_by_side_with_their_differences_to_the_first(tmp_path, capsys):
    names = [system(tmp_path / name, right) for name, right in (("a", 4), ("b", 7), ("c", 2))]
    found = [report_files.load_report(name) for name in names]
    head, *rows = lines(capsys, *names)
    assert head == ["", names[0], names[1], "difference", names[2], "difference"]
    metrics = ["rouge1", "rouge2", "rougeL", "rougeLsum", "exact"]
    assert [row[0] for row in rows[:5]] == metrics
    for row, metric in zip(rows[:5], metrics, strict=True):
        scores = [[record[metric] for record in one.per_example] for one in found]
        assert row[1] == bootstrap.format_interval(found[0].scores[metric])
        for i in (1, 2):
            assert row[2 * i] == bootstrap.format_interval(found[i].scores[metric])
            expected = significance.paired_difference(scores[i], scores[0], 200, 1)
            assert row[2 * i + 1] == significance.format_difference(expected)
    assert rows[0][3].endswith("p<0.001 better")
    assert rows[0][5].endswith("p<0.001 worse")
    assert rows[5] == ["30 documents of animals.jsonl"]
    assert rows[6] == [found[0].signature]
    assert names[0] in rows[7][0]


def test_what_the_interval_does_not_separate_is_not_called_better(tmp_path, capsys):
    first, second = system(tmp_path / "a", 4), system(tmp_path / "b", 4)
    row = lines(capsys, first, second)[1]
    assert row[3] == "+0.0 [+0.0, +0.0] p=1.000"


def test_a_model_is_compared_by_the_report_in_its_folder(tmp_path, capsys):
    system(tmp_path / "run" / "evaluation", 4)
    (tmp_path / "run" / "report.json").write_text("{}")  # of something else
    other = system(tmp_path / "b", 7)
    head, row, *_ = lines(capsys, str(tmp_path / "run"), other)
    assert head[1] == str(tmp_path / "run")
    assert row[3].endswith("better")


def test_a_metric_that_one_of_them_lacks_is_left_out(tmp_path, capsys):
    first, second = system(tmp_path / "a", 4, with_tagging=True), system(tmp_path / "b", 7)
    assert [row[0] for row in lines(capsys, first, second)].count("kept") == 0
    third = system(tmp_path / "c", 2, with_tagging=True)
    assert [row[0] for row in lines(capsys, first, third)].count("kept") == 1


def refused(capsys: pytest.CaptureFixture[str], *folders: str) -> str:
    assert cli.main(["compare", *folders]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removeprefix("summarizer: ").rstrip("\n")


IDS = [f"d{i}" for i in range(30)]
CUT = f"v2+sentencex-{metadata.version('sentencex')}"
ICU = f"icu4py-{metadata.version('icu4py')}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stem": False}, "signatures differ: A has stem:yes, B has stem:no"),
        (
            {"reference_mode": "mean", "bootstrap_seed": 2},
            "signatures differ: A has refs:best|seed:1, B has refs:mean|seed:2",
        ),
        (
            {"tokenization": "words"},
            f"signatures differ: A has tok:unicode|{CUT}, B has tok:unicode-words|{CUT}+{ICU}",
        ),
        (
            {"ids": IDS[:28]},
            "test sets differ: A has 30 documents, B has 28; only A has 'd28' and 1 more",
        ),
        (
            {"ids": [*IDS[:29], "x"]},
            "test sets differ: A has 30 documents, B has 30; only A has 'd29'",
        ),
        (
            {"ids": IDS[::-1]},
            "test sets differ: A has 30 documents, B has 30, the same ids in another order or "
            "number",
        ),
    ],
)
def test_reports_that_do_not_compare_are_refused_naming_the_difference(
    tmp_path, capsys, options, said
):
    first, other = system(tmp_path / "A", 4), system(tmp_path / "B", 7, **options)
    third = system(tmp_path / "C", 4)
    told = refused(capsys, first, third, other)
    assert told.replace(f"{tmp_path}/", "") == said


def test_other_texts_under_the_same_ids_are_refused(tmp_path, capsys):
    first = system(tmp_path / "A", 4)
    other = system(tmp_path / "B", 7, references=[*REFERENCES[:29], "gnu"])
    told = refused(capsys, first, other).replace(f"{tmp_path}/", "")
    prints = [report_files.load_report(folder).fingerprint[:12] for folder in (first, other)]
    assert told == (
        "test sets have the same ids but different texts or references: "
        f"fingerprint of A: {prints[0]}, of B: {prints[1]}"
    )


def test_what_is_no_report_is_told(tmp_path, capsys):
    first = system(tmp_path / "A", 4)
    assert refused(capsys, first, str(tmp_path / "none")) == f"{tmp_path}/none: no such folder"
    told = refused(capsys, first, str(tmp_path))
    assert told == f"{tmp_path}/report.json: no such file or directory"
