"""Rank the hypotheses of a search by what ROUGE will probably say of them.

    rank(h) = w · (features(h) / scales)

Features are those of `hypothesis_features`. `api.calibrate` learns the weights by a ridge
regression of ROUGE-1 on the features, both centered over the hypotheses of a document. It is the
reranking of n-best lists of Collins & Koo (2005), "Discriminative Reranking for Natural Language
Parsing", with a linear model. `reranker.json` in the model folder holds the weights.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.decoding.options import DecodingOptions
from summarizer.errors import ModelError
from summarizer.runtime.hypothesis_features import FEATURES, document_words, features_of
from summarizer.storage import atomic_write
from summarizer.types import Hypothesis

FILE = "reranker.json"
OWN_RANKING = (
    "strategy",
    "length_penalty",
    "length_normalization",
    "coverage_penalty",
)
"""Options with which a user decides how hypotheses are ranked."""


class Reranker(NamedTuple):
    """A linear model of the quality of hypotheses.

    Attributes:
        features: names of the features, in the order of the arrays.
        scales: standard deviation of each within the documents of the training data, [f].
        weights: of the scaled features, [f].
    """

    features: tuple[str, ...]
    scales: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def values(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the value of each hypothesis of one document, [n, f] → [n]; higher is better."""
        return features / self.scales @ self.weights

    def rank(self, hypotheses: Sequence[Hypothesis], document: str) -> list[Hypothesis]:
        """Return the hypotheses of a document, the best first.

        Args:
            hypotheses: with attention, gate and log-probabilities of their tokens.
            document: the text that was summarized.
        """
        if len(hypotheses) < 2:
            return list(hypotheses)
        words = document_words(document)
        values = self.values(np.stack([features_of(h, words) for h in hypotheses]))
        return [hypotheses[i] for i in np.argsort(-values, kind="stable")]


def applies_to(options: DecodingOptions) -> bool:
    """Return whether a reranker ranks the hypotheses of a search with these options."""
    return all(getattr(options, name) is None for name in OWN_RANKING)


def load(folder: Path) -> Reranker | None:
    """Return the reranker of a model; None: the model has none.

    Raises:
        ModelError: the file is truncated or of another version.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        scales, weights = (np.array(record[name], np.float64) for name in ("scales", "weights"))
        model = Reranker(tuple(record["features"]), scales, weights)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: truncated or not of this program ({error!r})") from None
    if model.features != FEATURES or not len(scales) == len(weights) == len(FEATURES):
        raise ModelError(
            f"{path}: of another version; learn it again: summarizer calibrate {folder}"
        )
    return model


def save(model: Reranker, folder: Path, about: dict[str, Any]) -> Path:
    """Write the reranker of a model, and what it was learned on; return the path."""
    record = {
        "features": model.features,
        "scales": model.scales.tolist(),
        "weights": model.weights.tolist(),
        **about,
    }
    atomic_write(folder / FILE, (json.dumps(record, indent=2) + "\n").encode())
    return folder / FILE
