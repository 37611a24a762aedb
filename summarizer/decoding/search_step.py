"""One position of the search: scores of the next tokens, the strategy's choice, and the pool.

The fast path looks only at the best K tokens of each beam. Everything that needs all
log-probabilities (sampling, diversity, constraints, tokens that the generator may not write) is in
a branch that plain beam search does not enter.
"""

from typing import NamedTuple

from keras import ops, tree

from summarizer.decoding import (
    beam_state,
    candidates,
    constraint_mask,
    dynamic_beam_allocation,
    lexical_constraints,
    ngram_blocking,
    scoring,
)
from summarizer.decoding.beam_state import BeamState, StepChoice
from summarizer.decoding.candidates import AllCandidates, TopCandidates
from summarizer.decoding.lexical_constraints import ConstraintState, LexicalConstraints
from summarizer.decoding.scoring import SearchLimits, normalizer
from summarizer.decoding.strategies._base import Continuations, Strategy
from summarizer.model import pointer
from summarizer.model.indexing import gather_rows, static_cond
from summarizer.model.pointer import TokenScores
from summarizer.model.protocols import SequenceModel, StepOutput
from summarizer.types import DecoderState, EncoderMemory, Tensor
from summarizer.vocabulary import PAD


class Conditions(NamedTuple):
    """Conditions on the summaries of a batch of documents.

    Attributes:
        allowed: bool [B, N], tokens that the generator may write; copying is always allowed. None:
            all tokens.
        selected: bool [B, S], tokens that may be copied, if any of them is attended to. None: all.
        constraints: prefix, required and banned phrases, length in words. If phrases are required,
            `dynamic_beam_allocation` replaces the strategy.
        start: int32 [B], the token before each summary: the control token of its type. None: START.
    """

    allowed: Tensor | None = None
    selected: Tensor | None = None
    constraints: LexicalConstraints | None = None
    start: Tensor | None = None


class ActiveDocuments(NamedTuple):
    """The documents that a part of the search works on.

    Attributes:
        memory: what the encoder read of them.
        indices: int32 [B], their places in the batch of the search.
        copy_indices: from the model, for the pointer.
    """

    memory: EncoderMemory
    indices: Tensor
    copy_indices: Tensor


class SearchStep:
    """The settings of a search, and what is the same at all positions.

    Attributes:
        top_k_suffices: whether the best K tokens of each beam decide; a bool, or bool [] known only
            when the graph runs.
    """

    def __init__(
        self,
        model: SequenceModel,
        strategy: Strategy,
        width: Tensor,
        limits: SearchLimits,
        conditions: Conditions,
    ) -> None:
        self.model, self.strategy, self.width, self.limits = model, strategy, width, limits
        self.allowed, self.constraints = conditions.allowed, conditions.constraints
        self.start = conditions.start
        self.output = model.output_layer()
        self.normalizers = normalizer(ops.arange(1, limits.max_tokens + 1), limits)
        self.last_of_group = beam_state.last_of_group(width, strategy.groups)
        beta = limits.coverage_penalty
        self.uses_coverage = not isinstance(beta, float) or beta > 0
        self.has_required: Tensor = False
        if self.constraints is not None:
            self.has_required = ops.any(self.constraints.required != PAD)
        self.top_k_suffices = self._top_k_suffices()

    def _top_k_suffices(self) -> Tensor:
        if self.strategy.needs_only_top_k is False:
            return False
        needs_all = []
        if self.strategy.needs_only_top_k is not True:
            needs_all.append(ops.logical_not(self.strategy.needs_only_top_k))
        if self.uses_coverage:
            needs_all.append(ops.convert_to_tensor(self.limits.coverage_penalty) > 0)
        if self.allowed is not None:
            needs_all.append(ops.logical_not(ops.all(self.allowed)))
        if self.constraints is not None:
            needs_all += [self.has_required, ops.convert_to_tensor(self.constraints.active)]
        return not needs_all or ops.logical_not(ops.any(ops.stack(needs_all)))

    def begin(self, memory: EncoderMemory) -> tuple[DecoderState, BeamState]:
        """Return the decoder's state and the beams before the first position."""
        state = self.model.initial_state(memory, self.limits.max_tokens, self.uses_coverage)
        state = tree.map_structure(lambda x: ops.repeat(x, self.width, axis=0), state)
        progress: ConstraintState | tuple[()] = ()
        if self.constraints is not None:
            progress = lexical_constraints.begin(self.constraints, self.width)
        batch, max_tokens = ops.shape(memory.tokens)[0], self.limits.max_tokens
        beams = beam_state.begin(
            batch, self.width, self.strategy.groups, max_tokens, progress, self.start
        )
        return state, beams

    def unfinished(self, beams: BeamState) -> Tensor:
        """Return which documents are not finished, bool [B]."""
        return beam_state.unfinished(beams, self.last_of_group, self.normalizers[-1])

    def choose(
        self,
        t: Tensor,
        output: StepOutput,
        beams: BeamState,
        state: DecoderState,
        documents: ActiveDocuments,
    ) -> StepChoice:
        """Decide how the beams continue at position t.

        Args:
            t: int32 [].
            output: what the model computed at this position.
            beams: of the documents.
            state: of the decoder.
            documents: those that the beams belong to.
        """

        def from_top_k() -> StepChoice:
            scores = self.model.next_token_scores(output, self.output, documents.copy_indices)
            scores = self._block_ngrams(t, scores, beams)
            top = TopCandidates(scores, self.width, t, self.limits)
            return self._pool(t, beams, self.strategy.choose(t, beams.log_prob, top), groups=1)

        def from_all() -> StepChoice:
            allowed = None
            if self.allowed is not None:
                allowed = gather_rows(self.allowed, documents.indices)
            raw = self.model.next_token_scores(output, self.output, documents.copy_indices, allowed)
            chosen = self._choose_from_all(t, beams, raw, documents.indices)
            penalty = None
            if self.uses_coverage:
                mask = documents.memory.mask
                penalty = scoring.coverage_penalty(state.coverage, mask, self.limits)
            choice = self._pool(t, beams, chosen, self.strategy.groups, penalty)
            return self._advance_constraints(choice, beams, documents.indices)

        choice: StepChoice = static_cond(self.top_k_suffices, from_top_k, from_all)
        return choice

    def _block_ngrams(self, t: Tensor, scores: TokenScores, beams: BeamState) -> TokenScores:
        return ngram_blocking.block_ngrams(
            scores, beams.tokens, beams.suffix_matches, t, self.limits
        )

    def _choose_from_all(
        self, t: Tensor, beams: BeamState, raw: TokenScores, indices: Tensor
    ) -> Continuations:
        """Return the choice of the strategy among all tokens, under the lexical constraints.

        Args:
            t: int32 [].
            beams: of the documents.
            raw: [B, K, N], scores of the model.
            indices: int32 [B], of the documents.
        """
        blocked = self._block_ngrams(t, raw, beams)
        log_probs = candidates.apply_end_rules(blocked, t, self.limits)
        progress = beams.constraints
        if self.constraints is None or not isinstance(progress, ConstraintState):
            return self.strategy.choose(t, beams.log_prob, AllCandidates(log_probs, indices))
        constraints = _select_documents(self.constraints, indices)
        log_probs = static_cond(
            constraints.active,
            lambda: constraint_mask.apply(
                constraints, progress, t, pointer.to_log_probs(*raw), log_probs, beams.tokens
            ),
            lambda: log_probs,
        )
        chosen: Continuations = static_cond(
            self.has_required,
            lambda: dynamic_beam_allocation.allocate_beams(
                constraints, progress, beams.log_prob, log_probs
            ),
            lambda: self.strategy.choose(t, beams.log_prob, AllCandidates(log_probs, indices)),
        )
        return chosen

    def _pool(
        self,
        t: Tensor,
        beams: BeamState,
        chosen: Continuations,
        groups: Tensor,
        penalty: Tensor | None = None,
    ) -> StepChoice:
        """Return the choice with the indices of the new pool.

        Args:
            t: int32 [].
            beams: of the documents.
            chosen: their continuations.
            groups: number of beam groups.
            penalty: coverage penalty, float32 [B, K]; None: none.
        """
        score = chosen.end_log_prob / ops.take(self.normalizers, t)
        score = score if penalty is None else score + penalty
        scores = beam_state.pool_scores(beams.pool, chosen.end_log_prob, score)
        best = beam_state.best(scores, self.width, groups)
        return StepChoice(chosen, scores, best, beams.constraints)

    def _advance_constraints(
        self, choice: StepChoice, beams: BeamState, indices: Tensor
    ) -> StepChoice:
        """Return the choice with the progress of the new beams on their constraints."""
        progress, new = beams.constraints, choice.continuations
        if self.constraints is None or not isinstance(progress, ConstraintState):
            return choice
        constraints = _select_documents(self.constraints, indices)
        progress = static_cond(
            constraints.active,
            lambda: lexical_constraints.extend(constraints, progress, new.parents, new.tokens),
            lambda: progress,
        )
        return choice._replace(constraints=progress)


def _select_documents(constraints: LexicalConstraints, indices: Tensor) -> LexicalConstraints:
    """Return the constraints on the documents int32 [B]."""
    return constraints._replace(
        prefix=gather_rows(constraints.prefix, indices),
        required=gather_rows(constraints.required, indices),
        banned=gather_rows(constraints.banned, indices),
        words=gather_rows(constraints.words, indices),
    )
