"""One point of a curve: `python -m step.point SHAPE PARTS POINTER` prints seconds and peak GB."""

import json
import sys
import time

from measure import peak

from step import ours
from step.shape import Shape

SECONDS, LEAST, MOST = 2.0, 3, 10  # of timing; steps


def main(shape: str, parts: str, pointer: str) -> None:
    sizes = Shape(**json.loads(shape))
    built = ours.Built(ours.chosen(), sizes, int(parts), pointer == "pointer")
    taken: list[float] = []
    built.step()
    while len(taken) < LEAST or (sum(taken) < SECONDS and len(taken) < MOST):
        start = time.perf_counter()
        built.step()
        taken.append(time.perf_counter() - start)
    print(json.dumps([min(taken), peak() / 2**30]))


if __name__ == "__main__":
    main(*sys.argv[1:])
