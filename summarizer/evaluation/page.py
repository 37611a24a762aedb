"""Lays a report out as one page for a browser: `report.html`. Pure; all text is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from summarizer.evaluation import drawing, statistics_table
from summarizer.evaluation.drawing import Whisker
from summarizer.evaluation.evaluate import format_difference, format_interval
from summarizer.evaluation.extractive_baselines import BOUNDS
from summarizer.evaluation.marking import Mark, beside, matched
from summarizer.evaluation.statistics_table import MODEL
from summarizer.evaluation.template import page
from summarizer.types import Report

NAMES = {
    "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L", "rougeLsum": "ROUGE-Lsum",
    "exact": "exact matches", "kept": "kept words",
}  # fmt: skip
DECIDES = "rouge1"  # what examples are best and worst by
FACTS = ("model", "test", "command", "signature", "fingerprint", "config_hash")
EACH = 3  # examples of each kind


def chosen(report: Report) -> dict[str, list[int]]:
    """Return "best", "median" and "worst" → rows of examples by ROUGE-1, none of them twice."""
    scores = [record[DECIDES] for record in report.per_example]
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    found, middle = {"best": order[:EACH]}, len(order) // 2
    rest = order[EACH:]
    worst = rest[-EACH:][::-1]
    half = order[max(middle - EACH // 2, 0) : middle + EACH // 2 + 1]
    return found | {"median": [i for i in half if i in rest and i not in worst], "worst": worst}


def render(
    report: Report,
    documents: Sequence[str],
    marks: Mapping[int, Sequence[Mark]],
) -> str:
    """Return the page.

    Args:
        report: with diagnostics.
        documents: of all examples.
        marks: row of an example → the words of its summary; others are matched by their text.
    """
    title = f"Evaluation on {report.examples:,} documents"
    parts = [f"<h1>{title}</h1>", _about(report), _scores(report)]
    parts += [_distributions(report), _habits(report), _lengths(report)]
    for kind, rows in chosen(report).items():
        parts += [f"<h2>The {kind} by ROUGE-1</h2>"] if rows else []
        for row in rows:
            record, document = report.per_example[row], documents[row]
            words = marks.get(row)
            if words is None:
                words = matched(record["prediction"], document)
            parts.append(_example(record, document, words))
    return page(title, "\n".join(parts))


def _about(report: Report) -> str:
    """What was measured and how, as far as it is known."""
    facts = {name: str(getattr(report, name)) for name in FACTS}
    rows = (f"<dt>{escape(k)}</dt><dd><code>{escape(v)}</code></dd>" for k, v in facts.items() if v)
    return f"<dl>{''.join(rows)}</dl>"


def _scores(report: Report) -> str:
    """A plot of each metric, and all numbers as tables."""
    systems = {MODEL: report.scores, **report.baselines}
    plots = {}
    for metric in report.scores:
        rows = [_whisker(name, scores[metric]) for name, scores in systems.items()]
        title = f"{NAMES.get(metric, metric)}, in points, with 95% bootstrap intervals"
        plots[title] = drawing.whiskers(title, rows)
    heads = ["", *(NAMES.get(metric, metric) for metric in report.scores)]
    scores = [
        [n, *(format_interval(found[m]) for m in report.scores)] for n, found in systems.items()
    ]
    less = [
        [name, *(format_difference(found[metric]) for metric in report.scores)]
        for name, found in report.differences.items()
    ]
    return (
        f"<h2>Scores</h2>{_plots(plots)}<details open><summary>Numbers"
        f"</summary>{_table(heads, scores)}<h3>Model less each, on the same examples</h3>"
        f"{_table(heads, less)}</details><p>The nearest sentence and the oracle are chosen by "
        "looking at the references: they bound what extraction can reach.</p>"
    )


def _whisker(name: str, score: Mapping[str, float]) -> Whisker:
    kind = "own" if name == MODEL else "bound" if name in BOUNDS else "other"
    return Whisker(name, score["mean"], score["low"], score["high"], kind)


def _distributions(report: Report) -> str:
    scores = [record[DECIDES] for record in report.per_example]
    words = [record["diagnostics"] for record in report.per_example]
    lengths = {
        "summaries": [measured["length"] for measured in words],
        "references": [measured["reference_length"] for measured in words],
    }
    drawn = {
        "ROUGE-1 of the summaries": ("points", {MODEL: scores}),
        "Length of summaries and references": ("words", lengths),
    }
    plots = {title: drawing.histogram(title, *given) for title, given in drawn.items()}
    return f"<h2>Distributions</h2>{_plots(plots)}"


def _habits(report: Report) -> str:
    rows = statistics_table.rows_of(list(report.diagnostics.values()), intervals=True)
    heads = ["mean of", *report.diagnostics]
    return f"<h2>What the summaries are like</h2>{_table(heads, rows)}"


def _lengths(report: Report) -> str:
    names = [f"{part['median']:,}" for part in report.lengths]
    series = {
        name: [_whisker(name, part["scores"][name][DECIDES]) for part in report.lengths]
        for name in report.lengths[0]["scores"]
    }
    title = "ROUGE-1 by the length of the document"
    plot = drawing.steps(title, "words of the document, median of a fifth", names, series)
    heads = ["", *(f"{p['shortest']:,} to {p['longest']:,} words" for p in report.lengths)]
    rows = [["documents", *(f"{part['documents']:,}" for part in report.lengths)]]
    rows += statistics_table.rows_of(
        [part["diagnostics"] for part in report.lengths], intervals=True
    )
    return (
        f"<h2>By length of the document</h2>{_plots({title: plot})}<details><summary>What the "
        f"model's summaries are like in each fifth</summary>{_table(heads, rows)}</details>"
    )


def _example(record: Mapping[str, Any], document: str, words: Sequence[Mark]) -> str:
    summary, text = beside(record["prediction"], document, words)
    references = (
        f'<p class="text">{escape(one)}</p>'
        for one in record.get("references", [record["reference"]])
    )
    scores = ", ".join(f"{NAMES[m]} {record[m]:.1f}" for m in NAMES if m in record)
    return (
        f'<section class="example"><h3>{escape(str(record["id"]))}</h3><p>{scores}</p>'
        f'<div class="sides"><div><h3>Reference</h3>{"".join(references)}'
        f'<h3>Summary, copied words underlined</h3><p class="text">{summary}</p>'
        f'<p class="note" aria-live="polite"></p></div><div><h3>Document</h3>'
        f'<div class="text document" tabindex="0" role="region" aria-label="document">{text}</div>'
        "</div></div></section>"
    )


def _plots(drawn: Mapping[str, str]) -> str:
    """Drawings, side by side where there is room, each below its title."""
    figures = (
        f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"
        for title, svg in drawn.items()
    )
    return '<div class="plots">' + "".join(figures) + "</div>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = ""
    for name, *cells in rows:
        body += f'<tr><th scope="row">{escape(name)}</th>'
        body += "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>"
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )
