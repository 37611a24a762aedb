"""How the beams go on at one position: what the strategy chooses, or what is demanded.

Where only the few best pieces of each beam matter, nothing else is looked at. The rest, what needs
every log-probability (sampling, diversity, demands, what the generator may not write), is a branch
that plain search does not enter.
"""

from typing import Any

from keras import ops, tree

from summarizer.decoding import (
    beam_state,
    candidates,
    dynamic_beam_allocation,
    lexical_constraints,
    ngram_blocking,
    scoring,
)
from summarizer.decoding.beam_state import BeamState, StepChoice
from summarizer.decoding.lexical_constraints import LexicalConstraints
from summarizer.decoding.scoring import SearchLimits, normalizer
from summarizer.model import pointer
from summarizer.model.indexing import gather_rows, static_cond
from summarizer.vocabulary import PAD


class SearchStep:
    """One search: what it was asked, and what is the same at all positions."""

    def __init__(
        self, model: Any, strategy: Any, width: Any, limits: SearchLimits, allowed: Any,
        demands: LexicalConstraints | None, start: Any = None,
    ) -> None:  # fmt: skip
        self.model, self.strategy, self.width, self.limits = model, strategy, width, limits
        self.allowed, self.demands, self.start = allowed, demands, start  # type: Any, Any, Any
        self.output = model.output_layer()
        self.lengths = normalizer(ops.arange(1, limits.maximum + 1), limits)
        self.worst = beam_state.worst(width, strategy.groups)
        self.covering = not isinstance(limits.coverage, float) or limits.coverage > 0
        asked = (
            []
            if strategy.needs_only_top_k is True
            else [ops.logical_not(strategy.needs_only_top_k)]
        )
        if self.covering:
            asked.append(ops.convert_to_tensor(limits.coverage) > 0)
        if allowed is not None:
            asked.append(ops.logical_not(ops.all(allowed)))
        if demands is not None:
            self.forcing = ops.any(demands.forced != PAD)
            asked += [self.forcing, ops.convert_to_tensor(demands.active)]
        # Whether a few pieces of each beam are all that has to be looked at.
        self.top_k_suffices = strategy.needs_only_top_k is not False and (
            not asked or ops.logical_not(ops.any(ops.stack(asked)))
        )

    def begin(self, memory: Any) -> tuple[Any, BeamState]:
        """The decoder's state and the beams before the first position."""
        state = self.model.initial_state(memory, self.limits.maximum, self.covering)
        state = tree.map_structure(lambda x: ops.repeat(x, self.width, axis=0), state)
        batch, demands = ops.shape(memory.tokens)[0], self.demands
        progress = () if demands is None else lexical_constraints.begin(demands, self.width)
        sizes = batch, self.width, self.strategy.groups, self.limits.maximum
        return state, beam_state.begin(*sizes, progress, self.start)

    def open(self, alive: BeamState) -> Any:
        """Tell which documents are not finished, bool [B]."""
        return beam_state.still_open(alive, self.worst, self.lengths[-1])

    def choose(
        self,
        t: Any,
        account: Any,
        alive: BeamState,
        state: Any,
        memory: Any,
        places: Any,
        which: Any,
    ) -> StepChoice:
        """Decide how the beams go on at position t."""

        def quickly() -> StepChoice:
            weights = self.model.next_token_scores(account, self.output, places)
            weights = ngram_blocking.block_ngrams(weights, alive.tokens, alive.runs, t, self.limits)
            few = candidates.TopCandidates(weights, self.width, t, self.limits)
            return self._pooled(t, alive, self.strategy.choose(t, alive.log_prob, few), 1, None)

        def wholly() -> StepChoice:
            allowed = None if self.allowed is None else gather_rows(self.allowed, which)
            raw = self.model.next_token_scores(account, self.output, places, allowed)
            weights = ngram_blocking.block_ngrams(raw, alive.tokens, alive.runs, t, self.limits)
            every = candidates.apply_end_rules(weights, t, self.limits)
            chosen = self._demanded(t, alive, raw, every, which)
            unattended = None
            if self.covering:
                unattended = scoring.coverage_penalty(state.coverage, memory.mask, self.limits)
            return self._pooled(t, alive, chosen, self.strategy.groups, unattended, which)

        found: StepChoice = static_cond(self.top_k_suffices, quickly, wholly)
        return found

    def _demanded(self, t: Any, alive: BeamState, raw: Any, every: Any, which: Any) -> Any:
        """What the strategy chooses of all next pieces float32 [B, K, N], or the demands ask."""
        if self.demands is None:
            return self.strategy.choose(t, alive.log_prob, candidates.AllCandidates(every, which))
        demands, progress = self._of(which), alive.progress
        allowed = static_cond(
            demands.active,
            lambda: lexical_constraints.apply(
                demands, progress, t, pointer.to_log_probs(*raw), every, alive.tokens
            ),
            lambda: every,
        )
        return static_cond(
            self.forcing,
            lambda: dynamic_beam_allocation.allocate_beams(
                demands, progress, alive.log_prob, allowed
            ),
            lambda: self.strategy.choose(
                t, alive.log_prob, candidates.AllCandidates(allowed, which)
            ),
        )

    def _pooled(
        self, t: Any, alive: BeamState, chosen: Any, groups: Any, unattended: Any, which: Any = None
    ) -> StepChoice:
        """The choice with the pool's new order; `which` None: nothing can be demanded."""
        ended, parents, pieces, log_prob = chosen
        score = ended / ops.take(self.lengths, t)
        score = score if unattended is None else score + unattended
        scores, progress = beam_state.pooled(alive, ended, score), alive.progress
        if self.demands is not None and which is not None:
            demands = self._of(which)
            progress = static_cond(
                demands.active,
                lambda: lexical_constraints.extend(demands, alive.progress, parents, pieces),
                lambda: alive.progress,
            )
        best = beam_state.best(scores, self.width, groups)
        return StepChoice(ended, scores, best, parents, pieces, log_prob, progress)

    def _of(self, which: Any) -> LexicalConstraints:
        """The demands on documents int32 [B]."""
        names = ("prefix", "forced", "banned", "words")
        found: LexicalConstraints = self.demands._replace(
            **{name: gather_rows(getattr(self.demands, name), which) for name in names}
        )
        return found
