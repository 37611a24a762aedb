"""What changes with the steps, as plain arithmetic: rates, shares, switches, and the minutes."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import config as configuration
from summarizer import storage
from summarizer.config import Config, TrainConfig
from summarizer.datasets import batching
from summarizer.errors import ConfigError, TrainingError
from summarizer.training import averaging, schedules, state, time_budget
from summarizer.training.state import TrainingState
from summarizer.training.step import StepMetrics

PEAK = 2e-3


def settings(name: str, **more: Any) -> TrainConfig:
    return TrainConfig(schedule=name, learning_rate=PEAK, warmup_steps=100, steps=1100, **more)


def measured(nll: float = 1.0, weight: float = 1.0) -> StepMetrics:
    return StepMetrics(objective=1.0, gradient_norm=1.0, nll=nll, weight=weight, accuracy=0.5)


# --- the learning rate -------------------------------------------------------------------------


@pytest.mark.parametrize("name", configuration.settings.CHOICES["train.schedule"])
def test_every_schedule_rises_linearly_to_the_peak(name):
    rates = [schedules.learning_rate(settings(name), step, 1100) for step in range(101)]
    np.testing.assert_allclose(rates[:100], PEAK * np.arange(1, 101) / 100)
    assert rates[100] == pytest.approx(PEAK, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "middle", "end"),
    [
        ("cosine", 0.505, 0.01),
        ("inverse_sqrt", math.sqrt(100 / 601), math.sqrt(100 / 1101)),
        ("constant", 1, 1),
        ("plateau", 1, 1),
    ],
)
def test_a_schedule_falls_as_it_says(name, middle, end):
    at = [schedules.learning_rate(settings(name), step, 1100) / PEAK for step in range(100, 1101)]
    assert (at[500], at[1000]) == pytest.approx((middle, end))
    assert at == sorted(at, reverse=True)


def test_without_a_warm_up_the_peak_is_first():
    for name in configuration.settings.CHOICES["train.schedule"]:
        assert schedules.learning_rate(replace(settings(name), warmup_steps=0), 0, 10) == PEAK


def test_a_planned_run_warms_up_for_a_fifth_at_most():
    planned = settings("constant", budget=5.0)
    assert schedules.learning_rate(planned, 20, 100) == PEAK
    assert schedules.learning_rate(planned, 99, 10_000) == PEAK
    assert schedules.learning_rate(planned, 49, 10_000) == PEAK / 2


def test_a_plateau_halves_the_rate_each_time_that_validation_is_no_better():
    wanted, here = settings("plateau"), TrainingState(step=200)
    rates = []
    for score in (10.0, 12.0, 12.0, 11.0, 13.0):
        here = state.after_validation(wanted, here, score)
        rates.append(state.learning_rate(wanted, here) / PEAK)
    assert rates == [1, 1, 0.5, 0.25, 0.25]
    assert (here.best_score, here.validations_without_gain) == (13.0, 0)
    early = state.after_validation(wanted, TrainingState(step=50, best_score=20.0), 10.0)
    assert early.lr_factor == 1  # a rate that still rises has reached no plateau
    assert (
        state.after_validation(
            settings("constant"), TrainingState(step=200, best_score=20.0), 1.0
        ).lr_factor
        == 1
    )


# --- what else changes -------------------------------------------------------------------------


def test_the_share_of_own_pieces_grows_linearly():
    wanted = settings("cosine", scheduled_sampling=0.4)
    shares = [
        state.step_inputs(wanted, TrainingState(step=step))["sampling"] for step in range(1100)
    ]
    np.testing.assert_allclose(shares, np.linspace(0, 0.4, 1100))


def test_coverage_counts_once_the_loss_has_flattened():
    wanted, here, weights = settings("cosine", coverage_loss=0.7), TrainingState(), []
    for loss in (5.0, 4.0, 3.99, 2.0):
        for _ in range(3):
            weights.append(state.step_inputs(wanted, here)["coverage"])
            here = state.after_step(here, 0, 0, measured(nll=loss * 10, weight=10))
        here = state.after_validation(wanted, here, 1.0)
        assert here.loss == pytest.approx(loss)
    assert weights == [0] * 9 + [0.7] * 3  # 4 to 3.99 is less than 1%
    assert state.step_inputs(wanted, here)["coverage"] == 0.7  # it stays, whatever the loss does
    begun = replace(wanted, coverage_start="start")
    assert state.step_inputs(begun, TrainingState())["coverage"] == 0.7


def test_the_scale_of_the_loss_halves_at_an_overflow_and_grows_when_calm():
    here = state.after_overflow(state.after_overflow(TrainingState(loss_scale=64.0), 0, 4), 0, 5)
    assert (here.loss_scale, here.step, here.batch) == (16, 2, 6)
    scales = []
    for _ in range(2 * state.GROWTH_INTERVAL):
        here = state.after_step(here, 0, 0, measured())
        scales.append(here.loss_scale)
    assert scales == [16] * (state.GROWTH_INTERVAL - 1) + [32] * state.GROWTH_INTERVAL + [64]
    top = TrainingState(
        loss_scale=state.MAX_LOSS_SCALE, steps_since_scale_change=state.GROWTH_INTERVAL - 1
    )
    assert state.after_step(top, 0, 0, measured()).loss_scale == state.MAX_LOSS_SCALE


def test_a_scale_is_exhausted_when_it_would_shrink_the_loss():
    here, halvings = TrainingState(), 0
    while not state.loss_scale_exhausted(here):
        here, halvings = state.after_overflow(here, 0, 0), halvings + 1
    assert halvings == 16


@given(st.integers(0, 300), st.integers(1, 4), st.integers(1, 5))
@hypothesis.settings(max_examples=25)
def test_a_curriculum_goes_from_short_documents_to_long_ones(rows, batch, window):
    lengths = np.random.default_rng(rows).integers(0, 300, (rows, 2), np.int32)
    shape = batching.BatchShape(batch, 256, 32, window, curriculum_epochs=2)
    for epoch in range(3):
        planned = batching.plan_batches(lengths, 7, epoch, shape)
        plain = batching.plan_batches(lengths, 7, epoch, shape._replace(curriculum_epochs=0))
        key = sorted(tuple(p.rows) for p in planned)
        assert key == sorted(tuple(p.rows) for p in plain)  # the same batches
        sizes = [p.document_length for p in planned]
        if epoch < 2:
            assert sizes == sorted(sizes)
        else:
            assert [p.rows.tolist() for p in planned] == [p.rows.tolist() for p in plain]


# --- settings that cannot be -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            "train.gradient_accumulation=5",
            "train.gradient_accumulation=5: must divide train.batch_size=32",
        ),
        ("train.scheduled_sampling=1.5", "train.scheduled_sampling=1.5: must be at most 1"),
        ("train.schedule=cosin", "train.schedule=cosin: did you mean 'cosine'?"),
        ("train.ema_decay=1", "train.ema_decay=1.0: must be below 1"),
        ("data.curriculum_epochs=-1", "data.curriculum_epochs=-1: must be 0 or more"),
        ("train.average_checkpoints=0", "train.average_checkpoints=0: must be above 0"),
    ],
)
def test_an_impossible_setting_is_told(wanted, said):
    with pytest.raises(ConfigError) as raised:
        configuration.apply_settings(Config(), ["train.batch_size=32", wanted])
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(("text", "minutes"), [("30m", 30), ("90s", 1.5), ("2h", 120), ("0.1h", 6)])
def test_a_time_is_read(text, minutes):
    assert configuration.parse_duration(text) == pytest.approx(minutes)


@pytest.mark.parametrize("text", ["", "30", "m", "30x", "-3m", "0s", "nanm", "infh", "3 0m"])
def test_what_is_no_time_is_told(text):
    with pytest.raises(ConfigError, match="write a time like 90s, 30m or 2h"):
        configuration.parse_duration(text)


# --- ending in time ----------------------------------------------------------------------------


def run(
    minutes: float, speed: float, compiling: float, validation: float, data: float,
    training_only: bool = False,
) -> Any:  # fmt: skip
    """Go through a run on a clock that only work moves; all times but the minutes in seconds."""
    clock = SimpleNamespace(now=1000.0)
    limit = time_budget.TimeBudget(
        minutes, 1000.0, now=lambda: clock.now, training_only=training_only
    )
    wanted, here, validations, rates = settings("cosine", budget=minutes), TrainingState(), [], []
    logged = []
    clock.now += data
    limit.check()

    def validate(here: TrainingState) -> TrainingState:
        took = validation + (0 if validations else compiling)
        began, clock.now = clock.now, clock.now + took
        logged.append(limit.elapsed(began))
        validations.append(here.step)
        return limit.record_validation(here, took)

    while here.step < state.total_steps(wanted, here) or limit.unplanned():
        if limit.exhausted():
            break
        took = compiling if here.step == 0 else speed
        clock.now += took
        rates.append(state.learning_rate(wanted, here))
        limit.record_step(took)
        here = state.after_step(here, 0, 0, measured())
        limit.check()
        if state.validation_due(wanted, here) or limit.measured():
            here = validate(here)
    if here.step > validations[-1]:
        here = validate(here)
    if not training_only:
        clock.now += time_budget.CONVERT + time_budget.EXPORT * (validation + compiling)
    return SimpleNamespace(
        seconds=clock.now - 1000, steps=here.step, validations=validations, rates=rates,
        logged=logged,
    )  # fmt: skip


@given(
    minutes=st.floats(15, 120), steps=st.integers(100, 1000), compiling=st.floats(0.1, 20),
    validation=st.floats(0.1, 15), data=st.floats(0, 20),
)  # fmt: skip
@hypothesis.settings(max_examples=30)
def test_a_run_ends_within_its_minutes_and_uses_them(minutes, steps, compiling, validation, data):
    speed = 60 * minutes / steps  # a few steps, so that the test is quick
    found = run(minutes, speed, compiling, validation, data)
    assert found.seconds <= 60 * minutes
    unused = 60 * minutes - found.seconds
    assert unused < 3 * speed + 3 * validation + 2 * compiling + time_budget.PLOT
    assert 2 <= len(found.validations) <= time_budget.MAX_VALIDATIONS + 2
    assert found.validations[-1] == found.steps
    assert found.rates[-1] < 0.05 * PEAK  # the schedule has come to its end


@pytest.mark.parametrize("minutes", [0.05, 0.2, 1.0])
def test_minutes_that_are_too_few_are_told_with_how_many_it_takes(minutes):
    with pytest.raises(TrainingError, match="allow at least") as raised:
        run(minutes, speed=0.5, compiling=5, validation=3, data=6)
    said = str(raised.value)
    assert said.startswith(f"train.budget={minutes:g}: too few minutes")
    if minutes == 1.0:  # it got as far as measuring
        assert run(float(said.split()[-1]), 0.5, 5, 3, 6).steps > 20


def test_a_run_that_goes_on_counts_what_it_took_before():
    clock = SimpleNamespace(now=0.0)
    limit = time_budget.TimeBudget(10, 0.0, now=lambda: clock.now)
    limit.resume(9.9, 2.0)
    assert limit.elapsed() == pytest.approx(9.9)
    assert limit.exhausted()
    more = time_budget.TimeBudget(20, 0.0, now=lambda: clock.now)
    more.resume(9.9, 2.0)
    assert not more.exhausted()
    assert more.unplanned()  # until it knows how fast it is today


@given(validation=st.floats(0.1, 60), minutes=st.floats(2, 10))
@hypothesis.settings(max_examples=10)
def test_minutes_of_training_alone_leave_out_the_validations(validation, minutes):
    found, other = (
        run(minutes, 0.5, 5, v, data=0, training_only=True) for v in (validation, validation / 9)
    )
    trained = found.seconds - len(found.validations) * validation
    assert 60 * minutes - 2 < trained - 5 <= 60 * minutes  # the first validation compiles, too
    assert found.steps == pytest.approx(other.steps, abs=1)  # the clock adds up with rounding
    assert found.validations == pytest.approx(other.validations, abs=1)
    assert found.logged == pytest.approx(other.logged, abs=0.02)
    assert found.logged[-1] <= minutes
    assert len(found.validations) == time_budget.UNTIMED_VALIDATIONS + 1
    assert found.rates[-1] < 0.05 * PEAK


def test_without_minutes_there_is_no_plan():
    limit = time_budget.TimeBudget(0)
    limit.record_step(1e6)
    assert limit.record_validation(TrainingState(step=3), 1e6) == TrainingState(step=3)
    assert [limit.exhausted(), limit.unplanned(), limit.measured()] == [False] * 3


# --- the best, kept aside ----------------------------------------------------------------------


def test_only_the_best_are_kept_aside_and_averaged(tmp_path: Path):
    for step, rouge1 in enumerate([30.0, 50.0, 10.0, 50.0, 40.0, 20.0], 1):
        found = []
        for _ in range(2):  # a run that was killed and goes on does its last validation again
            averaging.keep_candidate(tmp_path, {"w": np.float32([step])}, step, rouge1, 3)
            found.append({path.name for path in tmp_path.rglob("*.npz")})
        assert found[0] == found[1]
        assert len(found[0]) == min(step, 3)
    steps, mean = averaging.average_checkpoints(tmp_path)
    assert steps == [2, 4, 5]
    assert mean["w"] == pytest.approx([11 / 3])
    assert storage.load_arrays(tmp_path / "candidates" / "2.npz").metadata == {
        "step": 2,
        "score": 50.0,
    }
    averaging.delete_candidates(tmp_path, 4)
    assert averaging.average_checkpoints(tmp_path)[0] == [2, 4]
    averaging.delete_candidates(tmp_path)
    assert list(tmp_path.iterdir()) == []
