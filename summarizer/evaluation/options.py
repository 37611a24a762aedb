"""The options of an evaluation."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from summarizer.evaluation.predictions import references_of
from summarizer.metrics import rouge
from summarizer.types import Example


@dataclass(frozen=True)
class EvaluationOptions:
    """What is evaluated, and how it is scored.

    Attributes:
        stem: whether English words are compared by their stems; None: if the references are
            English, see `rouge.default_stem`.
        reference_mode: how several references of a document count, see `rouge.score_details`.
        tokenization: tokens of scripts written without spaces, see `rouge_tokenizer.words`.
        skip_bad: skip and count unusable records, instead of stopping.
        allow_overlap: whether documents that the model was trained on may be evaluated.
        command: the command that the report names as its origin.
        full: whether to score all baselines and to add the statistics of the summaries.
        with_tagging: whether to add the F1 of kept words, against the first reference.
        model_statistics: statistic → what the model reports about each of its summaries, None if
            it reports nothing; part of a full report.
        bootstrap_samples: number of bootstrap samples.
        bootstrap_seed: seed of the bootstrap and of the permutation test.
    """

    stem: bool | None = None
    reference_mode: str = "best"
    tokenization: str = "characters"
    skip_bad: bool = False
    allow_overlap: bool = False
    command: str = ""
    full: bool = False
    with_tagging: bool = False
    model_statistics: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    bootstrap_samples: int = 1000
    bootstrap_seed: int = 1

    def signature(self) -> str:
        """Return the line that names everything that decides the numbers; see `rouge.signature`.

        Raises:
            ConfigError: as `rouge.signature`.
        """
        return rouge.signature(
            bool(self.stem),
            self.bootstrap_samples,
            self.bootstrap_seed,
            self.reference_mode,
            self.tokenization,
        )


def options_for(options: EvaluationOptions, examples: Sequence[Example]) -> EvaluationOptions:
    """Return the options with the stemming decided by the examples, if it was not decided.

    Raises:
        ConfigError: an option is unknown, or needs a package that is not installed.
    """
    if options.stem is None:
        stem = rouge.default_stem(references_of(example)[0] for example in examples)
        options = dataclasses.replace(options, stem=stem)
    options.signature()  # refuses options that texts cannot be scored with
    return options
