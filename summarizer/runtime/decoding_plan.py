"""What a user asks of summaries, checked and turned into what the search is given."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from summarizer.config import DecodeConfig
from summarizer.decoding.graph_inputs import STRATEGIES, UNLIMITED
from summarizer.errors import InputError, did_you_mean
from summarizer.runtime.phrases import contains_phrase
from summarizer.types import DecodingOptions

# Which wishes go with one strategy only, and what they are where nobody says.
OPTIONS: dict[str, dict[str, Any]] = {
    "beam": {},
    "greedy": {},
    "sample": {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": 1},
    "diverse": {"groups": 4, "strength": 0.5},
}
DEFAULT_WIDTHS = {"beam": 4, "greedy": 1, "sample": 1, "diverse": 4}
MAX_WORDS = 1000  # for `min_words`
TOKENS_PER_WORD = {
    "characters": 12,
    "bytes": 24,
}  # of a vocabulary's kind that a word may have; others: 4
FAITHFULNESS_MODES = ("off", "warn", "strict")
MAX_BEAM = 32  # beams that forced words get by themselves


@dataclass(frozen=True)
class DecodingPlan:
    """How to search; the same for all documents.

    Attributes:
        beam: K.
        n_best: alternatives to return.
        maximum: pieces to search at first, the end included.
        most: pieces that may be asked for, the end included.
        shortest: words.
        longest: words.
        seed: of what is drawn at random.
        inputs: further inputs of the graph by name.
        threshold: of what may be copied; None: as the selecting tagger was made.
        type: of the summaries; None: the model's first one.
    """

    beam: int
    n_best: int
    maximum: int
    most: int
    shortest: int
    longest: int
    seed: int
    inputs: dict[str, Any]
    threshold: float | None = None
    type: str | None = None


def make_plan(
    wishes: DecodingOptions,
    decode: DecodeConfig,
    length: Callable[[str], int],
    kind: str = "unigram",
) -> DecodingPlan:
    """Check the wishes against each other and fill in the model's own settings.

    Args:
        wishes: what the user asks.
        decode: the model's settings.
        length: counts words.
        kind: of the model's vocabulary.

    Raises:
        InputError: names the wish, its value and what is allowed.
    """
    check_numbers(wishes)
    _check_words(wishes, length)
    name, options = _strategy(wishes, decode)
    beam = _beam(wishes, name, options, decode)
    average = (wishes.length_normalization or decode.length_normalization) == "average"
    inputs = {
        "strategy": STRATEGIES.index("sample" if name == "greedy" else name),
        "groups": {"sample": beam, "diverse": options.get("groups")}.get(name, 1),
        "diversity": options.get("strength", 0.0),
        "temperature": options.get("temperature", 1.0),
        "top_k": 1 if name == "greedy" else options.get("top_k", 0),
        "top_p": options.get("top_p", 1.0),
        "penalty": _first(wishes.length_penalty, decode.length_penalty),
        "average": average,
        "coverage": _first(wishes.coverage_penalty, decode.coverage_penalty),
    }
    maximum = _maximum(wishes, decode.max_tokens, TOKENS_PER_WORD.get(kind, 4))
    return DecodingPlan(
        beam,
        wishes.n_best,
        maximum,
        max(maximum, decode.max_tokens),
        wishes.min_words or 0,
        wishes.max_words or UNLIMITED,
        options.get("seed", 0),
        inputs,
        wishes.tagger_threshold,
        wishes.type,
    )


def _first(wish: Any, own: Any) -> Any:
    return own if wish is None else wish


def _requested(field: str) -> str:
    return field.replace("_", "-")


def check_numbers(wishes: DecodingOptions) -> None:
    """Check each number by itself, and the choices."""
    for name in ("beam", "n_best", "max_words", "min_words", "groups"):
        value = getattr(wishes, name)
        if value is not None and value < 1:
            raise InputError(f"{_requested(name)} {value}: must be above 0")
    for name in ("length_penalty", "coverage_penalty", "strength", "top_k", "seed"):
        value = getattr(wishes, name)
        if value is not None and not 0 <= value < math.inf:
            raise InputError(f"{_requested(name)} {value}: must be 0 or more")
    if wishes.temperature is not None and not 0 < wishes.temperature < math.inf:
        raise InputError(f"temperature {wishes.temperature}: must be above 0")
    if wishes.top_p is not None and not 0 < wishes.top_p <= 1:
        raise InputError(f"top-p {wishes.top_p}: must be above 0 and at most 1")
    if wishes.tagger_threshold is not None and not 0 <= wishes.tagger_threshold < 1:
        raise InputError(f"threshold {wishes.tagger_threshold}: must be 0 or more and below 1")
    for name, known in (
        ("strategy", tuple(OPTIONS)), ("normalization", ("gnmt", "average")),
        ("faithful", FAITHFULNESS_MODES),
    ):  # fmt: skip
        value = getattr(wishes, name)
        if value is not None and value not in known:
            raise InputError(f"unknown {name} {value!r}: {did_you_mean(value, known)}")
    if wishes.min_words and wishes.min_words > min(wishes.max_words or MAX_WORDS, MAX_WORDS):
        most = f"max-words, {wishes.max_words}" if wishes.max_words else MAX_WORDS
        raise InputError(f"min-words {wishes.min_words}: must be at most {most}")


def _check_words(wishes: DecodingOptions, length: Callable[[str], int]) -> None:
    """Check what a summary is to hold against what it is not to hold, and its length."""
    for name in ("must_include", "must_not_include"):
        for phrase in getattr(wishes, name):
            if not phrase.strip():
                raise InputError(f"{_requested(name)} {phrase!r}: has no word")
    if wishes.prefix is not None and not wishes.prefix.strip():
        raise InputError(f"prefix {wishes.prefix!r}: has no word")
    needed = {
        "must-include": list(wishes.must_include),
        "prefix": [wishes.prefix] if wishes.prefix else [],
    }
    for name, phrases in needed.items():
        for phrase in phrases:
            banned = next(
                (word for word in wishes.must_not_include if contains_phrase(phrase, word)), None
            )
            if banned is not None:
                raise InputError(f"{name} {phrase!r}: holds {banned!r}, which is banned")
    extra = [p for p in wishes.must_include if not contains_phrase(wishes.prefix or "", p)]
    words = sum(map(length, [*extra, *needed["prefix"]]))
    if wishes.max_words and words > wishes.max_words and not _validate_phrases(extra):
        raise InputError(f"max-words {wishes.max_words}: too few for {words} words that are forced")


def _validate_phrases(phrases: list[str]) -> bool:
    """Tell whether one phrase may lie in another, so that fewer words do."""
    return any(a != b and contains_phrase(b, a) for a in phrases for b in phrases)


def _strategy(wishes: DecodingOptions, decode: DecodeConfig) -> tuple[str, dict[str, Any]]:
    """The strategy and its options: the user's, the model's own where it is the same, or usual."""
    name = wishes.strategy or decode.strategy.name
    if name not in OPTIONS:
        raise InputError(f"strategy {name!r} of the model cannot be run: choose {tuple(OPTIONS)}")
    own = decode.strategy.options if decode.strategy.name == name else {}
    options = {key: own.get(key, usual) for key, usual in OPTIONS[name].items()}
    for other, known in OPTIONS.items():
        for key in known:
            value = getattr(wishes, key)
            if value is None:
                continue
            if other != name:
                raise InputError(
                    f"{_requested(key)} {value}: only with strategy {other}, not {name}"
                )
            options[key] = value
    if wishes.must_include and name != "beam":
        raise InputError(
            f"must-include {wishes.must_include[0]!r}: only with strategy beam, not {name}"
        )
    return name, options


def _beam(wishes: DecodingOptions, name: str, options: dict[str, Any], decode: DecodeConfig) -> int:
    """How many hypotheses: as asked, else the model's own width and at least `n_best`."""
    own = decode.strategy.options.get("width", DEFAULT_WIDTHS[name])
    own = own if decode.strategy.name == name else DEFAULT_WIDTHS[name]
    groups = options.get("groups", 1)
    if wishes.beam is None:
        beam = int(max(own, groups) if name == "greedy" else max(own, groups, wishes.n_best))
        beam = -(-beam // groups) * groups
    else:
        beam = wishes.beam
    if name == "greedy" and beam > 1:
        raise InputError(f"beam {beam}: strategy greedy keeps only 1")
    if beam % groups:
        raise InputError(f"beam {beam}: must be a multiple of the groups, {groups}")
    if wishes.n_best > beam:
        raise InputError(f"n-best {wishes.n_best}: must be at most the beam, {beam}")
    return beam


def _maximum(wishes: DecodingOptions, own: int, pieces: int) -> int:
    """Pieces to search: few words rarely need the model's own limit, many more than that."""
    if wishes.max_words is not None:
        own = min(own, pieces * wishes.max_words + 4)
    return max(own, pieces * wishes.min_words + 4) if wishes.min_words else own


def with_beams_for(plan: DecodingPlan, elements: int, wished: int | None) -> DecodingPlan:
    """Return the plan with beams for each stage of forced phrases of so many pieces in all."""
    if not elements or wished is not None:
        return plan
    return dataclasses.replace(plan, beam=max(plan.beam, min(MAX_BEAM, 2 * (elements + 1))))
