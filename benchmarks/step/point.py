"""One point of a curve: `python -m step.point SHAPE PARTS POINTER` prints seconds and peak GB."""

import json
import resource
import sys
import time
from pathlib import Path

from step import ours
from step.shape import Shape

SECONDS, LEAST, MOST = 2.0, 3, 10  # of timing; steps


def peak() -> float:
    """GB that this process has held at most."""
    status = Path("/proc/self/status")
    if status.exists():  # `getrusage` of a child counts what its parent held at the fork
        lines = status.read_text().splitlines()
        return int(next(x.split()[1] for x in lines if x.startswith("VmHWM"))) / 2**20
    scale = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def main(shape: str, parts: str, pointer: str) -> None:
    sizes = Shape(**json.loads(shape))
    built = ours.Built(ours.chosen(), sizes, int(parts), pointer == "pointer")
    taken: list[float] = []
    built.step()
    while len(taken) < LEAST or (sum(taken) < SECONDS and len(taken) < MOST):
        start = time.perf_counter()
        built.step()
        taken.append(time.perf_counter() - start)
    print(json.dumps([min(taken), peak()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
