"""A killed run goes on as if nothing had happened, to the last bit."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from summarizer import cli, storage
from summarizer.training.state import state_from

STEPS, SAVED, KILLED = 100, 50, 68

# Small, but with dropout, and with 6 epochs of 17 batches, so that seeds and place both matter;
# and with all that a run carries along besides its weights.
SETTINGS = (
    f"train.steps={STEPS} train.validation_interval={SAVED} train.batch_size=32 "
    "train.validation_examples=10 train.warmup_steps=20 train.compile=graph model.dropout=0.2 "
    "model.embedding_size=16 model.encoder.width=16 model.decoder_cell.width=32 "
    "data.bucket_window=4 decode.max_tokens=24 data.curriculum_epochs=2 train.schedule=plateau "
    "train.ema_decay=0.9 train.average_checkpoints=2 train.gradient_accumulation=2 "
    "train.scheduled_sampling=0.3 train.coverage_loss=0.5"
)

KILLS_ITSELF = f"""
import os, signal, sys
from summarizer.cli import main
from summarizer.training import compile_step

make = compile_step.make_train_step

def make_dying(*arguments):
    step, done = make(*arguments), []

    class Dying(type(step)):
        def __call__(self, *arguments):
            if len(done) == {KILLED}:
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(1)
            return super().__call__(*arguments)

    step.__class__ = Dying
    return step

compile_step.make_train_step = make_dying
sys.exit(main(sys.argv[1:]))
"""


def command(folder: Path, *more: str) -> list[str]:
    line = f"train --preset reverse_digits --data reverse_digits,count=600 --output {folder}"
    settings = [word for setting in SETTINGS.split() for word in ("--set", setting)]
    return [*line.split(), *settings, *more]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a run that nobody disturbed, and of one that was killed and went on."""
    folder = tmp_path_factory.mktemp("resume")
    whole, killed = folder / "whole", folder / "killed"
    done = subprocess.run(
        [sys.executable, "-c", KILLS_ITSELF, *command(killed)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    assert storage.load_arrays(killed / "checkpoint.npz").metadata["step"] == SAVED
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("summarizer.api.train.export", lambda folder: {})
        assert cli.main(command(killed, "--resume")) == 0
        assert cli.main(command(whole)) == 0
    return whole, killed


@pytest.mark.parametrize("name", ["checkpoint.npz", "weights.npz"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(runs, name):
    (whole, place), (resumed, resumed_place) = (storage.load_arrays(run / name) for run in runs)
    assert place == resumed_place
    assert set(whole) == set(resumed)
    assert {k: (v.dtype, v.tobytes()) for k, v in whole.items()} == {
        k: (v.dtype, v.tobytes()) for k, v in resumed.items()
    }
    assert all(np.isfinite(v).all() for v in whole.values())


def test_a_resumed_run_has_its_log_once(runs):
    whole, resumed = (
        [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        for run in runs
    )
    shared = ("step", "loss", "accuracy", "learning_rate", "padding", "rouge1", "rouge2", "rougeL")
    assert [r["step"] for r in whole] == [50, 100]
    assert [[r.get(k) for k in shared] for r in resumed] == [
        [r.get(k) for k in shared] for r in whole
    ]


OLD = {
    "step": 40, "epoch": 2, "batch": 6, "best": 31.5, "stale": 1, "factor": 0.5, "total": 12.0,
    "pieces": 6.0, "loss": 2.5, "covering": True, "scale": 1024.0, "calm": 3, "steps": 90,
    "due": 60, "validation": 1.5,
}  # fmt: skip


def test_the_state_of_an_earlier_version_is_read():
    state = state_from(OLD)
    assert list(state) == list(OLD.values())
    assert state.validations_without_gain == 1
    assert (state.lr_factor, state.nll, state.tokens) == (0.5, 12.0, 6.0)
    assert (state.coverage_active, state.steps_since_scale_change) == (True, 3)
    assert (state.planned_steps, state.next_validation) == (90, 60)
    assert state_from(state._asdict()) == state
