"""A data SPEC: one line that says what to read.

A SPEC is a path, whose extension says how it is read, or the name of a source, and then options:
`articles.jsonl,document=body,summary=headline`, `docstrings,split=test`, `notes/`. Only what
follows the path as `,name=value` is an option, so a path may hold commas.
"""

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from summarizer import plugins
from summarizer.config import Part
from summarizer.datasets.sources._splits import check_split
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.types import Example

_EXTENSIONS = {".jsonl": "jsonl", ".csv": "csv", ".tsv": "csv"}
_PACKED = ("", ".gz", ".xz")
_OPTION = re.compile(r",([a-z_]+)=([^,]*)$")
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parse(spec: str) -> Part:
    """Return the source of a SPEC with its options, `split` among them where the SPEC says it.

    Raises:
        InputError: the path does not exist, or its extension is not known.
        ConfigError: an unknown source (the nearest is named), option, split or value.
    """
    head, written = _cut(spec)
    name, path = _source(head)
    hints = get_type_hints(plugins.load("source", name).Options)
    options: dict[str, Any] = {"path": path} if path else {}
    for key, text in written.items():
        if key == "split":
            check_split(text)
            options[key] = text
        else:
            options[key] = _value(text, hints.get(key, str), f"{spec!r}: {key}")
    plugins.options("source", name, **_without_split(options))
    return Part(name, options)


def examples(spec: str, split: str = "all", **defaults: Any) -> Iterator[Example]:
    """Yield the examples of a SPEC, one at a time.

    Args:
        spec: the SPEC; a `split=` in it wins over the argument.
        split: all, train, validation or test. Files are split 90/5/5 by SHA-256 of the id.
        defaults: options of the source that the SPEC does not set; those that the source does not
            have are left out.

    Raises:
        InputError: what is read cannot be used; names the file, the line and the reason.
        ConfigError: the SPEC asks for what does not exist.
    """
    part = parse(spec)
    module = plugins.load("source", part.name)
    known = {field.name for field in dataclasses.fields(module.Options)}
    values = {key: value for key, value in defaults.items() if key in known}
    options = plugins.options("source", part.name, **values | _without_split(part.options))
    found: Iterator[Example] = module.examples(options, part.options.get("split", split))
    return found


def has_splits(spec: str) -> bool:
    """Say whether the source itself has train, validation and test, and the SPEC picks none.

    False for files: they can be split by hash of the id, or a second file can be named.

    Raises:
        InputError, ConfigError: as `parse`.
    """
    part = parse(spec)
    return "path" not in part.options and "split" not in part.options


def describe() -> list[tuple[str, str]]:
    """List the sources: (name, what it is, in one line)."""
    found = []
    for name in plugins.names("source"):
        text = inspect.getdoc(plugins.load("source", name)) or ""
        found.append((name, text.split("\n", 1)[0]))
    return found


def _cut(spec: str) -> tuple[str, dict[str, str]]:
    """Part a SPEC into its path or name and the options after it, as text."""
    options: dict[str, str] = {}
    while not Path(spec).exists() and (match := _OPTION.search(spec)):
        spec = spec[: match.start()]
        options = {match[1]: match[2], **options}
    return spec, options


def _source(head: str) -> tuple[str, str]:
    """Return (name of the source, path), the path "" for a source that is named."""
    names = plugins.names("source")
    if head in names:
        return head, ""
    path = Path(head)
    if path.is_dir():
        return "folder", head
    packed = path.suffix.lower() if path.suffix.lower() in _PACKED else ""
    extension = Path(head.removesuffix(path.suffix) if packed else head).suffix.lower()
    if name := _EXTENSIONS.get(extension):
        if not path.exists():
            raise InputError(f"{head}: no such file")
        return name, head
    files = ", ".join(f"FILE{extension}[.gz|.xz]" for extension in _EXTENSIONS)
    known = f"{files}, a folder of .txt and .md files"
    if path.exists():
        raise InputError(f"{head}: cannot tell how to read {extension or 'it'}; known: {known}")
    if head.startswith("tfds:") or extension == ".parquet":
        raise ConfigError(f"{head}: not supported yet; known: {known}, {', '.join(names)}")
    if extension or "/" in head or "\\" in head:
        raise InputError(f"{head}: no such file or folder")
    raise ConfigError(f"no file, folder or source {head!r}: {did_you_mean(head, names)}")


def _value(text: str, kind: Any, what: str) -> Any:
    """Make a value of an option's type from its text; a list is written with plus signs."""
    if kind is bool and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{what}={text}: must be a whole number") from None
    if kind is bool:
        raise ConfigError(f"{what}={text}: must be true or false")
    return text if kind is str else tuple(text.split("+"))


def _without_split(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != "split"}
