"""What the search knows of a hypothesis, and how its words relate to the document.

A reranker and the confidence of a summary learn from these features.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.text.sentences import split_sentences
from summarizer.text.shorten import may_end
from summarizer.types import Hypothesis

FEATURES = (
    "score", "log_prob_per_token", "lowest_log_prob", "end_log_prob", "mean_gate", "highest_gate",
    "attention_entropy", "attention_at_start", "attention_reach", "log_words", "words_in_document",
    "words_in_first_sentence", "word_frequency", "bigrams_in_document", "repeated_words",
    "unfinished",
)  # fmt: skip


class DocumentWords(NamedTuple):
    """The words of a document, in lower case.

    Attributes:
        counts: word → number of occurrences.
        pairs: pairs of adjacent words.
        first: words of the first sentence.
    """

    counts: Counter[str]
    pairs: set[tuple[str, str]]
    first: set[str]


def document_words(document: str) -> DocumentWords:
    """Return the words of a document."""
    words = _words(document)
    first = _words(next(iter(split_sentences(document)), ""))
    return DocumentWords(Counter(words), set(itertools.pairwise(words)), set(first))


def features_of(hypothesis: Hypothesis, document: DocumentWords) -> npt.NDArray[np.float64]:
    """Return the `FEATURES` of a hypothesis, float64 [f].

    Args:
        hypothesis: with attention, gate and log-probabilities of its tokens.
        document: the words of the text that was summarized.
    """
    words = _words(hypothesis.text)
    values = {
        **_search_features(hypothesis),
        "log_words": np.log1p(len(words)),
        **_overlap_features(words, document),
        "unfinished": float(bool(words) and not may_end(words[-1])),
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
        "end_log_prob": min(hypothesis.log_prob - float(log_probs.sum()), 0.0),
        "mean_gate": float(gates.mean()) if len(gates) else 0.0,
        "highest_gate": float(gates.max(initial=0.0)),
        "attention_entropy": float(entropy.mean()) if len(entropy) else 0.0,
        "attention_at_start": float(share[positions < 0.2].sum()),
        "attention_reach": float((share * positions).sum()),
    }


def _overlap_features(words: Sequence[str], document: DocumentWords) -> dict[str, float]:
    """Return how the words of a summary, and pairs of them, occur in the document."""
    pairs = list(itertools.pairwise(words))
    count = max(len(words), 1)
    return {
        "words_in_document": sum(word in document.counts for word in words) / count,
        "words_in_first_sentence": sum(word in document.first for word in words) / count,
        "word_frequency": sum(np.log1p(document.counts[word]) for word in words) / count,
        "bigrams_in_document": sum(pair in document.pairs for pair in pairs) / max(len(pairs), 1),
        "repeated_words": 1 - len(set(words)) / count,
    }


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case, without the marks around them."""
    stripped = (word.strip(".,;:!?\"'()[]“”‘’…") for word in text.casefold().split())
    return [word for word in stripped if word]
