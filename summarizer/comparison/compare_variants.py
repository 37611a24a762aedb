"""Trains each variant for the same time, or on as many examples, and measures all of them alike.

One folder holds everything: `data/` the vocabulary and tokens that all share, `time/NAME/` and
`examples/NAME/` the runs; `family.md`, `family.json` and the plots say what was found so far.
Whoever comes back to the folder goes on with the first variant that is not finished.
"""

import itertools
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from summarizer.api import prepare_data
from summarizer.comparison import measurements, plots, results, table, train_variant
from summarizer.comparison.plan import (
    BASE,
    FAMILY,
    PARTS,
    ComparisonPlan,
    all_variants,
    configured,
    refuse_changes,
)
from summarizer.comparison.results import VariantResult
from summarizer.config import Config
from summarizer.datasets import spec as specs
from summarizer.errors import InputError, TrainingError
from summarizer.storage import atomic_write
from summarizer.types import Example

LOG = logging.getLogger("summarizer")


def compare_variants(plan: ComparisonPlan, output: Path, into: Path | None = None) -> str:
    """Train and measure all variants that are not finished yet.

    Args:
        plan: what is compared; what is in the folder already has to have been done alike.
        output: the folder.
        into: a Markdown page that gets tables and plots between its marks; None: none.

    Returns:
        The tables as Markdown.

    Raises:
        SummarizerError: the plan, the data or the folder is at fault, or nothing could be trained.
    """
    configs = configured(plan)
    if into:
        _page(into)
    tests = _tests(plan)
    refuse_changes(plan, configs, output, len(tests))
    some = next(iter(configs.values()))
    _settle(next(iter(some.values())))
    counts = {name: _parameters(config) for name, config in some.items()}
    base = output / BASE
    prepare_data.prepare_data(
        next(iter(some.values())), base, (base / "config.json").exists(), plan.skip_bad
    )
    for part, name, config in all_variants(configs):
        folder = output / part / name
        if not (folder / results.FILE).exists():
            LOG.info("%s: %s, %d parameters", folder, name, counts[name])
            begun = VariantResult(name, counts[name], plan.measured_on, len(tests))
            found = train_variant.finish_variant(config, folder, base, begun, tests, plan.skip_bad)
            results.write_result(found, folder)
            publish(output, into, plan.variants)
    failures = [
        results.read_result(output / part / name).failed for part, name, _ in all_variants(configs)
    ]
    if all(failures):
        raise TrainingError(f"{output}: no variant could be trained: {failures[0]}")
    return publish(output, into, plan.variants)


def _tests(plan: ComparisonPlan) -> list[Example]:
    """The documents that all variants are measured on."""
    spec = plan.measured_on
    split = "test" if not plan.test or specs.has_splits(spec) else "all"
    found = specs.examples(spec, split, skip_bad=plan.skip_bad)
    examples = list(itertools.islice(found, plan.documents))
    if not examples:
        raise InputError(f"{spec}: no test examples")
    for example in examples:
        if example.summary is None:
            raise InputError(f"{spec}: example {example.id}: has no reference summary")
    return examples


def _settle(config: Config) -> None:
    """What each training begins with; here because it has no effect once a network was built."""
    from summarizer.training import hardware

    hardware.keep_memory()
    hardware.set_threads(hardware.choose_hardware(config.train.precision, config.train.compile))


def _parameters(config: Config) -> int:
    """Build a network, so that what does not fit together is refused before anything trains."""
    from summarizer.model.seq2seq import Seq2Seq

    if config.data.task != "summarize":
        raise InputError(
            f"{config.name}: data.task={config.data.task}: only systems that summarize are compared"
        )
    return measurements.parameters(Seq2Seq(config.model, config.vocabulary.size, config.seed))


def publish(output: Path, into: Path | None = None, order: Sequence[str] = ()) -> str:
    """Write tables and plots of all that is finished in a folder.

    Args:
        output: the folder of a comparison.
        into: as for `compare`.
        order: variants to begin with; the others follow as they stood in the tables before.

    Returns:
        The tables as Markdown, as `family.md` has them.
    """
    path = output / "family.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts: dict[str, list[VariantResult]] = {}
    for part in PARTS:
        names = [*order, *(row["name"] for row in known.get(part, [])), *FAMILY]
        folders = [output / part / name for name in dict.fromkeys(names)]
        if found := [results.read_result(f) for f in folders if (f / results.FILE).exists()]:
            parts[part] = found
            plots.draw(found, output, part)
    rows = {part: table.rows(found) for part, found in parts.items()}
    atomic_write(path, (json.dumps(rows, indent=2) + "\n").encode())
    text = table.page(parts, "")
    atomic_write(output / "family.md", text.encode())
    if into:
        figures = into.parent / "figures"
        figures.mkdir(exist_ok=True)
        for part, found in parts.items():
            plots.draw(found, figures, f"family-{part}")
        shown = table.insert_tables(table.page(parts, "figures/family-"), _page(into))
        atomic_write(into, shown.encode())
    return text


def _page(path: Path) -> str:
    """The text of a page that tables can be put into."""
    try:
        text = path.read_text(encoding="utf-8")
        table.insert_tables("", text)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    return text
