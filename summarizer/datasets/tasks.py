"""What is read and what is written, for each `data.task`: the rest of the program is the same.

- `summarize`: the document is read, the summary is written;
- `reconstruct`: the document is read and written again, an autoencoder (Dai and Le 2015,
  arXiv:1511.01432);
- `continue`: nothing is read, the document is written: a language model. Texts are cut into windows
  of `data.max_summary_tokens`, each an example of its own; only the last one learns how texts end;
- `select`: the document is read; in place of a summary stands for each of its pieces whether the
  summary keeps it (`alignment`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from summarizer.config import DataConfig, aliases
from summarizer.datasets import spec as specs
from summarizer.datasets import tag_labels
from summarizer.datasets.tokenize import tokenize_pairs
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

Ids = tuple[Any, Any]


def examples(data: DataConfig, spec: str, split: str, skip_bad: bool = False) -> Iterator[Example]:
    """Yield the examples of a SPEC; where the task needs no summaries, they may be missing.

    Raises:
        InputError, ConfigError: as `spec.examples`.
    """
    more = {} if needs_summaries(data) else {"summary": ""}
    return specs.examples(spec, split, skip_bad=skip_bad, **more)


def needs_summaries(data: DataConfig) -> bool:
    """Tell whether the task needs the examples' summaries."""
    return data.task in ("summarize", "tag")


def max_target_tokens(data: DataConfig) -> int:
    """Return how many pieces, or labels of pieces, are learned of an example at most."""
    return data.max_document_tokens if data.task == "tag" else data.max_summary_tokens


def tokenize(data: DataConfig, found: Iterable[Example], vocabulary: Vocabulary) -> Iterator[Ids]:
    """Yield (ids that are read, ids that are written or labels) as the examples come."""
    if data.task == "tag":
        return tag_labels.tokenize_labels(found, vocabulary)
    return cut(data, tokenize_pairs(pairs(data, found), vocabulary))


def pairs(data: DataConfig, found: Iterable[Example]) -> Iterator[Example]:
    """Yield examples whose document is what the model reads, and whose summary what it writes."""
    for example in found:
        if data.task == "autoencode":
            yield Example(example.id, example.document, example.document)
        elif data.task == "language_model":
            yield Example(example.id, "", example.document)
        else:
            yield example


def cut(data: DataConfig, ids: Iterable[Ids]) -> Iterator[Ids]:
    """Yield pairs of ids; where the task is `continue`, a pair for each window of a text."""
    size = data.max_summary_tokens
    for document, summary in ids:
        if data.task != "language_model":
            yield document, summary
            continue
        for begin in range(0, len(summary), size):
            yield document, summary[begin : begin + size]


def store_metadata(data: DataConfig) -> dict[str, Any]:
    """Return what a token store owes to the task, to know it again; {} for summaries."""
    task = aliases.OLD_TASKS.get(data.task, data.task)  # as stores on disk have it
    if data.task == "language_model":
        return {"task": task, "window": data.max_summary_tokens}
    return {} if data.task == "summarize" else {"task": task}
