"""A data SPEC: one line that says what to read.

A SPEC is what is read, and then options, each `,name=value`:

- a path, whose name says how it is read: `articles.jsonl.gz`, `novel.txt`, `notes/` (a folder of
  texts, or of .parquet files), `shards/*.parquet`, `arxiv-metadata-oai-snapshot.json`;
- a source and what it reads: `jsonl:records.txt`, `arxiv:papers.jsonl`, `tfds:reddit_tifu/long`;
- a source alone: `docstrings`;
- a mix of SPECs by weight: `mix:0.7*articles.jsonl,document=body+0.3*docstrings`.

`articles.jsonl,document=body,summary=headline` sets options of the source; a list's members are
joined by plus signs, `categories=cs.CL+cs.LG`. Only what follows the path as `,name=value` is an
option, so a path may hold commas. These options belong to every SPEC:

- `split=train`, validation, test or all, instead of the one that the command would take;
- `shard=0/4`: the first of 4 parts, which share nothing and together are the split. The hash of
  the id decides, not the position: an example stays in its shard when others come, go or are
  skipped, and the shard says nothing about the split. So shards are about, not exactly, equal;
- `type=headline`: the type of all summaries, a name of `summary_types`;
- `only=headline+tldr`: only examples whose summary is of one of these types;
- `ids=nsf/+rust/`: only examples whose id begins with one of these.

In a mix, a part begins with its weight and a star; a plus sign followed by a number and a star
begins the next one. What follows a part's path are the options of that part; those of the mix stand
before the colon: `mix,shard=0/4,stop=last:2*a.jsonl+1*b.csv`. See `sources/mix.py` for what it
yields. A mix holds no other mix.
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
from summarizer.datasets.sources._splits import check_split, in_shard, in_split, read_shard
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.types import Example

_EXTENSIONS = {".jsonl": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet",
               ".txt": "text"}  # fmt: skip
_PACKED = (".gz", ".xz")
_KNOWN = (
    "FILE.jsonl[.gz|.xz], FILE.csv[.gz|.xz], FILE.tsv[.gz|.xz], FILE.parquet, "
    "FILE.txt[.gz|.xz], arxiv-metadata*.json[.gz|.xz], a folder of .txt and .md files or of "
    ".parquet files"
)
_SNAPSHOT = re.compile(r"arxiv-metadata.*\.jsonl?")
_OPTION = re.compile(r",([a-z_]+)=([^,]*)$")
_MIX = re.compile(r"mix((?:,[a-z_]+=[^,:]*)*):(.*)", re.DOTALL)
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_GENERAL = ("split", "shard", "type", "only", "ids")  # options of every SPEC


def parse(spec: str) -> Part:
    """Return the source of a SPEC with its options; `split` and `shard` where the SPEC says them.

    Raises:
        InputError: the path does not exist, or its extension is not known.
        ConfigError: an unknown source (the nearest is named), option, split, shard or value.
    """
    head, written = _cut(spec)
    name, subject = _source(head)
    hints = get_type_hints(plugins.load("source", name).Options)
    options: dict[str, Any] = {_subject(name): subject} if subject else {}
    for key, text in written.items():
        if key == "split":
            check_split(text)
            options[key] = text
        elif key == "shard":
            options[key] = read_shard(text)
        elif key == "type":
            options[key] = summary_types.named(text, repr(spec))
        elif key == "only":
            options[key] = tuple(summary_types.named(t, repr(spec)) for t in text.split("+"))
        elif key == "ids":
            options[key] = tuple(text.split("+"))
        else:
            options[key] = _value(text, hints.get(key, str), f"{spec!r}: {key}")
    plugins.options("source", name, **_own(options))
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
    options = own_options(part, **values)
    found: Iterator[Example] = module.examples(options, part.options.get("split", split))
    if kind := part.options.get("type"):
        found = (dataclasses.replace(example, type=kind) for example in found)
    if only := part.options.get("only"):
        found = (example for example in found if example.type in only)
    if ids := part.options.get("ids"):
        found = (example for example in found if example.id.startswith(ids))
    if shard := part.options.get("shard"):
        return (example for example in found if in_shard(example.id, *shard))
    return found


def own_options(part: Part, **defaults: Any) -> Any:
    """Return the options of the source of a SPEC, without those that belong to every SPEC.

    Args:
        part: the SPEC, parsed.
        defaults: options that the SPEC does not set.
    """
    return plugins.options("source", part.name, **defaults | _own(part.options))


def wanted(example: Example, part: Part) -> bool:
    """Tell whether an example is in the split and the shard that a SPEC names, if it names any."""
    shard = part.options.get("shard")
    return in_split(example.id, part.options.get("split", "all")) and (
        not shard or in_shard(example.id, *shard)
    )


def typed(part: Part) -> bool:
    """Tell whether a SPEC, parsed, says of which type its summaries are."""
    return bool(part.options.get("type") or part.options.get("type_column"))


def identity(spec: str) -> str:
    """Name the source of a SPEC, whatever columns, split or shard of it: ids mean the same there.

    A file or folder is named by its path, TFDS sets and mixes by what they are written as.

    Raises:
        InputError, ConfigError: as `parse`.
    """
    part = parse(spec)
    subject = _subject(part.name)
    if not subject:
        own = sorted(_own(part.options).items())
        return ",".join([part.name, *(f"{key}={value}" for key, value in own)])
    value = part.options[subject]
    return f"{part.name}:{Path(value).resolve() if subject == 'path' else value}"


def has_splits(spec: str) -> bool:
    """Say whether the source itself has train, validation and test, and the SPEC picks none.

    False for files: they can be split by hash of the id, or a second file can be named. A mix has
    them where one of its parts does.

    Raises:
        InputError, ConfigError: as `parse`.
    """
    part = parse(spec)
    if "split" in part.options or "path" in part.options:
        return False
    if part.name == "mix":
        parts = plugins.options("source", "mix", **_own(part.options)).weighted()
        return any(has_splits(inner) for _, inner in parts)
    return True


def describe() -> list[tuple[str, str]]:
    """List the sources: (name, what it is, in one line)."""
    found = []
    for name in plugins.names("source"):
        text = inspect.getdoc(plugins.load("source", name)) or ""
        found.append((name, text.split("\n", 1)[0]))
    return found


def _cut(spec: str) -> tuple[str, dict[str, str]]:
    """Part a SPEC into what is read and the options of it, as text."""
    if mix := _MIX.fullmatch(spec):
        written = (option.partition("=") for option in mix[1].split(",")[1:])
        return f"mix:{mix[2]}", {name: text for name, _, text in written}
    options: dict[str, str] = {}
    while not Path(spec).exists() and (match := _OPTION.search(spec)):
        spec = spec[: match.start()]
        options = {match[1]: match[2], **options}
    return spec, options


def _subject(source: str) -> str:
    """Return the option of a source that has no default, "" where each has one."""
    fields = dataclasses.fields(plugins.load("source", source).Options)
    return fields[0].name if fields and fields[0].default is dataclasses.MISSING else ""


def _source(head: str) -> tuple[str, str]:
    """Return (name of the source, what it reads), "" for a source that needs no saying."""
    name, _, subject = head.partition(":")
    if name in plugins.names("source"):
        if (wanted := _subject(name)) and not subject:
            raise ConfigError(f"{head}: what shall it read? write {name}:{wanted.upper()}")
        if subject and not wanted:
            raise ConfigError(f"{head}: the source {name!r} is written without a colon")
        return name, subject
    path = Path(head)
    if path.is_dir():
        return "parquet" if any(path.glob("*.parquet")) else "folder", head
    return _by_name(head, path), head


def _by_name(head: str, path: Path) -> str:
    """Return the source that reads a file, by the file's name."""
    packed = path.suffix.lower() if path.suffix.lower() in _PACKED else ""
    plain = Path(path.stem if packed else path.name)
    extension = plain.suffix.lower()
    name = "arxiv" if _SNAPSHOT.fullmatch(plain.name) else _EXTENSIONS.get(extension)
    if name == "parquet" and packed:
        name = None  # Parquet packs by itself
    if name and (path.exists() or (name == "parquet" and glob.glob(head))):
        return name
    if name:
        raise InputError(f"{head}: no such file")
    if path.exists():
        what = f"{extension}{packed}" or "it"
        raise InputError(f"{head}: cannot tell how to read {what}; known: {_KNOWN}")
    if extension or "/" in head or "\\" in head:
        raise InputError(f"{head}: no such file or folder")
    names = plugins.names("source")
    hint = did_you_mean(head.partition(":")[0], names)
    raise ConfigError(f"no file, folder or source {head!r}: {hint}")


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
    return tuple(text.split("+")) if get_origin(kind) is tuple else text


def _own(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are the source's own."""
    return {key: value for key, value in options.items() if key not in _GENERAL}
