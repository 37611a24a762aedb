from summarizer.config import Config, DataConfig
from summarizer.doctor import pair_checks
from summarizer.doctor.dataset_scan import scan_dataset
from tests.unit.doctor.example_data import HAN


def test_foreign_names_do_not_change_a_titles_script(files):
    titles = ["iPhone 15 Pro Max 发布", "MIT Technology Review 评"]
    for row, title in zip(files.train, titles, strict=False):
        row.update(document=HAN * 5, summary=title)
    files.train[5].update(document="東京でニュースを見る人", summary="東京新聞")
    assert list(pair_checks.other_script(files.scan())) == []


def test_document_in_two_scripts_allows_both(files):
    for row in files.train[:20]:
        row.update(document="import numpy as np " * 3 + HAN * 2, summary=HAN)
    assert list(pair_checks.other_script(files.scan())) == []
    for row in files.train[:20]:  # a single name is not a script of the document
        row.update(document=HAN * 9 + "AI", summary="news of the day")
    assert [finding.count for finding in pair_checks.other_script(files.scan())] == [20]


def test_missing_summary_is_reported(tmp_path):
    for name in ("a.txt", "a.summary.txt", "b.txt"):
        (tmp_path / name).write_text(f"what {name} says")
    scan = scan_dataset(Config(data=DataConfig(train=str(tmp_path))))
    (finding,) = pair_checks.unusable_rows(scan)
    assert (finding.name, finding.count, finding.total) == ("missing summaries", 1, 2)
    assert "b.txt" in finding.example


def test_languages_are_counted(files):
    for row in files.train[:20]:
        row["document"] = "Новости сегодня и завтра"
    for row in files.train[20:]:
        row["document"] = "12 + 3 = 15"
    files.train[30]["document"] = HAN
    (finding,) = pair_checks.mixed_languages(files.scan())
    assert (finding.count, finding.total) == (1, 21)
    assert "not Cyrillic (Cyrillic 20, Chinese 1)" in finding.message
    assert finding.example.startswith("Chinese: a-30 ")
