"""Read pieces into sentences and sentences into the document, with attention on both levels.

    h_i        = both directions over the pieces
    u_i        = tanh(W h_i + b),  a_i = softmax(u_i · u) over the pieces of a sentence
    s_k        = Σ_i a_i h_i                          over the pieces of sentence k
    g_k        = both directions over the sentences
    v          = Σ_k a'_k g_k                         a' as a, with weights of its own
    h'_i       = h_i + V g_k(i)                       k(i): the sentence of piece i

The decoder begins from v (a cell's other states are the last ones over the sentences), and its
attention and the pointer see with h' both levels.

Source: Yang et al. (2016), Hierarchical Attention Networks for Document Classification, eq. 5 to
10; two levels for summaries, Nallapati et al. (2016), arXiv:1602.06023, section 2.3.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.attention._base import attention_weights
from summarizer.model.encoders._base import RecurrentOptions, dense


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder; width, cell and layers are of the pieces and of the sentences."""

    sentences: int = 32  # of a document; what comes after belongs to the last

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.sentences, int) or self.sentences < 2:
            raise ValueError(
                f"sentences={self.sentences!r}: must be a whole number above 1, the least is 2; "
                "model.encoder=bidirectional reads without sentences"
            )


def build(options: Options, inputs: int) -> "Hierarchical":
    """Make the encoder for embeddings of a width."""
    return Hierarchical(options, inputs)


class Hierarchical(keras.layers.Layer):
    """Two recurrences in both directions, one above the other, and a pooling after each."""

    needs_sentence_ids = True

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.sentences = options.sentences
        self.tokens = options.recurrence(inputs)
        self.width, self.states = self.tokens.width, self.tokens.states
        self.piece_pooling = Pooling(self.width)
        self.upper = options.recurrence(self.width)
        self.sentence_pooling = Pooling(self.width)
        self.down = dense(self.width, self.width, bias=False)
        self.built = True

    def call(self, embedded: Any, mask: Any, sentence: Any) -> Any:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real pieces.
            sentence: int32 [B, S], 0 for the pieces of the first sentence, 1 for those of the
                second and so on.

        Returns:
            outputs: float [B, S, 2H], 0 where `mask` is False.
            final: each float32 [B, 2H], the document's vector first.
        """
        hidden, _ = self.tokens(embedded, mask)
        sentence = ops.minimum(sentence, self.sentences - 1)
        places = ops.arange(self.sentences, dtype="int32")
        member = (sentence[:, None, :] == places[:, None]) & mask[:, None, :]  # [B, C, S]
        there = ops.any(member, axis=-1)
        level, states = self.upper(self.piece_pooling(hidden, member), there)
        document = self.sentence_pooling(level, there[:, None, :])[:, 0]
        belongs = ops.cast(ops.transpose(member, (0, 2, 1)), level.dtype)
        outputs = hidden + ops.matmul(belongs, self.down(level))
        return outputs, (ops.cast(document, "float32"), *states[1:])


class Pooling(keras.layers.Layer):
    """Averages of what stands side by side, weighted by how much it matters."""

    def __init__(self, width: int):
        super().__init__()
        self.view = dense(width, width, "tanh")
        self.vector = dense(width, 1, bias=False)
        self.built = True

    def call(self, values: Any, member: Any) -> Any:
        """Average each group.

        Args:
            values: float [B, S, H].
            member: bool [B, C, S], which values each group has.

        Returns:
            float [B, C, H], 0 for a group of nothing.
        """
        scores = ops.transpose(self.vector(self.view(values)), (0, 2, 1))
        weights = attention_weights(scores, member)
        return ops.matmul(ops.cast(weights, values.dtype), values)
