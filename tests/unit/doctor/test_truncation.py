import dataclasses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from summarizer.config import Config, DataConfig, VocabularyConfig
from summarizer.doctor import truncation
from summarizer.doctor.finding import Finding
from tests.unit.doctor.example_data import Files


def check(files: Files, **settings: Any) -> list[Finding]:
    return list(truncation.truncated_pairs(files.scan(**settings)))


def test_recommended_lengths_are_enough(files):
    assert check(files, max_document_tokens=1000) == []
    documents, summaries = check(files, max_document_tokens=40, max_summary_tokens=8)
    assert (documents.name, documents.count) == ("truncated documents", 200)
    assert (summaries.name, summaries.total) == ("truncated summaries", 200)
    document_length = int(documents.fix.split("max_document_tokens=")[1].split(",")[0])
    summary_length = int(summaries.fix.split("max_summary_tokens=")[1].split()[0])
    assert (
        check(files, max_document_tokens=document_length, max_summary_tokens=summary_length) == []
    )


def test_number_of_pairs_encoded_at_once_changes_nothing(files, monkeypatch):
    findings = check(files, max_document_tokens=40, max_summary_tokens=8)
    monkeypatch.setattr(truncation, "_ENCODE_AT_ONCE", 7)
    assert check(files, max_document_tokens=40, max_summary_tokens=8) == findings


def test_recommended_vocabulary_size_is_enough(files):
    def check_size(size: int) -> list[Finding]:
        config = dataclasses.replace(scan.config, vocabulary=VocabularyConfig(size=size))
        return list(truncation.truncated_pairs(scan._replace(config=config)))

    scan = files.scan()
    (finding,) = check_size(270)
    assert (finding.name, finding.total - finding.count) == ("vocabulary too small", 270)
    enough = int(finding.fix.split("size=")[1].split()[0])
    assert finding.name not in [other.name for other in check_size(enough)]


def test_truncation_without_loss_is_not_reported():
    labels, config = ["a", "b"], Config(data=DataConfig(max_document_tokens=4))
    pairs = [([5, 6, 7, 8, 9, 6], [6, 9, 3]), ([5, 6], [6])]
    measured = truncation.measure_truncation(pairs, 4)
    assert (measured.documents, measured.first) == (1, 0)
    assert (measured.cut, measured.lost) == (2 / 8, 1 / 4)
    findings = truncation.truncated_documents(config, pairs, labels)
    assert [finding.count for finding in findings] == [1]
    pairs[0] = ([5, 6, 7, 8, 9, 6], [6, 3, 8])
    assert truncation.measure_truncation(pairs, 4).lost == 0
    assert not list(truncation.truncated_documents(config, pairs, labels))


def test_end_token_counts_as_part_of_a_summary():
    def count(length: int) -> list[int]:
        pairs = [([], [7] * length)]
        return [finding.count for finding in truncation.truncated_summaries(config, pairs, ["a"])]

    config = Config(data=DataConfig(max_summary_tokens=8))
    assert (count(7), count(8)) == ([], [1])


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=150), st.integers(1, 40))
def test_recommended_summary_length_is_enough(lengths, limit):
    def check_limit(limit: int) -> list[Finding]:
        config = Config(data=DataConfig(max_summary_tokens=limit))
        pairs = [([], [7] * length) for length in lengths]
        return list(truncation.truncated_summaries(config, pairs, ["a"] * len(lengths)))

    for finding in check_limit(limit):
        enough = int(finding.fix.split("max_summary_tokens=")[1].split()[0])
        assert enough > limit
        assert check_limit(enough) == []
