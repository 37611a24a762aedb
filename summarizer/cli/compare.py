"""`summarizer compare` on the command line: its options, and what it prints."""

import argparse
from pathlib import Path
from typing import Any

from summarizer import config

# Options that only --family has: None, or an empty list, where they are not given.
FAMILY = {
    "variants": "--variants", "data": "--data", "budget": "--budget", "examples": "--examples",
    "settings": "--set", "test": "--test", "documents": "--documents", "output": "--output",
    "page": "--page", "skip_bad": "--skip-bad",
}  # fmt: skip


def add_arguments(parser: Any) -> None:
    """Give the verb its options."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="with a report; a model that was evaluated"
    )
    group = parser.add_argument_group("training a family of variants")
    group.add_argument("--family", action="store_true", help="train each variant, and compare")
    group.add_argument("--variants", metavar="A,B,...", help="presets; default: twelve")
    group.add_argument("--data", metavar="SPEC", help="what all train on; default: docstrings")
    group.add_argument("--budget", metavar="TIME", help="train each so long, as 90s, 6m or 1h")
    group.add_argument("--examples", type=int, metavar="N",
                       help="train each, once more, on so many examples")  # fmt: skip
    group.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    group.add_argument("--test", metavar="SPEC",
                       help="what ROUGE is of; default: the test split of the data")  # fmt: skip
    group.add_argument("--documents", type=int, metavar="N",
                       help="of the test, at most; default: 1000")  # fmt: skip
    group.add_argument("--output", metavar="FOLDER",
                       help="where a comparison goes on; default: runs/family")  # fmt: skip
    group.add_argument("--page", metavar="FILE", help="a Markdown page that gets the tables, too")
    group.add_argument("--skip-bad", action="store_true", default=None,
                       help="count bad lines and go on")  # fmt: skip


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
    examples, documents = a.examples or 0, 1000 if a.documents is None else a.documents
    if examples < 0 or documents < 1:
        a.refuse("--examples and --documents are numbers above 0")
    from summarizer.comparison import compare_variants, plan

    wanted = plan.ComparisonPlan(
        variants=tuple(a.variants.split(",")) if a.variants else plan.FAMILY,
        data=a.data or "docstrings", test=a.test or "", documents=documents,
        minutes=config.parse_duration(a.budget) if a.budget else 0.0, examples=examples,
        settings=tuple(a.settings), skip_bad=bool(a.skip_bad),
    )  # fmt: skip
    page = Path(a.page) if a.page else None
    print(compare_variants.compare_variants(wanted, Path(a.output or "runs/family"), page), end="")
    return 0
