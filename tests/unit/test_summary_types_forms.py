"""Forms of summaries: lengths, key points, keywords, and the types that `Summarizer` returns."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.api import extracts, written_types
from summarizer.api.summarizer import Summarizer
from summarizer.config import Config
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError
from summarizer.summary_types import (
    CONTROLLED,
    TYPES,
    Limit,
    auto,
    key_points,
    keywords,
    limit_of,
    parse_length,
    parse_types,
)
from summarizer.text.cleaning import clean
from summarizer.types import Hypothesis, Provenance, Summary, WordProvenance
from summarizer.vocabulary import train_vocabulary
from tests import markdown

DATA = Path(__file__).parents[2] / "data"
NEWS = """Bridge reopens

The iron footbridge over the Wend reopened on Saturday after repairs by the Bank of Ellerby. About \
three hundred people walked across behind the town band. The repairs of the iron footbridge cost \
2.3 million.

\u201cWe opened the patient,\u201d said the engineer Maud Terrell of the Bank of Ellerby.
The repairs of the iron footbridge cost about 2.3 million! Yes. The ferry of the rowing club made \
its last crossing at noon, and Terrell was on board. A glass lift is planned for winter."""


def documents(name: str) -> list[str]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["document"] for line in lines]


class StandIn:
    """A model of three types that writes the first words of a document, with scores by type."""

    def __init__(self, controls: Sequence[str] = CONTROLLED) -> None:
        self.config = Config()
        self.vocabulary = train_vocabulary(documents("articles.en"), 400, controls=controls)
        self.folder = Path("none")
        self.requests: list[DecodingOptions] = []

    def summarize(
        self, texts: Sequence[str], options: DecodingOptions, length: Callable[[str], int]
    ) -> list[Summary]:
        is_auto = options.type == "auto"
        self.vocabulary.start(None if is_auto else options.type)
        self.requests.append(options)
        summaries = []
        for text in texts:
            kind = ("headline" if "Breaking" in text else "title") if is_auto else options.type
            line = " ".join(text.split()[: options.max_words or 30])
            best = Hypothesis((), line, -2, -2)
            summaries.append(
                Summary(line, -2, alternatives=(best,), hypothesis=best, type=kind or "")
            )
        return summaries


@pytest.fixture(scope="module")
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def typed(stand_in: StandIn) -> Summarizer:
    stand_in.requests.clear()
    return Summarizer(stand_in)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def toy(digits: Any) -> Summarizer:
    return Summarizer.load(digits.folder, fast_start=True)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- names and lengths -----------------------------------------------------------------------


def test_lists_of_types_have_each_once():
    assert parse_types("headline, key_points,headline") == ("headline", "key-points")
    assert refused(lambda: parse_types("headline,keyword")).startswith(
        "unknown type 'keyword': did you mean 'keywords'? known: auto, headline, key-points, "
    )
    assert "unknown type 'summary'" in refused(lambda: parse_types("summary"))  # of data only
    assert "unknown type ''" in refused(lambda: parse_types(""))


def test_every_type_describes_itself():
    assert tuple(name for name, kind in TYPES.items() if kind.written) == (*CONTROLLED, "auto")
    for name, kind in TYPES.items():
        assert kind.name == name
        assert kind.help
        assert sorted(kind.lengths) == list(kind.lengths)


def test_the_documentation_has_the_lengths_of_each_type():
    page = Path(__file__).parents[2] / "docs" / "howto" / "summarize.md"
    rows = {row[0].strip("`"): row[1:] for row in markdown.rows(page.read_text("utf-8"))}
    for name, kind in TYPES.items():
        maker = "the model" if kind.written else "extraction"
        lengths = f"{', '.join(map(str, kind.lengths))} {kind.unit}"
        assert rows[name] == [kind.help, maker, lengths]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("shrt", "unknown length 'shrt': did you mean 'short'? known: long, medium, short, or a "),
        ("-3", "unknown length '-3': "),
        ("0", "length 0: must be from 1 to 800"),
        (-3, "length -3: must be from 1 to 800"),
        (801, "length 801: must be from 1 to 800"),
    ],
)
def test_an_impossible_length_is_refused(value, reason):
    assert refused(lambda: parse_length(value)).startswith(reason)


def test_a_length_counts_what_the_type_has():
    assert limit_of(TYPES["headline"], "short") == Limit(6, "words", False)
    assert limit_of(TYPES["title"], "long") == Limit(18, "words", False)
    assert limit_of(TYPES["tldr"], "medium") == Limit(2, "sentences", False)
    assert limit_of(TYPES["tldr"], "40") == Limit(40, "words", True)
    assert limit_of(TYPES["key-points"], "long") == Limit(7, "points", False)
    assert limit_of(TYPES["key-points"], 4) == Limit(4, "points", True)
    assert limit_of(TYPES["tldr"], None) is None


@given(st.integers(1, 800), st.one_of(st.none(), st.integers(1, 900)))
def test_bounds_on_words_are_within_a_fifth(number, most):
    options = DecodingOptions(max_words=most)
    bounded = written_types.with_limit(options, Limit(number, "words", True))
    wanted = min(number, most or number)
    assert 0.8 * wanted <= bounded.min_words <= wanted <= bounded.max_words <= 1.2 * wanted + 1e-9
    assert most is None or bounded.max_words <= most
    named = written_types.with_limit(options, Limit(number, "words", False))
    assert (named.min_words, named.max_words) == (None, wanted)


# --- key points ------------------------------------------------------------------------------


def test_key_points_are_in_order_and_in_their_places():
    for text in [NEWS, *documents("articles.en"), *documents("articles.zh")]:
        (summary,) = extracts.extracts([text], TYPES["key-points"], None, lambda texts: [[1]])
        points = summary.text.split("\n")
        assert 3 <= len(points) <= 7
        assert list(summary.places) == sorted(summary.places)
        assert [clean(text[begin:end]) for begin, end in summary.places] == points
        assert (summary.type, summary.extract, summary.tokens_read) == ("key-points", True, 1)


def test_a_point_does_not_repeat_another_and_is_a_sentence():
    limit = limit_of(TYPES["key-points"], "long")
    (summary,) = extracts.extracts([NEWS], TYPES["key-points"], limit, lambda texts: [[1]])
    points = summary.text.split("\n")
    assert sum("2.3 million" in point for point in points) == 1
    assert not {"Bridge reopens", "Yes."} & set(points)


@pytest.mark.parametrize("count", [3, 5, 8])
def test_a_number_of_points_is_met_if_the_document_is_long_enough(count):
    texts = [text for text in documents("articles.en") if len(extracts.split_document(text)) >= 10]
    assert len(texts) > 8
    summaries = extracts.extracts(
        texts, TYPES["key-points"], limit_of(TYPES["key-points"], count), lambda texts: [[1]]
    )
    met = [abs(len(s.places) - count) <= 0.2 * count for s in summaries]
    assert sum(met) >= 0.95 * len(met)


def test_a_document_of_few_sentences_is_all_points():
    parts = key_points.extract(["One cat.", "One cat.", "Two"], [0, 0, 0], 3)
    assert [part.sentence for part in parts] == [0, 1, 2]


def test_only_a_number_is_filled_up_with_headings_and_similar_sentences():
    sentences = ["Old cats chase grey mice.", "Old cats chase brown mice.", "A heading", "Yes."]
    for is_exact, expected in ((False, [0]), (True, [0, 1, 2])):
        parts = key_points.extract(sentences, [4, 3, 2, 1], 3, is_exact)
        assert [part.sentence for part in parts] == expected


def test_the_best_sentences_are_chosen():
    sentences = [f"The {a} {b} of the {c} sleeps." for a, b, c in ("abc", "def", "ghi", "jkl")]
    assert [p.sentence for p in key_points.extract(sentences, [1, 3, 0, 2], 2)] == [1, 3]


def test_scores_prefer_central_and_early_sentences():
    same = ["cats chase mice here.", "cats chase mice there.", "cats chase mice everywhere."]
    alone = "volcanoes erupt suddenly."
    scores = key_points.score_sentences([*same, alone])
    assert scores[0] > scores[1] > scores[2] > scores[3] > 0
    assert max(scores) <= 2
    assert key_points.score_sentences([]) == []


def test_another_scorer_chooses_other_sentences():
    (summary,) = extracts.extracts(
        [NEWS], TYPES["key-points"], Limit(1, "points", True), lambda texts: [[1]],
        scorer=lambda sentences: [float(i) for i in range(len(sentences))],
    )  # fmt: skip
    assert summary.text == "A glass lift is planned for winter."


# --- keywords --------------------------------------------------------------------------------


def words_of(text: str, count: int = 8) -> list[str]:
    sentences = extracts.split_document(text)
    parts = keywords.extract(sentences, count)
    return [sentences[part.sentence][part.begin : part.end] for part in parts]


def test_keywords_are_phrases_of_the_document_without_parts_of_others():
    for text in [NEWS, *documents("articles.en"), *documents("abstracts.en")]:
        (summary,) = extracts.extracts([text], TYPES["keywords"], None, lambda texts: [[1]])
        phrases = summary.text.split("\n")
        assert 5 <= len(phrases) <= 10
        assert [clean(text[begin:end]) for begin, end in summary.places] == phrases
        padded = [f" {phrase.lower()} " for phrase in phrases]
        assert not any(a in b for a in padded for b in padded if a is not b)


def test_names_and_repeated_phrases_are_keywords():
    phrases = words_of(NEWS)
    assert {"Bank of Ellerby", "iron footbridge"} <= set(phrases[:4])
    assert "engineer Maud Terrell" in phrases
    assert not {"Terrell", "Ellerby", "footbridge"} & set(phrases)


def test_verbs_beside_a_phrase_are_left_out():
    text = "We describe steam pumps. Rusty valves leak their oil. The village council voted again."
    assert {"steam pumps", "Rusty valves", "village council"} <= set(words_of(text))


def test_other_languages_have_keywords():
    text = (
        "Die Stadt baut die neue Br\u00fccke \u00fcber den Fluss. Die neue Br\u00fccke kostet "
        "die Stadt viel Geld. Annika Weber leitet den Bau, und die Arbeiten beginnen im Herbst."
    )
    phrases = words_of(text, 5)
    assert "Annika Weber" in " ".join(phrases)
    assert not {"die", "den", "und", "im"} & set(phrases)
    for text in documents("articles.zh"):
        assert 3 <= len(words_of(text)) <= 8


@given(st.text(alphabet="aB \u4e2d\u6587-.,'\n1", max_size=60))
def test_extracts_of_any_text_are_in_their_places(text):
    for kind in (TYPES["keywords"], TYPES["key-points"]):
        if not extracts.split_document(text):
            assert "has no text" in refused(
                lambda kind=kind: extracts.extracts([text], kind, None, lambda texts: [[1]])
            )
            continue
        (summary,) = extracts.extracts([text], kind, None, lambda texts: [[1]])
        lines = summary.text.split("\n") if summary.text else []
        assert [clean(text[begin:end]) for begin, end in summary.places] == lines


# --- written types ---------------------------------------------------------------------------


def test_auto_lets_the_model_choose(typed, stand_in):
    summaries = typed.summarize(
        ["Breaking news of a cat that ran", "A study of cats that run away"]
    )
    assert [s.type for s in summaries] == ["headline", "title"]
    assert [request.type for request in stand_in.requests] == ["auto"]
    assert summaries == typed.summarize(
        ["Breaking news of a cat that ran", "A study of cats that run away"], type="auto"
    )
    assert typed.summarize(["Breaking news"], type="title", min_words=1)[0].type == "title"
    assert auto.candidates(("tldr", "title")) == ("title",)
    assert auto.candidates(("tldr",)) == ("tldr",)


def test_a_named_length_is_a_maximum_and_the_smaller_counts(typed, stand_in):
    text = " ".join(f"w{i}" for i in range(40))
    for length, words in (("short", 6), ("medium", 12), ("long", 18)):
        (summary,) = typed.summarize([text], type="title", length=length)
        assert len(summary.text.split()) == words
    assert len(typed.summarize([text], length="long", max_words=4)[0].text.split()) == 4
    assert len(typed.summarize([text], length="short", max_words=9)[0].text.split()) == 6
    typed.summarize([text], type="title")
    assert stand_in.requests[-1] == DecodingOptions(type="title")


def test_a_document_that_is_short_enough_is_its_own_summary(typed):
    (whole, written) = typed.summarize([" one\ntwo ", "one two three"], type="headline", length=2)
    assert (whole.text, whole.extract, whole.places) == ("one two", True, ((0, 9),))
    assert (written.text, written.extract, written.type) == ("one two", False, "headline")
    (whole, written) = typed.summarize(
        ["One is. Two is. Three is.", "One is. Two is."], type="tldr", length="medium"
    )
    assert (whole.text, whole.extract) == ("One is. Two is.", False)
    assert (written.text, written.extract) == ("One is. Two is.", True)
    assert typed.summarize(["one two"], type="headline")[0].extract
    assert not typed.summarize(["one two"], type="headline", min_words=1)[0].extract
    assert not typed.summarize(["one two " * 4], type="headline")[0].extract


def test_tldr_is_whole_sentences(typed):
    text = "One is here. Two is here. Three is here. Four is here and " + "so on " * 30
    assert typed.summarize([text], type="tldr", length="short")[0].text == "One is here."
    (summary,) = typed.summarize([text], type="tldr")
    assert summary.text == "One is here. Two is here. Three is here."
    assert summary.alternatives[0].text == summary.hypothesis.text == summary.text
    assert typed.summarize([text], type="title")[0].text.endswith("so")
    assert written_types.whole_sentences("One two. Three four", None, min_words=4).endswith("four")
    assert written_types.whole_sentences("No end at all", 1) == "No end at all"


def test_the_provenance_of_a_cut_sentence_is_left_out():
    words = [
        WordProvenance(t, b, b + len(t), 1, 0, -1, (), ())
        for t, b in (("It", 0), (".", 2), ("B", 4))
    ]
    summary = Summary("It. B", -1, provenance=Provenance(tuple(words), (), -1))
    finished = written_types.with_whole_sentences(summary, None, 0)
    assert [word.text for word in finished.provenance.words] == ["It", "."]


def test_several_types_are_read_from_one_list(typed):
    (by_type,) = typed.summarize_types([NEWS], ["tldr", "key-points", "auto"], max_words=5)
    assert list(by_type) == ["tldr", "key-points", "auto"]
    assert by_type["auto"].type == "title"
    assert by_type["key-points"].extract
    assert len(by_type["auto"].text.split()) == 5
    assert typed.summarize_types([], ["title"]) == []


def test_what_a_type_does_not_have_is_refused(typed, toy):
    for model in (typed, toy):
        assert refused(lambda model=model: model.summarize([NEWS], type="keywords", beam=3)) == (
            "beam 3: only for types that the model writes, not for keywords"
        )
        assert refused(lambda model=model: model.outline([NEWS], type="key-points")) == (
            "outline: only with types that the model writes, not key-points"
        )
        assert "unknown type 'titel': did you mean 'title'" in refused(
            lambda model=model: model.summarize([NEWS], type="titel")
        )
    assert refused(lambda: toy.summarize_types(["1 2"], ["keywords", "tldr"])) == (
        "type 'tldr': the model was trained without types"
    )
    some = Summarizer(StandIn(("headline", "title")))  # type: ignore[arg-type]
    assert refused(lambda: some.summarize([NEWS], type="tldr")) == (
        "type 'tldr': the model was not trained for it: known: headline, title"
    )


def test_places_in_an_outline_are_places_in_the_document(typed):
    text = "\n\n".join(["one  two three. " * 12, "four five six. " * 12])
    lines = typed.outline([text], type="title", length=40)[0]
    assert [clean(text[b:e]) for line in lines for b, e in line.places] == [s.text for s in lines]


# --- a model without types -------------------------------------------------------------------


def test_a_model_without_types_writes_as_before(toy):
    plain, automatic = (toy.summarize(["3 1 4 1 5"], type=name)[0] for name in (None, "auto"))
    assert plain.text == automatic.text == "5 1 4 1 3"
    assert (plain.type, plain.extract, plain.places) == ("", False, ())


@pytest.mark.parametrize("number", [2, 4, 5, 6])
def test_a_number_of_words_is_met_within_a_fifth(toy, number):
    texts = [" ".join(str(i * 7919 % 10**9)[: 7 + i % 2]) for i in range(11, 31)]
    summaries = toy.summarize(texts, length=number)
    met = [abs(len(s.text.split()) - number) <= 0.2 * number for s in summaries]
    assert sum(met) >= 0.95 * len(met)
