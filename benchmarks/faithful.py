"""Effect and cost of `--faithful strict`: unsupported numbers and names, ROUGE, seconds.

A model summarizes the first documents of a SPEC with faithful=off and with faithful=strict. For
both, the benchmark counts the numbers and names that the document does not contain, and compares
ROUGE F on the same documents. A document without a strict summary has an empty one.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measure import Report, arguments

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from summarizer import Summarizer
    from summarizer.text.numbers_and_names import Mention
    from summarizer.types import Example

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "saved_models" / "english"
BATCH_SIZE = 64  # documents summarized at once
METRICS = ("rouge1", "rouge2", "rougeL")


class Measured(NamedTuple):
    """The summaries of one mode.

    Attributes:
        texts: one summary a document, "" if there is none.
        mentions: numbers and names of each summary that its document does not contain.
        scores: metric → float64 [n], ROUGE F in points.
        seconds: seconds a document.
    """

    texts: list[str]
    mentions: "list[list[Mention]]"
    scores: "dict[str, npt.NDArray[np.float64]]"
    seconds: float


def main() -> None:
    sys.path.insert(0, str(ROOT))  # this project, whether or not it is installed
    parser = arguments(__doc__ or "")
    parser.add_argument("--test", help="SPEC of pairs, such as arxiv_titles.test.jsonl.gz")
    parser.add_argument("--count", type=int, default=1000, help="maximum number of documents")
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="model folder; default: the shipped model"
    )
    options = parser.parse_args()
    report = Report("faithful")
    if options.test is None:
        report.add("what strict removes and costs", None, "", note="no --test SPEC given")
    else:
        compare_modes(options, report)
    print(report.write(options.results))


def compare_modes(options: argparse.Namespace, report: Report) -> None:
    """Measure both modes on the same documents, and add the rows."""
    from summarizer import Summarizer
    from summarizer.datasets import spec
    from summarizer.metrics import bootstrap, rouge

    count = 8 if options.quick else options.count
    split = "test" if spec.has_splits(options.test) else "all"
    examples = list(itertools.islice(spec.examples(options.test, split), count))
    stem = rouge.default_stem(example.summary or "" for example in examples)
    summarizer = Summarizer.load(options.model)
    modes = {}
    for mode in ("off", "strict"):
        modes[mode] = measure_mode(summarizer, options.model, examples, mode, stem)
        add_rows(report, mode, modes[mode])
        report.detail[f"{mode}: lacking"] = {
            example.id: [mention.text for mention in mentions]
            for example, mentions in zip(examples, modes[mode].mentions, strict=True)
            if mentions
        }
    off, strict = modes["off"], modes["strict"]
    for metric in METRICS:
        spread = bootstrap.paired_interval(strict.scores[metric], off.scores[metric])
        report.add(f"strict - off: {metric}", spread["mean"], "", spread["low"], spread["high"])
    changed = sum(a != b for a, b in zip(off.texts, strict.texts, strict=True))
    report.add("summaries that strict changes", 100 * changed / len(examples), "%")
    report.detail |= {"documents": len(examples), "data": options.test, "stem": stem}


def measure_mode(
    summarizer: "Summarizer", model: Path, examples: "Sequence[Example]", mode: str, stem: bool
) -> Measured:
    """Summarize the documents in one mode, and score the summaries."""
    from summarizer.datasets import lowercase_words
    from summarizer.metrics import rouge
    from summarizer.text import numbers_and_names

    known_words = lowercase_words.load_lowercase_words(model)
    documents = [example.document for example in examples]
    began = time.perf_counter()
    texts = summaries(summarizer, documents, mode)
    seconds = (time.perf_counter() - began) / len(documents)
    mentions = [
        numbers_and_names.unsupported(text, document, known_words)
        for text, document in zip(texts, documents, strict=True)
    ]
    scores = rouge.score(texts, [example.summary or "" for example in examples], stem)
    return Measured(texts, mentions, scores, seconds)


def add_rows(report: Report, mode: str, measured: Measured) -> None:
    """Add the rows of one mode."""
    from summarizer.metrics import bootstrap

    for kind, number in (("numbers", True), ("names", False)):
        total = sum(m.number is number for mentions in measured.mentions for m in mentions)
        target = 0 if mode == "strict" else None
        report.add(f"{mode}: {kind} that the document lacks", total, "", target=target)
    share = 100 * sum(map(bool, measured.mentions)) / len(measured.mentions)
    report.add(f"{mode}: summaries with any of these", share, "%")
    report.add(f"{mode}: documents without a summary", measured.texts.count(""), "")
    report.add(f"{mode}: a document", 1000 * measured.seconds, "ms")
    for metric in METRICS:
        spread = bootstrap.bootstrap_interval(measured.scores[metric])
        report.add(f"{mode}: {metric}", spread["mean"], "", spread["low"], spread["high"])


def summaries(summarizer: "Summarizer", documents: Sequence[str], mode: str) -> list[str]:
    """Return the summaries in one mode; "" for a document that has none."""
    from summarizer.errors import InputError

    texts: list[str] = []
    for start in range(0, len(documents), BATCH_SIZE):
        batch = documents[start : start + BATCH_SIZE]
        try:
            texts += [summary.text for summary in summarizer.summarize(batch, faithful=mode)]
        except InputError:  # a document of the batch has no such summary
            if len(batch) == 1:
                texts.append("")
            else:
                texts += [summaries(summarizer, [document], mode)[0] for document in batch]
    return texts


if __name__ == "__main__":
    main()
