"""Print the first sentence of a document where it serves better than the summary."""

import dataclasses
from collections.abc import Sequence

from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError, did_you_mean
from summarizer.evaluation import lead
from summarizer.runtime import confidence
from summarizer.runtime.confidence import MODES, Confidence
from summarizer.text.shorten import shorten_first_sentence
from summarizer.types import Summary

EXTRACT, NONE = MODES


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
) -> list[Summary]:
    """Return summaries with their confidence, or first sentences where these serve better.

    A summary stays if the options say what it must contain, or ask for alternatives or provenance.

    Args:
        texts: the documents.
        summaries: one a document.
        model: predicts the confidence; None: the model has none, so every summary stays.
        options: of the search.
        mode: one of `MODES`.
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
        if may_replace and probability < model.threshold:
            summary = _first_sentence(text, summary)
        results.append(dataclasses.replace(summary, confidence=probability))
    return results


def _first_sentence(text: str, summary: Summary) -> Summary:
    """Return the first sentence, shortened to the length of a summary, in its place."""
    extract, places = shorten_first_sentence(text, lead.length(summary.text))
    return dataclasses.replace(
        summary,
        text=extract,
        alternatives=(),
        hypothesis=None,
        extract=True,
        places=places,
        unsupported=None if summary.unsupported is None else (),
    )
