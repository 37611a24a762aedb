"""Types, lengths and formats on the command line."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli
from summarizer.api.summarizer import Summarizer
from tests.unit.test_summary_types_forms import NEWS, StandIn

ROOT = Path(__file__).parents[2]

Run = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def summarize(digits: Any, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `summarizer summarize` with the toy model: status, stdout and lines of stderr."""

    def run(*words: Any) -> tuple[int, str, list[str]]:
        status = cli.main(["summarize", "--model", str(digits.folder), *map(str, words)])
        said = capsys.readouterr()
        lines = [line.removeprefix("summarizer: ") for line in said.err.splitlines()]
        return status, said.out, lines

    return run


@pytest.fixture(scope="module")
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def typed(summarize: Run, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with a model of three types."""
    monkeypatch.setattr(Summarizer, "load", lambda *_: Summarizer(stand_in))  # type: ignore[arg-type]
    return summarize


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news_1.txt"
    path.write_text(NEWS, encoding="utf-8")
    return path


@pytest.fixture
def number(tmp_path: Path) -> Path:
    path = tmp_path / "number.txt"
    path.write_text("3 1 4 1 5")
    return path


def test_key_points_are_a_block_a_document(summarize, news, number):
    status, out, err = summarize("--type", "key_points", news, number, news)
    assert (status, err) == (
        0,
        [f"{number}: no longer than the requested key-points: printed as it is"],
    )
    block, other, again, rest = out.split("\n\n")
    assert (again, other, rest) == (block, "key-points:\n- 3 1 4 1 5", "")
    head, *points = block.split("\n")
    assert head == "key-points:"
    assert len(points) == 3
    assert all(point[:2] == "- " and point[2:] in NEWS.replace("\n", " ") for point in points)


def test_keywords_are_one_line_a_document(summarize, news):
    status, out, err = summarize("--type", "keywords", news, news)
    assert (status, err) == (0, [])
    first, second = out.splitlines()
    assert first == second
    assert len(first.split(", ")) == 5
    assert len(summarize("--type", "keywords", "--length", 7, news)[1].split(", ")) == 7


def test_several_types_of_one_reading(typed, news):
    status, out, err = typed("--type", "headline,tldr,keywords,key-points", news)
    assert (status, err) == (0, [])
    lines = out.splitlines()
    names = [line.partition(":")[0] for line in lines if line and line[0] != "-"]
    assert names == ["headline", "tldr", "keywords", "key-points"]
    assert lines[0].startswith("headline: Bridge reopens The iron footbridge")
    assert out.endswith("\n\n")


def test_standard_input_is_read_once(digits):
    words = ["summarize", "--model", str(digits.folder), "--type", "auto,keywords", "-"]
    done = subprocess.run([sys.executable, "-m", "summarizer", *words], cwd=ROOT, input=NEWS,
                          capture_output=True, text=True, encoding="utf-8", check=True)  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["summary", "keywords", ""]


def test_json_of_several_types_has_a_list(typed, news):
    status, out, _ = typed("--type", "auto,key-points", "--format", "json", news)
    record = json.loads(out)
    assert status == 0
    assert set(record) == {"file", "summaries", "read", "truncated", "left_out"}
    written, points = record["summaries"]
    assert set(written) == {"type", "extract", "summary", "score"}
    assert (written["type"], written["extract"], written["score"]) == ("title", False, -2)
    assert (points["type"], points["extract"], points["score"]) == ("key-points", True, None)
    text = news.read_text(encoding="utf-8")
    spans = [text[begin:end] for begin, end in points["places"]]
    assert points["summary"] == "\n".join(spans)


def test_json_of_one_type_has_the_keys_of_before_and_the_type(typed, news):
    keys = {"file", "summary", "score", "read", "truncated", "left_out", "type"}
    for words in ((), ("--type", "tldr")):
        assert set(json.loads(typed("--json", *words, news)[1])) == keys
    record = json.loads(typed("--json", "--type", "keywords", news)[1])
    assert set(record) == {*keys, "extract", "places"}
    assert record["read"] > 50
    assert typed("--json", news) == typed("--format", "json", news)


def test_a_model_without_types_prints_what_it_did(summarize, number):
    for words in ((), ("--type", "auto")):
        assert summarize(*words, number) == (0, "5 1 4 1 3\n", [])
    record = json.loads(summarize("--json", number)[1])
    assert set(record) == {"file", "summary", "score", "read", "truncated", "left_out"}


def test_markdown_has_a_section_a_document(typed, summarize, news, number):
    status, out, _ = typed("--type", "title,key-points", "--format", "markdown", news)
    assert status == 0
    heading, title, points, *bullets, end = out.split("\n\n")
    assert heading == f"## {news}".replace("_", "\\_")
    assert title.startswith("**title:** Bridge reopens")
    assert (points, end) == ("**key-points:**", "")
    assert [line[:2] for line in bullets[0].splitlines()] == ["- "] * 3


def test_markdown_lists_alternatives(summarize, number):
    out = summarize("--format", "markdown", "--n-best", 2, number)[1]
    assert out.count("\n- ") == 2
    escaped = str(number).replace("_", "\\_")
    assert summarize("--format", "markdown", number)[1] == f"## {escaped}\n\n5 1 4 1 3\n\n"


def test_a_short_document_is_printed_with_a_note(summarize, number):
    assert summarize("--length", "short", number) == (
        0,
        "3 1 4 1 5\n",
        [f"{number}: no longer than the requested summary: printed as it is"],
    )
    status, out, err = summarize("--length", 4, number)
    assert (status, len(out.split()), err) == (0, 4, [])


def test_tokens_left_out_are_those_of_the_type_that_read_the_least(summarize, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("3 1 4 1 5 9 2 6. " * 20)
    alone = json.loads(summarize("--json", path)[1])
    both = json.loads(summarize("--json", "--type", "key-points,auto", path)[1])
    assert alone["truncated"] > 0
    for key in ("read", "truncated", "left_out"):
        assert both[key] == alone[key]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--type", "headlin"], "unknown type 'headlin': did you mean 'headline'? known: auto, "),
        (["--type", "tldr,"], "unknown type '': known: auto, "),
        (["--type", "tldr"], "type 'tldr': the model was trained without types"),
        (["--type", "keywords,title"], "type 'title': the model was trained without types"),
        (["--length", "midium"], "unknown length 'midium': did you mean 'medium'? known: long, "),
        (["--length", "0"], "length 0: must be from 1 to 800"),
        (["--type", "key-points", "--outline"], "outline: only with types that the model writes"),
        (["--type", "key-points", "--n-best", "2"], "n-best 2: only for types that the model"),
        (["--type", "auto,keywords", "--outline"], "outline: only with one type, not with auto, "),
        (["--type", "auto,keywords", "--n-best", "2"], "n-best: only with one type, not with "),
        (["--type", "auto,keywords", "--explain", "x.html"], "explain: only with one type, not "),
    ],
)
def test_mistakes_are_one_line(summarize, number, words, line):
    status, out, err = summarize(*words, number)
    assert (status, out, len(err)) == (1, "", 1)
    assert err[0].startswith(line)


def test_an_outline_has_lines_of_the_type(typed, tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("\n\n".join(["one two three. " * 12, "four five six. " * 12]))
    status, out, _ = typed("--outline", "--type", "title", "--length", "short", path)
    assert status == 0
    assert out.splitlines() == [
        str(path),
        "  one two three. one two three.",
        "  " + "four five six. four five six.",
    ]


def test_streams_of_several_types(summarize, tmp_path):
    path = tmp_path / "many.jsonl"
    rows = [{"id": f"n{i}", "document": " ".join(str(i * 7919))} for i in range(70)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, out, _ = summarize("--json", "--type", "key-points,auto", path)
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [record["id"] for record in records] == [row["id"] for row in rows]
    assert [record["summaries"][0]["summary"] for record in records] == [
        row["document"] for row in rows
    ]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (".", "has no letter or digit"),
        ("\u2026 \U0001f44d", "has no letter or digit"),
        ("OK", "shorter than a {} would be"),
        ("Re: Re:", "shorter than a {} would be"),
        ("Council closes a museum.", "shorter than a {} would be"),
    ],
)
def test_a_document_too_small_for_a_summary_is_printed_as_it_is(
    typed: Run, tmp_path: Path, text: str, note: str
) -> None:
    path = tmp_path / "tiny.txt"
    path.write_text(text, encoding="utf-8")
    for kind in ("headline", "tldr"):
        line = f"{path}: {note.format(kind)}: printed as it is"
        assert typed("--type", kind, path) == (0, f"{text}\n", [line])


def test_a_document_without_letters_is_printed_by_every_model(
    summarize: Run, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.txt"
    path.write_text("?!", encoding="utf-8")
    line = f"{path}: has no letter or digit: printed as it is"
    assert summarize(path) == (0, "?!\n", [line])


def test_a_row_is_named_by_its_line_and_its_id(typed: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": "c7", "document": "OK"}, {"document": "OK"}, {"id": 1, "document": "OK"}]
    rows += [{"id": "z", "document": "\u200b"}, {"id": "y", "document": " "}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    status, out, err = typed("--type", "headline", path)
    note = "shorter than a headline would be: printed as it is"
    assert (status, out) == (1, "OK\n" * 3)
    assert err[:3] == [f"{path}:{place}: {note}" for place in ("1 (id 'c7')", "2", "3 (id '1')")]
    assert err[3:] == [f"{path}:{number}: column 'document' is empty" for number in (4, 5)]
