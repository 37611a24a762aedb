"""Summaries of the articles of `data/` beside the lead baseline."""

from collections.abc import Iterator
from pathlib import Path

from summarizer.api.shipped_model import find_model
from summarizer.api.summarizer import Summarizer
from summarizer.datasets import spec
from summarizer.evaluation import lead

_REPOSITORY = Path(__file__).parent.parent.parent
DEMO = ("abstracts.en.jsonl,summary=headline", "articles.en.jsonl,summary=headline")


def demo(model: str | Path | None) -> Iterator[str]:
    """Summarize the English articles of `data/`; yield lines to print, the scores last.

    Raises:
        ModelError: there is no model, or it cannot be used.
        InputError: the articles are missing: they come with a clone, not with the package.
    """
    from summarizer.evaluation.evaluate import LEAD_BASELINE, evaluate_summaries
    from summarizer.metrics.rouge import METRIC_LABELS

    folder = find_model(model)
    summarizer = Summarizer.load(folder)
    examples = [
        example for name in DEMO for example in spec.examples(str(_REPOSITORY / "data" / name))
    ]
    documents = [example.document for example in examples]
    leads = lead.lead(examples)
    summaries = [summary.text for summary in summarizer.summarize(documents)]
    for example, summary, words in zip(examples, summaries, leads, strict=True):
        yield f"{example.id}\n  model      {summary}\n  reference  {example.summary}"
        yield f"  first {len(words.split()):<4} {words}\n"
    report = evaluate_summaries(examples, summaries)
    scores, baseline = report.scores, report.baselines[LEAD_BASELINE]
    pairs = (
        f"{METRIC_LABELS[m]} {scores[m]['mean']:.1f} ({baseline[m]['mean']:.1f})"
        for m in ("rouge1", "rouge2", "rougeL")
    )
    yield f"{'  '.join(pairs)}   model (first words), {len(examples)} articles"
    yield _first_line_of_card(folder)


def _first_line_of_card(folder: Path) -> str:
    """Return the first line of text in the model's card: what it was trained on."""
    try:
        lines = (folder / "card.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{folder.name}: no card says what it was trained on"
    return next((line for line in lines if line and not line.startswith("#")), folder.name)
