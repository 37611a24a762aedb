"""A process for one system, which computes on request over a pipe.

The thread pools of two libraries in one process slow each other down. Each request and each answer
is one line of JSON.
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
# PyTorch allocates from the C library, which returns freed memory to the system in each step;
# TensorFlow keeps its memory. PyTorch is therefore also measured with glibc set to keep it.
ENVIRONMENT = {
    "torch kept": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)},
}
HERE = Path(__file__).parent.parent


class Absent(Exception):  # noqa: N818
    """A system cannot run: its library is missing, or it failed. The message says why."""


class Worker:
    """The side of the pipe that sends requests.

    Args:
        system: name in `SYSTEMS`; any other name only multiplies matrices.
        library: library that multiplies matrices; for `ours` also the backend.
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
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "step.worker", system, library], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, text=True,
        )  # fmt: skip
        self._requests: Any = self._process.stdin
        self._answers: Any = self._process.stdout

    def ask(self, do: str, **options: Any) -> Any:
        """Call a method of `Server` in the process and return its result.

        Raises:
            Absent: the method failed.
        """
        with contextlib.suppress(BrokenPipeError):
            self._requests.write(json.dumps({"do": do, **options}) + "\n")
            self._requests.flush()
        answer = self._answers.readline()
        if not answer:
            code = self._process.wait()
            self._stderr.seek(0)
            reason = (self._stderr.read().splitlines() or [""])[-1]
            raise Absent(f"{self.system} on {self.library}: ended with {code}: {reason}")
        reply = json.loads(answer)
        if "failed" in reply:
            raise Absent(reply["failed"])
        return reply["result"]

    def close(self) -> None:
        """End the process."""
        for pipe in (self._requests, self._answers, self._stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()


class Server:
    """The side of the pipe that computes: each method answers one request."""

    def __init__(self, system: str, library: str):
        self.library = library
        self.module = (
            importlib.import_module(f"step.{SYSTEMS[system]}") if system in SYSTEMS else None
        )
        self._built: dict[str, Any] = {}
        self._timers: dict[str, Any] = {}

    def chosen(self) -> Any:
        """Return the case that `summarizer train` chooses."""
        return self.module.chosen()

    def build(self, case: str, shape: dict[str, int]) -> Any:
        """Build a case without running it; return its number of trainable parameters."""
        self._built[case] = self.module.Built(case, Shape(**shape))
        return self._built[case].parameters()

    def forget(self, case: str) -> Any:
        """Free the memory of a case."""
        del self._built[case]

    def step(self, case: str, steps: int = 1) -> Any:
        """Return the seconds of one step, the mean of `steps`."""
        built = self._built[case]
        start = time.perf_counter()
        for _ in range(steps):
            built.step()
        return (time.perf_counter() - start) / steps

    def losses(self, case: str, shape: dict[str, int], path: str, steps: int) -> Any:
        """Return the first losses; all systems start from the weights of this project's model."""
        if hasattr(self.module.Built, "save"):
            built = self.module.Built(case, Shape(**shape))
            built.save(Path(path))
        else:
            built = self.module.Built(case, Shape(**shape), Path(path))
        return [built.step() for _ in range(steps)]

    def products(self, shape: dict[str, int], dtype: str) -> Any:
        """Return the seconds of each product of a step, times its count."""
        from step.multiply import Timer

        key = dtype + json.dumps(shape)
        if key not in self._timers:
            self._timers[key] = Timer(self.library, products(Shape(**shape)), dtype)
        return self._timers[key].seconds()

    def rate(self, dtype: str, size: int, count: int) -> Any:
        """Return the GFLOP/s of `count` products of square matrices in sequence."""
        from step.multiply import Timer

        square = Product("square", count, size, size, size)
        timer = Timer(self.library, [square], dtype, square.gflop)
        return square.gflop / min(timer.seconds()[0] for _ in range(3))

    def split(self, case: str, steps: int) -> Any:
        """Return the seconds of a step by parts, see `inside.split`."""
        return importlib.import_module("step.inside").split(self._built[case], steps)

    def compilations(self, case: str, shape: dict[str, int], documents: list[int]) -> Any:
        """Return the XLA compilations, see `inside.compilations`."""
        inside = importlib.import_module("step.inside")
        return inside.compilations(self.module, case, Shape(**shape), documents)

    def about(self) -> Any:
        """Return the device, and whether TensorFlow is imported."""
        return importlib.import_module("step.inside").about()


def serve(system: str, library: str) -> None:
    """Answer requests until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of libraries is no answer
    server: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            server = server or Server(system, library)
            reply = {"result": getattr(server, request.pop("do"))(**request)}
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0]
            reply = {"failed": f"{type(error).__name__}: {reason}"[:200]}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def sized(shape: Shape) -> dict[str, int]:
    """Return a shape as a request contains it."""
    return asdict(shape)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(*sys.argv[1:])
