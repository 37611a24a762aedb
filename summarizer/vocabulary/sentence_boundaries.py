"""Which pieces of a vocabulary may end a sentence, and which may begin a word."""

from summarizer.text import sentences
from summarizer.text.scripts import is_unspaced
from summarizer.vocabulary import UNKNOWN, Vocabulary

_OPENERS = frozenset("「『《〈（【〔“‘")  # before a word of scripts that put no space there


def boundary_tables(words: Vocabulary) -> tuple[list[bool], list[bool]]:
    """Return whether each id may end a sentence, and whether it may begin a word, both of N.

    A full stop within a word, after an abbreviation or an initial ends none, as far as its own
    piece tells. Bytes of characters beyond ASCII are neither.
    """
    pieces = words.tokens(range(words.size))
    after = [piece.startswith("▁") for piece in pieces]
    word = next((i for i, piece in enumerate(pieces) if after[i] and len(piece) > 1), None)
    known = range(UNKNOWN + 1, words.size)
    ends = [i in known and _ends(words, i, pieces[i], word) for i in range(words.size)]
    begins = [
        i == UNKNOWN or after[i] or is_unspaced(piece) or piece[:1] in _OPENERS
        for i, piece in enumerate(pieces)
    ]
    return ends, begins


def _ends(words: Vocabulary, id: int, piece: str, word: int | None) -> bool:
    """Tell whether a sentence may end with a piece, whatever precedes what continues a word."""
    text = words.decode([id])
    if not sentences.ends_sentence(text):
        return False
    touching = word is not None and not words.decode([id, word])[len(text) :].startswith(" ")
    before = "" if piece.startswith("▁") else "xx"
    return len(sentences.split_sentences(before + text + ("A" if touching else " A"))) == 2
