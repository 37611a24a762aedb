"""Learn on validation documents to rank hypotheses, and when the first sentence is better."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer import config as configuration
from summarizer.api.fallback import best_sentence
from summarizer.api.prepare_data import held_out_examples
from summarizer.api.summarize_examples import summarize_by_type
from summarizer.api.summarizer import Summarizer
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import ConfigError
from summarizer.evaluation import lead
from summarizer.metrics import rouge
from summarizer.metrics.calibration import calibration_error, fit_logistic
from summarizer.metrics.ranking import cross_validated_choices, fit_ranking
from summarizer.runtime import confidence, hypothesis_features, reranker
from summarizer.runtime.confidence import FEATURES, Confidence
from summarizer.runtime.decoding_plan import make_plan
from summarizer.runtime.reranker import Reranker
from summarizer.summary_types import tldr
from summarizer.summary_types.key_points import SentenceScorer
from summarizer.text.shorten import shorten_first_sentence
from summarizer.types import Example, Summary

Floats = npt.NDArray[np.float64]

FOLDS = 5  # the threshold and the figures are those of documents that a regression has not seen
BATCH_SIZE = 256  # documents summarized at once


class Calibration(NamedTuple):
    """What reranker and confidence are worth, on documents that they were not learned on.

    Attributes:
        path: file of the confidence.
        documents: number of documents.
        reranked: mean ROUGE-1 of the first hypotheses of the search, and of those that the reranker
            chooses, in points. Without a gain the model gets no reranker.
        error: expected calibration error over ten equally filled bins, 0 to 1.
        share: fraction of documents whose first sentence is printed instead.
        rouge1: mean ROUGE-1 of the summaries, of the first sentences shortened to their lengths,
            and of the choice between both, in points.
    """

    path: Path
    documents: int
    reranked: tuple[float, float]
    error: float
    share: float
    rouge1: tuple[float, float, float]


class _Candidates(NamedTuple):
    """The hypotheses of one document.

    Attributes:
        summaries: the document's summary with each of them, in the order of the search.
        features: of the reranker, [n, f].
        scores: ROUGE-1, in points, [n].
    """

    summaries: list[Summary]
    features: Floats
    scores: Floats


def calibrate(folder: str | Path, spec: str = "", documents: int = 2000) -> Calibration:
    """Learn the reranker and the confidence of a model, and write them into its folder.

    Args:
        folder: of an exported model.
        spec: documents with summaries that the model was not trained on; empty: the validation
            data of the model.
        documents: maximum number of documents; they are drawn equally by type and source.

    Raises:
        ConfigError: there are too few documents.
        SummarizerError: the model or the documents cannot be used.
    """
    folder = Path(folder)
    config = configuration.load_config(folder / "config.json")
    overrides = [f"data.validation={spec}"] if spec else []
    examples = held_out_examples(configuration.apply_settings(config, overrides), documents)
    examples = [e for e in examples if e.document.strip() and (e.summary or "").strip()]
    if len(examples) < 10 * FOLDS:
        raise ConfigError(f"{len(examples)} documents: a confidence needs at least {10 * FOLDS}")
    summarizer = Summarizer.load(folder)
    summaries, reranked = _rerank(folder, _search(summarizer, examples), len(examples))
    features, scores = _measure(summaries, examples)
    events = scores[:, 0] >= scores[:, 1]
    unseen = _cross_validated(features, events)
    threshold = _best_threshold(unseen, scores[:, [0, 2]])
    chosen = np.where(unseen < threshold, scores[:, 2], scores[:, 0])
    means = (float(scores[:, 0].mean()), float(scores[:, 2].mean()), float(chosen.mean()))
    error = calibration_error(unseen, events)
    share = float((unseen < threshold).mean())
    about = {"documents": len(examples), "calibration_error": error, "extracts": share}
    of_tldr = _learn_tldr(summaries, examples, features, scores[:, 0], summarizer.sentence_scorer())
    model = _fit(features, events)._replace(threshold=threshold, tldr=of_tldr)
    path = confidence.save(model, folder, about)
    return Calibration(path, len(examples), reranked, error, share, means)


def _search(summarizer: Summarizer, examples: Sequence[Example]) -> list[_Candidates]:
    """Return all hypotheses of each document."""
    beam = make_plan(DecodingOptions(), summarizer.config.decode, lead.length).beam
    options = {"fallback": "none", "n_best": beam}
    summaries: list[Summary] = []
    for begin in range(0, len(examples), BATCH_SIZE):
        batch = examples[begin : begin + BATCH_SIZE]
        summaries += summarize_by_type(summarizer, batch, options)
    stem = rouge.default_stem(example.summary or "" for example in examples)
    candidates = []
    for summary, example in zip(summaries, examples, strict=True):
        hypotheses = sorted(summary.alternatives, key=lambda h: -h.score)
        words = hypothesis_features.document_words(example.document)
        references = [example.references or [example.summary or ""]] * len(hypotheses)
        scores = rouge.score([h.text for h in hypotheses], references, stem)["rouge1"]
        features = [hypothesis_features.features_of(h, words) for h in hypotheses]
        ranked = [replace(summary, text=h.text, score=h.score, hypothesis=h) for h in hypotheses]
        candidates.append(_Candidates(ranked, np.stack(features), scores))
    return candidates


def _rerank(
    folder: Path, candidates: Sequence[_Candidates], documents: int
) -> tuple[list[Summary], tuple[float, float]]:
    """Learn and write the reranker if it gains.

    Returns:
        The summaries as a reranker chooses them that has not seen their documents, or the first
        hypotheses; and `Calibration.reranked`.
    """
    features, scores = [c.features for c in candidates], [c.scores for c in candidates]
    choices = cross_validated_choices(features, scores, FOLDS)
    first = float(np.mean([y[0] for y in scores]))
    chosen = float(np.mean([y[i] for y, i in zip(scores, choices, strict=True)]))
    if chosen <= first:
        (folder / reranker.FILE).unlink(missing_ok=True)
        return [c.summaries[0] for c in candidates], (first, first)
    model = Reranker(hypothesis_features.FEATURES, *fit_ranking(features, scores))
    reranker.save(model, folder, {"documents": documents, "rouge1": [first, chosen]})
    summaries = [c.summaries[i] for c, i in zip(candidates, choices, strict=True)]
    return summaries, (first, chosen)


def _measure(summaries: Sequence[Summary], examples: Sequence[Example]) -> tuple[Floats, Floats]:
    """Return the features of summaries, [n, f], and the ROUGE-1 of three candidates, [n, 3].

    They are the summary, the first sentence cut to its length, and the first sentence shortened to
    its length.
    """
    pairs = list(zip(summaries, examples, strict=True))
    features = np.stack([confidence.features_of(s, e.document) for s, e in pairs])
    lengths = [(e.document, max(lead.length(s.text), 1)) for s, e in pairs]
    references = [example.references or [example.summary or ""] for example in examples]
    stem = rouge.default_stem(example.summary or "" for example in examples)
    candidates = (
        [summary.text for summary in summaries],
        [confidence.cut_first_sentence(*length) for length in lengths],
        [shorten_first_sentence(*length)[0] for length in lengths],
    )
    scores = [rouge.score(texts, references, stem)["rouge1"] for texts in candidates]
    return features, np.stack(scores, axis=1)


def _learn_tldr(
    summaries: Sequence[Summary],
    examples: Sequence[Example],
    features: Floats,
    scores: Floats,
    scorer: SentenceScorer,
) -> Confidence | None:
    """Return a regression of whether a TL;DR is at least as good as the best sentence.

    Args:
        summaries: of all types.
        examples: their documents and references.
        features: of the summaries, [n, f].
        scores: ROUGE-1 of the summaries, [n].
        scorer: scores the sentences of a document.

    Returns:
        The regression with its threshold; None: there are too few TL;DRs.
    """
    rows = [i for i, summary in enumerate(summaries) if summary.type == tldr.TYPE.name]
    if len(rows) < 10 * FOLDS:
        return None
    documents = [examples[i].document for i in rows]
    references = [examples[i].references or [examples[i].summary or ""] for i in rows]
    texts = [
        best_sentence(document, summaries[i], scorer).text
        for i, document in zip(rows, documents, strict=True)
    ]
    stem = rouge.default_stem(example.summary or "" for example in examples)
    both = np.stack([scores[rows], rouge.score(texts, references, stem)["rouge1"]], axis=1)
    events = both[:, 0] >= both[:, 1]
    threshold = _best_threshold(_cross_validated(features[rows], events), both)
    return _fit(features[rows], events)._replace(threshold=threshold)


def _fit(features: Floats, events: npt.NDArray[np.bool_]) -> Confidence:
    """Return the regression of events on features, with a threshold of one half."""
    means, scales = features.mean(0), np.maximum(features.std(0), 1e-6)
    standard = np.clip((features - means) / scales, -4, 4)
    return Confidence(FEATURES, means, scales, fit_logistic(standard, events), 0.5)


def _cross_validated(features: Floats, events: npt.NDArray[np.bool_]) -> Floats:
    """Return the probability of each event by a regression that was learned on other folds."""
    fold = np.arange(len(features)) % FOLDS
    probabilities = np.zeros(len(features))
    for number in range(FOLDS):
        model = _fit(features[fold != number], events[fold != number])
        probabilities[fold == number] = model.probability(features[fold == number])
    return probabilities


def _best_threshold(probabilities: Floats, scores: Floats) -> float:
    """Return the threshold with the greatest mean score, 0 if the first sentences never help."""
    order = np.argsort(probabilities, kind="stable")
    gains = np.concatenate([[0.0], np.cumsum((scores[:, 1] - scores[:, 0])[order])])
    best = int(np.argmax(gains))
    return float(probabilities[order[best]]) if 0 < best < len(order) else float(best > 0)
