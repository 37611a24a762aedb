"""`report.html`: one file that loads nothing, escapes everything, and says what the report says."""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.api import evaluate as evaluate_module
from summarizer.errors import ModelError
from summarizer.evaluation import drawing, marking, page, template
from summarizer.evaluation import evaluate as scoring
from summarizer.evaluation.drawing import Whisker
from summarizer.evaluation.marking import Look, Mark
from summarizer.types import Example, Provenance, SourceSpan, Summary, WordProvenance

VOID = {"meta"}
EVIL = "<script>alert('1')</script> & \"quoted\" <img src=x onerror=alert(2)>"
EXAMPLES = [
    Example(f"id {i}", f"Model number {i} reads long texts. It is fast.", f"Model {i} reads")
    for i in range(11)
]
PREDICTIONS = ["Model number reads", *(f"The model {'reads ' * (i % 3)}texts" for i in range(10))]


class Reader(HTMLParser):
    """Reads a page; fails where a tag is not closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        where = self.open[-1] if self.open else ""
        self.texts[where] = self.texts.get(where, "") + data

    def all(self, tag, name=""):
        return [attrs for t, attrs in self.tags if t == tag and (not name or name in attrs)]


def made(examples=EXAMPLES, predictions=PREDICTIONS, **changes):
    fields = ([getattr(e, name) for e in examples] for name in ("id", "document", "summary"))
    found = scoring.evaluate_summaries(*fields, predictions, whole=True, samples=20)
    return dataclasses.replace(found, **changes)


def read(found, examples=EXAMPLES, marks=None):
    return Reader(page.render(found, [e.document for e in examples], marks or {}))


@pytest.fixture(scope="module")
def whole():
    found = made(command="summarizer evaluate 'a model' b.jsonl")
    return found, read(found)


# --- the whole page ----------------------------------------------------------------------------


def test_the_page_says_what_the_report_says(whole):
    found, seen = whole
    text = " ".join(seen.texts.values())
    assert found.signature in text
    assert "summarizer evaluate 'a model' b.jsonl" in text
    assert "Evaluation on 11 documents" in text
    for name, scores in {"model": found.scores, **found.baselines}.items():
        assert seen.texts["th"].count(name) >= 1
        for score in scores.values():
            mean, low, high = (score[key] for key in ("mean", "low", "high"))
            assert f"{mean:.1f} [{low:.1f}, {high:.1f}]" in seen.texts["td"]
    assert f"{found.diagnostics['model']['coverage']['mean']:.1%}" in seen.texts["td"]


def test_the_page_loads_nothing_and_runs_its_own_script_alone(whole):
    _, seen = whole
    assert not [tag for tag, attrs in seen.tags if {"src", "href", "srcset", "action"} & set(attrs)]
    assert not [attrs for _, attrs in seen.tags if any(name.startswith("on") for name in attrs)]
    assert "url(" not in seen.texts["style"]
    assert "import" not in seen.texts["style"]
    (policy,) = [a["content"] for a in seen.all("meta", "http-equiv")]
    digest = base64.b64encode(hashlib.sha256(seen.texts["script"].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}'" in policy
    assert len(seen.all("script")) == 1


def test_whatever_the_texts_are_they_are_escaped():
    half = "b\ud83d"  # of a surrogate pair
    examples = [Example(EVIL, EVIL, EVIL + " $title"), Example(half, "模型很快。", "模型")]
    found = made(examples, {EVIL: EVIL, half: "\u2028模型"}, command=EVIL)
    seen = read(found, examples)
    assert len(seen.all("script")) == 1
    assert seen.all("img") == []
    assert EVIL in seen.texts["h3"]
    assert EVIL in seen.texts["code"]
    assert EVIL + " $title" in seen.texts["p"]


def test_every_drawing_has_a_name_and_every_table_its_heads(whole):
    _, seen = whole
    assert (
        len(seen.all("svg")) == len(seen.all("svg", "role")) == seen.tags.count(("title", {})) - 1
    )
    assert all(a["scope"] in ("row", "col") for a in seen.all("th"))
    assert seen.all("html") == [{"lang": "en"}]


def test_a_word_can_be_reached_by_keys_and_looks_at_what_is_there(whole):
    found, seen = whole
    sections = [a for a in seen.all("section") if a["class"] == "example"]
    assert len(sections) == sum(map(len, page.chosen(found).values())) == 9
    words = seen.all("span", "data-looks")
    assert [a["tabindex"] for a in words].count("0") == 9
    numbers = {a["data-i"] for a in seen.all("span", "data-i")}
    looks = [look for a in words for look in a["data-looks"].split()]
    assert looks
    for look in looks:
        first, last, weight = look.split(":")
        assert {first, last} <= numbers
        assert 0 < float(weight) <= 1


def test_one_example_makes_a_page():
    seen = read(made(EXAMPLES[:1], PREDICTIONS[:1]), EXAMPLES[:1])
    assert len(seen.all("section")) == 1
    assert len(read(made(EXAMPLES[:1], [""]), EXAMPLES[:1]).all("section")) == 1


# --- which examples ----------------------------------------------------------------------------


def scored(values):
    rows = [{"rouge1": value} for value in values]
    return dataclasses.replace(made(EXAMPLES[:1], PREDICTIONS[:1]), per_example=rows)


def test_the_best_the_median_and_the_worst_are_shown_once():
    found = page.chosen(scored([5, 1, 9, 3, 7, 2, 8, 4, 6, 0, 10]))
    assert found == {"best": [10, 2, 6], "median": [8, 0, 7], "worst": [9, 1, 5]}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_no_example_is_shown_twice_and_the_best_are_no_worse(values):
    found = page.chosen(scored(values))
    every = [i for rows in found.values() for i in rows]
    assert len(set(every)) == len(every)
    assert len(every) == min(len(values), 9) or len(values) < 9
    for better, worse in (("best", "median"), ("median", "worst"), ("best", "worst")):
        assert all(values[a] >= values[b] for a in found[better] for b in found[worse])


# --- marked words ------------------------------------------------------------------------------


def test_words_are_matched_in_runs_whatever_their_case():
    summary, document = "The cold Gas flows.", "We study cold gas; cold gas is cold."
    words = marking.matched(summary, document)
    assert [summary[w.begin : w.end] for w in words] == ["The", "cold", "Gas", "flows"]
    assert [w.copied for w in words] == [False, True, True, False]
    assert [[document[b:e] for b, e, _ in w.looks] for w in words] == [[], ["cold"], ["gas"], []]
    assert words[1].looks == (Look(9, 13, 1.0),)
    assert "2 words" in words[1].note


def test_chinese_is_matched_by_character():
    words = marking.matched("冷原子流", "我们研究冷原子气体。")
    assert [w.copied for w in words] == [True, True, True, False]
    assert words[0].looks == (Look(4, 5, 1.0),)


def test_a_document_is_cut_where_words_look():
    words = [Mark(0, 1, True, "n", [Look(0, 4, 1.0), Look(2, 6, 0.5)]), Mark(2, 3, False, "", [])]
    summary, document = marking.beside("a b", "0<2345678", words)
    assert document == (
        '<span data-i="0">0&lt;</span><span data-i="1">23</span><span data-i="2">45</span>678'
    )
    assert 'data-looks="0:1:1.00 1:2:0.50"' in summary
    assert 'class="word new" role="button" tabindex="-1" data-looks=""' in summary
    assert re.sub("<.*?>", "", summary) == "a b"


@given(st.text(max_size=30), st.text(max_size=40))
def test_no_text_is_lost_by_marking(summary, document):
    made = marking.beside(summary, document, marking.matched(summary, document))
    for html, text in zip(made, (summary, document), strict=True):
        unescaped = Reader(f"<p>{html}</p>").texts
        assert "".join(sorted("".join(unescaped.values()))) == "".join(sorted(text))


def test_a_book_is_cut_but_not_before_what_was_copied():
    text = "a" * marking.SHOWN
    assert marking.beside("", text, [])[1] == text
    _, shown = marking.beside("", text + "bcd", [])
    assert shown == text + "<em> … 3 more characters</em>"
    words = [Mark(0, 1, True, "", [Look(marking.SHOWN + 1, marking.SHOWN + 2, 1.0)])]
    _, shown = marking.beside("c", text + "bcd", words)
    assert re.sub("<.*?>", "", shown) == text + "bc … 1 more characters"


def explanation(text):
    """Of one word: copied from two places, with the attention on the second of three sentences."""
    sources = SourceSpan(0, 2, 0.5), SourceSpan(4, 6, 0.25)
    word = WordProvenance(text, 0, len(text), 0.75, 0.2, -0.5, sources, (0.04, 0.9, 0.06))
    return Provenance((word,), ((0, 3), (4, 7), (8, 9)), 0.0)


def test_what_a_model_says_of_its_words_is_marked():
    (word,) = marking.explained(explanation("gas"))
    assert (word.begin, word.end, word.copied) == (0, 3, True)
    assert word.note == "copied 75%, gate 0.20, log-probability -0.50"
    # Sentences with less than a twentieth of the attention are left out; the best source is 1.
    assert word.looks == [Look(4, 7, 0.45), Look(8, 9, 0.03), Look(0, 2, 1.0), Look(4, 6, 0.5)]


class Explaining:
    """A summarizer that says how it came by what it says, if it can."""

    def __init__(self, texts, error=None):
        self.texts, self.error, self.asked = texts, error, {}

    def summarize(self, documents, beam, **wishes):
        self.asked = {"documents": documents, "beam": beam, **wishes}
        if self.error:
            raise self.error
        return [Summary(text, 0.0, provenance=explanation(text)) for text in self.texts]


def test_the_examples_that_are_shown_are_explained_by_their_model():
    found = made(EXAMPLES[:2], PREDICTIONS[:2])
    rows = page.chosen(found)["best"]
    model = Explaining([PREDICTIONS[rows[0]], "another summary"])
    marks = evaluate_module._marks(model, EXAMPLES, found, 3, {"max_words": 9})
    assert list(marks) == rows[:1]
    documents = [EXAMPLES[row].document for row in rows]
    assert model.asked == {"documents": documents, "beam": 3, "max_words": 9, "explain": True}


def test_a_model_that_cannot_explain_is_evaluated_all_the_same(caplog):
    model = Explaining([], ModelError("model.onnx: of an earlier version"))
    found = made(EXAMPLES[:1], PREDICTIONS[:1])
    assert evaluate_module._marks(model, EXAMPLES, found, None, {}) == {}
    assert "model.onnx: of an earlier version; the page marks" in caplog.text


# --- drawings ----------------------------------------------------------------------------------


def shapes(svg, tag):
    return [
        {name: float(value) for name, value in attrs.items() if re.fullmatch(r"-?[\d.]+", value)}
        for attrs in Reader(svg).all(tag)
        if attrs.get("class") != "grid"
    ]


def test_whiskers_go_from_low_to_high_through_the_mean():
    rows = [Whisker("model", 40, 35, 50, "own"), Whisker("<other>", 20, 10, 25)]
    svg = drawing.whiskers("t", rows)
    (point,), (other,) = shapes(svg, "circle"), shapes(svg, "rect")
    first = shapes(svg, "line")[0]
    # One axis for all: what is twice as much is twice as far from its zero.
    zero = 2 * (other["x"] + 4) - point["cx"]
    scale = (point["cx"] - zero) / 40
    assert first["x1"] == pytest.approx(zero + 35 * scale, abs=0.2)
    assert first["x2"] == pytest.approx(zero + 50 * scale, abs=0.2)
    assert zero == pytest.approx(drawing.LEFT, abs=0.2)
    assert first["x2"] == drawing.WIDTH - drawing.RIGHT  # 50 is the last tick
    assert "&lt;other&gt;" in svg


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30))
def test_the_bars_of_a_histogram_are_its_shares(values):
    svg = drawing.histogram("t", "words", {"model": values})
    bars = [b for b in shapes(svg, "rect") if b["height"]]
    tall = np.array([b["height"] for b in bars])
    shares = tall / tall.sum() * len(values)
    np.testing.assert_allclose(shares, shares.round(), atol=0.2)
    assert max(b["x"] + b["width"] for b in bars) <= drawing.WIDTH - drawing.RIGHT + 0.2


def test_series_of_different_sizes_are_drawn_as_shares():
    svg = drawing.histogram("t", "words", {"model": [1.0] * 10, "first": [1.0] * 3 + [0.0]})
    tall = [b["height"] for b in shapes(svg, "rect") if b["height"] > 8]  # 8: of the legend
    assert tall == [200, 50, 150]


@given(st.floats(1e-3, 1e5))
def test_ticks_are_few_round_and_reach_far_enough(most):
    ticks = drawing._ticks(most)
    assert ticks[0] == 0
    assert most <= ticks[-1] * (1 + 1e-6)
    assert 2 <= len(ticks) <= 7


def test_steps_join_the_means_in_order():
    series = {
        "model": [Whisker("model", m, m - 1, m + 1) for m in (10, 30, 20)],
        "first": [Whisker("first", 5, 5, 5)] * 3,
    }
    svg = drawing.steps("t", "words", ["1", "2", "3"], series)
    lines = [a["points"] for a in Reader(svg).all("polyline")]
    heights = [float(point.split(",")[1]) for point in lines[0].split()]
    assert heights[1] < heights[2] < heights[0]
    assert len(lines) == 2


def test_nothing_to_draw_is_drawn_empty():
    assert Reader(drawing.histogram("t", "u", {"a": [0.0]})).all("svg")
    assert Reader(drawing.whiskers("t", [Whisker("a", 0, 0, 0)])).all("svg")


# --- what is readable --------------------------------------------------------------------------


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("dark", [False, True])
def test_all_that_is_read_has_the_contrast_of_wcag(dark):
    colors = {}
    parts = re.findall(r":root \{(.*?)\}", template.STYLE, re.S)
    for part in parts[: 1 + dark]:
        colors |= dict(re.findall(r"--(\w+): (#\w+)", part))
    colors = {
        k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in colors.items()
    }
    pairs = [("paper", name) for name in ("ink", "soft", "own", "other", "bound")]
    for back, front in [*pairs, ("copied", "ink"), ("seen", "ink")]:
        light, deep = sorted((luminance(colors[back]), luminance(colors[front])), reverse=True)
        assert (light + 0.05) / (deep + 0.05) >= 4.5, (back, front)
