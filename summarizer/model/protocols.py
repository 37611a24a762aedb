"""Interfaces between the parts of a model, and between a model and the search.

Each protocol lists what its users call. `Seq2Seq` and `Ensemble` are sequence models; the files in
`model/cells`, `model/attention` and `model/encoders` build the other kinds. `decoding/strategies`
has the protocol of strategies.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from summarizer.model.cells._base import CellGradients, States
from summarizer.model.pointer import TokenScores
from summarizer.types import DecoderState, EncoderMemory, Tensor


class OutputLayer(NamedTuple):
    """The output layer, prepared once for all positions.

    Attributes:
        table: float [E, N], the output embeddings.
        bias: float32 [N], LOG_ZERO for tokens that are never written.
    """

    table: Tensor
    bias: Tensor


class StepOutput(NamedTuple):
    """Result of one decoding step for K summaries of each document.

    Attributes:
        features: float [B, K, E], compared with the output embeddings.
        attention: float32 [B, K, S].
        gate: float32 [B, K], logit of p_gen; None without a pointer.
        copy_attention: float32 [B, K, S], the distribution from which the pointer copies.
    """

    features: Tensor
    attention: Tensor
    gate: Tensor
    copy_attention: Tensor


class SequenceModel(Protocol):
    """What the search needs of a network; `Seq2Seq` and `Ensemble` implement it.

    An ensemble has its own kinds of memory, step output and output layer; the search only passes
    them on, and reads the memory's `tokens` and `mask`.

    Attributes:
        size: N, the size of the vocabulary.
        has_document_words: whether ids from N on are words that only the document contains.
    """

    size: int
    has_document_words: bool

    def encode(self, document: Tensor) -> EncoderMemory:
        """Read documents, int32 [B, S], padded with 0."""

    def initial_state(
        self, memory: EncoderMemory, max_length: Tensor, coverage: bool = False
    ) -> DecoderState:
        """Return the state before the first token, one row a document.

        Args:
            memory: of the documents.
            max_length: maximum number of positions to decode.
            coverage: whether the state sums the attention of the positions so far.
        """

    def mask_copying(self, memory: EncoderMemory, selected: Tensor) -> EncoderMemory:
        """Return a memory in which only tokens selected by bool [B, S] can be copied."""

    def output_layer(self) -> OutputLayer:
        """Return the output layer, for `next_token_scores`."""

    def copy_indices(self, memory: EncoderMemory, beams: Tensor) -> Tensor:
        """Return the indices of copied tokens, for `next_token_scores` of K = `beams` summaries."""

    def step(
        self, tokens: Tensor, state: DecoderState, memory: EncoderMemory
    ) -> tuple[StepOutput, DecoderState]:
        """Decode one position of K summaries of each document.

        Args:
            tokens: int32 [B, K], the previous token of each summary.
            state: of B * K rows.
            memory: of the B documents.
        """

    def attention_and_gate(self, step: StepOutput) -> tuple[Tensor, Tensor]:
        """Return attention float32 [B, K, S] and the probability of generating float32 [B, K]."""

    def next_token_scores(
        self,
        step: StepOutput,
        output: OutputLayer,
        copy_indices: Tensor,
        allowed: Tensor | None = None,
    ) -> TokenScores:
        """Score every possible next token.

        Args:
            step: from `step`.
            output: from `output_layer`.
            copy_indices: from `copy_indices`.
            allowed: bool [B, N], tokens that may be generated; copying is always allowed. None:
                all.

        Returns:
            Scores [B, K, N]; [B, K, N + S] if the model has document words.
        """


class Cell(Protocol):
    """A recurrent cell, as `recurrence.unroll` uses it; `cells/_base.py` explains the members."""

    width: int
    states: int
    saved_width: int
    separate_input_gradient: bool
    backward: Callable[..., CellGradients] | None
    compute_dtype: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """The width of each state, the hidden state first."""

    @property
    def kernel(self) -> Tensor:
        """W, float32 [I, G]."""

    @property
    def bias(self) -> Tensor:
        """b, float32 [G]."""

    @property
    def recurrent_kernel(self) -> Tensor:
        """U, float32 [H, R]; a cell without recurrent gates does not have it."""

    @property
    def extra_weights(self) -> list[Tensor]:
        """The weights besides kernels and bias, in the order in which `forward` takes them."""

    def project(self, inputs: Tensor) -> Tensor:
        """Compute W x for inputs float [..., I] of any leading shape, float [..., G]."""

    def forward(
        self, inputs: Tensor, recurrent: Tensor, states: States, *extra_weights: Tensor
    ) -> tuple[States, Tensor]:
        """Compute one step."""


class Attention(Protocol):
    """Attention of decoder positions over a document.

    Attributes:
        width: M, the width of the context vector; 0 if there is none.
        stepwise: whether a position depends on the positions before it, so that they are computed
            one after another in training, too.
    """

    width: int
    stepwise: bool

    def project(self, values: Tensor) -> Tensor:
        """Return the keys, float [B, S, ...], from encoder outputs float [B, S, M]."""

    def start(self, rows: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        """Return the state before the first position, each float32 [rows, S]."""

    def __call__(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Return context, weights and the next state; see `AdditiveAttention.call`."""


class Encoder(Protocol):
    """An encoder of documents.

    Attributes:
        width: M, the width of the outputs and of each final state.
        states: the number of final states.
        needs_sentence_ids: whether a call also takes `sentence`, int32 [B, S].
    """

    width: int
    states: int
    needs_sentence_ids: bool

    def __call__(
        self, embedded: Tensor, mask: Tensor, **sentence: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return outputs and final states; see `Bidirectional.call`."""
