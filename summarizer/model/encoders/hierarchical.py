"""Hierarchical encoder: read tokens into sentences and sentences into the document.

    h_i        = both directions over the tokens
    u_i        = tanh(W h_i + b),  a_i = softmax(u_i · u) over the tokens of a sentence
    s_k        = Σ_i a_i h_i                          over the tokens of sentence k
    g_k        = both directions over the sentences
    v          = Σ_k a'_k g_k                         a' like a, with its own weights
    h'_i       = h_i + V g_k(i)                       k(i): the sentence of token i

The decoder starts from v (other states of a cell are the final ones over the sentences). Its
attention and the pointer see both levels in h'.

Source: Yang et al. (2016), Hierarchical Attention Networks for Document Classification, eq. 5 to
10; two levels for summarization: Nallapati et al. (2016), arXiv:1602.06023, section 2.3.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.attention._base import attention_weights
from summarizer.model.encoders._base import RecurrentOptions, dense
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder; width, cell and layers apply to both levels."""

    sentences: int = 32  # maximum number of sentences; what follows joins the last one

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.sentences, int) or self.sentences < 2:
            raise ValueError(
                f"sentences={self.sentences!r}: must be a whole number above 1, the least is 2; "
                "model.encoder=bidirectional reads without sentences"
            )


def build(options: Options, inputs: int) -> "Hierarchical":
    """Build the encoder for embeddings of this width."""
    return Hierarchical(options, inputs)


class Hierarchical(keras.layers.Layer):
    """Two recurrences in both directions, one above the other, with a pooling after each."""

    needs_sentence_ids = True

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.sentences = options.sentences
        self.pieces = options.recurrence(inputs)  # over the tokens; saved files have this name
        self.width, self.states = self.pieces.width, self.pieces.states
        self.piece_pooling = Pooling(self.width)
        self.upper = options.recurrence(self.width)
        self.sentence_pooling = Pooling(self.width)
        self.down = dense(self.width, self.width, bias=False)
        self.built = True

    def call(
        self, embedded: Tensor, mask: Tensor, sentence: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real tokens.
            sentence: int32 [B, S], number of each token's sentence, starting at 0.

        Returns:
            outputs: float [B, S, 2H], 0 where `mask` is False.
            final: each float32 [B, 2H], the document's vector first.
        """
        hidden, _ = self.pieces(embedded, mask)
        sentence = ops.minimum(sentence, self.sentences - 1)
        numbers = ops.arange(self.sentences, dtype="int32")
        member = (sentence[:, None, :] == numbers[:, None]) & mask[:, None, :]  # [B, C, S]
        exists = ops.any(member, axis=-1)
        level, states = self.upper(self.piece_pooling(hidden, member), exists)
        document = self.sentence_pooling(level, exists[:, None, :])[:, 0]
        sentence_of = ops.cast(ops.transpose(member, (0, 2, 1)), level.dtype)
        outputs = hidden + ops.matmul(sentence_of, self.down(level))
        return outputs, (ops.cast(document, "float32"), *states[1:])


class Pooling(keras.layers.Layer):
    """Averages of groups of vectors, weighted by a learned importance."""

    def __init__(self, width: int):
        super().__init__()
        self.view = dense(width, width, "tanh")
        self.vector = dense(width, 1, bias=False)
        self.built = True

    def call(self, values: Tensor, member: Tensor) -> Tensor:
        """Average each group.

        Args:
            values: float [B, S, H].
            member: bool [B, C, S], which values belong to each group.

        Returns:
            float [B, C, H], 0 for an empty group.
        """
        scores = ops.transpose(self.vector(self.view(values)), (0, 2, 1))
        weights = attention_weights(scores, member)
        return ops.matmul(ops.cast(weights, values.dtype), values)
