"""`summarizer compare`: tables of reports, or of variants trained alike."""

import argparse
from pathlib import Path
from typing import Any

from summarizer import config
from summarizer.cli.options import add_option

# Options that only --family has: None, or an empty list, where they are not given.
FAMILY = {
    "variants": "--variants", "data": "--data", "budget": "--budget", "examples": "--examples",
    "settings": "--set", "test": "--test", "num_documents": "--num-documents", "output": "--output",
    "markdown": "--markdown", "skip_bad": "--skip-bad",
}  # fmt: skip


def add_arguments(parser: Any) -> None:
    """Add the arguments of the verb."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="folder of a report, or of an evaluated model"
    )
    group = parser.add_argument_group("training variants")
    _add_training(group)
    _add_test(group)


def _add_training(group: Any) -> None:
    group.add_argument("--family", action="store_true", help="train each variant and compare them")
    group.add_argument("--variants", metavar="A,B,...", help="presets to train; default: twelve")
    group.add_argument("--data", metavar="SPEC", help="training data; default: docstrings")
    group.add_argument(
        "--budget", metavar="TIME", help="training time of each variant, such as 90s, 6m or 1h"
    )
    group.add_argument(
        "--examples",
        type=int,
        metavar="N",
        help="number of examples on which each variant is trained once more",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="override a setting of all variants, such as model.dropout=0.2; repeatable",
    )


def _add_test(group: Any) -> None:
    group.add_argument(
        "--test", metavar="SPEC", help="test data; default: the test split of the training data"
    )
    add_option(
        group,
        ("--num-documents", "--documents"),
        type=int,
        metavar="N",
        help="maximum number of test documents; default: 1000",
    )
    group.add_argument(
        "--output",
        metavar="FOLDER",
        help="folder of the comparison, where it also continues; default: runs/family",
    )
    add_option(
        group,
        ("--markdown", "--page"),
        metavar="FILE",
        help="Markdown file to insert the tables into",
    )
    group.add_argument(
        "--skip-bad",
        action="store_true",
        default=None,
        help="skip and count lines that cannot be read",
    )


def run(a: argparse.Namespace) -> int:
    """Compare; print the tables."""
    if a.family:
        return _family(a)
    for name, option in FAMILY.items():
        if getattr(a, name) not in (None, []):
            a.refuse(f"{option} goes with --family, which trains what it compares")
    if len(a.folders) < 2:
        a.refuse("name two or more folders with reports, or write --family")
    from summarizer.comparison import compare_reports

    print(compare_reports.compare_reports(a.folders), end="")
    return 0


def _family(a: argparse.Namespace) -> int:
    if a.folders:
        a.refuse("--family trains what it compares: leave the folders out")
    if not a.budget and not a.examples:
        a.refuse("say for how long, --budget 6m, or on how much, --examples 60000; or both")
    examples, documents = a.examples or 0, a.num_documents
    documents = 1000 if documents is None else documents
    if examples < 0 or documents < 1:
        a.refuse("--examples and --num-documents are numbers above 0")
    from summarizer.comparison import compare_variants, plan

    wanted = plan.ComparisonPlan(
        variants=tuple(a.variants.split(",")) if a.variants else plan.FAMILY,
        data=a.data or "docstrings", test=a.test or "", documents=documents,
        minutes=config.parse_duration(a.budget) if a.budget else 0.0, examples=examples,
        settings=tuple(a.settings), skip_bad=bool(a.skip_bad),
    )  # fmt: skip
    page = Path(a.markdown) if a.markdown else None
    print(compare_variants.compare_variants(wanted, Path(a.output or "runs/family"), page), end="")
    return 0
