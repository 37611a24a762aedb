"""Memory-augmented encoder: the recurrence reads and writes a memory by content.

    K(k, M_j) = k · M_j / (|k| |M_j|)                   similarity of a key and a slot
    w         = softmax_j(β K(k, M_j))                  where a head writes or reads, β > 1
    M'_j      = M_j ∘ (1 − w_j e) + w_j a               erase and add
    r         = Σ_j w'_j M'_j                           w' from the key of the read head
    h_t       = cell(x_t and r, h_{t-1})

Keys, strengths, e and a are computed from h_{t-1}, in one product with the cell's own recurrent
product. Heads therefore act at the beginning of a step instead of the end of the one before, which
is equivalent. Each direction has its own memory. Its initial content is learned; the slots start
different, because equal slots would stay equal.

Source: neural Turing machines, Graves, Wayne, Danihelka (2014), arXiv:1410.5401, eq. 2 to 6;
without addressing by location.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.cells._base import States
from summarizer.model.encoders._base import RecurrentOptions, at_least
from summarizer.model.recurrence import unroll, zeros
from summarizer.types import Tensor

_EPSILON = 1e-6  # added to squared norms, so that a key or slot of zeros has a gradient


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    slots: int = 16  # number of slots of each memory
    content: int = 32  # width of a slot

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("slots", self.slots, 2)
        at_least("content", self.content, 2)


def build(options: Options, inputs: int) -> "MemoryAugmented":
    """Build the encoder for embeddings of this width."""
    return MemoryAugmented(options, inputs)


class MemoryAugmented(keras.layers.Layer):
    """Two cells with memories that read in opposite directions, and further layers above them."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.left = MemoryCell(options, inputs)
        self.right = MemoryCell(options, inputs)
        self.width, self.states = 2 * options.width, self.left.controller.states
        above = RecurrentOptions(options.width, options.cell, max(options.layers - 1, 1))
        self.upper = above.recurrence(self.width) if options.layers > 1 else None
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents; shapes as in `Bidirectional.call`. Memories are not returned."""
        batch = ops.shape(embedded)[0]
        outputs, finals = [], []
        for cell, reverse in ((self.left, False), (self.right, True)):
            out, states = unroll(cell, embedded, cell.start(batch), mask, reverse)
            outputs.append(out)
            finals.append(states[: self.states])
        hidden = ops.concatenate(outputs, axis=-1)
        final = tuple(ops.concatenate(pair, axis=-1) for pair in zip(*finals, strict=True))
        if self.upper is None:
            return hidden, final
        above, final = self.upper(hidden, mask)
        return hidden + above, final


class MemoryCell(keras.layers.Layer):
    """A cell around another one, the controller; its last state is the memory.

    `recurrence.unroll` runs it like any other cell, except that its states differ in width.
    """

    backward = None
    saved_width = 0
    separate_input_gradient = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.width, self.slots, self.content = options.width, options.slots, options.content
        self.controller = options.build_cell(inputs)
        self.states = self.controller.states + 1
        self.sizes = (*self.controller.sizes, self.slots * self.content)
        self.parts = (self.content,) * 4 + (1, 1)  # two keys, erase, add, two strengths
        gates = self.controller.kernel.shape[1]
        self.heads = self.add_weight((self.width, sum(self.parts)), "glorot_uniform", name="heads")
        self.heads_bias = self.add_weight((sum(self.parts),), _random, name="heads_bias")
        self.read_kernel = self.add_weight((self.content, gates), "glorot_uniform", name="read")
        self.memory = self.add_weight((self.sizes[-1],), _random, name="memory")
        self.built = True

    @property
    def kernel(self) -> Tensor:
        """The controller's input kernel."""
        return self.controller.kernel

    @property
    def bias(self) -> Tensor:
        """The bias of the controller's gates."""
        return self.controller.bias

    @property
    def recurrent_kernel(self) -> Tensor:
        """The recurrent kernel of the controller, if it has one, and that of the heads."""
        controller_kernel = getattr(self.controller, "recurrent_kernel", None)
        kernels = [self.heads] if controller_kernel is None else [controller_kernel, self.heads]
        return ops.concatenate([ops.convert_to_tensor(kernel) for kernel in kernels], axis=1)

    @property
    def extra_weights(self) -> list[keras.Variable]:
        """The other weights, in the order in which `forward` takes them."""
        return [self.heads_bias, self.read_kernel, *self.controller.extra_weights]

    def project(self, inputs: Tensor) -> Tensor:
        """Compute W x for inputs float [..., I] of any leading shape, float [..., G]."""
        return self.controller.project(inputs)

    def start(self, batch: Tensor) -> States:
        """Return the states before the first token, each float32 [B, its width]."""
        memory = ops.cast(ops.convert_to_tensor(self.memory), "float32")
        *controller_states, zero_memory = zeros(self, batch)
        return (*controller_states, zero_memory + memory)

    def forward(
        self,
        inputs: Tensor,
        recurrent: Tensor,
        states: States,
        heads_bias: Tensor,
        read_kernel: Tensor,
        *extra_weights: Tensor,
    ) -> tuple[States, None]:
        """Use the memory, then compute a step of the controller; see `cells/_base.py`."""
        *controller_states, flat_memory = states
        count = sum(self.parts)
        memory, content = self._use(flat_memory, recurrent[:, -count:] + heads_bias)
        inputs = inputs + ops.matmul(content, read_kernel)
        new, _ = self.controller.forward(
            inputs, recurrent[:, :-count], tuple(controller_states), *extra_weights
        )
        return (*new, memory), None

    def _use(self, flat_memory: Tensor, heads: Tensor) -> tuple[Tensor, Tensor]:
        """Write, then read.

        Args:
            flat_memory: float32 [B, slots * content].
            heads: float32 [B, ...], keys, erase, add and strengths, as in `parts`.

        Returns:
            The memory afterwards, and the content that was read, float32 [B, content].
        """
        ends = [sum(self.parts[:i]) for i in range(1, len(self.parts))]
        write_key, read_key, erase, add, write, read = ops.split(heads, ends, axis=1)
        memory = ops.reshape(flat_memory, (-1, self.slots, self.content))
        weights = _address(write_key, write, memory)
        memory = memory * (1 - weights * ops.sigmoid(erase)[:, None, :])
        memory = memory + weights * ops.tanh(add)[:, None, :]
        content = ops.sum(_address(read_key, read, memory) * memory, axis=1)
        return ops.reshape(memory, (-1, self.slots * self.content)), content


def _address(key: Tensor, strength: Tensor, memory: Tensor) -> Tensor:
    """Return weights of the slots, float32 [B, M, 1], by their similarity to a key."""
    key = key * ops.rsqrt(ops.sum(key * key, axis=1, keepdims=True) + _EPSILON)
    norms = ops.rsqrt(ops.sum(memory * memory, axis=2) + _EPSILON)
    similarity = ops.sum(memory * key[:, None, :], axis=2) * norms
    return ops.softmax((1 + ops.softplus(strength)) * similarity, axis=1)[:, :, None]


def _random(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
    return keras.initializers.RandomNormal(stddev=0.1)(shape, dtype)
