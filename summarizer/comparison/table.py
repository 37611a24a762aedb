"""Tables of results as Markdown and as JSON; pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from summarizer.comparison.results import METRICS, VariantResult
from summarizer.metrics.bootstrap import (
    bootstrap_interval,
    format_interval,
    paired_interval,
    verdict,
)
from summarizer.metrics.rouge import METRIC_LABELS

REFERENCE = "lstm"  # the variant that the others are compared with, if it is among them
TITLES = {
    "time": "Trained for the same time",
    "examples": "Trained on the same number of examples",
}
PLOTS = {
    "minutes": "ROUGE-1 on the validation documents against minutes of training",
    "length": "ROUGE-1 against the length of the document",
    "distance": "Norm of the gradient against distance",
}
_COPIED_FIELDS = ["speed", "minutes", "examples", "loss", "repeated", "copied", "generated"]


def reference(results: Sequence[VariantResult]) -> VariantResult | None:
    """Return the result that the others are compared with: `lstm`'s, else the first measured."""
    measured = [result for result in results if not result.failed]
    return next((r for r in measured if r.name == REFERENCE), measured[0] if measured else None)


def rows(results: Sequence[VariantResult]) -> list[dict[str, Any]]:
    """Return a record for each variant, in the order of the results.

    `difference` is relative to the reference on the same documents, by metric; `verdict` is
    "better" or "worse" if the interval of the difference in ROUGE-1 excludes 0, else "".
    """
    base, records = reference(results), []
    for result in results:
        record: dict[str, Any] = {"name": result.name, "parameters": result.parameters}
        if result.failed or base is None:
            records.append({**record, "failed": result.failed})
            continue
        record |= {name: getattr(result, name) for name in _COPIED_FIELDS}
        record |= {metric: bootstrap_interval(result.scores[metric]) for metric in METRICS}
        if result is not base:
            record["difference"] = {
                metric: paired_interval(result.scores[metric], base.scores[metric])
                for metric in METRICS
            }
            record["verdict"] = verdict(record["difference"]["rouge1"])
        records.append(record)
    return records


def markdown(results: Sequence[VariantResult]) -> str:
    """Return the table as Markdown; its last rows are the lead baseline and the references."""
    base = reference(results)
    base_name = base.name if base else REFERENCE
    heads = ["variant", "parameters", "examples/s", "minutes", "examples", "validation loss"]
    heads += [METRIC_LABELS[metric] for metric in METRICS]
    heads += [f"ROUGE-1 less `{base_name}`'s", "repeated", "copied", "generated"]
    lines = [_line(heads), _line(["---"] + ["---:"] * (len(heads) - 1))]
    lines += [_line(_cells(row, len(heads))) for row in rows(results)]
    if base:
        lead = [format_interval(base.first[metric]) for metric in METRICS]
        lines.append(_line(["the first words", *[""] * 5, *lead, "", "", "", ""]))
        repeated, copied = base.written
        lines.append(_line(["the references", *[""] * 9, f"{repeated:.1%}", f"{copied:.1%}", ""]))
    lines += [""] + [f"`{r.name}` was not trained: {r.failed}\n" for r in results if r.failed]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(row: Mapping[str, Any], count: int) -> list[str]:
    name = [f"`{row['name']}`", f"{row['parameters']:,}"]
    if "failed" in row:
        return [*name, "failed", *[""] * (count - 3)]
    training = [f"{row['speed']:.0f}", f"{row['minutes']:.1f}", f"{row['examples']:,}"]
    scores = [format_interval(row[metric]) for metric in METRICS]
    difference = ""
    if "difference" in row:
        interval = format_interval(row["difference"]["rouge1"], "+")
        difference = f"{interval} {row['verdict']}".rstrip()
    shares = [row["repeated"], row["copied"], row["generated"]]
    percentages = ["" if share is None else f"{share:.1%}" for share in shares]
    return [*name, *training, f"{row['loss']:.3f}", *scores, difference, *percentages]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def all_tables(parts: Mapping[str, Sequence[VariantResult]], plot_folder: str) -> str:
    """Return all parts of a comparison with their plots, as Markdown.

    Args:
        parts: `time` and `examples`, or one of them → results.
        plot_folder: folder of the plots in links, with a slash or a prefix at its end, or "".
    """
    sections = []
    for part, results in parts.items():
        first = next((r for r in results if not r.failed), results[0])
        # The name of a file, without the folders of this machine.
        spec = first.test.rpartition("/")[2] if first.test.startswith("/") else first.test
        caption = f"Measured on {first.documents:,} documents of `{spec}`."
        sections += [f"## {TITLES[part]}", caption, markdown(results)]
        if not first.failed:
            sections += [
                f"![{text}]({plot_folder}{part}-{name}.svg)" for name, text in PLOTS.items()
            ]
    return "\n\n".join(section.rstrip("\n") for section in sections) + "\n"


def insert_tables(tables: str, page: str) -> str:
    """Return a page with the tables between its marks, instead of what is there.

    Raises:
        ValueError: the page does not have both marks, one after the other.
    """
    begin, end = "<!-- family begins -->", "<!-- family ends -->"
    before, begin_mark, after_begin = page.partition(begin)
    _, end_mark, after = after_begin.partition(end)
    if not begin_mark or not end_mark:
        raise ValueError(f"has no {begin} with {end} after it")
    return f"{before}{begin}\n\n{tables}\n{end}{after}"
