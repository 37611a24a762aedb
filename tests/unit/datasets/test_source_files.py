"""Parquet files and arXiv's snapshot: what is read, what is refused, and in what words."""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from summarizer.config import Part
from summarizer.datasets import spec
from summarizer.errors import ConfigError, InputError
from summarizer.types import Example

ROWS = [
    Example("a", "The first document, about bees.", "Bees"),
    Example("b", "Das zweite, über Bienen", "Bienen"),
    Example("c", "第三篇 关于蜜蜂", "蜜蜂"),
]


def refused(what: str, **defaults: Any) -> str:
    with pytest.raises(InputError) as caught:
        list(spec.examples(what, **defaults))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- Parquet ---------------------------------------------------------------------------------


def parquet(path: Path, kind: Any = None, **columns: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: pa.array(values, kind) for name, values in columns.items()}
    pq.write_table(pa.table(arrays), path, row_group_size=2)
    return str(path)


def columns() -> dict[str, list[Any]]:
    names = ("id", "document", "summary")
    return {name: [getattr(row, name) for row in ROWS] for name in names}


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.utf8())]
)
def test_parquet_gives_what_jsonl_gives_whatever_the_kind_of_text(
    tmp_path: Path, kind: Any
) -> None:
    path = parquet(tmp_path / "x.parquet", kind, **columns())
    assert list(spec.examples(path)) == ROWS
    assert list(spec.examples(f"{path},summary=")) == [Example(r.id, r.document) for r in ROWS]
    assert spec.parse(f"{path},split=test") == Part("parquet", {"path": path, "split": "test"})
    assert not spec.has_splits(path)


def test_columns_have_any_name_and_rows_without_id_are_numbered(tmp_path: Path) -> None:
    texts = {"body": [" a\nb ", "c", "d"], "head": ["x", "y", "z"], "pages": ["1", "2", "3"]}
    path = parquet(tmp_path / "x.parquet", **texts)
    found = [Example("1", "a b", "x"), Example("2", "c", "y"), Example("3", "d", "z")]
    assert list(spec.examples(f"{path},document=body,summary=head")) == found
    path = parquet(tmp_path / "ids.parquet", id=[7, 8])
    table = pq.read_table(path).append_column("document", pa.array(["d", "e"]))
    pq.write_table(table, path)
    assert [e.id for e in spec.examples(f"{path},summary=")] == ["7", "8"]


def test_a_folder_or_a_pattern_reads_all_shards_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        parquet(tmp_path / f"{name}.parquet", document=[f"{name}1", f"{name}2"])
    expected = [Example(f"{n}.parquet:{i}", f"{n}{i}") for n in "ab" for i in (1, 2)]
    assert list(spec.examples(f"{tmp_path},summary=")) == expected
    assert list(spec.examples(f"{tmp_path}/*.parquet,summary=")) == expected
    assert list(spec.examples(f"{tmp_path}/b*.parquet,summary=")) == expected[2:]


@pytest.mark.parametrize("name", ["document", "summary", "id"])
def test_a_column_that_is_not_text_is_refused_before_any_row(tmp_path: Path, name: str) -> None:
    kinds = {"binary": [b"x"], "double": [1.5], "list<element: string>": [["x"]], "bool": [True]}
    for number, (kind, values) in enumerate(kinds.items()):
        wrong = columns() | {name: values * 3}
        path = parquet(tmp_path / f"{number}.parquet", **wrong)
        assert refused(path) == f"{path}: column {name!r} is {kind}, not text"
        assert "not text" in refused(path, skip_bad=True)


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_several_references_are_a_list_of_texts(tmp_path: Path, kind: Any) -> None:
    several = [["Bees", "On bees"], ["Bienen"], None]
    path = parquet(tmp_path / "x.parquet", **columns())
    table = pq.read_table(path).append_column("references", pa.array(several, kind))
    pq.write_table(table, path)
    assert [e.references for e in spec.examples(path)] == [("Bees", "On bees"), (), ()]
    assert list(spec.examples(f"{path},references=")) == ROWS
    assert list(spec.examples(f"{path},summary=")) == [Example(r.id, r.document) for r in ROWS]
    message = "column 'summary' is string, not a list of texts"
    assert refused(f"{path},references=summary") == f"{path}: {message}"
    assert "no column 'notes'" in refused(f"{path},references=notes")
    text = parquet(tmp_path / "y.parquet", **columns(), references=["see [1]"] * 3)
    assert list(spec.examples(text)) == ROWS


def test_without_a_summary_the_first_reference_is_one_as_in_jsonl(tmp_path: Path) -> None:
    several = [["Bees", "On bees"], ["Bienen"], ["蜜蜂"]]
    documents = columns()["document"]
    path = parquet(tmp_path / "x.parquet", document=documents, references=several)
    rows = [{"document": d, "references": r} for d, r in zip(documents, several, strict=True)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = list(spec.examples(path))
    assert [e.summary for e in found] == [row.summary for row in ROWS]
    assert found == list(spec.examples(str(tmp_path / "x.jsonl")))
    assert "no column 'summary'" in refused(f"{path},references=")
    bare = parquet(tmp_path / "y.parquet", document=documents, references=[["Bees"], [], None])
    assert refused(bare).startswith(f"{bare}:2: no column 'summary'")


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", document=["d"], sumary=["s"])
    message = f"{path}: no column 'summary': did you mean 'sumary'? known: document, sumary"
    assert refused(path) == message


def test_a_bad_row_of_parquet_is_named_or_skipped(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(
        pa.utf8(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"a\xff")]
    )
    bad = {"is null, not text": None, "is empty": "  ", "not UTF-8 text (byte 0xff)": broken}
    for number, (reason, value) in enumerate(bad.items()):
        middle = value if isinstance(value, pa.Array) else pa.array([value], pa.utf8())
        texts = pa.chunked_array([pa.array(["d"]), middle, pa.array(["e"])])
        table = pa.table({"document": texts, "summary": pa.array(["s"] * 3)})
        path = str(tmp_path / f"{number}.parquet")
        pq.write_table(table, path)
        assert refused(path).startswith(f"{path}:2: ")
        assert reason in refused(path)
        assert [e.id for e in spec.examples(path, skip_bad=True)] == ["1", "3"]


def test_files_that_are_no_parquet_or_cut(tmp_path: Path) -> None:
    path = Path(parquet(tmp_path / "x.parquet", **columns()))
    whole = path.read_bytes()
    middle = len(whole) // 3
    for content in (b"", b"document,summary\n", whole[:-9], whole[:middle]):
        path.write_bytes(content)
        assert refused(str(path)).startswith(f"{path}: not a Parquet file, or cut (")
    path.write_bytes(b"PAR1" + bytes(middle) + whole[middle + 4 :])  # the footer is there
    assert f"{path}: not a Parquet file, or cut" in refused(str(path), skip_bad=True)
    empty = parquet(tmp_path / "empty.parquet", pa.utf8(), document=[], summary=[])
    assert refused(empty) == f"{empty}: no rows"
    assert "no such file" in refused(f"parquet:{tmp_path}/none*.parquet")
    packed = tmp_path / "x.parquet.gz"
    packed.write_bytes(whole)
    assert "no source reads .parquet.gz" in refused(str(packed))


def test_a_large_row_group_is_not_held_in_memory(tmp_path: Path) -> None:
    """30 MB of text in one row group; what is read at a time stays a small part of it."""
    random = np.random.default_rng(1)
    texts = [random.bytes(7500).hex() for _ in range(2000)]  # does not pack
    table = pa.table({"document": texts})
    path = str(tmp_path / "x.parquet")
    pq.write_table(table, path, row_group_size=2000, use_dictionary=False, data_page_size=2**18)
    del table
    before = pa.total_allocated_bytes()
    most = 0
    for number, example in enumerate(spec.examples(f"{path},summary=")):
        assert example.document == texts[number]
        if number % 100 == 0:
            most = max(most, pa.total_allocated_bytes() - before)
    assert 0 < most < 25e6


def test_without_pyarrow_the_others_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path / "x.parquet", **columns())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match="pyarrow"):
        list(spec.examples(path))
    assert next(spec.examples("reverse_digits,count=1"))


# --- arXiv's snapshot ------------------------------------------------------------------------

ABSTRACT = "  We study words\nthat come in numbers, " + "and more of them, " * 5


def paper(number: int, **changed: Any) -> dict[str, Any]:
    row = {"id": f"0704.{number:04}", "title": f"On the\n  number {number}", "comments": None}
    return row | {"abstract": ABSTRACT, "categories": "cs.CL math.ST"} | changed


def snapshot(folder: Path, *papers: dict[str, Any], name: str = "arxiv-metadata.json") -> str:
    path = folder / name
    content = "".join(json.dumps(row) + "\n" for row in papers).encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return str(path)


def ids(what: str, **defaults: Any) -> list[str]:
    return [e.id.removeprefix("0704.") for e in spec.examples(what, **defaults)]


@pytest.mark.parametrize(
    "name",
    ["arxiv-metadata-oai-snapshot.json", "arxiv-metadata.jsonl", "arxiv-metadata-oai.json.gz"],
)
def test_an_abstract_is_the_document_and_the_title_the_summary(tmp_path: Path, name: str) -> None:
    path = snapshot(tmp_path, paper(1), name=name)
    expected = Example("0704.0001", " ".join(ABSTRACT.split()), "On the number 1")
    assert spec.parse(path).name == "arxiv"
    assert list(spec.examples(path)) == [expected]
    assert not spec.has_splits(path)


def test_a_snapshot_of_another_name_is_read_by_the_name_of_the_source(tmp_path: Path) -> None:
    path = snapshot(tmp_path, paper(1), name="papers.jsonl")
    assert ids(f"arxiv:{path},categories=cs") == ["0001"]
    assert spec.parse(path).name == "jsonl"


def test_categories_choose_papers_and_an_archive_stands_for_all_of_its_own(tmp_path: Path) -> None:
    kinds = ["cs.CL", "cs.LG stat.ML", "math.ST cs.CL", "csx.Q", "hep-th", "astro-ph astro-ph.GA"]
    path = snapshot(tmp_path, *(paper(i, categories=kind) for i, kind in enumerate(kinds)))
    assert ids(path) == ["0000", "0001", "0002", "0003", "0004", "0005"]
    assert ids(f"{path},categories=cs.CL") == ["0000", "0002"]
    assert ids(f"{path},categories=cs.CL+stat.ML") == ["0000", "0001", "0002"]
    assert ids(f"{path},categories=cs") == ["0000", "0001", "0002"]
    assert ids(f"{path},categories=astro-ph+hep-th") == ["0004", "0005"]
    message = refused(f"{path},categories=cs.CL+hepth")
    assert "no paper is in category 'hepth': did you mean 'hep-th'? known: astro-ph, cs" in message


def test_withdrawn_papers_and_those_out_of_bounds_are_passed_over(tmp_path: Path) -> None:
    withdrawn = [
        {"comments": "Withdrawn by the author; an error in section 3"},
        {"comments": "This paper has been retracted"},
        {"abstract": "This paper has been withdrawn by the authors. " + ABSTRACT},
        {"abstract": "The submission is hereby withdrawn. " + ABSTRACT},
        {"abstract": "Withdrawn. " + ABSTRACT},
        {"abstract": "Few words."},
        {"abstract": "long " * 1001},
        {"title": "Erratum"},
        {"title": "a " * 41},
    ]
    kept = [
        {"comments": "12 pages"},
        {"abstract": "In this work we study drugs withdrawn from the market. " + ABSTRACT},
        {"abstract": "money " * 20, "title": "Two words"},
        {"abstract": "money " * 1000, "title": "forty " * 40},
    ]
    rows = [paper(i, **changed) for i, changed in enumerate([*withdrawn, *kept])]
    path = snapshot(tmp_path, *rows)
    assert ids(path) == ["0009", "0010", "0011", "0012"]
    assert ids(f"{path},shortest=2,longest=2") == ["0005"]
    assert ids(f"{path},title_shortest=1,title_longest=1") == ["0007"]
    only = snapshot(tmp_path, *rows[:2], name="papers.jsonl")
    assert (
        refused(f"arxiv:{only}") == f"{only}: none of 2 papers is within the length bounds "
        "(shortest, longest, title_shortest, title_longest)"
    )
    with pytest.raises(ConfigError, match="shortest=9, longest=3: must be 1 <= shortest"):
        spec.parse(f"{path},shortest=9,longest=3")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ({"title": "t"}, "no column 'abstract': known: "),
        (paper(1, title=3), "column 'title' is a number, not text"),
        (paper(1, title=" \n"), "column 'title' is empty"),
        (paper(1, categories=["cs.CL"]), "column 'categories' is not text"),
    ],
)
def test_a_bad_line_of_a_snapshot_is_named_or_skipped(
    tmp_path: Path, row: Any, reason: str
) -> None:
    path = snapshot(tmp_path, paper(1), name="arxiv-metadata.jsonl")
    with open(path, "a") as file:
        file.write(row if isinstance(row, str) else json.dumps({"categories": "cs.CL"} | row))
    what = f"{path},categories=cs.CL"
    assert f"{path}:2: {reason}" in refused(what)
    assert ids(what, skip_bad=True) == ["0001"]
