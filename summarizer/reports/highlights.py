"""Connects the words of summaries with the parts of their document that they came from.

All positions are code points in a summary or in its document.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summarizer.metrics.summary_statistics import extractive_fragments, index_document
from summarizer.text.alignment import aligned_text as split_words
from summarizer.text.cleaning import DROPPED
from summarizer.types import Summary, WordProvenance

Span = tuple[int, int]

LEAST_ATTENTION = 0.005  # a smaller share would be shown as 0%
SENTENCES_NAMED = 3  # sentences with most attention that the note of a word names


class Highlight(NamedTuple):
    """A span of a document that a word of its summary refers to.

    Attributes:
        begin: index of the first character.
        end: index after the last character.
        weight: how strongly the span is highlighted, above 0 and at most 1.
    """

    begin: int
    end: int
    weight: float


class MarkedWord(NamedTuple):
    """A word of a summary with what it refers to.

    Attributes:
        begin: index of its first character in the summary.
        end: index after its last character.
        copied: the share of the word that was copied, 0 to 1.
        note: what the page says about the word.
        sources: the spans that the word was copied from.
        attention: the sentences that the model attended to.
        unsupported: whether the document lacks this number or name.
    """

    begin: int
    end: int
    copied: float
    note: str
    sources: Sequence[Highlight] = ()
    attention: Sequence[Highlight] = ()
    unsupported: bool = False


class MarkedSummary(NamedTuple):
    """A summary with its marked words.

    Attributes:
        text: the summary.
        words: its marked words, in order.
        read: the spans of the document that the model read; None: unknown.
    """

    text: str
    words: Sequence[MarkedWord]
    read: Sequence[Span] | None = None


class SummaryWord(NamedTuple):
    """A marked word as the page shows it.

    Attributes:
        before: the text between the previous word and this one.
        text: the word.
        marked: the marked word.
        sources: numbers of the document's parts as "first:last:weight", separated by spaces.
        attention: the same for the attention.
    """

    before: str
    text: str
    marked: MarkedWord
    sources: str
    attention: str


class SummaryText(NamedTuple):
    """A summary as the page shows it: its words, then the text after the last word."""

    words: list[SummaryWord]
    rest: str


class DocumentPart(NamedTuple):
    """A part of a document that the page highlights as a whole.

    Attributes:
        text: the text of the part.
        number: the number that words refer to; None: no word refers to the part.
        unread: whether the model did not read the part.
    """

    text: str
    number: int | None
    unread: bool


class HighlightedPair(NamedTuple):
    """Summaries beside their document.

    Attributes:
        summaries: the summaries, in order.
        document: the parts of the document, in order.
        omitted: number of characters at the end of the document that the page leaves out.
    """

    summaries: list[SummaryText]
    document: list[DocumentPart]
    omitted: int


def mark_by_text(summary: str, document: str) -> MarkedSummary:
    """Return a summary whose words count as copied if the document contains them.

    Words are matched in the longest runs, without case; see `extractive_fragments`. If a run
    occurs several times, the first occurrence is the source.
    """
    summary_words, document_words = _spoken_words(summary), _spoken_words(document)
    runs = extractive_fragments(
        [form for form, _, _ in summary_words],
        index_document([form for form, _, _ in document_words]),
    )
    matches = {
        run.summary_start + i: (run.document_start + i, run.length)
        for run in runs
        for i in range(run.length)
    }
    marked = []
    for i, (_, begin, end) in enumerate(summary_words):
        if i not in matches:
            marked.append(MarkedWord(begin, end, 0.0, "not in the document"))
            continue
        position, length = matches[i]
        _, source_begin, source_end = document_words[position]
        note = f"in the document, in a run of {length} words" if length > 1 else "in the document"
        source = Highlight(source_begin, source_end, 1.0)
        marked.append(MarkedWord(begin, end, 1.0, note, (source,)))
    return MarkedSummary(summary, marked)


def mark_by_provenance(summary: Summary, document: str) -> MarkedSummary:
    """Return a summary whose words are marked by the model's copy probabilities and attention.

    Args:
        summary: the summary; without an explanation none of its words is marked.
        document: the text that its explanation refers to.
    """
    explanation = summary.provenance
    if explanation is None:
        return MarkedSummary(summary.text, ())
    unsupported = set(summary.unsupported or ())
    marked = [
        MarkedWord(
            word.begin,
            word.end,
            word.copied,
            _note(word, document),
            [Highlight(s.begin, s.end, s.share) for s in word.sources],
            [
                Highlight(*sentence, share)
                for sentence, share in zip(explanation.sentences, word.attention, strict=True)
                if share >= LEAST_ATTENTION
            ],
            word.text in unsupported,
        )
        for word in explanation.words
    ]
    return MarkedSummary(summary.text, marked, explanation.sentences)


def highlight_pair(
    summaries: Sequence[MarkedSummary], document: str, limit: int | None = None
) -> HighlightedPair:
    """Cut summaries and their document into the parts that the page highlights.

    Args:
        summaries: one or more summaries of the document.
        document: the document.
        limit: number of characters after which the document may be cut; it is never cut before
            the last highlight. None: the whole document is shown.
    """
    links = [
        link for s in summaries for word in s.words for link in (*word.sources, *word.attention)
    ]
    length = len(document)
    if limit is not None:
        length = min(length, max([limit, *(link.end for link in links)]))
    read_spans = [span for summary in summaries for span in summary.read or ()]
    cuts = _Cuts([*((link.begin, link.end) for link in links), *read_spans], length)
    linked = {number for link in links for number in cuts.numbers(link.begin, link.end)}
    read = {number for span in read_spans for number in cuts.numbers(*span)}
    parts = []
    for number, (begin, end) in enumerate(itertools.pairwise(cuts.positions)):
        text = document[begin:end]
        unread = bool(read_spans and number not in read and text.strip())
        parts.append(DocumentPart(text, number if number in linked else None, unread))
    texts = [_summary_text(summary, cuts) for summary in summaries]
    return HighlightedPair(texts, parts, len(document) - length)


class _Cuts:
    """The positions where spans begin and end cut a document into numbered parts.

    Attributes:
        positions: increasing, from 0 to the length of the document.
    """

    def __init__(self, spans: Iterable[Span], length: int):
        inner = (position for span in spans for position in span if position < length)
        self.positions = sorted({0, length, *inner})
        self._numbers = {position: number for number, position in enumerate(self.positions)}

    def numbers(self, begin: int, end: int) -> range:
        """Return the numbers of the parts that a span covers."""
        last = self.positions[-1]
        return range(self._numbers[min(begin, last)], self._numbers[min(end, last)])

    def ranges(self, highlights: Iterable[Highlight]) -> str:
        """Return "first:last:weight" of each highlight that is not empty, joined by spaces."""
        covered = ((self.numbers(h.begin, h.end), h.weight) for h in highlights)
        return " ".join(f"{n[0]}:{n[-1]}:{round(weight, 4):g}" for n, weight in covered if n)


def _summary_text(summary: MarkedSummary, cuts: _Cuts) -> SummaryText:
    words, position = [], 0
    for word in summary.words:
        before, text = summary.text[position : word.begin], summary.text[word.begin : word.end]
        sources, attention = cuts.ranges(word.sources), cuts.ranges(word.attention)
        words.append(SummaryWord(before, text, word, sources, attention))
        position = word.end
    return SummaryText(words, summary.text[position:])


def _spoken_words(text: str) -> list[tuple[str, int, int]]:
    """Return form, begin and end of each word of a text, without its punctuation."""
    words = split_words(text)
    columns = zip(words.forms, words.begins, words.ends, words.spoken, strict=True)
    return [(form, begin, end) for form, begin, end, spoken in columns if spoken]


def _note(word: WordProvenance, document: str) -> str:
    """Return copied share, sources, gate, log-probability and attention of a word as a line."""
    sources = ", ".join(
        f"“{document[source.begin : source.end].translate(DROPPED)}” ({source.share:.0%})"
        for source in word.sources
    )
    origin = f" from {sources}" if sources else ""
    ranked = sorted(enumerate(word.attention, 1), key=lambda item: (-item[1], item[0]))
    sentences = ", ".join(
        f"sentence {number} ({share:.0%})"
        for number, share in ranked[:SENTENCES_NAMED]
        if share >= LEAST_ATTENTION
    )
    attention = f"; attention: {sentences}" if sentences else ""
    return (
        f"{word.copied:.0%} copied{origin}, {1 - word.copied:.0%} generated; "
        f"gate {word.gate:.2f}; log-probability {word.log_prob:.2f}{attention}"
    )
