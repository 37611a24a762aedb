"""What a graph does to text is what Python does: cleaned and spelled alike, in every locale."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.exporters import text_ops
from summarizer.text import cleaning
from summarizer.text.word_case import restore_word_case

DATA = Path(__file__).parents[3] / "data"
TEXTS = tf.TensorSpec([None], tf.string)
clean = tf.function(text_ops.clean, input_signature=[TEXTS], autograph=False)
restore = tf.function(text_ops.restore_case, input_signature=[TEXTS, TEXTS], autograph=False)

# What words, sentences and case are made of, the letters whose case is special among them.
ALPHABET = [*"abAB  ...-+'’/:(\"“!?,1é中", "ß", "İ", "ΑΣ", "Σ", "σ", "ς", "ﬁ", "ǆ", "ʰ", "\u0301"]
DIRT = ["\t", "\n", "\0", "\x1c", "\x85", "\xa0", "\u2000", "\u3000", "\ufeff", "e\u0301", "\u200b"]


def texts(alphabet: list[str], size: int) -> Any:
    return st.lists(st.sampled_from(alphabet), max_size=size).map("".join)


def strings(tensor: Any) -> list[str]:
    return [text.decode() for text in tensor.numpy()]


def pairs() -> Any:
    text = texts(ALPHABET, 60).map(cleaning.clean)
    lower = st.booleans().flatmap(lambda low: text.map(str.lower) if low else text)
    return st.lists(st.tuples(lower, text), min_size=1, max_size=20)


@settings(max_examples=25)
@given(pairs())
def test_summaries_are_spelled_as_in_python(drawn):
    summaries, documents = map(list, zip(*drawn, strict=True))
    spelled = strings(restore(summaries, documents))
    assert spelled == [restore_word_case(s, d) for s, d in drawn]


@pytest.mark.parametrize(
    ("summary", "document", "spelled"),
    [
        ("a test in paris", "Paris is big. We went to Paris.", "A test in Paris"),
        ("the rna world", "An RNA world, RNA again; rna once.", "The RNA world"),
        ("rna or Rna", "An RNA, an rna.", "Rna or Rna"),  # as often: small letters win
        ("near-infrared smith-jones", "We see Smith and near-IR.", "Near-infrared Smith-jones"),
        ("well-known", "It is. Well-known, and so Well is Known.", "Well-known"),
        ("in οδος", "We say ΟΔΟΣ here.", "In ΟΔΟΣ"),
        ("in i̇zmir", "We saw İzmir.", "In i̇zmir"),  # a mark is no part of a word
        ("ﬁne", "", "FIne"),
        ("", "Some text.", ""),
    ],
)
def test_every_rule_of_spelling_is_met(summary, document, spelled):
    assert restore_word_case(summary, document) == spelled
    assert strings(restore([summary], [document])) == [spelled]


def test_the_articles_here_are_spelled_as_in_python():
    documents, summaries = [], []
    for name in ("articles.en", "abstracts.en", "articles.zh"):
        for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines():
            record = json.loads(line)
            documents.append(cleaning.clean(record["document"]))
            summaries.append(" ".join(documents[-1].lower().split()[::-3]))
    spelled = strings(restore(summaries, documents))
    assert spelled == list(map(restore_word_case, summaries, documents))
    assert sum(a != b for a, b in zip(spelled, summaries, strict=True)) > 30


@settings(max_examples=25)
@given(st.lists(texts(ALPHABET + DIRT, 40), min_size=1, max_size=20))
def test_texts_are_cleaned_as_in_python(drawn):
    assert strings(clean(drawn)) == list(map(cleaning.clean, drawn))


def test_every_character_is_cleaned_as_in_python():
    every = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    runs = ["a".join(every[i : i + 500]) for i in range(0, len(every), 500)]
    assert strings(clean(runs)) == list(map(cleaning.clean, runs))


def test_bytes_that_are_no_text_are_dropped():
    assert strings(clean([b"caf\xc3\xa9 \xff\xc3 x\xe4"])) == ["café x"]


def test_nothing_depends_on_the_language_of_the_machine():
    """TensorFlow's own case follows it: in Turkish, I becomes ı."""
    operations = restore.get_concrete_function().graph.get_operations()
    kinds = {operation.type for operation in operations}
    assert "StaticRegexReplace" in kinds
    assert kinds.isdisjoint({"StringLower", "StringUpper", "CaseFoldUTF8"})
