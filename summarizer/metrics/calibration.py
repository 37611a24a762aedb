"""Probabilities of events: a logistic regression that predicts them, and how well they are met."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 50  # Newton steps at most; convergence takes fewer than ten


def calibration_error(probabilities: npt.ArrayLike, events: npt.ArrayLike, bins: int = 10) -> float:
    """Return the expected calibration error over equally filled bins.

    Source: Naeini, Cooper, Hauskrecht (2015), "Obtaining well calibrated probabilities using
    Bayesian binning"; bins of equal size: Nixon et al. (2019), arXiv:1904.01685.

    Args:
        probabilities: predicted, float [n], 0 to 1; n >= 1.
        events: 1 where the event happened, else 0, [n].
        bins: number of bins.

    Returns:
        Mean over the bins, weighted by size, of |mean probability - share of events|, 0 to 1.
    """
    predicted, happened = (np.asarray(x, np.float64) for x in (probabilities, events))
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    errors = [len(p) * abs(predicted[p].mean() - happened[p].mean()) for p in parts]
    return float(sum(errors) / len(order))


def fit_logistic(features: Floats, events: npt.ArrayLike, penalty: float = 1.0) -> Floats:
    """Return the weights of a logistic regression, float64 [f + 1]; the last is the intercept.

    Newton's method on the penalized likelihood ("iteratively reweighted least squares"). A backward
    step follows where the likelihood would fall.

    Args:
        features: [n, f], of about unit scale.
        events: 1 where the event happened, else 0, [n].
        penalty: weight of half of the squared weights; the intercept has none.
    """
    rows = np.column_stack([features, np.ones(len(features))])
    happened = np.asarray(events, np.float64)
    ridge = np.full(rows.shape[1], penalty)
    ridge[-1] = 1e-9
    weights = np.zeros(rows.shape[1])
    value = _penalized_loss(rows, happened, ridge, weights)
    for _ in range(STEPS):
        probability = logistic(rows @ weights)
        gradient = rows.T @ (happened - probability) - ridge * weights
        curvature = (rows * (probability * (1 - probability))[:, None]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        while (new := _penalized_loss(rows, happened, ridge, weights + step)) > value + 1e-12:
            step /= 2
        weights = weights + step
        if value - new < 1e-10:
            break
        value = new
    return weights


def logistic(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


def _penalized_loss(rows: Floats, happened: Floats, ridge: Floats, weights: Floats) -> float:
    """Return the negative log-likelihood plus half of the weighted squares."""
    logits = rows @ weights
    likelihood = np.sum(happened * logits - np.logaddexp(0.0, logits))
    return float(0.5 * np.sum(ridge * weights**2) - likelihood)
