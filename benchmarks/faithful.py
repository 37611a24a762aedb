"""What `--faithful strict` removes, and what it costs: numbers and names, ROUGE, seconds.

A model summarizes the first documents of a SPEC as it always does, and strictly. Of both it counts
the numbers and names that the document does not hold, and compares ROUGE F on the same documents. A
document without a strict summary has an empty one.
"""

import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import Report, arguments

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "saved_models" / "arxiv-titles"
PART = 64  # documents at once
METRICS = ("rouge1", "rouge2", "rougeL")


def main() -> None:
    sys.path.insert(0, str(ROOT))  # this project, installed or not
    parser = arguments(__doc__ or "")
    parser.add_argument("--test", help="a SPEC of pairs, such as arxiv_titles.test.jsonl.gz")
    parser.add_argument("--count", type=int, default=1000, help="documents, at most")
    parser.add_argument("--model", type=Path, default=MODEL, help="default: the shipped one")
    given = parser.parse_args()
    report = Report("faithful")
    if given.test is None:
        report.add("what strict removes and costs", None, "", note="no --test SPEC given")
    else:
        measured(given, report)
    print(report.write(given.results))


def measured(given: Any, report: Report) -> None:
    """Add the rows."""
    from summarizer import Summarizer
    from summarizer.datasets import spec
    from summarizer.metrics import bootstrap, rouge
    from summarizer.text import numbers_and_names

    count = 8 if given.quick else given.count
    split = "test" if spec.has_splits(given.test) else "all"
    examples = list(itertools.islice(spec.examples(given.test, split), count))
    documents = [example.document for example in examples]
    references = [example.summary or "" for example in examples]
    stem = rouge.default_stem(references)
    summarizer = Summarizer.load(given.model)
    scores, texts = {}, {}
    for way in ("off", "strict"):
        began = time.perf_counter()
        texts[way] = found = summaries(summarizer, documents, way)
        seconds = (time.perf_counter() - began) / len(documents)
        pairs = zip(found, documents, strict=True)
        wrong = [numbers_and_names.unsupported(*pair, summarizer.known_words) for pair in pairs]
        scores[way] = rouge.score(found, references, stem)
        for kind, number in (("numbers", True), ("names", False)):
            total = sum(claim.number is number for row in wrong for claim in row)
            target = 0 if way == "strict" else None
            report.add(f"{way}: {kind} that the document lacks", total, "", target=target)
        share = 100 * sum(map(bool, wrong)) / len(wrong)
        report.add(f"{way}: summaries with any of these", share, "%")
        report.add(f"{way}: documents without a summary", found.count(""), "")
        report.add(f"{way}: a document", 1000 * seconds, "ms")
        for metric in METRICS:
            spread = bootstrap.bootstrap_interval(scores[way][metric])
            report.add(f"{way}: {metric}", spread["mean"], "", spread["low"], spread["high"])
        report.detail[f"{way}: lacking"] = {
            examples[i].id: [claim.text for claim in row] for i, row in enumerate(wrong) if row
        }
    for metric in METRICS:
        spread = bootstrap.paired_interval(scores["strict"][metric], scores["off"][metric])
        report.add(f"strict - off: {metric}", spread["mean"], "", spread["low"], spread["high"])
    changed = sum(a != b for a, b in zip(texts["off"], texts["strict"], strict=True))
    report.add("summaries that strict changes", 100 * changed / len(documents), "%")
    report.detail |= {"documents": len(documents), "data": given.test, "stem": stem}


def summaries(summarizer: Any, documents: Sequence[str], way: str) -> list[str]:
    """Summarize documents, faithful as asked; nothing where there is no such summary."""
    from summarizer.errors import InputError

    out: list[str] = []
    for begin in range(0, len(documents), PART):
        part = documents[begin : begin + PART]
        try:
            out += [found.text for found in summarizer.summarize(part, faithful=way)]
        except InputError:  # one of them has none
            alone = len(part) == 1
            out += [""] if alone else [summaries(summarizer, [text], way)[0] for text in part]
    return out


if __name__ == "__main__":
    main()
