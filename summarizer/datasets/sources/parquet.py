"""Parquet: a file, a folder of .parquet files, or several, `shards/*.parquet`, in order of names.

Rows are read in small batches, so that memory stays the same however large a file or its row groups
are.
"""

import contextlib
import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer.datasets.sources import _records
from summarizer.errors import InputError
from summarizer.text.read_file import not_utf8
from summarizer.types import Example

_BATCH = 256  # rows
_BUFFER = 2**20  # bytes of a column that are read at once


@dataclass(frozen=True)
class Options:
    """What is read; other columns are left alone.

    Where there is no column `id`, it is the row's number from 1; with several files FILE:NUMBER.

    Attributes:
        path: the file, the folder, or a pattern with stars.
        document: the column of the document.
        summary: the column of the summary; where that is missing, it is the first reference; ""
            reads documents only.
        references: the column of a list of all references, which ROUGE compares with; None:
            `references`, where there is such a list; "" leaves it alone.
        skip_bad: count bad rows and go on.
    """

    path: str
    document: str = "document"
    summary: str = "summary"
    references: str | None = None
    skip_bad: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, row by row.

    Raises:
        InputError: names the file, the row and the reason.
    """
    return _records.collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    paths = _paths(options.path)
    for path in paths:
        prefix = f"{Path(path).name}:" if paths != [options.path] else ""
        for number, row in _read(path, options):
            try:
                if isinstance(row, InputError):
                    raise row
                row.setdefault("id", f"{prefix}{number}")
                columns = options.document, options.summary, options.references
                yield _records.example(path, number, row, *columns)
            except InputError as error:
                yield error


def _paths(path: str) -> list[str]:
    """List the files, in the order of their names."""
    if Path(path).is_dir():
        found = sorted(str(p) for p in Path(path).glob("*.parquet"))
    else:
        found = [path] if Path(path).exists() else sorted(glob.glob(path))
    if not found:
        raise InputError(f"{path}: no such file, or no .parquet file in the folder")
    return found


def _read(path: str, options: Options) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Yield (number from 1, columns or what is wrong) of every row.

    Raises:
        InputError: not a Parquet file, cut or damaged; a column is missing or not of text.
    """
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with contextlib.closing(
            pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        ) as file:
            columns = _columns(path, file.schema_arrow, options)
            for batch in file.iter_batches(_BATCH, columns=columns, use_threads=False):
                for at in range(batch.num_rows):
                    number += 1
                    yield number, _row(f"{path}:{number}", batch, at)
    except (pyarrow.ArrowException, OSError) as error:
        after = f", after row {number}" if number else ""
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a Parquet file, or cut{after} ({reason})") from None


def _columns(path: str, schema: Any, options: Options) -> list[str]:
    """Return the columns to read, `id` among them where it is there; refuse what is not text."""
    import pyarrow.types as kinds

    several = _several(path, schema, options)
    wanted = [column for column in (options.document, options.summary) if column]
    if several and options.summary not in schema.names:
        wanted = [options.document]
    _records.require_columns(path, schema.names, *wanted)
    found = list(dict.fromkeys(wanted + (["id"] if "id" in schema.names else [])))
    for column in found:
        kind = schema.field(column).type
        if not (_is_text(kind) or (column == "id" and kinds.is_integer(kind))):
            raise InputError(f"{path}: column {column!r} is {kind}, not text")
    return found + several


def _several(path: str, schema: Any, options: Options) -> list[str]:
    """Return the column of a list of references, if one is to be read."""
    import pyarrow.types as kinds

    _records.require_columns(path, schema.names, options.references or "")
    column = "references" if options.references is None else options.references
    if not options.summary or column not in schema.names:
        return []
    kind = schema.field(column).type
    if (kinds.is_list(kind) or kinds.is_large_list(kind)) and _is_text(kind.value_type):
        return [column]
    if options.references:
        raise InputError(f"{path}: column {column!r} is {kind}, not a list of texts")
    return []


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    kind = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _row(where: str, batch: Any, at: int) -> dict[str, Any] | InputError:
    names = batch.schema.names
    try:
        return {name: batch.column(i)[at].as_py() for i, name in enumerate(names)}
    except UnicodeDecodeError as error:
        return InputError(f"{where}: {not_utf8(error)}")
