"""Amounts stay in one piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.text.amounts import join_amounts
from summarizer.vocabulary import Vocabulary, train_vocabulary

TEXT = "it lost $ 1 . 5 million, 3.5 % of 1,200"
DOCUMENT = "It lost $1.5 million, or 3.5%, of 1,200 sales in 2019, 5 in May."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loses $ 1 . 5 million", "loses $1.5 million"),
        ("loses $1. 5 million", "loses $1.5 million"),
        ("down 3.5 %", "down 3.5%"),
        ("1 ,200 sales", "1,200 sales"),
        ("2019, 5", "2019, 5"),  # written so
        ("1. 2 million", "1. 2 million"),  # another number
        ("1 . 5", "1.5"),
        ("200 sales", "200 sales"),
        ("", ""),
    ],
)
def test_an_amount_is_written_as_in_the_document(text, expected):
    assert join_amounts(text, DOCUMENT) == expected


def test_a_part_of_a_longer_number_is_no_amount():
    assert join_amounts("3 . 5 here", "It is 13.57 here") == "3 . 5 here"


@given(st.text(alphabet="12 .,%$a", max_size=30), st.text(alphabet="12 .,%$a", max_size=30))
def test_only_spaces_are_removed(text, document):
    joined = join_amounts(text, document)
    assert joined.replace(" ", "") == text.replace(" ", "")
    assert join_amounts(text, text) == text


@pytest.mark.parametrize("kind", ["unigram", "characters", "words"])
def test_a_vocabulary_writes_amounts_as_in_the_document(kind):
    vocabulary = train_vocabulary([TEXT, DOCUMENT] * 20, 320 if kind != "words" else 40, kind=kind)
    ids = vocabulary.encode(TEXT)
    assert vocabulary.decode(ids, DOCUMENT) == "It lost $1.5 million, 3.5% of 1,200"


def test_a_vocabulary_with_the_words_of_training_writes_names():
    proto = train_vocabulary([DOCUMENT, "torvane"] * 20, 300, kind="unigram").proto
    ids = Vocabulary(proto).encode("it lost torvane")
    assert Vocabulary(proto).decode(ids, DOCUMENT) == "It lost torvane"
    assert Vocabulary(proto, {"it", "lost"}).decode(ids, DOCUMENT) == "It lost Torvane"
