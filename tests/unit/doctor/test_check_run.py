"""Each run check reports its problem, and only its problem."""

import math

import pytest

from summarizer.doctor import evaluation_checks, loss_checks, model_usage, run_length
from summarizer.doctor.check_run import CHECKS, RunCheck
from summarizer.doctor.run_files import RunFiles
from tests.unit.doctor.example_runs import (
    ONLY_COPIES,
    doubled_after_300,
    evaluated_run,
    falling,
    falling_rouge,
    log_with,
    make_config,
    make_log,
    make_run,
    prediction_record,
    report_with_difference,
    slowly_falling_rouge,
    token_store,
    without,
)

REPETITIVE = "one two three and one two three"
STUCK = {"loss": lambda s: 6.3, "accuracy": lambda s: 0.06}
STEPS_7000 = {"train.steps": 7000}

CASES: list[tuple[str, RunCheck, RunFiles]] = [
    ("not learning", loss_checks.not_learning, make_run(make_log(**STUCK))),
    ("diverged", loss_checks.diverged, make_run(make_log(loss=doubled_after_300))),
    (
        "learning rate too high",
        loss_checks.unstable,
        make_run(make_log(loss=lambda s: 4.0 if s % 400 == 0 else 3.0)),
    ),
    (
        "learning rate too high",
        loss_checks.unstable,
        make_run(make_log(gradient_norm=lambda s: 30.0 if s in (500, 900) else 1.0)),
    ),
    ("ended too early", run_length.still_improving, make_run(make_log(loss=falling))),
    ("overfitting", loss_checks.overfitting, make_run(make_log(rouge1=falling_rouge))),
    ("overfitting", loss_checks.overfitting, make_run(make_log(rouge1=slowly_falling_rouge))),
    (
        "overfitting",
        loss_checks.overfitting,
        make_run(
            make_log(rouge1=slowly_falling_rouge), pairs=180, **{"data.validation": "more.jsonl"}
        ),
    ),
    ("waiting for data", model_usage.waiting_for_data, make_run(make_log(waiting=lambda s: 0.2))),
    ("stopped before its end", run_length.stopped_early, make_run(**STEPS_7000)),
    (
        "stopped before its end",
        run_length.stopped_early,
        make_run(make_log(rouge1=lambda s: 40.0), **STEPS_7000, **{"train.patience": 6}),
    ),
    ("less than one epoch", run_length.epochs, make_run(pairs=200_000)),
    ("too many epochs", run_length.epochs, make_run(pairs=2_000)),
    ("too many epochs", run_length.epochs, make_run(pairs=2_000, **STEPS_7000)),
    (
        "unused gate",
        model_usage.unused_gate,
        make_run([line | ({"gate": 0.999} if "gate" in line else {}) for line in make_log()]),
    ),
    ("unused gate", model_usage.unused_gate, make_run()._replace(report=ONLY_COPIES)),
    (
        "truncated documents",
        model_usage.truncated_pairs,
        make_run(**{"data.max_document_tokens": 200})._replace(store=token_store(lost=True)),
    ),
    (
        "evaluated on what was trained on",
        evaluation_checks.train_overlap,
        evaluated_run(report={"overlap": 3, "examples": 100}),
    ),
    (
        "no better than the first words",
        evaluation_checks.no_better_than_lead,
        evaluated_run(report=report_with_difference(-0.5)),
    ),
    ("repetition", evaluation_checks.repetition, evaluated_run(5, REPETITIVE)),
    ("repetition", evaluation_checks.repetition, evaluated_run(5, "so so so good")),
    (
        "one summary for many",
        evaluation_checks.constant_or_empty_summaries,
        evaluated_run(5, "A new method"),
    ),
    (
        "empty summaries",
        evaluation_checks.constant_or_empty_summaries,
        evaluated_run(1, "…"),
    ),
]


@pytest.mark.parametrize(("name", "check", "run"), CASES)
def test_check_reports_its_problem(name, check, run):
    (finding,) = check(run)
    assert finding.name == name
    assert 0 <= finding.count <= finding.total
    assert finding.fix


def test_healthy_run_has_no_findings():
    run = evaluated_run(report=report_with_difference(0.5))
    config = make_config(**{"data.max_document_tokens": 200, "train.steps": 1500})
    run = run._replace(store=token_store(lost=False), config=config)
    del run.log[0]["gradient_norm"]  # as in older logs
    assert [finding.name for check in CHECKS for finding in check(run)] == []
    assert {check for _, check, _ in CASES} == set(CHECKS)


@pytest.mark.parametrize(
    ("check", "run"),
    [
        # A loss near 0 rises and falls by large shares of itself.
        (loss_checks.diverged, make_run(make_log(loss=lambda s: 0.01 if s < 1000 else 0.03))),
        (loss_checks.unstable, make_run(make_log(loss=lambda s: 0.05 if s % 400 == 0 else 0.01))),
        (run_length.still_improving, make_run(make_log(loss=lambda s: math.exp(-s / 250)))),
        # The falling loss is no news: the run was killed, or it memorizes its pairs.
        (run_length.still_improving, make_run(make_log(loss=falling), **STEPS_7000)),
        (run_length.still_improving, make_run(make_log(loss=falling), pairs=2_000)),
        (run_length.still_improving, make_run(make_log(loss=falling, rouge1=falling_rouge))),
        (run_length.epochs, make_run(pairs=200_000, **STEPS_7000)),
        # Budget and patience may end a run early; a run that went wrong should not continue.
        (run_length.stopped_early, make_run(**STEPS_7000, **{"train.budget": 30.0})),
        (
            run_length.stopped_early,
            make_run(make_log(rouge1=lambda s: 40.0), **STEPS_7000, **{"train.patience": 5}),
        ),
        (run_length.stopped_early, make_run(make_log(loss=doubled_after_300), **STEPS_7000)),
        (run_length.stopped_early, make_run(make_log(rouge1=falling_rouge), **STEPS_7000)),
        # A run that learned and then diverged has one finding, not two.
        (
            loss_checks.not_learning,
            make_run(make_log(loss=doubled_after_300, accuracy=lambda s: 0.06)),
        ),
        # Scheduled sampling makes training harder from step to step.
        (
            loss_checks.diverged,
            make_run(
                make_log(loss=lambda s: 3.0 if s < 1000 else 6.0),
                **{"train.scheduled_sampling": 0.3},
            ),
        ),
        # Random variation of a validation with 300 documents.
        (loss_checks.overfitting, make_run(log_with(1000, rouge1=39.5))),
        # A single bad validation after the best one is no trend.
        (loss_checks.overfitting, make_run(log_with(1500, rouge1=20.0))),
        # Only ten pairs validate if a file has 180 training pairs.
        (loss_checks.overfitting, make_run(make_log(rouge1=slowly_falling_rouge), pairs=180)),
        (model_usage.unused_gate, make_run(log_with(1500, gate=0.999, rouge1=98.0))),
        (
            model_usage.unused_gate,
            make_run(without("gate", make_log(rouge1=lambda s: 98.0)))._replace(report=ONLY_COPIES),
        ),
        (model_usage.unused_gate, make_run(make_log(gate=lambda s: math.nan))),
        (loss_checks.not_learning, make_run(make_log(400, **STUCK))),
        (
            evaluation_checks.train_overlap,
            evaluated_run(report={"overlap": 0, "examples": 100}),
        ),
        (
            evaluation_checks.train_overlap,
            evaluated_run(report={"overlap": None, "examples": 100}),  # unknown
        ),
        (evaluation_checks.repetition, evaluated_run(4, REPETITIVE)),
        (evaluation_checks.constant_or_empty_summaries, evaluated_run(4, "A new method")),
        (run_length.epochs, make_run()._replace(pairs=0)),
    ],
)
def test_normal_behaviour_is_not_reported(check, run):
    assert list(check(run)) == []


def test_warmup_is_recommended_after_divergence():
    for warmup, recommended in ((0, 100), (30, 100), (400, 800)):
        run = make_run(make_log(loss=doubled_after_300), **{"train.warmup_steps": warmup})
        (finding,) = loss_checks.diverged(run)
        assert finding.fix.endswith(f"--set train.warmup_steps={recommended}")


def test_repetitive_references_excuse_repetitive_summaries():
    records = [prediction_record(i, REPETITIVE, REPETITIVE) for i in range(100)]
    run = evaluated_run()._replace(predictions=records)
    assert not list(evaluation_checks.repetition(run))
    assert not list(evaluation_checks.constant_or_empty_summaries(run))
