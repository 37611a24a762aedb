"""From a cold process to the printed summary, and to the help: seconds and memory.

Each child is a whole command, started as a user would; they take turns. `python -c pass` shows what
is Python's own. `--quick` makes each child once. Within the command: what is loading and what is
answering.
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
MODEL = ROOT / "saved_models" / "arxiv-titles"
ARTICLES = ROOT / "data" / "abstracts.en.jsonl"
SECONDS, MEGABYTES, HELP_SECONDS = 0.5, 250, 0.15  # the targets

# Prints the seconds of each stage of what `summarize FILE` does.
STAGES = """
import json, sys, time
begin = time.perf_counter()
from summarizer.api import summarizer as api
imported = time.perf_counter()
summarizer = api.Summarizer.load(sys.argv[1])
loaded = time.perf_counter()
summarizer.summarize([open(sys.argv[2]).read()])
first = time.perf_counter()
summarizer.summarize([open(sys.argv[2]).read()])
again = time.perf_counter()
print(json.dumps([imported - begin, loaded - imported, first - loaded, again - first]))
"""
NAMES = ("import", "load the model", "first answer", "second answer")


def main() -> None:
    parser = measure.arguments(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=15, help="children of each kind")
    parser.add_argument("--model", type=Path, default=MODEL, help="default: the shipped one")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        article = Path(folder) / "article.txt"
        with ARTICLES.open(encoding="utf-8") as lines:
            article.write_text(json.loads(next(lines))["document"], encoding="utf-8")
        model = ["--model", str(options.model)]
        command = ["-m", "summarizer"]
        children = {
            "python -c pass": ["-c", "pass"],
            "summarizer --help": [*command, "--help"],
            "summarize article.txt": [*command, "summarize", *model, str(article)],
        }
        found = turns(children, rounds)
        stages = [stage(options.model, article) for _ in range(min(rounds, 5))]
    report = measure.Report("startup")
    goals = {"summarizer --help": HELP_SECONDS, "summarize article.txt": SECONDS}
    for name, runs in found.items():
        middle, low, high = measure.spread([seconds for seconds, _ in runs])
        report.add(f"{name}: wall", middle, "s", low, high, goals.get(name))
    for name, runs in found.items():
        middle, low, high = measure.spread([size for _, size in runs])
        most = MEGABYTES if name == "summarize article.txt" else None
        report.add(f"{name}: peak memory", middle, "MB", low, high, most)
    for name, values in zip(NAMES, zip(*stages, strict=True), strict=True):
        report.add(f"summarize article.txt: {name}", *spread_of(values))
    report.detail["seconds and MB"] = found
    print(report.write(options.results))


def spread_of(values: tuple[float, ...]) -> tuple[float, str, float, float]:
    middle, low, high = measure.spread(values)
    return middle, "s", low, high


def turns(children: dict[str, list[str]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and peak MB of each child; the first round, from a cold disk, is not counted."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in children}
    for turn in range(rounds + 1):
        for name, words in children.items():
            seconds, size = child(words)
            if turn:
                found[name].append((seconds, size))
    return found


def child(words: list[str]) -> tuple[float, float]:
    """Run Python with these words; wall seconds, and the most memory it held in MB.

    `wait4` tells of this child alone. A process is started with what its parent holds counted as
    its own, so the parent must stay small: this one imports no array library.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: {said.decode()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss
    return seconds, usage.ru_maxrss / unit


def stage(model: Path, article: Path) -> list[float]:
    command = [sys.executable, "-c", STAGES, str(model), str(article)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
