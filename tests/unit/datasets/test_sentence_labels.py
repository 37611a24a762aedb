"""Labels of the sentences that together match a summary best, and windows of whole sentences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.datasets import tag_labels
from summarizer.datasets.tag_labels import DROP, KEEP
from summarizer.errors import InputError
from summarizer.text.sentences import sentence_spans, split_sentences
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary, train_vocabulary

DOCUMENT = (
    "The harbor was quiet on Monday. A storm had closed the northern pier for two weeks! "
    "Dr. Hale said that repairs begin in May. Gulls sat on the roofs."
)


SUMMARY = "A storm closed the northern pier for two weeks, and repairs begin in May, Hale said"


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return train_vocabulary([DOCUMENT] * 20, 340)


def test_the_sentences_that_match_the_summary_are_kept(words: Vocabulary) -> None:
    example = Example("a", DOCUMENT, SUMMARY)
    labels, sentence = tag_labels.sentence_labels(example, words)
    assert len(labels) == len(words.encode(DOCUMENT))
    kept = {int(i) for i in sentence[labels == KEEP]}
    assert kept == {1, 2}
    for i in range(4):  # tokens of a sentence have one label
        assert len(set(labels[sentence == i].tolist())) == 1
    assert set(labels.tolist()) == {KEEP, DROP}


def test_a_token_belongs_to_the_sentence_that_it_stands_in(words: Vocabulary) -> None:
    _, sentence = tag_labels.sentence_labels(Example("a", DOCUMENT, "x"), words)
    spans = sentence_spans(DOCUMENT)
    for (begin, end), number in zip(words.spans(DOCUMENT), sentence, strict=True):
        visible = begin + len(DOCUMENT[begin:end]) - len(DOCUMENT[begin:end].lstrip())
        assert spans[number][0] <= visible < spans[number][1]


def test_windows_are_examples_and_cut_only_long_sentences(words: Vocabulary) -> None:
    example = Example("a", DOCUMENT, "repairs begin in May")
    whole = words.encode(DOCUMENT)
    pairs = list(tag_labels.tokenize_sentence_labels([example], words, 40))
    assert len(pairs) > 1
    assert all(0 < len(ids) == len(labels) <= 40 for ids, labels in pairs)
    assert [i for ids, _ in pairs for i in ids] == whole
    short = list(tag_labels.tokenize_sentence_labels([example], words, 5))
    assert all(len(ids) <= 5 for ids, _ in short)
    assert len(short) == len(split_sentences(DOCUMENT))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(5, 40))
def test_windows_have_all_sentences_in_order(lengths: list[int], size: int) -> None:
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    windows = list(tag_labels._windows(sentence, size))
    assert windows[0][0] == 0
    assert windows[-1][1] == len(sentence)
    ends = np.cumsum(lengths)
    for (begin, end), (after, _) in zip(windows, [*windows[1:], (len(sentence), 0)], strict=True):
        assert end == after
        assert end in ends
        assert end - begin <= size or len(set(sentence[begin:end].tolist())) == 1
        following = next((int(e) for e in ends if e > end), None)
        assert following is None or following - begin > size  # the window was full


def test_a_document_without_a_summary_teaches_nothing(words: Vocabulary) -> None:
    with pytest.raises(InputError, match="example a: has no summary"):
        list(tag_labels.tokenize_sentence_labels([Example("a", DOCUMENT)], words, 9))
