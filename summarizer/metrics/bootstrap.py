"""Says how sure a mean is: seeded bootstrap intervals, of one system or between two.

Source: Efron (1979), "Bootstrap methods: another look at the jackknife"; percentile intervals.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_DRAWS_AT_ONCE = 1 << 20  # numbers drawn at once; bounds memory to about 16 MB

Array = npt.NDArray[np.float64]


def bootstrap_interval(
    values: npt.ArrayLike, samples: int = 1000, seed: int = 1, level: float = 0.95
) -> dict[str, float]:
    """Return the mean of the values and where it would fall for other examples of their kind.

    Args:
        values: float [n], one score an example, n >= 1.
        samples: how many times n examples are drawn with replacement.
        seed: the same seed and n draw the same examples.
        level: the fraction of the drawn means between low and high.

    Returns:
        "mean", "low" and "high", in the unit of the values.
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
        b: float [n], scores of the other, of the same examples in the same order.
        samples: how many times n examples are drawn with replacement.
        seed: the same seed and n draw the same examples.
        level: the fraction of the drawn means between low and high.

    Returns:
        "mean", "low" and "high" of the difference; an interval without 0 separates the systems.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired scores differ in shape: {first.shape} and {second.shape}")
    return bootstrap_interval(first - second, samples, seed, level)


def verdict(difference: Mapping[str, float]) -> str:
    """Return "better" or "worse" where the interval of a difference excludes 0, else nothing.

    A "p" of a test has to be below 0.05, too: of very few examples every interval is too short.
    """
    if difference.get("p", 0.0) >= 0.05:
        return ""
    if difference["low"] > 0:
        return "better"
    return "worse" if difference["high"] < 0 else ""


def _resampled_means(scores: Array, samples: int, seed: int) -> Array:
    random, count = np.random.default_rng(seed), scores.size
    rows = max(1, _DRAWS_AT_ONCE // count)
    means = np.empty(samples)
    for start in range(0, samples, rows):
        part = means[start : start + rows]
        part[:] = scores[random.integers(count, size=(part.size, count))].mean(axis=1)
    return means
