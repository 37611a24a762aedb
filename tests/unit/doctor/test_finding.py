import json

import pytest

from summarizer.doctor.finding import LINE_WIDTH, Finding, excerpt, percent, to_json, to_text
from summarizer.doctor.messages import MESSAGES


@pytest.mark.parametrize(
    ("old", "value"), [("of", 1000), ("what", "13 pairs"), ("change", "add pairs")]
)
def test_old_field_names_still_work(old, value):
    finding = Finding("too few pairs", 13, 1000, "13 pairs", "add pairs")
    with pytest.warns(
        DeprecationWarning, match=f"Finding.{old} is deprecated; use Finding"
    ) as warned:
        assert getattr(finding, old) == value
    assert warned[0].filename == __file__


def test_json_keys_are_fixed():
    finding = Finding("ids that repeat", 2, 9, "2 of 9 …", "give each a unique id", 'a "é"')
    assert to_json(finding) == (
        '{"name": "ids that repeat", "count": 2, "of": 9, "what": "2 of 9 …", '
        '"change": "give each a unique id", "example": "a \\"é\\""}'
    )
    assert json.loads(to_json(finding))["of"] == 9


def test_text_has_a_wrapped_block_for_each_finding():
    first = Finding("a", 1, 2, "message " * 30, "fix", "example")
    text = to_text([first, Finding("b", 1, 2, "message", "fix")])
    blocks = text.split("\n\n")
    assert [block.split(":")[0] for block in blocks] == ["a", "b"]
    assert "\n  example: example\n  fix: fix" in blocks[0]
    assert blocks[1] == "b: message\n  fix: fix"
    assert max(map(len, text.splitlines())) <= LINE_WIDTH
    assert to_text([]) == "no problems found"


def test_build_fills_in_the_messages():
    finding = Finding.build("copies across splits", 1, 5000, "a", split="test")
    expected = "1 of 5,000 test documents (0.02%) also occur in train, letter for letter"
    assert (finding.message, finding.example) == (expected, "a")
    assert finding.fix == MESSAGES["copies across splits"][1]


def test_percent_and_excerpt():
    ratios = [(0, 9), (9, 9), (1, 3), (1, 5000), (4999, 5000), (0, 0)]
    expected = ["0.0%", "100.0%", "33.3%", "0.02%", "99.98%", "0.0%"]
    assert [percent(*ratio) for ratio in ratios] == expected
    assert excerpt("short") == '"short"'
    assert excerpt("a" * 50 + "b" * 100, 50) == f'"…{"a" * 23}{"b" * 47}…"'
