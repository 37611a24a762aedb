"""Headlines and key points of the articles of `data/`."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from summarizer.api.shipped_model import find_model
from summarizer.api.summarizer import Summarizer
from summarizer.datasets import spec
from summarizer.summary_types import auto, headline, key_points
from summarizer.types import Example, Summary

_DATA = Path(__file__).parent.parent.parent / "data"
_WIDTH = 100  # or that of the terminal, if it is narrower


class _Articles(NamedTuple):
    """A file of articles.

    Attributes:
        title: printed above them.
        file: name in `data/`.
        type: of the summaries, if the model writes it; otherwise the model chooses.
    """

    title: str
    file: str
    type: str


_ARTICLES = (
    _Articles("News and features", "articles.en.jsonl", headline.TYPE.name),
    _Articles("Abstracts of papers", "abstracts.en.jsonl", auto.TYPE.name),
)


def demo(model: str | Path | None) -> Iterator[str]:
    """Summarize the English articles of `data/`; yield blocks of lines to print, the scores last.

    Each article has the headline or title that the model writes, the one that a person wrote, and
    its key points.

    Raises:
        ModelError: there is no model, or it cannot be used.
        InputError: the articles are missing: they come with a clone, not with the package.
    """
    folder = find_model(model)
    summarizer = Summarizer.load(folder)
    examples: list[Example] = []
    written: list[Summary] = []
    for articles in _ARTICLES:
        group = list(spec.examples(f"{_DATA / articles.file},summary=headline"))
        kind = articles.type if articles.type in summarizer.types else auto.TYPE.name
        documents = [example.document for example in group]
        summaries = summarizer.summarize_types(documents, [kind, key_points.TYPE.name])
        yield f"{articles.title} (data/{articles.file})\n"
        for example, summary in zip(group, summaries, strict=True):
            yield _article(example, summary[kind], summary[key_points.TYPE.name])
        examples += group
        written += [summary[kind] for summary in summaries]
    yield _scores(examples, [summary.text for summary in written])
    yield _first_line_of_card(folder)


def _article(example: Example, written: Summary, points: Summary) -> str:
    """Return the lines of an article: what the model wrote comes first."""
    source = "extract" if written.extract else written.type or "summary"
    lines = [f"{example.id}, {len(example.document.split())} words"]
    lines += [*_wrap(source, written.text), *_wrap("reference", example.summary or "")]
    for number, point in enumerate(points.text.split("\n")):
        lines += _wrap("" if number else "key points", point, "- ")
    return "\n".join(lines) + "\n"


def _wrap(label: str, text: str, bullet: str = "") -> list[str]:
    """Return the lines of a text beside its label."""
    head = f"  {label:<11}{bullet}"
    width = min(_WIDTH, shutil.get_terminal_size((_WIDTH, 1)).columns)
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _scores(examples: Sequence[Example], texts: Sequence[str]) -> str:
    """Return ROUGE of the headlines and titles beside that of the lead baseline, on one line."""
    from summarizer.evaluation.evaluate import LEAD_BASELINE, evaluate_summaries
    from summarizer.metrics.rouge import METRIC_LABELS

    report = evaluate_summaries(examples, texts)
    scores, baseline = report.scores, report.baselines[LEAD_BASELINE]
    pairs = (
        f"{METRIC_LABELS[m]} {scores[m]['mean']:.1f} ({baseline[m]['mean']:.1f})"
        for m in ("rouge1", "rouge2", "rougeL")
    )
    return f"{'  '.join(pairs)}   model (first words), {len(examples)} articles"


def _first_line_of_card(folder: Path) -> str:
    """Return the first line of text in the model's card: what it was trained on."""
    try:
        lines = (folder / "card.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{folder.name}: no card says what it was trained on"
    return next((line for line in lines if line and not line.startswith("#")), folder.name)
