"""Check the evaluation in a run's folder: overlap with training, baselines, repetition."""

from collections import Counter
from collections.abc import Iterator, Sequence

from summarizer.doctor.difficulty import has_words, split_words
from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.run_files import RunFiles

# Readers notice one repetitive summary in twenty more than among the references.
REPEATED = 0.05
CONSTANT, MIN_CONSTANT = 0.05, 3
# A search with at least two tokens does not write empty summaries by chance.
EMPTY = 0.01

BASELINE, METRICS = "first-k-words", ("rouge1", "rougeL")
_CONSTANT_ADVICE = (
    "train longer: the model hardly uses the documents; summarizer doctor SPEC reports summaries "
    "that many training documents share"
)


def train_overlap(run: RunFiles) -> Iterator[Finding]:
    """Report evaluation documents that `evaluate` recognized as training documents."""
    if overlap := run.report.get("overlap"):
        documents = run.report["examples"]
        yield Finding.build("evaluated on what was trained on", overlap, documents)


def no_better_than_lead(run: RunFiles) -> Iterator[Finding]:
    """Report a model that is no better than the lead baseline, in ROUGE-1 and in ROUGE-L."""
    by_metric = run.report.get("differences", {}).get(BASELINE, {})
    differences = [by_metric[metric] for metric in METRICS if metric in by_metric]
    if differences and all(difference["low"] <= 0 for difference in differences):
        documents = int(run.report.get("examples", 0))
        mean, low, high = (differences[0][key] for key in ("mean", "low", "high"))
        interval = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"
        yield Finding.build(
            "no better than the first words", documents, documents, difference=interval
        )


def repetition(run: RunFiles) -> Iterator[Finding]:
    """Report summaries that repeat words more often than the references do."""
    records = [record for record in run.predictions if has_words(str(record.get("reference", "")))]
    repeated = [record for record in records if repeats(_words(record, "prediction"))]
    references = sum(repeats(_words(record, "reference")) for record in records)
    if repeated and len(repeated) - references >= REPEATED * len(records):
        example = f"{repeated[0].get('id')} {excerpt(str(repeated[0]['prediction']))}"
        block = "" if run.config.decode.no_repeat_ngram else "--set decode.no_repeat_ngram=3 and "
        yield Finding.build(
            "repetition", len(repeated), len(records), example, references=references, block=block
        )


def repeats(words: Sequence[str]) -> bool:
    """Return whether any three words occur twice, or a word occurs three times in a row."""
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(trigrams)) < len(trigrams) or any(len(set(words)) == 1 for words in trigrams)


def constant_or_empty_summaries(run: RunFiles) -> Iterator[Finding]:
    """Report a summary that many documents get, and empty summaries."""
    records = run.predictions
    summaries, references = (
        Counter(" ".join(_words(record, key)) for record in records)
        for key in ("prediction", "reference")
    )
    empty = summaries.pop("", 0)
    if empty and empty >= EMPTY * len(records):
        first = next(record for record in records if not _words(record, "prediction"))
        yield Finding.build("empty summaries", empty, len(records), str(first.get("id")))
    for summary, count in summaries.most_common(1):
        frequent = count >= max(CONSTANT * len(records), MIN_CONSTANT)
        if frequent and count > 2 * references[summary]:
            name, total, example = "one summary for many", len(records), excerpt(summary)
            yield Finding.build(name, count, total, example, advice=_CONSTANT_ADVICE)


def _words(record: dict[str, object], key: str) -> list[str]:
    return split_words(str(record.get(key, "")))
