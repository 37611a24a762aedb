"""A trained model that summarizes.

This module imports no more than a summary needs, so that the command line starts fast.
"""

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from summarizer.api import extracts, written_types
from summarizer.api.fallback import check_mode, with_confidence
from summarizer.api.shipped_model import find_model
from summarizer.config import TAGGING_TASKS, Config
from summarizer.datasets import lowercase_words
from summarizer.decoding.options import RENAMED_DECODING_OPTIONS, DecodingOptions
from summarizer.errors import InputError, ModelError, warn_renamed
from summarizer.evaluation import lead
from summarizer.runtime import confidence, long_documents, outlines, sentence_scores
from summarizer.runtime.long_documents import DocumentChunks
from summarizer.summary_types import Length, auto, key_points, limit_of, requested_type
from summarizer.text import numbers_and_names
from summarizer.text.cleaning import clean
from summarizer.types import Summary

if TYPE_CHECKING:
    from summarizer.runtime.onnx_summarizer import OnnxSummarizer
    from summarizer.runtime.onnx_tagger import OnnxTagger

Pass = tuple[list[DocumentChunks], list[Summary]]
"""What the model read of each document, and the summary of each chunk."""


class Summarizer:
    """A trained model that summarizes, without TensorFlow."""

    def __init__(self, model: "OnnxSummarizer | OnnxTagger"):
        """Wrap an opened model."""
        self._model = model
        self.config: Config = model.config

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        fast_start: bool = False,
        content_selector: str | Path | None = None,
        **renamed: Any,
    ) -> "Summarizer":
        """Open an exported model.

        Args:
            folder: model folder; None: `$SUMMARIZER_MODEL`, else the model that a clone ships.
            fast_start: load the model faster and run it a little slower, for a few documents.
            content_selector: folder of a tagger with the same vocabulary; only words that it
                selects are copied (bottom-up attention, Gehrmann et al. 2018, arXiv:1808.10792).
            renamed: old names of arguments, `brief` and `select`.

        Raises:
            ModelError: there is no model, a file of it is missing, truncated or of another model,
                it is a language model, or the content selector does not fit it.
        """
        from summarizer.runtime.load import open_model

        fast_start = _renamed_argument(renamed, "brief", "fast_start", fast_start)
        selector = _renamed_argument(renamed, "select", "content_selector", content_selector)
        if renamed:
            raise TypeError(f"Summarizer.load has no argument {next(iter(renamed))!r}")
        folder = find_model(folder)
        selector = None if selector is None else Path(selector)
        model = open_model(folder, fast_start=fast_start, content_selector=selector)
        if model.config.data.task == "language_model":
            raise ModelError(
                f"{folder}: is a language model and does not summarize; use it with: "
                f'summarizer generate --model {folder} --prompt "TEXT"'
            )
        return cls(model)

    def summarize(
        self,
        texts: Sequence[str],
        options: DecodingOptions | None = None,
        *,
        long: str = long_documents.TRUNCATE,
        length: Length = None,
        fallback: str | None = None,
        **overrides: Any,
    ) -> list[Summary]:
        """Summarize documents; return the summaries in the same order.

        A document that is not longer than the requested length is its own summary.

        Args:
            texts: documents, at least one word each.
            options: decoding options; None: the settings of the model.
            long: what is read of a document longer than the model's input. "truncate": its
                beginning; "chunk": all of it in chunks, then the summaries of the chunks;
                "extract": its first and its most central sentences, in order. An extracted type
                always reads all of it.
            length: "short", "medium" or "long", the maxima of the type; or a number, which is met
                to within a fifth: of words, or of the parts of an extract. None: the model or the
                document decides.
            fallback: for a model with `confidence.json`: "extract" gives the first sentence, cut
                to the length of the summary, where that serves better; "none" never does. None:
                "extract".
            overrides: fields of `DecodingOptions`, such as `beam=8` or `must_include=["word"]`.
                `type` is "headline", "title" or "tldr" if the model was trained for it,
                "key-points" or "keywords", which are extracts, or "auto": the better of headline
                and title, by the model's own score. Without it, a model of several types takes
                "auto".
                With `explain=True` each summary has a `provenance`, with offsets into the document
                as given; with `faithful="warn"` it lists what is `unsupported`.

        Raises:
            InputError: a document is empty, or an option is impossible.
            ModelError: the model was exported by a version that lacks what an option needs.
        """
        options = _with_overrides(options or DecodingOptions(), overrides)
        long = long_documents.current_mode(long)
        kind = requested_type(options.type or auto.TYPE.name)
        encode, limit = self._model.vocabulary.encode_all, self.config.data.max_document_tokens
        if not kind.written:
            extracts.check_no_decoding(options, kind)
            size, scorer = limit_of(kind, length), self.sentence_scorer()
            return extracts.extracts(texts, kind, size, encode, scorer)
        mode = check_mode(fallback)
        if options.explain and long == long_documents.CHUNK:
            raise InputError(
                "explain: not available with long=chunk, which summarizes summaries; "
                "use truncate or extract"
            )
        name = written_types.type_to_search(kind, self.types)
        tiny = written_types.tiny_length(self.config.data.max_summary_tokens)
        request = written_types.type_request(texts, name, options, length, encode, tiny)
        documents = long_documents.split(request.texts, long, limit, encode)
        passes: list[Pass] = []
        while documents or not passes:
            chunks = [chunk for document in documents for chunk in document.chunks]
            summaries = self._model.summarize(chunks, request.options, lead.length)
            passes.append((documents, summaries))
            documents = long_documents.second_pass(documents, summaries, limit, encode)
        chosen = request.finish(self._merged(request, passes))
        options, scorer = request.options, self.sentence_scorer()
        return with_confidence(texts, chosen, self._confidence, options, mode, scorer)

    def summarize_types(
        self,
        texts: Sequence[str],
        types: Sequence[str],
        options: DecodingOptions | None = None,
        *,
        length: Length = None,
        **overrides: Any,
    ) -> list[dict[str, Summary]]:
        """Return type → summary for each document, in the order of the types.

        Args:
            texts: documents, at least one word each.
            types: names of types, see `summarize`.
            options: as for `summarize`, for the types that the model writes.
            length: as for `summarize`.
            overrides: as for `summarize`, with `long` and `fallback`.

        Raises:
            InputError: as for `summarize`.
        """
        kinds = [requested_type(name) for name in types]
        by_type: dict[str, list[Summary]] = {}
        for kind in kinds:
            # The extracts of a list have no decoding options; alone they refuse them.
            if kind.written or not any(k.written for k in kinds):
                named = {**overrides, "type": kind.name}
                by_type[kind.name] = self.summarize(texts, options, length=length, **named)
            else:
                by_type[kind.name] = self.summarize(texts, length=length, type=kind.name)
        return [
            dict(zip(by_type, summaries, strict=True))
            for summaries in zip(*by_type.values(), strict=True)
        ]

    def _merged(self, request: written_types.TypeRequest, passes: Sequence[Pass]) -> list[Summary]:
        """Return one summary for each searched document, checked if the user asks for it."""
        merged: list[Summary] = []
        for documents, summaries in reversed(passes):
            merged = long_documents.merge(documents, summaries, merged)
        if request.options.faithful in (None, "off"):
            return merged
        return [
            self._checked(text, summary, request.options)
            for text, summary in zip(request.texts, merged, strict=True)
        ]

    @property
    def types(self) -> tuple[str, ...]:
        """The types of summaries that the model was trained for; (): it knows no types."""
        if self.config.data.task in TAGGING_TASKS:  # its vocabulary may be that of a summarizer
            return ()
        return tuple(self._model.vocabulary.controls)

    @functools.cached_property
    def known_words(self) -> lowercase_words.LowercaseWords | None:
        """Words that the training data contains in lower case; None: the folder has no list."""
        return lowercase_words.load_lowercase_words(self._model.folder)

    @functools.cached_property
    def _confidence(self) -> confidence.Confidence | None:
        """What predicts the confidence of a summary; None: the folder has no such file."""
        return confidence.load(self._model.folder)

    def sentence_scorer(self) -> key_points.SentenceScorer:
        """Return the sentence head of the model; without one, a scorer that is not trained."""
        model, limit = self._model, self.config.data.max_document_tokens
        if sentence_scores.HEAD not in getattr(model, "heads", ()):
            return key_points.score_sentences
        return functools.partial(_score_by_head, cast("OnnxSummarizer", model), limit)

    def _checked(self, text: str, summary: Summary, options: DecodingOptions) -> Summary:
        """Return a summary that lists the numbers and names that its document does not contain."""
        supported = "\n".join([clean(text), options.prefix or "", *options.must_include])
        texts = dict.fromkeys([summary.text, *(h.text for h in summary.alternatives)])
        mentions = {
            t: tuple(
                mention.text
                for mention in numbers_and_names.unsupported(t, supported, self.known_words)
            )
            for t in texts
        }
        first = next(itertools.chain.from_iterable(mentions.values()), None)
        if first is not None and options.faithful == "strict":
            raise InputError(f"no summary found without {first!r}, which the document lacks")
        alternatives = tuple(
            dataclasses.replace(h, unsupported=mentions[h.text]) for h in summary.alternatives
        )
        return dataclasses.replace(
            summary, unsupported=mentions[summary.text], alternatives=alternatives
        )

    def outline(
        self,
        texts: Sequence[str],
        options: DecodingOptions | None = None,
        *,
        long: str = long_documents.TRUNCATE,
        **overrides: Any,
    ) -> list[list[Summary]]:
        """Summarize each paragraph of documents.

        A short paragraph or a heading is summarized with the paragraph after it.

        Args:
            texts: documents, with an empty line between paragraphs.
            options: as for `summarize`.
            long: as for `summarize`, for a paragraph longer than the model's input.
            overrides: as for `summarize`.

        Raises:
            InputError: as for `summarize`, or the type is an extract.
        """
        options = options or DecodingOptions()
        kind = requested_type(overrides.get("type") or options.type or auto.TYPE.name)
        if not kind.written:
            raise InputError(f"outline: only with types that the model writes, not {kind.name}")
        groups = [outlines.outline_paragraphs(text, lead.length) or [""] for text in texts]
        paragraphs = [paragraph for group in groups for paragraph in group]
        summaries = iter(self.summarize(paragraphs, options, long=long, **overrides))
        return [
            outlines.map_outline_provenance(
                text, group, list(itertools.islice(summaries, len(group)))
            )
            for text, group in zip(texts, groups, strict=True)
        ]


def _with_overrides(options: DecodingOptions, overrides: dict[str, Any]) -> DecodingOptions:
    """Return the options with some fields replaced, by old or new names of fields.

    Phrases may be one string or any sequence of strings.
    """
    for old in overrides.keys() & RENAMED_DECODING_OPTIONS.keys():
        new = RENAMED_DECODING_OPTIONS[old]
        warn_renamed(f"summarize({old}=)", new, 4)
        overrides[new] = overrides.pop(old)
    for name in overrides.keys() & {"must_include", "must_not_include"}:
        phrases = overrides[name]
        overrides[name] = (phrases,) if isinstance(phrases, str) else tuple(phrases)
    return dataclasses.replace(options, **overrides) if overrides else options


def _score_by_head(model: "OnnxSummarizer", limit: int, sentences: Sequence[str]) -> list[float]:
    return sentence_scores.score_sentences(model, sentences, limit)


def _renamed_argument(renamed: dict[str, Any], old: str, new: str, value: Any) -> Any:
    """Return the value of an argument, given by its old or its new name."""
    if old not in renamed:
        return value
    warn_renamed(f"Summarizer.load({old}=)", new, 4)
    return renamed.pop(old)
