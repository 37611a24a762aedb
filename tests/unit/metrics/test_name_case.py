"""The case of names is compared with the reference."""

import pytest

from summarizer.evaluation import statistics_table
from summarizer.evaluation.options import EvaluationOptions
from summarizer.metrics.name_case import name_case_accuracy


@pytest.mark.parametrize(
    ("summary", "reference", "accuracy"),
    [
        ("We saw Torv and marlow", "We met Torv, Marlow and Kestrel", 1 / 2),
        ("We saw NASA", "We like Nasa", 0),
        ("Torv slept", "Asleep in Torv", None),  # begins the summary
        ("It rained. Torv slept", "Asleep in Torv", None),
        ("In torv", "Torv slept", None),  # begins the reference
        ("We saw the Bees", "We like the bees", None),  # only names of the reference count
        ("Of torv and Torv", "In Torv", 1),  # one of its spellings is right
        ("", "In Torv", None),
    ],
)
def test_names_of_the_reference_that_the_summary_has_are_counted(summary, reference, accuracy):
    assert name_case_accuracy([summary], [reference]) == accuracy


def test_the_share_is_that_of_all_names_of_all_pairs():
    summaries = ["In Torv, Brelk and Kestrel", "By marlow", "By night"]
    assert (
        name_case_accuracy(summaries, ["Of Torv, Brelk, Kestrel", "By Marlow", "By day"]) == 3 / 4
    )


def test_the_statistics_have_the_case_of_names_except_for_the_references():
    systems = {"model": ["We saw torv"], "references": ["In Torv"]}
    table = statistics_table.describe_systems(["We saw Torv."], systems, {}, EvaluationOptions())
    assert table.systems["model"]["name_case"]["mean"] == 0
    assert "name_case" not in table.systems["references"]
