"""The first sentence in place of a summary that is probably worse."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from summarizer import cli
from summarizer.api.fallback import check_mode, with_confidence
from summarizer.api.summarizer import Summarizer
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError
from summarizer.runtime import confidence
from summarizer.runtime.confidence import FEATURES, Confidence
from summarizer.types import Summary
from tests.unit.test_confidence import summary

TEXT = "  The  red harbor crane fell on Monday. Nobody was hurt, the port said."


def predictor(threshold: float) -> Confidence:
    """Predict one half for every summary."""
    count = len(FEATURES)
    return Confidence(FEATURES, np.zeros(count), np.ones(count), np.zeros(count + 1), threshold)


def chosen(threshold: float, mode: str = "extract", **options: object) -> Summary:
    (result,) = with_confidence(
        [TEXT],
        [summary("Port crane falls")],
        predictor(threshold),
        DecodingOptions(**options),
        mode,
    )
    return result


def test_a_summary_of_low_confidence_gives_way_to_the_first_sentence() -> None:
    result = chosen(0.6)
    assert result.text == "The red harbor"
    assert result.extract
    assert result.confidence == pytest.approx(0.5)
    ((begin, end),) = result.places
    assert TEXT[begin:end].split() == result.text.split()


def test_a_summary_of_high_confidence_stays() -> None:
    result = chosen(0.4)
    assert (result.text, result.extract) == ("Port crane falls", False)
    assert result.confidence == pytest.approx(0.5)


@pytest.mark.parametrize(
    "options",
    [
        {"must_include": ("crane",)}, {"must_not_include": ("bus",)}, {"prefix": "Port"},
        {"explain": True}, {"n_best": 2},
    ],
)  # fmt: skip
def test_a_summary_that_was_asked_for_in_more_detail_stays(options: dict[str, object]) -> None:
    assert chosen(0.6, **options).text == "Port crane falls"
    assert chosen(0.6, mode="none").text == "Port crane falls"


def test_a_model_without_the_file_has_no_confidence() -> None:
    given = [summary("Port crane falls")]
    assert with_confidence([TEXT], given, None, DecodingOptions(), "extract") == given
    extract = dataclasses.replace(given[0], extract=True)
    (same,) = with_confidence([TEXT], [extract], predictor(0.6), DecodingOptions(), "extract")
    assert same is extract


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match="fallback 'extrct': did you mean 'extract'"):
        check_mode("extrct")


@pytest.fixture
def unsure(digits, tmp_path: Path) -> Path:
    """The toy model, which is never sure."""
    for name in ("config.json", "vocabulary.model", "model.onnx"):
        shutil.copy(digits.folder / name, tmp_path)
    confidence.save(predictor(0.6), tmp_path, {})
    return tmp_path


def test_python_knows_the_fallback(unsure: Path) -> None:
    model = Summarizer.load(unsure)
    assert model.summarize(["3 1 4. 1 5"])[0].text.startswith("3 1 4")
    assert model.summarize(["3 1 4"], fallback="none")[0].text == "4 1 3"


def test_the_command_says_how_many_summaries_are_extracts(
    unsure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("3 1 4")
    assert cli.main(["summarize", "--model", str(unsure), str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == "3 1 4\n"
    assert err == (
        "summarizer: 1 of 1 summaries are sentences of the document, where the model was less sure "
        "(--fallback none prints its own)\n"
    )
    command = ["summarize", "--json", "--fallback", "none", "--model", str(unsure), str(file)]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert (record["summary"], record["confidence"]) == ("4 1 3", 0.5)
    assert err == ""


@pytest.mark.parametrize(
    ("text", "threshold", "options", "is_extract"),
    [
        ("Port crane falls", 0.6, {}, True),
        ("Port crane falls", 0.4, {}, False),
        ("Port crane of the senator", 0.4, {}, False),  # one word that the document lacks
        ("Port crane of the pleased senator", 0.4, {}, True),
        ("Port crane of the pleased senator", 0.6, {"max_words": 9}, False),
    ],
)
def test_the_best_sentence_takes_the_place_of_a_bad_tldr(
    text: str, threshold: float, options: dict[str, int], is_extract: bool
) -> None:
    model = predictor(0.0)._replace(tldr=predictor(threshold))
    written = dataclasses.replace(summary(text), type="tldr")
    (result,) = with_confidence(
        [TEXT], [written], model, DecodingOptions(**options), "extract",
        lambda sentences: [-float(i) for i in range(len(sentences))],
    )  # fmt: skip
    assert result.extract == is_extract
    best = "The red harbor crane fell on Monday."
    assert result.text == (best if is_extract else text)
    if is_extract:
        assert [" ".join(TEXT[b:e].split()) for b, e in result.places] == [best]
    assert (
        with_confidence([TEXT], [written], predictor(0.9), DecodingOptions(), "extract")[0].text
        == text
    )  # not learned for TL;DRs
