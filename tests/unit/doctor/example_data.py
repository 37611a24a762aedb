"""Datasets without problems, and ways to add a problem to them."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from summarizer.config import Config, DataConfig
from summarizer.doctor.dataset_scan import SPLIT_NAMES, DatasetScan, scan_dataset

Row = dict[str, Any]
Rows = list[Row]

SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
COMMON = ["the", "of", "and", "that", "with"]
FRENCH = "les mots sont dans une phrase avec nous et cette phrase est une phrase pour les autres "
ENGLISH = "The bridge was closed for two years, and people had to take a ferry to their work."
HAN = "新闻联播的标题"


def made_up_words(chooser: random.Random, count: int) -> list[str]:
    """Made-up words that two texts hardly share, each followed by a common English word."""
    made_up = ("".join(chooser.choices(SYLLABLES, k=3)) for _ in range(count))
    return [word for first in made_up for word in (first, chooser.choice(COMMON))]


def good_rows(name: str, count: int) -> Rows:
    """Pairs without problems: three words from anywhere in the document, and a new one."""
    chooser, rows = random.Random(name), []
    for i in range(count):
        document = made_up_words(chooser, 30)
        copied = [document[2 * k] for k in sorted(chooser.sample(range(30), 3))]
        summary = " ".join([*copied, made_up_words(chooser, 1)[0]])
        rows.append({"id": f"{name}-{i}", "document": " ".join(document), "summary": summary})
    return rows


class Files:
    """Rows of train, validation and test, written to files when they are scanned."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.train, self.validation, self.test = (
            good_rows(name, count) for name, count in (("a", 200), ("b", 20), ("c", 20))
        )

    def write(self) -> dict[str, str]:
        paths = {}
        for name in SPLIT_NAMES:
            path = self.folder / f"{name}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in getattr(self, name)))
            paths[name] = str(path)
        return paths

    def scan(self, **settings: Any) -> DatasetScan:
        paths = self.write()
        data = DataConfig(train=paths["train"], validation=paths["validation"], **settings)
        return scan_dataset(Config(data=data), paths["test"])


Spoil = Callable[[Files], None]


def in_train(count: int, change: Callable[[Row], Row]) -> Spoil:
    """Change some training rows."""

    def spoil(files: Files) -> None:
        for row in files.train[10 : 10 + count]:
            row.update(change(row))

    return spoil


def copy_to(split: str, change: Callable[[str], str], rows: tuple[int, ...] = (3,)) -> Spoil:
    """Put changed training documents into rows of a split."""

    def spoil(files: Files) -> None:
        for i in rows:
            getattr(files, split)[i]["document"] = change(files.train[50 + i]["document"])

    return spoil


def english_with_french(count: int) -> Spoil:
    """Make all training documents English, and then some of them French."""

    def spoil(files: Files) -> None:
        for i, row in enumerate(files.train):
            row["document"] = FRENCH if i < count else f"{ENGLISH} It was seen {i} times."

    return spoil


def with_another_word(text: str) -> str:
    """The same text with another word in place of the fourth from the end."""
    words = text.split()
    return " ".join([*words[:-4], "zyzyzy", *words[-3:]])


def swapped(row: Row) -> Row:
    return {"document": row["summary"], "summary": row["document"]}


def beginning_as_summary(row: Row) -> Row:
    return {"summary": " ".join(row["document"].split()[:4])}
