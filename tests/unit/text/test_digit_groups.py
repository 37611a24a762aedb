"""Numbers of every writing: which of them a document supports."""

import pytest

from summarizer.text import numbers_and_names

KNOWN = frozenset({"cost", "costs", "and", "in", "of", "to", "km"})


@pytest.mark.parametrize(
    ("summary", "document", "lacking"),
    [
        # Spaces and apostrophes before exactly three digits.
        ("1 500", "1\u00a0000 and 2\u202f500", ["1 500"]),
        ("1000, 2500 and 30,000", "1\u00a0000, 2\u202f500 and 30\u2009000", []),
        ("1 000 000", "1'000\u2019000", []),
        ("12", "12 3000", []),
        ("12 and 300", "12 300", ["12", "300"]),
        ("300 and 2019", "in 2019 300", []),
        ("000", "1 000", ["000"]),
        ("1000,50 and 1000.25", "1 000,50 and 1 000.25", []),
        ("1000 and 2000", "1 000/2 000", []),
        ("1000km", "1\u00a0000km", []),
        # A comma, which groups unless the document tells otherwise.
        ("1234", "1,234", []),
        ("1234", "1,234 and 3,5", ["1234"]),
        ("1,234", "1,234 and 3,5", []),
        ("1234", "1,234 and 1 000,5", ["1234"]),
        ("1234", "1,234 and 1.000.000", ["1234"]),
        ("1234", "1,234 [3,4]", []),
        ("100000", "1,00,000", ["100000"]),
        # A point, which does so only where the document tells so.
        ("1234", "1.234", ["1234"]),
        ("1.234", "1.234", []),
        ("1234", "1.234 and 0.5", ["1234"]),
        ("1234", "1.234 and 3,5", []),
        ("1234", "1.234 and 1.000.000", []),
        ("1234", "1.234 and 1.000.000 and 0.5", ["1234"]),
        ("1234", "1.234 [3,5]", ["1234"]),
        ("1234,5 and 12345", "1.234,5", ["12345"]),
        ("1234.5", "1,234.5", []),
        ("15", "1.5", ["15"]),
        ("15", "1,5", ["15"]),
        ("1234", "0.1234 and 1234.567", ["1234"]),
        ("1000", "1\u066c000", []),
        ("15", "1\u066b5", ["15"]),
    ],
)
def test_a_number_is_supported_by_its_own_value_alone(summary, document, lacking):
    mentions = numbers_and_names.unsupported(summary, document, KNOWN)
    assert [mention.text for mention in mentions] == lacking


def test_the_own_words_of_the_user_join_no_number():
    assert numbers_and_names.unsupported("100 km", "costs 5\n100", KNOWN) == []


def test_time_is_linear_in_the_digits():
    for text in ("1 " * 100_000, "1,000 " * 40_000, "1.234." * 40_000, "1:2/" * 60_000):
        assert numbers_and_names.unsupported("7", text, KNOWN)[0].text == "7"
