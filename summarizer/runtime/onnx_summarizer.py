"""Run an exported summarizer or language model on onnxruntime, without TensorFlow or Keras."""

import functools
import itertools
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from summarizer.decoding.graph_inputs import (
    HEADS,
    OUTPUTS,
    arrays,
    is_random,
    neutral_inputs,
    pad_sequences,
    strategies_in,
)
from summarizer.decoding.options import DecodingOptions
from summarizer.decoding.provenance import trace_provenance
from summarizer.errors import InputError, ModelError
from summarizer.runtime import decoding_plan, reranker
from summarizer.runtime.batches import batches_by_length, encode_documents
from summarizer.runtime.constraint_retry import ConstrainedSearch, ConstraintChecker
from summarizer.runtime.constraints import constraint_inputs
from summarizer.runtime.decoding_plan import DecodingPlan
from summarizer.runtime.faithfulness import FaithfulnessFilter
from summarizer.runtime.hypotheses import read_hypotheses
from summarizer.runtime.model_files import GRAPH, open_model_files
from summarizer.runtime.phrases import Phrases
from summarizer.summary_types import auto
from summarizer.types import Summary, Tensor
from summarizer.vocabulary import Vocabulary


class ContentSelector(Protocol):
    """A tagger that selects what a summarizer may copy; `OnnxTagger` implements it."""

    folder: Path
    vocabulary: Vocabulary

    def selected(
        self, texts: Sequence[str], documents: list[list[int]], threshold: float | None = None
    ) -> Tensor:
        """Return which tokens of each document may be copied, bool [B, S]."""


class OnnxSummarizer:
    """An exported summarizer or language model.

    Attributes:
        config: configuration of the model.
        vocabulary: vocabulary of the model.
        folder: model folder.
        heads: outputs of the graph that `head_probabilities` returns; (): the model has none.
    """

    def __init__(
        self,
        folder: Path,
        graph: str = GRAPH,
        fast_start: bool = False,
        selector: ContentSelector | None = None,
    ):
        """Open the configuration, the vocabulary and the graph.

        Args:
            folder: model folder.
            graph: file name of the graph.
            fast_start: load the graph faster and run it a little slower, for a few documents.
            selector: only tokens that it selects may be copied; None: all.

        Raises:
            ModelError: a file is missing or truncated, or belongs to another model, or the
                selector does not fit the model.
        """
        self.config, self.vocabulary, self._session = open_model_files(folder, graph, fast_start)
        self.folder, self._path, self._selector = folder, folder / graph, selector
        self._phrases = Phrases(self.vocabulary)
        self._inputs = {i.name for i in self._session.get_inputs()}
        outputs = {o.name for o in self._session.get_outputs()}
        self.heads = tuple(name for name in HEADS if name in outputs)
        self._outputs = [name for name in (*OUTPUTS, *self.heads) if name in outputs]
        self._strategies = strategies_in(self._session.get_modelmeta().custom_metadata_map)
        if selector and selector.vocabulary.fingerprint != self.vocabulary.fingerprint:
            raise ModelError(
                f"{selector.folder}: has another vocabulary than {folder}, so it cannot select "
                "tokens for it"
            )
        if selector and "selected" not in self._inputs:
            raise self._too_old()

    def _too_old(self) -> ModelError:
        return ModelError(f"{self._path}: exported by an earlier version: export it again")

    @functools.cached_property
    def _reranker(self) -> reranker.Reranker | None:
        return reranker.load(self.folder)

    @functools.cached_property
    def _faithfulness(self) -> FaithfulnessFilter:
        return FaithfulnessFilter(self.vocabulary, self.folder)

    def summarize(
        self,
        texts: Sequence[str],
        options: DecodingOptions | None = None,
        length: Callable[[str], int] = lambda text: len(text.split()),
    ) -> list[Summary]:
        """Summarize the beginnings of documents; return the summaries in the same order.

        Args:
            texts: documents, at least one word each.
            options: decoding options; None: the settings of the model.
            length: counts words.

        Raises:
            InputError: a document is empty, or an option is impossible.
            ModelError: the graph lacks what an option needs.
        """
        options = options or DecodingOptions()
        plan, checker = self._plan(options, length)
        types = self._types(options.type)
        ids = encode_documents(self.vocabulary.encode_all, texts)
        constraints = [checker.constraints(text) for text in texts]
        elements = max((sum(map(len, c.required)) for c in constraints), default=0)
        plan = decoding_plan.with_beams_for(plan, elements, options.beam)
        ranker = self._reranker if reranker.applies_to(options) else None
        wanted = plan.beam if ranker else plan.n_best
        limit = self.config.data.max_document_tokens
        searches = [
            [ConstrainedSearch(tokens[:limit], c, plan.n_best, wanted, name) for name in types]
            for tokens, c in zip(ids, constraints, strict=True)
        ]
        every = list(itertools.chain.from_iterable(searches))
        for batch in batches_by_length(every, [len(search.ids) for search in every]):
            pending = [batch]
            while pending:
                group = pending.pop()
                inputs = self._constraint_inputs(group, plan, checker)
                max_tokens = max(search.constraints.max_tokens for search in group)
                documents = [search.ids for search in group]
                result = self.search(documents, plan.beam, max_tokens, inputs, plan.seed)
                for row, search in reversed(list(enumerate(group))):
                    hypotheses = read_hypotheses(result, row, search, checker, self.vocabulary)
                    if search.add(hypotheses, checker):
                        pending.append([search])
        return [
            self._summary(text, tokens, of_text, options, ranker)
            for text, tokens, of_text in zip(texts, ids, searches, strict=True)
        ]

    def _types(self, requested: str | None) -> tuple[str | None, ...]:
        """Return the types to search; several for `auto`, which takes the best summary.

        Raises:
            InputError: the model was not trained for the type.
        """
        if requested == auto.TYPE.name:
            return auto.candidates(tuple(self.vocabulary.controls)) or (None,)
        self.vocabulary.start(requested)
        return (requested,)

    def _plan(
        self, options: DecodingOptions, length: Callable[[str], int]
    ) -> tuple[DecodingPlan, ConstraintChecker]:
        """Check the options; return them as a plan and as a checker of summaries."""
        if options.tagger_threshold is not None and self._selector is None:
            raise InputError(f"tagger-threshold {options.tagger_threshold}: only with a tagger")
        if options.explain and "steps" not in self._outputs:
            raise self._too_old()
        plan = decoding_plan.make_plan(
            options, self.config.decode, length, self.config.vocabulary.kind, self._strategies
        )
        faithfulness = self._faithfulness if options.faithful == "strict" else None
        return plan, ConstraintChecker(options, plan, self._phrases, length, faithfulness)

    def _constraint_inputs(
        self, searches: list[ConstrainedSearch], plan: DecodingPlan, checker: ConstraintChecker
    ) -> dict[str, Any]:
        """Return the inputs of the graph for a batch of documents, by name."""
        constraints = [search.constraints for search in searches]
        inputs = {
            **plan.inputs,
            **constraint_inputs(constraints, self._phrases),
            **checker.allowed(constraints),
            "start": [self.vocabulary.start(search.type) for search in searches],
        }
        if not all(c.block_ngrams for c in constraints):
            inputs["block"] = 0
        if self._selector:
            inputs["selected"] = self._selector.selected(
                [c.text for c in constraints], [s.ids for s in searches], plan.tagger_threshold
            )
        return inputs

    def search(
        self,
        documents: Sequence[Sequence[int]],
        beam: int | None = None,
        max_tokens: int | None = None,
        inputs: Mapping[str, Any] | None = None,
        seed: int | None = None,
        start: Sequence[int] | None = None,
    ) -> dict[str, Tensor]:
        """Search for the best summaries; return `decoding.search.SearchResult` by name.

        Args:
            documents: token ids of each, at least one; prompts of a language model.
            beam: K; None: the setting of the model.
            max_tokens: T; None: the setting of the model.
            inputs: further inputs of the graph, see `decoding.graph_inputs`; None: the settings of
                the model, but beam search instead of a random strategy.
            seed: seed of the random numbers; each document gets the same numbers in any batch.
                None: draw none.
            start: the token before each summary; None: that of the model's first type.

        Returns:
            The outputs of the graph by name, and `selected` if it is among the inputs.

        Raises:
            ModelError: the graph is too old for the inputs.
        """
        decode = self.config.decode
        if inputs is None:
            strategy = "beam" if is_random(decode.strategy.name) else None
            options = DecodingOptions(beam=beam, strategy=strategy)
            plan = decoding_plan.make_plan(options, decode, len, graph_strategies=self._strategies)
            beam, inputs, seed = plan.beam, plan.inputs, plan.seed
        beam, max_tokens = beam or 1, max_tokens or decode.max_tokens
        document = pad_sequences(documents)
        if seed is not None:
            inputs = {"noise": _noise(documents, (beam, max_tokens), seed), **inputs}
        if self.config.data.task == "language_model":
            inputs = {"constrained": True, "prefix": document, **inputs}
        settings = {
            "minimum": min(decode.min_tokens, max_tokens - 1),
            "maximum": max_tokens,
            "penalty": decode.length_penalty,
            "block": decode.no_repeat_ngram,
            "start": start or [self.vocabulary.start()] * len(documents),
        }
        neutral = neutral_inputs(document, beam, self.vocabulary.size)
        values = neutral | arrays({**settings, **inputs})
        for name in values.keys() - self._inputs:
            if not np.array_equal(values[name], neutral[name]):
                raise self._too_old()
        feed = {name: value for name, value in values.items() if name in self._inputs}
        result = dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))
        return result | {name: inputs[name] for name in ("selected",) if name in inputs}

    def head_probabilities(self, texts: Sequence[str]) -> list[dict[str, Tensor]]:
        """Return what the heads of the model say of the beginnings of documents.

        Args:
            texts: documents, at least one word each.

        Returns:
            For each document the outputs in `heads` by name, float32 [S]; see
            `Seq2Seq.head_probabilities`.

        Raises:
            InputError: a document is empty.
        """
        limit = self.config.data.max_document_tokens
        encoded = encode_documents(self.vocabulary.encode_all, texts)
        documents = [ids[:limit] for ids in encoded]
        probabilities: dict[int, dict[str, Tensor]] = {}
        for rows in batches_by_length(range(len(documents)), list(map(len, documents))):
            result = self.search([documents[i] for i in rows], beam=1, max_tokens=1)
            for row, i in enumerate(rows):
                length = len(documents[i])
                probabilities[i] = {name: result[name][row, :length] for name in self.heads}
        return [probabilities[i] for i in range(len(documents))]

    def _summary(
        self,
        text: str,
        ids: list[int],
        searches: Sequence[ConstrainedSearch],
        options: DecodingOptions,
        ranker: reranker.Reranker | None,
    ) -> Summary:
        """Return the summary of a document from the accepted hypotheses of the likeliest type."""
        if ranker:
            for search in searches:
                search.accepted = ranker.rank(search.accepted, text)
        search = max(searches, key=lambda search: search.accepted[0].score)
        best = search.accepted[0]
        provenance = trace_provenance(best, text, self.vocabulary) if options.explain else None
        return Summary(
            text=best.text,
            score=best.score,
            tokens_read=len(search.ids),
            tokens_truncated=len(ids) - len(search.ids),
            unknown_ratio=self.vocabulary.unknown_ratio(ids),
            alternatives=tuple(search.accepted[: search.n_best]),
            hypothesis=best,
            provenance=provenance,
            type=search.type or "",
        )


def _noise(documents: Sequence[Sequence[int]], shape: tuple[int, int], seed: int) -> list[Tensor]:
    """Return uniform numbers in [0, 1) for each document, a function of document and seed."""
    seeds = ((seed, zlib.crc32(np.array(ids, "<i4").tobytes())) for ids in documents)
    return [np.random.default_rng(pair).random(shape, np.float32) for pair in seeds]
