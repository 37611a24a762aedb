"""The records that flow through the program.

Shapes are written with these letters everywhere: B batch, S document positions, T summary
positions, K beams, H width, N vocabulary. Records carry data; they have no behaviour that
touches a device, a loss or a file.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Tensor: TypeAlias = Any  # a tensor of any backend, or a NumPy array in graph code


@dataclass(frozen=True)
class Example:
    """One document, with its reference summary where there is one.

    Attributes:
        id: its name.
        document: what is read.
        summary: the reference, the first of them; None: there is none.
        references: all references, `summary` first, where people wrote several; else ().
        type: the type of the summary, a name of `summary_types`; "": the data does not say.
        source: who published the document, or the file that it comes from; "": not known.
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
    """What the encoder leaves for the decoder; carried along, never remembered by a layer.

    Attributes:
        keys: float [B, S, H], what attention compares with; () without attention.
        values: float [B, S, H], what attention averages; 0 where `mask` is False; () likewise.
        mask: bool [B, S], True at real pieces.
        tokens: int32 [B, S], the document, for the pointer; 0 where `mask` is False.
        final: each float32 [B, H], the encoder's last states, for the decoder's first; the
            hidden one first.
        selected: float32 [B, S], 1 at the pieces that may be copied and 0 at others; (): all may.
    """

    keys: Any
    values: Any
    mask: Any
    tokens: Any
    final: tuple[Any, ...]
    selected: Any = ()


class DecoderState(NamedTuple):
    """What the decoder carries from one summary position to the next; K rows a document.

    Attributes:
        cells: the states of all layers' cells, each float32 [B * K, H].
        feed: the last features, float32 [B * K, E], with input feeding; else ().
        coverage: the attention so far, summed, float32 [B * K, S], where the score looks at it;
            else ().
        attention: what the attention keeps for itself, each float32 [B * K, S]; () if nothing.
        past: with intra-decoder attention the decoder's outputs so far, float [B * K, T, H], and
            how many they are, int32 [B * K]; else ().
    """

    cells: tuple[Any, ...]
    feed: Any = ()
    coverage: Any = ()
    attention: tuple[Any, ...] = ()
    past: tuple[Any, ...] = ()


@dataclass(frozen=True)
class DecodingOptions:
    """What a user asks of summaries; None: as the model's configuration says.

    Attributes:
        beam: hypotheses kept while searching.
        n_best: alternatives returned with each summary.
        max_words: no summary is longer; characters in scripts without spaces between words.
        min_words: no summary is shorter.
        strategy: beam, greedy, sample or diverse.
        temperature: of `sample`; below 1 nearer to the most probable, above 1 further from it.
        top_k: `sample` draws among so many pieces; 0: all.
        top_p: `sample` draws among the fewest pieces of so much probability.
        seed: of `sample`; the same one gives the same summary of the same text.
        beam_groups: of `diverse`, with a part of the beam each.
        diversity_penalty: of `diverse`: what a piece costs that another group has taken.
        length_penalty: alpha of the normalisation `gnmt`; more favours longer summaries.
        length_normalization: `gnmt`, or `average`: the score is the mean log-probability of a piece.
        coverage_penalty: beta, against leaving parts of the document unattended.
        must_not_include: words or phrases that no summary holds, in whatever case.
        must_include: words or phrases that every summary holds.
        prefix: what every summary begins with.
        tagger_threshold: a tagger keeps words, or lets them be copied, of at least so much probability.
        faithful: off; warn, say which numbers and names of a summary its document does not hold;
            or strict, write none of these.
        explain: also say where each word came from.
        type: of the summaries, a name of `summary_types`; None: the model's first one.
    """

    beam: int | None = None
    n_best: int = 1
    max_words: int | None = None
    min_words: int | None = None
    strategy: str | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    beam_groups: int | None = None
    diversity_penalty: float | None = None
    length_penalty: float | None = None
    length_normalization: str | None = None
    coverage_penalty: float | None = None
    must_not_include: tuple[str, ...] = ()
    must_include: tuple[str, ...] = ()
    prefix: str | None = None
    tagger_threshold: float | None = None
    faithful: str | None = None
    explain: bool = False
    type: str | None = None


@dataclass(frozen=True)
class Hypothesis:
    """One summary that the search found.

    Attributes:
        ids: the pieces, without start and end.
        text: the pieces as text.
        log_prob: natural logarithm of the probability, the end included.
        score: `log_prob` after length normalisation; what the search ranks by.
        attention: float32 [T, S] weights over the document's pieces, where asked for.
        gate: float32 [T], probability of generating rather than copying, where asked for.
        token_log_probs: float32 [T], log-probability of each piece behind those before it; None: a graph of
            an earlier version, which does not tell.
        selected: bool [S], the document's pieces that may be copied; None: all.
        unsupported: numbers and names that the document does not hold; None: nobody looked.
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
    """Where in a document a word of its summary was copied from.

    Attributes:
        begin: the first of the characters in the document.
        end: behind the last of them.
        share: how much of the word came from there, 0 to 1.
    """

    begin: int
    end: int
    share: float


@dataclass(frozen=True)
class WordProvenance:
    """A word or mark of a summary, and where it came from.

    Attributes:
        text: as the summary has it.
        begin: its first character in the summary.
        end: behind its last one.
        copied: how much of it was copied, 0 to 1: the mean over its pieces (but those that are a
            space alone) of the probability that a piece, once written, was copied. The rest was
            generated.
        gate: the probability with which the model set out to generate it, the mean over its pieces.
        log_prob: of all its pieces, behind those before it.
        sources: where it was copied from, the greatest share first; shares below 1% are left out.
        attention: how much of the attention was on each of the document's sentences, the mean over
            its pieces.
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
    """Where each word of a summary came from; characters are code points.

    Attributes:
        words: of the summary, marks too, in order.
        sentences: where those of the document that were read begin and end.
        end: log-probability of the summary's end; with those of the words the summary's own.
    """

    words: tuple[WordProvenance, ...]
    sentences: tuple[tuple[int, int], ...]
    end: float


@dataclass(frozen=True)
class Summary:
    """What a user gets for one document.

    Attributes:
        text: the best summary.
        score: its normalised log-probability.
        tokens_read: how many of the document's pieces were read.
        tokens_truncated: how many were not, as they did not fit.
        unknown_ratio: share of the document's pieces that are single bytes, or words that its
            vocabulary lacks, 0 to 1: much of it is in characters or words that it never saw.
        chunks: how many parts of the document were read one after the other (`long="chunks"`).
        alternatives: the n best, the best first, where more than one was asked for.
        hypothesis: the best one with its pieces and, where asked for, attention and gate.
        provenance: where each word came from, where that was asked.
        unsupported: numbers and names that the document does not hold; None: nobody asked.
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


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    What is not known is empty: the model of predictions from elsewhere, the command of a report
    made in Python.

    Attributes:
        scores: metric → {"mean", "low", "high"} of F in points (0 to 100); of ROUGE also
            "precision" and "recall", the means of both.
        baselines: baseline's name → the same.
        differences: baseline's name → metric → {"mean", "low", "high", "p"}: the paired
            difference, its interval and the p-value of a permutation test.
        signature: how the scores were computed, in one line that can be quoted.
        examples: how many documents were scored.
        test: the SPEC of the documents, as it was given.
        fingerprint: SHA-256 of their ids, texts and references, 64 hexadecimal digits.
        model: the name of the model's configuration.
        config_hash: the fingerprint of that configuration.
        command: what made the report.
        empty: how many predictions say nothing; they score 0.
        overlap: how many of the documents the model was trained on; None: that was not checked,
            or could not be.
        diagnostics: system → measure → {"mean", "low", "high", "of"}: what summaries are like,
            those of the model, the references and the first words; `of` how many have a number.
        lengths: the scores and diagnostics in each fifth of the documents, the shortest first.
        per_example: one record a document: id, prediction, reference and its scores.
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
