import dataclasses
import json

import pytest

from summarizer.api import prepare_data
from summarizer.config import Config, DataConfig, TrainConfig
from summarizer.datasets.sources._splits import split_of
from summarizer.doctor import dataset_size
from summarizer.doctor.check_dataset import check_dataset
from summarizer.doctor.dataset_scan import scan_dataset
from summarizer.errors import InputError
from tests.unit.doctor.example_data import good_rows


def test_too_few_and_too_many_pairs_for_the_steps(files, monkeypatch):
    def findings(**settings: int) -> dict[str, tuple[int, int]]:
        scan = files.scan()
        config = dataclasses.replace(scan.config, train=TrainConfig(**settings))
        results = dataset_size.training_length(scan._replace(config=config))
        return {finding.name: (finding.count, finding.total) for finding in results}

    monkeypatch.setattr(dataset_size, "ENOUGH_PAIRS", 200)
    assert findings(steps=100, batch_size=8) == {}
    assert findings(steps=500, batch_size=8) == {}
    assert findings(steps=501, batch_size=8) == {"too many epochs": (8, 4008)}
    assert findings(steps=25, batch_size=8) == {}
    assert findings(steps=24, batch_size=8) == {"less than one epoch": (8, 200)}
    del files.train[100:]
    assert findings(steps=100, batch_size=8) == {"too few pairs": (100, 200)}


@pytest.mark.parametrize("task", ["summarize", "autoencode"])
def test_empty_splits_are_reported_as_training_treats_them(tmp_path, task):
    path = tmp_path / "few.jsonl"
    ids = [str(i) for i in range(300) if split_of(str(i)) == "test"][:5]
    rows = (row | {"id": id} for row, id in zip(good_rows("a", 5), ids, strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = Config(data=DataConfig(train=str(path), task=task))
    findings = check_dataset(config)
    assert [finding.name for finding in findings] == ["nothing to train on", "no validation"]
    assert "training stops" in findings[1].message
    with pytest.raises(InputError, match="no validation examples"):
        prepare_data.held_out_examples(config, 5)
    one_split = Config(data=DataConfig(train=f"{path},split=test", task=task))
    (finding,) = dataset_size.missing_splits(scan_dataset(one_split))
    assert "training validates on its own training pairs" in finding.message
    assert {example.id for example in prepare_data.held_out_examples(one_split, 5)} == set(ids)
