"""Types of summaries: in SPECs, in columns, in mixes, and as control tokens of a vocabulary."""

import json
import logging

import pytest

from summarizer import summary_types
from summarizer.datasets import spec
from summarizer.errors import ConfigError, InputError, SummarizerError
from summarizer.types import Example
from summarizer.vocabulary import START, Vocabulary, train_vocabulary

ROWS = [
    {"id": "n/1", "document": "Title. The text of one.", "summary": "One", "kind": "headline",
     "who": "Daily", "lead": 6},
    {"id": "n/2", "document": "Short. The text of two.", "summary": "Two", "kind": "keypoints",
     "who": "Weekly", "lead": 6},
    {"id": "m/3", "document": "Final. The text of three.", "summary": "Three", "kind": "tldr",
     "who": "Daily", "lead": 6},
]  # fmt: skip


@pytest.fixture
def rows(tmp_path):
    return lambda *more: as_jsonl(tmp_path / "rows.jsonl", [*ROWS, *more])


def as_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def as_csv(path, rows):
    names = list(rows[0])
    lines = [",".join(names), *(",".join(str(row.get(n, "")) for n in names) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def refused(what):
    with pytest.raises(SummarizerError) as caught:
        list(spec.examples(what))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- names -----------------------------------------------------------------------------------


def test_names_and_aliases():
    assert all(summary_types.canonical_name(name) == name for name in summary_types.KNOWN)
    assert summary_types.canonical_name("keypoints") == "key-points"
    assert summary_types.canonical_name("key_points") == "key-points"
    assert set(summary_types.CONTROLLED) <= set(summary_types.KNOWN)
    with pytest.raises(InputError) as caught:
        summary_types.canonical_name("headlines", "x.jsonl:3")
    assert str(caught.value).startswith(
        "x.jsonl:3: unknown type 'headlines': did you mean 'headline'? known: headline, "
    )


# --- SPECs -----------------------------------------------------------------------------------


def test_a_spec_gives_all_summaries_a_type(rows):
    examples = list(spec.examples(f"{rows()},type=keypoints"))
    assert [example.type for example in examples] == ["key-points"] * 3
    assert examples[0] == Example("n/1", ROWS[0]["document"], "One", (), "key-points")
    assert "unknown type 'headlin': did you mean 'headline'?" in refused(f"{rows()},type=headlin")


@pytest.mark.parametrize("write", [as_jsonl, as_csv])
def test_columns_give_type_and_source(tmp_path, write):
    suffix = "jsonl" if write is as_jsonl else "csv"
    path = write(tmp_path / f"x.{suffix}", ROWS)
    examples = list(spec.examples(f"{path},type_column=kind,source_column=who"))
    assert [example.type for example in examples] == ["headline", "key-points", "tldr"]
    assert [example.source for example in examples] == ["Daily", "Weekly", "Daily"]
    assert examples[0].group == "headline/Daily"
    for option in ("type_column", "source_column", "lead_column"):
        assert "no column 'whoo': did you mean 'who'?" in refused(f"{path},{option}=whoo")


def test_a_bad_type_in_a_column_is_named_with_its_line(rows):
    path = rows({**ROWS[0], "kind": "joke"})
    message = refused(f"{path},type_column=kind")
    assert message.startswith(f"{path}:4: unknown type 'joke': ")
    assert len(list(spec.examples(f"{path},type_column=kind", skip_bad=True))) == 3


def test_only_some_types_or_ids(rows):
    what = f"{rows()},type_column=kind"
    chosen = spec.examples(f"{what},only=tldr+keypoints")
    assert [example.id for example in chosen] == ["n/2", "m/3"]
    assert [example.id for example in spec.examples(f"{what},ids=m/+x/")] == ["m/3"]
    assert [example.id for example in spec.examples(f"{what},ids=n/")] == ["n/1", "n/2"]
    assert "unknown type 'news'" in refused(f"{what},only=tldr+news")


@pytest.mark.parametrize("write", [as_jsonl, as_csv])
def test_a_lead_is_cut_off_the_document(tmp_path, write):
    suffix = "jsonl" if write is as_jsonl else "csv"
    path = write(tmp_path / f"x.{suffix}", ROWS)
    examples = list(spec.examples(f"{path},lead_column=lead"))
    assert [example.summary for example in examples] == ["Title.", "Short.", "Final."]
    assert examples[0].document == "The text of one."


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        ("many", "column 'lead' is not a number of characters"),
        (0, "column 'lead' is 0: must be above 0 and below the 23 characters of the document"),
        (-2, "column 'lead' is -2: must be above 0 and below the 23 characters of the document"),
        (23, "column 'lead' is 23: must be above 0 and below the 23 characters of the document"),
    ],
)
def test_a_lead_that_leaves_no_text_is_refused(rows, lead, reason):
    path = rows({**ROWS[0], "lead": lead})
    assert refused(f"{path},lead_column=lead") == f"{path}:4: {reason}"


# --- missing summaries -----------------------------------------------------------------------


@pytest.mark.parametrize("empty", [None, "", ...])
def test_rows_without_a_summary_are_skipped_only_on_request(rows, empty, caplog):
    row = {**ROWS[0], "summary": empty}
    if empty is ...:
        del row["summary"]
    path = rows(row)
    assert f"{path}:4: " in refused(path)
    caplog.set_level(logging.INFO, "summarizer")
    assert len(list(spec.examples(f"{path},missing=skip"))) == 3
    assert caplog.messages == [f"{path}: rows without a summary, skipped: 1; rows with one: 3"]


def test_missing_leads_are_skipped_and_a_file_of_none_is_refused(tmp_path, rows):
    path = rows({**ROWS[0], "lead": None})
    what = f"{path},lead_column=lead,missing=skip"
    assert len(list(spec.examples(what))) == 3
    empty = as_jsonl(tmp_path / "none.jsonl", [{"document": "x"}] * 2)
    assert refused(f"{empty},missing=skip") == f"{empty}: no row has a summary; skipped all 2 rows"
    assert "missing=drop: must be error or skip" in refused(f"{path},missing=drop")


def test_other_bad_rows_are_still_refused(rows):
    assert ":4: column 'document' is empty" in refused(f"{rows({'document': '', 'summary': 'x'})}")
    path = rows({"document": "", "summary": "x"})
    assert ":4: column 'document' is empty" in refused(f"{path},missing=skip")


# --- mixes -----------------------------------------------------------------------------------


def test_a_mix_has_types_in_all_parts_or_in_none(tmp_path, rows):
    other = as_jsonl(tmp_path / "other.jsonl", ROWS[:1])
    mixed = refused(f"mix:1*{rows()},type=headline+1*{other}")
    assert f"{other!r} has no type, but" in mixed
    assert "add ,type=headline" in mixed
    part = f"{rows()},type_column=kind"
    examples = list(spec.examples(f"mix,stop=each:1*{part}+1*{other},type=title"))
    assert {example.group for example in examples} == {
        "headline/rows", "key-points/rows", "tldr/rows", "title/other",
    }  # fmt: skip


def test_a_mix_with_stop_each_has_each_example_once_and_names_sources(tmp_path):
    small = as_jsonl(tmp_path / "small.v2.jsonl", ROWS[:1])
    large = as_jsonl(tmp_path / "large.jsonl", ROWS * 3)
    what = f"mix,stop=each:1*{small},source_column=who+1*{large}"
    examples = list(spec.examples(what))
    assert len(examples) == 10
    assert len([e for e in examples if e.id.startswith("1:")]) == 1
    assert {e.source for e in examples} == {"Daily", "large"}
    plain = list(spec.examples(f"mix,stop=each:1*{small}+1*{large}"))
    assert {e.source for e in plain} == {"small", "large"}
    # The shares hold until the first part ends.
    assert [e.id[0] for e in examples[:2]] == ["1", "2"]


# --- control tokens --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vocabulary():
    text = "the cat sat on the mat and the dog sat on the log <headline> <title>"
    return train_vocabulary([text] * 3, 320, controls=("headline", "title"))


def test_control_tokens_follow_the_special_ones_and_are_in_no_text(vocabulary):
    assert vocabulary.controls == {"headline": 4, "title": 5}
    assert not {4, 5} & set(vocabulary.encode("a <headline> and a <title>"))
    again = Vocabulary(vocabulary.proto)
    assert again.controls == vocabulary.controls
    assert again.decode([4, *again.encode("the cat")]) == "the cat"


def test_the_start_of_a_summary_depends_on_its_type(vocabulary):
    assert vocabulary.start("title") == 5
    assert vocabulary.start() == vocabulary.start("") == vocabulary.start("headline") == 4
    with pytest.raises(InputError) as caught:
        vocabulary.start("tldr")
    assert str(caught.value).startswith("type 'tldr': the model was not trained for it: ")
    plain = train_vocabulary(["the cat sat"], 300)
    assert plain.controls == {}
    assert plain.start("tldr") == START


def test_words_have_no_control_tokens():
    with pytest.raises(ConfigError, match=r"vocabulary\.kind=words: has no control tokens"):
        train_vocabulary(["the cat sat"], 300, kind="words", controls=("headline",))
