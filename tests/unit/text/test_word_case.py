"""The rules of a SavedModel spell each word for itself."""

import pytest

from summarizer.text.word_case import restore_word_case


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("bert reads", "We use BERT. Bert is BERT.", "BERT reads"),
        ("we saw bees", "Bees fly. We like them.", "We saw bees"),
        ("iphone sales", "Buy an iPhone 15 now", "IPhone sales"),
        ("a bert-based test", "The BERT model", "A BERT-based test"),
        ("the trade board", "The Trade Board met a board, a board.", "The Trade board"),
    ],
)
def test_words_are_spelled_as_most_often_in_the_document(text, document, expected):
    assert restore_word_case(text, document) == expected
