"""Paired permutation test: could the difference between two systems be chance?

Source: Fisher (1935), "The Design of Experiments", section 21; Pitman (1937), "Significance tests
which may be applied to samples from any populations"; for texts, Yeh (2000), "More accurate tests
for the statistical significance of result differences".
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from summarizer.metrics import bootstrap

SAMPLES = 10_000
_SIGNS_AT_ONCE = 1 << 20  # signs drawn at once; bounds memory to about 10 MB


def permutation_test(
    a: npt.ArrayLike, b: npt.ArrayLike, samples: int = SAMPLES, seed: int = 1
) -> float:
    """Return the two-sided p-value of the mean difference between two systems.

    If the systems are alike, the two scores of each example can be exchanged, which flips the sign
    of their difference. All sign patterns are enumerated if there are at most `samples` of them;
    otherwise `samples` patterns are drawn. Differences of 0 have no sign and are left out.

    Args:
        a: float [n], scores of one system.
        b: float [n], scores of the other system on the same examples in the same order.
        samples: number of sign patterns.
        seed: seed of the patterns; the same seed and n draw the same patterns.

    Returns:
        The p-value, above 0 and at most 1: exact, or (hits + 1) / (samples + 1).

    Raises:
        ValueError: `a` and `b` differ in shape, or are not rows.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"paired scores differ in shape: {first.shape} and {second.shape}")
    differences = first - second
    differences = differences[differences != 0]
    # The same numbers summed in another order differ by rounding, hence the tolerance.
    threshold = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    if 2**differences.size <= samples:
        sums = np.zeros(1)
        for difference in differences:
            sums = np.concatenate([sums + difference, sums - difference])
        return float(np.mean(np.abs(sums) >= threshold))
    hits, random = 0, np.random.default_rng(seed)
    rows = max(1, _SIGNS_AT_ONCE // differences.size)
    for start in range(0, samples, rows):
        shape = min(rows, samples - start), -(-differences.size // 8)
        bits = random.integers(256, size=shape, dtype=np.uint8)
        flipped = np.unpackbits(bits, axis=1, count=differences.size)
        sums = differences.sum() - 2 * (flipped @ differences)
        hits += int(np.sum(np.abs(sums) >= threshold))
    return (hits + 1) / (samples + 1)


def paired_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, samples: int = 1000, seed: int = 1
) -> dict[str, float]:
    """Return the mean of a - b with its bootstrap interval and the p-value of the permutation test.

    Args:
        a: float [n], scores of one system.
        b: float [n], scores of the other system on the same examples in the same order.
        samples: number of bootstrap samples.
        seed: seed of the bootstrap and of the permutation test.

    Returns:
        "mean", "low", "high" and "p".
    """
    return {
        **bootstrap.paired_interval(a, b, samples, seed),
        "p": permutation_test(a, b, seed=seed),
    }


def format_difference(difference: Mapping[str, float]) -> str:
    """Format a difference with its interval, its p-value and its verdict if there is one."""
    p = "p<0.001" if difference["p"] < 0.001 else f"p={difference['p']:.3f}"
    interval = bootstrap.format_interval(difference, "+")
    return f"{interval} {p} {bootstrap.verdict(difference)}".rstrip()
