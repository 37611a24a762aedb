"""The sentences of a document that together match a reference best.

Source: the labels on which Nallapati, Zhai, Zhou (2017), arXiv:1611.04230, train an extractor.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def greedy_extract(
    words: Sequence[Sequence[str]], reference: Sequence[str]
) -> tuple[float, list[int]]:
    """Return the ROUGE-1 F of an extract against one reference, and the chosen sentences.

    Greedy: the sentence with the greatest ROUGE-1 F, then the sentence that raises it most, while
    one raises it and the extract is shorter than the reference.

    Args:
        words: words of each sentence.
        reference: words of the reference.
    """
    limits = Counter(reference)
    table = np.array([[count[word] for word in limits] for count in map(Counter, words)], np.int64)
    table = table.reshape(len(words), len(limits))
    limit = np.array(list(limits.values()), np.int64)
    sizes = np.array([len(sentence) for sentence in words], np.int64)
    counts, size, best, chosen = np.zeros(len(limits), np.int64), 0, 0.0, list[int]()
    while len(chosen) < len(words) and (not chosen or size < len(reference)):
        hits = np.minimum(counts + table, limit).sum(axis=1)
        scores = 2 * hits / np.maximum(size + sizes + len(reference), 1)
        scores[chosen] = -1
        i = int(np.argmax(scores))
        if chosen and scores[i] <= best:
            break
        chosen.append(i)
        counts, size, best = counts + table[i], size + int(sizes[i]), float(scores[i])
    return best, chosen
