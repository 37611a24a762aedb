"""How the beams go on at one position: what the strategy chooses, or what is demanded.

Where only the few best pieces of each beam matter, nothing else is looked at. The rest, what needs
every log-probability (sampling, diversity, demands, what the generator may not write), is a branch
that plain search does not enter.
"""

from typing import Any

from keras import ops, tree

from summarizer.decoding import banks, beams, blocking, constraints, nexts, scoring
from summarizer.decoding.beams import Beams, Choice
from summarizer.decoding.branch import either
from summarizer.decoding.constraints import Demands
from summarizer.decoding.scoring import Limits, normalizer
from summarizer.model import pointer
from summarizer.model.gather import rows
from summarizer.vocabulary import PAD


class Choosing:
    """One search: what it was asked, and what is the same at all positions."""

    def __init__(
        self, model: Any, strategy: Any, width: Any, limits: Limits, allowed: Any,
        demands: Demands | None,
    ) -> None:  # fmt: skip
        self.model, self.strategy, self.width, self.limits = model, strategy, width, limits
        self.allowed, self.demands = allowed, demands  # type: Any, Any
        self.output = model.output()
        self.lengths = normalizer(ops.arange(1, limits.maximum + 1), limits)
        self.worst = beams.worst(width, strategy.groups)
        self.covering = not isinstance(limits.coverage, float) or limits.coverage > 0
        asked = [] if strategy.few is True else [ops.logical_not(strategy.few)]
        if self.covering:
            asked.append(ops.convert_to_tensor(limits.coverage) > 0)
        if allowed is not None:
            asked.append(ops.logical_not(ops.all(allowed)))
        if demands is not None:
            self.forcing = ops.any(demands.forced != PAD)
            asked += [self.forcing, ops.convert_to_tensor(demands.active)]
        # Whether a few pieces of each beam are all that has to be looked at.
        self.plain = strategy.few is not False and (
            not asked or ops.logical_not(ops.any(ops.stack(asked)))
        )

    def begin(self, memory: Any) -> tuple[Any, Beams]:
        """The decoder's state and the beams before the first position."""
        state = self.model.decoder.start(memory, self.limits.maximum, self.covering)
        state = tree.map_structure(lambda x: ops.repeat(x, self.width, axis=0), state)
        batch, demands = ops.shape(memory.pieces)[0], self.demands
        progress = () if demands is None else constraints.begin(demands, self.width)
        groups = self.strategy.groups
        return state, beams.begin(batch, self.width, groups, self.limits.maximum, progress)

    def open(self, alive: Beams) -> Any:
        """Tell which documents are not finished, bool [B]."""
        return beams.still_open(alive, self.worst, self.lengths[-1])

    def choose(
        self, t: Any, account: Any, alive: Beams, state: Any, memory: Any, places: Any, which: Any
    ) -> Choice:
        """Decide how the beams go on at position t."""

        def quickly() -> Choice:
            weights = self.model.weigh(account, self.output, places)
            weights = blocking.block(weights, alive.pieces, alive.runs, t, self.limits)
            few = nexts.Few(weights, self.width, t, self.limits)
            return self._pooled(t, alive, self.strategy.choose(t, alive.log_prob, few), 1, None)

        def wholly() -> Choice:
            allowed = None if self.allowed is None else rows(self.allowed, which)
            raw = self.model.weigh(account, self.output, places, allowed)
            weights = blocking.block(raw, alive.pieces, alive.runs, t, self.limits)
            every = nexts.ruled(weights, t, self.limits)
            chosen = self._demanded(t, alive, raw, every, which)
            unattended = None
            if self.covering:
                unattended = scoring.unattended(state.coverage, memory.mask, self.limits)
            return self._pooled(t, alive, chosen, self.strategy.groups, unattended, which)

        found: Choice = either(self.plain, quickly, wholly)
        return found

    def _demanded(self, t: Any, alive: Beams, raw: Any, every: Any, which: Any) -> Any:
        """What the strategy chooses of all next pieces float32 [B, K, N], or the demands ask."""
        if self.demands is None:
            return self.strategy.choose(t, alive.log_prob, nexts.All(every, which))
        demands, progress = self._of(which), alive.progress
        allowed = either(
            demands.active,
            lambda: constraints.apply(
                demands, progress, t, pointer.logs(*raw), every, alive.pieces
            ),
            lambda: every,
        )
        return either(
            self.forcing,
            lambda: banks.choose(demands, progress, alive.log_prob, allowed),
            lambda: self.strategy.choose(t, alive.log_prob, nexts.All(allowed, which)),
        )

    def _pooled(
        self, t: Any, alive: Beams, chosen: Any, groups: Any, unattended: Any, which: Any = None
    ) -> Choice:
        """The choice with the pool's new order; `which` None: nothing can be demanded."""
        ended, parents, pieces, log_prob = chosen
        score = ended / ops.take(self.lengths, t)
        score = score if unattended is None else score + unattended
        scores, progress = beams.pooled(alive, ended, score), alive.progress
        if self.demands is not None and which is not None:
            demands = self._of(which)
            progress = either(
                demands.active,
                lambda: constraints.extend(demands, alive.progress, parents, pieces),
                lambda: alive.progress,
            )
        best = beams.best(scores, self.width, groups)
        return Choice(ended, scores, best, parents, pieces, log_prob, progress)

    def _of(self, which: Any) -> Demands:
        """The demands on documents int32 [B]."""
        names = ("prefix", "forced", "banned", "words")
        found: Demands = self.demands._replace(
            **{name: rows(getattr(self.demands, name), which) for name in names}
        )
        return found
