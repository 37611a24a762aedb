"""`summarizer datasets` and `summarizer presets`: the names to choose from, one per line."""

import argparse
from collections.abc import Iterable


def run_datasets(arguments: argparse.Namespace) -> int:
    """Print the data sources; return the exit status."""
    from summarizer.datasets import spec

    return _print(spec.describe())


def run_presets(arguments: argparse.Namespace) -> int:
    """Print the presets; return the exit status."""
    from summarizer.api import presets

    return _print(presets.list_presets())


def _print(rows: Iterable[tuple[str, str]]) -> int:
    for name, description in rows:
        print(f"{name:16} {description}")
    return 0
