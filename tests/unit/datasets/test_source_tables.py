"""Tables as spreadsheets and scripts write them; a broken row costs no other."""

import json
import time
from pathlib import Path

import pytest

from summarizer import vocabulary
from summarizer.datasets import spec
from summarizer.errors import ConfigError, InputError
from summarizer.vocabulary import subword_vocabulary

ROWS = [("a1", "The old bridge was closed, as it had cracks.", "Bridge closed"),
        ("a2", "It was opened again in May.", "Bridge open")]  # fmt: skip


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def pairs(what: object, **options: bool) -> list[tuple[str, str | None]]:
    return [(row.document, row.summary) for row in spec.examples(str(what), **options)]


def refused(what: object) -> str:
    with pytest.raises((InputError, ConfigError)) as caught:
        list(spec.examples(str(what)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


EXPECTED = [(document, summary) for _, document, summary in ROWS]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("head", ["", "sep="])
def test_the_delimiter_is_told_by_the_file(tmp_path: Path, delimiter: str, head: str) -> None:
    lines = [head and head + delimiter, delimiter.join(("id", "document", "summary"))]
    lines += [delimiter.join(row) for row in ROWS]
    path = put(tmp_path / "x.csv", "\r\n".join(filter(None, lines)) + "\r\n")
    assert pairs(path) == EXPECTED


@pytest.mark.parametrize("name", [";", "semicolon"])
def test_the_delimiter_may_be_named(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "x.tsv", "id;document;summary\na1;one two;one\n")
    assert pairs(f"{path},delimiter={name}") == [("one two", "one")]
    assert "delimiter=;;: must be one character" in refused(f"{path},delimiter=;;")


def test_empty_columns_at_the_end_are_no_columns(tmp_path: Path) -> None:
    path = put(
        tmp_path / "x.csv", "document,summary,,\none two,one,,\nthree four,three\nfive,f,,,\n"
    )
    assert pairs(path) == [("one two", "one"), ("three four", "three"), ("five", "f")]
    path = put(tmp_path / "y.csv", "document,summary\none two,one,x\n")
    assert f"{path}:2: 3 fields, the header has 2" in refused(path)


def test_a_table_with_tabs_may_have_no_quoting(tmp_path: Path) -> None:
    rows = ['"The bridge" is old\tone', '"Never closed\ttwo', "The last\tthree", 'Said "so"\t"four']
    path = put(tmp_path / "x.tsv", "document\tsummary\n" + "\n".join(rows) + "\n")
    assert pairs(path) == [tuple(row.split("\t")) for row in rows]
    path = put(tmp_path / "y.tsv", 'document\tsummary\n"one\ntwo"\t"three\nfour"\n')
    assert pairs(path) == [("one two", "three four")]


@pytest.mark.parametrize(
    "broken", ['"open,s', '"open" too,s', 'd,"open', '"open', '"a,b",c,d"', '"']
)
def test_a_broken_quote_costs_one_row(tmp_path: Path, broken: str) -> None:
    good = ["one,1", '"two, and\nmore",2', "three,3"]
    table = "\n".join(["document,summary", good[0], broken, *good[1:], broken, "four,4"])
    path = put(tmp_path / "x.csv", table + "\n")
    assert refused(path).startswith(f"{path}:3: ")
    texts = [document for document, _ in pairs(path, skip_bad=True)]
    assert texts[0] == "one"
    assert texts[-2:] == ["three", "four"]


def test_many_broken_quotes_take_linear_time(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        path = put(tmp_path / "x.csv", "document,summary\na,b\n" + '"open,s\n' * count)
        start = time.thread_time()
        assert pairs(path, skip_bad=True) == [("a", "b")]
        return time.thread_time() - start

    assert seconds(4_000) < 10 * seconds(1_000) + 0.5


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_is_one_line_of_error(tmp_path: Path, indent: int | None) -> None:
    records = [{"document": document, "summary": summary} for _, document, summary in ROWS]
    path = put(tmp_path / "x.jsonl", json.dumps(records, indent=indent))
    assert refused(path).startswith(f"{path}: a JSON array, not an object on each line")
    lines = "".join(json.dumps(record) + "\n" for record in records)
    assert pairs(put(tmp_path / "x.ndjson", lines)) == EXPECTED


def test_long_texts_teach_the_vocabulary() -> None:
    text = "bridge over the river " * 4_000
    words = vocabulary.train_vocabulary([text], 300)
    assert any("brid" in token for token in words.tokens(range(words.size)))
    unspaced = "循环网络" * 10_000
    cut = list(subword_vocabulary._cut_long([text, unspaced, "short"]))
    assert max(len(part.encode()) for part in cut) <= 65536
    assert "".join("".join(cut).split()) == "".join(f"{text}{unspaced}short".split())
    assert all(part.startswith("bridge") or "river" not in part for part in cut[:1])
