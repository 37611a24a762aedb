"""Sources, SPECs and cleaning: what is read, what is refused, and in what words."""

import gzip
import hashlib
import json
import logging
import lzma
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer import plugins
from summarizer.config import DataConfig, Part
from summarizer.datasets import spec, tasks
from summarizer.datasets.sources import _docstring_pairs, docstrings, reverse_digits
from summarizer.errors import ConfigError, InputError
from summarizer.text import cleaning, offsets, read_file
from summarizer.types import Example

ROOT = Path(__file__).parents[3]
ROWS = [
    Example("a", "The first document, about bees.", "Bees"),
    Example("b", "Das zweite, über Bienen", "Bienen"),
    Example("c", "第三篇 关于蜜蜂", "蜜蜂"),
]
PACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


def jsonl(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_jsonl() -> bytes:
    return jsonl([{"id": r.id, "document": r.document, "summary": r.summary} for r in ROWS])


def as_table(separator: str) -> bytes:
    lines = [["id", "document", "summary"], *([r.id, r.document, r.summary or ""] for r in ROWS)]
    return "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines).encode()


def write(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def refused(what: str, error: type[Exception] = InputError, **defaults: object) -> str:
    with pytest.raises(error) as caught:
        list(spec.examples(what, **defaults))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- all formats -----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", ["", ".gz", ".xz"])
@pytest.mark.parametrize(
    ("name", "content"),
    [("x.jsonl", as_jsonl()), ("x.csv", as_table(",")), ("x.tsv", as_table("\t"))],
    ids=["jsonl", "csv", "tsv"],
)
def test_every_file_format_gives_the_same_examples(
    tmp_path: Path, name: str, content: bytes, packed: str
) -> None:
    path = write(tmp_path, name + packed, PACK[packed](content))
    assert list(spec.examples(path)) == ROWS
    assert list(spec.examples(f"{path},summary=")) == [Example(r.id, r.document) for r in ROWS]


def test_a_folder_gives_the_same_texts_in_the_order_of_names(tmp_path: Path) -> None:
    for row in reversed(ROWS):
        write(tmp_path, f"deep/{row.id}.txt", row.document.encode())
        write(tmp_path, f"deep/{row.id}.summary.txt", (row.summary or "").encode())
    write(tmp_path, "z.md", b"# No summary\n")
    write(tmp_path, ".hidden.txt", b"\xff")
    write(tmp_path, "image.png", b"\0")
    expected = [Example(f"deep/{r.id}.txt", r.document, r.summary) for r in ROWS]
    assert list(spec.examples(str(tmp_path))) == [*expected, Example("z.md", "# No summary")]


def test_texts_are_cleaned_and_rows_without_id_are_numbered_by_line(tmp_path: Path) -> None:
    table = b'\xef\xbb\xbfdocument,summary\r\n"two\r\nlines",one\r\n\r\n  x\ty ,z\r\n'
    found = [Example("2", "two lines", "one"), Example("5", "x y", "z")]
    assert list(spec.examples(write(tmp_path, "x.csv", table))) == found
    rows = b'\xef\xbb\xbf{"document": "a\\n b", "summary": "c"}\r\n\n'
    rows += b'{"document": "d", "summary": "e"}'
    assert list(spec.examples(write(tmp_path, "x.jsonl", rows))) == [
        Example("1", "a b", "c"),
        Example("3", "d", "e"),
    ]


def test_fields_larger_than_the_csv_module_allows_are_read(tmp_path: Path) -> None:
    long = "word " * 60_000
    path = write(tmp_path, "x.csv", f"document,summary\n{long},s\n".encode())
    assert [row.document for row in spec.examples(path)] == [long.strip()]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "folder"])
def test_rows_are_yielded_before_the_last_one_is_read(tmp_path: Path, name: str) -> None:
    if name == "folder":
        for row in ROWS:
            write(tmp_path, f"folder/{row.id}.txt", row.document.encode())
        write(tmp_path, "folder/d.txt", b"\xff")
    else:
        good = as_jsonl() if name == "x.jsonl" else as_table(",") + b"\n"
        write(tmp_path, name, good + b"bad\n")
    rows = spec.examples(str(tmp_path / name))
    assert [next(rows).document for _ in ROWS] == [row.document for row in ROWS]
    with pytest.raises(InputError):
        next(rows)


# --- several references ----------------------------------------------------------------------


def read_rows(folder: Path, *rows: dict[str, object], more: str = "") -> list[Example]:
    return list(spec.examples(write(folder, "x.jsonl", jsonl(list(rows))) + more))


def test_several_references_are_read_the_summary_first(tmp_path: Path) -> None:
    document = {"document": "d"}
    rows = [
        {**document, "summary": "b", "references": ["a", " b\n", "c", "c"]},
        {**document, "summary": "x", "references": ["a", "", " "]},
        {**document, "references": ["a", "b"]},
        {**document, "summary": None, "references": ["a"]},
        {**document, "summary": "x", "references": ["x"]},
        {**document, "summary": "x", "references": []},
    ]
    found = [(e.summary, e.references) for e in read_rows(tmp_path, *rows)]
    assert found == [
        ("b", ("b", "a", "c", "c")),
        ("x", ("x", "a")),
        ("a", ("a", "b")),
        ("a", ()),
        ("x", ()),
        ("x", ()),
    ]
    (alone,) = read_rows(tmp_path, rows[0], more=",summary=")
    assert alone == Example("1", "d")


def test_another_column_of_that_name_is_left_alone_unless_it_is_asked_for(tmp_path: Path) -> None:
    for value in ("see [1]", 3, None, ["a", 3], [["a"]], {"a": "b"}):
        row = {"document": "d", "summary": "s", "references": value, "notes": ["s", "t"]}
        assert read_rows(tmp_path, row) == [Example("1", "d", "s")]
        (asked,) = read_rows(tmp_path, row, more=",references=notes")
        assert asked.references == ("s", "t")
        path = tmp_path / "x.jsonl"
        assert refused(f"{path},references=references") == (
            f"{path}:1: column 'references' is not a list of texts"
        )
        assert "no column 'nots': did you mean 'notes'" in refused(f"{path},references=nots")
    row = {"document": "d", "summary": "s", "references": ["t"]}
    assert read_rows(tmp_path, row, more=",references=") == [Example("1", "d", "s")]
    assert "no column 'summary'" in refused(
        write(tmp_path, "y.jsonl", jsonl([{"document": "d", "references": [""]}]))
    )


def test_training_sees_one_reference_alone(tmp_path: Path) -> None:
    row = {"document": "d", "summary": "s", "references": ["s", "t"]}
    path = write(tmp_path, "x.jsonl", jsonl([row]))
    for task, pair in (("summarize", ("d", "s")), ("autoencode", ("d", "d"))):
        data = DataConfig(task=task)
        (found,) = tasks.pairs(data, tasks.examples(data, path, "all"))
        assert (found.document, found.summary) == pair


# --- bad input -------------------------------------------------------------------------------

GOOD = '{"document": "d", "summary": "s"}\n'
BAD_LINES = {
    "not JSON: Expecting": b'{"document": "d", "summary": }\n',
    "not a JSON object": b'["d", "s"]\n',
    "not UTF-8 text (byte 0xff)": b'{"document": "\xff", "summary": "s"}\n',
    "column 'document' is a number, not text": b'{"document": 3, "summary": "s"}\n',
    "column 'summary' is null, not text": b'{"document": "d", "summary": null}\n',
    "column 'document' is empty": b'{"document": " \\n", "summary": "s"}\n',
    "column 'summary' is empty": b'{"document": "d", "summary": ""}\n',
    "no column 'summary': did you mean 'sumary'? known: document, sumary": (
        b'{"document": "d", "sumary": "s"}\n'
    ),
    "column 'id' is a list, not text": b'{"id": [], "document": "d", "summary": "s"}\n',
    "not JSON: maximum recursion": b"[" * 200_000 + b"\n",
}


@pytest.mark.parametrize("reason", BAD_LINES)
def test_a_bad_line_of_jsonl_is_named_or_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    path = write(tmp_path, "x.jsonl", GOOD.encode() + BAD_LINES[reason] + GOOD.encode())
    assert f"{path}:2: {reason}" in refused(path)
    assert not caplog.records
    assert [row.id for row in spec.examples(path, skip_bad=True)] == ["1", "3"]
    assert [row.id for row in spec.examples(f"{path},skip_bad=true")] == ["1", "3"]
    assert "skipped 1 bad of 3 rows" in caplog.text
    assert {(r.name, r.levelno) for r in caplog.records} == {("summarizer", logging.WARNING)}


BAD_ROWS = {
    "1 fields, the header has 2": b"d\n",
    "3 fields, the header has 2": b"d,s,t\n",
    "not a row of the table": b'"d"x,s\n',
    "not UTF-8 text (byte 0xe9)": b"caf\xe9,s\n",
    "column 'document' is empty": b",s\n",
    "column 'summary' is empty": b'd," "\n',
}


@pytest.mark.parametrize("reason", BAD_ROWS)
def test_a_bad_row_of_a_table_is_named_or_skipped(tmp_path: Path, reason: str) -> None:
    path = write(tmp_path, "x.csv", b"document,summary\nd,s\n" + BAD_ROWS[reason] + b"d,s\n")
    assert f"{path}:3: {reason}" in refused(path)
    assert [row.id for row in spec.examples(path, skip_bad=True)] == ["2", "4"]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", b'document,summary\nd,s\n"open,s\nd,s\n')
    assert f"{path}:3: not a row of the table" in refused(path)


def test_the_line_that_is_not_utf8_is_named_inside_a_row_of_several(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", b'document,summary\n"one\ntwo \xff\nthree",s\n')
    assert refused(path).startswith(f"{path}:3: not UTF-8")


def test_missing_and_doubled_columns_of_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "x.tsv", b"text\tsummary\td ocument\nd\ts\tx\n")
    assert f"{path}:1: no column 'document': did you mean 'd ocument'?" in refused(path)
    assert "known: d ocument, summary, text" in refused(path, skip_bad=True)
    assert [row.document for row in spec.examples(f"{path},document=text")] == ["d"]
    path = write(tmp_path, "twice.csv", b"document,summary,document\nd,s,e\n")
    assert "two columns are named 'document'" in refused(path)


def test_a_file_without_a_good_row_is_refused_even_when_bad_ones_are_skipped(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "x.jsonl", b"bad\nworse\n")
    assert f"all 2 rows are bad, {path}:1: not JSON" in refused(path, skip_bad=True)
    assert "no rows" in refused(write(tmp_path, "blank.jsonl", b"\n\n"))
    assert "no rows" in refused(write(tmp_path, "head.csv", b"document,summary\n"))


@pytest.mark.parametrize("extension", ["jsonl", "csv", "tsv.gz", "jsonl.xz"])
def test_files_that_cannot_be_read_at_all(tmp_path: Path, extension: str) -> None:
    missing = str(tmp_path / f"missing.{extension}")
    assert refused(missing) == f"{missing}: no such file"
    pack = PACK["." + extension.split(".")[1]] if "." in extension else bytes
    empty = write(tmp_path, f"empty.{extension}", pack(b""))
    assert refused(empty) == f"{empty}: the file is empty"
    binary = write(tmp_path, f"binary.{extension}", pack(b"\x7fELF\x02\0\0\n"))
    assert "a binary file" in refused(binary, skip_bad=True)


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
@pytest.mark.parametrize("packed", [".gz", ".xz"])
def test_a_cut_or_foreign_compressed_file_is_refused(
    tmp_path: Path, name: str, packed: str
) -> None:
    content = PACK[packed](as_jsonl() if name == "x.jsonl" else as_table(","))
    cut = write(tmp_path, name + packed, content[:-20])
    assert f"the {packed} file is cut or damaged" in refused(cut)
    assert "cut or damaged" in refused(cut, skip_bad=True)
    foreign = write(tmp_path, "foreign" + name + packed, as_jsonl())
    assert f"{foreign}: the {packed} file is cut or damaged" in refused(foreign)


def test_a_line_longer_than_a_document_may_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.datasets.sources._lines.MAX_BYTES", 100)
    line = json.dumps({"document": "d" * 200, "summary": "s"}).encode()
    path = write(tmp_path, "x.jsonl", GOOD.encode() + line)
    assert refused(path) == f"{path}:2: the line is longer than 64 MB"


def test_bad_files_of_a_folder_are_named_or_skipped(tmp_path: Path) -> None:
    assert "no .txt or .md file" in refused(str(tmp_path))
    write(tmp_path, "good.txt", b"d")
    bad = write(tmp_path, "bad.txt", b"line\ncaf\xe9")
    assert refused(str(tmp_path)).startswith(f"{bad}:2: not UTF-8")
    assert list(spec.examples(str(tmp_path), skip_bad=True)) == [Example("good.txt", "d")]
    Path(bad).unlink()
    empty = write(tmp_path, "good.summary.txt", b" \n")
    assert refused(str(tmp_path)) == f"{empty}: the file is empty"


# --- one document ----------------------------------------------------------------------------


def test_one_document_is_read_as_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, "x.txt", "\ufeffA line,\r\nüber\n".encode())
    assert read_file.read_text(path) == "A line,\r\nüber\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", ": the file is empty"),
        (b"\xef\xbb\xbf \n", ": the file is empty"),
        (b"text\0more", ": a binary file; text in UTF-8 is needed"),
        (b"one\ntwo\ncaf\xe9", ":3: not UTF-8 text (byte 0xe9); save it as UTF-8"),
        (b"x" * 1001, ": larger than 64 MB, the maximum for one document"),
        (None, ": no such file or directory"),
    ],
    ids=["empty", "blank", "binary", "latin-1", "large", "missing"],
)
def test_one_document_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, reason: str
) -> None:
    monkeypatch.setattr(read_file, "MAX_BYTES", 1000)
    path = tmp_path / "x.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_file.read_text(path)
    assert str(caught.value) == f"{path}{reason}"


def test_a_folder_is_not_a_document(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        read_file.read_text(tmp_path)


def cleaned_slowly(text: str) -> str:
    kept = "".join(c for c in text if ord(c) not in cleaning.DROPPED)
    words, parts, end = re.findall(r"\S+", kept), [], 0
    for word in words:
        begin = kept.index(word, end)
        if parts and not cleaning.joins(kept[end - 1], kept[end:begin], word[0]):
            parts.append(" ")
        parts.append(word)
        end = begin + len(word)
    kept = "".join(parts)
    return " ".join(unicodedata.normalize("NFC", kept).split())


@given(
    st.text()
    | st.lists(st.sampled_from(["a", "é", "e\u0301", " ", "  ", "\n", "\0", "字", "、"])).map(
        "".join
    )
)
def test_a_text_is_cleaned_as_one_character_after_another(text: str) -> None:
    assert cleaning.clean(text) == cleaned_slowly(text)


def test_every_character_is_cleaned_alike_in_a_clean_text() -> None:
    printable = [chr(code) for code in range(0x110000) if chr(code).isprintable()]
    others = [chr(code) for code in (*cleaning.DROPPED, *range(0x3001)) if chr(code).isspace()]
    runs = ["a".join(printable[i : i + 500]) for i in range(0, len(printable), 500)]
    for text in [*runs, *(f"a{c}b" for c in [*others, *map(chr, cleaning.DROPPED)])]:
        assert cleaning.clean(text) == cleaned_slowly(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net\u00adworks, sum\u200bma\u2060rize\ufeff \u202anow\u202c", "networks, summarize now"),
        ("循环网\n络为论\r\n文\n摘\n要。\n 题", "循环网络为论文摘要。题"),
        ("标题\n\n循环", "标题 循环"),
        ("循环 网络\nLSTM\n模型", "循环 网络 LSTM 模型"),
        ("한국어\n문장", "한국어 문장"),
    ],
)
def test_no_invisible_character_and_no_line_end_cuts_a_word(text: str, expected: str) -> None:
    assert cleaning.clean(text) == expected
    assert len(offsets.of_clean(text)) == len(expected)


@given(st.text(st.characters(exclude_categories=[])))
@example("a\x07\u0300")
@example("a\u0300\x07\u0316 \ufeff\ud800\u2028b\x85\x1c")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cleaning.clean(text)
    assert cleaning.clean(once) == once == unicodedata.normalize("NFC", once)
    once.encode()  # whatever JSON can spell, the rest of the program can write
    assert "  " not in once
    assert once == once.strip()
    assert not any(unicodedata.category(c) in ("Cc", "Zl", "Zp") or c == "\ufeff" for c in once)
    kept = {c for c in text if c.isascii() and c.isprintable() and c != " "}
    assert kept <= set(unicodedata.normalize("NFD", once))


# --- the SPEC --------------------------------------------------------------------------------


def test_options_follow_the_path_which_may_hold_commas(tmp_path: Path) -> None:
    plain = write(tmp_path, "a,b.jsonl", as_jsonl())
    odd = write(tmp_path, "a,b=c.jsonl", as_jsonl())
    assert spec.parse(plain) == Part("jsonl", {"path": plain})
    assert spec.parse(odd) == Part("jsonl", {"path": odd})
    assert spec.parse(f"{odd},document=body,skip_bad=yes,split=test") == Part(
        "jsonl", {"path": odd, "document": "body", "skip_bad": True, "split": "test"}
    )
    assert spec.parse("reverse_digits,count=5") == Part("reverse_digits", {"count": 5})
    assert spec.parse(str(tmp_path)) == Part("folder", {"path": str(tmp_path)})


def test_a_source_before_a_colon_reads_files_of_any_name(tmp_path: Path) -> None:
    path = write(tmp_path, "records,2024.rec", as_jsonl())
    assert list(spec.examples(f"jsonl:{path}")) == ROWS
    assert not spec.has_splits(f"jsonl:{path}")
    with pytest.raises(InputError, match="no source reads .rec"):
        spec.examples(path)


def test_the_split_of_a_file_is_a_function_of_the_id_and_the_spec_wins(tmp_path: Path) -> None:
    rows = [{"id": f"row-{i}", "document": "d", "summary": "s"} for i in range(2000)]
    path = write(tmp_path, "x.jsonl", jsonl(rows))

    def wanted(id: str) -> str:
        place = int(hashlib.sha256(id.encode()).hexdigest()[:16], 16) % 100
        return "train" if place < 90 else "validation" if place < 95 else "test"

    for split in ("train", "validation", "test"):
        found = [row.id for row in spec.examples(path, split)]
        assert found == [row["id"] for row in rows if wanted(str(row["id"])) == split]
        assert found == [row.id for row in spec.examples(f"{path},split={split}", "all")]
    assert len(list(spec.examples(path))) == 2000
    assert 1750 < len(list(spec.examples(path, "train"))) < 1850


def test_defaults_fill_what_the_spec_leaves_open(tmp_path: Path) -> None:
    path = write(tmp_path, "x.jsonl", b'{"body": "b", "document": "d", "summary": "s"}')
    assert next(spec.examples(path, document="body")).document == "b"
    assert next(spec.examples(f"{path},document=document", document="body")).document == "d"
    assert len(list(spec.examples("reverse_digits,count=3", skip_bad=True))) == 3


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("docstring", ConfigError, "did you mean 'docstrings'?"),
        ("missing.jsonl.gz,split=test", InputError, "missing.jsonl.gz: no such file"),
        ("no/such/folder", InputError, "no/such/folder: no such file or folder"),
        ("tfd:xsum", ConfigError, "no file, folder or source 'tfd:xsum': did you mean 'tfds'?"),
        ("tfds", ConfigError, "tfds: names no data; write tfds:NAME"),
        ("jsonl:", ConfigError, "jsonl:: names no data; write jsonl:PATH"),
        ("docstrings:x", ConfigError, "the source 'docstrings' is written without a colon"),
        ("x.parquet", InputError, "x.parquet: no such file"),
        ("no*.parquet", InputError, "no*.parquet: no such file"),
        ("docstrings,shard=4/4", ConfigError, "shard=4/4: must be INDEX/COUNT, the index from 0"),
        ("docstrings,shard=half", ConfigError, "shard=half: must be INDEX/COUNT"),
        ("docstrings,shard=0/0", ConfigError, "shard=0/0: must be INDEX/COUNT"),
        ("docstrings,shard=-1/2", ConfigError, "shard=-1/2: must be INDEX/COUNT"),
        (__file__, InputError, "no source reads .py; known: FILE.jsonl"),
        ("reverse_digits,cuont=3", ConfigError, "did you mean 'count'?"),
        ("reverse_digits,name=x", ConfigError, "has no option 'name': known: count, high, low"),
        ("reverse_digits,count=many", ConfigError, "count=many: must be a whole number"),
        ("reverse_digits,low=9,high=3", ConfigError, "low=9, high=3: must be 1 <= low <= high"),
        ("reverse_digits,count=0", ConfigError, "count=0: must be at least 1"),
        ("reverse_digits,split=tset", ConfigError, "unknown split 'tset': did you mean 'test'?"),
    ],
)
def test_a_spec_that_cannot_be_read(what: str, error: type[Exception], message: str) -> None:
    assert message in refused(what, error)


def test_a_truth_value_is_true_or_false(tmp_path: Path) -> None:
    path = write(tmp_path, "x.jsonl", as_jsonl())
    assert "skip_bad=perhaps: must be true" in refused(f"{path},skip_bad=perhaps", ConfigError)


def test_an_unknown_split_is_refused_wherever_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "x.jsonl", as_jsonl())
    for what in (path, "reverse_digits", "docstrings"):
        with pytest.raises(ConfigError, match="unknown split 'tran': did you mean 'train'"):
            list(spec.examples(what, "tran"))
        with pytest.raises(ConfigError, match="unknown split 'tran': did you mean 'train'"):
            spec.parse(f"{what},split=tran")


def test_which_sources_have_splits_of_their_own(tmp_path: Path) -> None:
    assert spec.has_splits("reverse_digits")
    assert spec.has_splits("docstrings")
    assert not spec.has_splits("docstrings,split=train")
    assert not spec.has_splits(write(tmp_path, "x.csv", as_table(",")))


def test_the_list_of_sources_says_what_each_is() -> None:
    found = dict(spec.describe())
    assert list(found) == plugins.names("source")
    assert {"csv", "docstrings", "folder", "jsonl", "reverse_digits"} <= set(found)
    assert all(20 < len(line) <= 100 for line in found.values())


# --- reverse_digits --------------------------------------------------------------------------


def test_reversed_digits_are_right_and_the_splits_share_none() -> None:
    options = reverse_digits.Options(count=3000, low=2, high=4)
    splits = {}
    for split in ("train", "validation", "test"):
        rows = list(reverse_digits.examples(options, split))
        assert all((row.summary or "").split() == row.document.split()[::-1] for row in rows)
        assert {len(row.document.split()) for row in rows} == {2, 3, 4}
        splits[split] = {row.document for row in rows}
        assert rows
    assert not splits["train"] & splits["validation"]
    assert not (splits["train"] | splits["validation"]) & splits["test"]
    together = list(reverse_digits.examples(options, "all"))
    assert {row.document for row in together} == set().union(*splits.values())
    assert len({row.id for row in together}) == 3000


def test_an_example_depends_on_its_seed_and_index_alone() -> None:
    few = list(reverse_digits.examples(reverse_digits.Options(count=50)))
    many = list(reverse_digits.examples(reverse_digits.Options(count=100)))
    assert many[:50] == few
    other = list(reverse_digits.examples(reverse_digits.Options(count=50, seed=2)))
    assert not {row.id for row in few} & {row.id for row in other}
    assert sum(a.document == b.document for a, b in zip(few, other, strict=True)) < 5
    digits = "".join(row.document for row in many).replace(" ", "")
    assert all(0.05 < digits.count(d) / len(digits) < 0.15 for d in "0123456789")


# --- docstrings ------------------------------------------------------------------------------

LONG = "plain words about how the thing behaves when it is used by somebody careful " * 4


def make_package(folder: Path, name: str, functions: dict[str, str]) -> None:
    body = "".join(f'def {f}():\n    """{d}"""\n\n\n' for f, d in functions.items())
    write(folder, f"{name}/__init__.py", b"")
    write(folder, f"{name}/module.py", body.encode())
    write(folder, f"{name}/module_test.py", body.replace("Summary", "Test").encode())
    write(folder, f"{name}/tests/more.py", body.replace("Summary", "More").encode())


def spell(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] * 2 for digit in str(number))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of 60 documented functions; its name, on the path."""
    name = f"documented_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"
    texts = {f"f{i}": f"Summary of {spell(i)} here.\n\n    {spell(i)} {LONG}" for i in range(60)}
    make_package(tmp_path / "site", name, texts)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
    return name


def test_docstrings_are_split_by_hash_and_built_once(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    what = f"docstrings,packages={package}"
    together = list(spec.examples(what))
    assert {row.id for row in together} == {f"{package}.module:f{i}" for i in range(60)}
    row = next(row for row in together if row.id.endswith(":f7"))
    assert row.summary == f"Summary of {spell(7)} here."
    assert row.document == f"{spell(7)} {LONG}".strip()
    assert package not in sys.modules

    def no_more(*_: object) -> None:
        raise AssertionError("read again, though it is in the cache")

    monkeypatch.setattr(_docstring_pairs, "pairs", no_more)
    for split in ("train", "validation", "test"):
        found = {row.id for row in spec.examples(what, split)}
        assert found == {row.id for row in together if split_by_hash(row.id) == split}
    assert capsys.readouterr().out == ""


def test_docstrings_are_ordered_by_split_and_hash_without_tensorflow(package: str) -> None:
    what = f"docstrings,packages={package}"
    ids = [row.id for row in spec.examples(what)]
    by_split = {
        split: [row.id for row in spec.examples(what, split)]
        for split in ("train", "validation", "test")
    }
    assert ids == [id for split_ids in by_split.values() for id in split_ids]
    for split, split_ids in by_split.items():  # the order that TensorFlow Datasets writes
        hashes = [hashlib.md5(f"{split}{id}".encode()).digest() for id in split_ids]
        assert hashes == sorted(hashes)
    code = f"from summarizer.datasets import spec; print(len(list(spec.examples({what!r}))))"
    code += "; import sys; assert not any(name.startswith('tensorflow') for name in sys.modules)"
    path = os.pathsep.join([str(ROOT), sys.path[0]])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "60\n", done.stderr


def split_by_hash(id: str) -> str:
    place = int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big") % 100
    return "train" if place < 90 else "validation" if place < 95 else "test"


def test_a_changed_package_is_read_anew(package: str, tmp_path: Path) -> None:
    options = docstrings.Options((package,))
    assert len(list(docstrings.examples(options))) == 60
    more = f'\n\ndef more():\n    """Summary of more here.\n\n    more {LONG}"""\n'
    with (tmp_path / "site" / package / "module.py").open("a") as file:
        file.write(more)
    assert len(list(docstrings.examples(options))) == 61


def test_a_split_without_a_pair_is_empty(package: str, tmp_path: Path) -> None:
    only = f'def f():\n    """Summary of this here.\n\n    {LONG}"""\n'
    write(tmp_path, f"site/{package}/module.py", only.encode())
    counts = {
        split: len(list(spec.examples(f"docstrings,packages={package}", split)))
        for split in ("train", "validation", "test", "all")
    }
    expected = dict.fromkeys(counts, 0) | {split_by_hash(f"{package}.module:f"): 1, "all": 1}
    assert counts == expected


def test_a_package_that_is_missing_or_says_nothing(package: str, tmp_path: Path) -> None:
    missing = "docstrings,packages=no_such_package.at_all"
    assert "'no_such_package.at_all'" in refused(missing)
    assert "install the `train` extra" in refused(missing)
    write(tmp_path, f"site/{package}/module.py", b"x = 1\n")
    assert f"no usable pair in the packages {package}" in refused(f"docstrings,packages={package}")


def test_a_cache_that_cannot_be_written_or_is_damaged(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = f"docstrings,packages={package},split=train"
    rows = list(spec.examples(what))
    (record,) = (tmp_path / "cache").rglob("*.jsonl")
    record.write_bytes(record.read_bytes()[:-30])
    assert "damaged, delete it" in refused(what)
    assert len(rows) > 40
    monkeypatch.setenv("SUMMARIZER_CACHE", write(tmp_path, "a_file", b""))
    assert "SUMMARIZER_CACHE names another folder" in refused(what)


def test_a_docstring_becomes_prose() -> None:
    text = f"""Compute the `sum` of two
    numbers.

    See [the guide](https://example.org/x) and :func:`other`. {LONG}

    Example::

        secret = code()

    >>> secret(1)
    secret
    after the doctest

    ```python
    secret
    ```

    .. versionadded:: secret 1.0

    Args
    ----
    x: a number
    """
    found = _docstring_pairs.split_docstring(text)
    assert found is not None
    document, summary = found
    assert summary == "Compute the sum of two numbers."
    assert document.startswith(f"See the guide and other. {LONG.strip()}")
    assert document.endswith("Args x: a number")
    assert "secret" not in document
    assert "https" not in document


@pytest.mark.parametrize(
    "text",
    [
        "Only a summary line here.",
        f">>> a doctest first\n\n{LONG}",
        f"Too short.\n\n{LONG}",
        f"{'word ' * 31}\n\n{LONG}",
        "A short description follows.\n\n" + "word " * 39,
        "Numbers are no prose.\n\n" + "1.0 | 2 " * 40,
    ],
)
def test_a_docstring_that_is_no_pair(text: str) -> None:
    assert _docstring_pairs.split_docstring(text) is None


def test_equal_texts_are_taken_once(tmp_path: Path) -> None:
    make_package(tmp_path, "one", {"f": f"Summary of this here.\n\n{LONG}"})
    make_package(
        tmp_path,
        "two",
        {
            "f": f"Summary of `THIS`, here!\n\nother {LONG}",
            "g": f"Summary of that here.\n\n{LONG.upper()}",
            "h": f"Summary of more here.\n\nnew {LONG}",
        },
    )
    write(tmp_path, "two/broken.py", b'"""Summary of this."""\ndef (:\n')
    found = _docstring_pairs.pairs([("one", tmp_path / "one"), ("two", tmp_path / "two")])
    assert [row.id for row in found] == ["one.module:f", "two.module:h"]
