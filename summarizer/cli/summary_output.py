"""A summary as text, Markdown and a JSON record, and the warnings about it."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from summarizer.decoding.provenance import provenance_record
from summarizer.documents.collect import Document
from summarizer.summary_types import key_points, keywords
from summarizer.text.cleaning import clean
from summarizer.types import Summary

MAX_UNKNOWN = 0.25  # of the tokens of a document; with more a summary says little


@dataclass(frozen=True)
class OutputFormat:
    """How summaries are printed.

    Attributes:
        format: "text", "markdown", or "json", one object on one line for each document.
        n_best: number of alternatives of each summary.
        outline: whether each paragraph has a summary.
        long: what was read of a long document.
        types: the types that were requested; (): none was.
        has_length: whether a length was requested.
    """

    format: str
    n_best: int
    outline: bool
    long: str
    types: tuple[str, ...] = ()
    has_length: bool = False

    @property
    def is_block(self) -> bool:
        """Whether a document has a block of lines, in which each summary follows its type."""
        return len(self.types) > 1 or self.types == (key_points.TYPE.name,)


def warn(line: str) -> None:
    """Print a line on stderr."""
    print(f"summarizer: {line}", file=sys.stderr)


def print_summary(document: Document, summaries: list[Summary], output: OutputFormat) -> None:
    """Print the summaries of a document on stdout, and warnings about them on stderr."""
    for warning in [*_copies(document, summaries, output), *_warnings(summaries, output)]:
        warn(f"{document.place}: {warning}")
    if output.format == "json":
        print(json.dumps(_document_record(document, summaries, output), ensure_ascii=False))
    elif output.format == "markdown":
        print("\n\n".join([f"## {_escape(document.name)}", *map(_markdown, summaries)]), end="\n\n")
    elif output.is_block:
        print("\n".join(map(_block, summaries)), end="\n\n")
    else:
        lines = [line for summary in summaries for line in _lines(summary)]
        print("\n  ".join([document.name, *lines]) if output.outline else "\n".join(lines))
    sys.stdout.flush()


def _lines(summary: Summary) -> list[str]:
    """Return the key points, the keywords on one line, or the alternatives of a summary."""
    if summary.type == key_points.TYPE.name:
        return summary.text.split("\n")
    if summary.type == keywords.TYPE.name:
        return [summary.text.replace("\n", ", ")]
    return [hypothesis.text for hypothesis in summary.alternatives or [summary]]


def _block(summary: Summary) -> str:
    """Return the lines of a summary after its type."""
    lines, name = _lines(summary), summary.type or "summary"
    if summary.type != key_points.TYPE.name:
        return f"{name}: {lines[0]}"
    return "\n".join([f"{name}:", *(f"- {line}" for line in lines)])


def _markdown(summary: Summary) -> str:
    """Return a summary as a paragraph, or as a list if it has several lines."""
    lines = [_escape(line) for line in _lines(summary)]
    head = f"**{summary.type}:**" if summary.type else ""
    if len(lines) == 1 and summary.type != key_points.TYPE.name:
        return f"{head} {lines[0]}".strip()
    bullets = "\n".join(f"- {line}" for line in lines)
    return f"{head}\n\n{bullets}".strip()


def _escape(text: str) -> str:
    """Protect what Markdown would read as markup."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


class FallbackCount:
    """Counts the extracts that stand in place of what the model wrote."""

    def __init__(self) -> None:
        self._printed = self._extracts = 0

    def add(self, summaries: list[Summary]) -> None:
        """Count the summaries of a document."""
        self._printed += len(summaries)
        self._extracts += sum(map(_is_fallback, summaries))

    def report(self) -> None:
        """Print their number on stderr, if there are any."""
        if self._extracts:
            warn(
                f"{self._extracts} of {self._printed} summaries are sentences of the document, "
                "where the model was less sure (--fallback none prints its own)"
            )


def _is_fallback(summary: Summary) -> bool:
    return summary.extract and summary.confidence is not None


def _copies(document: Document, summaries: list[Summary], output: OutputFormat) -> Iterator[str]:
    """Yield a note on each summary that is the whole document, which nothing can shorten."""
    for summary in summaries:
        is_copy = summary.extract and not _is_fallback(summary)
        text = clean(str(document.text)) if is_copy else ""
        if is_copy and "".join(summary.text.split()) == text.replace(" ", ""):
            kind = summary.type or "summary"
            if not any(map(str.isalnum, text)):
                yield "has no letter or digit: printed as it is"
            elif output.has_length or summary.type in (key_points.TYPE.name, keywords.TYPE.name):
                yield f"no longer than the requested {kind}: printed as it is"
            else:
                yield f"shorter than a {kind} would be: printed as it is"


def _most_truncated(summaries: list[Summary], output: OutputFormat) -> list[Summary]:
    """Return the summaries whose tokens count: of several types, that which read the least."""
    if output.outline or not summaries:
        return summaries
    return [max(summaries, key=lambda summary: summary.tokens_truncated)]


def _warnings(summaries: list[Summary], output: OutputFormat) -> Iterator[str]:
    """Yield what the user should know of a document; of an outline, of all paragraphs together."""
    hypotheses = [h for summary in summaries for h in summary.alternatives]
    summaries = _most_truncated(summaries, output)
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
    unsupported = dict.fromkeys(word for h in hypotheses for word in h.unsupported or ())
    if unsupported:
        place = "summarized paragraph" if output.outline else "document"
        yield f"not in the {place}: {', '.join(map(repr, unsupported))}"


def _document_record(
    document: Document, summaries: list[Summary], output: OutputFormat
) -> dict[str, Any]:
    """Return the JSON record; an outline and several types are a list in place of a summary."""
    counted = _most_truncated(summaries, output)
    tokens_read = sum(s.tokens_read for s in counted)
    left_out = sum(s.tokens_truncated for s in counted)
    records = [_summary_record(s, str(document.text), output.n_best) for s in summaries]
    name = {"file": document.file} | ({} if document.id is None else {"id": document.id})
    content: dict[str, Any] = {"outline": records} if output.outline else records[0]
    if len(output.types) > 1:
        pairs = zip(summaries, records, strict=True)
        listed = [{"type": s.type, "extract": s.extract, **record} for s, record in pairs]
        content = {"summaries": listed}
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
    score = None if summary.extract else summary.score
    record: dict[str, Any] = {"summary": summary.text, "score": score}
    if summary.type:
        record["type"] = summary.type
    if summary.extract:
        record |= {"extract": True, "places": [list(place) for place in summary.places]}
    if summary.confidence is not None:
        record["confidence"] = round(summary.confidence, 4)
    if summary.unsupported is not None:
        record["unsupported"] = list(summary.unsupported)
    if summary.provenance is not None:
        record |= provenance_record(summary.provenance, document)
    return record
