"""Folders, patterns and mailboxes stand for the documents that a person sees in them."""

import io
import os
import time
from pathlib import Path

import pytest

from summarizer.documents import mailbox
from summarizer.documents.collect import expand_names, holds_many, read_documents
from summarizer.documents.read import read_document
from summarizer.errors import InputError
from summarizer.text import read_file

ONE = "The old bridge over the river was closed."
TWO = "It was opened again in May."


def entry(text: str, sender: str = "ann@b.example Mon Jan  5 10:00:00 2026") -> str:
    head = "From: Ann <ann@b.example>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n"
    return f"From {sender}\n{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n\n"


def texts(path: Path) -> list[tuple[str, str]]:
    return [(document.name, str(document.text)) for document in read_documents([str(path)])]


# --- folders ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text(ONE)
    for name in ("~$letter.docx", "._scan.pdf", ".hidden.txt", "~$notes.txt"):
        (tmp_path / name).write_bytes(b"\0\1\2")
    (tmp_path / "drafts.md").mkdir()
    (tmp_path / "dead.txt").symlink_to(tmp_path / "gone.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    return tmp_path


def test_a_folder_stands_for_the_files_that_a_person_sees_in_it(folder):
    files = [str(folder / "a.txt"), str(folder / "b.md")]
    assert expand_names([str(folder)]) == files
    assert expand_names([str(folder / "*")]) == files
    assert expand_names([str(folder / "**")]) == files


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("~$letter.docx", "not a Word document, though its name or type says so"),
        ("._scan.pdf", "not a PDF, though its name or type says so"),
        ("dead.txt", "no such file or directory"),
        ("drafts.md", "a folder without documents"),
        (".hidden.txt", "a binary file"),
    ],
)
def test_what_was_named_is_read_or_refused_in_one_line(folder, name, reason):
    path = folder / name
    ((named, text),) = texts(path)
    assert (named, text.partition(" (")[0].partition(";")[0]) == (str(path), f"{path}: {reason}")


def test_a_folder_without_anything_to_read_says_so(folder):
    for name in ("a.txt", "b.md"):
        (folder / name).unlink()
    (document,) = read_documents(expand_names([str(folder)]))
    assert "a folder without documents" in str(document.text)


# --- mailboxes -------------------------------------------------------------------------------


def test_each_message_of_a_mailbox_is_a_document(tmp_path):
    path = tmp_path / "x.mbox"
    protected = ">From now on it is open.\n>>From x\n"
    path.write_text(entry(ONE) + entry(f"{TWO}\n\n{protected}") + entry("> \n"))
    assert texts(path) == [
        (f"{path}:1", ONE),
        (f"{path}:2", f"{TWO}\n\nFrom now on it is open."),
        (f"{path}:3", f"{path}:3: an e-mail without a text body"),
    ]
    assert holds_many("mail/x.MBOX")
    assert expand_names([str(tmp_path)]) == [str(path)]
    with pytest.raises(
        InputError, match=r"x.mbox: a mailbox of several e-mails, not one document$"
    ):
        read_document(path)


@pytest.mark.parametrize(
    "sender", ["- Mon Jan  5 10:00:00 2026", "17@xxx Mon Jan 05 10:00:00 +0000 2026"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_name_of_a_mailbox_does_not_matter(tmp_path, sender, end):
    path = tmp_path / "Inbox"
    path.write_bytes((entry(ONE, sender) + entry(TWO, sender)).replace("\n", end).encode())
    assert [text for _, text in texts(path)] == [ONE, TWO]
    path.write_text(entry(ONE, sender))
    assert texts(path) == [(str(path), ONE)]
    assert read_document(path) == ONE


def test_words_that_resemble_the_line_before_a_message_are_kept(tmp_path):
    path = tmp_path / "x.mbox"
    said = [
        f"{ONE}\nFrom here at 10:00 on\nDate: x",  # no blank line before
        f"{ONE}\n\nFrom here at 10:00 on\nit is open.",  # no header behind
        f"{ONE}\n\nFrom here on\nNote: it is open.",  # no time
        f"{ONE}\n\nFrom here at 10:00 on",
    ]
    path.write_text("".join(map(entry, said)))
    assert [text for _, text in texts(path)] == said


def test_a_message_that_is_too_large_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(read_file, "MAX_BYTES", 1000)
    path = tmp_path / "x.mbox"
    path.write_text(entry(ONE) + entry("x " * 1000) + entry(TWO))
    reason = f"{path}:2: larger than 64 MB, the maximum for one document"
    assert [text for _, text in texts(path)] == [ONE, reason, TWO]


def test_splitting_a_mailbox_takes_time_that_grows_with_the_length():
    def seconds(part: bytes, length: int) -> float:
        start = time.thread_time()
        sum(map(len, mailbox.messages(io.BytesIO(part * (length // len(part))))))
        return time.thread_time() - start

    line = b"From a Mon Jan  5 10:00:00 2026"
    for part in (
        line + b"\n\n",
        line + b"\nFrom: a\n\n",
        b"\n",
        b"From 1:1",
        line + b"\n",
        b">From ",
    ):
        short, long = (min(seconds(part, n) for _ in range(2)) for n in (50_000, 200_000))
        assert long < 8 * short + 0.05
