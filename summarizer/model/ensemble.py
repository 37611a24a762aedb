"""Several networks that summarize as one: at each position their probabilities are averaged.

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 3.6 (ensembles of recurrent
networks that differ in their first weights and in the order of the data).
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer.model import pointer
from summarizer.types import DecoderState, EncoderMemory


class EnsembleMemory(NamedTuple):
    """What the encoders leave.

    Attributes:
        members: the `Memory` of each network.
        pieces: int32 [B, S], the document, the same for all.
        mask: bool [B, S], True at real pieces.
    """

    members: tuple[EncoderMemory, ...]
    tokens: Any
    mask: Any


class Ensemble(keras.Model):
    """Networks of one vocabulary, with what the search needs of a `Seq2Seq`."""

    def __init__(self, members: Sequence[Any]):
        """Take at least one `Seq2Seq`; all are of the same size."""
        super().__init__()
        self.members = list(members)
        self.size: int = self.members[0].size
        self.has_document_words: bool = self.members[0].has_document_words
        self.built = True

    @property
    def decoder(self) -> "Ensemble":
        """What gives the first state: this."""
        return self

    def encode(self, document: Any) -> EnsembleMemory:
        """Read documents, int32 [B, S], padded with 0."""
        memories = tuple(member.encode(document) for member in self.members)
        return EnsembleMemory(memories, memories[0].pieces, memories[0].mask)

    def start(self, memory: EnsembleMemory, longest: Any, coverage: bool = False) -> DecoderState:
        """Return the state before the first piece: the members' states in place of cells."""
        states = tuple(
            member.decoder.start(own, longest, coverage)
            for member, own in zip(self.members, memory.members, strict=True)
        )
        return _together(states, coverage)

    def mask_copying(self, memory: EnsembleMemory, selected: Any) -> EnsembleMemory:
        """Return the memories with the pieces that the pointers may copy, bool [B, S]."""
        chosen = (
            m.mask_copying(own, selected)
            for m, own in zip(self.members, memory.members, strict=True)
        )
        return memory._replace(members=tuple(chosen))

    def output(self) -> tuple[Any, ...]:
        """Return the members' output layers."""
        return tuple(member.output() for member in self.members)

    def copy_indices(self, memory: EnsembleMemory, width: Any) -> Any:
        """Return where `weigh` adds what is copied; the same for all members."""
        return self.members[0].copy_indices(memory, width)

    def step(
        self, pieces: Any, state: DecoderState, memory: EnsembleMemory
    ) -> tuple[Any, DecoderState]:
        """Go one piece on in K summaries of each document; see `Seq2Seq.step`."""
        found = [
            member.step(pieces, own, part)
            for member, own, part in zip(self.members, state.cells, memory.members, strict=True)
        ]
        accounts, states = zip(*found, strict=True)
        return accounts, _together(states, not isinstance(state.coverage, tuple))

    def attention_and_gate(self, account: Any) -> tuple[Any, Any]:
        """Return the members' mean attention and probability of generating."""
        found = [m.attention_and_gate(own) for m, own in zip(self.members, account, strict=True)]
        attention, gate = zip(*found, strict=True)
        return _mean(attention), _mean(gate)

    def next_token_scores(
        self, account: Any, output: Any, places: Any, allowed: Any = None
    ) -> pointer.TokenScores:
        """Say how probable every next piece is; see `Seq2Seq.next_token_scores`."""
        found = [
            pointer.to_log_probs(*member.next_token_scores(own, layer, places, allowed))
            for member, own, layer in zip(self.members, account, output, strict=True)
        ]
        total = ops.logsumexp(ops.stack(found), axis=0) - math.log(len(found))
        return pointer.TokenScores(total, None)

    def call(self, batch: Any, training: bool = False) -> Any:
        """Score known summaries: their log-probability float32 [B, T], alone in a tuple."""
        found = [member(batch, training=training)[0] for member in self.members]
        return (ops.logsumexp(ops.stack(found), axis=0) - math.log(len(found)),)


def _together(states: tuple[DecoderState, ...], coverage: bool) -> DecoderState:
    """The state of all, the members' attention so far averaged where it is kept."""
    covered = _mean([state.coverage for state in states]) if coverage else ()
    return DecoderState(states, (), covered)


def _mean(values: Sequence[Any]) -> Any:
    return sum(values[1:], values[0]) / len(values)
