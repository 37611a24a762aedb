import numpy as np

from summarizer.config import Config, DataConfig
from summarizer.datasets.sources._splits import split_of
from summarizer.doctor import dataset_scan, dataset_size, duplicates
from summarizer.doctor.dataset_scan import SPLIT_NAMES, TEST, TRAIN, scan_dataset


def test_file_is_split_as_in_training(files):
    paths = files.write()
    by_hash = [split_of(row["id"]) for row in files.train]
    scan = scan_dataset(Config(data=DataConfig(train=paths["train"])))
    names = [SPLIT_NAMES[split] for split in scan.splits]
    assert names == sorted(by_hash, key=SPLIT_NAMES.index)
    assert all(split_of(id) == name for id, name in zip(scan.ids, names, strict=True))
    with_test = scan_dataset(Config(data=DataConfig(train=paths["train"])), paths["test"])
    assert {with_test.ids[row][0] for row in with_test.rows(TEST)} == {"c"}
    assert len(with_test.rows(TRAIN)) == by_hash.count("train")
    one_split = scan_dataset(Config(data=DataConfig(train=f"{paths['train']},split=test")))
    assert len(one_split.rows(TRAIN)) == len(one_split.ids) == by_hash.count("test")
    findings = dataset_size.missing_splits(one_split)
    assert [finding.name for finding in findings] == ["no validation"]


def test_source_with_splits_is_read_in_them():
    scan = scan_dataset(Config(data=DataConfig(train="reverse_digits,count=300,low=8")))
    assert len(scan.ids) == 300
    assert len(scan.rows(TRAIN)) > 200
    assert not list(duplicates.across_splits(scan))


def test_sample_is_uniform_over_train(files, monkeypatch):
    monkeypatch.setattr(dataset_scan, "SAMPLE_SIZE", 50)
    places = [int(example.id.removeprefix("a-")) for example in files.scan().sample]
    assert len(set(places)) == 50
    assert 70 < np.mean(places) < 130  # 100 on average, with a standard deviation of 7


def test_unusable_rows_are_collected_once(files, caplog):
    files.train[3]["summary"] = files.train[8]["document"] = ""
    scan = files.scan()
    ((unusable, rows, first),) = scan.unusable
    assert (unusable, rows, len(scan.ids)) == (2, 200, 238)
    assert first.endswith("train.jsonl:4: column 'summary' is empty")
    assert not [record for record in caplog.records if "skipped" in record.message]


def test_unusable_rows_of_a_file_read_twice_are_collected_once(files):
    files.train[3]["summary"] = ""
    path = files.write()["train"]
    scan = scan_dataset(Config(data=DataConfig(train=path, validation=path)))
    assert [(unusable, rows) for unusable, rows, _ in scan.unusable] == [(1, 200)]


def test_pair_with_two_text_errors_counts_once(files):
    files.train[3].update(document="one<br/>two", summary="Q &amp; A")
    scan = files.scan()
    assert scan.text_errors == {"HTML left over": 1}
    assert scan.text_error_examples == {"HTML left over": 'a-3 "one<br/>two"'}
