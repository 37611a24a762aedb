"""Print a sentence of the document where it serves better than the summary."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from summarizer.api import extracts
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError, did_you_mean
from summarizer.evaluation import lead
from summarizer.runtime import confidence
from summarizer.runtime.confidence import MODES, Confidence
from summarizer.summary_types import TYPES, Limit, tldr
from summarizer.summary_types.key_points import SentenceScorer, content_terms, score_sentences
from summarizer.text.shorten import shorten_first_sentence
from summarizer.types import Summary

EXTRACT, NONE = MODES
MAX_NEW_TERMS = 1  # content words of a TL;DR that its document lacks


def check_mode(mode: str | None) -> str:
    """Return the mode of the fallback; None stands for `extract`.

    Raises:
        InputError: there is no such mode.
    """
    if mode is not None and mode not in MODES:
        raise InputError(f"fallback {mode!r}: {did_you_mean(mode, MODES)}")
    return mode or EXTRACT


def with_confidence(
    texts: Sequence[str],
    summaries: Sequence[Summary],
    model: Confidence | None,
    options: DecodingOptions,
    mode: str,
    scorer: SentenceScorer = score_sentences,
) -> list[Summary]:
    """Return summaries with their confidence, or sentences where these serve better.

    The sentence is the first one, shortened; of a TL;DR it is the most important one.

    A summary stays if the options say what it must contain, or ask for alternatives or provenance.

    Args:
        texts: the documents.
        summaries: one a document.
        model: predicts the confidence; None: the model has none, so every summary stays.
        options: of the search.
        mode: one of `MODES`.
        scorer: scores the sentences of a document, for TL;DRs.
    """
    if model is None:
        return list(summaries)
    fixed = options.must_include or options.must_not_include or options.prefix
    may_replace = mode == EXTRACT and not (fixed or options.explain or (options.n_best or 1) > 1)
    results = []
    for text, summary in zip(texts, summaries, strict=True):
        if summary.extract or summary.hypothesis is None:
            results.append(summary)
            continue
        features = confidence.features_of(summary, text)
        probability = float(model.probability(features[None])[0])
        if may_replace and _serves_worse(text, features, summary, model, options):
            is_tldr = summary.type == tldr.TYPE.name
            summary = (
                best_sentence(text, summary, scorer) if is_tldr else _first_sentence(text, summary)
            )
        results.append(dataclasses.replace(summary, confidence=probability))
    return results


def _serves_worse(
    text: str,
    features: npt.NDArray[np.float64],
    summary: Summary,
    model: Confidence,
    options: DecodingOptions,
) -> bool:
    """Return whether a sentence of the document serves better than a summary.

    A TL;DR with several words that its document lacks is not about the document.
    The best sentence has any length, so it takes the place of no TL;DR with bounds on its words.
    """
    if summary.type != tldr.TYPE.name:
        return bool(model.probability(features[None])[0] < model.threshold)
    if model.tldr is None or options.max_words or options.min_words:
        return False
    known = set(content_terms(text))
    if sum(term not in known for term in content_terms(summary.text)) > MAX_NEW_TERMS:
        return True
    return bool(model.tldr.probability(features[None])[0] < model.tldr.threshold)


def best_sentence(text: str, summary: Summary, scorer: SentenceScorer) -> Summary:
    """Return the most important sentence of a document in the place of a summary."""
    (extract,) = extracts.extracts(
        [text], TYPES["key-points"], Limit(1, "points", True), lambda texts: [[]], scorer
    )
    return _replaced(summary, extract.text, extract.places)


def _first_sentence(text: str, summary: Summary) -> Summary:
    """Return the first sentence, shortened to the length of a summary, in its place."""
    extract, places = shorten_first_sentence(text, lead.length(summary.text))
    return _replaced(summary, extract, places)


def _replaced(summary: Summary, text: str, places: tuple[tuple[int, int], ...]) -> Summary:
    """Return an extract in the place of a summary."""
    return dataclasses.replace(
        summary,
        text=text,
        alternatives=(),
        hypothesis=None,
        extract=True,
        places=places,
        unsupported=None if summary.unsupported is None else (),
    )
