"""Start embeddings from vectors that others trained: word2vec's, GloVe's or fastText's text files.

A file has a word and its numbers a line, the most frequent words first as a rule; a first line
with the number of words and the width may precede. It is read once, and only the rows of the
vocabulary are kept.
"""

import itertools
import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from summarizer.datasets.sources._records import lines
from summarizer.errors import ConfigError, InputError
from summarizer.text.scripts import is_unspaced
from summarizer.vocabulary import UNKNOWN, Vocabulary


def check_vectors(path: str, width: int) -> None:
    """Look whether a file has vectors of a width; reads its first row alone.

    Raises:
        InputError: the file cannot be read, or is none of vectors.
        ConfigError: its vectors have another width.
    """
    for _ in itertools.islice(_rows(path, width), 1):
        pass


def initial_embeddings(path: str, vocabulary: Vocabulary, table: Any) -> tuple[Any, float]:
    """Give the pieces that are words the vectors which a file has for them.

    A piece that begins a word takes the vector of the word that it spells, and so does a mark or
    a character of a script without spaces; case is disregarded where the vocabulary has none, but
    a word spelled like the piece comes first. All vectors are multiplied by one number, so that
    they are on the average as long as the random ones, which the other pieces keep.

    Args:
        path: of the file, also packed (.gz, .xz).
        vocabulary: of the pieces.
        table: float [N, E], random.

    Returns:
        The new table, float32 [N, E], and the share of pieces that have a vector of the file.

    Raises:
        InputError: the file cannot be read, a row of it is bad, or it has none of the pieces.
        ConfigError: its vectors have another width than the table.
    """
    table = np.array(table, np.float32)
    length = np.sqrt(np.mean(table**2))
    wanted = _wanted(vocabulary)
    rank = np.zeros(len(table), np.int8)  # 0: random, 1: but for case, 2: spelled the same
    for number, word, raw in _rows(path, table.shape[1]):
        better = [
            (i, 1 + (piece == word))
            for i, piece in wanted.get(_form(word, vocabulary.lowercase), ())
            if rank[i] < 1 + (piece == word)
        ]
        values = _values(f"{path}:{number}", raw, table.shape[1]) if better else None
        if values is not None:
            for i, of_it in better:
                table[i], rank[i] = values, of_it
    found = rank > 0
    if not table[found].any():
        raise InputError(f"{path}: has vectors for none of the vocabulary's pieces")
    table[found] *= length / np.sqrt(np.mean(table[found] ** 2))
    return table, float(found[UNKNOWN + 1 :].mean())


def _rows(path: str, width: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield (line, word, the row as it stands), once the first row has shown its width."""
    rows = lines(path)
    number, first = next(rows)
    fields = first.split()
    header = len(fields) == 2 and all(field.isdigit() for field in fields)
    if not header:
        if len(fields) < 2:
            raise InputError(f"{path}:{number}: is not a word with its numbers")
        _numbers(f"{path}:{number}", fields[1:])
        rows = itertools.chain([(number, first)], rows)
    count = int(fields[1]) if header else len(fields) - 1
    if count != width:
        raise ConfigError(
            f"{path}: has vectors of {count} numbers, but model.embedding_size={width}; "
            f"set model.embedding_size={count}"
        )
    for number, raw in rows:
        if fields := raw.split(None, 1):
            yield number, fields[0].decode("utf-8", "replace"), raw


def _values(where: str, raw: bytes, width: int) -> list[float] | None:
    """The numbers of a row; None for an expression of several words, as some files have.

    Raises:
        InputError: there are too few or too many, or one is not a number.
    """
    fields = raw.rsplit(None, width)
    _, *more = fields[0].split()
    if None in map(_number, more):
        return None
    count = len(fields) - 1 + len(more)
    if count != width:
        raise InputError(f"{where}: has {count} numbers, not {width} as the first row")
    return _numbers(where, fields[1:])


def _numbers(where: str, fields: Sequence[bytes]) -> list[float]:
    found = []
    for field in fields:
        if (value := _number(field)) is None or not math.isfinite(value):
            raise InputError(f"{where}: {field.decode('utf-8', 'replace')!r} is not a number")
        found.append(value)
    return found


def _number(field: bytes) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _wanted(vocabulary: Vocabulary) -> dict[str, list[tuple[int, str]]]:
    """The pieces that a row may be for: its word's form → ids, each with what it spells."""
    found: dict[str, list[tuple[int, str]]] = {}
    for i, piece in enumerate(vocabulary.tokens(range(UNKNOWN + 1, vocabulary.size))):
        text = piece.removeprefix("▁")
        if text and (text != piece or not text[0].isalnum() or is_unspaced(text)):
            form = _form(text, vocabulary.lowercase)
            found.setdefault(form, []).append((i + UNKNOWN + 1, text))
    return found


def _form(word: str, fold: bool) -> str:
    """What words are compared by."""
    word = unicodedata.normalize("NFKC", word)
    return word.casefold() if fold else word
