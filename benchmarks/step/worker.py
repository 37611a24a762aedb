"""A process of its own for one system: computes only when it is asked to, over a pipe.

The thread pools of two libraries in one process disturb each other. One line of JSON is one
question, or one answer.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from step.shape import Product, Shape, products

SYSTEMS = {
    "ours": "ours",
    "keras": "keras_layers",
    "torch": "pytorch",
    "torch kept": "pytorch",
}
# PyTorch takes its memory from the C library, which gives it back and asks for it again in each
# step; TensorFlow keeps what it has had. So PyTorch is also measured with glibc told to keep it.
ENVIRONMENT = {
    "torch kept": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)},
}
HERE = Path(__file__).parent.parent


class Absent(Exception):  # noqa: N818
    """What a system needs is not installed, or fails; says which."""


class Worker:
    """The other end of the pipe.

    Args:
        system: of `SYSTEMS`; any other only multiplies.
        library: whose products it also times; for `ours` the back end, too.
    """

    def __init__(self, system: str, library: str):
        self.system, self.library = system, library
        if importlib.util.find_spec(library) is None:
            raise Absent(f"{library} is not installed")
        paths = os.pathsep.join([str(HERE), str(HERE.parent)])
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONPATH": paths}
        environment |= ENVIRONMENT.get(system, {})
        if library in ("jax", "tensorflow"):
            environment["KERAS_BACKEND"] = library
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "step.worker", system, library], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
        )  # fmt: skip
        self._questions: Any = self._process.stdin
        self._answers: Any = self._process.stdout

    def ask(self, do: str, **given: Any) -> Any:
        """Let it do something, and wait for what comes of it.

        Raises:
            Absent: it failed; says why.
        """
        with contextlib.suppress(BrokenPipeError):
            self._questions.write(json.dumps({"do": do, **given}) + "\n")
            self._questions.flush()
        answer = self._answers.readline()
        if not answer:
            code = self._process.wait()
            self._said.seek(0)
            said = (self._said.read().splitlines() or [""])[-1]
            raise Absent(f"{self.system} on {self.library}: ended with {code}: {said}")
        found = json.loads(answer)
        if "failed" in found:
            raise Absent(found["failed"])
        return found["gave"]

    def close(self) -> None:
        """End it."""
        for pipe in (self._questions, self._answers, self._said):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()


class Server:
    """What a question is answered with."""

    def __init__(self, system: str, library: str):
        self.library = library
        self.module = (
            importlib.import_module(f"step.{SYSTEMS[system]}") if system in SYSTEMS else None
        )
        self._built: dict[str, Any] = {}
        self._timers: dict[str, Any] = {}

    def chosen(self) -> Any:
        """The case that is the product's own choice."""
        return self.module.chosen()

    def build(self, case: str, shape: dict[str, int]) -> Any:
        """Make a case, without running it; its number of trainable parameters."""
        self._built[case] = self.module.Built(case, Shape(**shape))
        return self._built[case].parameters()

    def forget(self, case: str) -> Any:
        """Free a case's memory."""
        del self._built[case]

    def step(self, case: str, steps: int = 1) -> Any:
        """Seconds of one step, the mean of `steps`."""
        built = self._built[case]
        start = time.perf_counter()
        for _ in range(steps):
            built.step()
        return (time.perf_counter() - start) / steps

    def losses(self, case: str, shape: dict[str, int], path: str, steps: int) -> Any:
        """The first losses, beginning with the weights that this project's model has written."""
        if hasattr(self.module.Built, "save"):
            built = self.module.Built(case, Shape(**shape))
            built.save(Path(path))
        else:
            built = self.module.Built(case, Shape(**shape), Path(path))
        return [built.step() for _ in range(steps)]

    def products(self, shape: dict[str, int], dtype: str) -> Any:
        """Seconds of each product of a step, all of its count."""
        from step.multiply import Timer

        key = dtype + json.dumps(shape)
        if key not in self._timers:
            self._timers[key] = Timer(self.library, products(Shape(**shape)), dtype)
        return self._timers[key].seconds()

    def rate(self, dtype: str, size: int, count: int) -> Any:
        """GFLOP/s of `count` products of square matrices, one after another."""
        from step.multiply import Timer

        square = Product("square", count, size, size, size)
        timer = Timer(self.library, [square], dtype, square.gflop)
        return square.gflop / min(timer.seconds()[0] for _ in range(3))

    def split(self, case: str, steps: int) -> Any:
        """Seconds of a step by parts, see `inside.split`."""
        return importlib.import_module("step.inside").split(self._built[case], steps)

    def compilations(self, case: str, shape: dict[str, int], documents: list[int]) -> Any:
        """XLA's compilations, see `inside.compilations`."""
        inside = importlib.import_module("step.inside")
        return inside.compilations(self.module, case, Shape(**shape), documents)

    def about(self) -> Any:
        """Where it computes, and whether TensorFlow is there."""
        return importlib.import_module("step.inside").about()


def serve(system: str, library: str) -> None:
    """Answer until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    server: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            server = server or Server(system, library)
            found = {"gave": getattr(server, asked.pop("do"))(**asked)}
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            found = {"failed": f"{type(error).__name__}: {first}"[:200]}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def sized(shape: Shape) -> dict[str, int]:
    """A shape as a question holds it."""
    return asdict(shape)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(*sys.argv[1:])
