"""What summaries are like: by hand, by definition, and within their bounds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation import (
    evaluate,
    extractive_baselines,
    report_files,
    report_table,
    statistics_table,
)
from summarizer.evaluation.options import EvaluationOptions
from summarizer.metrics import bootstrap, rouge, rouge_tokenizer, summary_statistics
from summarizer.metrics.summary_statistics import Fragment
from summarizer.types import Example

texts = st.lists(st.sampled_from("abcd"), max_size=12)
some = st.lists(st.sampled_from("abcd"), min_size=1, max_size=12)


def runs(summary, document):
    return summary_statistics.extractive_fragments(
        list(summary), summary_statistics.index_document(list(document))
    )


def measured(summary, document, reference="x"):
    words = (rouge_tokenizer.words(text) for text in (summary, document, reference))
    ours, theirs, wanted = words
    return summary_statistics.summary_statistics(
        ours, summary_statistics.index_document(theirs), wanted
    )


# --- runs shared with the document -------------------------------------------------------------


def test_runs_are_the_longest_from_each_word_on_where_they_stand_first():
    assert runs("abcxab", "abzabc") == [Fragment(0, 3, 3), Fragment(4, 0, 2)]
    assert runs("aa", "a") == [Fragment(0, 0, 1), Fragment(1, 0, 1)]
    assert runs("xyz", "abc") == runs("", "abc") == []


@given(texts, texts)
def test_runs_are_common_text_in_order_and_cannot_be_longer(summary, document):
    found, at = runs(summary, document), 0
    for begin, place, length in found:
        assert begin >= at
        assert summary[begin : begin + length] == document[place : place + length]
        longer = summary[begin : begin + length + 1]
        if len(longer) > length:
            assert not any(
                document[j : j + length + 1] == longer for j in range(len(document) - length)
            )
        at = begin + length
    covered = {i for run in found for i in range(run.summary_start, run.summary_start + run.length)}
    assert covered == {i for i, word in enumerate(summary) if word in document}


@given(texts, texts)
def test_coverage_is_a_share_and_density_is_between_it_and_the_length(summary, document):
    found, size = runs(summary, document), len(summary)
    covered, dense = (
        summary_statistics.coverage(found, size),
        summary_statistics.density(found, size),
    )
    assert 0 <= covered <= 1
    assert covered - 1e-9 <= dense <= size * covered + 1e-9


@given(some)
def test_a_copy_is_covered_and_as_dense_as_it_is_long(summary):
    found = runs(summary, summary)
    assert summary_statistics.coverage(found, len(summary)) == 1
    assert summary_statistics.density(found, len(summary)) == len(summary)


def test_coverage_and_density_by_hand():
    found = runs("abcxab", "abzabc")  # runs of 3 and 2 in 6 words
    assert summary_statistics.coverage(found, 6) == pytest.approx(5 / 6)
    assert summary_statistics.density(found, 6) == pytest.approx(13 / 6)


# --- novel and repeated ------------------------------------------------------------------------


def test_novel_runs_by_hand():
    document = summary_statistics.index_document(list("abcd"))
    by_hand = {"abcd": (0, 0, 0, 0), "acbd": (0, 1, 1, 1), "abcx": (1 / 4, 1 / 3, 1 / 2, 1)}
    for summary, shares in by_hand.items():
        found = [
            summary_statistics.novelty(list(summary), document, n)
            for n in summary_statistics.ORDERS
        ]
        assert found == pytest.approx(shares)


@given(some, texts)
def test_longer_runs_are_novel_no_less_and_novel_words_are_those_not_covered(summary, document):
    known = summary_statistics.index_document(document)
    orders = [n for n in summary_statistics.ORDERS if n <= len(summary)]
    novel = [summary_statistics.novelty(summary, known, n) for n in orders]
    old = [(1 - share) * (len(summary) - n + 1) for n, share in zip(orders, novel, strict=True)]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(old))
    covered = summary_statistics.coverage(runs(summary, document), len(summary))
    assert novel[0] == pytest.approx(1 - covered)


def test_repeated_words_and_runs():
    words = rouge_tokenizer.words("The model, the MODEL and a model")
    assert summary_statistics.repetition(words) == pytest.approx(3 / 7)
    assert summary_statistics.repetition(list("abcabcabc"), 3) == pytest.approx(4 / 7)
    assert summary_statistics.repetition([]) == summary_statistics.repetition(list("ab"), 3) == 0


# --- one example -------------------------------------------------------------------------------


def test_an_example_by_hand():
    found = measured("New model reads. Model reads", "One model reads texts.", "A model of text")
    assert found == pytest.approx({
        "length": 5, "reference_length": 4, "length_ratio": 5 / 4,
        "coverage": 4 / 5, "density": 8 / 5,
        "novel1": 1 / 5, "novel2": 2 / 4, "novel3": 1, "novel4": 1,
        "repeated": 2 / 5, "repeated3": 0,
    })  # fmt: skip
    assert set(found) - set(statistics_table.LABELS) == {"reference_length"}


def test_chinese_is_measured_by_character():
    found = measured("冷原子气体流", "我们研究冷原子气体。", "冷气体")
    assert found["length"] == 6
    assert found["length_ratio"] == 2
    assert found["coverage"] == pytest.approx(5 / 6)
    assert found["density"] == pytest.approx(25 / 6)
    assert found["novel2"] == pytest.approx(1 / 5)


def test_what_has_no_meaning_is_left_out():
    assert measured("", "a b", "c") == {"length": 0, "reference_length": 1, "length_ratio": 0}
    assert "length_ratio" not in measured("a", "a", "")
    short = measured("a b", "a c")
    assert "novel2" in short
    assert not {"novel3", "novel4", "repeated3"} & set(short)
    assert measured("a", "")["coverage"] == 0


def test_means_are_over_the_examples_that_have_a_number():
    rows = [{"coverage": 0.5, "novel3": 1.0}, {"coverage": 1.0}, {"coverage": 0.0}]
    found = statistics_table.mean_statistics(rows, 50, 3)
    assert list(found) == ["novel3", "coverage"]
    assert found["coverage"] == {**bootstrap.bootstrap_interval([0.5, 1, 0], 50, 3), "of": 3}
    assert found["novel3"] == {"mean": 1, "low": 1, "high": 1, "of": 1}


# --- by length ---------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40))
def test_fifths_part_the_examples_by_length_into_equal_parts(lengths):
    found = statistics_table.fifths(lengths)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(lengths)))
    sizes = [len(part) for part in found]
    assert 0 < min(sizes) <= max(sizes) <= min(sizes) + 1
    assert len(found) == min(5, len(lengths))
    ordered = [lengths[i] for part in found for i in part]
    assert ordered == sorted(ordered)


def test_each_fifth_has_the_scores_of_its_examples():
    lengths, scores = [30, 10, 50, 20, 40, 60], np.arange(6.0)
    rows = [{"length": float(i)} for i in range(6)]
    found = statistics_table.by_length(lengths, {"model": {"rouge1": scores}}, rows, 50, 1)
    assert [part["documents"] for part in found] == [2, 1, 1, 1, 1]
    first = found[0]
    assert [first[key] for key in ("shortest", "median", "longest")] == [10, 10, 20]
    assert first["scores"] == {"model": {"rouge1": bootstrap.bootstrap_interval([1.0, 3.0], 50, 1)}}
    assert first["diagnostics"]["length"]["mean"] == 2
    assert found[-1]["scores"]["model"]["rouge1"]["mean"] == 5


# --- in a report -------------------------------------------------------------------------------


IDS = ["a", "b", "c"]
DOCUMENTS = [
    "We study cold gases. Gases flow in Berlin. They are cold in 2 traps.",
    "Models read long texts. A model writes titles. It is fast.",
    "模型很快。模型读长文章。",
]
WRITTEN = ["Cold gases flow", "Models write titles", "模型很快"]
PREDICTIONS = ["Gases flow in Bonn in 1999 and 2001", "", "模型读"]


EXAMPLES = [Example(*fields) for fields in zip(IDS, DOCUMENTS, WRITTEN, strict=True)]


def evaluated(**options):
    options = EvaluationOptions(bootstrap_samples=20, **options)
    return evaluate.evaluate_summaries(EXAMPLES, PREDICTIONS, options)


@pytest.fixture(scope="module")
def whole():
    statistics = {"gate": [0.25, None, 0.75], "truncated": [1.0, 0.0, 0.0]}
    return evaluated(full=True, model_statistics=statistics)


def test_a_report_scores_every_baseline(whole):
    texts = extractive_baselines.extractive_baselines(EXAMPLES)
    assert list(whole.baselines) == list(whole.differences) == ["first-k-words", *texts]
    ours = rouge.score(PREDICTIONS, WRITTEN)["rouge1"]
    for name, theirs in texts.items():
        scores = rouge.score(theirs, WRITTEN)["rouge1"]
        assert whole.baselines[name]["rouge1"]["mean"] == pytest.approx(scores.mean())
        less = whole.differences[name]["rouge1"]["mean"]
        assert less == pytest.approx(ours.mean() - scores.mean())


def test_a_report_says_what_summaries_are_like_side_by_side(whole):
    assert list(whole.diagnostics) == ["model", "references", "first-k-words"]
    ours, theirs, first = whole.diagnostics.values()
    assert ours["length"]["mean"] == pytest.approx((8 + 0 + 3) / 3)
    assert theirs["length"]["mean"] == pytest.approx((3 + 3 + 4) / 3)
    assert (ours["numbers"]["mean"], ours["names"]["mean"]) == pytest.approx((2 / 3, 1 / 3))
    assert first["coverage"]["mean"] == 1
    assert ours["gate"]["mean"] == 0.5
    assert (ours["gate"]["of"], ours["coverage"]["of"], ours["truncated"]["of"]) == (2, 2, 3)
    assert not {"gate", "truncated", "length_ratio"} & set(theirs)


def test_each_prediction_has_its_own_numbers(whole):
    rows = [record["diagnostics"] for record in whole.per_example]
    assert [row.get("gate") for row in rows] == [0.25, None, 0.75]
    assert (rows[0]["names"], rows[0]["numbers"]) == (1, 2)
    assert rows[1]["length_ratio"] == 0
    assert rows[2]["coverage"] == 1


def test_fifths_of_a_report_hold_model_and_first_words(whole):
    assert [part["documents"] for part in whole.lengths] == [1, 1, 1]
    assert [part["median"] for part in whole.lengths] == [10, 11, 14]
    ours, theirs = whole.per_example, whole.baselines["first-k-words"]
    for i, part in zip([2, 1, 0], whole.lengths, strict=True):
        assert part["scores"]["model"]["rouge1"]["mean"] == pytest.approx(ours[i]["rouge1"])
    means = [part["scores"]["first-k-words"]["rouge1"]["mean"] for part in whole.lengths]
    assert np.mean(means) == pytest.approx(theirs["rouge1"]["mean"])


def test_all_of_it_only_where_asked():
    found = evaluated()
    assert list(found.baselines) == ["first-k-words"]
    assert (found.diagnostics, found.lengths) == ({}, [])
    assert "diagnostics" not in found.per_example[0]


def test_a_whole_report_is_written_with_its_page_and_reads_back(whole, tmp_path):
    report_files.write_report(whole, tmp_path, "<page>")
    assert (tmp_path / "report.html").read_text() == "<page>\n"
    assert report_files.load_report(tmp_path) == whole


def test_the_table_has_a_row_a_baseline_and_a_row_a_measure(whole):
    scores, others, habits = report_table.report_table(whole).split("\n\n")
    assert "textrank" not in scores
    rows = [line.split() for line in others.splitlines()[1:]]
    assert [row[0] for row in rows] == list(whole.baselines)[1:]
    assert rows[0][1] == f"{whole.baselines['first-k-sentences']['rouge1']['mean']:.1f}"
    by_name = {line.split("  ")[0]: line.split()[-3:] for line in habits.splitlines()}
    first = whole.diagnostics["first-k-words"]["length"]["mean"]
    assert by_name["length in words"] == ["3.67", "3.33", f"{first:.2f}"]
    assert by_name[statistics_table.LABELS["gate"]] == ["50.0%", "–", "–"]
    assert habits.endswith(whole.signature + "\n")
