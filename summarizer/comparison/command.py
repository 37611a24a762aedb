"""`summarizer compare` on the command line: its options, and what it prints."""

import argparse
from pathlib import Path
from typing import Any

from summarizer import config


def add(parser: Any) -> None:
    """Give the verb its options."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=argparse.SUPPRESS)
    parser.add_argument("--family", action="store_true", help="train each variant, and compare")
    parser.add_argument("--variants", metavar="A,B,...", help="presets; default: twelve")
    parser.add_argument("--data", default="docstrings", metavar="SPEC", help="what all train on")
    parser.add_argument("--budget", metavar="TIME", help="train each so long, as 90s, 6m or 1h")
    parser.add_argument("--examples", type=int, default=0, metavar="N",
                        help="train each, once more, on so many examples")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--test", default="", metavar="SPEC",
                        help="what ROUGE is of; default: the test split of the data")  # fmt: skip
    parser.add_argument("--documents", type=int, default=1000, metavar="N",
                        help="of the test, at most; default: 1000")  # fmt: skip
    parser.add_argument("--output", default="runs/family", metavar="FOLDER",
                        help="where a comparison goes on; default: runs/family")  # fmt: skip
    parser.add_argument("--page", metavar="FILE", help="a Markdown page that gets the tables, too")
    parser.add_argument("--skip-bad", action="store_true", help="count bad lines and go on")


def run(a: argparse.Namespace) -> int:
    """Compare; print the tables."""
    if a.models or not a.family:
        a.refuse("compares the variants of the family so far: write compare --family")
    if not a.budget and not a.examples:
        a.refuse("say for how long, --budget 6m, or on how much, --examples 60000; or both")
    if a.examples < 0 or a.documents < 1:
        a.refuse("--examples and --documents are numbers above 0")
    from summarizer.comparison import family, plan

    wanted = plan.Plan(
        variants=tuple(a.variants.split(",")) if a.variants else plan.FAMILY,
        data=a.data, test=a.test, documents=a.documents,
        minutes=config.minutes(a.budget) if a.budget else 0.0, examples=a.examples,
        settings=tuple(a.settings), skip_bad=a.skip_bad,
    )  # fmt: skip
    print(family.compare(wanted, Path(a.output), Path(a.page) if a.page else None), end="")
    return 0
