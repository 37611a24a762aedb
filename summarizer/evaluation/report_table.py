"""The table of a report, for people."""

from collections.abc import Sequence

from summarizer.evaluation.statistics_table import table_rows
from summarizer.metrics.bootstrap import format_interval
from summarizer.metrics.significance import format_difference
from summarizer.types import Report


def report_table(report: Report) -> str:
    """Return the scores, one line for each metric, and the signature on the last line.

    "better" and "worse" follow `bootstrap.verdict`. Of the baselines after the first the table has
    only ROUGE-1, and of the statistics only the means; the report has the rest.
    """
    baseline, *other_baselines = report.baselines
    scores = [["", "model", "precision", "recall", baseline, "difference"]]
    for metric, result in report.scores.items():
        sides = [
            f"{result[side]:.1f}" if side in result else "" for side in ("precision", "recall")
        ]
        baseline_score = format_interval(report.baselines[baseline][metric])
        difference = format_difference(report.differences[baseline][metric])
        scores.append([metric, format_interval(result), *sides, baseline_score, difference])
    parts = [scores]
    if other_baselines:
        parts.append([["rouge1 of", "", "difference"]])
        for name in other_baselines:
            score = format_interval(report.baselines[name]["rouge1"])
            parts[-1].append([name, score, format_difference(report.differences[name]["rouge1"])])
    if report.diagnostics:
        parts.append([["mean of", *report.diagnostics]])
        parts[-1] += table_rows(list(report.diagnostics.values()))
    return "\n".join(map(aligned_rows, parts)) + report.signature + "\n"


def aligned_rows(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with equal numbers of cells as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)
