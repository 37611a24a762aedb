"""What stands in a Markdown file: its blocks of code, its commands, its tables, its links."""

import re
from typing import NamedTuple


class Block(NamedTuple):
    """A fenced block: its language, "" where it names none, and its lines."""

    language: str
    code: str


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.M | re.S)
    assert len(found) * 2 == len(re.findall("^ *```", text, re.M)), "a block that is not closed"
    return [Block(*pair) for pair in found]


def prose(text: str) -> str:
    """The text without its blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def lines(shell: str) -> list[str]:
    """The commands of a block, one a line, continued lines joined, comments cut off."""
    joined = shell.replace("\\\n", " ")
    found = [re.sub(r"\s+", " ", re.sub(r"(^|\s)#.*", "", line)) for line in joined.splitlines()]
    return [line.strip() for line in found if line.strip()]


def commands(text: str) -> list[str]:
    """All commands in the blocks of a file."""
    return [line for block in blocks(text) if block.language == "sh" for line in lines(block.code)]


def spans(text: str) -> list[str]:
    """All code inside the prose."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def rows(text: str) -> list[list[str]]:
    """The cells of all tables' rows, heads and rules left out."""
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.M):
        for row in table.splitlines()[2:]:
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]])
    return found


def links(text: str) -> list[str]:
    """Where the links point to, those to other hosts left out."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(text))
    return [link for link in found if not re.match(r"\w+:", link)]
