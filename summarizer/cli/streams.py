"""The standard streams as the commands need them: open, and able to print every character."""

import io
import os
import sys
from typing import TextIO

from summarizer.errors import InputError

_DESCRIPTORS = (0, 1, 2)


def prepare() -> None:
    """Make the standard streams usable.

    Output that is not a terminal is UTF-8, and what a terminal lacks is printed as an escape.
    Closed streams are opened as the null device, so that no file of a command gets their numbers.
    """
    for descriptor in _DESCRIPTORS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = _ClosedStream()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # other streams take any character
    if reconfigure and sys.stdout.isatty():
        reconfigure(errors="backslashreplace")
    elif reconfigure:
        reconfigure(encoding="utf-8", errors="backslashreplace")


class _ClosedStream(io.TextIOWrapper):
    """Stands for a closed stream: drops what is written, for commands that need no output."""

    def __init__(self) -> None:
        super().__init__(open(os.devnull, "wb"), encoding="utf-8")  # noqa: SIM115


def check_output() -> None:
    """Refuse to work for nothing.

    Raises:
        InputError: standard output is closed.
    """
    if isinstance(sys.stdout, _ClosedStream):
        raise InputError("standard output is closed, and the summaries go there; open it")


def is_piped(stream: TextIO | None) -> bool:
    """Return whether a stream is open and not a terminal."""
    return stream is not None and not stream.isatty()
