"""Where sentences end in tokenized, lower-cased and carelessly written texts, in linear time."""

import logging
import time

import pytest

from summarizer.evaluation import extractive_baselines
from summarizer.text import sentences
from summarizer.types import Example

TOKENIZED = "the museum opens at noon . readers may come in . what do they see ? a river ."
WRITTEN = "The museum opens at noon. Readers may come in. They see a river. Nobody pays."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TOKENIZED, 4),
        (WRITTEN, 4),
        (WRITTEN.replace(". ", "."), 4),
        ("The museum opens.It is free. Readers may come.", 3),
        ("Das Museum ist offen.Leser kommen gern.Niemand zahlt.", 3),
        ("mr . smith met j . doe in st . paul", 1),
        ("it costs 3 . 5 euros", 2),
        ("We met Prof. Smith and J. R. Doe, e.g. in Fig. 214. Then we left.", 2),
        ("The class torch.Tensor is fast. So is pandas.DataFrame here.", 2),
        ("See https://example.org/end.The page of www.example.Org and a.file.Txt now.", 1),
        ("She has a Ph.D in law and reads the file report.Final for us.", 1),
        ("Call java.util.List or System.out.Print(x) or config.Path_to now.", 1),
        ("wait ... then we go", 1),
        ("No end at all", 1),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: int) -> None:
    parts = sentences.split_sentences(text)
    assert len(parts) == expected, parts
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "J. ", "Dr. ", "Mr. J. R. Smith et al. ", ".", "!", ". ", "?)", ")", "a.B", "aa.Bb",
        "aa.Bb ", "word", "ก" + " " * 50, "e.g. x", "。", "...", "x . y ", "'",
    ],
)  # fmt: skip
def test_time_is_linear_in_the_length(text: str) -> None:
    def seconds(length: int) -> float:
        long = text * (length // len(text)) + "x"
        start = time.thread_time()
        sentences.sentence_spans(long)
        return time.thread_time() - start

    first, second = seconds(50_000), seconds(200_000)
    assert second < 10 * first + 0.2


def test_documents_without_ends_of_sentences_are_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def report(document: str) -> str:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "summarizer"):
            extractive_baselines.extractive_baselines([Example("a1", document, "a river")] * 3)
        return caplog.text

    assert report(f"{TOKENIZED} " * 12) == ""
    assert "3 of 3 documents have hardly an end of a sentence" in report("we see a river " * 60)
