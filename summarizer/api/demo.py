"""Summaries of the articles of `data/` beside the lead baseline."""

from collections.abc import Iterator
from pathlib import Path

from summarizer.api.summarizer import Summarizer, find_model
from summarizer.datasets import spec as specs
from summarizer.evaluation import lead

_CLONE = Path(__file__).parent.parent.parent
DEMO = ("abstracts.en.jsonl,summary=headline", "articles.en.jsonl,summary=headline")


def demo(model: str | Path | None) -> Iterator[str]:
    """Summarize the English articles of `data/`; yield what to print, the scores last.

    Raises:
        ModelError: no model, or it cannot be used.
        InputError: the articles are not there: they come with a clone, not with the package.
    """
    from summarizer.evaluation.evaluate import LEAD_BASELINE, evaluate_summaries
    from summarizer.metrics.rouge import METRIC_LABELS

    folder = find_model(model)
    summarizer = Summarizer.load(folder)
    examples = [e for name in DEMO for e in specs.examples(str(_CLONE / "data" / name))]
    first = lead.lead(examples)
    found = [s.text for s in summarizer.summarize([e.document for e in examples])]
    for example, summary, words in zip(examples, found, first, strict=True):
        yield f"{example.id}\n  model      {summary}\n  reference  {example.summary}"
        yield f"  first {len(words.split()):<4} {words}\n"
    scores = evaluate_summaries(examples, found)
    ours, theirs = scores.scores, scores.baselines[LEAD_BASELINE]
    names = {m: METRIC_LABELS[m] for m in ("rouge1", "rouge2", "rougeL")}
    pairs = (f"{n} {ours[m]['mean']:.1f} ({theirs[m]['mean']:.1f})" for m, n in names.items())
    yield f"{'  '.join(pairs)}   model (first words), {len(examples)} articles"
    yield _trained_on(folder)


def _trained_on(folder: Path) -> str:
    """What the model's card says first."""
    try:
        lines = (folder / "card.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{folder.name}: no card says what it was trained on"
    return next((line for line in lines if line and not line.startswith("#")), folder.name)
