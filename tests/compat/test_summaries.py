"""A saved model gives the texts, ids, scores and provenance of 55f18f5, whatever is asked for."""

import json

import pytest

from summarizer import Summarizer
from tests.compat import cases, program, records


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cases.place("digits", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def model(folder):
    return Summarizer.load(folder)


@pytest.fixture(scope="module")
def expected(saved):
    return saved("summaries.json")


@pytest.mark.parametrize("name", cases.CASES)
def test_summaries_are_the_same(name, model, expected):
    case = cases.CASES[name]
    call = model.outline if case.outline else model.summarize
    explain = {"explain": True} if case.explain else {}
    with program.old_name(""):
        results = call(case.texts(), **case.options, **explain)
    rows = ([*map(records.summary, r)] if case.outline else records.summary(r) for r in results)
    assert records.differences(dict(zip(case.ids, rows, strict=True)), expected[name]) == []


@pytest.mark.parametrize("name", [n for n, case in cases.CASES.items() if not case.explain])
def test_the_command_line_says_the_same(name, folder, expected, tmp_path, capsys):
    case = cases.CASES[name]
    path = tmp_path / "documents.jsonl"
    rows = ({"id": i, "document": cases.DOCUMENTS[i]} for i in case.ids)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert program.run("summarize", "--model", folder, "--json", *case.arguments(), path) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == list(case.ids)
    for line in lines:
        old = expected[name][line["id"]]
        pairs = [(line, {"summary": old["text"], "score": old["score"]})]
        if case.options.get("n_best", 1) > 1:
            pairs += [
                (new, {"summary": h["text"], "score": h["score"], "log_prob": h["log_prob"]})
                for new, h in zip(line["alternatives"], old["alternatives"], strict=True)
            ]
        for new, wanted in pairs:
            assert records.differences({k: new[k] for k in wanted}, wanted) == []
        assert {k: line[k] for k in ("read", "truncated")} == {
            k: old[k] for k in ("read", "truncated")
        }


def test_a_difference_is_seen(expected):
    old = expected["default"]["pi"]
    word = old["explanation"]["words"][0]
    assert records.differences(old, old) == []
    assert records.differences(old | {"text": "x"}, old)
    assert records.differences(old | {"score": old["score"] + 0.002}, old)
    assert not records.differences(old | {"score": old["score"] + 0.0005}, old)
    (begin, end, share), *rest = word["sources"]
    moved = word | {"sources": [[begin + 1, end, share], *rest]}
    assert records.differences(moved, word)
    lost = word | {"sources": rest}
    assert records.differences(lost, word)
    assert not records.differences(word | {"sources": word["sources"][::-1]}, word)
