"""The plan of a comparison. It is checked here; nothing is written or trained."""

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
    "rnn",
    "lstm",
    "peephole_lstm",
    "gru",
    "minimal",
    "no_attention",
    "additive",
    "coverage",
    "deep",
    "hierarchical",
    "selective",
    "memory",
)
PARTS = ("time", "examples")
VALIDATIONS = 9  # of a run on a number of examples; about as many as in a run of some minutes
BASE = "data"  # folder of the shared vocabulary and tokens

Configs = dict[str, dict[str, Config]]  # part → variant → configuration


@dataclass(frozen=True)
class ComparisonPlan:
    """What is compared.

    Attributes:
        variants: names of presets, in the order of the table.
        data: SPEC of the training data of all variants.
        test: SPEC of the test data of all variants; "": the test split of `data`.
        num_documents: maximum number of test documents.
        minutes: training time of each variant; 0: no such part.
        examples: number of examples that each variant is trained on; 0: no such part.
        settings: settings of all variants, `name=value`.
        skip_bad: skip and count unusable records, instead of stopping.
    """

    variants: tuple[str, ...] = FAMILY
    data: str = "docstrings"
    test: str = ""
    num_documents: int = 1000
    minutes: float = 0.0
    examples: int = 0
    settings: tuple[str, ...] = ()
    skip_bad: bool = False

    @property
    def test_spec(self) -> str:
        """Return the SPEC of the test data."""
        return self.test or self.data


def variant_configs(plan: ComparisonPlan) -> Configs:
    """Return the configuration of each variant, by the part of the comparison.

    Raises:
        ConfigError: a variant or setting is unknown, or the variants would not learn from the same
            data.
    """
    for name in plan.variants:
        if plan.variants.count(name) > 1:
            raise ConfigError(f"--variants: {name} is listed twice")
    configs: Configs = {}
    if plan.minutes:
        budget = [f"train.budget={plan.minutes}"]
        configs["time"] = {name: _variant_config(name, plan, budget) for name in plan.variants}
    if plan.examples:
        configs["examples"] = {}
        for name in plan.variants:
            batch_size = _variant_config(name, plan, []).train.batch_size
            steps = math.ceil(plan.examples / batch_size)
            interval = math.ceil(steps / VALIDATIONS)
            budget = [f"train.steps={steps}", f"train.validation_interval={interval}"]
            configs["examples"][name] = _variant_config(name, plan, ["train.budget=0", *budget])
    _check_same_data(plan, configs)
    return configs


def _check_same_data(plan: ComparisonPlan, configs: Configs) -> None:
    _, first, base = next(all_variants(configs))
    if base.data.task != "summarize":
        raise ConfigError(f"data.task={base.data.task}: only models that summarize are compared")
    for _, name, config in all_variants(configs):
        for section in ("data.", "vocabulary.", "seed"):
            if difference := _first_difference(config, base, section):
                raise ConfigError(
                    f"variant {name!r}: {difference} of {first!r}; set one value for all with --set"
                )
    if plan.test == "" and base.data.validation:
        raise ConfigError(
            f"data.validation={base.data.validation}: all of --data is used for training: name the "
            "test data with --test"
        )


def _variant_config(name: str, plan: ComparisonPlan, budget: list[str]) -> Config:
    preset: Config = plugins.load("preset", name).config()
    # Without n-gram blocking, so that repetition is a property of the variant.
    settings = [f"data.train={plan.data}", "decode.no_repeat_ngram=0", *plan.settings, *budget]
    config = configuration.apply_settings(preset, settings)
    if config.train.init:
        raise ConfigError(f"train.init={config.train.init}: variants are trained from scratch")
    return config


def all_variants(configs: Configs) -> Iterator[tuple[str, str, Config]]:
    """Yield (part, variant, configuration)."""
    for part, variants in configs.items():
        for name, config in variants.items():
            yield part, name, config


def _first_difference(config: Config, other: Config, section: str = "") -> str:
    """Return the first setting in which two configurations differ, with both values; "": none."""
    other_values = dict(configuration.flatten(other))
    for path, value in configuration.flatten(config):
        if path != "name" and path.startswith(section) and value != other_values[path]:
            return f"{path}={value}, not the {other_values[path]}"
    return ""


def check_unchanged(
    plan: ComparisonPlan, configs: Configs, output: Path, num_documents: int
) -> None:
    """Refuse to continue in a folder whose variants were trained or measured in another way.

    Args:
        plan: what is compared.
        configs: configurations of its variants.
        output: folder of the comparison.
        num_documents: number of test documents.

    Raises:
        ConfigError: names what differs.
    """
    path = output / BASE / "config.json"
    if path.exists():
        config, saved = next(all_variants(configs))[2], configuration.load_config(path)
        for section in ("data.", "vocabulary."):
            if difference := _first_difference(config, saved, section):
                raise ConfigError(f"{output}: {difference} of its start; choose another --output")
    for part, name, config in all_variants(configs):
        folder = output / part / name
        if not (folder / results.FILE).exists():
            continue
        result = results.read_result(folder)
        difference = _first_difference(config, configuration.load_config(folder / "config.json"))
        if result.test != plan.test_spec:
            difference = difference or f"--test {plan.test_spec}, not the {result.test}"
        if result.documents != num_documents:
            difference = difference or f"{num_documents} test documents, not the {result.documents}"
        if difference:
            raise ConfigError(
                f"{folder}: {difference} of its finished run; choose another --output, or remove "
                "this folder"
            )
