"""Which tokens of a vocabulary may end a sentence, and which may begin a word."""

from summarizer.text import sentences
from summarizer.text.scripts import is_unspaced
from summarizer.vocabulary import UNKNOWN, Vocabulary

_OPENING_MARKS = frozenset("「『《〈（【〔“‘")  # precede a word in scripts without spaces


def boundary_tables(vocabulary: Vocabulary) -> tuple[list[bool], list[bool]]:
    """Return for each id whether it may end a sentence, and whether it may begin a word; both [N].

    A full stop within a word, after an abbreviation or an initial ends no sentence, as far as the
    token alone shows that. Single bytes of characters beyond ASCII neither end nor begin.
    """
    tokens = vocabulary.tokens(range(vocabulary.size))
    begins_word = [token.startswith("▁") for token in tokens]
    next_word = next(
        (i for i, token in enumerate(tokens) if begins_word[i] and len(token) > 1), None
    )
    ends = [
        i > UNKNOWN and _may_end(vocabulary, i, tokens[i], next_word) for i in range(len(tokens))
    ]
    begins = [
        i == UNKNOWN or begins_word[i] or is_unspaced(token) or token[:1] in _OPENING_MARKS
        for i, token in enumerate(tokens)
    ]
    return ends, begins


def _may_end(vocabulary: Vocabulary, id: int, token: str, next_word: int | None) -> bool:
    """Return whether a sentence may end with a token.

    Args:
        vocabulary: of the token.
        id: of the token.
        token: its spelling. One that continues a word is tried behind letters.
        next_word: id of a token that begins a word, to see whether a space follows the token.
    """
    text = vocabulary.decode([id])
    if not sentences.ends_sentence(text):
        return False
    joined = next_word is not None and not vocabulary.decode([id, next_word])[
        len(text) :
    ].startswith(" ")
    before = "" if token.startswith("▁") else "xx"
    # "Xx" is no word, so that a stop without a space behind it is within a word.
    return len(sentences.split_sentences(before + text + ("Xx" if joined else " Xx"))) == 2
