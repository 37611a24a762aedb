"""Baselines that take sentences of the document: which they take, and that none is beyond reach."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation import extractive_baselines
from summarizer.metrics import rouge
from summarizer.text.centrality import centrality, textrank
from summarizer.types import Example

VOCABULARY = ["the", "model", "reads", "long", "documents", "and", "writes", "titles", "fast", "2"]
CHINESE = "我们研究冷原子气体。模型很快。气体在阱中流动。"

sentence = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=7)
document = st.lists(sentence, min_size=1, max_size=6)
sequences = st.lists(st.sampled_from("abcd"), max_size=9)


def example(parts, reference, name="x"):
    """An example of sentences that are cut where they were put together."""
    text = " ".join(" ".join(words).capitalize() + " end!" for words in parts)
    return Example(name, text, reference)


def article(parts, *references):
    """Sentences and references of one-letter words."""
    words = [list(part) for part in parts]
    return extractive_baselines.SentenceDocument(
        "x", list(parts), words, [list(r) for r in references]
    )


def f1(prediction, reference, metric="rouge1"):
    return rouge.score([prediction], [reference])[metric][0]


# --- which sentences ---------------------------------------------------------------------------


def test_every_baseline_says_something_of_each_example():
    examples = [
        example([["the", "model"], ["reads"]], "A model reads. It writes!"),
        Example("b", "One sentence only", "One"),
        Example("c", CHINESE, "冷原子气体"),
    ]
    found = extractive_baselines.extractive_baselines(examples)
    assert list(found) == [
        "first-k-sentences", "random-sentence", "textrank", "lexrank", "nearest-sentence", "oracle",
    ]  # fmt: skip
    assert set(extractive_baselines.BOUNDS) < set(found)
    for texts in found.values():
        assert len(texts) == 3
        assert texts[1] == "One sentence only"
        assert texts[2]
        assert texts[2] in CHINESE


def test_the_first_k_sentences_are_as_many_as_a_reference_has():
    text = "One end! Two end! Three end! Four end!"
    for reference, k in (("Some words", 1), ("Some words. " * 3, 3), ("Some words. " * 9, 4)):
        (found,) = extractive_baselines.extractive_baselines([Example("a", text, reference)])[
            "first-k-sentences"
        ]
        assert found == " ".join(text.split(" ")[: 2 * k])


def test_k_is_the_lower_median_and_at_least_one():
    examples = [Example(str(i), "text", "Some words. " * n) for i, n in enumerate((3, 1, 4, 2))]
    assert extractive_baselines.typical_sentence_count(examples) == 2
    assert extractive_baselines.typical_sentence_count([Example("a", "text", "")]) == 1


def test_sentences_stand_in_the_documents_order():
    (found,) = extractive_baselines.sentence_documents([Example("a", CHINESE, "")])
    assert (
        extractive_baselines.join_sentences(found, [2, 0]) == "我们研究冷原子气体。气体在阱中流动。"
    )


@given(st.text(min_size=1), st.integers(1, 9))
def test_a_random_sentence_is_decided_by_the_id_alone(name, count):
    found = extractive_baselines.random_sentence(name, count)
    assert 0 <= found < count
    assert found == extractive_baselines.random_sentence(name, count)


def test_random_sentences_come_from_everywhere():
    found = Counter(extractive_baselines.random_sentence(str(i), 4) for i in range(2000))
    assert all(400 < found[i] < 600 for i in range(4))
    text = " ".join(f"Number {i} end!" for i in range(4))
    examples = [Example(str(i), text, "a") for i in range(50)]
    chosen = extractive_baselines.extractive_baselines(examples)["random-sentence"]
    assert len(set(chosen)) == 4
    assert (
        extractive_baselines.extractive_baselines(examples[::-1])["random-sentence"] == chosen[::-1]
    )


# --- central sentences -------------------------------------------------------------------------


def slow_textrank(parts):
    """The walk of Mihalcea & Tarau (2004) with its matrix written out, by its eigenvector."""
    n = len(parts)
    like = np.zeros((n, n))
    for i, j in itertools.permutations(range(n), 2):
        lengths = np.log(len(parts[i])) + np.log(len(parts[j]))
        like[i, j] = len({*parts[i]} & {*parts[j]}) / (lengths or 1)
    walk = 0.15 / n + 0.85 * like / np.maximum(like.sum(1, keepdims=True), 1e-12)
    values, vectors = np.linalg.eig(walk.T)
    first = np.real(vectors[:, np.argmax(np.real(values))])
    return first / first.sum()


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), min_size=1, max_size=8))
def test_textrank_is_the_walks_stationary_distribution(parts):
    np.testing.assert_allclose(textrank(parts), slow_textrank(parts), atol=1e-4)


@pytest.mark.parametrize("rank", [centrality, textrank])
def test_nothing_and_empty_sentences_have_a_rank(rank):
    assert rank([]).shape == (0,)
    assert rank([[], []]).tolist() == [0.5, 0.5]
    found = rank([[1, 2], [], [1, 3]])
    assert found.sum() == pytest.approx(1)
    assert found[1] == found.min() > 0


@pytest.mark.parametrize("name", ["textrank", "lexrank"])
def test_the_sentence_that_has_something_of_all_others_is_central(name):
    text = "Cats sleep long. Dogs bark loud. Cats and dogs bark and sleep. It rains."
    assert extractive_baselines.extractive_baselines([Example("a", text, "One.")])[name] == [
        "Cats and dogs bark and sleep."
    ]
    chinese = "猫睡觉。狗叫声。猫和狗睡觉叫。下雨了。"
    assert extractive_baselines.extractive_baselines([Example("a", chinese, "一句。")])[name] == [
        "猫和狗睡觉叫。"
    ]


@pytest.mark.parametrize("rank", [centrality, textrank])
def test_of_equally_central_sentences_the_earlier_ones_are_taken(rank):
    words = [["a", "b"]] * 6
    assert extractive_baselines.central_sentences(words, 3, rank) == [0, 1, 2]
    assert extractive_baselines.central_sentences(words, 9, rank) == list(range(6))


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_sentences_that_are_like_no_other_are_equally_central(lengths):
    parts = [
        [f"{i} {j}" for j in range(n) for _ in range(j % 3 + 1)] for i, n in enumerate(lengths)
    ]
    for rank in (centrality, textrank):
        assert extractive_baselines.central_sentences(parts, len(parts), rank) == list(
            range(len(parts))
        )


def test_textrank_looks_at_so_many_sentences(monkeypatch):
    monkeypatch.setattr(extractive_baselines, "TEXTRANK_SENTENCES", 3)
    text = "Rain fell. A dog ran. A dog sat. Cats and dogs and rain and a ran sat fell."
    found = extractive_baselines.extractive_baselines([Example("a", text, "One.")])
    assert found["textrank"] != found["lexrank"]
    assert found["textrank"] == ["A dog ran."]


# --- looking at the reference ------------------------------------------------------------------


def slow_common(one, other):
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1, j + 1] = (
                table[i, j] + 1 if a == b else max(table[i, j + 1], table[i + 1, j])
            )
    return table[-1, -1]


@given(sequences, sequences)
def test_the_longest_common_subsequence_is_that_of_the_table(one, other):
    assert extractive_baselines._common_length(one, other) == slow_common(one, other)


@given(document, sentence)
def test_the_nearest_sentence_has_the_greatest_rouge_l(parts, reference):
    given = example(parts, " ".join(reference))
    (cut,) = extractive_baselines.sentence_documents([given])
    (chosen,) = extractive_baselines.nearest_sentence(cut)
    scores = [f1(text, given.summary, "rougeL") for text in cut.sentences]
    assert scores[chosen] == pytest.approx(max(scores))


@given(document, sentence)
def test_the_oracle_is_at_least_as_good_as_every_sentence(parts, reference):
    given = example(parts, " ".join(reference))
    (cut,) = extractive_baselines.sentence_documents([given])
    best = f1(
        extractive_baselines.join_sentences(cut, extractive_baselines.oracle_sentences(cut)),
        given.summary,
    )
    assert best >= max(f1(text, given.summary) for text in cut.sentences) - 1e-9


def test_the_oracle_takes_what_raises_it_until_it_is_as_long_as_the_reference():
    assert extractive_baselines.oracle_sentences(article(["xy", "ab", "cd", "ef"], "abcdef")) == [
        1,
        2,
        3,
    ]
    assert extractive_baselines.oracle_sentences(article(["abz", "ab", "cd"], "abcd")) == [1, 2]
    assert extractive_baselines.oracle_sentences(article(["abcdx", "e"], "abcde")) == [
        0
    ]  # as long as the reference
    assert extractive_baselines.oracle_sentences(article(["ab", "xyzw"], "abcdef")) == [
        0
    ]  # nothing raises it
    assert extractive_baselines.oracle_sentences(article(["xx", "yy"], "ab")) == [
        0
    ]  # there is always a sentence


def test_the_oracle_counts_a_word_as_often_as_the_reference_has_it():
    assert extractive_baselines.oracle_sentences(article(["aa", "ab"], "abb")) == [1]
    assert extractive_baselines.oracle_sentences(article(["aab", "bx"], "aabb")) == [0, 1]


def test_several_references_are_met_by_the_one_that_can_be_met_best():
    assert extractive_baselines.oracle_sentences(article(["ab", "cd", "ef"], "abxxxx", "cdef")) == [
        1,
        2,
    ]
    assert extractive_baselines.nearest_sentence(article(["ab", "cd", "ef"], "axxxxx", "efx")) == [
        2
    ]


def test_without_sentences_or_words_there_is_nothing_to_take():
    empty = extractive_baselines.SentenceDocument("x", [], [], [["a"]])
    assert (
        extractive_baselines.oracle_sentences(empty)
        == extractive_baselines.nearest_sentence(empty)
        == []
    )
    assert set(
        itertools.chain(*extractive_baselines.extractive_baselines([Example("a", "", "")]).values())
    ) == {""}
    assert extractive_baselines.extractive_baselines([Example("a", "...", "a")])["oracle"] == [
        "..."
    ]
