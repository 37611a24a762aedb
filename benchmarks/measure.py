"""Shared parts of the benchmarks: fair timing, rows with targets, and a record of the machine.

Cases take turns, so that a disturbance of the machine affects all of them alike; compared numbers
come from one run. Every benchmark is a command: `python benchmarks/NAME.py [--quick]` prints its
rows and writes `benchmarks/results/NAME.json`; `benchmarks/table.py` prints all rows in one table.
"""

import argparse
import contextlib
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
    """One measured property with its target. The results have the same names.

    Attributes:
        what: name of the property.
        value: median of the repeats; None: not measured.
        unit: unit of the value.
        low: first quartile of the repeats; None: not repeated.
        high: third quartile of the repeats.
        target: value to reach; None: shown for comparison only.
        least: whether the target is a minimum; else it is a maximum.
        note: conditions of the measurement, or why there is none.
    """

    what: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    target: float | None = None
    least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Return whether the target is reached; None without a target or a value."""
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
        row = Row(*args, **named)
        self.rows.append(row)
        print(line(asdict(row) | {"met": row.met}), flush=True)

    def write(self, folder: Path = RESULTS) -> Path:
        """Write the rows, the machine and the versions; return the path of the file."""
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
    """Return a parser with the options of every benchmark."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes that test the code, not the speed"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the JSON file")
    return parser


def interleaved(
    cases: Mapping[str, Callable[[], object]], rounds: int, warm: int = 2
) -> dict[str, list[float]]:
    """Return the seconds of each call of each case; the cases take turns.

    Args:
        cases: name → function to time.
        rounds: number of timed calls of each case.
        warm: number of calls of each case before that.
    """
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
    """Return the median, the first and the third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def line(row: Mapping[str, Any]) -> str:
    """Return a row as text: property, value with quartiles, target, and whether it is met."""
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
    """Return the peak memory of this process in bytes.

    It is read from /proc if possible, because `getrusage` includes the memory that the parent had
    when it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    peak_size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_size if sys.platform == "darwin" else 1024 * peak_size


def machine() -> dict[str, Any]:
    """Return the properties of the machine that the numbers depend on."""
    properties: dict[str, Any] = {"processor": platform.processor() or platform.machine()}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        text = cpuinfo.read_text()
        names = [x.split(":")[1].strip() for x in text.splitlines() if x.startswith("model name")]
        if names:
            properties["processor"] = names[0]
        properties["bfloat16"] = "avx512_bf16" in text or "amx_bf16" in text
    affinity = getattr(os, "sched_getaffinity", None)
    properties["cores"] = len(affinity(0)) if affinity else os.cpu_count()
    if hasattr(os, "sysconf"):
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        properties["memory_gb"] = round(pages / 2**30, 1)
    properties["system"], properties["python"] = platform.system(), platform.python_version()
    return properties


def versions() -> dict[str, str]:
    """Return the versions of the installed packages that the numbers depend on."""
    installed = {}
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[name] = metadata.version(name)
    return installed


def commit() -> str:
    """Return the commit that was measured, with + if files differ from it; "" without Git."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True)
    except OSError:
        return ""
    return head.stdout.strip()[:12] + ("+" if changed.returncode else "")
