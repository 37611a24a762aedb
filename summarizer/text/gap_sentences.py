"""Split a text into its most representative sentences and the rest, to train without summaries.

Source: Zhang et al. (2020), "PEGASUS", arXiv:1912.08777, section 3.1: principal sentences are
chosen independently ("Ind") by the ROUGE-1 F of the sentence and the rest of the text, whose
repeated words count each time ("Orig").
"""

from collections import Counter

from summarizer.text.sentences import join_sentences, split_sentences
from summarizer.text.words import split_words

SHARE = 0.2  # of the sentences are taken out; the paper's best, 0.3, is for much longer inputs
MIN_WORDS = 5  # of a sentence that is taken out; shorter ones are headings and entries


def split_gap_sentences(text: str) -> tuple[str, str]:
    """Return the text without its gap sentences, and these; both in order.

    A text of one sentence is both.
    """
    sentences = split_sentences(text)
    if len(sentences) < 2:
        return text, text
    words = [[w.casefold() for w in split_words(s) if any(map(str.isalnum, w))] for s in sentences]
    long_enough = [i for i, sentence in enumerate(words) if len(sentence) >= MIN_WORDS]
    scores = _scores(words)
    ranked = sorted(long_enough or range(len(words)), key=lambda i: -scores[i])
    gaps = sorted(ranked[: max(1, round(SHARE * len(sentences)))])
    rest = [sentence for i, sentence in enumerate(sentences) if i not in gaps]
    return join_sentences(rest), join_sentences([sentences[i] for i in gaps])


def _scores(words: list[list[str]]) -> list[float]:
    """Return the ROUGE-1 F of each sentence and the rest of the text."""
    counts = [Counter(sentence) for sentence in words]
    total = sum(counts, Counter[str]())
    size = total.total()
    return [
        2 * sum(min(n, total[word] - n) for word, n in count.items()) / max(size, 1)
        for count in counts
    ]
