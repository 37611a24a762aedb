"""ROUGE of what a user gets, beside the model alone, the fallback alone and three baselines.

For each SPEC and for all documents together:

- types that the model writes: the default output, the model alone, and the fallback alone (the
  first sentence shortened to the length of the model's summary; of a TL;DR the best sentence);
- key points and longer summaries: key points, cut to the number of words of the reference.

First words, TextRank and LexRank have the number of words of the default output. Differences are
paired, with 95% intervals.
"""

import argparse
import functools
import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measure import Report, arguments

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from summarizer import Summarizer
    from summarizer.types import Example

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "saved_models" / "english"
BATCH_SIZE = 64  # documents summarized at once
METRICS = ("rouge1", "rouge2")
DEFAULT, ALONE, FALLBACK = "default", "model alone", "fallback alone"
FIRST = "first sentence"  # cut to the number of words of the model's summary
BASELINES = ("first words", "textrank", "lexrank")


class Outputs(NamedTuple):
    """What each system says of the documents.

    Attributes:
        texts: system → one text a document; the first system is what a user gets.
        references: the references of each document.
        confidence: of the summaries of the model, NaN for extracts, float64 [n].
        extracts: whether the default output is an extract, bool [n].
    """

    texts: dict[str, list[str]]
    references: list[list[str]]
    confidence: "npt.NDArray[np.float64]"
    extracts: "npt.NDArray[np.bool_]"


def main() -> None:
    sys.path.insert(0, str(ROOT))  # this project, whether or not it is installed
    parser = arguments(__doc__ or "")
    parser.add_argument(
        "--test", nargs="+", default=[], help="SPECs of pairs, whose options name their types"
    )
    parser.add_argument("--count", type=int, default=2000, help="maximum number of documents each")
    parser.add_argument("--seed", type=int, default=1, help="draws the documents of a longer SPEC")
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="model folder; default: the shipped model"
    )
    options = parser.parse_args()
    report = Report("quality")
    if options.test:
        measure(options, report)
    else:
        report.add("ROUGE of the default output", None, "", note="no --test SPEC given")
    print(report.write(options.results))


def measure(options: argparse.Namespace, report: Report) -> None:
    """Add the rows of each SPEC, and those of all together."""
    from summarizer import Summarizer

    summarizer = Summarizer.load(options.model)
    count = 8 if options.quick else options.count
    measured = []
    for spec in options.test:
        measured.append(outputs(summarizer, draw(spec, count, options.seed)))
        add_rows(report, spec, measured[-1])
    shared = [name for name in measured[0].texts if all(name in part.texts for part in measured)]
    if len(measured) > 1:
        add_rows(report, "all", joined(measured, shared))
    report.detail |= {"model": str(options.model), "data": options.test}


def draw(spec: str, count: int, seed: int) -> "list[Example]":
    """Return at most `count` examples of the test split of a SPEC, drawn by seed."""
    import numpy as np

    from summarizer.datasets import spec as specs

    split = "test" if specs.has_splits(spec) else "all"
    examples = [e for e in specs.examples(spec, split) if e.document.strip() and e.summary]
    rows = np.random.default_rng(seed).permutation(len(examples))[:count]
    return [examples[row] for row in sorted(rows)]


def outputs(summarizer: "Summarizer", examples: "Sequence[Example]") -> Outputs:
    """Summarize documents, each as the type of its example."""
    parts = []
    for kind, group in itertools.groupby(sorted(examples, key=type_of), key=type_of):
        rows = list(group)
        if kind in ("key-points", "summary"):
            parts.append(key_points(summarizer, rows))
        else:
            parts.append(written(summarizer, rows, "tldr" if kind == "tldr" else "auto"))
    return joined(parts, [name for name in parts[0].texts if all(name in p.texts for p in parts)])


def type_of(example: "Example") -> str:
    """Return the type of an example; "" if it has none."""
    return example.type or ""


def written(summarizer: "Summarizer", examples: "Sequence[Example]", kind: str) -> Outputs:
    """Return the outputs of a type that the model writes."""
    import numpy as np

    from summarizer.api.fallback import best_sentence, with_confidence
    from summarizer.decoding.options import DecodingOptions
    from summarizer.evaluation.lead import length
    from summarizer.runtime.confidence import cut_first_sentence
    from summarizer.text.shorten import shorten_first_sentence

    summaries = []
    options = {"type": kind} if summarizer.types else {}
    for begin in range(0, len(examples), BATCH_SIZE):
        documents = [example.document for example in examples[begin : begin + BATCH_SIZE]]
        summaries += summarizer.summarize(documents, fallback="none", **options)
    documents = [example.document for example in examples]
    chosen = with_confidence(
        documents, summaries, summarizer._confidence, DecodingOptions(), "extract",
        summarizer.sentence_scorer(),
    )  # fmt: skip
    confidence = np.array([np.nan if s.confidence is None else s.confidence for s in summaries])
    alone, default = [s.text for s in summaries], [s.text for s in chosen]
    extracts = np.array([s.extract for s in chosen])
    pairs = zip(documents, summaries, strict=True)
    if kind == "tldr":
        scorer = summarizer.sentence_scorer()
        fallback = [best_sentence(text, summary, scorer).text for text, summary in pairs]
    else:
        fallback = [
            shorten_first_sentence(text, max(length(summary.text), 1))[0] for text, summary in pairs
        ]
    first = [
        cut_first_sentence(example.document, length(text))
        for example, text in zip(examples, alone, strict=True)
    ]
    texts = {DEFAULT: default, ALONE: alone, FALLBACK: fallback, FIRST: first}
    texts |= baselines(examples, [length(text) for text in default])
    return Outputs(texts, references(examples), confidence, extracts)


def key_points(summarizer: "Summarizer", examples: "Sequence[Example]") -> Outputs:
    """Return key points of the number of words of the first reference."""
    import numpy as np

    from summarizer.api.extracts import split_document
    from summarizer.evaluation.lead import length

    scorer = summarizer.sentence_scorer()
    lengths = [length(reference[0]) for reference in references(examples)]
    texts = []
    for example, words in zip(examples, lengths, strict=True):
        sentences = split_document(example.document)
        choose = functools.partial(best_points, sentences, scorer(sentences))
        texts.append(cut_to(choose, sentences, words))
    return Outputs(
        {DEFAULT: texts, **baselines(examples, lengths)},
        references(examples),
        np.full(len(examples), np.nan),
        np.ones(len(examples), bool),
    )


def best_points(sentences: Sequence[str], scores: Sequence[float], count: int) -> list[int]:
    """Return the numbers of the sentences of this many key points."""
    from summarizer.summary_types import key_points

    return [part.sentence for part in key_points.extract(sentences, scores, count, exact=True)]


def baselines(examples: "Sequence[Example]", lengths: Sequence[int]) -> dict[str, list[str]]:
    """Return baseline → its text for each document, of a number of words each."""
    from summarizer.evaluation import extractive_baselines as extractive
    from summarizer.evaluation.lead import first_k_words
    from summarizer.text.centrality import centrality, textrank

    ranks = {"textrank": textrank, "lexrank": centrality}
    texts: dict[str, list[str]] = {name: [] for name in BASELINES}
    documents = extractive.sentence_documents(examples)
    for example, document, words in zip(examples, documents, lengths, strict=True):
        texts["first words"].append(first_k_words(example.document, words))
        for name, rank in ranks.items():
            order = extractive.central_sentences(document.words, len(document.words), rank)
            texts[name].append(cut_to(lambda k, order=order: order[:k], document.sentences, words))
    return texts


def cut_to(choose: Callable[[int], list[int]], sentences: Sequence[str], words: int) -> str:
    """Return the fewest sentences that have a number of words, in order, cut to it.

    Args:
        choose: number of sentences → their numbers.
        sentences: of the document.
        words: number of words.
    """
    from summarizer.evaluation.lead import first_k_words, length
    from summarizer.text.sentences import join_sentences

    text = ""
    for count in range(1, len(sentences) + 1):
        text = join_sentences([sentences[i] for i in sorted(choose(count))])
        if length(text) >= words:
            break
    return first_k_words(text, words)


def references(examples: "Sequence[Example]") -> list[list[str]]:
    """Return the references of each example."""
    from summarizer.evaluation.predictions import references_of

    return [list(references_of(example)) for example in examples]


def joined(parts: Sequence[Outputs], names: Sequence[str]) -> Outputs:
    """Return the outputs of these systems on the documents of all parts."""
    import numpy as np

    return Outputs(
        {name: [text for part in parts for text in part.texts[name]] for name in names},
        [reference for part in parts for reference in part.references],
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.extracts for part in parts]),
    )


def add_rows(report: Report, spec: str, measured: Outputs) -> None:
    """Add the scores of each system, and the differences to what a user gets."""
    import numpy as np

    from summarizer.metrics import bootstrap, rouge
    from summarizer.metrics.calibration import calibration_error

    scores = {
        name: rouge.score(texts, measured.references, True)
        for name, texts in measured.texts.items()
    }
    for metric, (name, values) in itertools.product(METRICS, scores.items()):
        interval = bootstrap.bootstrap_interval(values[metric])
        what = f"{spec}: {name}: {metric}"
        report.add(what, interval["mean"], "", interval["low"], interval["high"])
    for metric, name in itertools.product(METRICS, BASELINES):
        interval = bootstrap.paired_interval(scores[DEFAULT][metric], scores[name][metric])
        what = f"{spec}: {DEFAULT} - {name}: {metric}"
        report.add(what, interval["mean"], "", interval["low"], interval["high"])
    report.add(f"{spec}: documents", len(measured.references), "")
    report.add(f"{spec}: extracts", 100 * float(measured.extracts.mean()), "%")
    if ALONE in scores and not np.isnan(measured.confidence).any():
        events = scores[ALONE]["rouge1"] >= scores[FIRST]["rouge1"]
        error = calibration_error(measured.confidence, events)
        report.add(f"{spec}: expected calibration error", error, "", target=0.05)


if __name__ == "__main__":
    main()
