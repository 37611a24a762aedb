"""Learn on validation documents how likely a summary beats the beginning of its document."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer import config as configuration
from summarizer.api.prepare_data import held_out_examples
from summarizer.api.summarize_examples import summarize_by_type
from summarizer.api.summarizer import Summarizer
from summarizer.errors import ConfigError
from summarizer.evaluation import lead
from summarizer.metrics import rouge
from summarizer.metrics.calibration import calibration_error, fit_logistic
from summarizer.runtime import confidence
from summarizer.runtime.confidence import FEATURES, Confidence
from summarizer.text.shorten import shorten_first_sentence
from summarizer.types import Example, Summary

Floats = npt.NDArray[np.float64]

FOLDS = 5  # the threshold and the figures are those of documents that a regression has not seen
BATCH_SIZE = 256  # documents summarized at once


class Calibration(NamedTuple):
    """What the regression is worth, on documents that it was not learned on.

    Attributes:
        path: file of the regression.
        documents: number of documents.
        error: expected calibration error over ten equally filled bins, 0 to 1.
        share: fraction of documents whose first sentence is printed instead.
        rouge1: mean ROUGE-1 of the summaries, of the first sentences shortened to their lengths,
            and of the choice between both, in points.
    """

    path: Path
    documents: int
    error: float
    share: float
    rouge1: tuple[float, float, float]


def calibrate(folder: str | Path, spec: str = "", documents: int = 2000) -> Calibration:
    """Learn the confidence of a model, and write it into its folder.

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
    features, scores = _measure(Summarizer.load(folder), examples)
    events = scores[:, 0] >= scores[:, 1]
    unseen = _cross_validated(features, events)
    threshold = _best_threshold(unseen, scores[:, [0, 2]])
    chosen = np.where(unseen < threshold, scores[:, 2], scores[:, 0])
    means = (float(scores[:, 0].mean()), float(scores[:, 2].mean()), float(chosen.mean()))
    error = calibration_error(unseen, events)
    share = float((unseen < threshold).mean())
    about = {"documents": len(examples), "calibration_error": error, "extracts": share}
    path = confidence.save(_fit(features, events)._replace(threshold=threshold), folder, about)
    return Calibration(path, len(examples), error, share, means)


def _measure(summarizer: Summarizer, examples: Sequence[Example]) -> tuple[Floats, Floats]:
    """Return the features of summaries, [n, f], and the ROUGE-1 of three candidates, [n, 3].

    They are the summary, the first sentence cut to its length, and the first sentence shortened to
    its length.
    """
    summaries: list[Summary] = []
    for begin in range(0, len(examples), BATCH_SIZE):
        summaries += summarize_by_type(
            summarizer, examples[begin : begin + BATCH_SIZE], {"fallback": "none"}
        )
    pairs = list(zip(summaries, examples, strict=True))
    features = np.stack([confidence.features_of(s, e.document) for s, e in pairs])
    lengths = [lead.length(summary.text) for summary in summaries]
    documents = [example.document for example in examples]
    references = [example.references or [example.summary or ""] for example in examples]
    stem = rouge.default_stem(example.summary or "" for example in examples)
    candidates = (
        [summary.text for summary in summaries],
        list(map(confidence.cut_first_sentence, documents, lengths)),
        [
            shorten_first_sentence(text, max(k, 1))[0]
            for text, k in zip(documents, lengths, strict=True)
        ],
    )
    scores = [rouge.score(texts, references, stem)["rouge1"] for texts in candidates]
    return features, np.stack(scores, axis=1)


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
