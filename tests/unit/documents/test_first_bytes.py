"""Formats that are no prose are read as their words or refused by name, by their first bytes."""

import json
import time
from pathlib import Path

import pytest

from summarizer.documents import first_bytes, subtitles
from summarizer.documents.read import prose, read_document
from summarizer.errors import InputError

SRT = "1\n00:00:01,000 --> 00:00:02,500\n<i>The old bridge</i>\n{\\an8}was closed.\n\n2\n"
SRT += "00:00:03,000 --> 00:00:04,000\nwas closed.\nIt had cracks &amp; rust.\n"
VTT = "WEBVTT - Talk\nKind: captions\n\nNOTE made by hand\n\nSTYLE\n::cue {color: red}\n\nintro\n"
VTT += "00:01.000 --> 00:02.500 align:start\n<v Ann>The <00:01.200>old bridge</v>\nwas closed.\n\n"
VTT += "00:03.000 --> 00:04.000\nwas closed.\nIt had cracks & rust.\n"
SPOKEN = "The old bridge was closed. It had cracks & rust."
CELLS = [
    {"cell_type": "markdown", "source": ["# Bridges\n", "\n", "The *old* bridge."]},
    {"cell_type": "code", "source": "import numpy", "outputs": [{"text": "42"}]},
    {"cell_type": "markdown", "source": "It had cracks."},
]


@pytest.mark.parametrize("name", ["talk.srt", "talk.txt"])
@pytest.mark.parametrize("source", [SRT, SRT.replace("\n", "\r\n"), "\ufeff" + SRT, VTT])
def test_subtitles_are_read_as_their_words(tmp_path: Path, name: str, source: str) -> None:
    path = tmp_path / name
    path.write_text(source, encoding="utf-8", newline="")
    assert read_document(path) == SPOKEN


def test_a_notebook_is_read_as_its_prose(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": CELLS, "nbformat": 4}))
    assert read_document(path) == "Bridges\n\nThe old bridge.\n\nIt had cracks."
    path.write_text(json.dumps({"worksheets": [{"cells": CELLS}], "nbformat": 3}))
    assert "It had cracks." in read_document(path)
    path.write_text(json.dumps({"cells": CELLS[1:2], "nbformat": 4}))
    with pytest.raises(InputError, match="without text beside its code"):
        read_document(path)


ROW = json.dumps({"id": "1", "document": "The old bridge."})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (r"{\rtf1\ansi The bridge\par }", "an RTF file; save it as"),
        ("% a paper\n\n\\documentclass{article}\n\\begin{document}", "LaTeX; compile it"),
        (r"\section{Bridges} They are old.", "LaTeX"),
        ("%!PS-Adobe-3.0\nshowpage", "PostScript"),
        (f"[{ROW}, {ROW}]", "JSON, not a text"),
        (json.dumps([json.loads(ROW)] * 2, indent=1), "JSON, not a text"),
        ('{"name": "bridge",\n "cut": ', "JSON, not a text"),
        (f"{ROW}\n{ROW}\n", "JSON Lines; name it .jsonl"),
        ("id,document,summary\n1,The old bridge,Bridge\n", "a table; write each row"),
        ('"id";"document"\n1;The old bridge\n', "a table; write each row"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_formats_that_are_not_read_are_refused_by_name(
    tmp_path: Path, source: str, reason: str, name: str
) -> None:
    path = tmp_path / name
    path.write_text(source)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_table_and_an_outlook_message_are_told_by_name_and_content() -> None:
    with pytest.raises(InputError, match="a table"):
        prose(b"name,text\na,b\n", "x.csv")
    message = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_1000001F".encode("utf-16-le")
    with pytest.raises(InputError, match="an Outlook message; save it as .eml"):
        prose(message, "x.msg")


@pytest.mark.parametrize(
    "source",
    [
        "[[Other page]] is a link.", "[1] A source of 2019.", "{a} is a set.", "1\n2\n3 bridges",
        "document, summary and id are words.", "\\o/ they said", "1 2 3", "% of all bridges",
        '"document" is a word, "id" too.', "[see the bridge](https://example.org) now",
    ],
)  # fmt: skip
def test_prose_stays_prose(source: str) -> None:
    assert first_bytes.kind_of(source.encode(), "a.txt") is None


@pytest.mark.parametrize(
    "part", ["1\n", "<", "{\\", "00:00:01,000 -->\n", "a\n\n", "% \n", " ", "["]
)
def test_time_is_linear(part: str) -> None:
    def seconds(count: int) -> float:
        start = time.thread_time()
        source = SRT + part * count
        assert subtitles.words(source).startswith(SPOKEN[:20])
        first_bytes.kind_of((part * count).encode(), "a.txt")
        return time.thread_time() - start

    assert seconds(80_000) < 10 * seconds(20_000) + 0.2
