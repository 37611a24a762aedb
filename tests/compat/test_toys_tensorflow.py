"""Saved runs go on, and saved exports and ensembles are verified and made again."""

import json

import numpy as np
import pytest

from summarizer import Summarizer
from tests.compat import cases, program, records

NEAR = 1e-5


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def resume(folder, toy):
    """Resume a run whose token store has to be used again; leave out the export at its end."""
    store = (folder / "store").stat().st_ino
    with program.without_export():
        assert program.run(*toy.command(folder, "--resume")) == 0
    assert (folder / "store").stat().st_ino == store, "the token store was written again"


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """The killed run, resumed; beside it the result of the old code."""
    folder = cases.place("killed", tmp_path_factory.mktemp("runs"))
    resume(folder, cases.TOYS["digits"])
    return folder, cases.DATA / "digits" / "resumed"


def test_a_killed_run_goes_on_to_the_same_weights(resumed):
    with np.load(resumed[0] / "weights.npz") as new, np.load(resumed[1] / "weights.npz") as old:
        assert set(new.files) == set(old.files)
        for name in set(old.files) - {"place.json"}:
            np.testing.assert_allclose(new[name], old[name], atol=NEAR, rtol=NEAR, err_msg=name)


def test_the_checkpoint_of_a_resumed_run_is_the_same(resumed):
    state = records.arrays(resumed[0] / "checkpoint.npz")
    expected = json.loads((resumed[1] / "checkpoint.json").read_text("utf-8"))
    assert state["arrays"].keys() == expected["arrays"].keys()
    for name, old in expected["arrays"].items():
        new = state["arrays"][name]
        assert (new["shape"], new["dtype"]) == (old["shape"], old["dtype"]), name
        np.testing.assert_allclose(new["some"], old["some"], atol=NEAR, rtol=NEAR, err_msg=name)
        assert new["size"] == pytest.approx(old["size"], abs=NEAR, rel=NEAR), name
    places = state["place"], expected["place"]
    values = [sorted(map(float, place.values())) for place in places]
    np.testing.assert_allclose(*values, rtol=NEAR)  # whatever the fields are called


def test_the_log_of_a_resumed_run_goes_on(resumed):
    rows, expected = (lines(folder / "metrics.jsonl") for folder in resumed)
    assert [row.keys() for row in rows] == [row.keys() for row in expected]
    timed = ("examples_per_second", "pieces_per_second", "minutes", "waiting")
    for new, old in zip(rows, expected, strict=True):
        same = {name: value for name, value in old.items() if name not in timed}
        assert records.differences({name: new[name] for name in same}, same) == []


@pytest.mark.parametrize("name", ["tagger", "language_model"])
def test_other_runs_go_on_with_their_tokens(name, toy):
    folder, run = toy(name), cases.TOYS[name]
    before = lines(folder / "metrics.jsonl")
    resume(folder, run)
    rows = lines(folder / "metrics.jsonl")
    assert rows[: len(before)] == before
    assert rows[-1]["step"] == run.more


@pytest.mark.parametrize("name", ["digits", "tagger", "language_model"])
def test_an_old_export_is_verified(name, toy, capsys):
    assert program.run("export", toy(name), "--verify", "--documents", "8") == 0
    assert "100.0%" in capsys.readouterr().out


@pytest.mark.slow
def test_an_old_ensemble_is_exported(toy, saved):
    folder = toy("ensemble")
    assert program.run("export", folder, "--documents", "8") == 0
    with program.old_name(""):
        summaries = Summarizer.load(folder).summarize(cases.DIGITS)
    expected = saved("toys.json")["ensemble"]["default"]
    assert records.differences([*map(records.summary, summaries)], expected) == []
    notes = json.loads((folder / "export.json").read_text("utf-8"))
    old = json.loads((cases.DATA / "digits" / "exported" / "export.json").read_text("utf-8"))
    assert notes.keys() == old.keys()
