"""Gap sentences: those that have most in common with the rest of a text."""

from hypothesis import given
from hypothesis import strategies as st

from summarizer.text.gap_sentences import split_gap_sentences
from summarizer.text.sentences import split_sentences

TEXT = (
    "Bees dance to tell others of flowers. The dance of bees shows how far the flowers are. "
    "It rained in the north. Other bees follow the dance and find the flowers. My cat sleeps."
)


def test_the_sentence_that_has_most_in_common_with_the_rest_is_taken_out() -> None:
    rest, gap = split_gap_sentences(TEXT)
    assert gap == "The dance of bees shows how far the flowers are."
    assert rest == TEXT.replace(gap + " ", "")


def test_one_sentence_in_five_is_taken_out_in_order() -> None:
    _, gaps = split_gap_sentences(" ".join([TEXT, TEXT.replace("flowers", "blossoms")]))
    assert len(split_sentences(gaps)) == 2
    assert "flowers" in split_sentences(gaps)[0]


def test_repeated_words_count_each_time() -> None:
    """ "Orig" of the paper: a sentence that repeats a word that the rest has once gains once."""
    text = "We know red red red red red. A red door opens here now. A green door opens there now."
    assert split_gap_sentences(text)[1] == "A red door opens here now."


def test_a_heading_is_not_taken_out() -> None:
    rest, gap = split_gap_sentences("Bees dance! Bees dance for flowers and others. Bees dance.")
    assert gap == "Bees dance for flowers and others."
    assert rest == "Bees dance! Bees dance."


def test_a_text_of_one_sentence_is_its_own_summary() -> None:
    assert split_gap_sentences("Bees dance.") == ("Bees dance.", "Bees dance.")


@given(
    st.lists(st.sampled_from(["Ants walk home now.", "Bees fly.", "A cat sat there."]), min_size=2)
)
def test_rest_and_gaps_have_every_sentence_once(sentences: list[str]) -> None:
    parts = split_gap_sentences(" ".join(sentences))
    together = [sentence for part in parts for sentence in split_sentences(part)]
    assert sorted(together) == sorted(sentences)
    assert all(parts)
