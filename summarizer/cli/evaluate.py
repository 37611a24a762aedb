"""`summarizer evaluate`: scores of a model or of predictions."""

import argparse

from summarizer.cli.options import (
    add_content_selector,
    add_decoding_options,
    add_option,
    options_from,
)
from summarizer.decoding.options import DecodingOptions, option_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(refuse=parser.error)
    # argparse would show a list of several words as `X [X ...]`.
    parser.usage = "%(prog)s [options] [MODEL] SPEC"
    parser.add_argument(
        "words", nargs="+", metavar="[MODEL] SPEC", help="model (optional) and test data"
    )
    parser.add_argument(
        "--predictions",
        metavar="FILE",
        help="JSON Lines file with the fields id and prediction; scores these instead of a model",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="folder to write report.json, predictions.jsonl and report.html to",
    )
    _add_scoring_options(parser)
    parser.add_argument(
        "--allow-overlap",
        action="store_true",
        help="include documents that the model was trained on",
    )
    parser.add_argument("--skip-bad", action="store_true", help="skip and count unusable records")
    add_content_selector(parser)
    add_decoding_options(parser, ("n_best", "max_words"))


def _add_scoring_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stem",
        choices=("auto", "yes", "no"),
        default="auto",
        help="stem English words; auto: only if the references are English",
    )
    add_option(
        parser,
        ("--tokenize", "--tokens"),
        choices=("characters", "words"),
        default="characters",
        help="units that ROUGE compares in scripts written without spaces; default: characters",
    )
    parser.add_argument(
        "--references",
        choices=("best", "mean", "first"),
        default="best",
        help="how to combine the scores of several references; default: best",
    )


def run(a: argparse.Namespace) -> int:
    """Score a model, or predictions; print the table and return the exit status."""
    from summarizer.api.evaluate import evaluate, evaluate_predictions
    from summarizer.evaluation.options import EvaluationOptions
    from summarizer.evaluation.report_table import report_table

    if len(a.words) > 2 or (a.predictions and len(a.words) > 1):
        a.refuse("evaluate takes MODEL SPEC, SPEC, or SPEC --predictions FILE")
    selector = {"content_selector": a.content_selector} if a.content_selector else {}
    decoding = {**selector, **options_from(DecodingOptions, a)}
    options = EvaluationOptions(
        stem=None if a.stem == "auto" else a.stem == "yes",
        reference_mode=a.references,
        tokenization=a.tokenize,
        skip_bad=a.skip_bad,
        allow_overlap=a.allow_overlap,
        command=a.command,
    )
    if a.predictions:
        _refuse_model_options(a, [*decoding, *(["allow_overlap"] if a.allow_overlap else [])])
        output = a.output or "evaluation"
        report = evaluate_predictions(a.words[0], a.predictions, output, options=options)
    else:
        *model, data = a.words
        report = evaluate(model[0] if model else None, data, a.output, options=options, **decoding)
    print(report_table(report))
    return 0


def _refuse_model_options(a: argparse.Namespace, names: list[str]) -> None:
    """Exit with the usage if options of a model are among the options of predictions."""
    if names:
        flags = ", ".join(f"--{option_text(name)}" for name in names)
        a.refuse(f"--predictions are already made: remove {flags}")
