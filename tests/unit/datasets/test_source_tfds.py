"""TFDS sets by name: one made here and prepared for real, and network sets through TFDS's mock."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from summarizer.datasets import spec
from summarizer.datasets.sources import tfds as source
from summarizer.datasets.sources._splits import split_of
from summarizer.errors import ConfigError, InputError, SummarizerError
from summarizer.types import Example

TEXT, NUMBER = tfds.features.Text(), tfds.features.Scalar(np.int64)
TURNS = tfds.features.Sequence(tfds.features.Text())


class Tiny(tfds.core.GeneratorBasedBuilder):
    """A set with or without an id, of the splits that its configuration names."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [  # noqa: RUF012
        tfds.core.BuilderConfig(name="whole", description="train+validation+test"),
        tfds.core.BuilderConfig(name="halved", description="train+test"),
        tfds.core.BuilderConfig(name="alone", description="train"),
        tfds.core.BuilderConfig(name="odd", description="extra"),
        tfds.core.BuilderConfig(name="broken", description="train"),
    ]

    def _info(self) -> Any:
        kinds = {"body": TEXT, "head": TEXT, "turns": TURNS, "number": NUMBER}
        if self.builder_config.name == "whole":
            kinds["id"] = TEXT
        features = tfds.features.FeaturesDict(kinds)
        keys = None if self.builder_config.name == "odd" else ("body", "head")
        return tfds.core.DatasetInfo(builder=self, features=features, supervised_keys=keys)

    def _split_generators(self, dl_manager: Any) -> Any:
        return {n: self._generate_examples(n) for n in self.builder_config.description.split("+")}

    def _generate_examples(self, split: str) -> Iterator[Any]:
        for i in range(60):
            row = {"body": f" {split}\n{i} ", "head": f"h {i}", "turns": ["a", "b"], "number": i}
            if self.builder_config.name == "whole":
                row["id"] = f"{split}-{i}"
            if self.builder_config.name == "broken" and i == 7:
                row |= {"body": " ", "turns": []}
            yield i, row


class Handmade(tfds.core.GeneratorBasedBuilder):
    """A set whose files must be fetched by hand."""

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "Ask for\n the_file.zip"

    def _info(self) -> Any:
        features = tfds.features.FeaturesDict({"a": TEXT, "b": TEXT})
        return tfds.core.DatasetInfo(builder=self, features=features, supervised_keys=("a", "b"))

    def _split_generators(self, dl_manager: Any) -> Any:
        raise AssertionError(f"no the_file.zip\nin {dl_manager.manual_dir}")

    def _generate_examples(self) -> Any:
        raise NotImplementedError


class Remote(Handmade):
    """A set that is downloaded, from where nobody answers."""

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = None

    def _split_generators(self, dl_manager: Any) -> Any:
        dl_manager.download("http://127.0.0.1:9/a.zip")
        raise NotImplementedError


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sets are kept; each is prepared once."""
    return tmp_path_factory.mktemp("sets")


def read(name: str, place: Path, split: str = "all", more: str = "") -> list[Example]:
    return list(spec.examples(f"tfds:{name},data_dir={place}{more}", split))


def refused(what: str, error: type[SummarizerError] = InputError) -> str:
    with pytest.raises(error) as caught:
        list(spec.examples(what))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- a set that is prepared for real ---------------------------------------------------------


def test_a_set_with_its_own_splits_and_ids(
    place: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    found = {split: read("tiny/whole", place, split) for split in ("train", "validation", "test")}
    for split, rows in found.items():
        expected = [Example(f"{split}-{i}", f"{split} {i}", f"h {i}") for i in range(60)]
        assert sorted(rows, key=lambda e: int(e.summary[2:])) == expected
    assert read("tiny/whole", place) == [*found["train"], *found["validation"], *found["test"]]
    assert spec.has_splits("tfds:tiny/whole")
    assert capsys.readouterr().out == ""
    assert caplog.text.count("downloading and preparing, once") <= 1


@pytest.mark.parametrize(("name", "made"), [("halved", {"validation"}), ("alone", {"validation"})])
def test_a_split_that_the_set_lacks_is_taken_out_of_train(
    place: Path, name: str, made: set[str]
) -> None:
    made = made | ({"test"} if name == "alone" else set())
    found = {s: read(f"tiny/{name}", place, s) for s in ("train", "validation", "test")}
    ids = {s: {e.id for e in rows} for s, rows in found.items()}
    assert not ids["train"] & (ids["validation"] | ids["test"])
    for split in made:
        assert {split_of(id) for id in ids[split]} == {split}
        assert {e.document[:5] for e in found[split]} == {"train"}
    assert not {split_of(id) for id in ids["train"]} & made
    whole = {e.document for rows in found.values() for e in rows}
    assert whole == {f"{s} {i}" for s in {"train", "test"} - made for i in range(60)}
    assert whole == {e.document for e in read(f"tiny/{name}", place)}


def test_the_features_of_a_set_without_keys_are_named_in_the_spec(place: Path) -> None:
    what = f"tfds:tiny/odd,data_dir={place}"
    message = refused(what, ConfigError)
    assert "declares no features for document and summary; name them with document=" in message
    assert "text features: body, head, turns" in message
    named = f"{what},document=turns,summary=head"
    assert refused(named) == "tfds:tiny/odd: has no split 'train'; known: extra"
    lists = read("tiny/halved", place, "test", ",document=turns")
    assert {(e.document, e.summary) for e in lists} == {("a b", f"h {i}") for i in range(60)}
    lists = read("tiny/halved", place, "test", ",summary=turns")
    assert {(e.document, e.summary) for e in lists} == {(f"test {i}", "a") for i in range(60)}
    assert {e.references for e in lists} == {("a", "b")}
    bodies = read("tiny/halved", place, "test", ",summary=")
    assert {(e.document, e.summary) for e in bodies} == {(f"test {i}", None) for i in range(60)}


def test_a_bad_row_of_a_set_is_named_or_skipped(place: Path) -> None:
    what = f"tfds:tiny/broken,data_dir={place}"
    assert "column 'body' is empty" in refused(what)
    assert refused(what).startswith("tfds:tiny/broken:train:")
    assert len(read("tiny/broken", place, more=",skip_bad=true")) == 59
    assert "column 'turns' is empty" in refused(f"{what},document=turns")
    assert "column 'turns' is empty" in refused(f"{what},document=head,summary=turns")


def test_a_prepared_set_that_is_cut(tmp_path: Path) -> None:
    read("tiny/alone", tmp_path)
    (record,) = tmp_path.rglob("*train.tfrecord*")
    record.write_bytes(record.read_bytes()[:-30])
    assert "cut or damaged, delete it" in refused(f"tfds:tiny/alone,data_dir={tmp_path}")


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("gigawrod", ConfigError, "TFDS has no such set; did you mean 'tfds:gigaword'?"),
        ("qqqqqq", ConfigError, "no such set; summarization sets: aeslc, big_patent"),
        ("tiny/wohle", ConfigError, "tfds:tiny/wohle: no configuration 'wohle': did you mean 'wh"),
        ("gigaword/large", ConfigError, "no configuration 'large': known: none"),
        ("gigaword:9.9.9", ConfigError, "cannot be loaded at version 9.9.9, only: 1.2.0"),
        ("Giga word", ConfigError, "'Giga word': must be NAME, NAME/CONFIG or NAME/CONFIG:1.0.0"),
        ("huggingface:x/y", ConfigError, "must be NAME, NAME/CONFIG"),
        ("tiny/whole,document=boby", InputError, "no column 'boby': did you mean 'body'?"),
        ("tiny/whole,summary=number", InputError, "'number' is Scalar(shape=(), dtype=int64), not"),
        ("mnist", InputError, "'image' is Image(shape=(28, 28, 1), dtype=uint8), not text; name"),
        ("opinion_abstracts", InputError, "not text; name them with document= and summary="),
        ("tiny/whole,docment=body", ConfigError, "did you mean 'document'?"),
    ],
)
def test_a_set_that_cannot_be_read(
    place: Path, what: str, error: type[SummarizerError], message: str
) -> None:
    assert message in refused(f"tfds:{what},data_dir={place}", error)


def test_a_set_that_must_be_fetched_by_hand_says_what_and_where(tmp_path: Path) -> None:
    what = f"tfds:handmade,data_dir={tmp_path}"
    folder = tmp_path / "downloads" / "manual"
    wanted = f"tfds:handmade: must be downloaded by hand into {folder}: Ask for the_file.zip"
    assert refused(what) == wanted
    folder.mkdir(parents=True)
    (folder / "another.zip").write_bytes(b"")
    found = f"tfds:handmade: cannot be prepared: no the_file.zip in {folder}"
    assert refused(what).startswith(found)


def test_without_a_network_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    downloader = importlib.import_module("tensorflow_datasets.core.download.downloader")
    monkeypatch.setattr(downloader, "MAX_RETRIES", 0)
    message = refused(f"tfds:remote,data_dir={tmp_path}")
    assert message.startswith("tfds:remote: cannot be prepared: ")
    assert "127.0.0.1" in message
    assert capsys.readouterr().out == ""


# --- sets from the network, through TFDS's own mock ------------------------------------------

KEYS = {
    "aeslc": ("email_body", "subject_line"),
    "big_patent/a": ("description", "abstract"),
    "billsum": ("text", "summary"),
    "booksum/chapter": ("document", "summary"),
    "cnn_dailymail": ("article", "highlights"),
    "gigaword": ("document", "summary"),
    "gov_report/crs_html": ("reports", "summary"),
    "media_sum": ("utt", "summary"),
    "multi_news": ("document", "summary"),
    "newsroom": ("text", "summary"),
    "opinosis": ("review_sents", "summaries"),
    "reddit": ("content", "summary"),
    "reddit_tifu/long": ("documents", "tldr"),
    "reddit_tifu/short": ("documents", "title"),
    "samsum": ("dialogue", "summary"),
    "scientific_papers/arxiv": ("article", "abstract"),
    "summscreen/tms": ("transcript", "recap"),
    "wikihow/all": ("text", "headline"),
    "xsum": ("document", "summary"),
}


@pytest.fixture(scope="module")
def mocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """TFDS gives made-up rows; which splits there are is read from metadata, as after preparing."""
    place = tmp_path_factory.mktemp("metadata")
    for name in KEYS:
        builder = tfds.builder(name)
        folder = place / builder.info.full_name
        folder.mkdir(parents=True)
        splits = [
            {"name": split, "shardLengths": ["4"], "numBytes": "1"} for split in ("train", "test")
        ]
        info = {"name": builder.name, "version": str(builder.version), "fileFormat": "tfrecord"}
        (folder / "dataset_info.json").write_text(json.dumps(info | {"splits": splits}))
        builder.info.features.save_config(str(folder))
    with tfds.testing.mock_data(num_examples=4, data_dir=str(place)):
        yield


def test_the_list_of_sets_for_summarization_is_the_one_that_is_tested() -> None:
    assert {name.partition("/")[0] for name in KEYS} == set(source.SUMMARIZATION)
    assert set(tfds.list_builders(with_community_datasets=False)) >= set(source.SUMMARIZATION)


@pytest.mark.parametrize("name", KEYS)
def test_the_keys_of_the_known_sets_are_built_in(mocked: None, name: str) -> None:
    document, summary = KEYS[name]
    found = list(spec.examples(f"tfds:{name}", "test"))
    rows = list(tfds.as_numpy(tfds.builder(name).as_dataset(split="test")))
    assert len(found) == len(rows) == 4
    assert len({e.id for e in found}) == 4
    for example, row in zip(found, rows, strict=True):
        first = row[summary] if isinstance(row[summary], bytes) else row[summary][0]
        texts = [row[document]] if isinstance(row[document], bytes) else list(row[document])
        assert example.summary == " ".join(first.decode().split())
        assert example.document == " ".join(b" ".join(texts).decode().split())
