"""Give the recurrence a memory that it writes to and reads from by content.

    K(k, M_j) = k · M_j / (|k| |M_j|)                   likeness of a key and a slot
    w         = softmax_j(β K(k, M_j))                  where a head writes or reads, β > 1
    M'_j      = M_j ∘ (1 − w_j e) + w_j a               erase and add
    r         = Σ_j w'_j M'_j                           w' of the key to read with
    h_t       = cell(x_t and r, h_{t-1})

Keys, strengths, e and a come from h_{t-1}, so that they are one product with what the cell itself
makes of it: what a head does at the end of a step it does at the beginning of the next, which is
the same. Each direction has a memory of its own; it begins as a matrix that is learned, whose slots
differ, since equal ones would stay so.

Source: neural Turing machines, Graves, Wayne, Danihelka (2014), arXiv:1410.5401, eq. 2 to 6;
without addressing by place.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions, at_least
from summarizer.model.recurrence import unroll, zeros

_LEAST = 1e-6  # added to squared norms: then a key or slot of zeros has a slope


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    slots: int = 16  # of each memory
    content: int = 32  # width of a slot

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("slots", self.slots, 2)
        at_least("content", self.content, 2)


def build(options: Options, inputs: int) -> "MemoryAugmented":
    """Make the encoder for embeddings of a width."""
    return MemoryAugmented(options, inputs)


class MemoryAugmented(keras.layers.Layer):
    """Two cells with memories, one reading forward, one backward; and the layers above."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.left = MemoryCell(options, inputs)
        self.right = MemoryCell(options, inputs)
        self.width, self.states = 2 * options.width, self.left.controller.states
        above = RecurrentOptions(options.width, options.cell, max(options.layers - 1, 1))
        self.upper = above.recurrence(self.width) if options.layers > 1 else None
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents; shapes as in `Bidirectional.call`. The memories are not handed on."""
        batch = ops.shape(embedded)[0]
        outputs, finals = [], []
        for cell, reverse in ((self.left, False), (self.right, True)):
            out, last = unroll(cell, embedded, cell.start(batch), mask, reverse)
            outputs.append(out)
            finals.append(last[: self.states])
        hidden = ops.concatenate(outputs, axis=-1)
        final = tuple(ops.concatenate(pair, axis=-1) for pair in zip(*finals, strict=True))
        if self.upper is None:
            return hidden, final
        above, final = self.upper(hidden, mask)
        return hidden + above, final


class MemoryCell(keras.layers.Layer):
    """A cell of the menu that also reads what it has written; its last state is the memory.

    To `recurrence.unroll` it is a cell as any other, but that its states differ in width.
    """

    backward = None
    apart = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.width, self.slots, self.content = options.width, options.slots, options.content
        self.controller = options.build_cell(inputs)
        self.states = self.controller.states + 1
        self.sizes = (*self.controller.sizes, self.slots * self.content)
        self.parts = (self.content,) * 4 + (1, 1)  # two keys, erase, add, two strengths
        gates = self.controller.kernel.shape[1]
        self.heads = self.add_weight((self.width, sum(self.parts)), "glorot_uniform", name="heads")
        self.heads_bias = self.add_weight((sum(self.parts),), _uneven, name="heads_bias")
        self.read_kernel = self.add_weight((self.content, gates), "glorot_uniform", name="read")
        self.memory = self.add_weight((self.sizes[-1],), _uneven, name="memory")
        self.built = True

    @property
    def kernel(self) -> Any:
        """Of the inputs."""
        return self.controller.kernel

    @property
    def bias(self) -> Any:
        """Of the controller's gates."""
        return self.controller.bias

    @property
    def recurrent_kernel(self) -> Any:
        """What the hidden state is multiplied with: for the gates, if the cell does, and heads."""
        own = getattr(self.controller, "recurrent_kernel", None)
        kernels = [self.heads] if own is None else [own, self.heads]
        return ops.concatenate([ops.convert_to_tensor(kernel) for kernel in kernels], axis=1)

    @property
    def more(self) -> list[Any]:
        """Further weights, in the order in which `forward` takes them."""
        return [self.heads_bias, self.read_kernel, *self.controller.more]

    def project(self, inputs: Any) -> Any:
        """Return W x for any leading shape, float [..., G]."""
        return self.controller.project(inputs)

    def start(self, batch: Any) -> tuple[Any, ...]:
        """Return the states before the first piece, each float32 [B, its width]."""
        memory = ops.cast(ops.convert_to_tensor(self.memory), "float32")
        *own, nothing = zeros(self, batch)
        return (*own, nothing + memory)

    def forward(
        self, inputs: Any, recurrent: Any, states: Any, bias: Any, read_kernel: Any, *more: Any
    ) -> Any:
        """Use the memory, then go one step on; see `Cell`."""
        *own, flat = states
        count = sum(self.parts)
        memory, read = self._used(flat, recurrent[:, -count:] + bias)
        inputs = inputs + ops.matmul(read, read_kernel)
        new, _ = self.controller.forward(inputs, recurrent[:, :-count], tuple(own), *more)
        return (*new, memory), None

    def _used(self, flat: Any, given: Any) -> tuple[Any, Any]:
        """Write, then read: the memory after it, and what was read, float32 [B, content]."""
        ends = [sum(self.parts[:i]) for i in range(1, len(self.parts))]
        write_key, read_key, erase, add, write, read = ops.split(given, ends, axis=1)
        memory = ops.reshape(flat, (-1, self.slots, self.content))
        weights = _addressed(write_key, write, memory)
        memory = memory * (1 - weights * ops.sigmoid(erase)[:, None, :])
        memory = memory + weights * ops.tanh(add)[:, None, :]
        found = ops.sum(_addressed(read_key, read, memory) * memory, axis=1)
        return ops.reshape(memory, (-1, self.slots * self.content)), found


def _addressed(key: Any, strength: Any, memory: Any) -> Any:
    """Weights of the slots, float32 [B, M, 1], by their likeness to a key."""
    key = key * ops.rsqrt(ops.sum(key * key, axis=1, keepdims=True) + _LEAST)
    norms = ops.rsqrt(ops.sum(memory * memory, axis=2) + _LEAST)
    likeness = ops.sum(memory * key[:, None, :], axis=2) * norms
    return ops.softmax((1 + ops.softplus(strength)) * likeness, axis=1)[:, :, None]


def _uneven(shape: tuple[int, ...], dtype: Any = None) -> Any:
    return keras.initializers.RandomNormal(stddev=0.1)(shape, dtype)
