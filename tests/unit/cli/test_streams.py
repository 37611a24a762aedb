"""Commands read what is piped, print every character, and bear closed streams."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from summarizer.errors import InputError

ROOT = Path(__file__).parents[3]
WORDS = "Výzkum Šárky Dvořákové → 桥已开通 \U0001f600"


@pytest.fixture(scope="module")
def summarize(digits):
    """Run `summarize` by a shell: the words after it, and how it is called."""

    def run(words: str, given: bytes | None = None, **environment: str) -> tuple[int, bytes, bytes]:
        command = f'exec "$0" -c "$1" --model "$2" {words}'
        code = "import sys; from summarizer.cli import summarize_main; sys.exit(summarize_main())"
        done = subprocess.run(
            ["sh", "-c", command, sys.executable, code, str(digits.folder)],
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text("3 1 4 1 5")
    return path


def test_what_is_piped_is_read_without_a_file(summarize, article):
    plain = summarize(str(article))
    assert plain[0] == 0
    assert summarize("", article.read_bytes()) == plain
    assert summarize("-", article.read_bytes()) == plain
    rows = b'{"document": "3 1 4 1 5"}\n' * 2
    assert summarize("", rows)[:2] == (0, plain[1] * 2)
    assert summarize("") == (1, b"", b"summarizer: standard input: the file is empty\n")
    entry = "From a Mon Jan  5 10:00:00 2026\nFrom: a\nDate: x\n\n3 1 4 1 5\n\n"
    mails = entry * 2
    status, out, _ = summarize("--json", mails.encode())
    assert (status, [json.loads(line)["id"] for line in out.splitlines()]) == (0, ["1", "2"])


def test_without_a_file_on_a_terminal_the_usage_is_shown(summarize):
    status, out, err = summarize("<&-")
    assert (status, out) == (2, b"")
    assert err.endswith(b"the following arguments are required: FILE\n")
    master, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "summarizer", "summarize"],
            stdin=terminal, cwd=ROOT, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(master)
        os.close(terminal)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.endswith(b"the following arguments are required: FILE\n")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
)
def test_output_to_a_file_is_utf_8(summarize, tmp_path, environment):
    path = tmp_path / f"{WORDS}.txt"
    path.write_text(f"3 1 4 1 5 {WORDS}")
    status, out, err = summarize(f"--outline '{path}' '{tmp_path}/none.txt'", **environment)
    assert (status, b"Traceback" in err) == (1, False)
    assert err.splitlines()[-1].endswith(b"none.txt: no such file or directory")
    if "LC_ALL" not in environment:
        assert out.decode().splitlines()[0] == str(path)
    assert out.decode().splitlines()[1:]


def test_a_terminal_shows_what_it_lacks_as_an_escape(digits, tmp_path):
    path = tmp_path / "桥.txt"
    path.write_text("3 1 4 1 5")
    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "summarizer", "summarize", "--outline", str(path)]
    done = subprocess.run(
        [*command, "--model", str(digits.folder)],
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=60,
    )  # fmt: skip
    os.close(terminal)
    out = os.read(master, 10_000)
    os.close(master)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"\\u6865.txt" in out


def test_closed_streams(summarize, article):
    plain = summarize(str(article))
    assert summarize(f"{article} 2>&-") == (0, plain[1], b"")
    assert summarize(f"{article} <&-") == plain
    line = b"summarizer: standard output is closed, and the summaries go there; open it\n"
    assert summarize(f"{article} >&-") == (1, b"", line)
    assert summarize(f"{article} >&- 2>&- <&-") == (1, b"", b"")
    assert summarize(f"{article}.none 2>&-") == (1, b"", b"")
    assert summarize("--help >&-")[0] == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_one_line(summarize, article):
    status, _, err = summarize(f"{article} >/dev/full")
    assert (status, err) == (1, b"summarizer: no space left on device\n")


def test_arguments_that_are_not_utf_8_are_refused_in_one_line(summarize, article):
    strange = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for words in ("--prefix Café", "--must-not-include x --must-include Café"):
        status, out, err = summarize(f"{article} {words}", **strange)
        assert (status, out) == (1, b"")
        assert err == (
            b"summarizer: arguments must be UTF-8, not 'Caf\\udcc3\\udca9'; set a locale of UTF-8\n"
        )
    assert summarize(f"{article} --prefix \"$(printf 'Caf\\351')\"")[0] == 1
    other = article.with_name("Café.txt")
    other.write_bytes(article.read_bytes())
    assert summarize(str(other), **strange) == summarize(str(article))


def test_a_closed_output_is_known_after_the_streams_are_prepared(monkeypatch, tmp_path):
    from summarizer.cli import streams

    streams.check_output()
    monkeypatch.setattr(sys, "stdout", None)
    streams.prepare()
    print("nobody sees this")
    with pytest.raises(InputError, match="^standard output is closed"):
        streams.check_output()
    sys.stdout.close()
