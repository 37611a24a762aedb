"""Run an exported model with onnxruntime and sentencepiece alone: no TensorFlow, no Keras."""

import dataclasses
import functools
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.config import Config
from summarizer.decoding.graph_inputs import OUTPUTS, STRATEGIES, arrays, neutral_inputs
from summarizer.decoding.provenance import trace_provenance
from summarizer.errors import InputError, ModelError
from summarizer.runtime import decoding_plan as plans
from summarizer.runtime.constraint_retry import (
    ConstraintChecker,
    DocumentConstraints,
    constraint_inputs,
    merge,
)
from summarizer.runtime.decoding_plan import DecodingPlan
from summarizer.runtime.faithfulness import FaithfulnessFilter
from summarizer.runtime.phrases import Phrases
from summarizer.types import DecodingOptions, Hypothesis, Summary
from summarizer.vocabulary import END, PAD, Vocabulary

BATCH_SIZE = 16  # documents searched at once; they are grouped by length
# Passes of onnxruntime over a graph that take it long to load and do not make it faster: each
# that changes anything checks all of the graph again.
UNUSED_INPUTS = (
    "CommonSubexpressionElimination", "ConstantSharing", "GatherSliceToSplitFusion",
    "Level1_RuleBasedTransformer", "MatMulAddFusion", "TransposeOptimizer",
)  # fmt: skip
_OLD = "exported by an earlier version: export it again"
MAX_ATTEMPTS = 12  # searches for a summary that keeps what was asked


class OnnxSummarizer:
    """A model folder opened for summarizing.

    Attributes:
        config: the model's configuration.
        vocabulary: its pieces.
        folder: its own.
    """

    def __init__(
        self, folder: Path, graph: str = "model.onnx", brief: bool = False, selector: Any = None
    ):
        """Open `config.json`, `vocabulary.model` and the graph.

        Args:
            folder: of the model.
            graph: its file there.
            brief: for a few documents: open it sooner and summarize a little slower.
            selector: a `runtime.extractor.Extractor` that says what may be copied; None: all may.

        Raises:
            ModelError: a file is missing, cut, or of another model, or the selector cannot serve.
        """
        self.config, self.vocabulary, self._session = open_model_files(folder, graph, brief)
        self._phrases = Phrases(self.vocabulary)
        self.folder, self._path, self._selector = folder, folder / graph, selector
        self._inputs = {i.name for i in self._session.get_inputs()}
        given = {o.name for o in self._session.get_outputs()}
        self._outputs = [name for name in OUTPUTS if name in given]
        if selector and selector.vocabulary.fingerprint != self.vocabulary.fingerprint:
            raise ModelError(
                f"{selector.folder}: has another vocabulary than {folder}: what it selects of a "
                "document are other pieces"
            )
        if selector and "selected" not in self._inputs:
            raise ModelError(f"{self._path}: {_OLD}")

    @functools.cached_property
    def _strict(self) -> FaithfulnessFilter:
        return FaithfulnessFilter(self.vocabulary, self.folder)

    def summarize(
        self,
        texts: Sequence[str],
        wishes: DecodingOptions | None = None,
        length: Callable[[str], int] = lambda text: len(text.split()),
    ) -> list[Summary]:
        """Summarize documents, in the order given.

        Args:
            texts: documents, at least one word each.
            wishes: what is asked of their summaries; None: only what the model was made with.
            length: counts words.

        Raises:
            InputError: a document is empty, or a wish is impossible.
        """
        wishes = wishes or DecodingOptions()
        if wishes.tagger_threshold is not None and self._selector is None:
            raise InputError(f"threshold {wishes.tagger_threshold}: only with a tagger")
        self.vocabulary.start(wishes.type)  # refuses a type that it was not trained for
        if wishes.explain and "steps" not in self._outputs:
            raise ModelError(f"{self._path}: {_OLD}")
        plan = plans.make_plan(wishes, self.config.decode, length, self.config.vocabulary.kind)
        limit = self.config.data.max_document_tokens
        ids = self.vocabulary.encode_all(texts)
        for i, pieces in enumerate(ids):
            if not pieces:
                raise InputError(f"document {i + 1}: has no text")
        strict = self._strict if wishes.faithful == "strict" else None
        promises = ConstraintChecker(wishes, plan, self._phrases, length, strict)
        demands = [promises.demand(text) for text in texts]
        elements = max((sum(map(len, d.forced)) for d in demands), default=0)
        plan = plans.with_beams_for(plan, elements, wishes.beam)
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        out: dict[int, Summary] = {}
        for begin in range(0, len(order), BATCH_SIZE):
            rows = order[begin : begin + BATCH_SIZE]
            part = [ids[i][:limit] for i in rows]
            found = self._find(part, [demands[i] for i in rows], plan, promises)
            for row, i in enumerate(rows):
                hypotheses = self._kept(found[row], part[row], demands[i], plan, promises)
                best, read, told = hypotheses[0], len(part[row]), None
                if wishes.explain:
                    told = trace_provenance(best, texts[i], self.vocabulary)
                out[i] = Summary(
                    text=best.text,
                    score=best.score,
                    tokens_read=read,
                    tokens_truncated=len(ids[i]) - read,
                    unknown_ratio=self.vocabulary.unknown_ratio(ids[i]),
                    alternatives=tuple(hypotheses[: plan.n_best]),
                    hypothesis=best,
                    provenance=told,
                )
        return [out[i] for i in range(len(texts))]

    def _find(
        self,
        documents: list[list[int]],
        demands: list[DocumentConstraints],
        plan: DecodingPlan,
        promises: ConstraintChecker,
    ) -> list[list[Hypothesis]]:
        """The hypotheses of each document, the best first; none where nothing can be written."""
        start = [self.vocabulary.start(plan.type)] * len(documents)
        asked = {
            **plan.inputs,
            **constraint_inputs(demands, self._phrases),
            **promises.allowed(demands),
        }
        if not all(demand.block for demand in demands):
            asked["block"] = 0
        if self._selector:
            texts = [demand.text for demand in demands]
            asked["selected"] = self._selector.selected(texts, documents, plan.threshold)
        room = max(demand.room for demand in demands)
        found = self.search(documents, plan.beam, room, asked, plan.seed, start)
        if self._selector:
            found["selected"] = asked["selected"]
        return [self._hypotheses(found, i, d, promises) for i, d in enumerate(demands)]

    def _kept(
        self, found: list[Hypothesis], document: list[int], demand: DocumentConstraints, plan: DecodingPlan,
        promises: ConstraintChecker,
    ) -> list[Hypothesis]:  # fmt: skip
        """Those that keep what was asked; searched again, more strictly, where too few do."""
        kept: list[Hypothesis] = []
        for _ in range(MAX_ATTEMPTS):
            now, stricter = list[Hypothesis](), list[DocumentConstraints]()
            for one in found:  # as many as are needed
                if len(now) < plan.n_best and (wanted := promises.broken(one, demand)):
                    stricter.append(wanted)
                elif len(now) < plan.n_best:
                    now.append(one)
            kept = now if len(now) >= len(kept) else kept
            if not found and demand.block:  # it may be the rule that no piece was left by
                stricter = [dataclasses.replace(demand, block=False)]
            asked = functools.reduce(merge, stricter, demand)
            if len(kept) >= plan.n_best or asked == demand:
                break
            demand = asked
            (found,) = self._find([document], [demand], plan, promises)
        if not kept:
            raise InputError(
                f"no summary that keeps what is asked was found of the document beginning "
                f"{' '.join(demand.text.split())[:40]!r}: ask for less, or for a wider beam"
            )
        return kept

    def search(
        self,
        documents: list[list[int]],
        beam: int | None = None,
        maximum: int | None = None,
        asked: Mapping[str, Any] | None = None,
        seed: int = 1,
        start: Sequence[int] | None = None,
    ) -> dict[str, Any]:
        """Search for the best summaries of documents in pieces; `decoding.search.Found` by name.

        Args:
            documents: ids of each, at least one; of a language model, what texts begin with.
            beam: K; None: what the model was made with.
            maximum: T; None: what the model was made with.
            asked: further inputs of the graph, see `decoding.inputs`; None: as the model's
                configuration says, but beam search where it samples.
            seed: of what is drawn at random; with the same one a document has the same summary.
            start: what each summary begins with; None: the token of the model's first type.

        Raises:
            ModelError: the graph is too old for what is asked.
        """
        decode = self.config.decode
        if asked is None:
            sampled = decode.strategy.name == "sample"
            plan = plans.make_plan(
                DecodingOptions(beam, strategy="beam" if sampled else None), decode, len
            )
            beam, asked = plan.beam, plan.inputs
        beam, maximum = beam or 1, maximum or decode.max_tokens
        document = pad_batch(documents)
        if asked["strategy"] == STRATEGIES.index("sample"):
            asked = {"noise": _noise(documents, (beam, maximum), seed), **asked}
        if self.config.data.task == "language_model":
            asked = {"constrained": True, "prefix": document, **asked}
        usual = neutral_inputs(document, beam, self.vocabulary.size)
        values = usual | arrays({
            "minimum": min(decode.min_tokens, maximum - 1),
            "maximum": maximum,
            "penalty": decode.length_penalty,
            "block": decode.no_repeat_ngram,
            "start": start or [self.vocabulary.start()] * len(documents),
            **asked,
        })  # fmt: skip
        for name in values.keys() - self._inputs:
            if not np.array_equal(values[name], usual[name]):
                raise ModelError(f"{self._path}: {_OLD}")
        given = {name: value for name, value in values.items() if name in self._inputs}
        return dict(zip(self._outputs, self._session.run(self._outputs, given), strict=True))

    def _hypotheses(
        self,
        found: dict[str, Any],
        row: int,
        demand: DocumentConstraints,
        promises: ConstraintChecker,
    ) -> list[Hypothesis]:
        """The hypotheses that the search found for one document, the best first."""
        out: dict[Any, Hypothesis] = {}
        prefix = self.vocabulary.decode([i for i in demand.prefix if i > PAD], demand.text)
        for k, log_prob in enumerate(found["log_prob"][row]):
            ids = tuple(int(p) for p in found["pieces"][row, k] if p not in (PAD, END))
            if log_prob < -1e8 or ids in out:
                continue
            text = self.vocabulary.decode(ids, demand.text)
            out[ids] = Hypothesis(
                ids=ids,
                text=promises.spell_out(text, prefix),
                log_prob=float(log_prob),
                score=float(found["score"][row, k]),
                attention=found["attention"][row, k, : len(ids)],
                gate=found["gate"][row, k, : len(ids)],
                token_log_probs=found["steps"][row, k, : len(ids)] if "steps" in found else None,
                selected=found["selected"][row] if "selected" in found else None,
            )
        return list(out.values())


def _noise(documents: list[list[int]], shape: tuple[int, int], seed: int) -> list[Any]:
    """Numbers from [0, 1) for each document, the same for the same document and seed."""
    seeds = ((seed, zlib.crc32(np.array(ids, "<i4").tobytes())) for ids in documents)
    return [np.random.default_rng(pair).random(shape, np.float32) for pair in seeds]


def open_model_files(folder: Path, graph: str, brief: bool) -> tuple[Config, Vocabulary, Any]:
    """Open a model's configuration, its vocabulary and its graph.

    Raises:
        ModelError: a file is missing, cut, or of another model.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.load_config(folder / "config.json")
    words = Vocabulary.load(folder / "vocabulary.model")
    opened = _open_session(folder / graph, brief)
    if opened.get_modelmeta().custom_metadata_map.get("vocabulary") != words.fingerprint:
        raise ModelError(
            f"{folder / graph}: made for another vocabulary than "
            f"{folder / 'vocabulary.model'}; export the model again"
        )
    return config, words, opened


def pad_batch(documents: Sequence[Sequence[int]]) -> Any:
    """Return documents, ids of each, as int32 [B, S]."""
    out = np.full((len(documents), max(map(len, documents))), PAD, np.int32)
    for i, pieces in enumerate(documents):
        out[i, : len(pieces)] = pieces
    return out


def _open_session(path: Path, brief: bool = False) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: no such file; make it with: summarizer export {path.parent}")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # one for each shape that comes, kept for ever
    if brief:  # to optimize the graph takes as long as to summarize dozens of documents
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(
            path,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=list(UNUSED_INPUTS),
        )
    except Exception as error:  # onnxruntime has a class of its own for each way a file is bad
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path}: cut or not an exported model ({reason})") from None
