"""The systems' processes, and the seconds that each takes when it is its turn."""

import statistics
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

from measure import interleaved

from step.shape import SMALL, Shape
from step.worker import Absent, Worker, sized

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
DTYPES = ("float32", "bfloat16")
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
        self.shape, self.decode_raw = shape, PLAIN[backend]
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
            if system == "ours" and any(case.endswith("xla") for case in matching):
                self.workers["ours xla"] = Worker(system, library)  # see `machine.share_cores`
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
                case = "float32" if system.startswith("torch") else self.decode_raw
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
            worker = self._worker(system, case)
            try:
                self.parameters[system] = worker.ask("build", case=case, shape=sized(self.shape))
                worker.ask("step", case=case)
                once[system, case] = min(worker.ask("step", case=case) for _ in range(2))
            except Absent as error:
                self.skipped[system, case] = str(error)
        if len(set(self.parameters.values())) > 1:
            raise SystemExit(f"different numbers of parameters: {self.parameters}")
        self.steps = {c: min(100, int(TURN / s) + 1) for c, s in once.items()}
        for case, seconds in once.items():
            self.seconds[case] = [seconds]
            if seconds > HOPELESS * min(once.values()):
                self.skipped[case] = "two calls: too slow to be repeated"
                self._worker(*case).ask("forget", case=case[1])

    def _worker(self, system: str, case: str) -> Worker:
        """The process of a case: ours has one for graphs and one for XLA."""
        return self.workers.get(f"{system} {case.split()[-1]}", self.workers[system])

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
            del found[:-rounds]  # what came before

    def _stepping(self, system: str, case: str) -> Callable[[], None]:
        kept = self.seconds[system, case]
        about = {"case": case, "steps": self.steps[system, case]}
        return lambda: kept.append(self._worker(system, case).ask("step", **about))

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
