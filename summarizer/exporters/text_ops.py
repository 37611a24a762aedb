"""Text operations inside a TensorFlow graph: cleaning, tokenizer and truecasing.

An exported graph runs without this package's Python code, so `cleaning.clean` and
`word_case.restore_word_case` are repeated here as TensorFlow operations. Character classes and case
mappings come from Python's tables and are written into the graph: TensorFlow's `lower` depends on
the locale (in Turkish, I becomes ı), and its regular expressions (RE2) use another version of
Unicode.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from summarizer.text.cleaning import DROPPED, LINE_SCRIPTS
from summarizer.types import Tensor
from summarizer.vocabulary import Vocabulary

_MARK = b"\xff"  # in no text: UTF-8 has no such byte
# Words and sentences as `restore_word_case` defines them; a test compares the two.
_JOINTS = "'’.-/+"  # between the letters of a word
_STOPS = ".!?:\n"  # before a sentence
_OPENING = " \"'“‘(["  # between a stop and the first word of a sentence


def tokenizer(vocabulary: Vocabulary) -> Any:
    """Return SentencePiece as operations; its ids are those of `Vocabulary.encode`."""
    import tensorflow_text

    return tensorflow_text.SentencepieceTokenizer(model=vocabulary.proto)


def load_operations() -> None:
    """Register the operations of a saved graph that contains text operations."""
    import tensorflow_text  # noqa: F401


def clean(texts: Tensor) -> Tensor:
    """Clean texts, string [B], as `cleaning.clean` does; bytes that are not UTF-8 are dropped."""
    import tensorflow as tf
    import tensorflow_text

    text = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    text = tf.strings.regex_replace(text, _regex_class(map(chr, DROPPED)), "")
    space = _regex_class(char for char in _characters(str.isspace) if char != "\n") + "*"
    line_end = f"([{LINE_SCRIPTS}]){space}\n{space}([{LINE_SCRIPTS}])"
    for _ in range(2):  # matches do not overlap, so lines of one character need a second time
        text = tf.strings.regex_replace(text, line_end, r"\1\2")
    text = tensorflow_text.normalize_utf8(text, "NFC")
    text = tf.strings.regex_replace(text, _regex_class(_characters(str.isspace)) + "+", " ")
    return tf.strings.regex_replace(text, "^ | $", "")


def restore_case(texts: Tensor, documents: Tensor) -> Tensor:
    """Restore the case of summaries, string [B], from their documents as `word_case` does."""
    import tensorflow as tf

    gaps, words = _split_words(texts)
    rows, word_list = words.value_rowids(), words.flat_values
    parts = tf.strings.split(word_list, "-")
    part_rows = tf.gather(rows, parts.value_rowids())
    matches = _look_up(
        documents,
        tf.concat([rows, part_rows], 0),
        tf.concat([word_list, parts.flat_values], 0),
    )
    count = tf.size(word_list)
    joined = tf.strings.reduce_join(
        parts.with_flat_values(matches.spelling[count:]), axis=-1, separator="-"
    )
    in_document = matches.inside[:count] | matches.first[:count]
    spelling = tf.where(in_document, matches.spelling[:count], joined)
    spelling = tf.where(_has_capitals(word_list), word_list, spelling)
    text = tf.strings.join([gaps.flat_values, spelling])
    return _capitalize(tf.strings.reduce_join(words.with_flat_values(text), axis=-1))


class _Matches(NamedTuple):
    """Words [A] looked up in documents.

    Attributes:
        spelling: string [A]; the word itself if it does not occur inside a sentence.
        inside: bool [A], whether the word occurs inside a sentence.
        first: bool [A], whether the word occurs at the start of a sentence.
    """

    spelling: Tensor
    inside: Tensor
    first: Tensor


def _look_up(documents: Tensor, rows: Tensor, queries: Tensor) -> _Matches:
    """Look up words, string [A], each in the document of its row, int64 [A]."""
    import tensorflow as tf

    gaps, words = _split_words(documents)
    forms, form_rows = words.flat_values, words.value_rowids()
    position = tf.ragged.range(words.row_lengths()).flat_values
    first = _starts_sentence(gaps.flat_values, position)
    first &= ~_has_capitals(tf.strings.regex_replace(forms, "(?s)^.", ""))
    keys = _lower(forms)

    total = tf.size(forms, tf.int64)
    form_ids, groups = _pair_ids(form_rows, forms), tf.size(forms)
    counts = tf.math.unsorted_segment_sum(tf.cast(~first, tf.int64), form_ids, groups)
    # The most frequent form wins; of equally frequent forms the one in lower case, then the first.
    rank = 2 * tf.gather(counts, form_ids) + tf.cast(forms == keys, tf.int64)
    rank = tf.where(first, tf.zeros_like(rank), rank * total + total - 1 - tf.range(total))

    ids = _pair_ids(tf.concat([form_rows, rows], 0), tf.concat([keys, queries], 0))
    key_ids, query_ids, groups = ids[: tf.size(forms)], ids[tf.size(forms) :], tf.size(ids)
    best = tf.gather(tf.math.unsorted_segment_max(rank, key_ids, groups), query_ids)
    firsts = tf.math.unsorted_segment_sum(tf.cast(first, tf.int32), key_ids, groups)
    inside = best > 0
    form = tf.gather(forms, tf.where(inside, total - 1 - best % total, tf.zeros_like(best)))
    spelling = tf.where(inside, form, queries)
    return _Matches(spelling, inside, tf.gather(firsts, query_ids) > 0)


def _starts_sentence(gaps: Tensor, position: Tensor) -> Tensor:
    """Return which words start a sentence, bool [n].

    Args:
        gaps: string [n], the text before each word.
        position: [n], number of words before it in its document.
    """
    import tensorflow as tf

    opening = _regex_class(_OPENING) + "*"
    after_stop = tf.strings.regex_full_match(gaps, f"(?s).*{_regex_class(_STOPS)}{opening}")
    return after_stop | ((position == 0) & tf.strings.regex_full_match(gaps, opening))


def _pair_ids(rows: Tensor, strings: Tensor) -> Tensor:
    """Number pairs of row, int64 [n], and string [n]: equal pairs get equal ids, int32 [n]."""
    import tensorflow as tf

    _, ids = tf.unique(strings, tf.int64)
    return tf.unique(rows * tf.size(strings, tf.int64) + ids)[1]


def _split_words(texts: Tensor) -> tuple[Tensor, Tensor]:
    """Split texts into the gaps before words and the words, both ragged string [B, n + 1].

    The last word of each row is "", after the text that follows the last real word.
    """
    import tensorflow as tf

    letters = _regex_class(_characters(str.isalnum)) + "+"
    pattern = rf"{letters}(?:{_regex_class(_JOINTS)}{letters})*\+*"
    marked = tf.strings.regex_replace(texts, pattern, _MARK + rb"\0" + _MARK)
    parts = tf.strings.split(tf.strings.join([marked, tf.fill(tf.shape(texts), _MARK)]), _MARK)
    return parts[:, 0::2], parts[:, 1::2]


def _has_capitals(strings: Tensor) -> Tensor:
    """Return which strings would change in lower case, bool."""
    import tensorflow as tf

    changing = _regex_class(_characters(lambda c: c != c.lower()))
    return tf.strings.regex_full_match(strings, f"(?s).*{changing}.*")


def _lower(words: Tensor) -> Tensor:
    """Return words, string [n], in lower case as `str.lower` does."""
    import tensorflow as tf

    inner = [*_characters(str.isalnum), *_JOINTS]
    cased = {c for c in inner if ("AΣ" + c).lower()[1] == "σ"}
    ignored = {c for c in inner if ("AΣ" + c + "A").lower()[1] == "σ"} - cased
    letter, skip = _regex_class(cased), _regex_class(ignored) + "*"
    not_letter = _regex_class(cased | ignored, negated=True)
    final_sigma = f"({letter}{skip})Σ({skip})($|{not_letter})"
    words = tf.strings.regex_replace(words, final_sigma, r"\1ς\2\3")
    # İ becomes two characters; the second is a combining mark and belongs to no word, so a word
    # with it is never looked up.
    pairs = [(c, c.lower()) for c in _characters(lambda c: c != c.lower()) if c != "İ"]
    table = tf.constant([ord(upper) for upper, _ in pairs])
    letters = tf.strings.unicode_decode(words, "UTF-8")
    codes = letters.flat_values
    index = tf.minimum(tf.searchsorted(table, codes), len(pairs) - 1)
    lower = tf.gather(tf.constant([ord(lower) for _, lower in pairs]), index)
    lower = tf.where(tf.gather(table, index) == codes, lower, codes)
    return tf.strings.unicode_encode(letters.with_flat_values(lower), "UTF-8")


def _capitalize(texts: Tensor) -> Tensor:
    """Return texts, string [B], with their first letter as `str.upper` writes it."""
    import tensorflow as tf

    pairs = [(c, c.upper()) for c in _characters(lambda c: c != c.upper())]
    first = tf.strings.substr(texts, 0, 1, unit="UTF8_CHAR")
    same = first[:, None] == tf.constant([lower for lower, _ in pairs])
    upper = tf.gather(tf.constant([upper for _, upper in pairs]), tf.argmax(same, axis=1))
    first = tf.where(tf.reduce_any(same, axis=1), upper, first)
    return tf.strings.join([first, tf.strings.regex_replace(texts, "(?s)^.", "")])


def _characters(predicate: Callable[[str], bool]) -> list[str]:
    """Return all characters that meet a condition, in order."""
    return [c for c in map(chr, range(0x110000)) if predicate(c)]


def _regex_class(characters: Iterable[str], negated: bool = False) -> str:
    """Return a character class of a regular expression, with these characters or all others."""
    spans: list[list[int]] = []
    for code in sorted(ord(c) for c in characters if not "\ud800" <= c <= "\udfff"):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    ranges = "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in spans)
    return f"[{'^' if negated else ''}{ranges}]"
