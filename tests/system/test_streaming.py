"""Many documents: little memory, the order they came in, and a bar that is in nobody's way."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli
from summarizer.cli.summarize import _NoBar, _progress_bar
from summarizer.documents.collect import Document
from summarizer.errors import InputError
from summarizer.runtime import streaming
from summarizer.types import Hypothesis, Summary

ROOT = Path(__file__).parents[2]


class Echo:
    """Stands in for a model: a document's summary is the document; one with `bad` has none."""

    def __init__(self) -> None:
        self.parts: list[list[str]] = []

    def summarize(self, texts: Sequence[str], **_: Any) -> list[Summary]:
        self.parts.append(list(texts))
        for text in texts:
            if "bad" in text:
                raise InputError("no summary")
        arrays = {
            name: bytearray(10**6) for name in ("attention", "gate", "token_log_probs", "selected")
        }
        best = [Hypothesis((1,), text, -1.0, -1.0, **arrays) for text in texts]
        return [Summary(h.text, -1.0, 1, alternatives=(h,), hypothesis=h) for h in best]


def counted(count: int, read: list[int]) -> Iterator[Document]:
    """Documents of 1 to 97 words in no order; `read`: how many were asked for."""
    for i in range(count):
        read[0] += 1
        yield Document("x.jsonl", str(i), f"{i} " * (1 + i * 61 % 97))


def texts_of(found: Any) -> list[str]:
    return [found.text] if isinstance(found, Summary) else [s.text for s in found]


def test_documents_are_read_as_their_summaries_are_taken_and_come_in_order():
    read, ahead = [0], []
    model = Echo()
    found = streaming.summarize_stream(model, counted(10_000, read), {})
    for taken, (document, summaries) in enumerate(found):
        ahead.append(read[0] - taken)
        assert document.id == str(taken)
        assert texts_of(summaries) == [document.text]
    assert taken == 9999
    assert max(ahead) == streaming.LARGEST
    assert ahead[0] == streaming.FIRST


def test_batches_hold_documents_of_about_equal_length():
    model = Echo()
    assert len(list(streaming.summarize_stream(model, counted(4 * streaming.LARGEST, [0]), {}))) > 1
    sizes = [[len(text.split()) for text in part] for part in model.parts]
    assert max(map(len, sizes)) == streaming.PART
    small = (
        sum(streaming.FIRST * 2**i for i in range(5)) // streaming.PART
    )  # parts of the first windows
    padded = sum(max(part) * len(part) for part in sizes[small:])
    assert sum(map(sum, sizes[small:])) > 0.95 * padded
    plain = [len(d.text.split()) for d in counted(4 * streaming.LARGEST, [0])]
    cut = [plain[i : i + streaming.PART] for i in range(0, len(plain), streaming.PART)]
    assert sum(plain) < 0.6 * sum(max(part) * len(part) for part in cut)  # in the order given


def test_a_window_holds_no_more_characters_than_it_may(monkeypatch):
    monkeypatch.setattr(streaming, "CHARACTERS", 1000)
    read, ahead = [0], []
    for taken, _ in enumerate(streaming.summarize_stream(Echo(), counted(500, read), {})):
        ahead.append(read[0] - taken)
    assert max(ahead) < streaming.FIRST


def test_what_waits_for_its_turn_keeps_no_arrays():
    for _, found in streaming.summarize_stream(Echo(), counted(100, [0]), {}):
        assert found[0].hypothesis is None
        (one,) = found[0].alternatives
        assert (one.attention, one.gate, one.token_log_probs, one.selected) == (None,) * 4
        assert one.score == -1


def test_a_document_that_fails_leaves_the_others():
    documents = [Document("a", None, "one"), Document("b", "7", "bad"), Document("c", None, "two")]
    done = list[int]()
    found = [f for _, f in streaming.summarize_stream(Echo(), documents, {}, done=done.append)]
    assert [texts_of(f) for f in (found[0], found[2])] == [["one"], ["two"]]
    assert str(found[1]) == "b:7: no summary"
    assert sum(done) == 3
    with pytest.raises(InputError, match="^no summary$"):
        list(streaming.summarize_stream(Echo(), [Document("b", None, "bad")] * 3, {}))


# --- JSON Lines ----------------------------------------------------------------------------------


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    rows = [{"id": f"n{i}", "document": " ".join(str(i * 7919)), "body": "1 2"} for i in range(150)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def summarize(digits, capsys):
    def run(*words: Any) -> tuple[int, list[str], list[str]]:
        model = ["--model", str(digits.folder), "--beam", "1"]
        status = cli.main(["summarize", *model, *map(str, words)])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


def test_a_summary_for_each_line_of_json_in_order(summarize, records, tmp_path):
    status, out, err = summarize(records, "--json")
    assert (status, err) == (0, [])
    found = [json.loads(line) for line in out]
    assert [(f["file"], f["id"]) for f in found] == [(str(records), f"n{i}") for i in range(150)]
    assert len({f["summary"] for f in found}) > 100
    assert summarize(records)[1] == [f["summary"] for f in found]
    packed = tmp_path / "many.jsonl.gz"
    packed.write_bytes(gzip.compress(records.read_bytes()))
    assert summarize(packed)[1] == [f["summary"] for f in found]
    lines = summarize(f"{records},document=body,shard=0/2", "--json")[1]
    assert 40 < len(lines) < 110
    assert len({json.loads(line)["summary"] for line in lines}) == 1


def test_a_record_keeps_its_paragraphs(summarize, tmp_path):
    parts = ["3 1 4 " * 10, "2 7 5 " * 10]
    path, plain = tmp_path / "x.jsonl", tmp_path / "x.txt"
    path.write_text(json.dumps({"document": "\n\n".join(parts)}) + "\n")
    plain.write_text("\n\n".join(parts))
    found = [json.loads(summarize("--outline", "--json", name)[1][0]) for name in (path, plain)]
    lines, expected = ([line["summary"] for line in one["outline"]] for one in found)
    assert len(lines) == 2
    assert lines == expected


def test_bad_lines_are_told_and_the_others_summarized(summarize, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"document": "1 2"}\nno\n{"id": "c", "document": " "}\n{"text": "1"}\n'
                    '{"document": "\\u200b"}\n\n{"document": "3 4"}\n')  # fmt: skip
    gone = tmp_path / "gone.jsonl"
    status, out, err = summarize(gone, path, f"{path},documnet=x", "--json")
    assert status == 1
    assert [json.loads(line)["id"] for line in out] == ["1", "7"]
    said = [line.removeprefix("summarizer: ").removeprefix(str(tmp_path)) for line in err]
    assert said == [
        "/gone.jsonl: no such file or directory",
        "/x.jsonl:2: not JSON: Expecting value at column 1",
        "/x.jsonl:3: column 'document' is empty",
        "/x.jsonl:4: no column 'document': known: text",
        "/x.jsonl:5: column 'document' is empty",
        "source 'jsonl' has no option 'documnet': did you mean 'document'? "
        "known: document, lead_column, missing, path, references, skip_bad, source_column, "
        "summary, type_column",
    ]
    path.write_text("\n\n")
    assert summarize(path) == (1, [], [f"summarizer: {path}: no rows"])


@pytest.mark.parametrize(
    ("name", "given", "ids"),
    [
        ("-", b'{"document": "1 2"}\n{"document": "3"}\n', ["1", "2"]),
        ("jsonl:-,document=x", b'{"x": "1 2"}\n{"x": "3"}\n', ["1", "2"]),
        ("-", b'{"x": "1 2"}\n{"x": "3"}\n', [None]),
        ("-", b"{not JSON}\n1 2", [None]),
        ("-", b"[1]\n1 2", [None]),
    ],
)
def test_standard_input_is_lines_or_a_document(tmp_path, name, given, ids):
    (tmp_path / "in").write_bytes(given)
    code = """
import sys
from summarizer.documents import collect
print([d.id for d in collect.read_documents([sys.argv[1]])])
"""
    with (tmp_path / "in").open("rb") as stdin:
        done = subprocess.run([sys.executable, "-c", code, name], cwd=ROOT, stdin=stdin,
                              capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == (str(ids), "")


# --- memory and the bar --------------------------------------------------------------------------


def test_four_times_the_documents_take_the_same_memory(tmp_path):
    code = """
import sys
from tests.system.test_streaming import Echo
from summarizer.documents import collect
from summarizer.runtime import streaming
documents = collect.read_documents([sys.argv[1]])
for _ in streaming.summarize_stream(Echo(), documents, {}): pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    code = code.replace("Echo()", "type('Echo', (Echo,), {'parts': property(lambda s: [], "
                        "lambda s, v: None)})()")  # fmt: skip
    peaks = []
    line = json.dumps({"document": "a document of some words " * 40}) + "\n"
    for count in (5_000, 20_000):
        path = tmp_path / f"{count}.jsonl"
        path.write_text(line * count)
        done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT,
                              capture_output=True, text=True, check=True)  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.05 * peaks[0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_on_a_terminal_alone_and_never_on_stdout(digits, records, monkeypatch, capsys):
    from tqdm import tqdm

    monkeypatch.setattr(
        "tqdm.tqdm", lambda **named: tqdm(**{**named, "delay": 0, "mininterval": 0})
    )
    words = ["summarize", "--model", str(digits.folder), "--beam", "1", str(records)]
    assert cli.main(words) == 0
    plain = capsys.readouterr()
    assert plain.err == ""
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    assert cli.main(words) == 0
    assert capsys.readouterr().out == plain.out
    assert "150 documents" in shown.getvalue()


def test_one_document_needs_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(_progress_bar(["x.txt"], several_documents=False), _NoBar)
    bar = _progress_bar(["x.txt", "y.txt"], several_documents=False)
    assert bar.total == 2
    bar.close()
