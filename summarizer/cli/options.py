"""Options that several commands share; those of decoding are made from `decoding.options`."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from summarizer.decoding.options import (
    RENAMED_DECODING_OPTIONS,
    RENAMED_GENERATION_OPTIONS,
    DecodingOptions,
    GenerationOptions,
    Option,
    option_text,
    options_of,
)

# Group of an option, or the strategy that has it: the heading in the help text.
GROUPS = {
    "content": "content and length",
    "search": "search",
    "sample": "options of --strategy sample",
    "diverse": "options of --strategy diverse",
}


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


def add_model(parser: Any) -> None:
    """Add `--model`."""
    parser.add_argument(
        "--model",
        metavar="FOLDER",
        help="model folder; default: $SUMMARIZER_MODEL, or the shipped model",
    )


def add_content_selector(parser: Any) -> None:
    """Add `--content-selector`."""
    add_option(
        parser,
        ("--content-selector", "--select"),
        metavar="MODEL",
        help="copy only words that this tagger model selects",
    )


def add_decoding_options(parser: argparse.ArgumentParser, without: Iterable[str] = ()) -> None:
    """Add the options of `DecodingOptions` in groups.

    Args:
        parser: parser of a command.
        without: names of fields that the command does not have.
    """
    groups = {key: parser.add_argument_group(title) for key, title in GROUPS.items()}
    for name, option in options_of(DecodingOptions).items():
        if name not in without:
            group = groups.get(option.strategy) or groups[option.group]
            _add_field(group, name, option, RENAMED_DECODING_OPTIONS)


def add_generation_options(parser: Any) -> None:
    """Add the options of `GenerationOptions`."""
    options = options_of(GenerationOptions)
    for name, option in sorted(options.items(), key=lambda item: bool(item[1].strategy)):
        _add_field(parser, name, option, RENAMED_GENERATION_OPTIONS)


def _add_field(parser: Any, name: str, option: Option, renamed: Mapping[str, str]) -> None:
    """Add the option of a field under its name and its old names."""
    old_names = [old for old, new in renamed.items() if new == name]
    settings: dict[str, Any] = {"type": option.type, "help": option.help, "default": None}
    if option.repeatable:
        settings["action"] = "append"
    if choices := option.values():
        settings["choices"] = choices
    else:
        settings["metavar"] = option.metavar
    flags = [f"--{option_text(spelling)}" for spelling in (name, *old_names)]
    add_option(parser, flags, dest=name, **settings)


def options_from(record: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options on the command line, by the names of their fields.

    Args:
        record: `DecodingOptions` or `GenerationOptions`.
        arguments: parsed command line.
    """
    values = {name: getattr(arguments, name, None) for name in options_of(record)}
    return {name: value for name, value in values.items() if value is not None}
