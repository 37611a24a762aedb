"""Start a network with a new vocabulary from the weights of a network with another one.

Source: Gee et al. (2022), "Fast Vocabulary Transfer for Language Model Compression",
arXiv:2402.09977: the embedding of a new token is the mean of those of the old tokens of its text.
"""

from typing import TYPE_CHECKING

import numpy as np

from summarizer.vocabulary import START, UNKNOWN, Vocabulary

if TYPE_CHECKING:
    from summarizer.training.averaging import Weights


def transfer_weights(weights: "Weights", old: Vocabulary, new: Vocabulary) -> "Weights":
    """Return weights whose tables have a row for each token of the new vocabulary.

    Args:
        weights: of a network with the old vocabulary; tables are those with a row for each token.
        old: vocabulary of the weights.
        new: vocabulary of the result.
    """
    sources = token_sources(old, new)
    return {
        name: np.stack([array[ids].mean(0) for ids in sources])
        if array.shape[:1] == (old.size,)
        else array
        for name, array in weights.items()
    }


def token_sources(old: Vocabulary, new: Vocabulary) -> list[list[int]]:
    """Return, for each token of the new vocabulary, the ids of the old tokens of its text.

    A control token has the start token. Other tokens are split into the longest old tokens from
    left to right; a character that no old token has is left out.
    """
    old_ids = {token: i for i, token in enumerate(old.tokens(range(old.size)))}
    controls = set(new.controls.values())
    sources = []
    for i, token in enumerate(new.tokens(range(new.size))):
        if token in old_ids:
            sources.append([old_ids[token]])
        else:
            sources.append([START] if i in controls else _longest_tokens(token, old_ids))
    return sources


def _longest_tokens(token: str, old_ids: dict[str, int]) -> list[int]:
    """Return the ids of the longest old tokens that a token consists of; at least one id."""
    ids, begin = [], 0
    while begin < len(token):
        ends = range(len(token), begin, -1)
        end = next((end for end in ends if token[begin:end] in old_ids), None)
        if end is not None:
            ids.append(old_ids[token[begin:end]])
        begin = end or begin + 1
    return ids or [UNKNOWN]
