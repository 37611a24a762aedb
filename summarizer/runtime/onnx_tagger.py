"""Run an exported tagger: what it keeps of documents, and what a summarizer may copy of them."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.decoding.provenance import trace_provenance
from summarizer.decoding.tag_decoding import TaggedDocument
from summarizer.errors import InputError, ModelError
from summarizer.runtime.decoding_plan import check_numbers
from summarizer.runtime.onnx_summarizer import (
    BATCH_SIZE,
    OnnxSummarizer,
    open_model_files,
    pad_batch,
)
from summarizer.types import DecodingOptions, Hypothesis, Summary

# Wishes that a tagger fulfils. Its words stand in the document, so they claim nothing else, but for
# what a gap puts together (1:3 of 1:2:3): `Summarizer` looks for that, as of every summary.
SUPPORTED_OPTIONS = ("max_words", "threshold", "faithful", "explain")


class OnnxTagger:
    """A tagger's folder opened for extracts.

    Attributes:
        config: the tagger's configuration.
        vocabulary: its pieces.
        folder: its own.
    """

    def __init__(self, folder: Path, graph: str = "model.onnx", brief: bool = False):
        """Open `config.json`, `vocabulary.model` and the graph; see `Session`.

        Raises:
            ModelError: a file is missing, cut, or of another model, or that is no tagger.
        """
        self.config, self.vocabulary, self._session = open_model_files(folder, graph, brief)
        self.folder = folder
        if [i.name for i in self._session.get_inputs()] != ["document"]:
            raise ModelError(
                f"{folder}: not a tagger; make one with: summarizer train --preset tagger"
            )

    def summarize(
        self,
        texts: Sequence[str],
        wishes: DecodingOptions | None = None,
        length: Callable[[str], int] = lambda text: len(text.split()),
    ) -> list[Summary]:
        """Return extracts of documents, in the order given; see `Session.summarize`.

        Raises:
            InputError: a document is empty, or a wish is impossible.
        """
        wishes = wishes or DecodingOptions()
        _check(wishes)
        limit = self.config.data.max_document_tokens
        every = self.vocabulary.encode_all(texts)
        for i, pieces in enumerate(every):
            if not pieces:
                raise InputError(f"document {i + 1}: has no text")
        found = self._keep([pieces[:limit] for pieces in every])
        return [
            self._summary(text, pieces, keep, wishes, length)
            for text, pieces, keep in zip(texts, every, found, strict=True)
        ]

    def _summary(
        self,
        text: str,
        ids: list[int],
        keep: Any,
        wishes: DecodingOptions,
        length: Callable[[str], int],
    ) -> Summary:
        """The extract of one document, of all its ids and the probabilities of those read."""
        tagged = TaggedDocument(text, self.vocabulary.spans(text)[: len(keep)], keep)
        decode = self.config.decode
        extract = tagged.extract(decode, length, wishes.max_words, wishes.tagger_threshold)
        sure = np.where(extract.tokens, keep, 1 - keep)
        one = Hypothesis(
            ids=tuple(i for i, kept in zip(ids, extract.tokens, strict=False) if kept),
            text=extract.text,
            log_prob=float(np.log(np.maximum(sure, 1e-30)).sum()),
            score=extract.score,
        )
        told = None
        if wishes.explain:
            places = np.flatnonzero(extract.tokens)
            seen, never = np.eye(len(keep))[places], np.zeros(len(places))
            steps = np.log(np.maximum(keep[places], 1e-30))
            one = dataclasses.replace(one, attention=seen, gate=never, token_log_probs=steps)
            told = trace_provenance(one, text, self.vocabulary)
        return Summary(
            text=one.text,
            score=one.score,
            tokens_read=len(keep),
            tokens_truncated=len(ids) - len(keep),
            unknown_ratio=self.vocabulary.unknown_ratio(ids),
            alternatives=(one,),
            hypothesis=one,
            provenance=told,
        )

    def selected(
        self, texts: Sequence[str], documents: list[list[int]], threshold: float | None = None
    ) -> Any:
        """Return what a summarizer may copy, bool [B, S]; all of what the tagger does not read.

        Args:
            texts: the documents.
            documents: their first ids, at least one each.
            threshold: the least probability of a word that is selected; None: the tagger's own.
        """
        threshold = self.config.decode.tagger_threshold if threshold is None else threshold
        limit = self.config.data.max_document_tokens
        out = np.ones((len(documents), max(map(len, documents))), bool)
        found = self._keep([ids[:limit] for ids in documents])
        for i, (text, keep) in enumerate(zip(texts, found, strict=True)):
            tagged = TaggedDocument(text, self.vocabulary.spans(text)[: len(keep)], keep)
            out[i, : len(keep)] = tagged.selected(threshold)
        return out

    def search(self, documents: list[list[int]]) -> dict[str, Any]:
        """Return the probability of each piece: `keep`, float32 [B, S], 0 at padding."""
        (keep,) = self._session.run(["keep"], {"document": pad_batch(documents)})
        return {"keep": keep}

    def _keep(self, documents: list[list[int]]) -> list[Any]:
        """The probabilities of each document's pieces, float32 [S]; those of a length together."""
        order = sorted(range(len(documents)), key=lambda i: len(documents[i]))
        out: dict[int, Any] = {}
        for begin in range(0, len(order), BATCH_SIZE):
            rows = order[begin : begin + BATCH_SIZE]
            keep = self.search([documents[i] for i in rows])["keep"]
            out |= {i: row[: len(documents[i])] for i, row in zip(rows, keep, strict=True)}
        return [out[i] for i in range(len(documents))]


def open_model(
    folder: Path, graph: str = "model.onnx", brief: bool = False, select: Path | None = None
) -> "OnnxSummarizer | OnnxTagger":
    """Open a model's folder: a tagger's, or a summarizer's.

    Args:
        folder: of the model.
        graph: its file there.
        brief: for a few documents: open it sooner and summarize a little slower.
        select: folder of a tagger that says what a summarizer may copy; None: all.

    Raises:
        ModelError: a file is missing, cut or foreign, or the two do not go together.
    """
    is_tagger = (
        folder.is_dir() and configuration.load_config(folder / "config.json").data.task == "tag"
    )
    if not is_tagger:
        selector = None if select is None else OnnxTagger(select, brief=brief)
        return OnnxSummarizer(folder, graph, brief, selector)
    if select is not None:
        raise ModelError(f"{folder}: a tagger copies nothing; {select} can select for a summarizer")
    return OnnxTagger(folder, graph, brief)


def _check(wishes: DecodingOptions) -> None:
    """Refuse what a tagger, which writes nothing, cannot do."""
    check_numbers(wishes)
    for field in dataclasses.fields(DecodingOptions):
        value = getattr(wishes, field.name)
        if field.name not in SUPPORTED_OPTIONS and value != field.default:
            said = value[0] if isinstance(value, tuple) else value
            *others, last = (name.replace("_", "-") for name in SUPPORTED_OPTIONS)
            raise InputError(
                f"{field.name.replace('_', '-')} {said}: a tagger keeps words of the document; it "
                f"takes {', '.join(others)} and {last}"
            )
