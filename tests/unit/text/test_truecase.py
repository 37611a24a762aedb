"""Names in summaries are spelled as a reader expects, and only case changes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.text.truecase import restore_case

# Words that a training set would have in lower case.
WORDS_OF_TRAINING = """
    a an and based board budget closes commission council cuts federal for from house in is it new
    of on s said state street t the they to trade we were with works
"""
KNOWN = frozenset(WORDS_OF_TRAINING.split())
BODY = "The city council met on Monday. "


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("the city thanks torvane", BODY, "The city thanks Torvane"),
        ("a brelk-based firm", BODY, "A Brelk-based firm"),
        ("we met o'brannick", BODY, "We met O'Brannick"),
        ("torvane's house", BODY, "Torvane's house"),
        ("new xkpt rules", BODY, "New XKPT rules"),  # no vowels: an abbreviation
        ("we like kestrin", "Kestrin is old. We like it.", "We like Kestrin"),
        ("we like the house", "House prices rise. We like it.", "We like the house"),
        ("we like 3d and b2b", BODY, "We like 3d and b2b"),
        ("we like torving", "They are torving here.", "We like torving"),  # written in lower case
        ("we like councils", BODY, "We like councils"),  # training saw "council"
        ("we 录torvs like", BODY, "We 录torvs like"),
        ("we use \\torvane and x_torv", BODY, "We use \\torvane and x_torv"),
        ("we use torvane.org", BODY, "We use torvane.org"),
    ],
)
def test_a_word_that_training_never_saw_in_lower_case_is_a_name(text, document, expected):
    known = KNOWN | {"city", "thanks", "firm", "rules", "met", "like", "use", "x"}
    assert restore_case(text, document, known) == expected


def test_without_the_list_a_word_that_the_document_lacks_stays_as_it_is():
    assert restore_case("the city thanks torvane", BODY) == "The city thanks torvane"


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("in marlow's house", "We saw Marlow.", "In Marlow's house"),
        ("in marlow’s house", "We saw Marlow.", "In Marlow’s house"),
        ("to marlow and back", "It is Marlow's.", "To Marlow and back"),
        ("a greenville-based firm", "He left Greenville.", "A Greenville-based firm"),
        ("the houses of torv", "We saw a house in Torv.", "The houses of Torv"),
        ("a gan in use", "A GAN-based method.", "A GAN in use"),
        ("the ngos agree", "One NGO said so.", "The NGOs agree"),
        ("an ngo agrees", "Two NGOs said so.", "An NGO agrees"),
        ("its rules", "We work in IT.", "Its rules"),  # no plural of IT
        ("all banks close", "We heard what the Bank said.", "All Banks close"),
        (
            "all banks close",
            "We have seen the Torv Bank there.",
            "All banks close",
        ),  # Bank is part of a name
        ("one self-test", "Self-test was here. A Test.", "One self-test"),  # as written there
    ],
)
def test_a_derived_word_takes_the_case_of_its_base(text, document, expected):
    assert restore_case(text, document) == expected


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("iphone sales fall", "Buy an iPhone now.", "iPhone sales fall"),
        ("“we will not go”, she said", BODY, "“We will not go”, she said"),
        ("$k$-means for all", BODY, "$k$-means for all"),
        ("x_1 is enough", BODY, "x_1 is enough"),
        ("https://a.b is back", BODY, "https://a.b is back"),
        ("pre-lstm days", "We use an LSTM.", "Pre-LSTM days"),
        ("5 ways", BODY, "5 ways"),
        ("it rained. the city slept", BODY, "It rained. The city slept"),
        ("is it over? the city asks", BODY, "Is it over? The city asks"),
        ("he met dr. strange and st. nick", BODY, "He met dr. strange and st. nick"),
        ("an acme inc. plant", BODY, "An acme inc. plant"),
        ("the u.s. economy", "The U.S. economy grows.", "The U.S. economy"),
    ],
)
def test_sentences_begin_with_a_capital_except_code_and_inner_capitals(text, document, expected):
    assert restore_case(text, document) == expected


FTC = "The Federal Trade Commission met. Later the commission said that federal trade grew. "


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("the federal trade commission acts", FTC, "The Federal Trade Commission acts"),
        ("it asked the commission", FTC, "It asked the commission"),
        ("later the commission said no", FTC, "Later the commission said no"),
        ("at 5 marlow street", "He left Marlow Street. A street. No street.", "At 5 Marlow Street"),
        ("a street closes", "He left Marlow Street, Elm Street. A street.", "A street closes"),
        (
            "the torv trade board acts",
            "Torv Trade Board members met. We like boards.",
            "The Torv Trade Board acts",  # begins a sentence, and the rest is capitalized
        ),
        ("the university of torv", "We left the University of Torv. A university.",
         "The University of Torv"),
        ("we saw sen. marlow", "Yes. Sen. Marlow won.", "We saw Sen. Marlow"),
    ],
)  # fmt: skip
def test_the_longest_run_shared_with_the_document_decides(text, document, expected):
    assert restore_case(text, document) == expected


TITLE = "City Council Cuts Budget for Street Works. "


@pytest.mark.parametrize("known", [None, KNOWN | {"city", "cut"}])
def test_a_title_in_title_case_does_not_spread_to_the_summary(known):
    body = "The city council in Torv cuts the budget for street works."
    text = "city council in torv cuts budget for street works"
    expected = "City council in Torv cuts budget for street works"
    assert restore_case(text, TITLE + body, known) == expected


def test_words_that_only_a_title_has_are_names_only_if_training_never_saw_them():
    text, title = "the budget for torvane works", "New Budget For Torvane Works. It rained."
    assert restore_case(text, title, KNOWN) == "The budget for Torvane works"
    assert restore_case(text, title) == "The Budget For Torvane Works"  # all that is known


@pytest.mark.parametrize("known", [None, KNOWN | {"city", "slept", "all", "day"}])
def test_documents_in_capitals_do_not_shout_in_the_summary(known):
    document = "THE CITY COUNCIL CUTS THE BUDGET. THE CITY SLEPT ALL DAY."
    assert restore_case("the city slept all day", document, known) == "The city slept all day"


def test_a_run_of_capitals_does_not_shout_but_abbreviations_stay():
    document = "STOP THE BUDGET now, says NASA to the EU."
    assert restore_case("nasa asks to stop the budget", document) == "NASA asks to stop the budget"


def test_titles_of_papers_keep_abbreviations_and_formulas():
    document = (
        "We train a bidirectional LSTM and compare BERT on $O(n \\log n)$ tasks, with K-means."
    )
    text = "lstm and bert: $o(n \\log n)$ tasks, k-means"
    assert restore_case(text, document, KNOWN) == ("LSTM and BERT: $O(n \\log n)$ tasks, K-means")


WORDS = "bert BERT Bees bees bees' Bee's pre-trained Pre-Trained NGO ngos o'hara . ? - / ß ŉ ǆ İ ı"
texts = st.lists(st.one_of(st.sampled_from(WORDS.split()), st.text(max_size=4)), max_size=8)
texts = texts.map(" ".join)
known_words = st.none() | st.sets(st.sampled_from(["bees", "bert", "pre", "trained"]))


def bare(text):
    """The letters of a text, whatever their case."""
    return text.upper().casefold()


@given(texts, texts, known_words)
@example("iphone. iphone", "an iPhone", None)
@example("ngos", "NGO. an NGO", {"ngos"})
@example("a d'arco", "", set())
def test_only_case_changes_and_restoring_twice_is_restoring_once(text, document, known):
    once = restore_case(text, document, known)
    assert bare(once) == bare(text)
    assert restore_case(once, document, known) == once


def test_a_whole_document_restores_itself_in_time():
    document = "The Federal Trade Commission met the Board. " * 100
    assert restore_case(document.lower(), document) == document
