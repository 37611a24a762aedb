"""A summary as a line of text and as a JSON record, and the warnings about it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from summarizer.decoding.provenance import provenance_record
from summarizer.documents.collect import Document
from summarizer.types import Summary

MAX_UNKNOWN = 0.25  # of the tokens of a document; with more a summary says little


@dataclass(frozen=True)
class OutputFormat:
    """How summaries are printed.

    Attributes:
        json: whether each document is printed as a JSON object on one line.
        n_best: number of alternatives of each summary.
        outline: whether each paragraph has a summary.
        long: what was read of a long document.
    """

    json: bool
    n_best: int
    outline: bool
    long: str


def warn(line: str) -> None:
    """Print a line on stderr."""
    print(f"summarizer: {line}", file=sys.stderr)


def print_summary(document: Document, summaries: list[Summary], output: OutputFormat) -> None:
    """Print the summaries of a document on stdout, and warnings about them on stderr."""
    for warning in _warnings(summaries, output):
        warn(f"{document.name}: {warning}")
    if output.json:
        print(json.dumps(_document_record(document, summaries, output), ensure_ascii=False))
    else:
        lines = [h.text for summary in summaries for h in summary.alternatives]
        print("\n  ".join([document.name, *lines]) if output.outline else "\n".join(lines))
    sys.stdout.flush()


def _warnings(summaries: list[Summary], output: OutputFormat) -> Iterator[str]:
    """Yield what the user should know of a document; of an outline, of all paragraphs together."""
    tokens_read = sum(s.tokens_read for s in summaries)
    left_out = sum(s.tokens_truncated for s in summaries)
    chunks = sum(s.chunks for s in summaries)
    if chunks > len(summaries):
        lost = f"; {left_out} of their tokens left out" if left_out else ""
        yield (
            f"longer than the model's input: read in {chunks} chunks, summarized from the "
            f"summaries of the chunks{lost}"
        )
    elif left_out:
        source = "its most central sentences, " if output.long == "extract" else "its first "
        yield (
            f"longer than the model's input: summarized from "
            f"{'' if output.outline else source}{tokens_read} tokens, "
            f"{left_out} ({left_out / (left_out + tokens_read):.0%}) left out"
        )
    unknown = sum(s.unknown_ratio * s.tokens_read for s in summaries) / max(tokens_read, 1)
    if unknown > MAX_UNKNOWN:
        yield (
            f"{unknown:.0%} of it is in characters or words that the model was not trained on; "
            "the summary means little"
        )
    hypotheses = (h for summary in summaries for h in summary.alternatives)
    unsupported = dict.fromkeys(word for h in hypotheses for word in h.unsupported or ())
    if unsupported:
        place = "summarized paragraph" if output.outline else "document"
        yield f"not in the {place}: {', '.join(map(repr, unsupported))}"


def _document_record(
    document: Document, summaries: list[Summary], output: OutputFormat
) -> dict[str, Any]:
    """Return the JSON record of a document; an outline is a list in place of a summary."""
    tokens_read = sum(s.tokens_read for s in summaries)
    left_out = sum(s.tokens_truncated for s in summaries)
    records = [_summary_record(s, str(document.text), output.n_best) for s in summaries]
    name = {"file": document.file} | ({} if document.id is None else {"id": document.id})
    content = {"outline": records} if output.outline else records[0]
    return {
        **name,
        **content,
        "read": tokens_read,
        "truncated": left_out,
        "left_out": round(left_out / max(tokens_read + left_out, 1), 4),
    }


def _summary_record(summary: Summary, text: str, n_best: int) -> dict[str, Any]:
    record = summary_record(summary, text)
    if n_best > 1:
        record["alternatives"] = [
            {"summary": h.text, "score": h.score, "log_prob": h.log_prob}
            | ({} if h.unsupported is None else {"unsupported": list(h.unsupported)})
            for h in summary.alternatives
        ]
    return record


def summary_record(summary: Summary, document: str) -> dict[str, Any]:
    """Return the JSON record of a summary: text, score, and what else was requested.

    Args:
        summary: the summary.
        document: the text that its provenance refers to.
    """
    record: dict[str, Any] = {"summary": summary.text, "score": summary.score}
    if summary.unsupported is not None:
        record["unsupported"] = list(summary.unsupported)
    if summary.provenance is not None:
        record |= provenance_record(summary.provenance, document)
    return record
