"""Records shared by several packages.

Shapes use the same letters everywhere: B batch, S document positions, T summary positions, K beams,
H width, N vocabulary. Records only hold data.
"""

import importlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from summarizer.errors import renamed_fields, warn_renamed

Tensor: TypeAlias = Any
"""A tensor of any backend, or a NumPy array."""

# Old names of records: the new ones.
_RENAMED = {
    "Memory": "EncoderMemory",
    "Word": "WordProvenance",
    "Source": "SourceSpan",
    "Explanation": "Provenance",
    "Wishes": "DecodingOptions",
}
# Names that are documented here and defined elsewhere.
_ELSEWHERE = {"DecodingOptions": "summarizer.decoding.options"}


def __getattr__(name: str) -> Any:
    new = _RENAMED.get(name, name)
    if new != name:
        warn_renamed(f"summarizer.types.{name}", new)
    if new in globals():
        return globals()[new]
    if new not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ELSEWHERE[new]), new)


@dataclass(frozen=True)
class Example:
    """A document, with its reference summary if there is one.

    Attributes:
        id: identifier.
        document: the input text.
        summary: the first reference; None: there is none.
        references: all references, `summary` first, if a document has several; else ().
    """

    id: str
    document: str
    summary: str | None = None
    references: tuple[str, ...] = ()
    type: str = ""
    source: str = ""

    @property
    def group(self) -> str:
        """Return the type and the source, joined by a slash."""
        return f"{self.type}/{self.source}"


class EncoderMemory(NamedTuple):
    """What the decoder reads of the document. Layers do not store it.

    Attributes:
        keys: float [B, S, H], compared with the query of the attention; () without attention.
        values: float [B, S, H], averaged by the attention; 0 where `mask` is False; () without
            attention.
        mask: bool [B, S], True at tokens, False at padding.
        tokens: int32 [B, S], the document, for the pointer; 0 where `mask` is False.
        final: last states of the encoder, each float32 [B, H], the hidden state first; they
            initialize the decoder.
        selected: float32 [B, S], 1 at tokens that may be copied and 0 at others; (): all may.
    """

    keys: Any
    values: Any
    mask: Any
    tokens: Any
    final: tuple[Any, ...]
    selected: Any = ()


class DecoderState(NamedTuple):
    """The state of the decoder between two summary positions, with K rows a document.

    Attributes:
        cells: states of the cells of all layers, each float32 [B * K, H].
        feed: last features, float32 [B * K, E], with input feeding; else ().
        coverage: sum of the attention so far, float32 [B * K, S], if the score uses it; else ().
        attention: states of the attention itself, each float32 [B * K, S]; () if it has none.
        past: with intra-decoder attention the outputs of the decoder so far, float
            [B * K, T, H], and their number, int32 [B * K]; else ().
    """

    cells: tuple[Any, ...]
    feed: Any = ()
    coverage: Any = ()
    attention: tuple[Any, ...] = ()
    past: tuple[Any, ...] = ()


@renamed_fields({"steps": "token_log_probs"})
@dataclass(frozen=True)
class Hypothesis:
    """A summary found by the search.

    Attributes:
        ids: token ids, without start and end.
        text: the tokens as text.
        log_prob: natural logarithm of the probability, including that of the end.
        score: `log_prob` after length normalization; the search ranks by it.
        attention: float32 [T, S], weights over the tokens of the document; None: not recorded.
        gate: float32 [T], probability of generating instead of copying; None: not recorded.
        token_log_probs: float32 [T], log-probability of each token given those before it; None:
            the graph is of an earlier version, which does not return it.
        selected: bool [S], tokens of the document that may be copied; None: all.
        unsupported: numbers and names that the document does not contain; None: not checked.
    """

    ids: tuple[int, ...]
    text: str
    log_prob: float
    score: float
    attention: Any = None
    gate: Any = None
    token_log_probs: Any = None
    selected: Any = None
    unsupported: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SourceSpan:
    """A part of a document from which a word of its summary was copied.

    Attributes:
        begin: offset of the first character in the document.
        end: offset behind the last character.
        share: fraction of the word copied from there, 0 to 1.
    """

    begin: int
    end: int
    share: float


@dataclass(frozen=True)
class WordProvenance:
    """A word or punctuation mark of a summary, and where it came from.

    Values are means over the tokens of the word.

    Attributes:
        text: the word as it is in the summary.
        begin: offset of its first character in the summary.
        end: offset behind its last character.
        copied: probability that a token was copied, given that it was written, 0 to 1; tokens that
            are only a space do not count. The rest was generated.
        gate: probability of generating instead of copying, before the token was chosen.
        log_prob: sum of the log-probabilities of its tokens, each given those before it.
        sources: spans it was copied from, the largest share first; shares below 1% are left out.
        attention: share of the attention on each sentence of the document.
    """

    text: str
    begin: int
    end: int
    copied: float
    gate: float
    log_prob: float
    sources: tuple[SourceSpan, ...]
    attention: tuple[float, ...]


@dataclass(frozen=True)
class Provenance:
    """Where each word of a summary came from. Offsets count code points.

    Attributes:
        words: words and punctuation marks of the summary, in order.
        sentences: begin and end of each sentence of the document that was read.
        end: log-probability of the end of the summary; with those of the words it gives the
            log-probability of the summary.
    """

    words: tuple[WordProvenance, ...]
    sentences: tuple[tuple[int, int], ...]
    end: float


@renamed_fields(
    {
        "read": "tokens_read",
        "truncated": "tokens_truncated",
        "spelled": "unknown_ratio",
        "parts": "chunks",
        "explanation": "provenance",
    }
)
@dataclass(frozen=True)
class Summary:
    """The summary of a document.

    Attributes:
        text: the best summary.
        score: its length-normalized log-probability.
        tokens_read: number of tokens of the document that the model read.
        tokens_truncated: number of tokens that it did not read because they did not fit.
        unknown_ratio: fraction of the document's tokens outside the vocabulary (byte fallback or
            unknown words), 0 to 1.
        chunks: number of parts in which the document was read (`long="chunk"`).
        alternatives: the n best hypotheses, best first.
        hypothesis: the best hypothesis with its tokens, attention and gate.
        provenance: where each word came from; None: not asked for.
        unsupported: numbers and names that the document does not contain; None: not checked.
        type: type of the summary; "": the model knows no types.
        extract: whether the text was taken from the document, not written by the model.
        places: begin and end of each part of an extract in the document as given, in characters;
            ordered as the lines of `text`.
        confidence: probability that the summary that the model wrote is at least as good, by
            ROUGE-1, as the first sentence cut to its length; None: not known.
    """

    text: str
    score: float
    tokens_read: int = 0
    tokens_truncated: int = 0
    unknown_ratio: float = 0.0
    chunks: int = 1
    alternatives: tuple[Hypothesis, ...] = ()
    hypothesis: Hypothesis | None = None
    provenance: Provenance | None = None
    unsupported: tuple[str, ...] | None = None
    type: str = ""
    extract: bool = False
    places: tuple[tuple[int, int], ...] = ()
    confidence: float | None = None


@dataclass(frozen=True)
class Report:
    """Result of an evaluation.

    Unknown fields are empty: the model of external predictions, the command of a report made in
    Python.

    Attributes:
        scores: metric → {"mean", "low", "high"} of F in points (0 to 100); ROUGE metrics also have
            "precision" and "recall", the means of both.
        baselines: name of a baseline → the same.
        differences: name of a baseline → metric → {"mean", "low", "high", "p"}: the paired
            difference, its interval and the p-value of a permutation test.
        signature: how the scores were computed, in one line that can be quoted.
        examples: number of documents scored.
        test: SPEC of the documents as the user wrote it.
        fingerprint: SHA-256 of their ids, texts and references, 64 hexadecimal digits.
        model: name of the model's configuration.
        config_hash: hash of that configuration.
        command: the command that made the report.
        empty: number of empty predictions; they score 0.
        overlap: number of documents that the model was trained on; None: not checked, or unknown.
        diagnostics: system → statistic → {"mean", "low", "high", "of"}: statistics of the
            summaries of the model, of the references and of the first words; `of` counts the
            summaries that have the statistic.
        lengths: scores and diagnostics in each fifth of the documents, the shortest first.
        per_example: one record a document: id, prediction, reference and scores.
    """

    scores: dict[str, dict[str, float]]
    baselines: dict[str, dict[str, dict[str, float]]]
    differences: dict[str, dict[str, dict[str, float]]]
    signature: str
    examples: int
    test: str = ""
    fingerprint: str = ""
    model: str = ""
    config_hash: str = ""
    command: str = ""
    empty: int = 0
    overlap: int | None = None
    diagnostics: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    lengths: list[dict[str, Any]] = field(default_factory=list)
    per_example: list[dict[str, Any]] = field(default_factory=list)
