"""The e-mails of a mailbox (mbox), one at a time (RFC 4155)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from summarizer.text import read_file

SUFFIX = ".mbox"
TYPE = "message/rfc822"  # of each message
# The line before a message: the sender, and a date with a time.
_SEPARATOR = re.compile(rb"From [^\n]*\d:\d\d")
_HEADER = re.compile(rb">?[!-9;-~]+(?::|[ \t][^\n]*\d:\d\d)")
_PART = 2**16  # bytes of a line that are read at a time


def is_mailbox(head: bytes) -> bool:
    """Return whether a file begins as a mailbox, in which there may be only one message."""
    first, _, rest = head.partition(b"\n")
    return bool(_SEPARATOR.match(first) and _HEADER.match(rest))


def messages(file: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of a mailbox, cut after the maximum for one document and a byte.

    A message begins with a line "From …" after a blank line and before a header. Lines that were
    protected from being taken for one (">From") get their form back.

    Args:
        file: open for reading bytes.
    """
    message: list[bytes] = []
    size, after_blank, separator = 0, True, b""
    for line, begins in _lines(file):
        if separator:
            if _HEADER.match(line):
                if any(part.strip() for part in message):
                    yield b"".join(message)
                message, size = [], 0
            else:  # words of the message
                message.append(separator)
            separator = b""
        if begins and after_blank and _SEPARATOR.match(line):
            separator, after_blank = line, False
            continue
        after_blank = begins and not line.strip()
        if size <= read_file.MAX_BYTES:
            protected = begins and line[:1] == b">" and line.lstrip(b">").startswith(b"From ")
            text = line[1:] if protected else line
            message.append(text[: read_file.MAX_BYTES + 1 - size])
            size += len(text)
    message.append(separator)
    if any(part.strip() for part in message):
        yield b"".join(message)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield lines, long ones in parts, and whether each part begins a line."""
    begins = True
    while line := file.readline(_PART):
        yield line, begins
        begins = line.endswith(b"\n")
