"""How likely a summary is at least as good as the beginning of its document.

The probability is a logistic regression on what the search knows of the summary and on how its
words relate to the document. `api.calibrate` learns it on validation documents; `confidence.json`
in the model folder holds it.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError
from summarizer.evaluation import lead
from summarizer.metrics.calibration import logistic
from summarizer.runtime import hypothesis_features
from summarizer.storage import atomic_write
from summarizer.text.sentences import split_sentences
from summarizer.types import Summary

FILE = "confidence.json"
FEATURES = (*hypothesis_features.FEATURES, "log_document_words", "truncated", "unknown_tokens")
MODES = ("extract", "none")
"""Values of `--fallback`: print the first sentence where it serves better, or never."""


class Confidence(NamedTuple):
    """A logistic regression.

    Attributes:
        features: names of the features, in the order of the arrays.
        means: mean of each feature where the regression was learned, [f].
        scales: standard deviation of each, above 0, [f].
        weights: of the standardized features, then the intercept, [f + 1].
        threshold: below this probability the first sentence serves better.
        tldr: of TL;DRs, the probability that one is at least as good as the best sentence, which
            serves better below its threshold; None: not learned.
    """

    features: tuple[str, ...]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    threshold: float
    tldr: "Confidence | None" = None

    def probability(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the probability of each row of features, [n, f] → [n]."""
        standard = np.clip((features - self.means) / self.scales, -4, 4)
        return logistic(standard @ self.weights[:-1] + self.weights[-1])


def load(folder: Path) -> Confidence | None:
    """Return the regression of a model; None: the model has none.

    Raises:
        ModelError: the file is truncated or of another version.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        tldr = _read(record["tldr"]) if record.get("tldr") else None
        model = _read(record)._replace(tldr=tldr)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: truncated or not of this program ({error!r})") from None
    if model.features != FEATURES:
        raise ModelError(
            f"{path}: of another version; learn it again: summarizer calibrate {folder}"
        )
    return model


def save(model: Confidence, folder: Path, about: dict[str, Any]) -> Path:
    """Write the regression of a model, and what it was learned on; return the path."""
    tldr = {"tldr": _record(model.tldr)} if model.tldr else {}
    text = json.dumps({**_record(model), **tldr, **about}, indent=2)
    atomic_write(folder / FILE, f"{text}\n".encode())
    return folder / FILE


def _read(record: dict[str, Any]) -> Confidence:
    """Return a regression from its record."""
    means, scales, weights = (
        np.array(record[name], np.float64) for name in ("means", "scales", "weights")
    )
    return Confidence(tuple(record["features"]), means, scales, weights, float(record["threshold"]))


def _record(model: Confidence) -> dict[str, Any]:
    """Return the record of a regression."""
    return {
        "features": model.features,
        "means": model.means.tolist(),
        "scales": model.scales.tolist(),
        "weights": model.weights.tolist(),
        "threshold": model.threshold,
    }


def cut_first_sentence(document: str, words: int) -> str:
    """Return the beginning of the first sentence, with at most this number of words."""
    first = next(iter(split_sentences(document)), "")
    return lead.first_k_words(first, max(words, 1))


def features_of(summary: Summary, document: str) -> npt.NDArray[np.float64]:
    """Return the `FEATURES` of a summary, float64 [f].

    Args:
        summary: has a hypothesis with attention, gate and log-probabilities of its tokens.
        document: the text that was summarized.
    """
    if summary.hypothesis is None:
        raise ValueError("a summary without a hypothesis has no features")
    tokens = max(summary.tokens_read + summary.tokens_truncated, 1)
    words = hypothesis_features.document_words(document)
    of_document = np.log1p(len(document.split())), summary.tokens_truncated / tokens
    return np.concatenate(
        [
            hypothesis_features.features_of(summary.hypothesis, words),
            [*of_document, summary.unknown_ratio],
        ]
    )
