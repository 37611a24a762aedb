"""Where each word of a summary came from: copied from which characters, or generated.

A model with a pointer writes piece w at position t with the probability

    P(w) = p_gen · generator(w) + (1 − p_gen) · Σ_{j: document_j = w} attention_j

(See, Liu, Manning 2017, arXiv:1704.04368, eq. 9). So once w is written, it was copied from place j
with the probability (1 − p_gen) · attention_j / P(w). All that is needed comes with a hypothesis;
neither Keras nor the model is.
"""

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from summarizer.text import alignment, sentences
from summarizer.text.cleaning import DROPPED
from summarizer.types import Hypothesis, Provenance, SourceSpan, WordProvenance
from summarizer.vocabulary import Vocabulary

MIN_SHARE = 0.01  # share of a word below which a source is left out
_EPSILON = 1e-30

Span = tuple[int, int]


def trace_provenance(found: Hypothesis, document: str, vocabulary: Vocabulary) -> Provenance:
    """Say where each word of a summary came from.

    Of several networks that summarize as one, the means of their attentions and gates tell.

    Args:
        found: the summary, with attention, gate and steps.
        document: what the model read, as it was given.
        vocabulary: of the model.
    """
    count = np.shape(found.attention)[1]
    read = _beginning(document, count, vocabulary)
    spans = [_trimmed(read, span) for span in vocabulary.spans(read)[:count]]
    attention = np.asarray(found.attention, np.float64)[:, : len(spans)]
    shares = copy_probabilities(found, np.asarray(vocabulary.encode(read)[: len(spans)]), attention)
    parts = list(_sentences(document))
    parts = parts[: max(1, sum(begin < spans[-1][1] for begin, _ in parts))]
    begins = np.array([begin for begin, _ in spans], np.int64)
    inside = np.searchsorted([end for _, end in parts], begins, side="right")
    weights = np.zeros((len(attention), len(parts)))
    np.add.at(weights.T, np.minimum(inside, len(parts) - 1), attention.T)
    owners = _owners(read, spans)
    spaces = np.array([not p.strip("▁") for p in vocabulary.tokens(found.ids, read)], bool)
    said = []
    for (begin, end), pieces in _words(found, vocabulary, read):
        # A piece that is a space alone tells nothing of the word behind it.
        rows = pieces[~spaces[pieces]] if not spaces[pieces].all() else pieces
        of_word = shares[rows].mean(axis=0)
        said.append(
            WordProvenance(
                text=found.text[begin:end],
                begin=begin,
                end=end,
                copied=float(of_word.sum()),
                gate=float(np.mean(found.gate[rows])),
                log_prob=float(np.sum(found.token_log_probs[pieces])),
                sources=_sources(of_word, owners, spans),
                attention=tuple(map(float, weights[rows].mean(axis=0))),
            )
        )
    return Provenance(
        tuple(said), tuple(parts), found.log_prob - float(np.sum(found.token_log_probs))
    )


def _beginning(document: str, count: int, vocabulary: Vocabulary) -> str:
    """The beginning of a document that holds its first pieces, so many; the rest may be large.

    It ends before a space, which no piece goes over: these pieces are the document's own.
    """
    end = 16 * count
    while (end := document.find(" ", end)) >= 0 and len(vocabulary.encode(document[:end])) < count:
        end *= 2
    return document if end < 0 else document[:end]


def copy_probabilities(found: Hypothesis, pieces: Any, attention: Any) -> Any:
    """Return how probable it is that each piece of a summary was copied from each place.

    Args:
        found: the summary; its gate is 0 to 1.
        pieces: int [S], the document.
        attention: float [T, S].

    Returns:
        float64 [T, S], at least 0; a row's sum is at most 1, what is missing was generated.
    """
    if found.selected is not None:
        attention = _narrowed(attention, np.asarray(found.selected)[: len(pieces)])
    same = np.asarray(found.ids, np.int64)[:, None] == pieces[None, :]
    mass = (1 - np.asarray(found.gate, np.float64))[:, None] * attention * same
    mass = (
        mass / np.maximum(np.exp(np.asarray(found.token_log_probs, np.float64)), _EPSILON)[:, None]
    )
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), 1)  # rounded, it may be a little more


def _narrowed(attention: Any, selected: Any) -> Any:
    """What `pointer.narrowed` does: attention on what may be copied alone, of the same sum."""
    part = attention * selected
    left = part.sum(axis=1, keepdims=True)
    ratio = attention.sum(axis=1, keepdims=True) / np.maximum(left, _EPSILON)
    return np.where(left > _EPSILON, part * ratio, attention)


def _sentences(document: str) -> Iterator[Span]:
    """Where the sentences of a document are."""
    end = 0
    for sentence in sentences.split_sentences(document):
        begin = document.index(sentence, end)
        end = begin + len(sentence)
        yield begin, end


def _sources(shares: Any, owners: Any, spans: Sequence[Span]) -> tuple[SourceSpan, ...]:
    """The places of a document that one word was copied from, those in one word there together."""
    found: dict[int, SourceSpan] = {}
    for j in map(int, np.flatnonzero(shares > 0)):
        (begin, end), own = spans[j], int(owners[j])
        known = found.get(own, SourceSpan(begin, end, 0.0))
        share = known.share + float(shares[j])
        found[own] = SourceSpan(min(known.begin, begin), max(known.end, end), share)
    kept = [source for source in found.values() if source.share >= MIN_SHARE]
    return tuple(sorted(kept, key=lambda source: -source.share))


def _words(found: Hypothesis, vocabulary: Vocabulary, document: str) -> Iterator[tuple[Span, Any]]:
    """The words and marks of a summary: where each is, and which pieces it consists of.

    A word without a piece of its own, as one piece may be of two words, goes with the one before.
    """
    text = found.text
    ends = [len(vocabulary.decode_raw(found.ids[: t + 1], document)) for t in range(len(found.ids))]
    raw = vocabulary.decode_raw(found.ids, document)
    places = _carried(raw, text)
    ends = [places[min(end, len(raw))] for end in np.maximum.accumulate([0, *ends])]
    spans = [_trimmed(text, span) for span in itertools.pairwise(ends)]
    owners = _owners(text, spans)
    if not len(owners):
        return
    words = alignment.aligned_text(text)
    firsts = [0, *np.flatnonzero(np.diff(owners)) + 1]  # the first piece of each
    for first, after in zip(firsts, [*firsts[1:], len(owners)], strict=True):
        begin = words.begins[int(owners[first])] if first else 0
        last = int(owners[after]) if after < len(owners) else len(words.ends)
        yield (begin, words.ends[last - 1]), np.arange(first, after)


def _owners(text: str, spans: Sequence[Span]) -> Any:
    """Which word of a text each piece belongs to, int [S]; [] where the text has no word."""
    words = alignment.aligned_text(text)
    return alignment.owners(words, spans) if words.ends and spans else np.zeros(0, np.int64)


def _trimmed(text: str, span: Span) -> Span:
    """A span without the white space at its ends; of white space alone, where it ends."""
    begin, end = span
    part = text[begin:end]
    return end - len(part.lstrip()), end - len(part) + len(part.rstrip()) if part.strip() else end


def _carried(one: str, other: str) -> list[int]:
    """Where each place of a text, its end too, lies in the same text in another spelling."""
    if len(one) == len(other):
        return list(range(len(one) + 1))
    out = [len(other)] * (len(one) + 1)
    sides = [c.lower() for c in one], [c.lower() for c in other]
    for tag, i, i_end, j, _ in difflib.SequenceMatcher(None, *sides, False).get_opcodes():
        for place in range(i, i_end):
            out[place] = j + (place - i) * (tag == "equal")
    return out


def provenance_record(explanation: Provenance, document: str) -> dict[str, Any]:
    """Return an explanation as JSON holds it: `words`, `sentences`, and the `end`'s log_prob.

    Args:
        explanation: of a summary.
        document: what its places are of.
    """
    words = []
    for word in explanation.words:
        sources = [
            {"text": document[s.begin : s.end].translate(DROPPED), "begin": s.begin, "end": s.end}
            | {"share": round(s.share, 4)}
            for s in word.sources
        ]
        numbers = {n: round(getattr(word, n), 4) for n in ("copied", "gate", "log_prob")}
        attention = [round(share, 4) for share in word.attention]
        words.append(
            {"text": word.text, "begin": word.begin, "end": word.end, **numbers}
            | {"sources": sources, "attention": attention}
        )
    sentences = [list(span) for span in explanation.sentences]
    return {"words": words, "sentences": sentences, "end": round(explanation.end, 4)}
