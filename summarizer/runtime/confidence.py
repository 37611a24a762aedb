"""How likely a summary is at least as good as the beginning of its document.

The probability is a logistic regression on what the search knows of the summary and on how its
words relate to the document. `api.calibrate` learns it on validation documents; `confidence.json`
in the model folder holds it.
"""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError
from summarizer.evaluation import lead
from summarizer.metrics.calibration import logistic
from summarizer.storage import atomic_write
from summarizer.text.sentences import split_sentences
from summarizer.types import Hypothesis, Summary

FILE = "confidence.json"
FEATURES = (
    "score", "log_prob_per_token", "lowest_log_prob", "mean_gate", "highest_gate",
    "attention_entropy", "attention_at_start", "attention_reach", "log_words", "log_document_words",
    "truncated", "unknown_tokens", "words_in_document", "words_in_first_sentence",
    "bigrams_in_document", "repeated_words",
)  # fmt: skip
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
    """

    features: tuple[str, ...]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    threshold: float

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
        means, scales, weights = (
            np.array(record[name], np.float64) for name in ("means", "scales", "weights")
        )
        threshold = float(record["threshold"])
        model = Confidence(tuple(record["features"]), means, scales, weights, threshold)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: truncated or not of this program ({error!r})") from None
    if model.features != FEATURES:
        raise ModelError(
            f"{path}: of another version; learn it again: summarizer calibrate {folder}"
        )
    return model


def save(model: Confidence, folder: Path, about: dict[str, Any]) -> Path:
    """Write the regression of a model, and what it was learned on; return the path."""
    record = {
        "features": model.features,
        "means": model.means.tolist(),
        "scales": model.scales.tolist(),
        "weights": model.weights.tolist(),
        "threshold": model.threshold,
        **about,
    }
    atomic_write(folder / FILE, (json.dumps(record, indent=2) + "\n").encode())
    return folder / FILE


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
    hypothesis = summary.hypothesis
    if hypothesis is None:
        raise ValueError("a summary without a hypothesis has no features")
    words = _words(summary.text)
    values = {
        **_search_features(hypothesis),
        "log_words": np.log1p(len(words)),
        "log_document_words": np.log1p(len(document.split())),
        "truncated": summary.tokens_truncated
        / max(summary.tokens_read + summary.tokens_truncated, 1),
        "unknown_tokens": summary.unknown_ratio,
        **_overlap_features(words, document),
    }
    return np.array([values[name] for name in FEATURES], np.float64)


def _search_features(hypothesis: Hypothesis) -> dict[str, float]:
    """Return what the search knows: probabilities, gates, attention."""
    log_probs = np.asarray(hypothesis.token_log_probs, np.float64).reshape(-1)
    gates = np.asarray(hypothesis.gate, np.float64).reshape(-1)
    attention = np.asarray(hypothesis.attention, np.float64)
    attention = attention.reshape(len(attention), -1) if attention.size else np.zeros((0, 1))
    total = attention.sum(0)
    share = total / max(total.sum(), 1e-9)
    positions = np.arange(len(share)) / max(len(share), 1)
    entropy = -(attention * np.log(np.maximum(attention, 1e-9))).sum(1)
    return {
        "score": hypothesis.score,
        "log_prob_per_token": hypothesis.log_prob / (len(hypothesis.ids) + 1),
        "lowest_log_prob": float(log_probs.min(initial=0.0)),
        "mean_gate": float(gates.mean()) if len(gates) else 0.0,
        "highest_gate": float(gates.max(initial=0.0)),
        "attention_entropy": float(entropy.mean()) if len(entropy) else 0.0,
        "attention_at_start": float(share[positions < 0.2].sum()),
        "attention_reach": float((share * positions).sum()),
    }


def _overlap_features(words: Sequence[str], document: str) -> dict[str, float]:
    """Return which shares of a summary's words and pairs of words the document has."""
    source = _words(document)
    first = set(_words(next(iter(split_sentences(document)), "")))
    known, pairs = set(source), set(itertools.pairwise(source))
    own_pairs = list(itertools.pairwise(words))
    count = max(len(words), 1)
    return {
        "words_in_document": sum(word in known for word in words) / count,
        "words_in_first_sentence": sum(word in first for word in words) / count,
        "bigrams_in_document": sum(pair in pairs for pair in own_pairs) / max(len(own_pairs), 1),
        "repeated_words": 1 - len(set(words)) / count,
    }


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case, without the marks around them."""
    stripped = (word.strip(".,;:!?\"'()[]“”‘’…") for word in text.casefold().split())
    return [word for word in stripped if word]
