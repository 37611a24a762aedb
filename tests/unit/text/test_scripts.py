"""Scripts without spaces: the table is Unicode's, and all modules use the one answer."""

import sys
import unicodedata

import pytest
import regex

from summarizer.metrics import rouge_tokenizer
from summarizer.text import sentences, words
from summarizer.text.scripts import is_unspaced

SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Thai", "Lao", "Khmer", "Myanmar")
# Script_Extensions, so that letters which Chinese and Japanese share are of both.
UNSPACED = regex.compile("[" + "".join(rf"\p{{scx={name}}}" for name in SCRIPTS) + "]")
LETTERS = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(char) in ("Lo", "Lm", "Lu", "Ll", "Lt", "Nl")
]
# Unicode's extensions also name tone marks and apostrophes, which other scripts use as well.
MODIFIERS = frozenset(map(chr, range(0x2B0, 0x300)))


def test_the_table_has_unicodes_letters_of_these_scripts():
    by_unicode = {char for char in LETTERS if UNSPACED.match(char)} - MODIFIERS
    by_table = set(filter(is_unspaced, LETTERS))
    assert by_table == by_unicode


def test_words_splits_exactly_unspaced_letters_into_single_words():
    for char in LETTERS:
        is_letter = unicodedata.normalize("NFKC", char) == char and char not in "\u0eb3\u0e33"
        if is_letter and char.isalnum():
            count = sum(token != words.SPACE for token in words.split_words(char * 2))
            assert (count == 2) == is_unspaced(char), hex(ord(char))


def test_rouge_takes_exactly_unspaced_letters_one_by_one():
    for char in LETTERS:
        lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", char).lower())
        if len(lower) == 1:
            tokens = rouge_tokenizer.words(char * 2)
            assert (len(tokens) == 2) == is_unspaced(lower), hex(ord(char))


def test_sentences_ends_at_spaces_and_takes_no_initials_in_unspaced_scripts_only():
    for char in LETTERS:
        if sentences.SPACE.search(f"{char} {char}"):
            assert is_unspaced(char)
        if is_unspaced(char) and unicodedata.category(char) == "Lo":
            split = sentences.split_sentences(f"{char}. A")
            assert split == [f"{char}.", "A"], hex(ord(char))


@pytest.mark.parametrize("text", ["", "a1", "é", "ж", "한", "अ", "ا", "。", " "])
def test_other_texts_are_not_unspaced(text):
    assert not is_unspaced(text)


def test_only_the_first_character_counts():
    assert is_unspaced("桥a")
    assert not is_unspaced("a桥")
