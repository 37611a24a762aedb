"""Sentences shortened by deletion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.text.shorten import join, shorten, shorten_first_sentence

BRIDGE = (
    "On Tuesday, the old bridge over the Marl (built in 1871) will close for repairs, "
    "the council said."
)


def short(sentence: str, words: int) -> str:
    return join(sentence, shorten(sentence, words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (18, BRIDGE),
        (15, "On Tuesday, the old bridge over the Marl will close for repairs, the council said."),
        (13, "The old bridge over the Marl will close for repairs, the council said."),
        (10, "The old bridge over the Marl will close for repairs."),
        (9, "The old bridge over the Marl will close"),
        (4, "The old bridge"),
    ],
)
def test_asides_are_dropped_before_the_rest_is_cut(words: int, expected: str) -> None:
    assert short(BRIDGE, words) == expected


@pytest.mark.parametrize(
    ("sentence", "words", "expected"),
    [
        # The end of a clause, then the end of a phrase, rather than all the words.
        ("The old mill closed because nobody needed the flour.", 6, "The old mill closed"),
        ("The mayor opened a library in the old town hall.", 7, "The mayor opened a library"),
        # No cut after a word that opens a phrase, nor inside an amount.
        ("The council gave the hall to the school.", 7, "The council gave the hall"),
        ("The repair of the roof costs 2.5 million crowns.", 6, "The repair of the roof costs"),
        ("MARLOW, 3 May - The ferry sank.", 3, "The ferry sank."),
        ("Marlow (Wire) - The old ferry sank.", 4, "The old ferry sank."),
        ("The ferry, which was built in 1950, sank off Marlow.", 5, "The ferry sank off Marlow."),
        # A list is no insertion.
        ("Ann, a cook, and Tom, a smith, left.", 7, "Ann, a cook, and Tom left."),
        ("渡轮在港口沉没，没有人受伤，公司说。", 8, "渡轮在港口沉没"),
    ],
)  # fmt: skip
def test_a_cut_leaves_what_can_be_read(sentence: str, words: int, expected: str) -> None:
    assert short(sentence, words) == expected


@given(st.text("ab ,.()-9AT\n中。", max_size=60), st.integers(1, 12))
def test_whatever_the_sentence_is_its_characters_stay_in_order(text: str, words: int) -> None:
    parts = shorten(text, words)
    ends = [0, *(position for part in parts for position in part), len(text)]
    assert ends == sorted(ends)
    if all(char.isascii() for char in text):
        kept = " ".join(text[begin:end] for begin, end in parts).split()
        assert len([word for word in kept if any(map(str.isalnum, word))]) <= words
        if any(map(str.isalnum, text)):
            assert any(map(str.isalnum, join(text, parts)))


def test_the_places_of_a_shortened_first_sentence_are_those_in_the_document() -> None:
    document = "  The  ferry, which was\nold, sank. Nobody drowned."
    text, places = shorten_first_sentence(document, 3)
    assert text == "The ferry sank."
    assert [document[begin:end] for begin, end in places] == ["The  ferry", " sank."]
    assert shorten_first_sentence("", 3) == ("", ())
