"""Tells a text's script, and for a few languages in Latin letters the language; else nothing.

The language is told by its most frequent words. Only the languages of the table are known, texts
with few such words (titles, lists, formulas) stay untold, and so does a text in two languages:
whoever counts languages with this counts too few, not too many. Languages in other scripts are told
apart by the script alone, so Russian and Bulgarian are one; Japanese is told from Chinese by its
kana.
"""

import re
import unicodedata
from collections import Counter

_LETTERS = 1000  # that are looked at
_KANA = 0.05  # share of the letters from which on Han is Japanese
_HITS = 4  # words of the table that a text needs
_CLEAR = 0.75  # of them in one language
_ALIKE = {"HIRAGANA": "KANA", "KATAKANA": "KANA", "HALFWIDTH": "KANA", "FULLWIDTH": "LATIN"}
_WORD = re.compile(r"[^\W\d_]+")
# Of each language words that are among its thirty or so most frequent, and that no other language
# of the table writes alike often.
_FREQUENT = {
    "English": "the of and that this with which from are we by have has been its",
    "German": "der und das ist nicht mit für auf sich dem eine einer wird auch werden",
    "French": "les est une dans pour qui avec nous cette sont aux du sur ces par",
    "Spanish": "el los las y es más pero como sus este esta fue también",
    "Italian": "che della sono nel gli alla delle più anche dei è ed nella dalla",
    "Portuguese": "não uma os em ao são também pela foi mais dos nas pelo aos às",
    "Dutch": "het een van niet zijn voor wordt ook naar bij aan deze dit werd dat",
    "Swedish": "och att är inte för ett från till när efter",
    "Danish or Norwegian": "og ikke det af ble blev være hvor etter til",
    "Polish": "nie jest się oraz przez dla że są który jak przy została",
    "Czech": "že který jsou však jako byl jeho které podle",
    "Turkish": "ve bir bu için olarak ile olan daha sonra çok kadar",
    "Indonesian": "yang dan untuk dengan pada dari ini dalam tidak akan adalah",
    "Romanian": "și în care sunt pentru din cu este mai lui",
    "Hungarian": "az és hogy nem egy volt csak meg mint azonban",
}


def _languages() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, words in _FREQUENT.items():
        for word in words.split():
            found.setdefault(word, []).append(language)
    return found


_LANGUAGES = {word: names[0] for word, names in _languages().items() if len(names) == 1}


class _Scripts(dict[str, str]):
    """The script of each letter by its name in Unicode, worked out when it is first met."""

    def __missing__(self, char: str) -> str:
        word = unicodedata.name(char, "").partition(" ")[0]
        word = _ALIKE.get(word, word)
        self[char] = name = "Han" if word.startswith("CJK") else word.capitalize()
        return name


_SCRIPTS = _Scripts()


def scripts(text: str) -> Counter[str]:
    """Return how many letters of a text are of each script, as `Latin`, `Han` or `Kana`."""
    letters = [char for char in text[: 4 * _LETTERS] if char.isalpha()][:_LETTERS]
    return Counter(_SCRIPTS[char] for char in letters)


def script(text: str) -> str:
    """Return the script of most letters of a text, `Kana` for Japanese; "" where there are none."""
    counts = scripts(text)
    if counts["Kana"] > _KANA * counts.total():
        counts["Kana"] += counts.pop("Han", 0)
    return max(counts, key=lambda name: counts[name]) if counts.total() else ""


def language(text: str) -> str:
    """Return what language a text is in as far as it can be told, else ""; see above."""
    name = script(text)
    if name != "Latin":
        return {"Han": "Chinese", "Kana": "Japanese", "Hangul": "Korean"}.get(name, name)
    found = Counter(_LANGUAGES[word] for word in _WORD.findall(text.lower()) if word in _LANGUAGES)
    for best, hits in found.most_common(1):
        if hits >= _HITS and hits >= _CLEAR * found.total():
            return best
    return ""
