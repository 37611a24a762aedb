"""`summarizer summarize`: summaries on stdout; warnings, errors and a progress bar on stderr."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.cli import streams
from summarizer.cli.options import (
    add_content_selector,
    add_decoding_options,
    add_model,
    options_from,
)
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError, SummarizerError
from summarizer.summary_types import TYPES, parse_length, parse_types

if TYPE_CHECKING:
    from summarizer.reports.provenance_page import ProvenancePage

SMALL_BATCH = 30  # documents summarized sooner without optimizing the graph
LONG_MODES = {
    "truncate": "truncate",
    "chunk": "chunk",
    "extract": "extract",
    "lead": "truncate",
    "chunks": "chunk",
    "select": "extract",
}
"""The choices of `--long`, and their old names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="document, folder, mailbox, JSON Lines file, or - for standard input; default: what "
        "is piped to the command",
    )
    parser.set_defaults(usage_error=parser.error)
    add_model(parser)
    add_content_selector(parser)
    parser.add_argument(
        "--long",
        type=lambda mode: LONG_MODES.get(mode, mode),
        choices=("truncate", "chunk", "extract"),
        default="truncate",
        help="how to handle documents longer than the model's input; default: truncate",
    )
    parser.add_argument(
        "--fallback",
        choices=("extract", "none"),
        default="extract",
        help="where the model's confidence is low, print the first sentence, shortened, or the "
        "summary all the same; default: extract",
    )
    parser.add_argument("--outline", action="store_true", help="summarize each paragraph")
    parser.add_argument("--fetch", action="store_true", help="allow web addresses as FILE")
    _add_form(parser)
    parser.add_argument(
        "--explain",
        metavar="PAGE",
        help="write an HTML page that shows where each word came from",
    )
    add_decoding_options(parser, ("type",))


def _add_form(parser: argparse.ArgumentParser) -> None:
    """Add the options of the form: type, length and format."""
    parser.add_argument(
        "--type",
        metavar="TYPES",
        help=f"type of the summaries, or several types separated by commas: {', '.join(TYPES)}; "
        "default: auto if the model was trained on types",
    )
    parser.add_argument(
        "--length",
        metavar="LENGTH",
        help="short, medium, long, or a number of words (key-points, keywords: of points or "
        "phrases) to meet within 20%%; default: the model decides",
    )
    parser.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        default="text",
        help="format of the output; json: one object per line, with scores; default: text",
    )
    parser.add_argument("--json", action="store_true", help="same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Print the summaries of documents in order; return the exit status.

    Raises:
        SummarizerError: the model cannot be used, or no document can be summarized as asked.
    """
    from summarizer.api.summarizer import Summarizer
    from summarizer.cli import summary_output
    from summarizer.datasets import lowercase_words
    from summarizer.documents import collect
    from summarizer.runtime.streaming import summarize_stream

    types = _types(arguments)
    files, several_documents = _files(_names(arguments))
    options = _summarize_options(arguments, types)
    form = "json" if arguments.json else arguments.format
    wishes = arguments.n_best or 1, arguments.outline, arguments.long, types
    output = summary_output.OutputFormat(form, *wishes, has_length=arguments.length is not None)
    status, extracts = 0, summary_output.FallbackCount()
    with contextlib.ExitStack() as stack:
        page = stack.enter_context(_page(arguments.explain)) if arguments.explain else None
        fast_start = not several_documents and len(files) <= SMALL_BATCH
        summarizer = Summarizer.load(arguments.model, fast_start, arguments.content_selector)
        if arguments.faithful == "warn" and summarizer.known_words is None:
            path = _model_folder(arguments.model) / lowercase_words.FILE
            summary_output.warn(f"{path}: no such file: names are recognized by capitals alone")
        bar = _progress_bar(files, several_documents)
        stack.callback(bar.close)
        documents = collect.read_documents(files, arguments.fetch)
        several = types if len(types) > 1 else ()
        for document, summaries in summarize_stream(
            summarizer, documents, options, arguments.outline, bar.update, several
        ):
            bar.clear()  # so that the output does not start behind the bar
            if isinstance(summaries, SummarizerError):
                summary_output.warn(str(summaries))
                status = 1
                continue
            summary_output.print_summary(document, summaries, output)
            extracts.add(summaries)
            if page:
                page.add(document.name, str(document.text), summaries)
    extracts.report()
    return status


def _model_folder(model: str | None) -> Path:
    """Return the folder of the model."""
    from summarizer.api.shipped_model import find_model

    return find_model(model)


def _summarize_options(arguments: argparse.Namespace, types: tuple[str, ...]) -> dict[str, Any]:
    """Return the keyword arguments of `Summarizer.summarize`.

    Raises:
        InputError: there is no such length.
    """
    options = options_from(DecodingOptions, arguments)
    options |= {"long": arguments.long, "explain": bool(arguments.explain)}
    options["fallback"] = arguments.fallback
    options["type"] = types[0] if len(types) == 1 else None
    if arguments.length is not None:
        options["length"] = parse_length(arguments.length)
    return options


def _types(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the requested types; (): none is requested.

    Raises:
        InputError: a type is unknown, or another option needs a single type.
    """
    types = parse_types(arguments.type) if arguments.type is not None else ()
    single = {
        "outline": arguments.outline,
        "n-best": (arguments.n_best or 1) > 1,
        "explain": arguments.explain,
    }
    for name, is_requested in single.items():
        if is_requested and len(types) > 1:
            raise InputError(f"{name}: only with one type, not with {', '.join(types)}")
    return types


def _page(file: str) -> "ProvenancePage":
    """Return the page of `--explain`; it alone needs the library that renders it."""
    from summarizer.reports.provenance_page import ProvenancePage

    return ProvenancePage(Path(file))


def _names(arguments: argparse.Namespace) -> list[str]:
    """Return the names of the documents; without any, that of what is piped to the command.

    Raises:
        InputError: the summaries would go nowhere.
    """
    streams.check_output()
    if not arguments.files and not streams.is_piped(sys.stdin):
        arguments.usage_error("the following arguments are required: FILE")
    return arguments.files or ["-"]


def _files(names: list[str]) -> tuple[list[str], bool]:
    """Return the files that the names stand for, and whether one may hold many documents."""
    from summarizer.documents import collect
    from summarizer.documents.read import STDIN

    files = collect.expand_names(names)
    return files, any(name == STDIN or collect.holds_many(name) for name in files)


class _NoBar:
    """Stands in for a progress bar that nobody would see."""

    def update(self, count: int) -> None:
        """Show nothing."""

    def clear(self) -> None:
        """Remove nothing."""

    def close(self) -> None:
        """Remove nothing."""


def _progress_bar(files: list[str], several_documents: bool) -> Any:
    """Return a bar of the documents that are done, on a terminal and for several documents."""
    if not sys.stderr.isatty() or (len(files) == 1 and not several_documents):
        return _NoBar()
    from tqdm import tqdm

    total = None if several_documents else len(files)
    return tqdm(total=total, unit=" documents", delay=1, dynamic_ncols=True, file=sys.stderr)
