"""Run an exported tagger: extracts of documents, and masks of what a summarizer may copy."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from summarizer.decoding.graph_inputs import pad_sequences
from summarizer.decoding.options import DecodingOptions, check_values, option_text
from summarizer.decoding.provenance import trace_provenance
from summarizer.decoding.tag_decoding import Extract, TaggedDocument
from summarizer.errors import InputError, ModelError
from summarizer.runtime.batches import batches_by_length, encode_documents
from summarizer.runtime.model_files import GRAPH, open_model_files
from summarizer.types import Hypothesis, Provenance, Summary, Tensor

# Options that a tagger has. Its words come from the document; only a gap between two of them can
# make a new number (1:3 of 1:2:3), which `Summarizer` checks as for every summary.
SUPPORTED_OPTIONS = ("max_words", "tagger_threshold", "faithful", "explain")
_MIN_PROBABILITY = 1e-30  # the logarithm of a smaller one would not be finite


class OnnxTagger:
    """An exported tagger.

    Attributes:
        config: configuration of the tagger.
        vocabulary: vocabulary of the tagger.
        folder: model folder.
    """

    def __init__(self, folder: Path, graph: str = GRAPH, fast_start: bool = False):
        """Open the configuration, the vocabulary and the graph; see `OnnxSummarizer`.

        Raises:
            ModelError: a file is missing or truncated, or belongs to another model, or the model
                is not a tagger.
        """
        self.config, self.vocabulary, self._session = open_model_files(folder, graph, fast_start)
        self.folder = folder
        if [i.name for i in self._session.get_inputs()] != ["document"]:
            raise ModelError(
                f"{folder}: not a tagger; make one with: summarizer train --preset tagger"
            )

    def summarize(
        self,
        texts: Sequence[str],
        options: DecodingOptions | None = None,
        length: Callable[[str], int] = lambda text: len(text.split()),
    ) -> list[Summary]:
        """Return extracts of documents in the same order; see `OnnxSummarizer.summarize`.

        Raises:
            InputError: a document is empty, or an option is impossible.
        """
        options = options or DecodingOptions()
        _check_options(options)
        limit = self.config.data.max_document_tokens
        ids = encode_documents(self.vocabulary.encode_all, texts)
        probabilities = self._probabilities([tokens[:limit] for tokens in ids])
        summaries = []
        for text, tokens, keep in zip(texts, ids, probabilities, strict=True):
            tagged = TaggedDocument(text, self.vocabulary.spans(text)[: len(keep)], keep)
            extract = tagged.extract(
                self.config.decode, length, options.max_words, options.tagger_threshold
            )
            summaries.append(self._summary(text, tokens, keep, extract, options))
        return summaries

    def _summary(
        self,
        text: str,
        ids: list[int],
        keep: Tensor,
        extract: Extract,
        options: DecodingOptions,
    ) -> Summary:
        """Return an extract as a summary.

        Args:
            text: the document.
            ids: all its tokens.
            keep: float32 [S], probabilities of the tokens that were read.
            extract: what is kept.
            options: options of the user.
        """
        decided = np.where(extract.tokens, keep, 1 - keep)
        hypothesis = Hypothesis(
            ids=tuple(i for i, is_kept in zip(ids, extract.tokens, strict=False) if is_kept),
            text=extract.text,
            log_prob=float(np.log(np.maximum(decided, _MIN_PROBABILITY)).sum()),
            score=extract.score,
        )
        provenance: Provenance | None = None
        if options.explain:
            positions = np.flatnonzero(extract.tokens)
            hypothesis = dataclasses.replace(
                hypothesis,
                attention=np.eye(len(keep))[positions],
                gate=np.zeros(len(positions)),
                token_log_probs=np.log(np.maximum(keep[positions], _MIN_PROBABILITY)),
            )
            provenance = trace_provenance(hypothesis, text, self.vocabulary)
        return Summary(
            text=hypothesis.text,
            score=hypothesis.score,
            tokens_read=len(keep),
            tokens_truncated=len(ids) - len(keep),
            unknown_ratio=self.vocabulary.unknown_ratio(ids),
            alternatives=(hypothesis,),
            hypothesis=hypothesis,
            provenance=provenance,
        )

    def selected(
        self, texts: Sequence[str], documents: list[list[int]], threshold: float | None = None
    ) -> Tensor:
        """Return which tokens a summarizer may copy, bool [B, S].

        Tokens beyond the part of a document that the tagger reads may all be copied.

        Args:
            texts: the documents.
            documents: the token ids that the summarizer reads, at least one a document.
            threshold: minimum probability of a selected word; None: the setting of the tagger.
        """
        threshold = self.config.decode.tagger_threshold if threshold is None else threshold
        limit = self.config.data.max_document_tokens
        mask = np.ones((len(documents), max(map(len, documents))), bool)
        probabilities = self._probabilities([ids[:limit] for ids in documents])
        for i, (text, keep) in enumerate(zip(texts, probabilities, strict=True)):
            tagged = TaggedDocument(text, self.vocabulary.spans(text)[: len(keep)], keep)
            mask[i, : len(keep)] = tagged.selected(threshold)
        return mask

    def search(self, documents: Sequence[Sequence[int]]) -> dict[str, Tensor]:
        """Return the probability of each token: `keep`, float32 [B, S], 0 at padding."""
        (keep,) = self._session.run(["keep"], {"document": pad_sequences(documents)})
        return {"keep": keep}

    def _probabilities(self, documents: list[list[int]]) -> list[Tensor]:
        """Return the probabilities of the tokens of each document, float32 [S]."""
        probabilities: dict[int, Tensor] = {}
        for rows in batches_by_length(range(len(documents)), list(map(len, documents))):
            keep = self.search([documents[i] for i in rows])["keep"]
            probabilities |= {
                i: row[: len(documents[i])] for i, row in zip(rows, keep, strict=True)
            }
        return [probabilities[i] for i in range(len(documents))]


def _check_options(options: DecodingOptions) -> None:
    """Refuse options that a tagger, which generates no text, does not have.

    Raises:
        InputError: names the option.
    """
    check_values(options)
    for field in dataclasses.fields(DecodingOptions):
        value = getattr(options, field.name)
        if field.name not in SUPPORTED_OPTIONS and value != field.default:
            shown = value[0] if isinstance(value, tuple) else value
            *names, last = map(option_text, SUPPORTED_OPTIONS)
            raise InputError(
                f"{option_text(field.name)} {shown}: a tagger only keeps words of the document; "
                f"its options are {', '.join(names)} and {last}"
            )
