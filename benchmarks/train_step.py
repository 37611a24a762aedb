"""A step of training: this project, Keras's own layers, PyTorch, and the matrix products alone.

Each system computes in a process of its own when it is its turn. Before anything is timed, they
are seen to have as many parameters and to give the same losses from the same weights.
"""

import statistics

from measure import Report, arguments, spread
from step.bench import DTYPES, SYSTEMS, Bench
from step.shape import REFERENCE, SMALL, Shape, products
from step.worker import sized

QUICK = Shape(8, 12, 6, 320, 16, 16, 32)
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
SHARE = 75  # percent of the bfloat16 ceiling


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
            why = bench.absent.get(system) or bench.skipped.get((system, case))
            why = why or "not among the cases that were asked for"
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
