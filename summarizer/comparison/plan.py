"""Says what is compared, and refuses what cannot be: no file is written here, nothing trained."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer import config as configuration
from summarizer import plugins
from summarizer.comparison import results
from summarizer.config import Config
from summarizer.errors import ConfigError

FAMILY = (
    "rnn", "lstm", "peephole_lstm", "gru", "minimal", "no_attention", "additive", "coverage",
    "deep", "hierarchical", "selective", "memory",
)  # fmt: skip
PARTS = ("time", "examples")
VALIDATIONS = 9  # of a run on so many examples; about as many as in a run of so many minutes
BASE = "data"  # folder of the vocabulary and tokens that all share

Configs = dict[str, dict[str, Config]]  # part → variant → configuration


@dataclass(frozen=True)
class ComparisonPlan:
    """What is compared.

    Attributes:
        variants: names of presets, in the order of the table.
        data: SPEC that all train on.
        test: SPEC that all are measured on; empty: the test split of `data`.
        documents: of the test, at most.
        minutes: that each trains; 0: no such part.
        examples: that each trains on; 0: no such part.
        settings: for all variants, `name=value`.
        skip_bad: count lines that cannot be used and go on, instead of stopping.
    """

    variants: tuple[str, ...] = FAMILY
    data: str = "docstrings"
    test: str = ""
    documents: int = 1000
    minutes: float = 0.0
    examples: int = 0
    settings: tuple[str, ...] = ()
    skip_bad: bool = False

    @property
    def measured_on(self) -> str:
        """SPEC of the test."""
        return self.test or self.data


def configured(plan: ComparisonPlan) -> Configs:
    """Return every variant's configuration, by the part of the comparison.

    Raises:
        ConfigError: an unknown variant or setting, or variants that would not learn from the same.
    """
    for name in plan.variants:
        if plan.variants.count(name) > 1:
            raise ConfigError(f"--variants: {name} stands there twice")
    found: Configs = {}
    if plan.minutes:
        last = [f"train.budget={plan.minutes}"]
        found["time"] = {name: _one(name, plan, last) for name in plan.variants}
    if plan.examples:
        found["examples"] = {}
        for name in plan.variants:
            steps = math.ceil(plan.examples / _one(name, plan, []).train.batch_size)
            last = [f"train.steps={steps}", f"train.validation_interval={-(-steps // VALIDATIONS)}"]
            found["examples"][name] = _one(name, plan, ["train.budget=0", *last])
    _, first, base = next(all_variants(found))
    if base.data.task != "summarize":
        raise ConfigError(f"data.task={base.data.task}: only what summarizes is compared")
    for _, name, config in all_variants(found):
        for section in ("data.", "vocabulary.", "seed"):
            if told := _differing(config, base, section):
                raise ConfigError(f"variant {name!r}: {told} of {first!r}; --set one for all")
    if plan.test == "" and base.data.validation:
        raise ConfigError(
            f"data.validation={base.data.validation}: all of --data is trained on: name with "
            "--test what to measure on"
        )
    return found


def _one(name: str, plan: ComparisonPlan, last: list[str]) -> Config:
    preset: Config = plugins.load("preset", name).config()
    # Nothing is blocked: what a variant repeats is its own doing.
    own = [f"data.train={plan.data}", "decode.no_repeat_ngram=0", *plan.settings]
    config = configuration.apply_settings(preset, [*own, *last])
    if config.train.init:
        raise ConfigError(f"train.init={config.train.init}: all variants start from nothing")
    return config


def all_variants(configs: Configs) -> Iterator[tuple[str, str, Config]]:
    """Yield (part, variant, configuration)."""
    for part, variants in configs.items():
        for name, config in variants.items():
            yield part, name, config


def _differing(config: Config, other: Config, section: str = "") -> str:
    """Say in which setting two configurations differ, "" if in none."""
    others = dict(configuration.flatten(other))
    for path, value in configuration.flatten(config):
        if path != "name" and path.startswith(section) and value != others[path]:
            return f"{path}={value}, not the {others[path]}"
    return ""


def refuse_changes(plan: ComparisonPlan, configs: Configs, output: Path, documents: int) -> None:
    """Refuse to lay beside what is in a folder what is not trained or measured alike.

    Args:
        plan: what is compared.
        configs: of its variants.
        output: the folder.
        documents: that are measured on.

    Raises:
        ConfigError: names what differs.
    """
    base = output / BASE / "config.json"
    if base.exists():
        config, made = next(all_variants(configs))[2], configuration.load_config(base)
        for section in ("data.", "vocabulary."):
            if told := _differing(config, made, section):
                raise ConfigError(f"{output}: {told} that it began with; choose another --output")
    for part, name, config in all_variants(configs):
        folder = output / part / name
        if not (folder / results.FILE).exists():
            continue
        found = results.read_result(folder)
        told = _differing(config, configuration.load_config(folder / "config.json"))
        if found.test != plan.measured_on:
            told = told or f"--test {plan.measured_on}, not the {found.test}"
        if found.documents != documents:
            told = told or f"{documents} documents to measure on, not the {found.documents}"
        if told:
            raise ConfigError(
                f"{folder}: {told} that it was finished with; choose another --output, or remove "
                "this folder"
            )
