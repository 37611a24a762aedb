"""What `summarize` prints: summaries on stdout; warnings, mistakes and a bar on stderr."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from summarizer.documents import files, stream
from summarizer.documents.files import Document
from summarizer.documents.reading import STDIN
from summarizer.errors import SummarizerError
from summarizer.summarizing import Summarizer
from summarizer.types import Summary

FEW = 30  # documents that are summarized sooner without the time to optimize the graph


@dataclass(frozen=True)
class Shape:
    """How summaries are printed, by the options of the command.

    Attributes:
        json: one JSON object a line.
        n_best: alternatives of each.
        outline: one summary a paragraph.
        long: what was read of a long document.
    """

    json: bool
    n_best: int
    outline: bool
    long: str


def run(
    model: str | None,
    names: Sequence[str],
    options: Mapping[str, Any],
    shape: Shape,
    fetch: bool,
    select: str | None = None,
) -> int:
    """Print the summaries of documents as they are made, in order; return the exit status.

    Args:
        model: folder of the model; None: as `Summarizer.load`.
        names: what the documents are read from, see `documents.files`.
        options: for `Summarizer.summarize`.
        shape: how they are printed.
        fetch: allow web addresses.
        select: folder of a tagger that says what may be copied.

    Raises:
        SummarizerError: the model cannot be used, or no document can be summarized as asked.
    """
    every = files.files(names)
    many = any(name == STDIN or files.has_many(name) for name in every)
    summarizer = Summarizer.load(model, not many and len(every) <= FEW, select)
    bar = _bar(every, many)
    done = (lambda count: None) if bar is None else bar.update
    found = stream.summarize(
        summarizer, files.documents(every, fetch), options, shape.outline, done
    )
    status = 0
    try:
        for document, summaries in found:
            if bar is not None:
                bar.clear()  # a line of its own for what is printed
            if isinstance(summaries, SummarizerError):
                print(f"summarizer: {summaries}", file=sys.stderr)
                status = 1
            else:
                _show(document, summaries, shape)
    finally:
        if bar is not None:
            bar.close()
    return status


def _bar(every: list[str], many: bool) -> Any:
    """A bar of the documents that are done; None where nobody sees it, or would not for long."""
    if not sys.stderr.isatty() or (len(every) == 1 and not many):
        return None
    from tqdm import tqdm

    total = None if many else len(every)
    return tqdm(total=total, unit=" documents", delay=1, dynamic_ncols=True, file=sys.stderr)


def _show(document: Document, found: list[Summary], shape: Shape) -> None:
    for said in _warnings(found, shape):
        print(f"summarizer: {document.name}: {said}", file=sys.stderr)
    if shape.json:
        print(json.dumps(_record(document, found, shape), ensure_ascii=False))
    else:
        lines = [h.text for summary in found for h in summary.alternatives]
        print("\n  ".join([document.name, *lines]) if shape.outline else "\n".join(lines))
    sys.stdout.flush()


def _warnings(found: list[Summary], shape: Shape) -> Iterator[str]:
    """What is to be said of what was read; of an outline, of all its paragraphs together."""
    read, left_out = sum(s.read for s in found), sum(s.truncated for s in found)
    parts = sum(s.parts for s in found)
    if parts > len(found):
        rest = f"; {left_out} pieces of these left out" if left_out else ""
        yield (
            f"longer than the model reads: read in {parts} parts, summarized from their "
            f"summaries{rest}"
        )
    elif left_out:
        what = "its most central sentences, " if shape.long == "select" else "its first "
        yield (
            f"longer than the model reads: summarized from {'' if shape.outline else what}{read} "
            f"pieces, {left_out} ({left_out / (left_out + read):.0%}) left out"
        )
    spelled = sum(s.spelled * s.read for s in found) / max(read, 1)
    if spelled > 0.25:
        yield (
            f"{spelled:.0%} of it is in characters or words that the model was not trained on; "
            "the summary means little"
        )


def _record(document: Document, found: list[Summary], shape: Shape) -> dict[str, Any]:
    """The JSON of a document; for an outline a list of paragraphs in place of its summary."""
    read, left_out = sum(s.read for s in found), sum(s.truncated for s in found)
    lines = [_line(summary, shape.n_best) for summary in found]
    named = {"file": document.file} | ({} if document.id is None else {"id": document.id})
    said = {"outline": lines} if shape.outline else lines[0]
    share = left_out / max(read + left_out, 1)
    return {**named, **said, "read": read, "truncated": left_out, "left_out": round(share, 4)}


def _line(found: Summary, n_best: int) -> dict[str, Any]:
    record: dict[str, Any] = {"summary": found.text, "score": found.score}
    if n_best > 1:
        record["alternatives"] = [
            {"summary": h.text, "score": h.score, "log_prob": h.log_prob}
            for h in found.alternatives
        ]
    return record
