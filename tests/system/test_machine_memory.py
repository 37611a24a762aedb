"""Memory stays flat: what a dataset costs on the way to its batches, measured in a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
rows, backend = int(sys.argv[1]), sys.argv[2]
if backend != "none":
    import keras
from itertools import islice
from pathlib import Path
from summarizer import vocabulary
from summarizer.datasets import batching, contamination, token_store, tokenize
from summarizer.types import Example

def source():
    for i in range(rows):
        yield Example(f"id{i}", f"{i} bees fly over {i * 7919 % 1000} fields", f"bees {i % 100}")

def stored(words):
    recorder = contamination.ContaminationIndex()
    ids = tokenize.tokenize_pairs(recorder.record(source()), words)
    made = token_store.write_store(Path("store"), ids, words.size, {})
    recorder.save(Path("fingerprints.npz"))
    return made

words = vocabulary.train_vocabulary((e.document for e in islice(source(), 1000)), 300)
made = stored(words)
lengths = made.lengths()
shape = batching.BatchShape(64, 256, 32, 100)
assert made.rows == rows == sum(len(p.rows) for p in batching.plan_batches(lengths, 1, 1, shape))
assert len(list(islice(batching.stream_batches(made, 1, 0, 0, shape), 300))) == 300
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(folder, rows, backend):
    """Peak resident memory in bytes of a process that makes and reads a store.

    From /proc, as `getrusage` of a child counts what its parent held at the fork.
    """
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT, str(rows), backend]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return int(done.stdout) * 1024


def test_a_row_costs_few_bytes(tmp_path):
    # The smallest process that trains (JAX) begins at 260 MB; a tenth of that for 900,000 more
    # rows is 30 bytes a row. Kept texts or ids would be hundreds.
    few, many = (peak(tmp_path, rows, "none") for rows in (30_000, 180_000))
    assert (many - few) / 150_000 <= 30


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_million_rows_cost_a_tenth_more_than_a_hundred_thousand(tmp_path, backend):
    few, many = (peak(tmp_path, rows, backend) for rows in (100_000, 1_000_000))
    assert many <= 1.1 * few
