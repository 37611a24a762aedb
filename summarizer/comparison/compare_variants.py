"""Train variants for the same time, or on the same number of examples, and measure all of them.

One folder holds everything: `data/` the shared vocabulary and tokens, `time/NAME/` and
`examples/NAME/` the runs; `family.md`, `family.json` and the plots show the results so far. An
interrupted comparison continues with the first variant that is not finished.
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
    Configs,
    all_variants,
    check_unchanged,
    variant_configs,
)
from summarizer.comparison.results import VariantResult
from summarizer.config import Config
from summarizer.datasets import spec as specs
from summarizer.errors import InputError, TrainingError
from summarizer.storage import atomic_write
from summarizer.types import Example

LOG = logging.getLogger("summarizer")


def compare_variants(plan: ComparisonPlan, output: Path, markdown: Path | None = None) -> str:
    """Train and measure all variants that are not finished yet.

    Args:
        plan: what is compared; it must agree with what is in the folder already.
        output: folder of the comparison.
        markdown: Markdown file to insert tables and plots into, between its marks; None: no file.

    Returns:
        The tables as Markdown.

    Raises:
        SummarizerError: the plan, the data or the folder cannot be used, or no variant could be
            trained.
    """
    configs = variant_configs(plan)
    if markdown:
        _read_markdown(markdown)
    tests = _test_examples(plan)
    check_unchanged(plan, configs, output, len(tests))
    variants = next(iter(configs.values()))
    first = next(iter(variants.values()))
    _set_threads(first)
    counts = {name: _count_parameters(config) for name, config in variants.items()}
    base = output / BASE
    prepare_data.prepare_data(first, base, (base / "config.json").exists(), plan.skip_bad)
    for part, name, config in all_variants(configs):
        folder = output / part / name
        if not (folder / results.FILE).exists():
            LOG.info("%s: %s, %d parameters", folder, name, counts[name])
            unmeasured = VariantResult(name, counts[name], plan.test_spec, len(tests))
            result = train_variant.finish_variant(
                config, folder, base, unmeasured, tests, plan.skip_bad
            )
            results.write_result(result, folder)
            publish(output, markdown, plan.variants)
    _check_any_trained(configs, output)
    return publish(output, markdown, plan.variants)


def _test_examples(plan: ComparisonPlan) -> list[Example]:
    """Return the documents that all variants are measured on."""
    data = plan.test_spec
    split = "test" if not plan.test or specs.has_splits(data) else "all"
    source = specs.examples(data, split, skip_bad=plan.skip_bad)
    examples = list(itertools.islice(source, plan.num_documents))
    if not examples:
        raise InputError(f"{data}: no test examples")
    for example in examples:
        if example.summary is None:
            raise InputError(f"{data}: example {example.id}: has no reference summary")
    return examples


def _set_threads(config: Config) -> None:
    """Set the number of threads; it has no effect after a network was built."""
    from summarizer.training import hardware

    hardware.set_threads(hardware.choose_hardware(config.train.precision, config.train.compile))


def _count_parameters(config: Config) -> int:
    """Build a network, so that impossible settings are refused before any variant is trained."""
    from summarizer.model.seq2seq import Seq2Seq

    if config.data.task != "summarize":
        raise InputError(
            f"{config.name}: data.task={config.data.task}: only models that summarize are compared"
        )
    return measurements.count_parameters(Seq2Seq(config.model, config.vocabulary.size, config.seed))


def _check_any_trained(configs: Configs, output: Path) -> None:
    failures = [
        results.read_result(output / part / name).failed for part, name, _ in all_variants(configs)
    ]
    if all(failures):
        raise TrainingError(f"{output}: no variant could be trained: {failures[0]}")


def publish(output: Path, markdown: Path | None = None, order: Sequence[str] = ()) -> str:
    """Write tables and plots of all finished variants in a folder.

    Args:
        output: folder of the comparison.
        markdown: as for `compare_variants`.
        order: first variants of the tables; the others follow in their earlier order.

    Returns:
        The tables as Markdown, as in `family.md`.
    """
    parts = _finished_results(output, order)
    for part, variants in parts.items():
        plots.draw(variants, output, part)
    rows = {part: table.rows(variants) for part, variants in parts.items()}
    atomic_write(output / "family.json", (json.dumps(rows, indent=2) + "\n").encode())
    text = table.all_tables(parts, "")
    atomic_write(output / "family.md", text.encode())
    if markdown:
        figures = markdown.parent / "figures"
        figures.mkdir(exist_ok=True)
        for part, variants in parts.items():
            plots.draw(variants, figures, f"family-{part}")
        tables = table.all_tables(parts, "figures/family-")
        atomic_write(markdown, table.insert_tables(tables, _read_markdown(markdown)).encode())
    return text


def _finished_results(output: Path, order: Sequence[str]) -> dict[str, list[VariantResult]]:
    """Return the results of each part of the comparison that has any."""
    path = output / "family.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts: dict[str, list[VariantResult]] = {}
    for part in PARTS:
        names = [*order, *(row["name"] for row in known.get(part, [])), *FAMILY]
        folders = [output / part / name for name in dict.fromkeys(names)]
        finished = [folder for folder in folders if (folder / results.FILE).exists()]
        if finished:
            parts[part] = [results.read_result(folder) for folder in finished]
    return parts


def _read_markdown(path: Path) -> str:
    """Return the text of a Markdown file that has the marks for the tables."""
    try:
        text = path.read_text(encoding="utf-8")
        table.insert_tables("", text)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    return text
