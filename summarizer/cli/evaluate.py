"""`summarizer evaluate` on the command line: its options, and what it prints."""

import argparse
from collections.abc import Callable
from typing import Any

from summarizer.types import Report


def add_arguments(parser: Any) -> None:
    """Give the verb its options."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "words", nargs="+", metavar="MODEL SPEC | SPEC", help="the model is optional"
    )
    parser.add_argument("--predictions", metavar="FILE", help="JSON lines with id and prediction")
    parser.add_argument(
        "--output", metavar="FOLDER", help="gets report.json, predictions.jsonl and report.html"
    )
    parser.add_argument("--beam", type=int, help="hypotheses kept while searching")
    parser.add_argument(
        "--stem", choices=("auto", "yes", "no"), default="auto", help="English stems"
    )
    parser.add_argument("--tokens", choices=("characters", "words"), default="characters",
                        help="of scripts without spaces between words")  # fmt: skip
    parser.add_argument("--references", choices=("best", "mean", "first"), default="best",
                        help="which of several references counts")  # fmt: skip
    parser.add_argument("--allow-overlap", action="store_true",
                        help="measure on what the model was trained on, too")  # fmt: skip
    parser.add_argument("--skip-bad", action="store_true", help="count bad lines and go on")


def run(
    a: argparse.Namespace,
    wishes: dict[str, Any],
    evaluate: Callable[..., Report],
    score: Callable[..., Report],
) -> int:
    """Score a model with `evaluate`, or predictions with `score`; print the table.

    Args:
        a: what was given.
        wishes: what was asked of the search.
        evaluate: `evaluating.evaluate`.
        score: `evaluating.score`.
    """
    from summarizer.evaluation.evaluate import report_table

    if len(a.words) > 2 or (a.predictions and len(a.words) > 1):
        a.refuse("evaluate takes MODEL SPEC, SPEC, or SPEC --predictions FILE")
    asked = {"beam": a.beam, "select": a.select, "allow_overlap": a.allow_overlap or None, **wishes}
    asked = {name: value for name, value in asked.items() if value is not None}
    if a.predictions and asked:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
        a.refuse(f"predictions are there already: they take no {names}")
    options = {
        "stem": None if a.stem == "auto" else a.stem == "yes",
        "skip_bad": a.skip_bad, "tokens": a.tokens, "references": a.references,
        "command": a.command,
    }  # fmt: skip
    if a.predictions:
        found = score(a.words[0], a.predictions, a.output or "evaluation", **options)
    else:
        model, spec = a.words if len(a.words) == 2 else (None, a.words[0])
        found = evaluate(model, spec, a.output, **asked, **options)
    print(report_table(found))
    return 0
