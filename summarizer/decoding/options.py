"""The options of decoding: one list for Python, the command line and the checks.

Each field of `DecodingOptions` and `GenerationOptions` carries an `Option` in its metadata. The
command line builds its arguments from it, and `runtime.decoding_plan` its checks.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from summarizer import plugins
from summarizer.errors import InputError, did_you_mean, renamed_fields
from summarizer.summary_types import CONTROLLED, auto

MAX_GENERATED = 10_000  # texts of one call, and words or tokens of one text

# Old name of an option: its new name.
RENAMED_DECODING_OPTIONS = {
    "groups": "beam_groups",
    "strength": "diversity_penalty",
    "normalization": "length_normalization",
    "threshold": "tagger_threshold",
}
RENAMED_GENERATION_OPTIONS = {"n": "num_texts", "pieces": "max_tokens"}


class Rule(NamedTuple):
    """A condition that the value of an option must meet.

    Attributes:
        accepts: whether a value meets the condition.
        text: the condition, for the end of an error message.
    """

    accepts: Callable[[Any], bool]
    text: str


POSITIVE = Rule(lambda value: value >= 1, "must be above 0")
POSITIVE_REAL = Rule(lambda value: 0 < value < math.inf, "must be above 0")
NOT_NEGATIVE = Rule(lambda value: 0 <= value < math.inf, "must be 0 or more")
PROBABILITY = Rule(lambda value: 0 < value <= 1, "must be above 0 and at most 1")
THRESHOLD = Rule(lambda value: 0 <= value < 1, "must be 0 or more and below 1")
FEW = Rule(lambda value: 0 < value <= MAX_GENERATED, f"must be from 1 to {MAX_GENERATED}")


class Option(NamedTuple):
    """What is known of an option beside its default.

    Attributes:
        help: help text of the command line.
        type: makes the value from a word of the command line.
        metavar: stands for the value in the help text.
        choices: all values; (): any value of the type.
        plugin: kind of plugin whose names are the choices; "": see `choices`.
        rule: condition for a number.
        group: heading in the help text.
        strategy: the only decoding strategy that has the option; "": all have it.
        strategy_option: name of the option in the strategy's file; "": the search itself obeys it.
        repeatable: whether the option may be given several times.
    """

    help: str
    type: Callable[[str], Any] = str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    plugin: str = ""
    rule: Rule | None = None
    group: str = "search"
    strategy: str = ""
    strategy_option: str = ""
    repeatable: bool = False

    def values(self) -> tuple[str, ...]:
        """Return all values; () if the set is open."""
        return tuple(plugins.names(self.plugin)) if self.plugin else self.choices


def _option(option: Option, default: Any = None) -> Any:
    return field(default=default, metadata={"option": option})


def _number(text: str, rule: Rule, group: str = "search", **more: Any) -> Any:
    return _option(Option(text, int, "N", rule=rule, group=group, **more))


def _real(text: str, rule: Rule, metavar: str = "X", **more: Any) -> Any:
    return _option(Option(text, float, metavar, rule=rule, **more))


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """Options of sampling. None stands for the setting of the model."""

    temperature: float | None = _real(
        "sampling temperature; lower values favor likely tokens",
        POSITIVE_REAL,
        strategy="sample",
        strategy_option="temperature",
    )
    top_k: int | None = _number(
        "sample from the N most likely tokens; 0: from all",
        NOT_NEGATIVE,
        strategy="sample",
        strategy_option="top_k",
    )
    top_p: float | None = _real(
        "sample from the smallest set of tokens whose probabilities add up to P",
        PROBABILITY,
        "P",
        strategy="sample",
        strategy_option="top_p",
    )
    seed: int | None = _number(
        "seed of the random numbers; the same seed gives the same texts",
        NOT_NEGATIVE,
        strategy="sample",
        strategy_option="seed",
    )


@renamed_fields(RENAMED_DECODING_OPTIONS)
@dataclass(frozen=True, kw_only=True)
class DecodingOptions(SamplingOptions):
    """Options of a summary. None stands for the setting of the model.

    `explain` adds the source of each word to a summary. The help texts of `summarize --help`
    describe the other fields.
    """

    beam: int | None = _number(
        "beam width: number of hypotheses kept during the search; default: the model's", POSITIVE
    )
    n_best: int = _option(
        Option("number of summaries to return per document; default: 1", int, "N", rule=POSITIVE),
        1,
    )
    strategy: str | None = _option(
        Option("decoding strategy; default: the model's", plugin="strategy")
    )
    length_normalization: str | None = _option(
        Option("normalization of scores by length", choices=("gnmt", "average"))
    )
    length_penalty: float | None = _real(
        "exponent of gnmt length normalization; higher values favor longer summaries", NOT_NEGATIVE
    )
    coverage_penalty: float | None = _real(
        "strength of the penalty for leaving parts of the document unattended; 0: none",
        NOT_NEGATIVE,
    )
    beam_groups: int | None = _number(
        "number of groups that share the beam",
        POSITIVE,
        strategy="diverse",
        strategy_option="groups",
    )
    diversity_penalty: float | None = _real(
        "penalty for a token already chosen by another beam group",
        NOT_NEGATIVE,
        strategy="diverse",
        strategy_option="strength",
    )
    max_words: int | None = _number(
        "maximum length in words; in characters for scripts without spaces", POSITIVE, "content"
    )
    min_words: int | None = _number(
        "minimum length in words; in characters for scripts without spaces", POSITIVE, "content"
    )
    must_include: tuple[str, ...] = _option(
        Option(
            "word or phrase that every summary must contain; repeatable",
            metavar="WORDS",
            group="content",
            strategy="beam",
            repeatable=True,
        ),
        (),
    )
    must_not_include: tuple[str, ...] = _option(
        Option(
            "word or phrase that no summary may contain; repeatable",
            metavar="WORDS",
            group="content",
            repeatable=True,
        ),
        (),
    )
    prefix: str | None = _option(
        Option("text that every summary must begin with", metavar="TEXT", group="content")
    )
    faithful: str | None = _option(
        Option(
            "report (warn) or prevent (strict) numbers and names "
            "that the document does not contain; default: off",
            choices=("off", "warn", "strict"),
            group="content",
        )
    )
    tagger_threshold: float | None = _real(
        "minimum probability of a word that a tagger keeps", THRESHOLD, "P", group="content"
    )
    type: str | None = _option(
        Option(
            "type of the summaries; default: that of the data, else the better of headline and "
            "title",
            choices=(*CONTROLLED, auto.TYPE.name),
            group="content",
        )
    )
    explain: bool = False


@renamed_fields(RENAMED_GENERATION_OPTIONS)
@dataclass(frozen=True, kw_only=True)
class GenerationOptions(SamplingOptions):
    """Options of a language model that continues a prompt. None: the setting of the model."""

    num_texts: int = _option(Option("number of texts to generate", int, "N", rule=FEW), 1)
    max_tokens: int | None = _number("maximum number of tokens added to the prompt", FEW)
    max_words: int | None = _number("maximum number of words added to the prompt", FEW)


def options_of(record: Any) -> dict[str, Option]:
    """Return the options of a class of options, or of an instance, by the names of the fields."""
    fields = dataclasses.fields(record)
    return {f.name: f.metadata["option"] for f in fields if "option" in f.metadata}


def option_text(name: str) -> str:
    """Return the name of a field as error messages and the command line spell it."""
    return name.replace("_", "-")


def check_values(record: Any) -> None:
    """Check each value by itself.

    Raises:
        InputError: names the option, its value, and the rule or the nearest choice.
    """
    for name, option in options_of(record).items():
        value = getattr(record, name)
        if value is None:
            continue
        if option.rule and not option.rule.accepts(value):
            raise InputError(f"{option_text(name)} {value}: {option.rule.text}")
        if (known := option.values()) and value not in known:
            raise InputError(f"unknown {option_text(name)} {value!r}: {did_you_mean(value, known)}")
