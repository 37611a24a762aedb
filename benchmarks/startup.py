"""Seconds and memory from a cold process to the printed summary, and to the help text.

Each child is a whole command as a user starts it; the children take turns. `python -c pass` shows
the share of Python itself. `--quick` runs each child once. The stages within the command show what
loading and what summarizing takes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "saved_models" / "english"
ARTICLES = ROOT / "data" / "abstracts.en.jsonl"
SUMMARIZE, HELP = "summarize article.txt", "summarizer --help"
TARGET_SECONDS = {HELP: 0.15, SUMMARIZE: 0.5}
TARGET_MEGABYTES = {SUMMARIZE: 250}

# Prints the seconds of each stage of `summarize FILE`.
STAGES = """
import json, sys, time
begin = time.perf_counter()
from summarizer import Summarizer
imported = time.perf_counter()
summarizer = Summarizer.load(sys.argv[1])
loaded = time.perf_counter()
summarizer.summarize([open(sys.argv[2]).read()])
first = time.perf_counter()
summarizer.summarize([open(sys.argv[2]).read()])
again = time.perf_counter()
print(json.dumps([imported - begin, loaded - imported, first - loaded, again - first]))
"""
STAGE_NAMES = ("import", "load the model", "first answer", "second answer")

Runs = dict[str, list[tuple[float, float]]]  # child → seconds and peak MB of each run


def main() -> None:
    parser = measure.arguments(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=15, help="number of runs of each child")
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="model folder; default: the shipped model"
    )
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        article = Path(folder) / "article.txt"
        with ARTICLES.open(encoding="utf-8") as lines:
            article.write_text(json.loads(next(lines))["document"], encoding="utf-8")
        command = ["-m", "summarizer"]
        model = ["--model", str(options.model)]
        children = {
            "python -c pass": ["-c", "pass"],
            HELP: [*command, "--help"],
            SUMMARIZE: [*command, "summarize", *model, str(article)],
        }
        runs = run_children(children, rounds)
        stages = [time_stages(options.model, article) for _ in range(min(rounds, 5))]
    report = measure.Report("startup")
    add_rows(report, runs, stages)
    print(report.write(options.results))


def add_rows(report: measure.Report, runs: Runs, stages: list[list[float]]) -> None:
    """Add the rows of the children, and those of the stages."""
    for name, measured in runs.items():
        middle, low, high = measure.spread([seconds for seconds, _ in measured])
        report.add(f"{name}: wall", middle, "s", low, high, TARGET_SECONDS.get(name))
    for name, measured in runs.items():
        middle, low, high = measure.spread([size for _, size in measured])
        report.add(f"{name}: peak memory", middle, "MB", low, high, TARGET_MEGABYTES.get(name))
    for name, seconds in zip(STAGE_NAMES, zip(*stages, strict=True), strict=True):
        middle, low, high = measure.spread(seconds)
        report.add(f"{SUMMARIZE}: {name}", middle, "s", low, high)
    report.detail["seconds and MB"] = runs


def run_children(children: dict[str, list[str]], rounds: int) -> Runs:
    """Return the seconds and peak MB of each run of each child.

    The first round, from a cold disk, does not count.
    """
    runs: Runs = {name: [] for name in children}
    for turn in range(rounds + 1):
        for name, words in children.items():
            seconds, size = run_child(words)
            if turn:
                runs[name].append((seconds, size))
    return runs


def run_child(words: list[str]) -> tuple[float, float]:
    """Run Python with these words; return the wall seconds and the peak memory in MB.

    `wait4` counts this child alone. A new process inherits the peak memory of its parent, so this
    module imports no array library.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: {errors.decode()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss
    return seconds, usage.ru_maxrss / unit


def time_stages(model: Path, article: Path) -> list[float]:
    """Return the seconds of each stage of `STAGE_NAMES`, in a process of their own."""
    command = [sys.executable, "-c", STAGES, str(model), str(article)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout)
    return seconds


if __name__ == "__main__":
    main()
