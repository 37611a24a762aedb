"""Types and lengths of the summaries that a model writes."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from summarizer.api.extracts import split_document
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError
from summarizer.evaluation import lead
from summarizer.runtime.long_documents import Encode
from summarizer.summary_types import (
    Length,
    Limit,
    SummaryType,
    auto,
    headline,
    limit_of,
    requested_type,
    tldr,
)
from summarizer.text import sentences
from summarizer.text.cleaning import clean
from summarizer.types import Hypothesis, Provenance, Summary

TOLERANCE = 0.2  # of a requested number of words
TINY = headline.TYPE.lengths[0]  # words of a document that is shorter than its summary would be


def type_to_search(kind: SummaryType, known: Sequence[str]) -> str:
    """Return the type that a model searches for a request; "" stands for a model without types.

    Args:
        kind: the requested type.
        known: the types that the model was trained for.

    Raises:
        InputError: the model knows no types.
    """
    if not known and kind is not auto.TYPE:
        raise InputError(f"type {kind.name!r}: the model was trained without types")
    return kind.name if known else ""


@dataclass(frozen=True)
class TypeRequest:
    """Summaries of one type that a model shall write.

    Attributes:
        options: decoding options, with the type and the bounds of the length.
        limit: the requested length; None: the model decides.
        whole: for each document the document itself as its summary; None: it is longer.
        texts: the documents that are longer.
    """

    options: DecodingOptions
    limit: Limit | None
    whole: list[Summary | None]
    texts: list[str]

    def finish(self, summaries: Sequence[Summary]) -> list[Summary]:
        """Return the summary of each document, from those of `texts`."""
        searched: Iterator[Summary] = iter(summaries)
        if self.options.type == tldr.TYPE.name:
            fewest = self.options.min_words or 0
            searched = (with_whole_sentences(s, self.limit, fewest) for s in summaries)
        kind = self.options.type or ""
        return [dataclasses.replace(s, type=kind) if s else next(searched) for s in self.whole]


def type_request(
    texts: Sequence[str],
    name: str,
    options: DecodingOptions,
    length: Length,
    encode: Encode,
    tiny: int = TINY,
) -> TypeRequest:
    """Return the request of a type for documents.

    Args:
        texts: documents.
        name: the type, from `type_to_search`.
        options: options of the user.
        length: the requested length.
        encode: makes token ids, which are counted.
        tiny: words of a document that is its own summary if no length is requested.
    """
    limit = limit_of(requested_type(name or auto.TYPE.name), length)
    options = with_limit(dataclasses.replace(options, type=name or None), limit)
    whole = [
        whole_document(text, limit, encode)
        or tiny_document(text, options, 0 if limit else tiny, encode)
        for text in texts
    ]
    longer = [text for text, summary in zip(texts, whole, strict=True) if summary is None]
    return TypeRequest(options, limit, whole, longer)


def with_limit(options: DecodingOptions, limit: Limit | None) -> DecodingOptions:
    """Return the options with bounds on the words that meet a requested length.

    With `max_words` the smaller maximum counts. Sentences are not bounded; see `whole_sentences`.
    """
    if limit is None or limit.unit != "words":
        return options
    most = limit.count if options.max_words is None else min(limit.count, options.max_words)
    if not limit.exact:
        return dataclasses.replace(options, max_words=most)
    fewest, longest = math.ceil((1 - TOLERANCE) * most), math.floor((1 + TOLERANCE) * most)
    return dataclasses.replace(
        options,
        min_words=max(fewest, options.min_words or 0),
        max_words=min(longest, options.max_words or longest),
    )


def whole_document(text: str, limit: Limit | None, encode: Encode) -> Summary | None:
    """Return a document as its own summary; None: it is longer than the requested length.

    Args:
        text: the document.
        limit: the requested length; None: none, so every document is summarized.
        encode: makes token ids, which are counted.
    """
    if limit is None:
        return None
    cleaned = clean(text)
    size = lead.length(cleaned) if limit.unit == "words" else len(split_document(text))
    if not 0 < size <= limit.count:
        return None
    tokens = len(encode([cleaned])[0])
    return Summary(cleaned, 0.0, tokens_read=tokens, extract=True, places=((0, len(text)),))


def tiny_length(max_summary_tokens: int) -> int:
    """Return the words of a document that is shorter than its summary would be.

    They are as many as the shortest headline has, or fewer for a model of shorter summaries.
    """
    return min(TINY, max_summary_tokens // 8)


def tiny_document(text: str, options: DecodingOptions, tiny: int, encode: Encode) -> Summary | None:
    """Return a document that is too small for a summary as its own summary; None: it is not.

    A document without a letter or a digit is too small, and for a model of several types one of a
    few words. A summary would have words that it lacks.

    Args:
        text: the document.
        options: with the type, "" or None for a model without types. What they ask for beside a
            summary cannot be given by a copy, so then a document with words is summarized.
        tiny: number of words that are too few.
        encode: makes token ids, which are counted.
    """
    cleaned = clean(text)
    if not cleaned:
        return None
    if any(map(str.isalnum, cleaned)):
        phrases = options.must_include or options.must_not_include or options.prefix
        wishes = bool(phrases) or options.explain or (options.n_best or 1) > 1
        if wishes or options.min_words or not options.type or lead.length(cleaned) > tiny:
            return None
    tokens = len(encode([cleaned])[0])
    return Summary(cleaned, 0.0, tokens_read=tokens, extract=True, places=((0, len(text)),))


def with_whole_sentences(summary: Summary, limit: Limit | None, min_words: int) -> Summary:
    """Return a TL;DR as whole sentences, of which it has no more than requested.

    Args:
        summary: from the search.
        limit: the requested length; None: the model decides.
        min_words: minimum number of words, see `whole_sentences`.
    """
    most = limit.count if limit and limit.unit == "sentences" else None
    hypotheses = dict[str, Hypothesis]()
    for hypothesis in summary.alternatives:
        text = whole_sentences(hypothesis.text, most, min_words)
        hypotheses.setdefault(text, dataclasses.replace(hypothesis, text=text))
    text = whole_sentences(summary.text, most, min_words)
    return dataclasses.replace(
        summary,
        text=text,
        alternatives=tuple(hypotheses.values()),
        hypothesis=hypotheses.get(text, summary.hypothesis),
        provenance=summary.provenance and _provenance_until(summary.provenance, len(text)),
    )


def whole_sentences(text: str, most: int | None, min_words: int = 0) -> str:
    """Return the first sentences of a text, without an unfinished last one.

    Args:
        text: a summary.
        most: maximum number of sentences; None: all.
        min_words: minimum number of words; an unfinished sentence stays if they are fewer without.
    """
    parts = sentences.split_sentences(text)
    finished = parts if sentences.ends_sentence(text) else parts[:-1]
    if finished and lead.length(sentences.join_sentences(finished)) >= min_words:
        parts = finished
    end = 0
    for part in parts[:most]:
        end = text.index(part, end) + len(part)
    return text[:end]


def _provenance_until(provenance: Provenance, end: int) -> Provenance:
    """Return the provenance of the first characters of a summary."""
    words = tuple(word for word in provenance.words if word.end <= end)
    return dataclasses.replace(provenance, words=words)
