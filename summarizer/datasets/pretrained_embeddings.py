"""Initial embeddings from pretrained vectors: text files of word2vec, GloVe or fastText.

Each line holds a word and its numbers, usually the most frequent words first. A first line with the
number of words and the width may precede. The file is read once, and only the rows for tokens of
the vocabulary are kept.
"""

import itertools
import math
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from summarizer.datasets.sources._lines import read_lines
from summarizer.errors import ConfigError, InputError
from summarizer.text.scripts import is_unspaced
from summarizer.vocabulary import UNKNOWN, Vocabulary

# How well a token matches a word of the file.
_RANDOM, _WITHOUT_CASE, _EXACT = 0, 1, 2


def check_vectors(path: str, width: int) -> None:
    """Check from its first row whether a file has vectors of a width.

    Raises:
        InputError: the file cannot be read or is not of vectors.
        ConfigError: its vectors have another width.
    """
    for _ in itertools.islice(_rows(path, width), 1):
        pass


def initial_embeddings(
    path: str, vocabulary: Vocabulary, table: npt.ArrayLike
) -> tuple[npt.NDArray[np.float32], float]:
    """Return an embedding table with the vectors of a file for the tokens that are words.

    A token that begins a word gets the vector of the word that it spells. So does a mark, and a
    character of a script without spaces between words. If the vocabulary is lower-cased, words are
    compared without case, and a word with the spelling of the token takes precedence. All vectors
    are scaled by one factor to the root mean square of the random ones, which the other tokens
    keep.

    Args:
        path: the file, also compressed (.gz, .xz).
        vocabulary: of the model.
        table: random embeddings, float [N, E].

    Returns:
        The new table, float32 [N, E], and the share of tokens that have a vector of the file.

    Raises:
        InputError: the file cannot be read, a row is bad, or no row is for a token.
        ConfigError: the vectors and the table differ in width.
    """
    embeddings = np.array(table, np.float32)
    random_size = np.sqrt(np.mean(embeddings**2))
    width = embeddings.shape[1]
    tokens_of = _tokens_by_form(vocabulary)
    match = np.full(len(embeddings), _RANDOM, np.int8)
    for number, word, raw in _rows(path, width):
        better = [
            (i, quality)
            for i, spelling in tokens_of.get(_form(word, vocabulary.lowercase), ())
            if match[i] < (quality := _EXACT if spelling == word else _WITHOUT_CASE)
        ]
        values = _values(f"{path}:{number}", raw, width) if better else None
        if values is not None:
            for i, quality in better:
                embeddings[i], match[i] = values, quality
    matched = match > _RANDOM
    if not embeddings[matched].any():
        raise InputError(f"{path}: has no vector for any token of the vocabulary")
    embeddings[matched] *= random_size / np.sqrt(np.mean(embeddings[matched] ** 2))
    return embeddings, float(matched[UNKNOWN + 1 :].mean())


def _rows(path: str, width: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield (line number, word, the whole row), after checking the width of the first row."""
    rows = read_lines(path)
    number, first = next(rows)
    fields = first.split()
    is_header = len(fields) == 2 and all(field.isdigit() for field in fields)
    if not is_header:
        if len(fields) < 2:
            raise InputError(f"{path}:{number}: is not a word with its numbers")
        _numbers(f"{path}:{number}", fields[1:])
        rows = itertools.chain([(number, first)], rows)
    count = int(fields[1]) if is_header else len(fields) - 1
    if count != width:
        raise ConfigError(
            f"{path}: has vectors of {count} numbers, but model.embedding_size={width}; "
            f"set model.embedding_size={count}"
        )
    for number, raw in rows:
        if fields := raw.split(None, 1):
            yield number, fields[0].decode("utf-8", "replace"), raw


def _values(where: str, raw: bytes, width: int) -> list[float] | None:
    """Return the numbers of a row; None for a phrase of several words, as some files have.

    Raises:
        InputError: the count of numbers is wrong, or a field is not a number.
    """
    fields = raw.rsplit(None, width)
    _, *more = fields[0].split()
    if None in map(_number, more):
        return None
    count = len(fields) - 1 + len(more)
    if count != width:
        raise InputError(f"{where}: has {count} numbers, but the first row has {width}")
    return _numbers(where, fields[1:])


def _numbers(where: str, fields: Sequence[bytes]) -> list[float]:
    values = []
    for field in fields:
        if (value := _number(field)) is None or not math.isfinite(value):
            raise InputError(f"{where}: {field.decode('utf-8', 'replace')!r} is not a number")
        values.append(value)
    return values


def _number(field: bytes) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _tokens_by_form(vocabulary: Vocabulary) -> dict[str, list[tuple[int, str]]]:
    """Return form of a word → (id, spelling) of each token that may take the word's vector."""
    tokens: dict[str, list[tuple[int, str]]] = {}
    for i, token in enumerate(vocabulary.tokens(range(UNKNOWN + 1, vocabulary.size))):
        text = token.removeprefix("▁")
        if text and (text != token or not text[0].isalnum() or is_unspaced(text)):
            form = _form(text, vocabulary.lowercase)
            tokens.setdefault(form, []).append((i + UNKNOWN + 1, text))
    return tokens


def _form(word: str, lowercase: bool) -> str:
    """Return the form in which words are compared."""
    word = unicodedata.normalize("NFKC", word)
    return word.casefold() if lowercase else word
