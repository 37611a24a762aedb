"""A data SPEC names the data to read, in one line.

A SPEC is a path or a source, followed by options of the form `,name=value`:

- a path, whose name decides how it is read: `articles.jsonl.gz`, `novel.txt`, `notes/` (a folder of
  text files or of .parquet files), `shards/*.parquet`, `arxiv-metadata-oai-snapshot.json`;
- a source, a colon, and what it reads: `jsonl:records.txt`, `arxiv:papers.jsonl`,
  `tfds:reddit_tifu/long`;
- a source that reads nothing from the user: `docstrings`;
- a mix of SPECs by weight: `mix:0.7*articles.jsonl,document=body+0.3*docstrings`.

`articles.jsonl,document=body,summary=headline` sets options of the source. The members of a list
are joined by plus signs: `categories=cs.CL+cs.LG`. A path may contain commas, because only
`,name=value` at the end is an option. Every SPEC has these options:

- `split=train`, validation, test or all: the split to read, instead of the command's default;
- `shard=0/4`: the first of 4 disjoint parts that together are the split. The hash of the id assigns
  the shard, so an example stays in its shard if other examples are added, removed or skipped. The
  hashes for shards and splits are independent. Shards are therefore only about equal in size;
- `type=headline`: the type of all summaries, a name of `summary_types`;
- `only=headline+tldr`: only examples whose summary has one of these types;
- `ids=nsf/+rust/`: only examples whose id begins with one of these.

In a mix, each part is a weight, a star and a SPEC with its own options. A plus sign followed by a
number and a star begins the next part. The options of the mix stand before the colon:
`mix,shard=0/4,stop=last:2*a.jsonl+1*b.csv`. `sources/mix.py` describes the resulting order. A mix
may not contain another mix.
"""

import dataclasses
import glob
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from summarizer import plugins, summary_types
from summarizer.config import Part
from summarizer.datasets.sources._splits import check_split, in_shard, in_split, parse_shard
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.types import Example

_EXTENSIONS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".txt": "text",
}
_COMPRESSED = (".gz", ".xz")
_READABLE = (
    "FILE.jsonl[.gz|.xz], FILE.csv[.gz|.xz], FILE.tsv[.gz|.xz], FILE.parquet, "
    "FILE.txt[.gz|.xz], arxiv-metadata*.json[.gz|.xz], a folder of .txt and .md files or of "
    ".parquet files"
)
_SNAPSHOT = re.compile(r"arxiv-metadata.*\.jsonl?")
_OPTION = re.compile(r",([a-z_]+)=([^,]*)$")
_MIX = re.compile(r"mix((?:,[a-z_]+=[^,:]*)*):(.*)", re.DOTALL)
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_GENERAL = ("split", "shard", "type", "only", "ids")  # options of every SPEC


def parse(spec: str) -> Part:
    """Return the source of a SPEC with its options, including those that every SPEC has.

    Raises:
        InputError: the path does not exist, its extension is unknown, or a type is unknown.
        ConfigError: an unknown source (the nearest is named), option, split, shard or value.
    """
    head, option_texts = _split_options(spec)
    name, subject = _source(head)
    hints = get_type_hints(plugins.load("source", name).Options)
    options: dict[str, Any] = {_subject_option(name): subject} if subject else {}
    for key, text in option_texts.items():
        if key in _GENERAL:
            options[key] = _general_value(key, text, spec)
        else:
            options[key] = _value(text, hints.get(key, str), f"{spec!r}: {key}")
    plugins.options("source", name, **_without_general(options))
    return Part(name, options)


def examples(spec: str, split: str = "all", **defaults: Any) -> Iterator[Example]:
    """Yield the examples of a SPEC, one at a time.

    Args:
        spec: the SPEC; `split=` in it takes precedence over the argument.
        split: all, train, validation or test. Files are split 90/5/5 by SHA-256 of the id.
        defaults: values for options of the source that the SPEC does not set. Options that the
            source does not have are ignored.

    Raises:
        InputError: the data cannot be used; names the file, the line and the reason.
        ConfigError: the SPEC names something that does not exist.
    """
    part = parse(spec)
    module = plugins.load("source", part.name)
    known = {field.name for field in dataclasses.fields(module.Options)}
    values = {key: value for key, value in defaults.items() if key in known}
    options = source_options(part, **values)
    stream: Iterator[Example] = module.examples(options, part.options.get("split", split))
    if type_name := part.options.get("type"):
        stream = (dataclasses.replace(example, type=type_name) for example in stream)
    if types := part.options.get("only"):
        stream = (example for example in stream if example.type in types)
    if prefixes := part.options.get("ids"):
        stream = (example for example in stream if example.id.startswith(prefixes))
    if shard := part.options.get("shard"):
        return (example for example in stream if in_shard(example.id, *shard))
    return stream


def source_options(part: Part, **defaults: Any) -> Any:
    """Return the `Options` of the source of a parsed SPEC, without the options of every SPEC.

    Args:
        part: the parsed SPEC.
        defaults: values for options that the SPEC does not set.
    """
    return plugins.options("source", part.name, **defaults | _without_general(part.options))


def selects(part: Part, example: Example) -> bool:
    """Return whether an example is in the split and the shard that a parsed SPEC names, if any."""
    shard = part.options.get("shard")
    return in_split(example.id, part.options.get("split", "all")) and (
        not shard or in_shard(example.id, *shard)
    )


def has_type(part: Part) -> bool:
    """Return whether a parsed SPEC states the type of its summaries."""
    return bool(part.options.get("type") or part.options.get("type_column"))


def identity(spec: str) -> str:
    """Return the name of the source of a SPEC, independent of columns, split and shard.

    Equal ids of SPECs with equal names are the same example. A file or folder is named by its
    absolute path, a TFDS set or a mix as the SPEC writes it.

    Raises:
        InputError, ConfigError: as `parse`.
    """
    part = parse(spec)
    subject = _subject_option(part.name)
    if not subject:
        options = sorted(_without_general(part.options).items())
        return ",".join([part.name, *(f"{key}={value}" for key, value in options)])
    value = part.options[subject]
    return f"{part.name}:{Path(value).resolve() if subject == 'path' else value}"


def has_splits(spec: str) -> bool:
    """Return whether the source has its own train, validation and test, and the SPEC picks none.

    False for files: they are split by hash of the id, or another file is named. True for a mix if
    it is true for one of its parts.

    Raises:
        InputError, ConfigError: as `parse`.
    """
    part = parse(spec)
    if "split" in part.options or "path" in part.options:
        return False
    if part.name == "mix":
        return any(has_splits(inner) for _, inner in source_options(part).weighted())
    return True


def describe() -> list[tuple[str, str]]:
    """Return (name, description in one line) of each source."""
    descriptions = []
    for name in plugins.names("source"):
        text = inspect.getdoc(plugins.load("source", name)) or ""
        descriptions.append((name, text.split("\n", 1)[0]))
    return descriptions


def _split_options(spec: str) -> tuple[str, dict[str, str]]:
    """Split a SPEC into its path or source and the texts of its options."""
    if mix := _MIX.fullmatch(spec):
        assignments = (option.partition("=") for option in mix[1].split(",")[1:])
        return f"mix:{mix[2]}", {name: text for name, _, text in assignments}
    options: dict[str, str] = {}
    while not Path(spec).exists() and (match := _OPTION.search(spec)):
        spec = spec[: match.start()]
        options = {match[1]: match[2], **options}
    return spec, options


def _subject_option(source: str) -> str:
    """Return the name of a source's option without a default; "" if it has none."""
    fields = dataclasses.fields(plugins.load("source", source).Options)
    return fields[0].name if fields and fields[0].default is dataclasses.MISSING else ""


def _source(head: str) -> tuple[str, str]:
    """Return (name of the source, what it reads); "" for a source that reads nothing."""
    name, _, subject = head.partition(":")
    if name in plugins.names("source"):
        if (option := _subject_option(name)) and not subject:
            raise ConfigError(f"{head}: names no data; write {name}:{option.upper()}")
        if subject and not option:
            raise ConfigError(f"{head}: the source {name!r} is written without a colon")
        return name, subject
    path = Path(head)
    if path.is_dir():
        return "parquet" if any(path.glob("*.parquet")) else "folder", head
    return _source_of_file(head, path), head


def _source_of_file(head: str, path: Path) -> str:
    """Return the source that reads a file, by the name of the file."""
    suffix = path.suffix.lower()
    compression = suffix if suffix in _COMPRESSED else ""
    plain = Path(path.stem if compression else path.name)
    extension = plain.suffix.lower()
    name = "arxiv" if _SNAPSHOT.fullmatch(plain.name) else _EXTENSIONS.get(extension)
    if name == "parquet" and compression:
        name = None  # Parquet files are compressed internally
    if name and (path.exists() or (name == "parquet" and glob.glob(head))):
        return name
    if name:
        raise InputError(f"{head}: no such file")
    if path.exists():
        kind = f"{extension}{compression}" or "a file without extension"
        raise InputError(f"{head}: no source reads {kind}; known: {_READABLE}")
    if extension or "/" in head or "\\" in head:
        raise InputError(f"{head}: no such file or folder")
    names = plugins.names("source")
    hint = did_you_mean(head.partition(":")[0], names)
    raise ConfigError(f"no file, folder or source {head!r}: {hint}")


def _general_value(key: str, text: str, spec: str) -> Any:
    """Return the value of an option that every SPEC has, from its text."""
    if key == "split":
        check_split(text)
        return text
    if key == "shard":
        return parse_shard(text)
    if key == "type":
        return summary_types.canonical_name(text, repr(spec))
    names = tuple(text.split("+"))
    if key == "only":
        return tuple(summary_types.canonical_name(name, repr(spec)) for name in names)
    return names


def _value(text: str, kind: object, option: str) -> Any:
    """Return the value of a source's option from its text; list members are joined by plus signs.

    Args:
        text: the value as written.
        kind: the type of the option.
        option: SPEC and name of the option, for errors.
    """
    if kind is bool and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{option}={text}: must be a whole number") from None
    if kind is bool:
        raise ConfigError(f"{option}={text}: must be true or false")
    return tuple(text.split("+")) if get_origin(kind) is tuple else text


def _without_general(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that belong to the source itself."""
    return {key: value for key, value in options.items() if key not in _GENERAL}
