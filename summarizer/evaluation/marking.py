"""Marks the words of a summary and what each looks back to in its document, as HTML."""

import bisect
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from summarizer.metrics import summary_statistics
from summarizer.text import alignment
from summarizer.types import Provenance

LEAST = 0.05  # share of the attention below which a sentence is not shown
SHOWN = 20_000  # characters of a document, at least; one may be a book


class Look(NamedTuple):
    """Characters of a document that a word of its summary has to do with, and how much, 0 to 1."""

    begin: int
    end: int
    weight: float


class Mark(NamedTuple):
    """A word of a summary, as it is marked.

    Attributes:
        begin: its first character in the summary.
        end: the one after its last.
        copied: whether it comes from the document.
        note: what is to be said of it.
        looks: what of the document it has to do with.
    """

    begin: int
    end: int
    copied: bool
    note: str
    looks: Sequence[Look]


def matched(summary: str, document: str) -> list[Mark]:
    """Return the words of a summary, copied where the document has them too.

    They are matched in the longest runs, see `diagnostics.fragments`; case does not count. Which of
    equal words a system read is not known, so the first run is taken.
    """
    ours, theirs = _spoken(summary), _spoken(document)
    runs = summary_statistics.extractive_fragments(
        [form for form, _, _ in ours],
        summary_statistics.index_document([form for form, _, _ in theirs]),
    )
    places = {run.begin + i: (run.place + i, run.length) for run in runs for i in range(run.length)}
    found = []
    for i, (_, begin, end) in enumerate(ours):
        if i not in places:
            found.append(Mark(begin, end, False, "not in the document", ()))
            continue
        place, length = places[i]
        _, first, last = theirs[place]
        note = f"in the document, in a run of {length} words" if length > 1 else "in the document"
        found.append(Mark(begin, end, True, note, (Look(first, last, 1.0),)))
    return found


def explained(explanation: Provenance) -> list[Mark]:
    """Return the words of a summary as its model accounts for them.

    A word looks at what it was copied from and, as far as the attention was there, at sentences.
    """
    found = []
    for word in explanation.words:
        strongest = max((source.share for source in word.sources), default=1.0)
        looks = [
            Look(begin, end, weight / 2)
            for (begin, end), weight in zip(explanation.sentences, word.attention, strict=True)
            if weight >= LEAST
        ]
        looks += [Look(s.begin, s.end, s.share / strongest) for s in word.sources]
        note = (
            f"copied {word.copied:.0%}, gate {word.gate:.2f}, log-probability {word.log_prob:.2f}"
        )
        found.append(Mark(word.begin, word.end, word.copied >= 0.5, note, looks))
    return found


def _spoken(text: str) -> list[tuple[str, int, int]]:
    """The words of a text without its marks: form, begin, end."""
    found = alignment.aligned_text(text)
    every = zip(found.forms, found.begins, found.ends, found.spoken, strict=True)
    return [(form, begin, end) for form, begin, end, spoken in every if spoken]


def beside(summary: str, document: str, words: Sequence[Mark]) -> tuple[str, str]:
    """Return summary and document as HTML, each word with what it looks back to.

    A word has `data-note` and `data-looks`: "first:last:weight" for each run of the document's
    numbered spans, the numbers in their `data-i`.

    Args:
        summary: its text.
        document: its text.
        words: of the summary, in order.
    """
    looks = [look for word in words for look in word.looks if look.begin < look.end]
    most = max([SHOWN, *(look.end for look in looks)])
    shown = document[:most]
    cuts = sorted({0, len(shown), *(at for look in looks for at in look[:2])})
    at = {cut: i for i, cut in enumerate(cuts)}
    seen = {i for look in looks for i in range(at[look.begin], at[look.end])}
    parts = []
    for i in range(len(cuts) - 1):
        text = escape(shown[cuts[i] : cuts[i + 1]])
        parts.append(f'<span data-i="{i}">{text}</span>' if i in seen else text)
    if len(document) > most:
        parts.append(f"<em> … {len(document) - most:,} more characters</em>")
    return _summary(summary, words, cuts), "".join(parts)


def _summary(text: str, words: Sequence[Mark], cuts: Sequence[int]) -> str:
    """A summary with its words as spans; the first can be tabbed to."""
    out, at = "", 0
    for i, word in enumerate(words):
        looks = " ".join(
            f"{bisect.bisect_left(cuts, look.begin)}:{bisect.bisect_left(cuts, look.end) - 1}:"
            f"{look.weight:.2f}"
            for look in word.looks
            if look.begin < look.end
        )
        kind = "copied" if word.copied else "new"
        out += escape(text[at : word.begin])
        out += (
            f'<span class="word {kind}" role="button" tabindex="{-1 if i else 0}" '
            f'data-looks="{looks}" data-note="{escape(word.note)}">'
            f"{escape(text[word.begin : word.end])}</span>"
        )
        at = word.end
    return out + escape(text[at:])
