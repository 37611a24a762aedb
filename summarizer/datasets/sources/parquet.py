"""Parquet: a file, a folder of .parquet files, or a pattern, `shards/*.parquet`, ordered by name.

Rows are read in small batches, so that memory use does not depend on the size of the file or of its
row groups.
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

_BATCH_ROWS = 256
_BUFFER_BYTES = 2**20  # of a column, read at once


@dataclass(frozen=True)
class Options:
    """Options of Parquet files; unnamed columns are ignored.

    Without a column `id` ids are row numbers from 1; with several files they are FILE:NUMBER.

    Attributes:
        path: the file, the folder, or a pattern with stars.
        document: column of the document.
        summary: column of the summary; "": read documents only. If it is missing, the first
            reference is the summary.
        references: column with a list of all references, which ROUGE compares with; None:
            `references` if that column is a list of texts; "": none.
        skip_bad: skip and count unusable records.
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
    paths, columns = _paths(options.path), _records.Columns.of(options)
    for path in paths:
        prefix = f"{Path(path).name}:" if paths != [options.path] else ""
        for number, row in _read_rows(path, options):
            try:
                if isinstance(row, InputError):
                    raise row
                row.setdefault("id", f"{prefix}{number}")
                yield _records.example(path, number, row, columns)
            except InputError as error:
                yield error


def _paths(path: str) -> list[str]:
    """Return the files, ordered by name."""
    if Path(path).is_dir():
        paths = sorted(str(p) for p in Path(path).glob("*.parquet"))
    else:
        paths = [path] if Path(path).exists() else sorted(glob.glob(path))
    if not paths:
        raise InputError(f"{path}: no such file, or no .parquet file in the folder")
    return paths


def _read_rows(path: str, options: Options) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Yield (number from 1, columns or error) of each row.

    Raises:
        InputError: not a Parquet file, or damaged; a column is missing or not text.
    """
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with contextlib.closing(
            pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        ) as file:
            columns = _select_columns(path, file.schema_arrow, options)
            for batch in file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
                for i in range(batch.num_rows):
                    number += 1
                    yield number, _row(f"{path}:{number}", batch, i)
    except (pyarrow.ArrowException, OSError) as error:
        after = f", after row {number}" if number else ""
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a Parquet file, or cut{after} ({reason})") from None


def _select_columns(path: str, schema: Any, options: Options) -> list[str]:
    """Return the columns to read, including `id` if it exists; refuse columns that are not text."""
    import pyarrow.types as arrow_types

    references = _references_column(path, schema, options)
    texts = [column for column in (options.document, options.summary) if column]
    if references and options.summary not in schema.names:
        texts = [options.document]
    _records.require_columns(path, schema.names, *texts)
    columns = list(dict.fromkeys(texts + (["id"] if "id" in schema.names else [])))
    for column in columns:
        kind = schema.field(column).type
        if not (_is_text(kind) or (column == "id" and arrow_types.is_integer(kind))):
            raise InputError(f"{path}: column {column!r} is {kind}, not text")
    return columns + references


def _references_column(path: str, schema: Any, options: Options) -> list[str]:
    """Return the column with a list of references in a list, or [] if none is to be read."""
    import pyarrow.types as arrow_types

    _records.require_columns(path, schema.names, options.references or "")
    column = "references" if options.references is None else options.references
    if not options.summary or column not in schema.names:
        return []
    kind = schema.field(column).type
    is_list = arrow_types.is_list(kind) or arrow_types.is_large_list(kind)
    if is_list and _is_text(kind.value_type):
        return [column]
    if options.references:
        raise InputError(f"{path}: column {column!r} is {kind}, not a list of texts")
    return []


def _is_text(kind: Any) -> bool:
    import pyarrow.types as arrow_types

    kind = kind.value_type if arrow_types.is_dictionary(kind) else kind
    checks = arrow_types.is_string, arrow_types.is_large_string, arrow_types.is_string_view
    return any(check(kind) for check in checks)


def _row(where: str, batch: Any, index: int) -> dict[str, Any] | InputError:
    names = batch.schema.names
    try:
        return {name: batch.column(i)[index].as_py() for i, name in enumerate(names)}
    except UnicodeDecodeError as error:
        return InputError(f"{where}: {not_utf8(error)}")
