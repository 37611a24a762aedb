"""Says whether a difference between two systems could be chance: a paired permutation test.

Source: Fisher (1935), "The Design of Experiments", section 21; Pitman (1937), "Significance tests
which may be applied to samples from any populations"; for texts, Yeh (2000), "More accurate tests
for the statistical significance of result differences".
"""

import numpy as np
import numpy.typing as npt

from summarizer.metrics import bootstrap

SAMPLES = 10_000
_AT_ONCE = 1 << 20  # signs drawn at once; bounds memory to about 10 MB


def permutation_test(
    a: npt.ArrayLike, b: npt.ArrayLike, samples: int = SAMPLES, seed: int = 1
) -> float:
    """Return how often a difference in the mean would be as large if the systems were alike.

    If they were, each example's two scores might as well be the other way round. So the signs of
    the differences are flipped, in all ways where those are at most `samples`, else at random; a
    difference of 0 has no sign. The test is of both sides.

    Args:
        a: float [n], scores of one system.
        b: float [n], scores of the other, of the same examples in the same order.
        samples: how many ways to flip the signs.
        seed: the same seed and n flip the same signs.

    Returns:
        The p-value, above 0, at most 1: exact, or (hits + 1) / (samples + 1).
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"paired scores differ in shape: {first.shape} and {second.shape}")
    differences = first - second
    differences = differences[differences != 0]
    # Sums of the same numbers in another order differ by rounding: as large is also nearly so.
    least = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    if 2**differences.size <= samples:
        sums = np.zeros(1)
        for difference in differences:
            sums = np.concatenate([sums + difference, sums - difference])
        return float(np.mean(np.abs(sums) >= least))
    hits, random = 0, np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // differences.size)
    for begin in range(0, samples, rows):
        shape = min(rows, samples - begin), -(-differences.size // 8)
        bits = random.integers(256, size=shape, dtype=np.uint8)
        flipped = np.unpackbits(bits, axis=1, count=differences.size)
        sums = differences.sum() - 2 * (flipped @ differences)
        hits += int(np.sum(np.abs(sums) >= least))
    return (hits + 1) / (samples + 1)


def paired_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, samples: int = 1000, seed: int = 1
) -> dict[str, float]:
    """Return the mean of a - b with its bootstrap interval and the p-value of the permutation test.

    Args:
        a: float [n], scores of one system.
        b: float [n], scores of the other, of the same examples in the same order.
        samples: of the bootstrap.
        seed: of the bootstrap and the permutation test.

    Returns:
        "mean", "low", "high" and "p".
    """
    return {
        **bootstrap.paired_interval(a, b, samples, seed),
        "p": permutation_test(a, b, seed=seed),
    }
