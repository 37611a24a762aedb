"""Where each word of a summary came from: the source characters it was copied from, or generated.

A model with a pointer writes token w at position t with the probability

    P(w) = p_gen · generator(w) + (1 − p_gen) · Σ_{j: document_j = w} attention_j

(See, Liu, Manning 2017, arXiv:1704.04368, eq. 9). A written token w was therefore copied from
position j with the probability (1 − p_gen) · attention_j / P(w). A hypothesis contains all these
numbers, so neither Keras nor the model is needed.
"""

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from summarizer.text import alignment, sentences
from summarizer.text.cleaning import DROPPED
from summarizer.types import Hypothesis, Provenance, SourceSpan, Tensor, WordProvenance
from summarizer.vocabulary import Vocabulary

MIN_SHARE = 0.01  # sources with a smaller share of a word are left out
_EPSILON = 1e-30

Span = tuple[int, int]


def trace_provenance(hypothesis: Hypothesis, document: str, vocabulary: Vocabulary) -> Provenance:
    """Return where each word of a summary came from.

    For an ensemble, attention and gate are the means over its members.

    Args:
        hypothesis: the summary, with attention, gate and log-probabilities of its tokens.
        document: the document as it was given to the model.
        vocabulary: of the model.
    """
    count = np.shape(hypothesis.attention)[1]
    read = _text_of_first_tokens(document, count, vocabulary)
    spans = [_trim(read, span) for span in vocabulary.spans(read)[:count]]
    attention = np.asarray(hypothesis.attention, np.float64)[:, : len(spans)]
    document_ids = np.asarray(vocabulary.encode(read)[: len(spans)])
    shares = copy_probabilities(hypothesis, document_ids, attention)
    sentence_spans = list(_sentence_spans(document))
    sentences_read = max(1, sum(begin < spans[-1][1] for begin, _ in sentence_spans))
    sentence_spans = sentence_spans[:sentences_read]
    by_sentence = _attention_by_sentence(attention, spans, sentence_spans)
    owners = _owners(read, spans)
    tokens = vocabulary.tokens(hypothesis.ids, read)
    is_space = np.array([not token.strip("▁") for token in tokens], bool)
    words = []
    for (begin, end), positions in _summary_words(hypothesis, vocabulary, read):
        # A token that is only a space says nothing about the word after it.
        informative = positions[~is_space[positions]]
        informative = informative if len(informative) else positions
        word_shares = shares[informative].mean(axis=0)
        words.append(
            WordProvenance(
                text=hypothesis.text[begin:end],
                begin=begin,
                end=end,
                copied=float(word_shares.sum()),
                gate=float(np.mean(hypothesis.gate[informative])),
                log_prob=float(np.sum(hypothesis.token_log_probs[positions])),
                sources=_sources(word_shares, owners, spans),
                attention=tuple(map(float, by_sentence[informative].mean(axis=0))),
            )
        )
    end_log_prob = hypothesis.log_prob - float(np.sum(hypothesis.token_log_probs))
    return Provenance(tuple(words), tuple(sentence_spans), end_log_prob)


def _text_of_first_tokens(document: str, count: int, vocabulary: Vocabulary) -> str:
    """Return a beginning of a document that contains its first `count` tokens.

    The rest of the document may be large. The beginning ends before a space, which no token
    crosses, so its first tokens are those of the document.
    """
    end = 16 * count
    while (end := document.find(" ", end)) >= 0 and len(vocabulary.encode(document[:end])) < count:
        end *= 2
    return document if end < 0 else document[:end]


def copy_probabilities(hypothesis: Hypothesis, document_ids: Tensor, attention: Tensor) -> Tensor:
    """Return how probable it is that each token of a summary was copied from each position.

    Args:
        hypothesis: the summary; its gate is 0 to 1.
        document_ids: int [S].
        attention: float [T, S].

    Returns:
        float64 [T, S], at least 0; the sum of a row is at most 1, the rest was generated.
    """
    if hypothesis.selected is not None:
        selected = np.asarray(hypothesis.selected)[: len(document_ids)]
        attention = _restrict_attention(attention, selected)
    same = np.asarray(hypothesis.ids, np.int64)[:, None] == document_ids[None, :]
    copied = (1 - np.asarray(hypothesis.gate, np.float64))[:, None] * attention * same
    probability = np.exp(np.asarray(hypothesis.token_log_probs, np.float64))
    copied = copied / np.maximum(probability, _EPSILON)[:, None]
    # Rounding errors can make the sum of a row slightly greater than 1.
    return copied / np.maximum(copied.sum(axis=1, keepdims=True), 1)


def _restrict_attention(attention: Tensor, selected: Tensor) -> Tensor:
    """Do what `pointer.restrict_attention` does, with NumPy: keep only selected positions."""
    part = attention * selected
    total = part.sum(axis=1, keepdims=True)
    ratio = attention.sum(axis=1, keepdims=True) / np.maximum(total, _EPSILON)
    return np.where(total > _EPSILON, part * ratio, attention)


def _sentence_spans(document: str) -> Iterator[Span]:
    """Yield where the sentences of a document begin and end."""
    end = 0
    for sentence in sentences.split_sentences(document):
        begin = document.index(sentence, end)
        end = begin + len(sentence)
        yield begin, end


def _attention_by_sentence(
    attention: Tensor, spans: Sequence[Span], sentence_spans: Sequence[Span]
) -> Tensor:
    """Return the attention of each summary token on each sentence, float64 [T, sentences].

    Args:
        attention: float64 [T, S].
        spans: of the S document tokens.
        sentence_spans: at least one.
    """
    begins = np.array([begin for begin, _ in spans], np.int64)
    sentence = np.searchsorted([end for _, end in sentence_spans], begins, side="right")
    totals = np.zeros((len(attention), len(sentence_spans)))
    np.add.at(totals.T, np.minimum(sentence, len(sentence_spans) - 1), attention.T)
    return totals


def _sources(shares: Tensor, owners: Tensor, spans: Sequence[Span]) -> tuple[SourceSpan, ...]:
    """Return the places that one word was copied from, merged within each word of the document.

    Args:
        shares: float64 [S], probability that the word was copied from each position.
        owners: int [S], the word of the document that each token belongs to.
        spans: of the S document tokens.
    """
    sources: dict[int, SourceSpan] = {}
    for j in map(int, np.flatnonzero(shares > 0)):
        (begin, end), owner = spans[j], int(owners[j])
        source = sources.get(owner, SourceSpan(begin, end, 0.0))
        share = source.share + float(shares[j])
        sources[owner] = SourceSpan(min(source.begin, begin), max(source.end, end), share)
    large = [source for source in sources.values() if source.share >= MIN_SHARE]
    return tuple(sorted(large, key=lambda source: -source.share))


def _summary_words(
    hypothesis: Hypothesis, vocabulary: Vocabulary, document: str
) -> Iterator[tuple[Span, Tensor]]:
    """Yield the words and marks of a summary: their spans, and the positions of their tokens.

    A token may belong to two words. A word without its own token is joined with the word before.
    """
    text, ids = hypothesis.text, hypothesis.ids
    raw = vocabulary.decode_raw(ids, document)
    ends = [len(vocabulary.decode_raw(ids[: t + 1], document)) for t in range(len(ids))]
    offsets = _map_offsets(raw, text)
    ends = [offsets[min(end, len(raw))] for end in np.maximum.accumulate([0, *ends])]
    spans = [_trim(text, span) for span in itertools.pairwise(ends)]
    owners = _owners(text, spans)
    if not len(owners):
        return
    words = alignment.aligned_text(text)
    firsts = [0, *np.flatnonzero(np.diff(owners)) + 1]  # the first token of each word
    for first, after in itertools.pairwise([*firsts, len(owners)]):
        begin = words.begins[int(owners[first])] if first else 0
        last = int(owners[after]) if after < len(owners) else len(words.ends)
        yield (begin, words.ends[last - 1]), np.arange(first, after)


def _owners(text: str, spans: Sequence[Span]) -> Tensor:
    """Return the word that each token belongs to, int [S]; [] if the text has no word."""
    words = alignment.aligned_text(text)
    return alignment.owners(words, spans) if words.ends and spans else np.zeros(0, np.int64)


def _trim(text: str, span: Span) -> Span:
    """Return a span without white space at its ends; white space alone becomes its end."""
    begin, end = span
    part = text[begin:end]
    return end - len(part.lstrip()), end - len(part) + len(part.rstrip()) if part.strip() else end


def _map_offsets(source: str, target: str) -> list[int]:
    """Return the offset in `target` of each offset in `source`, the end included.

    Args:
        source: a text.
        target: the same text in another spelling.
    """
    if len(source) == len(target):
        return list(range(len(source) + 1))
    offsets = [len(target)] * (len(source) + 1)
    sides = [c.lower() for c in source], [c.lower() for c in target]
    for tag, i, i_end, j, _ in difflib.SequenceMatcher(None, *sides, False).get_opcodes():
        for offset in range(i, i_end):
            offsets[offset] = j + (offset - i) * (tag == "equal")
    return offsets


def provenance_record(provenance: Provenance, document: str) -> dict[str, Any]:
    """Return a provenance as JSON: `words`, `sentences`, and the log-probability of the `end`.

    Args:
        provenance: of a summary.
        document: the text that its offsets refer to.
    """
    words = []
    for word in provenance.words:
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
    sentence_spans = [list(span) for span in provenance.sentences]
    return {"words": words, "sentences": sentence_spans, "end": round(provenance.end, 4)}
