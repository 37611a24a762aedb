"""Lays results side by side as Markdown and as JSON; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from summarizer.comparison.results import METRICS, VariantResult
from summarizer.metrics import bootstrap
from summarizer.metrics.bootstrap import verdict

REFERENCE = "lstm"  # what the others are compared with, where it is among them
NAMES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
TITLES = {
    "time": "Trained for the same time",
    "examples": "Trained on the same number of examples",
}
PLOTS = {
    "minutes": "ROUGE-1 on the validation documents against minutes of training",
    "length": "ROUGE-1 against the length of the document",
    "distance": "Norm of the gradient against distance",
}


def reference(results: Sequence[VariantResult]) -> VariantResult | None:
    """Return the result that the others are compared with: `lstm`'s, else the first measured."""
    measured = [result for result in results if not result.failed]
    return next((r for r in measured if r.name == REFERENCE), measured[0] if measured else None)


def rows(results: Sequence[VariantResult]) -> list[dict[str, Any]]:
    """Return what the table says, a record a variant, in the order given.

    `difference` is that to the reference on the same documents, by metric; `verdict` is "better" or
    "worse" where the interval of the difference in ROUGE-1 excludes 0, else empty.
    """
    beside, found = reference(results), []
    for result in results:
        row: dict[str, Any] = {"name": result.name, "parameters": result.parameters}
        if result.failed or beside is None:
            found.append({**row, "failed": result.failed})
            continue
        row |= {
            name: getattr(result, name)
            for name in ("speed", "minutes", "examples", "loss", "repeated", "copied", "generated")
        }
        row |= {metric: bootstrap.bootstrap_interval(result.scores[metric]) for metric in METRICS}
        if result is not beside:
            row["difference"] = {
                m: bootstrap.paired_interval(result.scores[m], beside.scores[m]) for m in METRICS
            }
            row["verdict"] = verdict(row["difference"]["rouge1"])
        found.append(row)
    return found


def markdown(results: Sequence[VariantResult]) -> str:
    """Return the table as Markdown, with the first words and the references as last rows."""
    beside = reference(results)
    name = beside.name if beside else REFERENCE
    heads = ["variant", "parameters", "examples/s", "minutes", "examples", "validation loss"]
    heads += [*NAMES.values(), f"ROUGE-1 less `{name}`'s", "repeated", "copied", "generated"]
    lines = [_line(heads), _line(["---"] + ["---:"] * (len(heads) - 1))]
    lines += [_line(_cells(row, len(heads))) for row in rows(results)]
    if beside:
        first = [_interval(beside.first[metric]) for metric in METRICS]
        lines.append(_line(["the first words", *[""] * 5, *first, "", "", "", ""]))
        again, copied = beside.written
        lines.append(_line(["the references", *[""] * 9, f"{again:.1%}", f"{copied:.1%}", ""]))
    lines += [""] + [f"`{r.name}` was not trained: {r.failed}\n" for r in results if r.failed]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(row: Mapping[str, Any], count: int) -> list[str]:
    begin = [f"`{row['name']}`", f"{row['parameters']:,}"]
    if "failed" in row:
        return [*begin, "failed", *[""] * (count - 3)]
    scores = [_interval(row[metric]) for metric in METRICS]
    said = ""
    if "difference" in row:
        said = f"{_interval(row['difference']['rouge1'], '+')} {row['verdict']}".rstrip()
    gate = "" if row["generated"] is None else f"{row['generated']:.1%}"
    return [
        *begin, f"{row['speed']:.0f}", f"{row['minutes']:.1f}", f"{row['examples']:,}",
        f"{row['loss']:.3f}", *scores, said, f"{row['repeated']:.1%}", f"{row['copied']:.1%}", gate,
    ]  # fmt: skip


def _interval(score: Mapping[str, float], sign: str = "") -> str:
    return f"{score['mean']:{sign}.1f} [{score['low']:{sign}.1f}, {score['high']:{sign}.1f}]"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def page(parts: Mapping[str, Sequence[VariantResult]], folder: str) -> str:
    """Return all parts with their plots, as Markdown.

    Args:
        parts: `time` and `examples`, as far as there are any → results.
        folder: of the plots, as the page's links name it; with a slash at its end, or empty.
    """
    found = []
    for part, results in parts.items():
        about = next((r for r in results if not r.failed), results[0])
        spec = about.test.rpartition("/")[2] if about.test.startswith("/") else about.test
        said = f"Measured on {about.documents:,} documents of `{spec}`."
        found += [f"## {TITLES[part]}", said, markdown(results)]
        if not about.failed:
            found += [f"![{text}]({folder}{part}-{plot}.svg)" for plot, text in PLOTS.items()]
    return "\n\n".join(text.rstrip("\n") for text in found) + "\n"


def insert_tables(text: str, into: str) -> str:
    """Return a page with a text between its marks, in place of what stood there.

    Raises:
        ValueError: the page does not have both marks, one after the other.
    """
    begin, end = "<!-- family begins -->", "<!-- family ends -->"
    before, found, rest = into.partition(begin)
    _, also, after = rest.partition(end)
    if not found or not also:
        raise ValueError(f"has no {begin} with {end} after it")
    return f"{before}{begin}\n\n{text}\n{end}{after}"
