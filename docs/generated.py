"""The parts of the reference that are generated from the code: command line, settings and parts.

A page contains the line `<!-- generated: NAME -->`; the build replaces it by what the function NAME
of this module returns. `python docs/generated.py NAME` prints the same.
"""

import argparse
import dataclasses
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from typing import Any

from sphinx.ext.autodoc.mock import mock

from summarizer import plugins
from summarizer.cli import build_parser
from summarizer.config import Config, Part, settings

WIDTH = 92  # characters of a usage line
LONGEST_DEFAULT = 40  # characters; longer defaults are left out of the tables
BACKENDS = ["keras", "tensorflow", "jax"]  # reading options and docstrings needs none of them

KINDS = {  # heading and introduction of each kind of part
    "encoder": ("Encoders", "Chosen with `model.encoder`."),
    "cell": ("Cells", "Chosen with `model.decoder_cell`, and with an encoder's option `cell`."),
    "attention": ("Attention", "Chosen with `model.attention`."),
    "strategy": ("Strategies", "Chosen with `decode.strategy`, or `summarize --strategy`."),
    "source": ("Sources", "Chosen by a [data SPEC](spec.md), where options follow the path."),
    "preset": ("Presets", "Chosen with `train --preset`."),
}


# --- command line ------------------------------------------------------------------------------


def command_line() -> str:
    """Return a section for each verb: usage, arguments and options."""
    (verbs,) = [a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return "\n".join(_verb(name, parser) for name, parser in verbs.choices.items())


def _verb(name: str, parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=WIDTH)
    lines = [f"## {name}", "", _escape(parser.description or ""), ""]
    lines += ["```text", parser.format_usage().strip(), "```", ""]
    for group in parser._action_groups:
        rows = [_action(parser, action) for action in group._group_actions if _is_public(action)]
        if rows:
            title = (group.title or "options").capitalize()
            lines += ["", *_table((title, "description"), rows), ""]
    return "\n".join(lines)


def _is_public(action: argparse.Action) -> bool:
    """Tell whether an action is listed: old spellings and `--help` are not."""
    return action.help != argparse.SUPPRESS and action.dest != "help"


def _action(parser: argparse.ArgumentParser, action: argparse.Action) -> tuple[str, str]:
    formatter = parser._get_formatter()
    description = formatter._expand_help(action) if action.help else ""
    return f"`{formatter._format_action_invocation(action)}`", _escape(description)


# --- settings ----------------------------------------------------------------------------------


def settings_table() -> str:
    """Return a table for each section of the configuration: setting, default, description."""
    lines = _section("", Config)
    for field in dataclasses.fields(Config):
        if dataclasses.is_dataclass(field.default) and not isinstance(field.default, Part):
            cls = type(field.default)
            lines += [f"## {field.name}", "", _escape(_first_line(cls.__doc__)), ""]
            lines += _section(f"{field.name}.", cls)
    return "\n".join(lines)


def _section(prefix: str, cls: type) -> list[str]:
    comments = _comments(cls)
    rows = []
    for field in dataclasses.fields(cls):
        if dataclasses.is_dataclass(field.default) and not isinstance(field.default, Part):
            continue
        name = prefix + field.name
        choices = ", ".join(f"`{choice}`" for choice in settings.CHOICES.get(name, ()))
        texts = [_escape(comments.get(field.name, "")), f"one of {choices}" if choices else ""]
        default = field.default
        if default is dataclasses.MISSING:
            default = field.default_factory()
        rows.append((f"`{name}`", _default(default), "; ".join(filter(None, texts))))
    return [*_table(("setting", "default", "description"), rows), ""]


def _default(value: Any) -> str:
    """Write a default as `--set` reads it."""
    if isinstance(value, Part):
        options = ", ".join(f"`{name}={option}`" for name, option in value.options.items())
        return f"`{value.name}`" + (f" with {options}" if options else "")
    return f"`{_plain(value)}`" if value != "" else ""


# --- parts -------------------------------------------------------------------------------------


def parts() -> str:
    """Return a table for each kind of part, with the options of each part."""
    lines: list[str] = []
    with mock(BACKENDS):
        for kind, (title, introduction) in KINDS.items():
            rows = [_part(kind, name) for name in plugins.names(kind)]
            with_options = any(options for *_, options in rows)
            heads = ("name", "description", "options")[: 3 if with_options else 2]
            rows = [row[: len(heads)] for row in rows]
            lines += [f"### {title}", "", introduction, "", *_table(heads, rows), ""]
    return "\n".join(lines)


def _part(kind: str, name: str) -> tuple[str, str, str]:
    module = plugins.load(kind, name)
    options = getattr(module, "Options", None)
    fields = dataclasses.fields(options) if options else ()
    described = _comments(options) | _attributes(options) if options else {}
    texts = [_option(field, described.get(field.name, "")) for field in fields]
    return f"`{name}`", _escape(_first_line(module.__doc__)), "<br>".join(texts)


def _option(field: dataclasses.Field[Any], description: str) -> str:
    default = "" if field.default is dataclasses.MISSING else f"={_plain(field.default)}"
    written = field.name + (default if len(default) <= LONGEST_DEFAULT else "")
    return f"`{written}`" + (f": {_escape(description)}" if description else "")


# --- reading the source ------------------------------------------------------------------------


def _comments(cls: type) -> dict[str, str]:
    """Return the comment behind each field of a dataclass, inherited fields included."""
    comments: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if dataclasses.is_dataclass(base):
            comments |= dict(_trailing_comments(inspect.getsource(base)))
    return comments


def _trailing_comments(source: str) -> Iterator[tuple[str, str]]:
    """Yield (field, comment) of lines such as `steps: int = 2000  # length of the run`."""
    name = ""
    for token in tokenize.generate_tokens(io.StringIO(inspect.cleandoc(source)).readline):
        if token.type == tokenize.NAME and re.match(rf" {{4}}{token.string}:", token.line):
            name = token.string if token.start[1] == 4 else name
        elif token.type == tokenize.COMMENT and name:
            yield name, token.string.removeprefix("#").strip()
        elif token.type == tokenize.NEWLINE:
            name = ""


def _attributes(cls: type) -> dict[str, str]:
    """Return the descriptions in the section `Attributes:` of a class's docstring."""
    _, _, section = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.M)
    return {name: re.sub(r"\s+", " ", text) for name, text in entries}


def _first_line(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "").partition("\n")[0]


# --- writing Markdown --------------------------------------------------------------------------


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(heads)
    written = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(row)} |" for row in written]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escape(text: str) -> str:
    """Protect what Markdown would read as markup, except code between backticks."""
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(r"([*_<\[\]\\])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts).replace("|", r"\|")


if __name__ == "__main__":
    print(globals()[sys.argv[1]]())
