"""The command line: what it prints, where, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli, plugins
from summarizer.api import presets, shipped_model
from summarizer.api.summarizer import Summarizer
from summarizer.documents.read import SUFFIXES
from summarizer.errors import InputError, ModelError
from summarizer.runtime.streaming import FIRST
from summarizer.text import cleaning, read_file

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model(digits) -> Summarizer:
    return Summarizer.load(digits.folder)


@pytest.fixture
def summarize(digits, capsys):
    """Run `summarizer summarize` with the trained model: status, lines of stdout and of stderr."""

    def run(*words: Any) -> tuple[int, list[str], list[str]]:
        status = cli.main(["summarize", "--model", str(digits.folder), *map(str, words)])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three documents: the longest first, so that grouping by length would change the order."""
    out = []
    for name, text in (("a", "3 1 4 1 5 9 2 6"), ("b", "2 7 1"), ("c", "8 6 7 5 3")):
        out.append(tmp_path / f"{name}.txt")
        out[-1].write_text(text)
    return out


def fails(capsys: pytest.CaptureFixture[str], *words: Any) -> str:
    """The one line that a failing command prints, without its beginning."""
    assert cli.main([str(word) for word in words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("summarizer: ")
    return said.err.removeprefix("summarizer: ").rstrip("\n")


# --- summarize ---------------------------------------------------------------------------------


def test_one_summary_a_file_in_the_order_given(summarize, files, model):
    status, out, err = summarize(*files)
    assert (status, err) == (0, [])
    assert out == [s.text for s in model.summarize([path.read_text() for path in files])]
    assert [len(line.split()) for line in out] == [8, 3, 5]


def test_bad_files_are_told_and_the_others_summarized(summarize, files, tmp_path, monkeypatch):
    monkeypatch.setattr(read_file, "MAX_BYTES", 1000)
    bad = {
        "empty.txt": (b"", ": the file is empty"),
        "blank.txt": (" \u200b\n\ufeff".encode(), ": the file is empty"),
        "binary.txt": (b"1 2\0 3", ": a binary file; text in UTF-8 is needed"),
        "latin.txt": (b"1\n2 \xe9", ":2: not UTF-8 text (byte 0xe9); save it as UTF-8"),
        "large.txt": (b"1 " * 501, ": larger than 64 MB, the maximum for one document"),
    }
    for name, (content, _) in bad.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "nothing").mkdir()
    expected = [f"summarizer: {tmp_path / name}{reason}" for name, (_, reason) in bad.items()]
    expected.append(f"summarizer: {tmp_path}/missing.txt: no such file or directory")
    expected.append(
        f"summarizer: {tmp_path}/nothing: a folder without documents ({' '.join(SUFFIXES)})"
    )
    wrong = [*(tmp_path / name for name in bad), tmp_path / "missing.txt", tmp_path / "nothing"]
    good = summarize(*files)[1]
    status, out, err = summarize(files[0], *wrong[:3], files[1], *wrong[3:], files[2])
    assert (status, out, err) == (1, good, expected)


def test_nothing_but_bad_files(summarize, tmp_path):
    status, out, err = summarize(tmp_path / "x.txt", tmp_path / "y.txt")
    assert (status, out, len(err)) == (1, [], 2)


def test_folders_and_patterns(summarize, files, tmp_path, monkeypatch):
    alone = {path: summarize(path)[1] for path in files}
    inside = tmp_path / "folder"
    inside.mkdir()
    for name in ("2.md", "1.txt"):
        (inside / name).write_text(files[1].read_text())
    (inside / "3.csv").write_text("document\n1")
    found = [json.loads(line) for line in summarize("--json", inside, tmp_path / "[ac].txt")[1]]
    names = [inside / "1.txt", inside / "2.md", files[0], files[2]]
    assert [record["file"] for record in found] == [str(name) for name in names]
    assert [record["summary"] for record in found[2:]] == alone[files[0]] + alone[files[2]]
    status, out, err = summarize(tmp_path / "*.none")
    assert (status, out) == (1, [])
    assert err == [f"summarizer: {tmp_path}/*.none: no such file or directory"]


def test_json_has_a_record_a_file(summarize, files, model):
    status, out, _ = summarize("--json", "--n-best", 3, *files)
    assert status == 0
    for line, path in zip(out, files, strict=True):
        record = json.loads(line)
        (found,) = model.summarize([path.read_text()], n_best=3)
        assert record["file"] == str(path)
        assert record["summary"] == found.text == record["alternatives"][0]["summary"]
        assert record["score"] == pytest.approx(found.score, abs=1e-4)
        assert record["truncated"] == 0
        assert set(record["alternatives"][0]) == {"summary", "score", "log_prob"}
        scores = [h["score"] for h in record["alternatives"]]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert all(h["log_prob"] < 0 for h in record["alternatives"])
    assert set(json.loads(summarize("--json", files[0])[1][0])) == {
        "file", "summary", "score", "read", "truncated", "left_out",
    }  # fmt: skip


def test_n_best_prints_as_many_different_summaries(summarize, files):
    for n in (1, 2, 6):  # 6: more than the model's own beam
        status, out, _ = summarize("--n-best", n, files[0])
        assert (status, len(out)) == (0, n)
        assert len(set(out)) == n


@pytest.mark.parametrize("words", [1, 2, 3, 5, 8, 20])
def test_max_words_is_met(summarize, files, words):
    status, out, _ = summarize("--max-words", words, "--n-best", 2, *files)
    assert status == 0
    assert all(1 <= len(line.split()) <= words for line in out)
    assert len(out) >= len(files)


@pytest.mark.parametrize("beam", [1, 6])
def test_the_beam_is_as_wide_as_asked(summarize, files, model, beam):
    status, out, _ = summarize("--json", "--beam", beam, *files)
    assert status == 0
    for line, path in zip(out, files, strict=True):
        ids = model._model.vocabulary.encode(path.read_text())
        found = model._model.search([ids], beam)
        assert found["score"].shape == (1, beam)
        assert json.loads(line)["score"] == pytest.approx(float(found["score"][0, 0]), abs=1e-4)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--beam", "0"), "beam 0: must be above 0"),
        (("--beam", "-2"), "beam -2: must be above 0"),
        (("--n-best", "0"), "n-best 0: must be above 0"),
        (("--max-words", "0"), "max-words 0: must be above 0"),
        (("--max-words", "-1"), "max-words -1: must be above 0"),
        (("--beam", "2", "--n-best", "3"), "n-best 3: must be at most the beam, 2"),
    ],
)
def test_impossible_numbers_are_told_once(summarize, files, words, line):
    assert summarize(*words, *files) == (1, [], [f"summarizer: {line}"])


def test_a_document_longer_than_the_model_reads_is_summarized_with_a_warning(
    summarize, files, tmp_path, model
):
    long = tmp_path / "long.txt"
    long.write_text("3 1 4 1 5 " * 40)
    pieces = len(model._model.vocabulary.encode(cleaning.clean(long.read_text())))
    limit = model.config.data.max_document_tokens
    status, out, err = summarize("--json", files[1], long)
    assert status == 0
    assert err == [
        f"summarizer: {long}: longer than the model's input: summarized from its first {limit} "
        f"tokens, {pieces - limit} ({1 - limit / pieces:.0%}) left out"
    ]
    first, second = map(json.loads, out)
    assert (first["truncated"], second["truncated"]) == (0, pieces - limit)
    assert second["summary"]
    (found,) = model.summarize([long.read_text()])
    assert (found.tokens_read, found.tokens_truncated) == (limit, pieces - limit)


def test_a_document_in_characters_never_seen_is_summarized_with_a_warning(summarize, tmp_path):
    strange, known = tmp_path / "strange.txt", tmp_path / "known.txt"
    strange.write_text("春眠不觉晓 1 2", encoding="utf-8")
    known.write_text("3 1 4")
    status, out, err = summarize(strange, known)
    assert status == 0
    assert len(out) == 2
    assert "\ufffd" not in out[0]
    (line,) = err
    assert re.fullmatch(
        rf"summarizer: {re.escape(str(strange))}: \d\d% of it is in characters or words that the "
        "model was not trained on; the summary means little",
        line,
    )


def test_which_model_is_used(digits, files, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shipped_model, "SHIPPED_MODEL", tmp_path / "none" / "english")
    line = fails(capsys, "summarize", files[0])
    assert line.startswith("no model: name one with --model FOLDER or SUMMARIZER_MODEL")
    assert "saved_models/english" in line
    monkeypatch.setattr(shipped_model, "SHIPPED_MODEL", digits.folder)
    assert cli.summarize_main([str(files[0])]) == 0
    shipped = capsys.readouterr().out
    monkeypatch.setattr(shipped_model, "SHIPPED_MODEL", tmp_path / "none" / "english")
    monkeypatch.setenv("SUMMARIZER_MODEL", str(digits.folder))
    assert cli.main(["summarize", str(files[0])]) == 0
    assert capsys.readouterr().out == shipped
    monkeypatch.setenv("SUMMARIZER_MODEL", str(tmp_path / "gone"))
    assert fails(capsys, "summarize", files[0]) == f"{tmp_path}/gone: no such model folder"
    assert cli.main(["summarize", "--model", str(digits.folder), str(files[0])]) == 0


def test_the_library_summarizes(digits):
    import summarizer

    model = summarizer.Summarizer.load(str(digits.folder))
    texts = ["1 2 3 4", "7 7 8", "9 8 7 6 5"]
    found = model.summarize(texts, beam=4, max_words=None, n_best=2)
    assert [s.text for s in found] == [model.summarize([t])[0].text for t in texts]
    for summary in found:
        assert summary.alternatives[0].text == summary.text
        assert len(summary.alternatives) == 2
        assert summary.alternatives[0].score == summary.score
        weights = summary.hypothesis.attention
        assert weights.sum(axis=1) == pytest.approx(1, abs=1e-3)
        assert ((summary.hypothesis.gate >= 0) & (summary.hypothesis.gate <= 1)).all()
    assert model.summarize([]) == []
    with pytest.raises(InputError, match="document 2: has no text"):
        model.summarize(["1 2", ""])


def test_standard_input_is_read_and_no_training_library_is_loaded(digits, files):
    code = """
import sys
from summarizer.cli import summarize_main

status = summarize_main(sys.argv[1:])
print(sorted({"tensorflow", "keras", "jax", "rouge_score", "matplotlib"} & set(sys.modules)))
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "--model", str(digits.folder), "-", str(files[0])],
        input="4 2 1", cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *summaries, loaded = done.stdout.splitlines()
    assert [len(line.split()) for line in summaries] == [3, 8]
    assert loaded == "[]"


def test_an_interrupt_ends_with_130(digits, files):
    """Summaries come out as they are made; the command then waits for standard input."""
    # Jobs in the background of a shell script are started with SIGINT ignored, and so are theirs.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from summarizer.cli import summarize_main; sys.exit(summarize_main())"
    )
    command = [sys.executable, "-c", code, "--model", str(digits.folder)]
    process = subprocess.Popen(
        [*command, *[str(files[1])] * FIRST, "-"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        for _ in range(FIRST):
            assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (130, "summarizer: interrupted\n")


def test_a_reader_that_leaves_is_no_error(digits, files):
    command = [sys.executable, "-m", "summarizer", "summarize", "--model", str(digits.folder)]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*command, *map(str, files)], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


# --- evaluate ----------------------------------------------------------------------------------

TEST = "reverse_digits,count=2000,seed=2"


def test_evaluate_a_model_and_then_its_predictions(digits, tmp_path, capsys):
    folder = tmp_path / "evaluation"
    assert cli.main(["evaluate", str(digits.folder), TEST, "--output", str(folder)]) == 0
    table = capsys.readouterr().out
    report = json.loads((folder / "report.json").read_text())
    lines = (folder / "predictions.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    # No model reverses most of 100 unseen documents by chance, by copying or by generating alone.
    assert report["scores"]["exact"]["mean"] > 60
    assert report["differences"]["first-k-words"]["rouge2"]["low"] > 0
    assert 60 < report["examples"] == len(records) < 140
    equal = [r["prediction"] == r["reference"] for r in records]
    assert report["scores"]["exact"]["mean"] == pytest.approx(100 * sum(equal) / len(equal))
    assert "rouge1" in table
    assert "first-k-words" in table
    assert report["signature"] in table
    assert len(report["config_hash"]) == 16
    # What the model alone tells: in the report, in the table and in the page.
    for part in [report["diagnostics"]["model"], *(p["diagnostics"] for p in report["lengths"])]:
        assert 0 < part.pop("gate")["mean"] < 1
        assert part.pop("truncated")["mean"] == 0
    told = [
        line for line in table.splitlines() if re.search("not read to|instead of copying", line)
    ]
    assert len(told) == 2
    assert re.search('data-note="[0-9]+% copied .*; gate ', (folder / "report.html").read_text())

    command = ["evaluate", TEST, "--predictions", str(folder / "predictions.jsonl")]
    assert cli.main([*command, "--output", str(tmp_path / "again")]) == 0
    left = [line for line in table.splitlines() if line not in told]
    assert capsys.readouterr().out.splitlines() == left
    page = (tmp_path / "again" / "report.html").read_text()
    assert 'data-note="in the document' in page
    assert "gate" not in page
    again = json.loads((tmp_path / "again" / "report.json").read_text())
    apart = ("config_hash", "model", "command", "overlap")
    assert {k: v for k, v in again.items() if k not in apart} == {
        k: v for k, v in report.items() if k not in apart
    }
    assert (report["overlap"], again["overlap"], again["model"]) == (0, None, "")

    (folder / "predictions.jsonl").write_text("\n".join(lines[1:]) + "\n")
    line = fails(capsys, *command, "--output", tmp_path / "again")
    assert f"missing: {records[0]['id']!r}" in line
    wrong = json.dumps({**records[0], "id": "unheard-of"})
    (folder / "predictions.jsonl").write_text("\n".join([wrong, *lines[1:]]) + "\n")
    line = fails(capsys, *command, "--output", tmp_path / "again")
    assert "not among the examples: 'unheard-of'" in line
    assert json.loads((tmp_path / "again" / "report.json").read_text()) == again


def test_evaluate_on_a_file_with_the_model_of_the_environment(
    digits, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "pairs.jsonl"
    pairs = [{"id": "x", "document": "1 2 3", "summary": "3 2 1"}]
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    monkeypatch.setenv("SUMMARIZER_MODEL", str(digits.folder))
    options = ["--output", str(tmp_path), "--stem", "no", "--allow-overlap"]
    assert cli.main(["evaluate", str(path), *options]) == 0
    assert json.loads((tmp_path / "report.json").read_text())["examples"] == 1
    capsys.readouterr()
    path.write_text('{"document": "1 2 3"}\n')
    assert str(path) in fails(capsys, "evaluate", path, "--output", tmp_path)
    path.write_text("one, two\n")
    assert f"{path}" in fails(capsys, "evaluate", path, "--output", tmp_path)


# --- the other verbs ---------------------------------------------------------------------------


def test_presets_and_datasets_are_listed_with_a_line_each(capsys):
    sources = ["arxiv", "csv", "docstrings", "folder", "jsonl", "mix", "parquet"]
    for verb, names in (
        ("presets", plugins.names("preset")),
        ("datasets", [*sources, "reverse_digits", "text", "tfds"]),
    ):
        assert cli.main([verb]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == names
        assert all(len(line.split()) > 3 for line in lines)


def test_the_demo_prints_every_article_and_one_line_of_scores(digits, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    assert cli.main(["demo", "--model", str(digits.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[:-2])) <= 72
    articles = [line for line in lines if re.fullmatch(r"(article|abstract)-\d\d, \d+ words", line)]
    assert len(articles) == len(set(articles)) == 32
    for label in ("summary", "reference", "key points"):
        assert sum(line.startswith(f"  {label:<11}") for line in lines) == 32
    assert sum("ROUGE-1" in line and "ROUGE-L" in line for line in lines) == 1
    assert lines[-1] == "digits: no card says what it was trained on"


def test_the_demo_shows_headlines_and_key_points_of_the_shipped_model(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10000")
    assert cli.main(["demo"]) == 0
    news, papers = capsys.readouterr().out.split("Abstracts of papers")
    documents = {}
    for name in ("articles", "abstracts"):
        rows = (ROOT / "data" / f"{name}.en.jsonl").read_text("utf-8").splitlines()
        documents |= {row["id"]: row["document"] for row in map(json.loads, rows)}
    blocks = re.findall(r"^(\S+), \d+ words\n(.+?)\n\n", news + papers, re.M | re.S)
    assert [name for name, _ in blocks] == [*documents]
    for name, block in blocks:
        labels = {"headline", "extract", *(["title"] if name.startswith("abstract") else [])}
        assert block[2:13].strip() in labels
        points = re.findall(r"- (.+)$", block.partition("  key points ")[2], re.M)
        assert points
        assert all(point in documents[name] for point in points)


# --- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--preset", "docstring"), "unknown preset 'docstring': did you mean 'docstrings'?"),
        (("--set", "train.stepz=3"), "unknown setting 'train.stepz': did you mean 'steps'?"),
        (("--set", "trian.steps=3"), "unknown setting 'trian.steps': did you mean 'train'?"),
        (("--set", "train.steps=many"), "train.steps='many': must be a value of type int"),
        (("--set", "train.steps=0"), "train.steps=0: must be above 0"),
        (("--set", "train.steps"), "setting 'train.steps' is not of the form name=value"),
        (("--set", "train.compile=xlaa"), "train.compile=xlaa: did you mean 'xla'?"),
        (("--set", "train.precision=float16"), "train.precision=float16: did you mean 'float32'?"),
        (("--set", "model.dropout=1"), "model.dropout=1.0: must be below 1"),
        (
            ("--set", "decode.min_tokens=50"),
            "decode.min_tokens=50: must be at most decode.max_tokens=32",
        ),
        (("--set", "model.attention=dott"), "unknown attention 'dott': did you mean 'dot'?"),
        (("--set", "model.decoder_cell=lstn"), "unknown cell 'lstn': did you mean 'lstm'?"),
        (("--set", "decode.strategy=beem"), "unknown strategy 'beem': did you mean 'beam'?"),
        (
            ("--set", "model.encoder.widht=3"),
            "encoder 'bidirectional' has no option 'widht': did you mean 'width'?",
        ),
        (
            ("--set", "model.encoder.width=0"),
            "cell 'lstm': width=0: must be a whole number above 0",
        ),
        (
            ("--set", "model.encoder.cell=gruu"),
            "unknown cell 'gruu': did you mean 'gru'?",
        ),
        (("--data", "reverse_digit"), "did you mean 'reverse_digits'?"),
        (("--data", "reverse_digits,cuont=3"), "has no option 'cuont': did you mean 'count'?"),
        (("--data", "reverse_digits,count=x"), "count=x: must be a whole number"),
        (("--data", "none.jsonl"), "none.jsonl: no such file"),
        (("--data", "none.docx"), "none.docx: no such file or folder"),
    ],
)
def test_mistakes_name_the_nearest_match(tmp_path, capsys, words, line):
    told = fails(capsys, "train", "--output", tmp_path / "run", *words)
    assert line in told
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["summarise"],
        ["summarize", "--beam", "many", "x.txt"],
        ["train", "--unknown"],
        ["export"],
        ["export", "x", "--format", "saved"],
        ["evaluate"],
        ["evaluate", "a", "b", "c"],
        ["evaluate", "a", "b", "--predictions", "c"],
        ["evaluate", "a", "--stem", "perhaps"],
        ["summarize", "a", "--strategy", "bean"],
        ["summarize", "a", "--length-normalization", "avg"],
        ["summarize", "a", "--faithful", "strikt"],
        ["summarize", "a", "--long", "half"],
    ],
)
def test_wrong_usage_ends_with_2(capsys, words):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "usage: summarizer" in said.err


def test_help_and_version_end_with_0(capsys):
    verbs = ("summarize", "train", "evaluate", "export", "datasets", "presets", "demo")
    for words in (["--help"], ["--version"], *([verb, "--help"] for verb in verbs)):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(f"usage: summarizer {verb} " in said for verb in verbs)


def test_tracebacks_only_with_debug(tmp_path, capsys):
    words = ["summarize", "--model", str(tmp_path / "none"), "x.txt"]
    assert fails(capsys, *words) == f"{tmp_path}/none: no such model folder"
    with pytest.raises(ModelError, match="no such model folder"):
        cli.main([*words, "--debug"])


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    line = fails(capsys, "train", "--preset", "reverse_digits", "--output", tmp_path / "file" / "x")
    assert line == f"{tmp_path}/file/x: not a directory"


def test_a_defect_is_not_hidden(monkeypatch):
    def broken() -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(presets, "list_presets", broken)
    with pytest.raises(ValueError, match="a defect"):
        cli.main(["presets"])
