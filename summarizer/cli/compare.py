"""`summarizer compare`: tables of reports, or of variants trained alike."""

import argparse
from pathlib import Path

from summarizer import config
from summarizer.cli.options import add_option

# Options that only --family has; each is None, or an empty list, unless it is used.
FAMILY_OPTIONS = {
    "variants": "--variants",
    "data": "--data",
    "budget": "--budget",
    "examples": "--examples",
    "settings": "--set",
    "test": "--test",
    "num_documents": "--num-documents",
    "output": "--output",
    "markdown": "--markdown",
    "skip_bad": "--skip-bad",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="folder of a report, or of an evaluated model"
    )
    _add_family_options(parser.add_argument_group("training variants"))


def _add_family_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--family", action="store_true", help="train each variant and compare them")
    add("--variants", metavar="A,B,...", help="presets to train; default: twelve")
    add("--data", metavar="SPEC", help="training data; default: docstrings")
    add("--budget", metavar="TIME", help="training time of each variant, such as 90s, 6m or 1h")
    add("--examples", type=int, metavar="N", help="number of training examples of each variant")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="override a setting of all variants, such as model.dropout=0.2; repeatable",
    )
    add("--test", metavar="SPEC", help="test data; default: the test split of the training data")
    add_option(
        group,
        ("--num-documents", "--documents"),
        type=int,
        metavar="N",
        help="maximum number of test documents; default: 1000",
    )
    add(
        "--output",
        metavar="FOLDER",
        help="folder of the comparison, where it also continues; default: runs/family",
    )
    names = ("--markdown", "--page")
    add_option(group, names, metavar="FILE", help="Markdown file to insert the tables into")
    # The default is None, not False, so that `run` can tell whether the option is used.
    text = "skip and count unusable records"
    add("--skip-bad", action="store_true", default=None, help=text)


def run(a: argparse.Namespace) -> int:
    """Compare reports or train variants; print the tables and return the exit status."""
    if a.family:
        return _compare_variants(a)
    for name, option in FAMILY_OPTIONS.items():
        if getattr(a, name) not in (None, []):
            a.refuse(f"{option} requires --family")
    if len(a.folders) < 2:
        a.refuse("name two or more folders with reports, or use --family")
    from summarizer.comparison.compare_reports import compare_reports

    print(compare_reports(a.folders), end="")
    return 0


def _compare_variants(a: argparse.Namespace) -> int:
    if a.folders:
        a.refuse("--family trains the variants that it compares: remove the folders")
    if not a.budget and not a.examples:
        a.refuse("--family requires --budget TIME, --examples N, or both")
    examples = a.examples or 0
    num_documents = 1000 if a.num_documents is None else a.num_documents
    if examples < 0 or num_documents < 1:
        a.refuse("--examples and --num-documents must be above 0")
    from summarizer.comparison import plan
    from summarizer.comparison.compare_variants import compare_variants

    comparison = plan.ComparisonPlan(
        variants=tuple(a.variants.split(",")) if a.variants else plan.FAMILY,
        data=a.data or "docstrings",
        test=a.test or "",
        num_documents=num_documents,
        minutes=config.parse_duration(a.budget) if a.budget else 0.0,
        examples=examples,
        settings=tuple(a.settings),
        skip_bad=bool(a.skip_bad),
    )
    markdown = Path(a.markdown) if a.markdown else None
    print(compare_variants(comparison, Path(a.output or "runs/family"), markdown), end="")
    return 0
