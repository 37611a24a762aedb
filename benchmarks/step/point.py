"""Measure a point of a curve: `python -m step.point SHAPE PARTS POINTER` prints seconds and GB."""

import json
import sys
import time

from measure import peak

from step import ours
from step.shape import Shape

MIN_SECONDS, MIN_STEPS, MAX_STEPS = 2.0, 3, 10  # of timing


def main(shape: str, parts: str, pointer: str) -> None:
    sizes = Shape(**json.loads(shape))
    built = ours.Built(ours.chosen(), sizes, int(parts), pointer == "pointer")
    taken: list[float] = []
    built.step()
    while len(taken) < MIN_STEPS or (sum(taken) < MIN_SECONDS and len(taken) < MAX_STEPS):
        start = time.perf_counter()
        built.step()
        taken.append(time.perf_counter() - start)
    print(json.dumps([min(taken), peak() / 2**30]))


if __name__ == "__main__":
    main(*sys.argv[1:])
