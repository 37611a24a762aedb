"""Check the decoding options of a user and turn them into inputs of the search."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from summarizer import plugins
from summarizer.config import DecodeConfig
from summarizer.decoding.graph_inputs import STRATEGIES, UNLIMITED
from summarizer.decoding.options import DecodingOptions, check_values, option_text, options_of
from summarizer.decoding.strategy_specs import NOISE, StrategySpec, read_spec
from summarizer.errors import InputError, ModelError, did_you_mean
from summarizer.runtime.phrases import contains_phrase

MAX_WORDS = 1000  # for `min_words`
TOKENS_PER_WORD = 4  # room for a word of a summary
TOKENS_PER_WORD_BY_KIND = {"characters": 12, "bytes": 24}  # the same, by kind of vocabulary
MAX_BEAM = 32  # beams that required phrases add by themselves

Value = TypeVar("Value")


@dataclass(frozen=True)
class DecodingPlan:
    """How to search; the same for all documents.

    Attributes:
        beam: K.
        n_best: number of alternatives to return.
        max_tokens: tokens of the first search, including the end.
        token_limit: most tokens that constraints may ask for, including the end.
        min_words: minimum number of words; 0: none.
        max_words: maximum number of words.
        seed: seed of the random numbers; None: the strategy draws none.
        inputs: further inputs of the graph, by name.
        tagger_threshold: minimum probability of words that may be copied; None: as the selecting
            tagger was trained.
    """

    beam: int
    n_best: int
    max_tokens: int
    token_limit: int
    min_words: int
    max_words: int
    seed: int | None
    inputs: dict[str, Any]
    tagger_threshold: float | None = None


def make_plan(
    options: DecodingOptions,
    decode: DecodeConfig,
    length: Callable[[str], int],
    kind: str = "unigram",
    graph_strategies: Sequence[str] = STRATEGIES,
) -> DecodingPlan:
    """Check the options against each other and fill in the settings of the model.

    Args:
        options: options of the user.
        decode: settings of the model.
        length: counts words.
        kind: kind of the model's vocabulary.
        graph_strategies: strategies of the exported graph, in the order of their numbers.

    Raises:
        InputError: names the option, its value and what is allowed.
        ModelError: the graph lacks the strategy.
    """
    check_values(options)
    _check_lengths(options)
    _check_phrases(options, length)
    strategy = _strategy(options, decode, graph_strategies)
    strategy_options = _strategy_options(options, strategy, decode)
    beam = _beam(options, strategy, strategy_options, decode)
    inputs = strategy.inputs(strategy_options, beam)
    seed = inputs.pop(NOISE, None)
    normalization = _first(options.length_normalization, decode.length_normalization)
    max_tokens = _max_tokens(options, decode.max_tokens, kind)
    return DecodingPlan(
        beam=beam,
        n_best=options.n_best,
        max_tokens=max_tokens,
        token_limit=max(max_tokens, decode.max_tokens),
        min_words=options.min_words or 0,
        max_words=options.max_words or UNLIMITED,
        seed=seed,
        inputs={
            **inputs,
            "strategy": graph_strategies.index(strategy.exported_as),
            "penalty": _first(options.length_penalty, decode.length_penalty),
            "average": normalization == "average",
            "coverage": _first(options.coverage_penalty, decode.coverage_penalty),
        },
        tagger_threshold=options.tagger_threshold,
    )


def _first(value: Value | None, default: Value) -> Value:
    return default if value is None else value


def _check_lengths(options: DecodingOptions) -> None:
    """Check the minimum length against the maximum."""
    limit = min(options.max_words or MAX_WORDS, MAX_WORDS)
    if options.min_words and options.min_words > limit:
        bound = f"max-words, {options.max_words}" if options.max_words else MAX_WORDS
        raise InputError(f"min-words {options.min_words}: must be at most {bound}")


def _check_phrases(options: DecodingOptions, length: Callable[[str], int]) -> None:
    """Check required phrases against banned phrases and against the maximum length."""
    prefixes = () if options.prefix is None else (options.prefix,)
    required = {"must-include": options.must_include, "prefix": prefixes}
    for name, phrases in {**required, "must-not-include": options.must_not_include}.items():
        for phrase in phrases:
            if not phrase.strip():
                raise InputError(f"{name} {phrase!r}: contains no word")
    for name, phrases in required.items():
        for phrase in phrases:
            for banned in options.must_not_include:
                if contains_phrase(phrase, banned):
                    raise InputError(f"{name} {phrase!r}: contains {banned!r}, which is banned")
    outside = [p for p in options.must_include if not contains_phrase(options.prefix or "", p)]
    words = sum(map(length, [*outside, *prefixes]))
    if options.max_words and words > options.max_words and not _may_overlap(outside):
        raise InputError(f"max-words {options.max_words}: too few for {words} required words")


def _may_overlap(phrases: list[str]) -> bool:
    """Tell whether a phrase lies in another, so that fewer words contain both."""
    return any(a != b and contains_phrase(b, a) for a in phrases for b in phrases)


def _strategy(
    options: DecodingOptions, decode: DecodeConfig, graph_strategies: Sequence[str]
) -> StrategySpec:
    """Return the strategy of the user, else the model's own."""
    name, known = options.strategy or decode.strategy.name, plugins.names("strategy")
    if name not in known:
        raise InputError(f"unknown strategy {name!r} of the model: {did_you_mean(name, known)}")
    strategy = read_spec(name)
    if strategy.exported_as not in graph_strategies:
        raise ModelError(f"model exported without strategy {name}: export it again")
    return strategy


def _strategy_options(
    options: DecodingOptions, strategy: StrategySpec, decode: DecodeConfig
) -> dict[str, Any]:
    """Return the options of the strategy: the user's, else the model's, else the defaults."""
    model_options = decode.strategy.options if decode.strategy.name == strategy.name else {}
    values = {name: model_options.get(name, usual) for name, usual in strategy.options.items()}
    for name, option in options_of(options).items():
        value = getattr(options, name)
        if not option.strategy or value in (None, ()):
            continue
        if option.strategy != strategy.name:
            shown = repr(value[0]) if isinstance(value, tuple) else value
            raise InputError(
                f"{option_text(name)} {shown}: only with strategy {option.strategy}, "
                f"not {strategy.name}"
            )
        if option.strategy_option:
            values[option.strategy_option] = value
    return values


def _beam(
    options: DecodingOptions,
    strategy: StrategySpec,
    strategy_options: dict[str, Any],
    decode: DecodeConfig,
) -> int:
    """Return the number of beams: the user's, else the model's, and at least `n_best`."""
    groups = strategy_options.get(str(strategy.graph_inputs.get("groups")), 1)
    if options.beam is not None:
        beam = options.beam
    elif strategy.width is None:
        beam = 1
    else:
        same = decode.strategy.name == strategy.name
        width = decode.strategy.options.get("width", strategy.width) if same else strategy.width
        beam = -(-max(width, groups, options.n_best) // groups) * groups
    if strategy.width is None and beam > 1:
        raise InputError(f"beam {beam}: strategy {strategy.name} keeps only 1")
    if beam % groups:
        raise InputError(f"beam {beam}: must be a multiple of the {groups} beam groups")
    if options.n_best > beam:
        raise InputError(f"n-best {options.n_best}: must be at most the beam, {beam}")
    return beam


def _max_tokens(options: DecodingOptions, max_tokens: int, kind: str) -> int:
    """Return the tokens to search; few words rarely need the model's limit, many exceed it."""
    tokens_per_word = TOKENS_PER_WORD_BY_KIND.get(kind, TOKENS_PER_WORD)
    if options.max_words is not None:
        max_tokens = min(max_tokens, tokens_per_word * options.max_words + 4)
    if options.min_words:
        max_tokens = max(max_tokens, tokens_per_word * options.min_words + 4)
    return max_tokens


def with_beams_for(plan: DecodingPlan, elements: int, beam: int | None) -> DecodingPlan:
    """Return the plan with enough beams to satisfy the required phrases one token at a time.

    Args:
        plan: plan without constraints.
        elements: number of tokens of all required phrases.
        beam: number of beams that the user asked for; None: as many as needed.
    """
    if not elements or beam is not None:
        return plan
    return dataclasses.replace(plan, beam=max(plan.beam, min(MAX_BEAM, 2 * (elements + 1))))
