"""`summarizer evaluate`: scores of a model or of predictions."""

import argparse
from typing import Any

from summarizer.cli.options import (
    add_content_selector,
    add_decoding_options,
    add_option,
    options_from,
)
from summarizer.decoding.options import DecodingOptions, option_text


def add_arguments(parser: Any) -> None:
    """Add the arguments of the verb."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "words", nargs="+", metavar="MODEL SPEC | SPEC", help="model (optional) and test data"
    )
    parser.add_argument(
        "--predictions", metavar="FILE", help="JSON Lines with id and prediction of any system"
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="folder of report.json, predictions.jsonl and report.html",
    )
    _add_scoring(parser)
    add_content_selector(parser)
    add_decoding_options(parser, ("n_best", "max_words"))


def _add_scoring(parser: Any) -> None:
    parser.add_argument(
        "--stem",
        choices=("auto", "yes", "no"),
        default="auto",
        help="stemming of English words; auto: if the references are English",
    )
    add_option(
        parser,
        ("--tokenize", "--tokens"),
        choices=("characters", "words"),
        default="characters",
        help="tokens of ROUGE in scripts written without spaces; default: characters",
    )
    parser.add_argument(
        "--references",
        choices=("best", "mean", "first"),
        default="best",
        help="score of a document with several references; default: best",
    )
    parser.add_argument(
        "--allow-overlap",
        action="store_true",
        help="include documents that the model was trained on",
    )
    parser.add_argument(
        "--skip-bad", action="store_true", help="skip and count lines that cannot be read"
    )


def run(a: argparse.Namespace) -> int:
    """Score a model, or predictions; print the table and return the exit status."""
    from summarizer.api.evaluate import evaluate, evaluate_predictions
    from summarizer.evaluation.evaluate import report_table

    if len(a.words) > 2 or (a.predictions and len(a.words) > 1):
        a.refuse("evaluate takes MODEL SPEC, SPEC, or SPEC --predictions FILE")
    chosen = {"content_selector": a.content_selector, "allow_overlap": a.allow_overlap}
    chosen = {name: value for name, value in chosen.items() if value}
    chosen |= options_from(DecodingOptions, a)
    if a.predictions and chosen:
        names = ", ".join(f"--{option_text(name)}" for name in chosen)
        a.refuse(f"--predictions are already made: remove {names}")
    options = {
        "stem": None if a.stem == "auto" else a.stem == "yes",
        "skip_bad": a.skip_bad, "tokens": a.tokenize, "references": a.references,
        "command": a.command,
    }  # fmt: skip
    if a.predictions:
        found = evaluate_predictions(a.words[0], a.predictions, a.output or "evaluation", **options)
    else:
        model, spec = a.words if len(a.words) == 2 else (None, a.words[0])
        selector = chosen.pop("content_selector", None)
        found = evaluate(model, spec, a.output, select=selector, **chosen, **options)
    print(report_table(found))
    return 0
