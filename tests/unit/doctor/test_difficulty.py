import random
import sys
from collections.abc import Iterator

import pytest

from summarizer.doctor import difficulty, evaluation_checks
from summarizer.doctor.finding import Finding
from tests.unit.doctor.example_data import Files
from tests.unit.doctor.example_runs import make_run, prediction_record

THAI = [
    "ผึ้ง", "บิน", "เหนือ", "หมู่บ้าน", "ทุก", "เช้า", "แมว", "กิน", "ปลา",
    "ใน", "บ้าน", "เด็ก", "อ่าน", "หนังสือ", "ที่", "โรงเรียน",
]  # fmt: skip
OTHER_THAI = [
    "ฝน", "ตก", "หนัก", "มาก", "รถ", "เสีย", "กลาง", "ถนน", "ตลาด", "ปิด", "วันนี้", "ข่าว", "เมือง",
]  # fmt: skip
TITLE = "研究人员提出模型"


def findings_for_thai(files: Files) -> list[str]:
    """Check unrelated summaries, summaries that are beginnings, and repetitive summaries."""
    chooser = random.Random(8)
    for row in files.train:
        row["document"] = "".join(chooser.choices(THAI, k=30))
        row["summary"] = "".join(chooser.choices(OTHER_THAI, k=5))
    findings: list[Finding] = list(difficulty.new_words(files.scan()))
    for row in files.train:
        row["summary"] = row["document"][:20]
    findings += difficulty.strong_lead(files.scan())
    repetitive, reference = "แมวกินปลาในบ้าน" * 2, "เด็กอ่านหนังสือที่โรงเรียน"
    records = [prediction_record(i, repetitive, reference) for i in range(100)]
    findings += evaluation_checks.repetition(make_run()._replace(predictions=records))
    return [finding.name for finding in findings]


def test_texts_without_spaces_are_split_by_dictionaries(files):
    expected = ["new words", "first words hard to beat", "repetition"]
    assert findings_for_thai(files) == expected
    for row in files.train:  # the characters of the beginning, but in other words
        row.update(document=f"{TITLE}。{TITLE}", summary=TITLE[::-1])
    assert list(difficulty.strong_lead(files.scan())) == []


@pytest.fixture
def without_dictionaries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    difficulty.word_units.cache_clear()
    yield
    difficulty.word_units.cache_clear()


@pytest.mark.usefixtures("without_dictionaries")
def test_texts_without_spaces_are_left_out_without_dictionaries(files):
    assert findings_for_thai(files) == []
