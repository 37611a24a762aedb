"""One process for each system, and the seconds of its steps, measured in turns."""

import statistics
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

from measure import interleaved

from step.shape import SMALL, Shape
from step.worker import Absent, Worker, sized

CHOICES = ("float32 graph", "float32 xla", "mixed_bfloat16 graph", "mixed_bfloat16 xla")
# By backend: system, library of its process, its cases, and the number of them with --quick.
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
REFERENCE_CASE = {"tensorflow": "float32 graph", "jax": "float32 xla"}
DTYPES = ("float32", "bfloat16")
CLOSE = 1e-3  # relative difference of the losses of three steps from the same weights, float32
HOPELESS = 8  # a case so many times slower than the fastest is not repeated
TURN = 0.2  # minimum seconds of a turn, which may be several steps

Case = tuple[str, str]


class Bench:
    """The processes, their cases, and the seconds of each step.

    Args:
        backend: tensorflow or jax.
        shape: sizes of batch and model.
        patterns: `system case` must match one of them.
        quick: whether to measure only some cases.
    """

    def __init__(self, backend: str, shape: Shape, patterns: list[str], quick: bool = False):
        self.shape, self.reference_case = shape, REFERENCE_CASE[backend]
        self.used: list[str] = []  # systems, ours first
        self.absent: dict[str, str] = {}  # system → reason
        self.workers: dict[str, Worker] = {}
        self.cases: list[Case] = []
        self.skipped: dict[Case, str] = {}
        self.parameters: dict[str, int] = {}
        self.seconds: dict[Case, list[float]] = {}
        self.products: dict[tuple[str, str], list[list[float]]] = {}  # system, dtype
        for system, library, cases, quick_count in SYSTEMS[backend]:
            matching = [c for c in cases if any(fnmatch(f"{system} {c}", p) for p in patterns)]
            matching = matching[:quick_count] if quick else matching
            if cases and not matching and system != "ours":
                continue
            try:
                self.workers[system] = Worker(system, library)
            except Absent as error:
                self.absent[system] = str(error)
                continue
            if system == "ours" and any(case.endswith("xla") for case in matching):
                self.workers["ours xla"] = Worker(system, library)  # see `hardware.set_threads`
            self.used += [system] if matching or system == "ours" else []
            self.cases += [(system, case) for case in matching]

    def same(self) -> dict[str, list[float]]:
        """Check that all systems compute the same; return the first losses of each.

        Raises:
            SystemExit: a system computes something else.
        """
        losses: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            options = {"shape": sized(SMALL), "path": f"{folder}/weights.npz", "steps": 3}
            for system in self.used:
                case = "float32" if system.startswith("torch") else self.reference_case
                try:
                    losses[system] = self.workers[system].ask("losses", case=case, **options)
                except Absent as error:
                    if system == "ours":
                        raise SystemExit(f"ours: {error}") from None
                    self.absent[system] = str(error)
                    self.cases = [c for c in self.cases if c[0] != system]
        for system, values in losses.items():
            for mine, theirs in zip(losses["ours"], values, strict=True):
                if not abs(mine - theirs) < CLOSE * abs(mine):
                    raise SystemExit(
                        f"{system}: losses {values} differ from ours, {losses['ours']}"
                    )
        return losses

    def prepare(self) -> None:
        """Build and compile each case; skip cases that are hopelessly slow.

        Raises:
            SystemExit: the systems have different numbers of parameters.
        """
        first: dict[Case, float] = {}  # seconds of a step
        for system, case in self.cases:
            worker = self._worker(system, case)
            try:
                self.parameters[system] = worker.ask("build", case=case, shape=sized(self.shape))
                worker.ask("step", case=case)
                first[system, case] = min(worker.ask("step", case=case) for _ in range(2))
            except Absent as error:
                self.skipped[system, case] = str(error)
        if len(set(self.parameters.values())) > 1:
            raise SystemExit(f"different numbers of parameters: {self.parameters}")
        self.steps = {c: min(100, int(TURN / s) + 1) for c, s in first.items()}
        for case, seconds in first.items():
            self.seconds[case] = [seconds]
            if seconds > HOPELESS * min(first.values()):
                self.skipped[case] = "two calls: too slow to repeat"
                self._worker(*case).ask("forget", case=case[1])

    def _worker(self, system: str, case: str) -> Worker:
        """Return the process of a case; ours has one for graphs and one for XLA."""
        return self.workers.get(f"{system} {case.split()[-1]}", self.workers[system])

    def run(self, rounds: int, multiply: bool) -> None:
        """Time the cases and the matrix products alone, in turns."""
        turns: dict[str, Callable[[], Any]] = {}
        for system, case in self.cases:
            if (system, case) not in self.skipped:
                turns[f"{system} {case}"] = self._stepping(system, case)
        for system in self.workers if multiply else ():
            if system.startswith("products"):
                for dtype in DTYPES[:1] if system == "products numpy" else DTYPES:
                    turns[f"{system} {dtype}"] = self._multiplying(system, dtype)
        interleaved(turns, rounds, warm=2)
        for seconds in (*self.seconds.values(), *self.products.values()):
            del seconds[:-rounds]  # of the preparation

    def _stepping(self, system: str, case: str) -> Callable[[], None]:
        seconds = self.seconds[system, case]
        options = {"case": case, "steps": self.steps[system, case]}
        return lambda: seconds.append(self._worker(system, case).ask("step", **options))

    def _multiplying(self, system: str, dtype: str) -> Callable[[], None]:
        seconds = self.products.setdefault((system, dtype), [])
        options = {"shape": sized(self.shape), "dtype": dtype}
        return lambda: seconds.append(self.workers[system].ask("products", **options))

    def close(self) -> None:
        """End the processes."""
        for worker in self.workers.values():
            worker.close()

    def ours(self) -> str | None:
        """Return the case that training chooses on this machine, else the fastest."""
        mine = {
            c: statistics.median(s) for (system, c), s in self.seconds.items() if system == "ours"
        }
        chosen = self.workers["ours"].ask("chosen")
        return chosen if chosen in mine else min(mine, key=lambda c: mine[c], default=None)
