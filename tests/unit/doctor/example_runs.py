"""Logs, evaluations and runs without problems, and with settings or fields changed."""

import json
import math
import random
from collections.abc import Callable
from typing import Any

from summarizer import config
from summarizer.config import Config
from summarizer.datasets.token_store import TokenStore, in_memory_store
from summarizer.doctor.log_windows import smooth_log
from summarizer.doctor.run_files import RunFiles
from tests.unit.doctor.example_data import Row, Rows, made_up_words


def make_log(steps: int = 1500, **changes: Callable[[int], float]) -> Rows:
    """The log of a healthy run; `changes` compute a field from the step."""
    chooser, log = random.Random(6), []
    for step in range(50, steps + 1, 50):
        record = {
            "step": step,
            "loss": (2.6 + 4 * math.exp(-step / 250)) * chooser.uniform(0.98, 1.02),
            "accuracy": 0.5 - 0.45 * math.exp(-step / 400),
            "waiting": 0.3 if step == 50 else 0.01,
            "gradient_norm": chooser.uniform(0.8, 1.2),
        }
        if step % 250 == 0:
            record |= {"rouge1": 40 - 30 * math.exp(-step / 400), "gate": 0.6}
        log.append(record | {name: of(step) for name, of in changes.items() if name in record})
    return log


def log_with(step: int, **fields: float) -> Rows:
    """The log of a healthy run with some fields changed at one step."""
    return [record | (fields if record["step"] == step else {}) for record in make_log()]


def without(name: str, log: Rows) -> Rows:
    return [{key: value for key, value in record.items() if key != name} for record in log]


def make_config(**settings: Any) -> Config:
    """The default configuration with some settings changed, without checking the model's parts."""
    tree = json.loads(config.to_json(Config()))
    for name, value in settings.items():
        section, _, key = name.partition(".")
        tree[section][key] = value
    return config.from_json(json.dumps(tree))


def make_run(log: Rows | None = None, pairs: int = 20_000, **settings: Any) -> RunFiles:
    """A run that made all its steps: by default 1,500 of 64 on 20,000 pairs."""
    log = log or make_log()
    settings = {"train.steps": log[-1]["step"], **settings}
    return RunFiles(make_config(**settings), log, smooth_log(log), None, pairs, {}, [])


def prediction_record(i: int, prediction: str = "", reference: str = "") -> Row:
    words = " ".join(made_up_words(random.Random(i), 4))
    return {"id": f"d{i}", "prediction": prediction or words, "reference": reference or words}


def evaluated_run(count: int = 0, prediction: str = "", **fields: Any) -> RunFiles:
    """A run with 100 predictions, `count` of them replaced."""
    records = [prediction_record(i) for i in range(100)]
    records[:count] = [prediction_record(i) | {"prediction": prediction} for i in range(count)]
    return make_run()._replace(predictions=records, **fields)


def report_with_difference(low: float) -> Row:
    """A report with an interval of the difference to the lead baseline."""
    interval = {"mean": low + 1, "low": low, "high": low + 2}
    differences = {"first-k-words": {"rouge1": interval, "rougeL": interval}}
    return {"examples": 100, "differences": differences}


def token_store(lost: bool) -> TokenStore:
    """Pairs whose summary has the last of 300 tokens, or one of the first."""
    pair = [*range(10, 310)], [10, 309 if lost else 11]
    return in_memory_store([pair] * 50, 400)


ONLY_COPIES: Row = {"diagnostics": {"model": {"gate": {"mean": 0.001}}}}


def falling(step: int) -> float:
    return 6 - step / 500


def doubled_after_300(step: int) -> float:
    return 3.0 if step < 300 else 6.0


def falling_rouge(step: int) -> float:
    return 42 - step / 100


def slowly_falling_rouge(step: int) -> float:
    return 42 - step / 300
