"""Learn to rank the candidates of each document by their score."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PENALTY = 100.0  # of the squared weights; more candidates make it matter less


def fit_ranking(features: Sequence[Floats], scores: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the scales of the features, [f], and the weights of the scaled features, [f].

    A ridge regression of the scores on the features, both centered over the candidates of each
    document: only differences within a document matter.

    Args:
        features: of the candidates of each document, [n, f]; at least one document.
        scores: of the candidates, in points, [n].
    """
    rows = np.concatenate([x - x.mean(0) for x in features])
    values = np.concatenate([y - y.mean() for y in scores])
    scales = np.maximum(rows.std(0), 1e-6)
    rows = rows / scales
    curvature = rows.T @ rows + PENALTY * np.eye(rows.shape[1])
    return scales, np.linalg.solve(curvature, rows.T @ values)


def cross_validated_choices(
    features: Sequence[Floats], scores: Sequence[Floats], folds: int
) -> list[int]:
    """Return the candidate of each document that a ranking chooses which has not seen it.

    Args:
        features: of the candidates of each document, [n, f].
        scores: of the candidates, in points, [n].
        folds: number of parts of the documents; each is ranked by what the others taught. At most
            the number of documents.
    """
    choices = [0] * len(features)
    for fold in range(folds):
        rest = [i for i in range(len(features)) if i % folds != fold]
        scales, weights = fit_ranking([features[i] for i in rest], [scores[i] for i in rest])
        for i in range(fold, len(features), folds):
            choices[i] = int(np.argmax(features[i] / scales @ weights))
    return choices
