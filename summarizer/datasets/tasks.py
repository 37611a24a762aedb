"""What a model reads and writes for each `data.task`; the rest of the program does not differ.

- `summarize`: it reads the document and writes the summary;
- `autoencode`: it reads the document and writes it again (Dai and Le 2015, arXiv:1511.01432);
- `gap_sentences`: it reads the document without its most representative sentences and writes these
  (Zhang et al. 2020, arXiv:1912.08777);
- `language_model`: it reads nothing and writes the document. Texts are cut into windows of
  `data.max_summary_tokens`, each an example; only the last window teaches how texts end;
- `tag`: it reads the document. In place of a summary there is a label for each token: whether the
  summary keeps it (`text.alignment`);
- `extract`: the same, but a label says whether the sentence of its token belongs to the extract
  that matches the summary best (`metrics.greedy_extract`). Documents are cut into windows of
  `data.max_document_tokens`, each an example.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from summarizer.config import TAGGING_TASKS, DataConfig, aliases
from summarizer.datasets import spec as specs
from summarizer.datasets import tag_labels
from summarizer.datasets.tokenize import IdPair, tokenize_pairs
from summarizer.text.gap_sentences import split_gap_sentences
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
    return data.task in ("summarize", *TAGGING_TASKS)


def max_target_tokens(data: DataConfig) -> int:
    """Return the maximum number of tokens, or labels of tokens, that an example teaches."""
    is_tagging = data.task in TAGGING_TASKS
    return data.max_document_tokens if is_tagging else data.max_summary_tokens


def gives_one_pair(data: DataConfig) -> bool:
    """Return whether an example gives one pair of ids; other tasks cut it into windows."""
    return data.task not in ("language_model", "extract")


def tokenize(
    data: DataConfig, examples: Iterable[Example], vocabulary: Vocabulary
) -> Iterator[IdPair]:
    """Yield (ids to read, ids or labels to write) of a stream of examples."""
    if data.task == "tag":
        return tag_labels.tokenize_labels(examples, vocabulary)
    if data.task == "extract":
        return tag_labels.tokenize_sentence_labels(examples, vocabulary, data.max_document_tokens)
    return cut_windows(data, tokenize_pairs(pairs(data, examples), vocabulary))


def pairs(data: DataConfig, examples: Iterable[Example]) -> Iterator[Example]:
    """Yield examples whose document the model reads and whose summary it writes."""
    for example in examples:
        if data.task == "autoencode":
            yield Example(example.id, example.document, example.document)
        elif data.task == "gap_sentences":
            yield Example(example.id, *split_gap_sentences(example.document))
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
    if data.task == "extract":
        return {"task": task, "window": data.max_document_tokens}
    return {} if data.task == "summarize" else {"task": task}
