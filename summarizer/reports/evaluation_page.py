"""The page of an evaluation report: `report.html`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from summarizer.evaluation.extractive_baselines import BOUNDS
from summarizer.evaluation.statistics_table import MODEL, table_rows
from summarizer.metrics.bootstrap import format_interval
from summarizer.metrics.rouge import METRIC_LABELS
from summarizer.metrics.significance import format_difference
from summarizer.reports import html, plots
from summarizer.reports.highlights import MarkedSummary, highlight_pair, mark_by_text
from summarizer.reports.plots import Interval, Plot
from summarizer.types import Report

RANKED_BY = "rouge1"  # the metric that ranks examples
FACTS = {
    "model": "Model",
    "test": "Test data",
    "command": "Command",
    "signature": "Signature",
    "fingerprint": "Fingerprint of the test data",
    "config_hash": "Configuration hash",
}
EXAMPLES_PER_KIND = 3
SHOWN_CHARACTERS = 20_000  # a longer document is cut, but not before its last highlight
QUARTILES = ("minimum", "25%", "median", "75%", "maximum")


class Table(NamedTuple):
    """A table: its column heads, and rows that begin with their name."""

    heads: list[str]
    rows: list[list[str]]


def select_examples(report: Report) -> dict[str, list[int]]:
    """Return the rows of the best, median and worst examples by ROUGE-1, each row at most once."""
    scores = [record[RANKED_BY] for record in report.per_example]
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    middle, others = len(order) // 2, order[EXAMPLES_PER_KIND:]
    worst = others[-EXAMPLES_PER_KIND:][::-1]
    around = order[max(middle - EXAMPLES_PER_KIND // 2, 0) : middle + EXAMPLES_PER_KIND // 2 + 1]
    return {
        "best": order[:EXAMPLES_PER_KIND],
        "median": [row for row in around if row in others and row not in worst],
        "worst": worst,
    }


def render(report: Report, documents: Sequence[str], marked: Mapping[int, MarkedSummary]) -> str:
    """Return the page.

    Args:
        report: a report with diagnostics.
        documents: the documents of all examples.
        marked: row of an example → its summary with marked words; the words of other examples
            are matched by their text.
    """
    values = {label: str(getattr(report, name)) for name, label in FACTS.items()}
    return html.render(
        "evaluation.html.j2",
        count=report.examples,
        facts={label: value for label, value in values.items() if value},
        plots=_plots(report),
        tables=_tables(report),
        bounds=BOUNDS,
        examples={
            kind: [_example(report, row, documents[row], marked.get(row)) for row in rows]
            for kind, rows in select_examples(report).items()
        },
        explained=bool(marked),
    )


def _tables(report: Report) -> dict[str, Table]:
    systems = {MODEL: report.scores, **report.baselines}
    metrics = list(report.scores)
    heads = ["", *(METRIC_LABELS.get(metric, metric) for metric in metrics)]
    return {
        "scores": Table(
            heads,
            [
                [name, *(format_interval(scores[m]) for m in metrics)]
                for name, scores in systems.items()
            ],
        ),
        "differences": Table(
            heads,
            [
                [name, *(format_difference(difference[m]) for m in metrics)]
                for name, difference in report.differences.items()
            ],
        ),
        "quartiles": Table(
            ["", *QUARTILES],
            [
                [name, *(f"{value:.1f}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))]
                for name, values in {"ROUGE-1": _ranking(report), **_word_counts(report)}.items()
            ],
        ),
        "statistics": Table(
            ["mean of", *report.diagnostics],
            table_rows(list(report.diagnostics.values()), intervals=True),
        ),
        "lengths": _length_table(report),
    }


def _length_table(report: Report) -> Table:
    ranges = (f"{part['shortest']:,} to {part['longest']:,} words" for part in report.lengths)
    rows = [["documents", *(f"{part['documents']:,}" for part in report.lengths)]]
    for name in report.lengths[0]["scores"]:
        scores = (format_interval(part["scores"][name][RANKED_BY]) for part in report.lengths)
        rows.append([f"ROUGE-1 of {name}", *scores])
    rows += table_rows([part["diagnostics"] for part in report.lengths], intervals=True)
    return Table(["", *ranges], rows)


def _plots(report: Report) -> dict[str, list[Plot]]:
    """Return the plots of each section; without matplotlib there are none."""
    if not plots.available():
        return {"scores": [], "distributions": [], "lengths": []}
    systems = {MODEL: report.scores, **report.baselines}
    by_length = {
        name: [_interval(name, part["scores"][name][RANKED_BY]) for part in report.lengths]
        for name in report.lengths[0]["scores"]
    }
    medians = [f"{part['median']:,}" for part in report.lengths]
    return {
        "scores": [
            plots.interval_rows(
                f"{METRIC_LABELS.get(metric, metric)} in points, with 95% bootstrap intervals",
                [_interval(name, scores[metric]) for name, scores in systems.items()],
            )
            for metric in report.scores
        ],
        "distributions": [
            plots.histogram("ROUGE-1 of the summaries", "points", {MODEL: _ranking(report)}),
            plots.histogram("Length of summaries and references", "words", _word_counts(report)),
        ],
        "lengths": [
            plots.interval_lines(
                "ROUGE-1 by document length",
                "words in the document (median of each fifth)",
                medians,
                by_length,
            )
        ],
    }


def _interval(name: str, score: Mapping[str, float]) -> Interval:
    kind = "model" if name == MODEL else "bound" if name in BOUNDS else "other"
    return Interval(name, score["mean"], score["low"], score["high"], kind)


def _ranking(report: Report) -> list[float]:
    return [record[RANKED_BY] for record in report.per_example]


def _word_counts(report: Report) -> dict[str, list[float]]:
    statistics = [record["diagnostics"] for record in report.per_example]
    return {
        "words of the summaries": [measured["length"] for measured in statistics],
        "words of the references": [measured["reference_length"] for measured in statistics],
    }


def _example(
    report: Report, row: int, document: str, marked: MarkedSummary | None
) -> dict[str, Any]:
    record = report.per_example[row]
    if marked is None:
        marked = mark_by_text(record["prediction"], document)
    pair = highlight_pair([marked], document, SHOWN_CHARACTERS)
    names = (name for name in METRIC_LABELS if name in record)
    return {
        "id": record["id"],
        "scores": ", ".join(f"{METRIC_LABELS[name]} {record[name]:.1f}" for name in names),
        "references": record.get("references", [record["reference"]]),
        "summary": pair.summaries[0],
        "document": pair.document,
        "omitted": pair.omitted,
    }
