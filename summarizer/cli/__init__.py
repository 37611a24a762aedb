"""The command line: one file per command; each parses arguments, calls one function and prints."""

from summarizer.cli.main import build_parser, main, summarize_main

__all__ = ["build_parser", "main", "summarize_main"]
