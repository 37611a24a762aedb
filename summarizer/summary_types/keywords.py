"""Keywords: noun phrases of the document, the most important first.

Candidates are the words between stop words and punctuation marks (RAKE: Rose et al. 2010,
"Automatic keyword extraction from individual documents"). Their words are scored by frequency,
spread, position and capitals (YAKE!: Campos et al. 2020, "YAKE! Keyword extraction from single
documents using multiple local features"). There is no tagger of parts of speech:
lists and endings stand in for it in English, lengths and frequencies of words in other languages.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarizer.summary_types._base import Part, SummaryType
from summarizer.text.scripts import is_unspaced
from summarizer.text.stop_words import ENGLISH
from summarizer.text.words import JOIN, word_offsets

TYPE = SummaryType(
    "keywords",
    "5 to 10 noun phrases of the document",
    "phrases",
    (5, 7, 10),
    written=False,
    sentences_per_part=2,
)
MAX_WORDS = 4  # of a phrase
MAX_CHARACTERS = 6  # of a phrase in a script without spaces
ENGLISH_SHARE = 0.2  # of the words of an English text that are stop words, at least
COMMON_SHARE = 0.2  # of the sentences; a word of more of them is a stop word in other languages
SHORT = 4  # characters; a word of no more is a stop word in other languages
NAME_FACTOR = 1.5  # for a word that is mostly capitalized
# Chinese particles, pronouns and prepositions.
_PARTICLES = "的了是在和与與有也就都而及着或一个個这這那不我你他她它们們为為对對从從到被把将將"
_CONNECTORS = {"of", "de", "del", "della", "di", "da", "do", "dos", "du", "des", "la", "van", "von"}
# English words directly before and after which a verb stands.
_BEFORE_VERBS = {"to", "i", "you", "he", "she", "it", "we", "they", "who", "not", "can", "will"}
_AFTER_VERBS = {"a", "an", "the", "this", "that", "it", "its", "his", "her", "their", "our", "my"}
_HYPHENS = frozenset(f"{JOIN}{mark}{JOIN}" for mark in "-‐‑&")

Key = tuple[str, ...]


class _Word(NamedTuple):
    """A word of a sentence.

    Attributes:
        key: the word for comparison: in lower case, without the plural's s.
        text: the word.
        sentence: index of the sentence.
        begin: offset of the first character in the sentence.
        end: offset behind the last character.
    """

    key: str
    text: str
    sentence: int
    begin: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()


Run = list[_Word]
"""Consecutive words without a mark between them."""


def extract(sentences: Sequence[str], count: int) -> list[Part]:
    """Return the first place of each of the best phrases, the best first.

    Args:
        sentences: all sentences of the document.
        count: maximum number of phrases. No phrase contains another.
    """
    runs = [run for i, sentence in enumerate(sentences) for run in _runs(sentence, i)]
    is_stop_word = _StopWords(runs, len(sentences))
    places: dict[Key, list[Run]] = {}
    whole = set[Key]()
    for run in runs:
        if is_unspaced(run[0].text):
            phrases = list(_substrings(run))
        else:
            between = list(_between_stop_words(run, is_stop_word))
            whole |= {_phrase_key(phrase) for phrase in between}
            phrases = [part for phrase in between for part in _parts_of(phrase)]
        for phrase in phrases:
            places.setdefault(_phrase_key(phrase), []).append(phrase)
    weights = _word_weights(runs, len(sentences))
    counts = {key: len(p) for key, p in places.items() if len(p) > 1 or key in whole}
    scores = {k: math.sqrt(n / len(k)) * sum(weights[w] for w in k) for k, n in counts.items()}
    good = {key: score for key, score in scores.items() if _is_phrase(places[key])}
    best = _best(good, counts, count)
    more = {key: score for key, score in scores.items() if not any(_contain(key, k) for k in best)}
    return [_part(places[key]) for key in best + _best(more, counts, count - len(best))]


def _phrase_key(phrase: Run) -> Key:
    return tuple(word.key for word in phrase)


def _runs(sentence: str, number: int) -> Iterator[Run]:
    """Yield the runs of words of a sentence; each is of scripts with or without spaces."""
    run, is_joined = Run(), False
    for token, begin, end in word_offsets(sentence):
        if token in _HYPHENS and run and not is_unspaced(run[-1].text):
            is_joined = True
            continue
        is_word = token[0].isalnum() or is_unspaced(token)
        if run and (not is_word or is_unspaced(token) != is_unspaced(run[-1].text)):
            yield run
            run, is_joined = [], False
        if is_word:
            first = run.pop().begin if is_joined else begin
            text = sentence[first:end]
            run.append(_Word(_key(text), text, number, first, end))
        is_joined = False
    if run:
        yield run


def _key(word: str) -> str:
    """Return a word in lower case, without the s of the plural."""
    word = word.lower()
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui" else word


class _StopWords:
    """Tells which words end a phrase, in the language of a document."""

    def __init__(self, runs: Sequence[Run], sentences: int):
        words = [word for run in runs for word in run]
        english = sum(word.text.lower() in ENGLISH for word in words)
        self._english = english >= ENGLISH_SHARE * len(words)
        spread = Counter(key for key, _ in {(word.key, word.sentence) for word in words})
        most = max(2, COMMON_SHARE * sentences)
        self._common = {key for key, count in spread.items() if count > most}

    def __call__(self, word: _Word) -> bool:
        """Tell whether a word is a stop word or has no letter."""
        text = word.text.lower()
        if text.isdecimal() or not any(map(str.isalpha, text)):
            return True
        if self._english:
            return text in ENGLISH or (text.endswith("ly") and not word.is_capital)
        is_noun = word.is_capital and word.begin > 1
        return not is_noun and (len(text) <= SHORT or word.key in self._common)


def _between_stop_words(run: Run, is_stop_word: _StopWords) -> Iterator[Run]:
    """Yield the phrases of a run; a name may contain a connector, such as Bank of England."""
    ends_phrase = [is_stop_word(word) for word in run]
    for i in range(1, len(run) - 1):
        beside = run[i - 1], run[i + 1]
        if run[i].text in _CONNECTORS and all(w.is_capital and not is_stop_word(w) for w in beside):
            ends_phrase[i] = False
    begin = 0
    for end in range(len(run) + 1):
        if end == len(run) or ends_phrase[end] or (end > begin and _is_participle(run[end])):
            yield from _without_verbs(run, begin, end)
            begin = end + 1


def _without_verbs(run: Run, begin: int, end: int) -> Iterator[Run]:
    """Yield a phrase without the verbs that the words beside it reveal, if anything is left."""
    before, after = (run[i].text.lower() if 0 <= i < len(run) else "" for i in (begin - 1, end))
    if before in _BEFORE_VERBS and begin < end and run[begin].text.islower():
        begin += 1
    if after in _AFTER_VERBS and begin < end and run[end - 1].text.islower():
        end -= 1
    if begin < end:
        yield run[max(begin, end - MAX_WORDS) : end]


def _is_participle(word: _Word) -> bool:
    """Tell whether a word behind a noun is rather a verb: `council voted`, `patience fixed`."""
    return word.text.islower() and word.text.endswith("ed") and len(word.text) > 4


def _parts_of(phrase: Run) -> Iterator[Run]:
    """Yield a phrase and the phrases of at least two words that it contains."""
    for begin in range(len(phrase)):
        for end in range(begin + 2, len(phrase) + 1):
            yield phrase[begin:end]
    if len(phrase) == 1:
        yield phrase


def _substrings(run: Run) -> Iterator[Run]:
    """Yield the substrings of 2 to MAX_CHARACTERS characters that no particle begins or ends."""
    for begin in range(len(run)):
        for end in range(begin + 2, min(begin + MAX_CHARACTERS, len(run)) + 1):
            phrase = run[begin:end]
            if not any(_is_particle(word.text) for word in (phrase[0], phrase[-1])):
                yield phrase


def _is_particle(character: str) -> bool:
    """Tell whether a character is a Chinese particle or Hiragana, in which Japanese writes them."""
    return character in _PARTICLES or "\u3041" <= character[0] <= "\u309f"


def _is_phrase(places: list[Run]) -> bool:
    """Tell whether a phrase is good: several words, a name, or a word that is repeated."""
    return len(places[0]) > 1 or len(places) > 1 or _is_name(places[0])


def _is_name(phrase: Run) -> bool:
    """Tell whether a word within a sentence is capitalized."""
    return phrase[0].begin > 1 and phrase[0].is_capital


def _word_weights(runs: Sequence[Run], sentences: int) -> dict[str, float]:
    """Return the weights of words: frequent, widespread, early and capitalized words weigh most."""
    places: dict[str, list[_Word]] = {}
    for run in runs:
        for word in run:
            places.setdefault(word.key, []).append(word)
    weights = {}
    for key, words in places.items():
        spread = len({word.sentence for word in words}) / sentences
        capitals = sum(word.is_capital and word.begin > 1 for word in words)
        factor = NAME_FACTOR if 2 * capitals >= len(words) else 1
        position = math.log(3 + words[0].sentence)
        weights[key] = factor * math.log2(1 + len(words)) * (1 + spread) / position
    return weights


def _best(scores: dict[Key, float], counts: dict[Key, int], count: int) -> list[Key]:
    """Return the best phrases, none of which contains another.

    A word gives way to a phrase with it that has at least half its score: a surname to the full
    name. A phrase gives way to a longer one that is as frequent.
    """
    best: list[Key] = []
    for key in sorted(scores, key=lambda key: -scores[key]):
        if len(best) >= count:
            break
        gives_way = any(
            len(k) > len(key)
            and _contain(k, key)
            and (2 * score >= scores[key] if len(key) == 1 else counts[k] >= counts[key])
            for k, score in scores.items()
        )
        if not gives_way and not any(_contain(key, k) for k in best):
            best.append(key)
    return best


def _contain(first: Key, second: Key) -> bool:
    """Tell whether one of two phrases contains the other."""
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    n = len(shorter)
    return any(longer[i : i + n] == shorter for i in range(len(longer) - n + 1))


def _part(places: list[Run]) -> Part:
    """Return the first place of a phrase, not at the start of a sentence if there is another."""
    phrase = next((phrase for phrase in places if phrase[0].begin > 1), places[0])
    return Part(phrase[0].sentence, phrase[0].begin, phrase[-1].end)
