"""What `summarize` prints: summaries on stdout; warnings, mistakes and a bar on stderr."""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.api.summarizer import Summarizer, find_model
from summarizer.datasets import lowercase_words
from summarizer.decoding.provenance import provenance_record
from summarizer.documents import collect
from summarizer.documents.collect import Document
from summarizer.documents.read import STDIN
from summarizer.errors import SummarizerError
from summarizer.runtime import streaming
from summarizer.types import Summary

if TYPE_CHECKING:
    from summarizer.reports.provenance_page import ProvenancePage

SMALL_BATCH = 30  # documents that are summarized sooner without the time to optimize the graph


@dataclass(frozen=True)
class OutputFormat:
    """How summaries are printed, by the options of the command.

    Attributes:
        json: one JSON object a line.
        n_best: alternatives of each.
        outline: one summary a paragraph.
        long: what was read of a long document.
        explain: the file of the page that shows where each word came from; None: no page.
    """

    json: bool
    n_best: int
    outline: bool
    long: str
    explain: str | None = None


def run(
    model: str | None,
    names: Sequence[str],
    options: Mapping[str, Any],
    shape: OutputFormat,
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
    every = collect.expand_names(names)
    many = any(name == STDIN or collect.holds_many(name) for name in every)
    status = 0
    with contextlib.ExitStack() as closing:
        page = closing.enter_context(_page(shape.explain)) if shape.explain else None
        summarizer = Summarizer.load(model, not many and len(every) <= SMALL_BATCH, select)
        if options.get("faithful") == "warn" and summarizer.known is None:
            missing = f"{find_model(model) / lowercase_words.FILE}: no such file"
            _warn(f"{missing}: which words are names is told by their capitals")
        bar = _progress_bar(every, many)
        if bar is not None:
            closing.callback(bar.close)
        found = streaming.summarize_stream(
            summarizer, collect.read_documents(every, fetch), {**options, "explain": bool(page)},
            shape.outline, (lambda count: None) if bar is None else bar.update,
        )  # fmt: skip
        for document, summaries in found:
            if bar is not None:
                bar.clear()  # a line of its own for what is printed
            if isinstance(summaries, SummarizerError):
                _warn(str(summaries))
                status = 1
                continue
            _print_summary(document, summaries, shape)
            if page:
                page.add(document.name, str(document.text), summaries)
    return status


def _page(path: str) -> "ProvenancePage":
    """Open the page of explanations; only now is the library that renders it imported."""
    from summarizer.reports.provenance_page import ProvenancePage

    return ProvenancePage(Path(path))


def _warn(line: str) -> None:
    print(f"summarizer: {line}", file=sys.stderr)


def _progress_bar(every: list[str], many: bool) -> Any:
    """A bar of the documents that are done; None where nobody sees it, or would not for long."""
    if not sys.stderr.isatty() or (len(every) == 1 and not many):
        return None
    from tqdm import tqdm

    total = None if many else len(every)
    return tqdm(total=total, unit=" documents", delay=1, dynamic_ncols=True, file=sys.stderr)


def _print_summary(document: Document, found: list[Summary], shape: OutputFormat) -> None:
    for said in _warnings(found, shape):
        _warn(f"{document.name}: {said}")
    if shape.json:
        print(json.dumps(_document_record(document, found, shape), ensure_ascii=False))
    else:
        lines = [h.text for summary in found for h in summary.alternatives]
        print("\n  ".join([document.name, *lines]) if shape.outline else "\n".join(lines))
    sys.stdout.flush()


def _warnings(found: list[Summary], shape: OutputFormat) -> Iterator[str]:
    """What is to be said of what was read; of an outline, of all its paragraphs together."""
    read, left_out = sum(s.tokens_read for s in found), sum(s.tokens_truncated for s in found)
    parts = sum(s.chunks for s in found)
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
    spelled = sum(s.unknown_ratio * s.tokens_read for s in found) / max(read, 1)
    if spelled > 0.25:
        yield (
            f"{spelled:.0%} of it is in characters or words that the model was not trained on; "
            "the summary means little"
        )
    every = (hypothesis for summary in found for hypothesis in summary.alternatives)
    wrong = dict.fromkeys(word for hypothesis in every for word in hypothesis.unsupported or ())
    if wrong:
        where = "summarized paragraph" if shape.outline else "document"
        yield f"not in the {where}: {', '.join(map(repr, wrong))}"


def _document_record(
    document: Document, found: list[Summary], shape: OutputFormat
) -> dict[str, Any]:
    """The JSON of a document; for an outline a list of paragraphs in place of its summary."""
    read, left_out = sum(s.tokens_read for s in found), sum(s.tokens_truncated for s in found)
    lines = [_summary_record(summary, str(document.text), shape.n_best) for summary in found]
    named = {"file": document.file} | ({} if document.id is None else {"id": document.id})
    said = {"outline": lines} if shape.outline else lines[0]
    share = left_out / max(read + left_out, 1)
    return {**named, **said, "read": read, "truncated": left_out, "left_out": round(share, 4)}


def _summary_record(found: Summary, text: str, n_best: int) -> dict[str, Any]:
    fields = summary_record(found, text)
    if n_best > 1:
        fields["alternatives"] = [
            {"summary": h.text, "score": h.score, "log_prob": h.log_prob}
            | ({} if h.unsupported is None else {"unsupported": list(h.unsupported)})
            for h in found.alternatives
        ]
    return fields


def summary_record(summary: Summary, document: str) -> dict[str, Any]:
    """Return a summary as JSON: text, score and, if they were requested, claims and provenance.

    Args:
        summary: the summary.
        document: the text that its explanation refers to.
    """
    fields: dict[str, Any] = {"summary": summary.text, "score": summary.score}
    if summary.unsupported is not None:
        fields["unsupported"] = list(summary.unsupported)
    if summary.provenance is not None:
        fields |= provenance_record(summary.provenance, document)
    return fields
