"""Whether the names in summaries have the case of the references."""

from collections.abc import Iterator, Sequence

from summarizer.text import sentences
from summarizer.text.numbers_and_names import mention_words, normalize_word


def name_case_accuracy(summaries: Sequence[str], references: Sequence[str]) -> float | None:
    """Return the share of the names of references whose case is right in the summaries, 0 to 1.

    A name is a word with a capital that does not begin its sentence, so in title case every word is
    one. Names that their summary lacks, or has only at the start of a sentence, are not counted.

    Returns:
        The share of all names of all pairs; None if no name is counted.
    """
    right = total = 0
    for summary, reference in zip(summaries, references, strict=True):
        written: dict[str, set[str]] = {}
        for word in _inner_words(summary):
            written.setdefault(normalize_word(word), set()).add(word)
        for name in _inner_words(reference):
            if name != name.lower() and (spellings := written.get(normalize_word(name))):
                total += 1
                right += name in spellings
    return right / total if total else None


def _inner_words(text: str) -> Iterator[str]:
    """Yield the words of a text that do not begin a sentence."""
    for sentence in sentences.split_sentences(text):
        yield from mention_words(sentence)[1:]
