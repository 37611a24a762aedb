"""Minimum-risk training: learn from the ROUGE of summaries that the model itself samples.

For each document, K summaries are sampled. With the reference they are the candidates y, whose
rewards R(y) are compared with each other. The objective is

    mean over the references of −log p(reference)  −  λ Σ_y (R(y) − mean R) log p(y)

λ is `train.risk_weight`. The second term has the gradient of the expected risk (Shen et al. 2016,
arXiv:1512.02433, eq. 9 and 11) in the limit of a small α, in which all different candidates weigh
the same. Sequence-level rewards for summaries: Ayana et al. (2016), arXiv:1604.01904; mixed with
the likelihood: Paulus et al. (2018), arXiv:1705.04304, eq. 16.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from summarizer.config import Config
from summarizer.datasets.batching import SUMMARY_STEP
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import search
from summarizer.decoding.search_step import Conditions
from summarizer.decoding.strategies.sample import Sample
from summarizer.metrics import rouge
from summarizer.model.compiled import compile_function
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD, Vocabulary

Batch = dict[str, Tensor]
Sampler = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes documents int32 [D, S], first tokens int32 [D] and noise float32 [D, K, T] on [0, 1);
returns tokens int32 [D, K, T]."""
Reward = Callable[[Sequence[str], Sequence[str]], npt.NDArray[np.float64]]
"""Takes summaries and their references; returns a number from 0 to 1 for each."""


class RiskSettings(NamedTuple):
    """How candidates are drawn and weighed.

    Attributes:
        weight: λ.
        samples: K.
        max_tokens: T, maximum number of tokens of a sample.
        seed: of the random numbers.
    """

    weight: float
    samples: int
    max_tokens: int
    seed: int


def settings_from(config: Config) -> RiskSettings:
    """Return the settings of a configuration."""
    train = config.train
    return RiskSettings(
        train.risk_weight, train.risk_samples, config.data.max_summary_tokens, config.seed
    )


def make_sampler(model: keras.Model, settings: RiskSettings) -> Sampler:
    """Return a compiled function that samples from the whole distribution of a model."""
    limits = SearchLimits(1, settings.max_tokens, 0.0, 0)

    def run(document: Tensor, start: Tensor, noise: Tensor) -> Tensor:
        strategy = Sample(settings.samples, 1.0, 0, 1.0, noise)
        conditions = Conditions(start=start)
        return search(model, document, strategy, settings.samples, limits, conditions).tokens

    return compile_function(model, run, [(2, "int32"), (1, "int32"), (3, "float32")])


def mean_rouge(summaries: Sequence[str], references: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the mean of ROUGE-1 and ROUGE-L F of each summary, 0 to 1."""
    scores = rouge.score(summaries, references, rouge.default_stem(references))
    return (scores["rouge1"] + scores["rougeL"]) / 200


def risk_batches(
    batches: Iterator[tuple[int, int, Mapping[str, Tensor]]],
    sample: Sampler,
    vocabulary: Vocabulary,
    settings: RiskSettings,
    reward: Reward = mean_rouge,
) -> Iterator[tuple[int, int, Batch]]:
    """Yield batches of candidates in place of batches of references.

    Of B rows a batch uses the documents of the first B / (K + 1), so that there is room for their
    samples.

    Args:
        batches: (epoch, index, batch) of the references, from `batching.stream_batches`.
        sample: from `make_sampler`; draws from the model as it is when a batch is requested.
        vocabulary: of the model.
        settings: how candidates are drawn and weighed.
        reward: compares summaries with their references.
    """
    for epoch, index, tensors in batches:
        batch = {name: np.asarray(value) for name, value in tensors.items()}
        count = len(batch["document"]) // (settings.samples + 1)
        count = min(count, int((batch["row"] >= 0).sum()))
        seed = (settings.seed, int(epoch), int(index))
        shape = (count, settings.samples, settings.max_tokens)
        noise = np.random.default_rng(seed).random(shape, np.float32)
        documents, starts = batch["document"][:count], batch["summary_in"][:count, 0]
        tokens = np.asarray(sample(documents, starts, noise))
        yield epoch, index, candidate_batch(batch, tokens, vocabulary, settings.weight, reward)


def candidate_batch(
    batch: Batch, tokens: Tensor, vocabulary: Vocabulary, weight: float, reward: Reward
) -> Batch:
    """Return a batch of the references and samples of the first D documents of a batch.

    Args:
        batch: arrays [B, ...], see `batching.gather`.
        tokens: samples, int32 [D, K, T], the end included if it fits.
        vocabulary: of the tokens.
        weight: λ.
        reward: compares summaries with their references.

    Returns:
        Arrays of the same B; those of summaries are as long as the longest candidate needs. The
        `weight` of a token is 1 + λ (R − mean R) in a reference, and λ (R − mean R) in a sample. It
        is 0 in a sample that equals an earlier candidate, and in rows that are left over.
    """
    count, samples, _ = tokens.shape
    references = batch["summary_out"][:count]
    longest = max(references.shape[1], int((tokens != PAD).any((0, 1)).sum()))
    length = -(-longest // SUMMARY_STEP) * SUMMARY_STEP
    candidates = np.full((count, samples + 1, length), PAD, np.int32)
    candidates[:, 0, : references.shape[1]] = references
    candidates[:, 1:, : min(length, tokens.shape[2])] = tokens[:, :, :length]
    weights = weight * _advantages(candidates, vocabulary, reward)[:, :, None] * (candidates != PAD)
    known = np.zeros((count, length), np.float32)
    known[:, : references.shape[1]] = batch["weight"][:count]
    weights[:, 0] = known + weights[:, 0] * (known > 0)
    return _rows(batch, candidates, weights.astype(np.float32))


def _advantages(candidates: Tensor, vocabulary: Vocabulary, reward: Reward) -> Tensor:
    """Return R − mean R of each candidate, 0 for repeated ones; float64 [D, K + 1].

    Args:
        candidates: int32 [D, K + 1, T]; the first of each document is the reference.
        vocabulary: of the tokens.
        reward: compares summaries with their references.
    """
    texts = [
        [vocabulary.decode(ids[(ids != PAD) & (ids != END)]) for ids in rows] for rows in candidates
    ]
    flat = [text for row in texts for text in row]
    rewards = reward(flat, [row[0] for row in texts for _ in row]).reshape(candidates.shape[:2])
    advantages = np.zeros(candidates.shape[:2])
    for i, rows in enumerate(candidates):
        _, first = np.unique(rows, axis=0, return_index=True)
        advantages[i, first] = rewards[i, first] - rewards[i, first].mean()
    return advantages


def _rows(batch: Batch, candidates: Tensor, weights: Tensor) -> Batch:
    """Return a batch whose rows are the candidates, filled up with rows of weight 0."""
    count, each, length = candidates.shape
    size, used = len(batch["document"]), count * each
    document = np.full_like(batch["document"], PAD)
    document[:, 0] = END
    document[:used] = np.repeat(batch["document"][:count], each, axis=0)
    target, weight = np.full((size, length), PAD, np.int32), np.zeros((size, length), np.float32)
    target[:used], weight[:used] = candidates.reshape(used, length), weights.reshape(used, length)
    first = np.full((size, 1), batch["summary_in"][0, 0], np.int32)
    first[:used, 0] = np.repeat(batch["summary_in"][:count, 0], each)
    inputs = np.concatenate([first, target[:, :-1]], axis=1)
    row = np.full(size, -1, np.int32)
    row[:used] = np.repeat(batch["row"][:count], each)
    return {
        "document": document,
        "summary_in": np.where(inputs == END, PAD, inputs),
        "summary_out": target,
        "weight": weight,
        "row": row,
    }
