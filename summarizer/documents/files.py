"""Summarize documents by their names, the good ones also where some are bad."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from summarizer.documents.reading import STDIN, SUFFIXES, is_address, read
from summarizer.errors import InputError, SummarizerError
from summarizer.types import Summary

AT_ONCE = 64  # documents read, and summarized in common batches, before any is given out


def summarize_files(
    summarizer: Any,
    names: Sequence[str],
    options: dict[str, Any],
    fetch: bool = False,
    outline: bool = False,
) -> Iterator[tuple[str, list[Summary] | SummarizerError]]:
    """Summarize documents in the order given.

    Args:
        summarizer: an `api.Summarizer`.
        names: files, patterns, folders (their documents, known by the name's end), - for standard
            input, or web addresses.
        options: for `Summarizer.summarize`.
        fetch: allow web addresses.
        outline: a summary of each paragraph, not of the whole.

    Yields:
        A document's name with its summaries (one without `outline`), or with what is wrong.
    """
    files = [file for name in names for file in _expanded(name)]
    for begin in range(0, len(files), AT_ONCE):
        part = files[begin : begin + AT_ONCE]
        texts: dict[int, str] = {}
        found: dict[int, list[Summary] | SummarizerError] = {}
        for i, name in enumerate(part):
            try:
                if os.path.isdir(name):
                    raise InputError(f"{name}: a folder without documents ({' '.join(SUFFIXES)})")
                texts[i] = read(name, fetch)
            except InputError as error:
                found[i] = error
        documents = list(texts.values())
        if outline:
            found.update(zip(texts, summarizer.outline(documents, **options), strict=True))
        else:
            summaries = summarizer.summarize(documents, **options)
            found.update(zip(texts, [[s] for s in summaries], strict=True))
        yield from ((name, found[i]) for i, name in enumerate(part))


def _expanded(name: str) -> list[str]:
    """The files that a name stands for; itself, where it stands for none."""
    if name == STDIN or is_address(name):
        return [name]
    path = Path(name)
    if path.is_dir():
        inside = sorted(str(p) for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        return inside or [name]
    if not path.exists() and glob.has_magic(name):
        return sorted(glob.glob(name, recursive=True)) or [name]
    return [name]
