"""The doctor: each finding fires on what has it and is silent on what has not."""

import dataclasses
import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import cli, config
from summarizer.api.train import held_out_examples
from summarizer.config import Config, DataConfig, VocabularyConfig
from summarizer.datasets import contamination, token_store
from summarizer.datasets.sources._splits import split_of
from summarizer.doctor import (
    amounts,
    copies,
    cutting,
    data,
    faults,
    finding,
    folder,
    languages,
    lasting,
    learnable,
    learning,
    pairs,
    pieces,
    run,
    scored,
    sketches,
    spans,
    survey,
    units,
    working,
)  # fmt: skip
from summarizer.errors import InputError, ModelError
from summarizer.text.cleaning import clean
from summarizer.types import Example
from tests import markdown

DOCS = Path(__file__).parent.parent / "docs"

Row = dict[str, Any]
Rows = list[Row]

SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
FRENCH = "les mots sont dans une phrase avec nous et cette phrase est une phrase pour les autres "
COMMON = ["the", "of", "and", "that", "with"]
HAN = "新闻联播的标题"


def words(chooser: random.Random, count: int) -> list[str]:
    """Made-up words, of which two texts hardly share one, and an English one after each."""
    made = ("".join(chooser.choices(SYLLABLES, k=3)) for _ in range(count))
    return [word for one in made for word in (one, chooser.choice(COMMON))]


def rows_of(name: str, count: int) -> Rows:
    """Pairs with nothing wrong: the summary takes three words each from anywhere, and a new one."""
    chooser, found = random.Random(name), []
    for i in range(count):
        document = words(chooser, 30)
        taken = [document[2 * k] for k in sorted(chooser.sample(range(30), 3))]
        summary = " ".join([*taken, words(chooser, 1)[0]])
        found.append({"id": f"{name}-{i}", "document": " ".join(document), "summary": summary})
    return found


class Files:
    """Train, validation and test in files; what was written last is what is read."""

    def __init__(self, place: Path):
        self.place = place
        self.train, self.validation, self.test = (
            rows_of(name, count) for name, count in (("a", 200), ("b", 20), ("c", 20))
        )

    def write(self) -> dict[str, str]:
        paths = {}
        for name in survey.PARTS:
            path = self.place / f"{name}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in getattr(self, name)))
            paths[name] = str(path)
        return paths

    def survey(self, **changes: Any) -> survey.Survey:
        paths = self.write()
        read = DataConfig(train=paths["train"], validation=paths["validation"], **changes)
        return survey.read(Config(data=read), paths["test"])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


# --- findings in data --------------------------------------------------------------------------


def spoil(rows: Rows, count: int, change: Callable[[Row], Any]) -> None:
    for row in rows[10 : 10 + count]:
        row.update(change(row))


def altered(text: str) -> str:
    """The same text with another word in place of the fourth from the end."""
    parts = text.split()
    return " ".join([*parts[:-4], "zyzyzy", *parts[-3:]])


def copied(
    to: str, change: Callable[[str], str], more: tuple[int, ...] = (4, 5)
) -> Callable[[Files], None]:
    """Put a document of train, changed, into a split; three of them into train itself."""

    def spoil_it(files: Files) -> None:
        for i in (3, *(more if to == "train" else ())):
            getattr(files, to)[i]["document"] = change(files.train[50 + i]["document"])

    return spoil_it


def swapped(row: Row) -> Row:
    return {"document": row["summary"], "summary": row["document"]}


def beginning(row: Row) -> Row:
    return {"summary": " ".join(row["document"].split()[:4])}


def many(count: int, change: Callable[[Row], Any]) -> Callable[[Files], None]:
    return lambda files: spoil(files.train, count, change)


CASES: list[tuple[str, data.Check, Callable[[Files], None], int, int]] = [
    ("unusable rows", pairs.unusable, many(2, lambda r: {"summary": ""}), 2, 200),
    ("copies across splits", copies.across_splits, copied("test", str.upper), 1, 20),
    ("copies across splits", copies.across_splits, copied("validation", str.title), 1, 20),
    ("near-copies across splits", copies.across_splits, copied("test", altered), 1, 20),
    ("ids that repeat", copies.ids, many(3, lambda r: {"id": "x"}), 3, 200),
    ("empty pairs", pairs.empty, many(1, lambda r: {"summary": "…"}), 1, 240),
    ("identical pairs", pairs.empty, many(1, lambda r: {"summary": f"{r['document']}."}), 1, 240),
    ("wrong encoding", pairs.faulty, many(1, lambda r: {"summary": "CafÃ© noir"}), 1, 240),
    ("lost characters", pairs.faulty, many(1, lambda r: {"document": "caf\ufffd noir"}), 1, 240),
    ("invisible characters", pairs.faulty, many(1, lambda r: {"summary": "a\u00adb"}), 1, 240),
    ("HTML left over", pairs.faulty, many(2, lambda r: {"summary": "Q &amp; A"}), 2, 240),
    ("summaries longer than documents", pairs.longer, many(2, swapped), 2, 200),
    ("summaries in another script", pairs.crossed, many(2, lambda r: {"summary": HAN}), 2, 200),
    ("mixed languages", pairs.mixed, many(2, lambda r: {"document": FRENCH}), 2, 200),
    ("new words", learnable.novel, many(190, lambda r: {"summary": "w x y z"}), 770, 800),
    ("one summary for many", copies.same_summaries, many(3, lambda r: {"summary": "N/A"}), 3, 200),
    ("copies within train", copies.within_train, copied("train", str), 3, 200),
    ("near-copies within train", copies.within_train, copied("train", altered), 3, 200),
    ("first words hard to beat", learnable.first_words, many(190, beginning), 190, 200),
]


@pytest.mark.parametrize(("name", "check", "change", "count", "of"), CASES)
def test_each_finding_is_found_counted_and_shown(files, name, check, change, count, of):
    change(files)
    (found,) = check(files.survey())
    assert found.name == name
    assert (found.count, found.of) == (count, of)
    assert found.example
    assert found.change


def test_data_with_nothing_wrong_has_no_finding(files):
    seen = files.survey()
    silent = [check for check in data.CHECKS if check is not amounts.amount]
    assert [one.name for check in silent for one in check(seen)] == []
    assert {check for _, check, *_ in CASES} | {pieces.truncated, amounts.missing} == set(silent)
    assert set(data.TEXTS) < set(data.CHECKS)


@pytest.mark.parametrize(
    ("check", "change"),
    [
        (pairs.longer, many(1, swapped)),
        (pairs.crossed, many(1, lambda r: {"summary": HAN})),
        (pairs.mixed, many(1, lambda r: {"document": FRENCH})),
        (copies.same_summaries, many(2, lambda r: {"summary": "N/A"})),
        (copies.within_train, copied("train", str, more=())),
        (copies.within_train, copied("train", altered, more=())),
        (learnable.novel, many(30, lambda r: {"summary": "w x y z"})),
        (learnable.first_words, many(30, beginning)),
    ],
)
def test_what_is_rare_is_left_alone(files, check, change):
    change(files)
    assert list(check(files.survey())) == []


def test_a_finding_in_two_splits_is_told_of_each(files):
    for rows in (files.test, files.validation):
        rows[0]["document"] = files.train[7]["document"]
    found = list(copies.across_splits(files.survey()))
    assert [one.what.split()[2] for one in found] == ["test", "validation"]
    assert all(files.train[7]["id"] in one.example for one in found)


def test_ids_that_are_alike_are_not_the_same(files):
    for row, id in zip(files.train, ["a.b", "ab", "AB", "a-b"], strict=False):
        row["id"] = id
    assert list(copies.ids(files.survey())) == []


def test_documents_without_letters_are_no_copies_of_one_another(files):
    for rows in (files.train, files.test):
        for row in rows[:5]:
            row["document"] = "— 。 …"
    seen = files.survey()
    assert not list(copies.across_splits(seen))
    assert not list(copies.within_train(seen))
    assert [one.count for one in pairs.empty(seen)] == [10]


def test_a_title_with_foreign_names_is_in_the_script_of_its_document(files):
    for row, summary in zip(
        files.train, ["iPhone 15 Pro Max 发布", "MIT Technology Review 评"], strict=False
    ):
        row.update(document=HAN * 5, summary=summary)
    files.train[5].update(document="東京でニュースを見る人", summary="東京新聞")
    assert list(pairs.crossed(files.survey())) == []


def test_a_document_in_two_scripts_may_have_a_summary_in_either(files):
    for row in files.train[:20]:
        row.update(document="import numpy as np " * 3 + HAN * 2, summary=HAN)
    assert list(pairs.crossed(files.survey())) == []
    for row in files.train[:20]:  # a name alone is not the script of the document
        row.update(document=HAN * 9 + "AI", summary="news of the day")
    assert [one.count for one in pairs.crossed(files.survey())] == [20]


def test_a_document_without_a_summary_is_missing_one(tmp_path):
    for name in ("a.txt", "a.summary.txt", "b.txt"):
        (tmp_path / name).write_text(f"what {name} says")
    (found,) = pairs.unusable(survey.read(Config(data=DataConfig(train=str(tmp_path)))))
    assert (found.name, found.count, found.of) == ("missing summaries", 1, 2)
    assert "b.txt" in found.example


def test_a_task_without_summaries_asks_for_none(files):
    for row in files.train:
        del row["summary"]
    paths = files.write()
    chosen = Config(data=DataConfig(train=paths["train"], task="autoencode"))
    assert data.examine(chosen) == []


THAI = [
    "ผึ้ง",
    "บิน",
    "เหนือ",
    "หมู่บ้าน",
    "ทุก",
    "เช้า",
    "แมว",
    "กิน",
    "ปลา",
    "ใน",
    "บ้าน",
    "เด็ก",
    "อ่าน",
    "หนังสือ",
    "ที่",
    "โรงเรียน",
]
OTHER = ["ฝน", "ตก", "หนัก", "มาก", "รถ", "เสีย", "กลาง", "ถนน", "ตลาด", "ปิด", "วันนี้", "ข่าว", "เมือง"]
TITLE = "研究人员提出模型"


def of_texts_without_spaces(files: Files) -> list[str]:
    """What is found in unrelated summaries, in those that are beginnings, and in repeated ones."""
    chooser = random.Random(8)
    for row in files.train:
        row["document"] = "".join(chooser.choices(THAI, k=30))
        row["summary"] = "".join(chooser.choices(OTHER, k=5))
    found: list[finding.Finding] = list(learnable.novel(files.survey()))
    for row in files.train:
        row["summary"] = row["document"][:20]
    found += learnable.first_words(files.survey())
    lines = [a_line(i, "แมวกินปลาในบ้าน" * 2, "เด็กอ่านหนังสือที่โรงเรียน") for i in range(100)]
    found += scored.repetition(a_run()._replace(predictions=lines))
    return [one.name for one in found]


def test_texts_without_spaces_are_judged_by_the_words_of_dictionaries(files):
    expected = ["new words", "first words hard to beat", "repetition"]
    assert of_texts_without_spaces(files) == expected
    for row in files.train:  # the same characters as the beginning, in other words
        row.update(document=f"{TITLE}。{TITLE}", summary=TITLE[::-1])
    assert list(learnable.first_words(files.survey())) == []


@pytest.fixture
def without_dictionaries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    units.units.cache_clear()
    yield
    units.units.cache_clear()


@pytest.mark.usefixtures("without_dictionaries")
def test_without_dictionaries_nothing_is_said_of_single_characters(files):
    assert of_texts_without_spaces(files) == []


def of_pieces(files: Files, **changes: Any) -> list[finding.Finding]:
    return list(pieces.truncated(files.survey(**changes)))


def test_what_cutting_takes_is_told_with_a_length_that_is_enough(files):
    assert of_pieces(files, document_pieces=1000) == []
    found, summaries = of_pieces(files, document_pieces=40, summary_pieces=8)
    assert (found.name, found.count) == ("truncated documents", 200)
    assert (summaries.name, summaries.of) == ("truncated summaries", 200)
    enough = found.change.split("document_pieces=")[1].split(",")[0]
    wide = summaries.change.split("summary_pieces=")[1].split()[0]
    assert of_pieces(files, document_pieces=int(enough), summary_pieces=int(wide)) == []


def test_pairs_are_cut_alike_however_many_are_encoded_at_once(files, monkeypatch):
    found = of_pieces(files, document_pieces=40, summary_pieces=8)
    monkeypatch.setattr(pieces, "_AT_ONCE", 7)
    assert of_pieces(files, document_pieces=40, summary_pieces=8) == found


def test_a_vocabulary_without_room_for_the_characters_is_told_with_one_that_has(files):
    def found(size: int) -> list[finding.Finding]:
        chosen = dataclasses.replace(seen.config, vocabulary=VocabularyConfig(size=size))
        return list(pieces.truncated(seen._replace(config=chosen)))

    seen = files.survey()
    (small,) = found(270)
    assert (small.name, small.of - small.count) == ("vocabulary too small", 270)
    enough = int(small.change.split("size=")[1].split()[0])
    assert small.name not in [one.name for one in found(enough)]


def test_a_document_that_is_cut_where_nothing_is_lost_is_no_finding():
    shown, chosen = ["a", "b"], Config(data=DataConfig(max_document_tokens=4))
    ids = [([5, 6, 7, 8, 9, 6], [6, 9, 3]), ([5, 6], [6])]
    found = cutting.cut(ids, 4)
    assert (found.documents, found.first, found.away, found.lost) == (1, 0, 2 / 8, 1 / 4)
    assert [one.count for one in cutting.documents(chosen, ids, shown)] == [1]
    ids[0] = ([5, 6, 7, 8, 9, 6], [6, 3, 8])
    assert cutting.cut(ids, 4).lost == 0
    assert not list(cutting.documents(chosen, ids, shown))


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=150), st.integers(1, 40))
def test_a_length_that_is_advised_for_summaries_is_enough(lengths, limit):
    def found(limit: int) -> list[finding.Finding]:
        chosen = Config(data=DataConfig(max_summary_tokens=limit))
        return list(cutting.summaries(chosen, [([], [7] * n) for n in lengths], names))

    names = ["a"] * len(lengths)
    for one in found(limit):
        enough = int(one.change.split("summary_pieces=")[1].split()[0])
        assert enough > limit
        assert found(enough) == []


def of_amounts(
    files: Files, monkeypatch: pytest.MonkeyPatch, **train: int
) -> dict[str, tuple[int, int]]:
    monkeypatch.setattr(amounts, "ENOUGH", 200)
    seen = files.survey()
    chosen = dataclasses.replace(seen.config, train=config.TrainConfig(**train))
    found = amounts.amount(seen._replace(config=chosen))
    return {one.name: (one.count, one.of) for one in found}


def test_too_few_and_too_many_pairs_for_the_steps(files, monkeypatch):
    assert of_amounts(files, monkeypatch, steps=100, batch=8) == {}
    assert of_amounts(files, monkeypatch, steps=500, batch=8) == {}
    assert of_amounts(files, monkeypatch, steps=501, batch=8) == {"too many epochs": (8, 4008)}
    assert of_amounts(files, monkeypatch, steps=24, batch=8) == {"less than one epoch": (8, 200)}
    del files.train[100:]
    assert of_amounts(files, monkeypatch, steps=100, batch=8) == {"too few pairs": (100, 200)}


@pytest.mark.parametrize("task", ["summarize", "autoencode"])
def test_splits_without_pairs_are_told_as_training_meets_them(tmp_path, task):
    path = tmp_path / "few.jsonl"
    ids = [str(i) for i in range(300) if split_of(str(i)) == "test"][:5]
    rows = (row | {"id": id} for row, id in zip(rows_of("a", 5), ids, strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = Config(data=DataConfig(train=str(path), task=task))
    found = data.examine(chosen)
    assert [one.name for one in found] == ["nothing to train on", "no validation"]
    assert "training stops" in found[1].what
    with pytest.raises(InputError, match="no validation examples"):
        held_out_examples(chosen, 5)
    pinned = Config(data=DataConfig(train=f"{path},split=test", task=task))
    (itself,) = amounts.missing(survey.read(pinned))
    assert "validates on the very pairs that it trains on" in itself.what
    assert [example.id for example in held_out_examples(pinned, 5)] == ids


# --- what is read ------------------------------------------------------------------------------


def test_a_file_is_parted_as_training_and_evaluation_part_it(files):
    paths = files.write()
    by_hash = [split_of(row["id"]) for row in files.train]
    seen = survey.read(Config(data=DataConfig(train=paths["train"])))
    assert [survey.PARTS[part] for part in seen.part] == sorted(by_hash, key=survey.PARTS.index)
    assert all(split_of(id) == survey.PARTS[p] for id, p in zip(seen.ids, seen.part, strict=True))
    beside = survey.read(Config(data=DataConfig(train=paths["train"])), paths["test"])
    assert {id[0] for id in (beside.ids[i] for i in beside.rows(survey.TEST))} == {"c"}
    assert len(beside.rows(survey.TRAIN)) == by_hash.count("train")
    pinned = survey.read(Config(data=DataConfig(train=f"{paths['train']},split=test")))
    assert len(pinned.rows(survey.TRAIN)) == len(pinned.ids) == by_hash.count("test")
    assert [one.name for one in amounts.missing(pinned)] == ["no validation"]


def test_a_source_with_splits_is_read_in_them():
    seen = survey.read(Config(data=DataConfig(train="reverse_digits,count=300,low=8")))
    assert len(seen.ids) == 300
    assert len(seen.rows(survey.TRAIN)) > 200
    assert not list(copies.across_splits(seen))


def test_a_sample_is_of_train_alone_and_each_as_likely(files, monkeypatch):
    monkeypatch.setattr(survey, "SAMPLE", 50)
    sample = files.survey().sample
    places = [int(example.id.removeprefix("a-")) for example in sample]
    assert len(set(places)) == 50
    assert 70 < np.mean(places) < 130  # 100 on average, with a standard deviation of 7


def test_bad_rows_are_told_once_and_not_logged(files, caplog):
    files.train[3]["summary"] = files.train[8]["document"] = ""
    seen = files.survey()
    ((bad, rows, first),) = seen.skipped
    assert (bad, rows, len(seen.ids)) == (2, 200, 238)
    assert first.endswith("train.jsonl:4: column 'summary' is empty")
    assert not [record for record in caplog.records if "skipped" in record.message]


# --- sketches ----------------------------------------------------------------------------------

LETTERS = st.binary(max_size=120)


def windows(letters: bytes) -> set[bytes]:
    return {letters[i : i + 32] for i in range(len(letters) - 31)}


@given(LETTERS, LETTERS, LETTERS)
def test_short_texts_resemble_each_other_by_the_windows_they_share(head, one, other):
    """With few windows a sketch holds them all, and the estimate is exact."""
    texts = [(head + tail)[:47] for tail in (one, other)]
    a, b = map(windows, texts)
    assert len(a) <= sketches.KEPT
    made = [sketches.sketch(text)[None] for text in texts]
    smallest = sorted(a | b, key=lambda w: int(sketches.sketch(w)[0]))[: sketches.KEPT]
    expected = sum(w in a & b for w in smallest) / max(len(smallest), 1)
    assert sketches.resemblance(*made)[0] == pytest.approx(expected)
    assert sketches.resemblance(*made[::-1])[0] == pytest.approx(expected)


def test_an_estimate_is_near_the_resemblance():
    chooser = random.Random(4)
    errors = []
    for share in np.linspace(0, 1, 40):
        common = chooser.randbytes(int(600 * share))
        one, other = (common + chooser.randbytes(900 - len(common)) for _ in range(2))
        a, b = windows(one), windows(other)
        estimate = sketches.resemblance(*(sketches.sketch(t)[None] for t in (one, other)))[0]
        errors.append(estimate - len(a & b) / len(a | b))
    assert abs(np.mean(errors)) < 0.04  # a standard error of 0.02
    assert np.std(errors) < 0.16


def test_near_texts_are_found_among_many_and_others_are_not(monkeypatch):
    chooser = random.Random(5)
    texts = [chooser.randbytes(300) for _ in range(60)]
    for i in range(0, 30, 3):  # copies of copies: groups of three
        texts[i + 30] = texts[i][:280] + chooser.randbytes(20)
        texts[i + 31] = chooser.randbytes(10) + texts[i][:290]
    for i in range(60):  # what all have in common makes none a copy
        texts[i] += b"in this paper we propose a new method"
    first, second = sketches.near(np.array([sketches.sketch(t) for t in texts]), 0.4)
    assert (first < second).all()
    near = {(a, b) for a, b in zip(first, second, strict=True)}
    grouped = {i + k: i for i in range(0, 30, 3) for k in (0, 30, 31)}
    assert all(grouped.get(a) == grouped.get(b) is not None for a, b in near)
    assert {b for _, b in near} == {i + k for i in range(0, 30, 3) for k in (30, 31)}
    monkeypatch.setattr(sketches, "_PARTS", 1)
    made = np.array([sketches.sketch(t) for t in texts])
    assert all(map(np.array_equal, sketches.near(made, 0.4), (first, second)))
    none = np.full((3, sketches.KEPT), sketches.NONE)
    assert all(len(found) == 0 for found in sketches.near(none, 0.5))
    assert all(len(found) == 0 for found in sketches.near(none[:0], 0.5))


# --- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("naÃ¯ve", "wrong encoding"),
        ("itâ€™s", "wrong encoding"),
        ("20 Â°C", "wrong encoding"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "wrong encoding"),
        ("æ–‡ä»¶", "wrong encoding"),
        ("ï»¿title", "wrong encoding"),
        ("SÃO PAULO, „Spaß“, «liberté», CAFÉ”, Ñandú — Ðað, naïve château", None),
        ("中文 Привет ελληνικά العربية हिन्दी ไทย 日本語 한국어", None),
        ("x < y > z & AT&T; R&D, if a<b: c", None),
        ("&lt;p&gt;", "HTML left over"),
        ("it&#39;s", "HTML left over"),
        ("one<br/>two", "HTML left over"),
        ("<b>bold</b>", "HTML left over"),
        ("soft\u00adhyphen", "invisible characters"),
        ("a\u200cb and a\u200db", None),
        ("\ufffd", "lost characters"),
    ],
)
def test_signs_of_a_wrong_encoding(text, name):
    found = [faults.FAULTS[number].name for number, _ in faults.find(f"Before. {text} After.")]
    assert found == ([name] if name else [])


@given(st.text("абвгдежзийклмнопрстуфхцчшщъыьэюя"))
def test_a_text_that_was_read_as_windows_1252_is_found_and_as_it_was_is_not(text):
    wrong = f"{text} привет".encode().decode("cp1252", "ignore")
    assert not list(faults.find(text))
    assert [number for number, _ in faults.find(wrong)] == [0]


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text",
    [
        "Οι μέλισσες πετούν πάνω από το χωριό",
        "النحل يطير فوق القرية كل صباح",
        "הדבורים עפות מעל הכפר כל בוקר",
        "मधुमक्खियाँ हर सुबह गाँव के ऊपर उड़ती हैं",
        "ผึ้งบินเหนือหมู่บ้านทุกเช้า",
        "벌들은 매일 아침 마을 위를 날아간다",
        "蜜蜂每天早晨飞过村庄",
        "ミツバチは毎朝、村の上を飛ぶ",
    ],
)
def test_a_wrong_encoding_is_seen_in_every_script(text, codec):
    wrong = clean(text.encode().decode(codec, "ignore"))  # of Latin-1, control characters go
    assert [number for number, _ in faults.find(wrong)] == [0]
    assert not list(faults.find(clean(text)))


@pytest.mark.parametrize(
    "text",
    [
        "«Été», dit-elle : « Où l’âne naît, l’abbé œuvre »… Île, Ô ! ÇÀ ET LÀ — À L’ŒUVRE",
        "„Ärger im Öl“, rief er – »Übermut« …ÖÖ“, Größe: 3 × 4½ × 5¼ m², 20 °C, 5 µm",
        "«¡Ñandú!», ¿qué? “Año”… ESPAÑA—AÑO, EL ÑU’, 1.º y 2.ª, LEÓN”",
        "«Não é só: à noite, às três», “AÇÃO”… É à “mãe” que a irmã dá o pão — AVÔ’, À•À",
        "„Það er kalt á Íslandi“ – ÞAÐ, ÓÐUR’, Ísafjörður… æði, ör–ör, ÞÓ”",
        "“İstanbul’da âlim, kâğıt, ÖĞLE”… çağ, “GÜNÜMÜZ”, Ö’nün, ÂŞIK",
        "»Ø« er en ø; Åse’s “Øl”… på øya – ÆØÅ, så ét – to",
        "Žluťoučký kůň úpěl ďábelské ódy, ÚŽAS, „ÓDA“, též šťáva, KÔŠ",
    ],
)
def test_languages_with_marks_have_no_sign_of_a_wrong_encoding(text):
    assert not list(faults.find(clean(text)))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We show that the loss of the model falls with the size of the data.", "English"),
        (FRENCH, "French"),
        ("Der Mann und die Frau sind nicht mit dem Kind auf der Straße.", "German"),
        ("El perro y los gatos de las casas son más rápidos, pero no hoy.", "Spanish"),
        ("Il cane che è della donna e anche dei figli, nella casa della nonna.", "Italian"),
        ("Het huis van een man is niet voor een vrouw.", "Dutch"),
        ("Новости сегодня", "Cyrillic"),
        ("新闻联播", "Chinese"),
        ("東京でニュースを見る", "Japanese"),
        ("오늘의 뉴스", "Korean"),
        ("Attention networks", ""),
        ("the of and, der und das nicht, les dans nous", ""),
        ("12 + 3 = 15", ""),
    ],
)
def test_a_language_is_told_where_it_can_be(text, language):
    assert languages.language(text) == language


# --- findings in a run -------------------------------------------------------------------------


def a_log(steps: int = 1500, **changes: Callable[[int], float]) -> Rows:
    """A log as healthy runs have it; `changes` say a field by the step."""
    chooser, found = random.Random(6), []
    for step in range(50, steps + 1, 50):
        line = {
            "step": step,
            "loss": (2.6 + 4 * math.exp(-step / 250)) * chooser.uniform(0.98, 1.02),
            "accuracy": 0.5 - 0.45 * math.exp(-step / 400),
            "waiting": 0.3 if step == 50 else 0.01,
            "gradient_norm": chooser.uniform(0.8, 1.2),
        }
        if step % 250 == 0:
            line |= {"rouge1": 40 - 30 * math.exp(-step / 400), "gate": 0.6}
        found.append(line | {name: of(step) for name, of in changes.items() if name in line})
    return found


def falling(step: int) -> float:
    return 6 - step / 500


def worse(step: int) -> float:
    return 42 - step / 100


def down(step: int) -> float:
    return 42 - step / 300


def apart(step: int) -> float:
    return 3.0 if step < 300 else 6.0


def configured(**settings: Any) -> Config:
    """The default configuration but for some settings, without a look at the parts of a model."""
    tree = json.loads(config.to_json(Config()))
    for name, value in settings.items():
        section, _, key = name.partition(".")
        tree[section][key] = value
    return config.from_json(json.dumps(tree))


def a_run(log: Rows | None = None, rows: int = 0, **settings: Any) -> folder.Run:
    """A run that made all its steps, 1,500 of 64 on 20,000 pairs."""
    log = log or a_log()
    chosen = configured(**{"train.steps": log[-1]["step"], **settings})
    return folder.Run(chosen, log, spans.of(log), None, rows or 20_000, {}, [])


def a_line(i: int, prediction: str = "", reference: str = "") -> Row:
    made = " ".join(words(random.Random(i), 4))
    return {"id": f"d{i}", "prediction": prediction or made, "reference": reference or made}


def evaluated(count: int = 0, prediction: str = "", **more: Any) -> folder.Run:
    lines = [a_line(i) for i in range(100)]
    lines[:count] = [a_line(i) | {"prediction": prediction} for i in range(count)]
    return a_run()._replace(predictions=lines, **more)


def difference(low: float) -> Row:
    one = {"mean": low + 1, "low": low, "high": low + 2}
    return {"examples": 100, "differences": {"first-k-words": {"rouge1": one, "rougeL": one}}}


def held(lost: bool) -> token_store.TokenStore:
    """Pairs whose summary has the last of 300 pieces, or one of the first."""
    pair = [*range(10, 310)], [10, 309 if lost else 11]
    return token_store.in_memory_store([pair] * 50, 400)


COPIES: Row = {"diagnostics": {"model": {"gate": {"mean": 0.001}}}}
RUNS: list[tuple[str, run.Check, folder.Run]] = [
    (
        "not learning",
        learning.not_learning,
        a_run(a_log(loss=lambda s: 6.3, accuracy=lambda s: 0.06)),
    ),
    ("diverged", learning.diverged, a_run(a_log(loss=apart))),
    (
        "learning rate too high",
        learning.unsteady,
        a_run(a_log(loss=lambda s: 4.0 if s % 400 == 0 else 3.0)),
    ),
    (
        "learning rate too high",
        learning.unsteady,
        a_run(a_log(gradient_norm=lambda s: 30.0 if s in (500, 900) else 1.0)),
    ),
    ("ended too early", lasting.still_falling, a_run(a_log(loss=falling))),
    ("overfitting", learning.overfitting, a_run(a_log(rouge1=worse))),
    ("overfitting", learning.overfitting, a_run(a_log(rouge1=down))),
    (
        "overfitting",
        learning.overfitting,
        a_run(a_log(rouge1=down), rows=180, **{"data.validation": "more.jsonl"}),
    ),
    ("waiting for data", working.starved, a_run(a_log(waiting=lambda s: 0.2))),
    ("stopped before its end", lasting.stopped, a_run(**{"train.steps": 7000})),
    (
        "stopped before its end",
        lasting.stopped,
        a_run(a_log(rouge1=lambda s: 40.0), **{"train.steps": 7000, "train.patience": 6}),
    ),
    ("less than one epoch", lasting.epochs, a_run(rows=200_000)),
    ("too many epochs", lasting.epochs, a_run(rows=2_000)),
    (
        "unused gate",
        working.gate,
        a_run([line | ({"gate": 0.999} if "gate" in line else {}) for line in a_log()]),
    ),
    (
        "unused gate",
        working.gate,
        a_run()._replace(report=COPIES),
    ),
    (
        "truncated documents",
        working.truncated,
        a_run(**{"data.max_document_tokens": 200})._replace(store=held(True)),
    ),
    (
        "evaluated on what was trained on",
        scored.seen,
        evaluated(report={"overlap": 3, "examples": 100}),
    ),
    ("no better than the first words", scored.no_better, evaluated(report=difference(-0.5))),
    ("repetition", scored.repetition, evaluated(5, "one two three and one two three")),
    ("repetition", scored.repetition, evaluated(5, "so so so good")),
    ("one summary for many", scored.one_for_all, evaluated(5, "A new method")),
    ("empty summaries", scored.one_for_all, evaluated(1, "…")),
]


@pytest.mark.parametrize(("name", "check", "made"), RUNS)
def test_each_finding_of_a_run_is_found(name, check, made):
    (found,) = check(made)
    assert found.name == name
    assert 0 <= found.count <= found.of
    assert found.change


def test_a_healthy_run_has_no_finding():
    healthy = evaluated(report=difference(0.5))._replace(store=held(False))
    wanted = {"data.max_document_tokens": 200, "train.steps": 1500}
    healthy = healthy._replace(config=configured(**wanted))
    del healthy.log[0]["gradient_norm"]  # as older logs
    checks = [check for check in run.CHECKS if check is not lasting.epochs]
    assert [one.name for check in checks for one in check(healthy)] == []
    assert list(lasting.epochs(a_run())) == []
    assert {check for _, check, _ in RUNS} == set(run.CHECKS)


def lines_of(step: int, **fields: float) -> Rows:
    return [line | (fields if line["step"] == step else {}) for line in a_log()]


def without(name: str, log: Rows) -> Rows:
    return [{key: value for key, value in line.items() if key != name} for line in log]


@pytest.mark.parametrize(
    ("check", "made"),
    [
        # A loss near nothing goes up and down, and falls, by large shares of itself.
        (learning.diverged, a_run(a_log(loss=lambda s: 0.01 if s < 1000 else 0.03))),
        (learning.unsteady, a_run(a_log(loss=lambda s: 0.05 if s % 400 == 0 else 0.01))),
        (lasting.still_falling, a_run(a_log(loss=lambda s: math.exp(-s / 250)))),
        # It was killed, or is learned by heart: that it fell to its end says nothing more.
        (lasting.still_falling, a_run(a_log(loss=falling), **{"train.steps": 7000})),
        (lasting.still_falling, a_run(a_log(loss=falling), rows=2_000)),
        (lasting.still_falling, a_run(a_log(loss=falling, rouge1=worse))),
        (lasting.epochs, a_run(rows=200_000, **{"train.steps": 7000})),
        # Time and patience may end a run early; one that went wrong had better not go on.
        (lasting.stopped, a_run(**{"train.steps": 7000, "train.budget": 30.0})),
        (
            lasting.stopped,
            a_run(a_log(rouge1=lambda s: 40.0), **{"train.steps": 7000, "train.patience": 5}),
        ),
        (lasting.stopped, a_run(a_log(loss=apart), **{"train.steps": 7000})),
        (lasting.stopped, a_run(a_log(rouge1=worse), **{"train.steps": 7000})),
        # It learned, and then it did not: that is one finding, not two.
        (learning.not_learning, a_run(a_log(loss=apart, accuracy=lambda s: 0.06))),
        # Harder from step to step, as asked.
        (
            learning.diverged,
            a_run(a_log(loss=lambda s: 3.0 if s < 1000 else 6.0), **{"train.scheduled_sampling": 0.3}),
        ),
        # What a validation of 300 documents has of chance.
        (learning.overfitting, a_run(lines_of(1000, rouge1=39.5))),
        # Of a file with 180 pairs for train ten validate, whatever validate_examples says.
        (learning.overfitting, a_run(a_log(rouge1=down), rows=180)),
        (working.gate, a_run(lines_of(1500, gate=0.999, rouge1=98.0))),
        (
            working.gate,
            a_run(without("gate", a_log(rouge1=lambda s: 98.0)))._replace(report=COPIES),
        ),
        (working.gate, a_run(a_log(gate=lambda s: math.nan))),
        (learning.not_learning, a_run(a_log(400, loss=lambda s: 6.3, accuracy=lambda s: 0.06))),
        (scored.seen, evaluated(report={"overlap": 0, "examples": 100})),
        (scored.seen, evaluated(report={"overlap": None, "examples": 100})),  # not known
        (scored.repetition, evaluated(4, "one two three and one two three")),
        (scored.one_for_all, evaluated(4, "A new method")),
    ],
)  # fmt: skip
def test_a_run_is_not_blamed_for_what_is_usual(check, made):
    assert list(check(made)) == []


def test_a_warm_up_is_advised_to_a_run_that_diverged_without_one():
    for warmup, advised in ((0, 100), (30, 100), (400, 800)):
        (found,) = learning.diverged(a_run(a_log(loss=apart), **{"train.warmup_steps": warmup}))
        assert found.change.endswith(f"--set train.warmup_steps={advised}")


def test_references_that_repeat_themselves_excuse_summaries_that_do():
    twice = "one two three and one two three"
    lines = [a_line(i, twice, twice) for i in range(100)]
    assert not list(scored.repetition(evaluated()._replace(predictions=lines)))
    assert not list(scored.one_for_all(evaluated()._replace(predictions=lines)))


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 9)), min_size=1, max_size=30))
def test_spans_keep_all_steps_and_the_mean(parts):
    steps = np.cumsum([count for count, _ in parts])
    log = [
        {"step": int(step), "loss": loss, "accuracy": 0.5, "waiting": 0.0}
        for step, (_, loss) in zip(steps, parts, strict=True)
    ]
    found = spans.of(log)
    assert found[-1].step == sum(span.steps for span in found) == steps[-1]
    assert all(span.steps >= spans.SPAN for span in found) or len(found) == 1
    mean = sum(count * loss for count, loss in parts)
    assert sum(span.steps * span.loss for span in found) == pytest.approx(mean)


def test_a_log_that_is_being_written_is_read_as_far_as_it_goes(tmp_path):
    (tmp_path / "config.json").write_text(config.to_json(Config()))
    with pytest.raises(ModelError, match="metrics.jsonl is missing or empty"):
        folder.read(tmp_path)
    lines = [json.dumps(line) for line in a_log(200)]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, lines[0][:30]]))
    assert [span.step for span in folder.read(tmp_path).spans] == [50, 100, 150, 200]


def test_without_its_tokens_a_run_is_counted_by_fingerprints_where_they_tell(tmp_path):
    def pairs_of(**settings: Any) -> int:
        (tmp_path / "config.json").write_text(config.to_json(configured(**settings)))
        return folder.read(tmp_path).pairs

    (tmp_path / "metrics.jsonl").write_text(json.dumps(a_log(50)[0]) + "\n")
    assert pairs_of() == 0
    recorder, path = contamination.ContaminationIndex(), tmp_path / contamination.FILE
    for row in rows_of("a", 7):
        list(recorder.record([Example(row["id"], row["document"])]))
    recorder.save(path)
    assert pairs_of() == 7
    assert pairs_of(**{"train.init": "runs/first"}) == 0  # they have those of the first run, too
    assert pairs_of(**{"data.task": "language_model"}) == 0  # windows were learned, of 7 texts
    whole = path.read_bytes()
    for cut in (b"", whole[:3], whole[:100], whole[:-30]):
        path.write_bytes(cut)
        with pytest.raises(ModelError, match="fingerprints.npz: cut, or holds no fingerprints"):
            pairs_of()


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run_it(*words: Any) -> tuple[int, str, str]:
        status = cli.main(["doctor", *map(str, words)])
        return status, *capsys.readouterr()

    return run_it


def test_findings_are_printed_as_blocks_or_as_json_and_the_status_is_3(files, doctor):
    files.test[0]["document"] = files.train[7]["document"]
    paths = files.write()
    given_ = [
        paths["train"],
        "--pieces",
        400,
        "--validation",
        paths["validation"],
        "--test",
        paths["test"],
    ]
    status, out, _ = doctor(*given_)
    blocks = out.rstrip("\n").split("\n\n")
    assert status == 3
    assert [block.split(":")[0] for block in blocks] == [
        "copies across splits", "too few pairs", "too many epochs",
    ]  # fmt: skip
    assert blocks[0].startswith("copies across splits: 1 of 20 (5.0%) documents of test")
    assert all("\n  change: " in block for block in blocks)
    assert max(map(len, out.splitlines())) <= finding.WIDTH
    status, out, _ = doctor(*given_, "--json", "--pieces", 16, "--preset", "lstm")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 3
    assert [record["name"] for record in records] == [
        "copies across splits", "truncated documents", "too few pairs", "too many epochs",
    ]  # fmt: skip
    assert all(list(r) == ["name", "count", "of", "what", "change", "example"] for r in records)


def test_data_and_a_run_with_nothing_wrong_end_with_status_0(
    files, doctor, monkeypatch, digits, caplog
):
    monkeypatch.setattr(amounts, "ENOUGH", 200)
    monkeypatch.setattr(amounts, "EPOCHS", 1000)
    paths = files.write()
    given_ = [paths["train"], "--pieces", 400, "--validation", paths["validation"]]
    assert doctor(*given_)[:2] == (0, "nothing found\n")
    assert doctor(*given_, "--json")[:2] == (0, "")
    status, out, _ = doctor(digits.folder)
    assert (status, out) == (0, "nothing found\n")
    assert "a run of 250 steps, without an evaluation" in caplog.text


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nothing.jsonl", "no such file"),
        ("nowhere", "no file, folder or source 'nowhere'"),
        ("empty", "no .txt or .md file in the folder"),
    ],
)
def test_what_is_neither_data_nor_a_run_is_told_in_a_line(
    tmp_path, monkeypatch, doctor, word, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    status, out, err = doctor(word)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert "a run would be a folder with config.json" in err


def test_options_of_data_are_no_options_of_a_run(digits, doctor, capsys):
    with pytest.raises(SystemExit, match="2"):
        doctor(digits.folder, "--pieces", 100, "--test", "a.jsonl")
    assert "which has no --pieces, --test" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        doctor(digits.folder, "--preset", "lstm", "--test", "docstrings")
    assert "which has no --preset, --test" in capsys.readouterr().err
    assert doctor("reverse_digits", "--preset", "lsmt")[0] == 1
    with pytest.raises(SystemExit, match="2"):
        doctor("reverse_digits", "--pieces", 0)


# --- the page ----------------------------------------------------------------------------------


def test_the_page_lists_every_finding():
    rows = [row[0].strip(" *") for row in markdown.rows((DOCS / "doctor.md").read_text("utf-8"))]
    listed = {name for row in rows for name in row.split(", ")}
    amounts_ = {"too few pairs", "no validation", "less than one epoch", "truncated summaries"}
    amounts_ |= {"vocabulary too small", "nothing to train on"}
    more = {"missing summaries", "truncated documents", "too many epochs"} | amounts_
    assert {name for name, *_ in (*CASES, *RUNS)} | more <= listed
