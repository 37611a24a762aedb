"""What a model reads and writes for each `data.task`; the rest of the program does not differ.

- `summarize`: it reads the document and writes the summary;
- `autoencode`: it reads the document and writes it again (Dai and Le 2015, arXiv:1511.01432);
- `language_model`: it reads nothing and writes the document. Texts are cut into windows of
  `data.max_summary_tokens`, each an example; only the last window teaches how texts end;
- `tag`: it reads the document. In place of a summary there is a label for each token: whether the
  summary keeps it (`text.alignment`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from summarizer.config import DataConfig, aliases
from summarizer.datasets import spec as specs
from summarizer.datasets import tag_labels
from summarizer.datasets.tokenize import IdPair, tokenize_pairs
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary


def examples(data: DataConfig, spec: str, split: str, skip_bad: bool = False) -> Iterator[Example]:
    """Yield the examples of a SPEC; summaries may be missing if the task needs none.

    Raises:
        InputError, ConfigError: as `spec.examples`.
    """
    options = {} if needs_summaries(data) else {"summary": ""}
    return specs.examples(spec, split, skip_bad=skip_bad, **options)


def needs_summaries(data: DataConfig) -> bool:
    """Return whether the task needs the examples' summaries."""
    return data.task in ("summarize", "tag")


def max_target_tokens(data: DataConfig) -> int:
    """Return the maximum number of tokens, or labels of tokens, that an example teaches."""
    return data.max_document_tokens if data.task == "tag" else data.max_summary_tokens


def tokenize(
    data: DataConfig, examples: Iterable[Example], vocabulary: Vocabulary
) -> Iterator[IdPair]:
    """Yield (ids to read, ids or labels to write) of a stream of examples."""
    if data.task == "tag":
        return tag_labels.tokenize_labels(examples, vocabulary)
    return cut_windows(data, tokenize_pairs(pairs(data, examples), vocabulary))


def pairs(data: DataConfig, examples: Iterable[Example]) -> Iterator[Example]:
    """Yield examples whose document the model reads and whose summary it writes."""
    for example in examples:
        if data.task == "autoencode":
            yield Example(example.id, example.document, example.document)
        elif data.task == "language_model":
            yield Example(example.id, "", example.document)
        else:
            yield example


def cut_windows(data: DataConfig, ids: Iterable[IdPair]) -> Iterator[IdPair]:
    """Yield pairs of ids; for the task `language_model` one pair per window of a text."""
    size = data.max_summary_tokens
    for document, summary in ids:
        if data.task != "language_model":
            yield document, summary
            continue
        for begin in range(0, len(summary), size):
            yield document, summary[begin : begin + size]


def store_metadata(data: DataConfig) -> dict[str, Any]:
    """Return the metadata of a token store that depend on the task; {} for summaries."""
    task = aliases.OLD_TASKS.get(data.task, data.task)  # the name in saved stores
    if data.task == "language_model":
        return {"task": task, "window": data.max_summary_tokens}
    return {} if data.task == "summarize" else {"task": task}
