"""A step of training: this project, Keras's own layers, PyTorch, and the matrix products alone.

Each system computes in a process of its own when it is its turn. Before anything is timed, they
are seen to have as many parameters and to give the same losses from the same weights.
"""

import statistics
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

from measure import Report, arguments, interleaved, spread
from step.shape import REFERENCE, SMALL, Shape, products
from step.worker import Absent, Worker, sized

QUICK = Shape(8, 12, 6, 320, 16, 16, 32)
CHOICES = ("float32 graph", "float32 xla", "mixed_bfloat16 graph", "mixed_bfloat16 xla")
# By back end: system, the library of its process, its cases, how many of them --quick tries.
SYSTEMS = {
    "tensorflow": (
        ("ours", "tensorflow", CHOICES, 1),
        ("keras", "tensorflow", CHOICES[:3], 1),
        ("torch", "torch", ("float32", "bfloat16"), 2),
        ("torch kept", "torch", ("float32", "bfloat16"), 0),
        ("products tensorflow", "tensorflow", (), 0),
        ("products torch", "torch", (), 0),
        ("products numpy", "numpy", (), 0),
    ),
    "jax": (
        ("ours", "jax", ("float32 xla", "mixed_bfloat16 xla"), 1),
        ("torch", "torch", ("float32", "bfloat16"), 0),
    ),
}
PLAIN = {"tensorflow": "float32 graph", "jax": "float32 xla"}
NAMES = {
    "ours": "ours",
    "keras": "Keras's own layers",
    "torch": "PyTorch nn.LSTM",
    "torch kept": "PyTorch nn.LSTM with freed memory kept",
    "products tensorflow": "TensorFlow",
    "products torch": "PyTorch",
    "products numpy": "NumPy",
}
# Ours over what else, at least; without a number for comparison.
TARGETS = {
    "tensorflow": {
        ("torch", "bfloat16"): 1.3,
        ("torch", "float32"): 1.9,
        ("torch kept", "bfloat16"): None,
        ("torch kept", "float32"): None,
        ("keras", "float32 graph"): 2.5,
        ("keras", "float32 xla"): 2.5,
        ("keras", "mixed_bfloat16 graph"): None,
    },
    "jax": {("torch", "bfloat16"): 1.0, ("torch", "float32"): None},
}
DTYPES = ("float32", "bfloat16")
SHARE = 75  # percent of the bfloat16 ceiling
CLOSE = 1e-3  # losses of three steps from the same weights, in float32
HOPELESS = 8  # times slower than the fastest case: not repeated
TURN = 0.2  # seconds of a turn at least: short steps are several

Case = tuple[str, str]


class Bench:
    """The processes, their cases, and the seconds of each step.

    Args:
        backend: tensorflow or jax.
        shape: of the step.
        wanted: patterns; `system case` must match one.
        quick: only some cases.
    """

    def __init__(self, backend: str, shape: Shape, wanted: list[str], quick: bool = False):
        self.shape, self.plain = shape, PLAIN[backend]
        self.used: list[str] = []  # systems, ours first
        self.absent: dict[str, str] = {}  # system: why
        self.workers: dict[str, Worker] = {}
        self.cases: list[Case] = []
        self.skipped: dict[Case, str] = {}
        self.parameters: dict[str, int] = {}
        self.seconds: dict[Case, list[float]] = {}
        self.products: dict[tuple[str, str], list[list[float]]] = {}  # system, dtype
        for system, library, cases, some in SYSTEMS[backend]:
            matching = [c for c in cases if any(fnmatch(f"{system} {c}", w) for w in wanted)]
            matching = matching[:some] if quick else matching
            if cases and not matching and system != "ours":
                continue
            try:
                self.workers[system] = Worker(system, library)
            except Absent as error:
                self.absent[system] = str(error)
                continue
            self.used += [system] if matching or system == "ours" else []
            self.cases += [(system, case) for case in matching]

    def same(self) -> dict[str, list[float]]:
        """Check that every system computes the same; the first losses of each.

        Raises:
            SystemExit: one does not.
        """
        losses: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            about = {"shape": sized(SMALL), "path": f"{folder}/weights.npz", "steps": 3}
            for system in self.used:
                case = "float32" if system.startswith("torch") else self.plain
                try:
                    losses[system] = self.workers[system].ask("losses", case=case, **about)
                except Absent as error:
                    if system == "ours":
                        raise SystemExit(f"ours: {error}") from None
                    self.absent[system] = str(error)
                    self.cases = [c for c in self.cases if c[0] != system]
        for system, found in losses.items():
            for mine, theirs in zip(losses["ours"], found, strict=True):
                if not abs(mine - theirs) < CLOSE * abs(mine):
                    raise SystemExit(f"{system}: losses {found}, ours {losses['ours']}: not alike")
        return losses

    def prepare(self) -> None:
        """Make and compile each case; set aside what is hopelessly slow.

        Raises:
            SystemExit: the systems have different numbers of parameters.
        """
        once: dict[Case, float] = {}
        for system, case in self.cases:
            worker = self.workers[system]
            count = worker.ask("build", case=case, shape=sized(self.shape))
            self.parameters[system] = count
            worker.ask("step", case=case)
            once[system, case] = min(worker.ask("step", case=case) for _ in range(2))
        if len(set(self.parameters.values())) > 1:
            raise SystemExit(f"different numbers of parameters: {self.parameters}")
        self.steps = {c: min(100, int(TURN / s) + 1) for c, s in once.items()}
        for case, seconds in once.items():
            if seconds > HOPELESS * min(once.values()):
                self.skipped[case] = "two calls: too slow to be repeated"
                self.seconds[case] = [seconds]
                self.workers[case[0]].ask("forget", case=case[1])

    def run(self, rounds: int, multiply: bool) -> None:
        """Time the cases, and the products alone, in turns."""
        turns: dict[str, Callable[[], Any]] = {}
        for system, case in self.cases:
            if (system, case) not in self.skipped:
                turns[f"{system} {case}"] = self._stepping(system, case)
        for system in self.workers if multiply else ():
            if system.startswith("products"):
                for dtype in DTYPES[:1] if system == "products numpy" else DTYPES:
                    turns[f"{system} {dtype}"] = self._multiplying(system, dtype)
        interleaved(turns, rounds, warm=2)
        for found in (*self.seconds.values(), *self.products.values()):
            del found[:-rounds]  # of the warm calls

    def _stepping(self, system: str, case: str) -> Callable[[], None]:
        kept = self.seconds.setdefault((system, case), [])
        about = {"case": case, "steps": self.steps[system, case]}
        return lambda: kept.append(self.workers[system].ask("step", **about))

    def _multiplying(self, system: str, dtype: str) -> Callable[[], None]:
        kept = self.products.setdefault((system, dtype), [])
        about = {"shape": sized(self.shape), "dtype": dtype}
        return lambda: kept.append(self.workers[system].ask("products", **about))

    def close(self) -> None:
        """End the processes."""
        for worker in self.workers.values():
            worker.close()

    def ours(self) -> str | None:
        """The case that the product chooses on this machine, or else the fastest."""
        mine = {
            c: statistics.median(s) for (system, c), s in self.seconds.items() if system == "ours"
        }
        chosen = self.workers["ours"].ask("chosen")
        return chosen if chosen in mine else min(mine, key=lambda c: mine[c], default=None)


def speeds(bench: Bench, report: Report) -> None:
    """Examples a second of each case."""
    for (system, case), seconds in bench.seconds.items():
        rates = spread([bench.shape.batch / s for s in seconds])
        note = bench.skipped.get((system, case), "")
        report.add(f"{NAMES[system]}, {case}", rates[0], "examples/s", *rates[1:], note=note)


def ratios(bench: Bench, report: Report, backend: str, mine: str | None) -> None:
    """Ours over the others, in the same round."""
    for (system, case), target in TARGETS[backend].items():
        what = f"ours / {NAMES[system]}, {case}"
        theirs = bench.seconds.get((system, case))
        if not theirs or mine is None:
            why = bench.absent.get(system, "not among the cases that were asked for")
            report.add(what, None, "x", target=target, least=True, note=why)
            continue
        found = spread([b / a for a, b in zip(bench.seconds["ours", mine], theirs, strict=False)])
        report.add(what, found[0], "x", *found[1:], target=target, least=True, note=mine)


def ceiling(bench: Bench, report: Report, mine: str | None) -> None:
    """The matrix products alone, each by the fastest library, and what share of it ours is."""
    listed = products(bench.shape)
    gflop = sum(p.gflop for p in listed)
    for dtype in DTYPES:
        by = {s: _medians(found) for (s, d), found in bench.products.items() if d == dtype}
        if not by:
            continue
        best = [
            min((seconds[i], system) for system, seconds in by.items()) for i in range(len(listed))
        ]
        total = sum(seconds for seconds, _ in best)
        report.detail[f"products {dtype}"] = [
            {**p._asdict(), "ms": 1e3 * s, "by": NAMES[system], "gflop_per_s": p.gflop / s}
            for p, (s, system) in zip(listed, best, strict=True)
        ]
        note = f"{gflop:.1f} GFLOP in {1e3 * total:.0f} ms"
        report.add(f"matrix products alone, {dtype}", gflop / total, "GFLOP/s", note=note)
        for system, seconds in by.items():
            rate = gflop / sum(seconds)
            report.add(f"matrix products alone, {dtype}, {NAMES[system]}", rate, "GFLOP/s")
        if mine:
            found = spread([100 * total / s for s in bench.seconds["ours", mine]])
            goal = SHARE if dtype == "bfloat16" else None
            what = f"ours, share of the {dtype} ceiling"
            report.add(what, found[0], "%", *found[1:], target=goal, least=True, note=mine)
    if mine:
        found = spread([gflop / s for s in bench.seconds["ours", mine]])
        report.add("ours, GFLOP/s of these products", found[0], "GFLOP/s", *found[1:], note=mine)


def _medians(found: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*found, strict=True)]


def inside(bench: Bench, report: Report, mine: str, rounds: int) -> None:
    """Where the time of our step goes."""
    worker = bench.workers["ours"]
    parts = worker.ask("split", case=mine, steps=rounds)
    whole = sum(parts.values())
    for part, seconds in parts.items():
        report.add(f"of our step: {part}", 100 * seconds / whole, "%", note=mine)


def accelerated(bench: Bench, report: Report, mine: str) -> None:
    """With JAX: no TensorFlow, XLA once per bucket, the share of the device's matrix rate."""
    worker = bench.workers["ours"]
    about = worker.ask("about")
    report.detail["device"] = about
    report.add("TensorFlow imported", float(about["tensorflow"]), "times", target=0)
    found = worker.ask("compilations", case=mine, shape=sized(SMALL), documents=[12, 17, 21])
    per = found["compiled"] / found["buckets"]
    report.detail["compilations"] = found
    # A number on each side: more is a step compiled again, fewer one that XLA never saw.
    report.add("compilations by XLA, of a bucket shape, beside 1", abs(per - 1), "", target=0)
    dtype = "bfloat16" if mine.startswith("mixed") else "float32"
    size, count = (8192, 20) if about["accelerator"] else (1024, 4)
    rate = worker.ask("rate", dtype=dtype, size=size, count=count)
    gflop = sum(p.gflop for p in products(bench.shape))
    share = spread([100 * gflop / s / rate for s in bench.seconds["ours", mine]])
    report.add(f"{dtype} products of {size} x {size}", rate, "GFLOP/s", note=about["device"])
    report.add(f"ours, share of that {dtype} rate", share[0], "%", *share[1:], note=mine)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--backend", choices=SYSTEMS, default="tensorflow")
    parser.add_argument(
        "--cases", nargs="+", default=["*"], help="patterns, such as 'ours *bfloat16*' 'torch *'"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps-only", action="store_true", help="no ceiling, no split by parts")
    given = parser.parse_args()
    shape, rounds = (QUICK, 2) if given.quick else (REFERENCE, given.rounds)
    report = Report("train_step" if given.backend == "tensorflow" else "train_step_jax")
    bench = Bench(given.backend, shape, given.cases, given.quick)
    try:
        report.detail["losses"] = bench.same()
        bench.prepare()
        report.detail["parameters"] = bench.parameters
        bench.run(rounds, given.backend == "tensorflow" and not given.steps_only)
        mine = bench.ours()
        speeds(bench, report)
        ratios(bench, report, given.backend, mine)
        ceiling(bench, report, mine)
        if mine and not given.steps_only:
            inside(bench, report, mine, rounds)
        if mine and given.backend == "jax":
            accelerated(bench, report, mine)
    finally:
        bench.close()
    report.detail["shape"] = sized(shape)
    report.detail["seconds"] = {" ".join(case): s for case, s in bench.seconds.items()}
    print(report.write(given.results))


if __name__ == "__main__":
    main()
