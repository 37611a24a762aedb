"""Each dataset check reports its problem, and only its problem."""

import pytest

from summarizer.config import Config, DataConfig
from summarizer.doctor import (
    check_dataset,
    dataset_size,
    difficulty,
    duplicates,
    pair_checks,
    truncation,
)
from summarizer.doctor.check_dataset import DatasetCheck
from tests.unit.doctor.example_data import (
    HAN,
    Spoil,
    beginning_as_summary,
    copy_to,
    english_with_french,
    in_train,
    swapped,
    with_another_word,
)

# Name, check, how to spoil the data, expected count and total.
CASES: list[tuple[str, DatasetCheck, Spoil, int, int]] = [
    ("unusable rows", pair_checks.unusable_rows, in_train(2, lambda r: {"summary": ""}), 2, 200),
    ("copies across splits", duplicates.across_splits, copy_to("test", str.upper), 1, 20),
    ("copies across splits", duplicates.across_splits, copy_to("validation", str.title), 1, 20),
    (
        "near-copies across splits",
        duplicates.across_splits,
        copy_to("test", with_another_word),
        1,
        20,
    ),
    ("ids that repeat", duplicates.repeated_ids, in_train(3, lambda r: {"id": "x"}), 3, 200),
    (
        "empty pairs",
        pair_checks.empty_or_identical,
        in_train(1, lambda r: {"summary": "…"}),
        1,
        240,
    ),
    (
        "identical pairs",
        pair_checks.empty_or_identical,
        in_train(1, lambda r: {"summary": f"{r['document']}."}),
        1,
        240,
    ),
    (
        "wrong encoding",
        pair_checks.text_errors,
        in_train(1, lambda r: {"summary": "CafÃ© noir"}),
        1,
        240,
    ),
    (
        "lost characters",
        pair_checks.text_errors,
        in_train(1, lambda r: {"document": "caf\ufffd noir"}),
        1,
        240,
    ),
    (
        "invisible characters",
        pair_checks.text_errors,
        in_train(1, lambda r: {"summary": "a\ufffcb"}),
        1,
        240,
    ),
    (
        "HTML left over",
        pair_checks.text_errors,
        in_train(2, lambda r: {"document": f"{r['document']} Q &amp; A", "summary": "Q &amp; A"}),
        2,
        240,
    ),
    (
        "summaries longer than documents",
        pair_checks.longer_summaries,
        in_train(2, swapped),
        2,
        200,
    ),
    (
        "summaries in another script",
        pair_checks.other_script,
        in_train(2, lambda r: {"summary": HAN}),
        2,
        200,
    ),
    (
        "mixed languages",
        pair_checks.mixed_languages,
        english_with_french(2),
        2,
        200,
    ),
    ("new words", difficulty.new_words, in_train(190, lambda r: {"summary": "w x y z"}), 770, 800),
    (
        "one summary for many",
        duplicates.frequent_summary,
        in_train(3, lambda r: {"summary": "N/A"}),
        3,
        200,
    ),
    ("copies within train", duplicates.within_train, copy_to("train", str, (3, 4, 5)), 3, 200),
    (
        "near-copies within train",
        duplicates.within_train,
        copy_to("train", with_another_word, (3, 4, 5)),
        3,
        200,
    ),
    (
        "first words hard to beat",
        difficulty.strong_lead,
        in_train(190, beginning_as_summary),
        190,
        200,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "check", "spoil", "count", "total"), CASES)
def test_check_reports_its_problem(files, name, check, spoil, count, total):
    spoil(files)
    (finding,) = check(files.scan())
    assert finding.name == name
    assert (finding.count, finding.total) == (count, total)
    assert finding.example
    assert finding.fix


def test_good_dataset_has_no_findings(files):
    scan = files.scan()
    checks = [c for c in check_dataset.CHECKS if c is not dataset_size.training_length]
    assert [finding.name for check in checks for finding in check(scan)] == []
    others = {truncation.truncated_pairs, dataset_size.missing_splits}
    assert {check for _, check, *_ in CASES} | others == set(checks)
    assert set(check_dataset.DOCUMENT_CHECKS) < set(check_dataset.CHECKS)


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        (pair_checks.longer_summaries, in_train(1, swapped)),
        (pair_checks.other_script, in_train(1, lambda r: {"summary": HAN})),
        (pair_checks.mixed_languages, english_with_french(1)),
        (duplicates.frequent_summary, in_train(2, lambda r: {"summary": "N/A"})),
        (duplicates.within_train, copy_to("train", str)),
        (duplicates.within_train, copy_to("train", with_another_word)),
        (difficulty.new_words, in_train(30, lambda r: {"summary": "w x y z"})),
        (difficulty.strong_lead, in_train(30, beginning_as_summary)),
    ],
)
def test_rare_problems_are_not_reported(files, check, spoil):
    spoil(files)
    assert list(check(files.scan())) == []


def test_autoencoder_needs_no_summaries(files):
    for row in files.train:
        del row["summary"]
    config = Config(data=DataConfig(train=files.write()["train"], task="autoencode"))
    assert check_dataset.check_dataset(config) == []


def test_log_gives_sizes_and_sample(files, caplog):
    caplog.set_level("INFO", "summarizer")
    paths = files.write()
    data = DataConfig(train=paths["train"], validation=paths["validation"])
    check_dataset.check_dataset(Config(data=data), paths["test"])
    sizes = "train 200, validation 20, test 20 pairs"
    sample = "findings marked 'sampled' are based on 200 randomly chosen training pairs"
    assert f"{sizes}; {sample}" in caplog.text
