"""Text inside a TensorFlow graph: cleaned, cut into pieces, and spelled as Python does it.

An exported graph runs where there is no Python code of ours, so what `cleaning.clean` and
`vocabulary.restore_case` do is said here once more in TensorFlow's operations. Classes of
characters and case come from Python's own tables and are written into the graph: TensorFlow's
`lower` follows the machine's language (in Turkish, I becomes ı), and its expressions (RE2) know
another version of Unicode.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from summarizer.text.cleaning import DROPPED
from summarizer.vocabulary import Vocabulary

_MARK = b"\xff"  # in no text: UTF-8 has no such byte
# Words and sentences of `restore_case`; a test holds both to the same.
_JOINTS = "'’.-/+"  # between the letters of a word
_STOPS = ".!?:\n"  # before a sentence
_OPENING = " \"'“‘(["  # between a stop and a sentence's first word


def tokenizer(vocabulary: Vocabulary) -> Any:
    """Return SentencePiece as operations; it gives the ids that `Vocabulary.encode` gives."""
    import tensorflow_text

    return tensorflow_text.SentencepieceTokenizer(model=vocabulary.proto)


def load_operations() -> None:
    """Make TensorFlow know the operations of a saved graph that has such text in it."""
    import tensorflow_text  # noqa: F401


def clean(texts: Any) -> Any:
    """Bring texts, string [B], to the form of `cleaning.clean`; bytes that are no UTF-8 go."""
    import tensorflow as tf
    import tensorflow_text

    text = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    text = tf.strings.regex_replace(text, _class(map(chr, DROPPED)), "")
    text = tensorflow_text.normalize_utf8(text, "NFC")
    text = tf.strings.regex_replace(text, _class(_characters(str.isspace)) + "+", " ")
    return tf.strings.regex_replace(text, "^ | $", "")


def restore_case(texts: Any, documents: Any) -> Any:
    """Spell summaries, string [B], as their documents do: `vocabulary.restore_case`."""
    import tensorflow as tf

    between, words = _words(texts)
    rows, asked = words.value_rowids(), words.flat_values
    parts = tf.strings.split(asked, "-")
    of_parts = tf.gather(rows, parts.value_rowids())
    found = _look_up(
        documents, tf.concat([rows, of_parts], 0), tf.concat([asked, parts.flat_values], 0)
    )
    count = tf.size(asked)
    joined = tf.strings.reduce_join(
        parts.with_flat_values(found.spelling[count:]), axis=-1, separator="-"
    )
    spelled = tf.where(found.inside[:count] | found.first[:count], found.spelling[:count], joined)
    spelled = tf.where(_has_capitals(asked), asked, spelled)
    text = tf.strings.join([between.flat_values, spelled])
    return _capital(tf.strings.reduce_join(words.with_flat_values(text), axis=-1))


class _Found(NamedTuple):
    """What documents say of words [A]: their spelling, and where they stand."""

    spelling: Any  # string; the word itself where it does not stand inside a sentence
    inside: Any  # bool
    first: Any  # bool, at the start of a sentence


def _look_up(documents: Any, rows: Any, asked: Any) -> _Found:
    """Look words up, string [A], each in the document of its row, int64 [A]."""
    import tensorflow as tf

    between, words = _words(documents)
    forms, lines = words.flat_values, words.value_rowids()
    position = tf.ragged.range(words.row_lengths()).flat_values
    before, opened = between.flat_values, _class(_OPENING) + "*"
    start = tf.strings.regex_full_match(before, f"(?s).*{_class(_STOPS)}{opened}")
    start |= (position == 0) & tf.strings.regex_full_match(before, opened)
    first = start & ~_has_capitals(tf.strings.regex_replace(forms, "(?s)^.", ""))
    keys = _lower(forms)

    total = tf.size(forms, tf.int64)
    same, groups = _numbered(lines, forms), tf.size(forms)
    times = tf.math.unsorted_segment_sum(tf.cast(~first, tf.int64), same, groups)
    # The most frequent form; among equals the one in small letters, then the earliest.
    rank = 2 * tf.gather(times, same) + tf.cast(forms == keys, tf.int64)
    rank = tf.where(first, tf.zeros_like(rank), rank * total + total - 1 - tf.range(total))

    ids = _numbered(tf.concat([lines, rows], 0), tf.concat([keys, asked], 0))
    here, there, groups = ids[: tf.size(forms)], ids[tf.size(forms) :], tf.size(ids)
    best = tf.gather(tf.math.unsorted_segment_max(rank, here, groups), there)
    firsts = tf.math.unsorted_segment_sum(tf.cast(first, tf.int32), here, groups)
    inside = best > 0
    form = tf.gather(forms, tf.where(inside, total - 1 - best % total, tf.zeros_like(best)))
    return _Found(tf.where(inside, form, asked), inside, tf.gather(firsts, there) > 0)


def _numbered(rows: Any, strings: Any) -> Any:
    """Number pairs of row, int64 [n], and string [n]: equal pairs alike, int32 [n]."""
    import tensorflow as tf

    _, ids = tf.unique(strings, tf.int64)
    return tf.unique(rows * tf.size(strings, tf.int64) + ids)[1]


def _words(texts: Any) -> tuple[Any, Any]:
    """Cut texts into what stands before each word and the words, ragged string [B, n + 1].

    The last word of each row is "", after what follows the real ones.
    """
    import tensorflow as tf

    letters = _class(_characters(str.isalnum)) + "+"
    pattern = rf"{letters}(?:{_class(_JOINTS)}{letters})*\+*"
    marked = tf.strings.regex_replace(texts, pattern, _MARK + rb"\0" + _MARK)
    parts = tf.strings.split(tf.strings.join([marked, tf.fill(tf.shape(texts), _MARK)]), _MARK)
    return parts[:, 0::2], parts[:, 1::2]


def _has_capitals(strings: Any) -> Any:
    """Tell which strings would change in small letters, bool."""
    import tensorflow as tf

    changing = _class(_characters(lambda c: c != c.lower()))
    return tf.strings.regex_full_match(strings, f"(?s).*{changing}.*")


def _lower(words: Any) -> Any:
    """Write words, string [n], in small letters as `str.lower` does."""
    import tensorflow as tf

    inner = [*_characters(str.isalnum), *_JOINTS]
    cased = {c for c in inner if ("AΣ" + c).lower()[1] == "σ"}
    ignored = {c for c in inner if ("AΣ" + c + "A").lower()[1] == "σ"} - cased
    letter, skip = _class(cased), _class(ignored) + "*"
    final = f"({letter}{skip})Σ({skip})($|{_class(cased | ignored, but=True)})"
    words = tf.strings.regex_replace(words, final, r"\1ς\2\3")
    # İ becomes two letters, and the second, a mark, is in no word: what it stands in is not found.
    pairs = [(c, c.lower()) for c in _characters(lambda c: c != c.lower()) if c != "İ"]
    table = tf.constant([ord(c) for c, _ in pairs])
    letters = tf.strings.unicode_decode(words, "UTF-8")
    codes = letters.flat_values
    at = tf.minimum(tf.searchsorted(table, codes), len(pairs) - 1)
    small = tf.gather(tf.constant([ord(small) for _, small in pairs]), at)
    small = tf.where(tf.gather(table, at) == codes, small, codes)
    return tf.strings.unicode_encode(letters.with_flat_values(small), "UTF-8")


def _capital(texts: Any) -> Any:
    """Write the first letter of texts, string [B], as `str.upper` does."""
    import tensorflow as tf

    pairs = [(c, c.upper()) for c in _characters(lambda c: c != c.upper())]
    first = tf.strings.substr(texts, 0, 1, unit="UTF8_CHAR")
    same = first[:, None] == tf.constant([c for c, _ in pairs])
    large = tf.gather(tf.constant([c for _, c in pairs]), tf.argmax(same, axis=1))
    first = tf.where(tf.reduce_any(same, axis=1), large, first)
    return tf.strings.join([first, tf.strings.regex_replace(texts, "(?s)^.", "")])


def _characters(wanted: Callable[[str], bool]) -> list[str]:
    """List all characters of a kind, in order."""
    return [c for c in map(chr, range(0x110000)) if wanted(c)]


def _class(characters: Iterable[str], but: bool = False) -> str:
    """Write characters, or all but these, as a class of an expression."""
    spans: list[list[int]] = []
    for code in sorted(ord(c) for c in characters if not "\ud800" <= c <= "\udfff"):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    inner = "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in spans)
    return f"[{'^' if but else ''}{inner}]"
