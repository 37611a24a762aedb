"""What the evaluation in a run's folder tells: what is written, and whether the score counts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.folder import Run
from summarizer.doctor.units import countable, words

# One summary in twenty more than among the references is seen at once by who reads them.
REPEATED = 0.05
SAME, TIMES = 0.05, 3
# A search that may not end before two pieces writes no empty summary by chance.
EMPTY = 0.01

BASELINE, METRICS = "first-k-words", ("rouge1", "rougeL")


def seen(run: Run) -> Iterator[Finding]:
    """Name documents of the evaluation that were trained on, as `evaluate` found."""
    if run.report.get("overlap"):
        yield Finding(
            "evaluated on what was trained on",
            run.report["overlap"],
            run.report["examples"],
            "documents of the evaluation were trained on",
            "evaluate on a test set that training never saw: summarizer doctor SPEC --test SPEC "
            "tells whether two sets overlap",
        )


def no_better(run: Run) -> Iterator[Finding]:
    """Name a model that does no better than the first words of the documents."""
    ours = run.report.get("differences", {}).get(BASELINE, {})
    found = [ours[metric] for metric in METRICS if metric in ours]
    if found and all(difference["low"] <= 0 for difference in found):
        count = int(run.report.get("examples", 0))
        yield Finding(
            "no better than the first words",
            count,
            count,
            "documents are summarized no better than by their first words: the difference in "
            f"ROUGE-1 is {_interval(found[0])}",
            "train longer or on more pairs; summarizer doctor SPEC tells where first words are "
            "hard to beat",
        )


def _interval(difference: dict[str, float]) -> str:
    return f"{difference['mean']:+.1f} [{difference['low']:+.1f}, {difference['high']:+.1f}]"


def repetition(run: Run) -> Iterator[Finding]:
    """Name summaries that say the same twice."""
    lines = [line for line in run.predictions if countable(str(line.get("reference", "")))]
    found = [line for line in lines if repeats(_words(line, "prediction"))]
    usual = sum(repeats(_words(line, "reference")) for line in lines)
    if found and len(found) - usual >= REPEATED * len(lines):
        block = "" if run.config.decode.no_repeat_ngram else "--set decode.no_repeat_ngram=3 and "
        yield Finding(
            "repetition",
            len(found),
            len(lines),
            f"summaries say three words twice, or one word three times in a row; {usual:,} of the "
            "references do",
            f"{block}--preset coverage (train.coverage_loss=1) when training again, or "
            "--coverage-penalty 0.2 when summarizing",
            f"{found[0].get('id')} {excerpt(str(found[0]['prediction']))}",
        )


def repeats(words: Sequence[str]) -> bool:
    """Tell whether three words come twice, or a word comes three times in a row."""
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(runs)) < len(runs) or any(len(set(run)) == 1 for run in runs)


def one_for_all(run: Run) -> Iterator[Finding]:
    """Name a summary that is written again and again, and summaries that are empty."""
    lines = run.predictions
    counts, usual = (
        Counter(" ".join(_words(line, key)) for line in lines)
        for key in ("prediction", "reference")
    )
    empty = counts.pop("", 0)
    if empty and empty >= EMPTY * len(lines):
        at = next(line for line in lines if not _words(line, "prediction"))
        yield Finding(
            "empty summaries",
            empty,
            len(lines),
            "summaries have no word",
            "--set decode.min_tokens=4, or --min-words when summarizing; and look whether references "
            "are empty: summarizer doctor SPEC",
            str(at.get("id")),
        )
    for text, count in counts.most_common(1):
        if count >= max(SAME * len(lines), TIMES) and count > 2 * usual[text]:
            yield Finding(
                "one summary for many",
                count,
                len(lines),
                "documents get one and the same summary: the model hardly looks at them",
                "train longer; summarizer doctor SPEC tells of summaries that many documents have",
                excerpt(text),
            )


def _words(line: dict[str, object], key: str) -> list[str]:
    return words(str(line.get(key, "")))
