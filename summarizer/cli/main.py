"""The command line: parses, calls one function, prints; results on stdout, the rest on stderr.

Exit status: 0 done, 1 a user's error (one line), 2 wrong usage, 3 findings of `doctor`, 130
interrupted.
"""

import argparse
import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from summarizer import __version__
from summarizer.cli import compare as comparison
from summarizer.cli import doctor, train
from summarizer.cli import evaluate as evaluation
from summarizer.cli.options import add_decoding_options, add_sampling_options, decoding_options_from
from summarizer.errors import SummarizerError
from summarizer.training import quiet_start

Arguments = argparse.Namespace
PACKAGE = "summarizer-lstm"  # the distribution's name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarizer VERB …`; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    parsed.command = shlex.join(["summarizer", *arguments])
    logging.basicConfig(format="summarizer: %(message)s", stream=sys.stderr)
    logging.getLogger("summarizer").setLevel(logging.INFO)
    quiet_start.install()
    run: Callable[[Arguments], int] = parsed.run
    try:
        return run(parsed)
    except SummarizerError as error:
        if parsed.debug:
            raise
        print(f"summarizer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("summarizer: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None  # nobody reads: leave without a complaint
        return 0
    except ModuleNotFoundError as error:
        if parsed.debug or (error.name or PACKAGE).startswith("summarizer"):
            raise
        needed = f"pip install '{PACKAGE}[train]'"
        print(f"summarizer: {error.name} is not installed; this needs {needed}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        if parsed.debug or error.errno is None:
            raise
        place = f"{error.filename}: " if error.filename else ""
        print(f"summarizer: {place}{(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1


def summarize_main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarize FILE …`, the shortcut for `summarizer summarize`."""
    return main(["summarize", *(sys.argv[1:] if arguments is None else arguments)])


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="summarizer", description="Train, measure and ship small abstractive summarizers."
    )
    parser.add_argument("--version", action="version", version=f"summarizer {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, run: Callable[[Arguments], int], text: str) -> Any:
        added = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.add_argument("--debug", action="store_true", help="show tracebacks")
        added.set_defaults(run=run)
        return added

    p = verb("summarize", _summarize, "summarize documents, one summary a line")
    p.add_argument(
        "files", nargs="+", metavar="FILE", help="document, folder, JSON lines, or - for stdin"
    )
    _model(p)
    _select(p)
    p.add_argument("--json", action="store_true", help="one JSON object a line, with scores")
    p.add_argument("--beam", type=int, help="hypotheses kept while searching")
    p.add_argument("--n-best", type=int, default=1, metavar="N", help="alternatives to print")
    p.add_argument("--max-words", type=int, metavar="N", help="no summary is longer")
    p.add_argument("--explain", metavar="FILE", help="a page: where each word came from")
    add_decoding_options(p)
    _documents(p)

    train.add_arguments(verb("train", train.run, "train a model from a preset and your data"))

    p = verb("generate", _generate, "continue a prompt with a language model")
    p.add_argument("--prompt", default="", metavar="TEXT", help="how the text begins")
    _model(p)
    add_sampling_options(p)

    p = verb("evaluate", _evaluate, "score a model, or any system's predictions, on a data set")
    evaluation.add_arguments(p)
    _select(p)
    add_decoding_options(p)

    p = verb("export", _export, "write a model for other programs, and prove that it says the same")
    p.add_argument("models", nargs="+", metavar="MODEL", help="several make an ensemble")
    p.add_argument("--output", metavar="FOLDER", help="of the ensemble")
    p.add_argument("--format", choices=("onnx", "saved_model"), default="onnx")
    kinds = p.add_mutually_exclusive_group()
    kinds.add_argument("--weights", choices=("float32", "float16", "int8"), default="",
                       help="how model.onnx keeps them; default: float16")  # fmt: skip
    kinds.add_argument("--full", action="store_const", const="float32", dest="weights",
                       help="the same as --weights float32")  # fmt: skip
    p.add_argument("--data", default="", metavar="SPEC", help="documents to prove it on")
    p.add_argument("--documents", type=int, default=200, metavar="N", help="how many; default: 200")
    instead = p.add_mutually_exclusive_group()
    instead.add_argument("--verify", action="store_true", help="prove what is there, write nothing")
    instead.add_argument("--sizes", action="store_true",
                         help="compare size and ROUGE of all --weights, write nothing")  # fmt: skip

    comparison.add_arguments(
        verb("compare", comparison.run, "compare reports, or variants trained alike")
    )
    doctor.add_arguments(verb("doctor", doctor.run, "name what is wrong with data, or with a run"))
    verb("datasets", _datasets, "list the data sources; each also takes split= and shard=")
    verb("presets", _presets, "list the presets")
    p = verb("demo", _demo, "summarize the articles of data/ with the shipped model")
    _model(p)
    return parser


def _model(parser: Any) -> None:
    parser.add_argument("--model", metavar="FOLDER", help="default: $SUMMARIZER_MODEL, or shipped")


def _select(parser: Any) -> None:
    parser.add_argument("--select", metavar="TAGGER", help="copy only what this model keeps")


def _documents(parser: Any) -> None:
    parser.add_argument(
        "--long", choices=("lead", "chunks", "select"), default="lead",
        help="read of a long document its beginning, all of it in parts, or central sentences",
    )  # fmt: skip
    parser.add_argument("--outline", action="store_true", help="one summary a paragraph")
    parser.add_argument("--fetch", action="store_true", help="allow web addresses")


def _summarize(a: Arguments) -> int:
    from summarizer.cli import summarize

    options = {"beam": a.beam, "max_words": a.max_words, "n_best": a.n_best, "long": a.long}
    shape = summarize.OutputFormat(a.json, a.n_best, a.outline, a.long, a.explain)
    return summarize.run(
        a.model, a.files, options | decoding_options_from(a), shape, a.fetch, a.select
    )


def _generate(a: Arguments) -> int:
    from summarizer.api.text_generator import TextGenerator

    for found in TextGenerator.load(a.model).generate(a.prompt, **decoding_options_from(a)):
        print(found.text)
    return 0


def _evaluate(a: Arguments) -> int:
    a.content_selector = a.select
    return evaluation.run(a)


def _export(a: Arguments) -> int:
    from summarizer.api.ensemble import create_ensemble
    from summarizer.api.export import export
    from summarizer.api.verify_export import compare_weight_formats, verify_export

    several = len(a.models) > 1
    if several != bool(a.output) or (several and (a.verify or a.sizes)):
        build_parser().error("several models make an ensemble, which needs --output FOLDER")
    folder = create_ensemble(a.models, a.output) if a.output else Path(a.models[0])
    if a.verify or a.sizes:
        for line in (verify_export if a.verify else compare_weight_formats)(
            folder, a.data, a.documents
        ):
            print(line, flush=True)
        return 0
    made = export(folder, a.weights, a.data, a.documents, a.format)
    name = "model.onnx" if a.format == "onnx" else a.format
    print(
        f"{folder / name}: {made['bytes'] / 1e6:.1f} MB; same summary as Keras on "
        f"{made['same']:.1%} of {made['documents']} documents, scores within {made['worst']:.1e}"
    )
    if "same_as_full_precision" in made:
        share = made["same_as_full_precision"]
        print(f"{made['weights']} weights: same summary as float32 on {share:.1%}")
    return 0


def _datasets(_: Arguments) -> int:
    from summarizer.datasets import spec

    for name, line in spec.describe():
        print(f"{name:16} {line}")
    return 0


def _presets(_: Arguments) -> int:
    from summarizer.api.presets import list_presets

    for name, line in list_presets():
        print(f"{name:16} {line}")
    return 0


def _demo(a: Arguments) -> int:
    from summarizer.api.demo import demo

    for line in demo(a.model):
        print(line, flush=True)
    return 0
