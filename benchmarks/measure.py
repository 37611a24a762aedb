"""What every benchmark shares: fair timing, rows against targets, and a record of the machine.

Cases take turns, so that what disturbs the machine disturbs all of them alike; what is compared
comes from one run. Every benchmark is a command: `python benchmarks/NAME.py [--quick]` prints its
rows and writes `benchmarks/results/NAME.json`; `benchmarks/table.py` puts all rows into one table.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("jax", "keras", "numpy", "onnxruntime", "sentencepiece", "tensorflow", "torch")


@dataclass(frozen=True)
class Row:
    """One measured property beside what it should reach."""

    what: str
    value: float | None  # the median; None: not measured
    unit: str
    low: float | None = None  # of the repeats
    high: float | None = None
    target: float | None = None  # None: shown for comparison only
    least: bool = False  # the target is a most unless this is set
    note: str = ""  # why it was not measured, or under which conditions

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target or a value."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.least else self.value <= self.target


@dataclass
class Report:
    """The rows of one benchmark."""

    name: str
    rows: list[Row] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)

    def add(self, *args: Any, **named: Any) -> None:
        """Add a `Row` and print it."""
        self.rows.append(Row(*args, **named))
        print(line(asdict(self.rows[-1]) | {"met": self.rows[-1].met}), flush=True)

    def write(self, folder: Path = RESULTS) -> Path:
        """Write the rows, the machine and the versions, aside and renamed."""
        path = folder / f"{self.name}.json"
        rows = [asdict(row) | {"met": row.met} for row in self.rows]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = {"benchmark": self.name, "time": now, "commit": commit(), "machine": machine()}
        record |= {"versions": versions(), "rows": rows, "detail": self.detail}
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(record, indent=1) + "\n")
        part.replace(path)
        return path


def arguments(text: str) -> argparse.ArgumentParser:
    """Return the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--quick", action="store_true", help="small: tries the code, not the speed")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON goes")
    return parser


def interleaved(
    cases: Mapping[str, Callable[[], Any]], rounds: int, warm: int = 2
) -> dict[str, list[float]]:
    """Seconds of each call of each case; the cases take turns, after `warm` calls each."""
    for case in cases.values():
        for _ in range(warm):
            case()
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, first and third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def line(row: Mapping[str, Any]) -> str:
    """One row as text: what, value with spread, target, and whether it is met."""
    if row["value"] is None:
        return f"{row['what']:<58} not measured: {row['note']}"
    value = f"{row['value']:.4g} {row['unit']}"
    if row["low"] is not None:
        value += f" [{row['low']:.4g}, {row['high']:.4g}]"
    goal = ""
    if row["target"] is not None:
        goal = f"{'≥' if row['least'] else '≤'} {row['target']:g} "
        goal += "met" if row["met"] else "MISSED"
    note = f"  ({row['note']})" if row["note"] else ""
    return f"{row['what']:<58} {value:<34} {goal}{note}".rstrip()


def peak() -> int:
    """Most memory that this process has had, in bytes.

    From /proc where it is: `getrusage` counts what the parent held when it started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    found: dict[str, Any] = {"processor": platform.processor() or platform.machine()}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        text = cpuinfo.read_text()
        names = [x.split(":")[1].strip() for x in text.splitlines() if x.startswith("model name")]
        found["processor"] = names[0] if names else found["processor"]
        found["bfloat16"] = "avx512_bf16" in text or "amx_bf16" in text
    affinity = getattr(os, "sched_getaffinity", None)
    found["cores"] = len(affinity(0)) if affinity else os.cpu_count()
    if hasattr(os, "sysconf"):
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        found["memory_gb"] = round(pages / 2**30, 1)
    found["system"], found["python"] = platform.system(), platform.python_version()
    return found


def versions() -> dict[str, str]:
    """The installed packages that matter here."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The revision that was measured, with + if files differ from it."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True)
    except OSError:
        return ""
    return head.stdout.strip()[:12] + ("+" if changed.returncode else "")
