"""The options of the search on the command line: the fields of `types.Wishes`."""

import argparse
from collections.abc import Iterable
from typing import Any

# Name, type, placeholder, help.
DECODING_OPTIONS: tuple[tuple[str, Any, str, str], ...] = (
    ("min-words", int, "N", "no summary is shorter"),
    ("must-not-include", str, "WORDS", "no summary holds these words; repeatable"),
    ("must-include", str, "WORDS", "every summary holds these words; repeatable"),
    ("faithful", str, "HOW", "off, warn of, or strict: no number or name that is not in the text"),
    ("prefix", str, "TEXT", "every summary begins so"),
    ("strategy", str, "NAME", "beam, greedy, sample or diverse"),
    ("temperature", float, "X", "sample: below 1 safer, above 1 bolder"),
    ("top-k", int, "N", "sample: among so many pieces"),
    ("top-p", float, "P", "sample: among the pieces of so much probability"),
    ("seed", int, "N", "sample: another one gives another summary"),
    ("groups", int, "N", "diverse: parts of the beam"),
    ("strength", float, "X", "diverse: what it costs to repeat another group"),
    ("length-penalty", float, "X", "more favours longer summaries"),
    ("normalization", str, "NAME", "of scores by length: gnmt or average"),
    ("coverage-penalty", float, "X", "more favours summaries of the whole document"),
    ("threshold", float, "P", "tagger: keep words of at least so much probability"),
)

# Those of them that continuing a prompt has, and its own.
SAMPLING_OPTIONS = ("temperature", "top-k", "top-p", "seed")
GENERATION_OPTIONS: tuple[tuple[str, Any, str, str], ...] = (
    ("n", int, "N", "texts to draw"),
    ("pieces", int, "N", "draw at most so many"),
    ("max-words", int, "N", "add at most so many words"),
)


def add_option(parser: Any, names: Iterable[str], **settings: Any) -> None:
    """Add an option; its old names are accepted and do not appear in the help text.

    Args:
        parser: a parser or a group of one.
        names: the name of the option, then its old names.
        settings: as for `argparse.ArgumentParser.add_argument`.
    """
    name, *old_names = names
    action = parser.add_argument(name, **settings)
    hidden = {"dest": action.dest, "default": argparse.SUPPRESS, "help": argparse.SUPPRESS}
    for old_name in old_names:
        parser.add_argument(old_name, **{**settings, **hidden})


def add_decoding_options(parser: Any) -> None:
    """Give a verb the options of the search."""
    group = parser.add_argument_group("search")
    for name, kind, placeholder, text in DECODING_OPTIONS:
        many = {"action": "append"} if "repeatable" in text else {}
        group.add_argument(f"--{name}", type=kind, metavar=placeholder, help=text, **many)


def add_sampling_options(parser: Any) -> None:
    """Give a verb the options of drawing texts."""
    for name, kind, placeholder, text in (
        *GENERATION_OPTIONS,
        *(o for o in DECODING_OPTIONS if o[0] in SAMPLING_OPTIONS),
    ):
        text = text.removeprefix("sample: ").replace("summary", "text")
        parser.add_argument(f"--{name}", type=kind, metavar=placeholder, help=text)


def decoding_options_from(a: argparse.Namespace) -> dict[str, Any]:
    """Return the options of search or drawing that were given, by their names in Python."""
    names = (name.replace("-", "_") for name, *_ in (*DECODING_OPTIONS, *GENERATION_OPTIONS))
    return {name: value for name in names if (value := getattr(a, name, None)) is not None}
