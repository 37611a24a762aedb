"""Saved models and reports are read: what they say, and the keys of all that is JSON."""

import json
import re

import pytest

from summarizer import Summarizer
from tests.compat import cases, program, records


@pytest.fixture(scope="module")
def outputs(saved):
    return saved("toys.json")


def keys(value):
    """Return the keys of a JSON value, with those of what is inside."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    if isinstance(value, list) and value:
        return [keys(value[0])]
    return None


@pytest.mark.parametrize("name", cases.TAGGER_CASES)
def test_a_tagger_says_the_same(name, toy, outputs):
    with program.old_name(""):
        summaries = Summarizer.load(toy("tagger")).summarize(
            cases.DIGITS, **cases.TAGGER_CASES[name]
        )
    assert records.differences([*map(records.summary, summaries)], outputs["tagger"][name]) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain", []),
        ("full", ["--n-best", "2", "--faithful", "warn", "--explain", "page.html"]),
        ("outline", ["--outline"]),
    ],
)
def test_json_on_the_command_line_keeps_its_keys(
    name, words, toy, outputs, monkeypatch, capsys, tmp_path
):
    monkeypatch.chdir(tmp_path)
    toy("digits")
    (tmp_path / "one.txt").write_text(cases.DIGITS[0], encoding="utf-8")
    assert program.run("summarize", "--model", "digits", "--json", "one.txt", *words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert keys(printed) == keys(outputs["json"][name])
    assert records.differences(printed, outputs["json"][name]) == []


def test_a_language_model_continues_on_the_command_line(toy, outputs, capsys):
    words = {
        "n": "--n",
        "pieces": "--pieces",
        "max_words": "--max-words",
        "temperature": "--temperature",
    }
    words |= {"prompt": "--prompt", "top_k": "--top-k", "top_p": "--top-p", "seed": "--seed"}
    folder = toy("language_model")
    for name, options in cases.PROMPT_CASES.items():
        arguments = [word for key, value in options.items() for word in (words[key], value)]
        assert program.run("generate", "--model", folder, *map(str, arguments)) == 0
        texts = [h["text"] for h in outputs["language_model"][name]]
        assert capsys.readouterr().out == "".join(f"{text}\n" for text in texts)


def test_old_reports_are_compared(toy, capsys, outputs):
    folders = toy("digits"), toy("greedy")
    assert program.run("compare", *folders) == 0
    out = capsys.readouterr().out
    numbers = re.findall(r"[+-]?\d+\.\d", "\n".join(outputs["compare"]["text"].splitlines()[1:6]))
    assert len(numbers) > 40
    assert re.findall(r"[+-]?\d+\.\d", "\n".join(out.splitlines()[1:6])) == numbers


def test_a_model_is_evaluated_as_it_was(toy):
    folder = toy("digits")
    old = {name: (folder / "evaluation" / name).read_text("utf-8").splitlines()
           for name in ("report.json", "predictions.jsonl")}  # fmt: skip
    assert program.run("evaluate", folder, cases.TEST, "--output", folder / "new") == 0
    report, expected = (
        json.loads((folder / "new" / "report.json").read_text("utf-8")),
        json.loads("\n".join(old["report.json"])),
    )
    assert "evaluate" in report.pop("command")
    expected.pop("command")
    assert records.differences(report, expected) == []
    lines = (folder / "new" / "predictions.jsonl").read_text("utf-8").splitlines()
    for new, line in zip(lines, old["predictions.jsonl"], strict=True):
        assert records.differences(json.loads(new), json.loads(line)) == []


def test_the_doctor_finds_the_same_in_an_old_run(toy, outputs, capsys):
    assert program.run("doctor", toy("digits"), "--json") == outputs["doctor"]["status"] == 3
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = outputs["doctor"]["findings"]
    assert [f.keys() for f in findings] == [f.keys() for f in expected]
    numbers = ("count", "of")
    assert [{k: f[k] for k in numbers} for f in findings] == [
        {k: f[k] for k in numbers} for f in expected
    ]
