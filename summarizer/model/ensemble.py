"""Several networks that summarize together: their probabilities are averaged at each position.

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 3.6 (ensembles of recurrent
networks that differ in their initial weights and in the order of the data).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
from keras import ops

from summarizer.model import pointer
from summarizer.model.protocols import OutputLayer, StepOutput
from summarizer.model.seq2seq import Seq2Seq
from summarizer.types import DecoderState, EncoderMemory, Tensor


class EnsembleMemory(NamedTuple):
    """Memory of the encoders.

    Attributes:
        members: the memory of each network.
        tokens: int32 [B, S], the document, the same for all members.
        mask: bool [B, S], True at real tokens.
    """

    members: tuple[EncoderMemory, ...]
    tokens: Tensor
    mask: Tensor


class Ensemble(keras.Model):
    """Networks with one vocabulary; a `SequenceModel`."""

    def __init__(self, members: Sequence[Seq2Seq]):
        """Combine one or more `Seq2Seq` networks of the same size."""
        super().__init__()
        self.members = list(members)
        self.size: int = self.members[0].size
        self.has_document_words: bool = self.members[0].has_document_words
        self.built = True

    def encode(self, document: Tensor) -> EnsembleMemory:
        """Read documents, int32 [B, S], padded with 0."""
        memories = tuple(member.encode(document) for member in self.members)
        return EnsembleMemory(memories, memories[0].tokens, memories[0].mask)

    def initial_state(
        self, memory: EnsembleMemory, max_length: Tensor, coverage: bool = False
    ) -> DecoderState:
        """Return the state before the first token, with the members' states in place of cells."""
        states = tuple(
            member.initial_state(member_memory, max_length, coverage)
            for member, member_memory in zip(self.members, memory.members, strict=True)
        )
        return _combine(states, coverage)

    def mask_copying(self, memory: EnsembleMemory, selected: Tensor) -> EnsembleMemory:
        """Return a memory in which only tokens selected by bool [B, S] can be copied."""
        masked = (
            member.mask_copying(member_memory, selected)
            for member, member_memory in zip(self.members, memory.members, strict=True)
        )
        return memory._replace(members=tuple(masked))

    def output_layer(self) -> tuple[OutputLayer, ...]:
        """Return the members' output layers."""
        return tuple(member.output_layer() for member in self.members)

    def copy_indices(self, memory: EnsembleMemory, beams: Tensor) -> Tensor:
        """Return the indices of copied tokens; they are the same for all members."""
        return self.members[0].copy_indices(memory.members[0], beams)

    def step(
        self, tokens: Tensor, state: DecoderState, memory: EnsembleMemory
    ) -> tuple[tuple[StepOutput, ...], DecoderState]:
        """Decode one position of K summaries of each document; see `SequenceModel.step`."""
        steps, states = zip(
            *(
                member.step(tokens, member_state, member_memory)
                for member, member_state, member_memory in zip(
                    self.members, state.cells, memory.members, strict=True
                )
            ),
            strict=True,
        )
        return steps, _combine(states, not isinstance(state.coverage, tuple))

    def attention_and_gate(self, step: tuple[StepOutput, ...]) -> tuple[Tensor, Tensor]:
        """Return the members' mean attention and mean probability of generating."""
        attention, gate = zip(
            *(m.attention_and_gate(s) for m, s in zip(self.members, step, strict=True)),
            strict=True,
        )
        return _mean(attention), _mean(gate)

    def next_token_scores(
        self,
        step: tuple[StepOutput, ...],
        output: tuple[OutputLayer, ...],
        copy_indices: Tensor,
        allowed: Tensor | None = None,
    ) -> pointer.TokenScores:
        """Score every possible next token; see `SequenceModel.next_token_scores`."""
        log_probs = [
            pointer.to_log_probs(
                *member.next_token_scores(member_step, layer, copy_indices, allowed)
            )
            for member, member_step, layer in zip(self.members, step, output, strict=True)
        ]
        return pointer.TokenScores(_log_mean(log_probs), None)

    def call(self, batch: Mapping[str, Tensor], training: bool = False) -> tuple[Tensor]:
        """Score known summaries: a tuple of their log-probability alone, float32 [B, T]."""
        return (_log_mean([member(batch, training=training)[0] for member in self.members]),)


def _combine(states: tuple[DecoderState, ...], coverage: bool) -> DecoderState:
    """Return the state of all members; their coverage is averaged if there is any."""
    mean_coverage = _mean([state.coverage for state in states]) if coverage else ()
    return DecoderState(states, (), mean_coverage)


def _mean(values: Sequence[Tensor]) -> Tensor:
    return sum(values[1:], values[0]) / len(values)


def _log_mean(log_probs: Sequence[Tensor]) -> Tensor:
    """Return the logarithm of the mean probability."""
    return ops.logsumexp(ops.stack(log_probs), axis=0) - math.log(len(log_probs))
