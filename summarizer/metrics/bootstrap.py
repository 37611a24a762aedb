"""Seeded bootstrap intervals of a mean, and of the mean difference between two systems.

Source: Efron (1979), "Bootstrap methods: another look at the jackknife"; percentile intervals.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_DRAWS_AT_ONCE = 1 << 20  # indices drawn at once; bounds memory to about 16 MB

Array = npt.NDArray[np.float64]


def bootstrap_interval(
    values: npt.ArrayLike, samples: int = 1000, seed: int = 1, level: float = 0.95
) -> dict[str, float]:
    """Return the mean of the values with its percentile interval.

    Args:
        values: float [n], one score an example, n >= 1.
        samples: number of bootstrap samples, each of n examples drawn with replacement.
        seed: seed of the draws; the same seed and n draw the same examples.
        level: fraction of the resampled means between "low" and "high".

    Returns:
        "mean", "low" and "high", in the unit of the values.

    Raises:
        ValueError: `values` is not a row of at least one score.
    """
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or not scores.size:
        raise ValueError(f"an interval needs a row of at least one score, not {scores.shape}")
    means = _resampled_means(scores, samples, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return {"mean": float(scores.mean()), "low": float(low), "high": float(high)}


def paired_interval(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    samples: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> dict[str, float]:
    """Return the mean of a - b with its interval, for two systems on the same examples.

    Args:
        a: float [n], scores of one system.
        b: float [n], scores of the other system on the same examples in the same order.
        samples: number of bootstrap samples, each of n examples drawn with replacement.
        seed: seed of the draws; the same seed and n draw the same examples.
        level: fraction of the resampled means between "low" and "high".

    Returns:
        "mean", "low" and "high" of the difference; an interval without 0 separates the systems.

    Raises:
        ValueError: `a` and `b` differ in shape, or are not rows of at least one score.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired scores differ in shape: {first.shape} and {second.shape}")
    return bootstrap_interval(first - second, samples, seed, level)


def verdict(difference: Mapping[str, float]) -> str:
    """Return "better" or "worse" if the interval of a difference excludes 0, else "".

    If the difference has a "p", it must also be below 0.05, because intervals of very few examples
    are too short.
    """
    if difference.get("p", 0.0) >= 0.05:
        return ""
    if difference["low"] > 0:
        return "better"
    return "worse" if difference["high"] < 0 else ""


def format_interval(score: Mapping[str, float], sign: str = "") -> str:
    """Format a mean with its interval, such as "36.6 [35.9, 37.4]".

    Args:
        score: "mean", "low" and "high".
        sign: "+" to write the sign of positive numbers.
    """
    return f"{score['mean']:{sign}.1f} [{score['low']:{sign}.1f}, {score['high']:{sign}.1f}]"


def _resampled_means(scores: Array, samples: int, seed: int) -> Array:
    random, count = np.random.default_rng(seed), scores.size
    rows = max(1, _DRAWS_AT_ONCE // count)
    means = np.empty(samples)
    for start in range(0, samples, rows):
        part = means[start : start + rows]
        part[:] = scores[random.integers(count, size=(part.size, count))].mean(axis=1)
    return means
