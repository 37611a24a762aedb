"""Check summaries against constraints, and search again with tighter ones if they violate any.

The graph works on tokens, the user's constraints concern text. So each summary is checked as text,
and the search is repeated with tighter constraints if it violates one.
"""

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError
from summarizer.runtime.constraints import FAILURES_PER_STAGE, DocumentConstraints, Phrase, merge
from summarizer.runtime.decoding_plan import DecodingPlan
from summarizer.runtime.faithfulness import FaithfulnessFilter
from summarizer.runtime.phrases import Phrases, contains_phrase, normalized
from summarizer.types import Hypothesis, Tensor
from summarizer.vocabulary import UNKNOWN

MAX_SEARCHES = 12  # searches for a summary that satisfies all constraints
ROOM_GROWTH = 8  # most that `max_tokens` grows, times the plan's, until the last word ends


class ConstraintChecker:
    """Makes the constraints of a document from the user's options and checks summaries."""

    def __init__(
        self,
        options: DecodingOptions,
        plan: DecodingPlan,
        phrases: Phrases,
        length: Callable[[str], int],
        faithfulness: FaithfulnessFilter | None = None,
    ):
        """Keep what constraints are made from.

        Args:
            options: options of the user.
            plan: the options, checked.
            phrases: turns phrases into tokens.
            length: counts words.
            faithfulness: refuses numbers and names that a document lacks; None: nothing does.
        """
        self._options, self._plan, self._phrases, self._length = options, plan, phrases, length
        self._prefix = " ".join((options.prefix or "").split())
        self._faithfulness = faithfulness

    def constraints(self, document: str) -> DocumentConstraints:
        """Return the constraints of a document.

        Raises:
            InputError: a required phrase cannot be written, or is too long.
        """
        options, plan = self._options, self._plan
        phrases = [" ".join(phrase.split()) for phrase in options.must_include]
        required = {phrase: self._phrases.encode(phrase, document) for phrase in phrases}
        prefix = self._phrases.encode(self._prefix, document) if self._prefix else ()
        _check_known("must-include", required)
        _check_known("prefix", {self._prefix: prefix})
        outside = {ids for p, ids in required.items() if not contains_phrase(self._prefix, p)}
        tokens = sum(i != BOUNDARY for phrase in (prefix, *outside) for i in phrase)
        if tokens + 1 > plan.token_limit:
            raise InputError(
                f"{'must-include' if required else 'prefix'}: the required text has {tokens} "
                f"tokens, a summary has at most {plan.token_limit - 1}"
            )
        banned = (
            self._phrases.spellings(" ".join(phrase.split()), document)
            for phrase in options.must_not_include
        )
        return DocumentConstraints(
            text=document,
            prefix=prefix,
            required=tuple(dict.fromkeys(required.values())),
            banned=frozenset().union(*banned),
            has_spaces=self._length(document) == len(document.split()),
            min_words=plan.min_words,
            max_words=plan.max_words,
            max_tokens=plan.max_tokens if tokens < plan.max_tokens else plan.token_limit,
        )

    def allowed(self, constraints: Sequence[DocumentConstraints]) -> dict[str, Tensor]:
        """Return the tokens that may be generated for each document, as an input of the graph."""
        if self._faithfulness is None:
            return {}
        rows = [
            self._faithfulness.generatable_tokens(self._supporting_text(c), c.whole_words_only)
            for c in constraints
        ]
        return {"allowed": np.stack(rows)}

    def _supporting_text(self, constraints: DocumentConstraints) -> str:
        """Return the text that supports a summary: the document and the user's own words.

        They are parted by line ends, so that their numbers do not become one.
        """
        return "\n".join([constraints.text, self._prefix, *self._options.must_include])

    def restore_spelling(self, text: str, prefix: str) -> str:
        """Return a summary with the user's spelling of the prefix and the required phrases.

        Args:
            text: the summary.
            prefix: the prefix as the vocabulary spells it.
        """
        if self._prefix and normalized(text[: len(prefix)]) == normalized(prefix):
            text = self._prefix + text[len(prefix) :]
        for phrase in (p for p in self._options.must_include if p != p.lower()):
            words = r"\s+".join(map(re.escape, phrase.split()))
            pattern = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
            text = pattern.sub(" ".join(phrase.split()).replace("\\", r"\\"), text)
        return text

    def tighten_if_violated(
        self, hypothesis: Hypothesis, constraints: DocumentConstraints
    ) -> DocumentConstraints | None:
        """Return tighter constraints for the next search; None if the summary violates none.

        Raises:
            InputError: a required phrase is missing, and no other constraint would help.
        """
        options, text = self._options, hypothesis.text
        banned = [p for p in options.must_not_include if contains_phrase(text, p)]
        if banned:
            phrases = {self._phrases.written(hypothesis.ids, p, constraints.text) for p in banned}
            return dataclasses.replace(constraints, banned=constraints.banned | phrases)
        if self._faithfulness and (
            mentions := self._faithfulness.unsupported(text, self._supporting_text(constraints))
        ):
            return self._banning(hypothesis, constraints, [mention.text for mention in mentions])
        if constraints.failed_attempts and not any(map(str.isalnum, text)):  # no word is left
            failed = constraints.failed_attempts + 1
            return dataclasses.replace(constraints, failed_attempts=failed)
        if (tighter := self._with_length(hypothesis, constraints)) is not None:
            return tighter
        missing = [p for p in options.must_include if not contains_phrase(text, p)]
        if missing:
            raise InputError(f"must-include {missing[0]!r}: this model cannot write it")
        if not normalized(text).startswith(normalized(self._prefix)):
            raise InputError(f"prefix {self._prefix!r}: this model cannot write it")
        return None

    def _with_length(
        self, hypothesis: Hypothesis, constraints: DocumentConstraints
    ) -> DocumentConstraints | None:
        """Return the constraints with another length; None if the length is right."""
        options, count = self._options, self._length(hypothesis.text)
        shortest, longest = constraints.min_words, constraints.max_words
        if options.max_words and count > options.max_words:
            longest = min(longest - 1, longest * options.max_words // count)
            return dataclasses.replace(constraints, max_words=longest)
        if options.min_words and count < options.min_words:
            shortest += options.min_words - count
            return dataclasses.replace(constraints, min_words=shortest)
        full = len(hypothesis.ids) + 1 >= constraints.max_tokens
        limit = ROOM_GROWTH * self._plan.max_tokens  # a word that does not end by then never ends
        if not full or constraints.max_tokens >= limit:
            return None
        if not options.max_words and not options.min_words:
            return None
        # The last word may be cut: search for as many words with room for all of the last one.
        longest = min(longest, max(count, shortest))
        room = min(2 * constraints.max_tokens, limit)
        return dataclasses.replace(constraints, max_tokens=room, max_words=longest)

    def _banning(
        self, hypothesis: Hypothesis, constraints: DocumentConstraints, mentions: Sequence[str]
    ) -> DocumentConstraints:
        """Ban unsupported numbers and names; after some attempts all tokens that could make one."""
        text, failed = constraints.text, constraints.failed_attempts + 1
        banned = {self._phrases.written(hypothesis.ids, mention, text) for mention in mentions}
        banned = banned.union(*(self._phrases.spellings(mention, text) for mention in mentions))
        tighter = dataclasses.replace(constraints, failed_attempts=failed)
        if self._faithfulness and failed > FAILURES_PER_STAGE:
            required = {i for ids in (constraints.prefix, *constraints.required) for i in ids}
            risky = self._faithfulness.uncopyable_tokens(text, tighter.whole_words_only)
            banned |= {(i,) for i in risky - required}
        return dataclasses.replace(tighter, banned=constraints.banned | banned)


@dataclass
class ConstrainedSearch:
    """The searches for the summary of one document, until it satisfies all constraints.

    Attributes:
        ids: tokens of the document that the model reads.
        constraints: constraints of the next search.
        n_best: number of hypotheses needed.
        wanted: number of hypotheses that are kept, if there are so many; at least `n_best`.
        type: type of the summary; None: the model's first type.
        accepted: hypotheses that satisfy the constraints, the best first.
        searches: number of searches so far.
    """

    ids: list[int]
    constraints: DocumentConstraints
    n_best: int
    wanted: int
    type: str | None = None
    accepted: list[Hypothesis] = dataclasses.field(default_factory=list)
    searches: int = 0

    def add(self, hypotheses: list[Hypothesis], checker: ConstraintChecker) -> bool:
        """Take the result of a search; tell whether another search could give more.

        Raises:
            InputError: no hypothesis satisfies all constraints, and no further search would help.
        """
        accepted, tighter = list[Hypothesis](), list[DocumentConstraints]()
        for hypothesis in hypotheses:
            if len(accepted) == self.wanted:
                break
            tightened = checker.tighten_if_violated(hypothesis, self.constraints)
            if tightened is None:
                accepted.append(hypothesis)
            else:
                tighter.append(tightened)
        if len(accepted) >= len(self.accepted):
            self.accepted = accepted
        if not hypotheses and self.constraints.block_ngrams:  # blocking may leave no token
            tighter = [dataclasses.replace(self.constraints, block_ngrams=False)]
        following = functools.reduce(merge, tighter, self.constraints)
        self.searches += 1
        enough = len(self.accepted) >= self.n_best or following == self.constraints
        if not enough and self.searches < MAX_SEARCHES:
            self.constraints = following
            return True
        if not self.accepted:
            start = " ".join(self.constraints.text.split())[:40]
            raise InputError(
                f"no summary satisfies all constraints for the document starting {start!r}; "
                "relax them or increase --beam"
            )
        return False


def _check_known(name: str, phrases: dict[str, Phrase]) -> None:
    """Refuse a phrase with a token that neither the vocabulary nor the document has."""
    for text, ids in phrases.items():
        if UNKNOWN in ids:
            raise InputError(
                f"{name} {text!r}: neither the model's vocabulary nor the document has it"
            )
