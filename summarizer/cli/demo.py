"""`summarizer demo`: headlines and key points of the articles of `data/`."""

import argparse

from summarizer.cli.options import add_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the summaries; return the exit status."""
    from summarizer.api.demo import demo

    for line in demo(arguments.model):
        print(line, flush=True)
    return 0
