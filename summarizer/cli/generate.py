"""`summarizer generate`: texts of a language model on stdout."""

import argparse

from summarizer.cli.options import add_generation_options, add_model, options_from
from summarizer.decoding.options import GenerationOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--prompt", default="", metavar="TEXT", help="beginning of the text")
    add_model(parser)
    add_generation_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print texts that continue a prompt; return the exit status."""
    from summarizer.api.text_generator import TextGenerator

    options = GenerationOptions(**options_from(GenerationOptions, arguments))
    for text in TextGenerator.load(arguments.model).generate(arguments.prompt, options):
        print(text.text)
    return 0
