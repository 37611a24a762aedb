"""`report.html`: one file that loads nothing, escapes everything, and says what the report says."""

import dataclasses
import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.api import summarize_examples
from summarizer.errors import ModelError
from summarizer.evaluation.evaluate import evaluate_summaries
from summarizer.evaluation.options import EvaluationOptions
from summarizer.reports import evaluation_page, html, plots
from summarizer.reports.highlights import (
    Highlight,
    MarkedSummary,
    MarkedWord,
    highlight_pair,
    mark_by_provenance,
    mark_by_text,
)
from summarizer.reports.plots import Interval
from summarizer.types import Example, Provenance, SourceSpan, Summary, WordProvenance
from tests.pages import Reader, check_is_self_contained

EVIL = (
    "<script>alert('1')</script> & \"quoted\" <img src=x onerror=alert(2)> {{ 7 * 7 }} {% if x %}"
)
EXAMPLES = [
    Example(f"id {i}", f"Model number {i} reads long texts. It is fast.", f"Model {i} reads")
    for i in range(11)
]
PREDICTIONS = ["Model number reads", *(f"The model {'reads ' * (i % 3)}texts" for i in range(10))]


def made(examples=EXAMPLES, predictions=PREDICTIONS, **changes):
    options = EvaluationOptions(full=True, bootstrap_samples=20)
    found = evaluate_summaries(examples, predictions, options)
    return dataclasses.replace(found, **changes)


def read(found, examples=EXAMPLES, marks=None):
    return Reader(evaluation_page.render(found, [e.document for e in examples], marks or {}))


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
    check_is_self_contained(seen)


def test_whatever_the_texts_are_they_are_escaped():
    half = "b\ud83d"  # of a surrogate pair
    examples = [Example(EVIL, EVIL, EVIL + " $title"), Example(half, "模型很快。", "模型")]
    found = made(examples, {EVIL: EVIL, half: "\u2028模型"}, command=EVIL)
    seen = read(found, examples)
    assert len(seen.all("script")) == 1
    assert seen.all("img") == []
    assert EVIL in seen.texts["h4"]
    assert EVIL in seen.texts["code"]
    assert EVIL + " $title" in seen.texts["p"]


hostile = st.lists(
    st.sampled_from([
        "<script>", "</script>", "<!--", "-->", "<b onclick=x>", "</p>", '"', "'", "&", "&lt;", "<",
        "{{", "}}", "{% endfor %}", "{#", "word", "Word", " ", "\n", "\x00", "京", "\u2028", "$x$",
    ]),
    max_size=8,
).map("".join)  # fmt: skip


@given(hostile, hostile, hostile, hostile)
def test_no_text_becomes_markup_of_the_report(name, document, reference, prediction):
    one = made(EXAMPLES[:1], PREDICTIONS[:1])
    record = {"id": name, "reference": reference, "prediction": prediction}
    found = dataclasses.replace(one, command=name, per_example=[one.per_example[0] | record])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "available", lambda: False)
        seen = Reader(evaluation_page.render(found, [document], {}))
    check_is_self_contained(seen)
    (example,) = seen.examples
    assert (example["name"], example["text"]) == (name, document)
    assert example["summaries"][0]["text"] == prediction
    assert reference in seen.texts["p"]
    assert name in seen.texts.get("code", "")


def test_every_drawing_has_a_name_and_every_table_its_heads(whole):
    _, seen = whole
    assert len(seen.all("svg")) == len(seen.all("figure")) == 8
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in seen.all("svg"))
    assert all(a["scope"] in ("row", "col") for a in seen.all("th"))
    assert seen.all("html") == [{"lang": "en"}]


def test_a_word_can_be_reached_by_keys_and_looks_at_what_is_there(whole):
    found, seen = whole
    sections = [a for a in seen.all("section") if a["class"] == "example"]
    assert len(sections) == sum(map(len, evaluation_page.select_examples(found).values())) == 9
    words = seen.all("span", "data-sources")
    assert all((a["role"], a["aria-pressed"]) == ("button", "false") for a in words)
    assert [a["tabindex"] for a in words].count("0") == 9
    assert {a["tabindex"] for a in words} == {"0", "-1"}
    numbers = {a["data-part"] for a in seen.all("span", "data-part")}
    highlights = [h for a in words for h in a["data-sources"].split() + a["data-attention"].split()]
    assert highlights
    for highlight in highlights:
        first, last, weight = highlight.split(":")
        assert {first, last} <= numbers
        assert 0 < float(weight) <= 1


def test_one_example_makes_a_page():
    seen = read(made(EXAMPLES[:1], PREDICTIONS[:1]), EXAMPLES[:1])
    assert len(seen.all("section")) == 1
    assert len(read(made(EXAMPLES[:1], [""]), EXAMPLES[:1]).all("section")) == 1


def test_the_page_leaves_out_the_end_of_a_book():
    document = "word " * evaluation_page.SHOWN_CHARACTERS
    seen = read(made(EXAMPLES[:1], ["nothing of it"]), [Example("a", document, "b")])
    (example,) = seen.examples
    assert example["text"] == document[: evaluation_page.SHOWN_CHARACTERS]
    assert seen.texts["em"] == " … 80,000 more characters"


# --- which examples ----------------------------------------------------------------------------


def scored(values):
    rows = [{"rouge1": value} for value in values]
    return dataclasses.replace(made(EXAMPLES[:1], PREDICTIONS[:1]), per_example=rows)


def test_the_best_the_median_and_the_worst_are_shown_once():
    found = evaluation_page.select_examples(scored([5, 1, 9, 3, 7, 2, 8, 4, 6, 0, 10]))
    assert found == {"best": [10, 2, 6], "median": [8, 0, 7], "worst": [9, 1, 5]}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_no_example_is_shown_twice_and_the_best_are_no_worse(values):
    found = evaluation_page.select_examples(scored(values))
    every = [i for rows in found.values() for i in rows]
    assert len(set(every)) == len(every)
    assert len(every) == min(len(values), 9) or len(values) < 9
    for better, worse in (("best", "median"), ("median", "worst"), ("best", "worst")):
        assert all(values[a] >= values[b] for a in found[better] for b in found[worse])


# --- marked words ------------------------------------------------------------------------------


def rendered(pair):
    """The HTML of a summary and its document."""
    macros = html._environment().get_template("macros.html.j2").module
    summary = macros.summary_text(pair.summaries[0])
    return (
        f'<div class="summary">{summary}</div>', macros.document_text(pair.document, pair.omitted)
    )  # fmt: skip


def test_words_are_matched_in_runs_whatever_their_case():
    summary, document = "The cold Gas flows.", "We study cold gas; cold gas is cold."
    marked = mark_by_text(summary, document)
    words = marked.words
    assert (marked.text, marked.read) == (summary, None)
    assert [summary[w.begin : w.end] for w in words] == ["The", "cold", "Gas", "flows"]
    assert [w.copied for w in words] == [0, 1, 1, 0]
    assert [[document[b:e] for b, e, _ in w.sources] for w in words] == [[], ["cold"], ["gas"], []]
    assert words[1].sources == (Highlight(9, 13, 1.0),)
    assert "2 words" in words[1].note


def test_chinese_is_matched_by_character():
    words = mark_by_text("冷原子流", "我们研究冷原子气体。").words
    assert [w.copied for w in words] == [1, 1, 1, 0]
    assert words[0].sources == (Highlight(4, 5, 1.0),)


def test_a_document_is_cut_where_words_look():
    words = [
        MarkedWord(0, 1, 1.0, "n", [Highlight(0, 4, 1.0)], [Highlight(2, 6, 0.5)]),
        MarkedWord(2, 3, 0.0, ""),
    ]
    pair = highlight_pair([MarkedSummary("a b", words)], "0<2345678")
    assert [part[:2] for part in pair.document] == [
        ("0<", 0), ("23", 1), ("45", 2), ("678", None),
    ]  # fmt: skip
    summary, document = rendered(pair)
    assert (
        '<span data-part="0">0&lt;</span><span data-part="1">23</span>'
        '<span data-part="2">45</span>678</div>'
    ) in document
    assert 'data-sources="0:1:1" data-attention="1:2:0.5"' in summary
    assert '<span class="word" role="button" tabindex="0"' in summary
    assert '<span class="word generated" role="button" tabindex="-1"' in summary
    assert 'style="--copied-share: 1.0"' in summary
    assert re.sub("<.*?>", "", summary).strip() == "a b"


@given(st.text(max_size=30), st.text(max_size=40))
def test_no_text_is_lost_by_marking(summary, document):
    pair = highlight_pair([mark_by_text(summary, document)], document)
    (example,) = Reader(f'<section class="example">{"".join(rendered(pair))}</section>').examples
    assert example["summaries"][0]["text"] == summary
    assert example["text"] == document


def test_a_book_is_cut_but_not_before_what_was_copied():
    limit = evaluation_page.SHOWN_CHARACTERS
    text = "a" * limit
    empty = MarkedSummary("", [])
    assert highlight_pair([empty], text, limit) == highlight_pair([empty], text)
    pair = highlight_pair([empty], text + "bcd", limit)
    assert [part.text for part in pair.document] == [text]
    assert "<em> … 3 more characters</em>" in rendered(pair)[1]
    words = [MarkedWord(0, 1, 1.0, "", [Highlight(limit + 1, limit + 2, 1.0)])]
    pair = highlight_pair([MarkedSummary("c", words, [(0, limit + 3)])], text + "bcd", limit)
    assert re.sub("<.*?>", "", rendered(pair)[1]).strip() == text + "bc … 1 more characters"
    assert not any(part.unread for part in pair.document)


@given(st.data())
def test_text_outside_of_what_was_read_is_marked_as_unread(data):
    document = data.draw(st.text("ab ", min_size=1, max_size=20))
    place = st.integers(0, len(document))
    spans = [tuple(sorted(data.draw(st.tuples(place, place)))) for _ in range(3)]
    summaries = [MarkedSummary("", [], spans[:2]), MarkedSummary("", [], spans[2:])]
    parts = highlight_pair(summaries, document).document
    unread = "".join(("x" if part.unread else ".") * len(part.text) for part in parts)
    read = [any(begin <= i < end for begin, end in spans) for i in range(len(document))]
    for i, character in enumerate(document):
        if character != " ":
            assert (unread[i] == "x") is not read[i]
    assert not any(part.unread and not part.text.strip() for part in parts)


def explanation(text):
    """Of one word: copied from two places, with the attention on the second of three sentences."""
    sources = SourceSpan(0, 2, 0.5), SourceSpan(4, 6, 0.25)
    word = WordProvenance(text, 0, len(text), 0.75, 0.2, -0.5, sources, (0.004, 0.9, 0.06))
    return Provenance((word,), ((0, 3), (4, 7), (8, 9)), 0.0)


def test_what_a_model_says_of_its_words_is_marked():
    marked = mark_by_provenance(Summary("gas", 0.0, provenance=explanation("gas")), "ga\x00 gas. b")
    (word,) = marked.words
    assert (word.begin, word.end, word.copied, word.unsupported) == (0, 3, 0.75, False)
    assert word.note == (
        "75% copied from “ga” (50%), “ga” (25%), 25% generated; gate 0.20; log-probability -0.50; "
        "attention: sentence 2 (90%), sentence 3 (6%)"
    )
    # Sentences with less than half a percent of the attention are left out.
    assert word.attention == [Highlight(4, 7, 0.9), Highlight(8, 9, 0.06)]
    assert word.sources == [Highlight(0, 2, 0.5), Highlight(4, 6, 0.25)]
    assert marked.read == ((0, 3), (4, 7), (8, 9))
    summary = Summary("gas", 0.0, provenance=explanation("gas"), unsupported=("gas",))
    marked = mark_by_provenance(summary, "a document")
    assert marked.words[0].unsupported
    assert 'class="word unsupported"' in rendered(highlight_pair([marked], "a document"))[0]


class Explaining:
    """A summarizer that says how it came by what it says, if it can."""

    def __init__(self, texts, error=None):
        self.texts, self.error, self.asked = texts, error, {}

    def summarize(self, documents, **options):
        self.asked = {"documents": documents, **options}
        if self.error:
            raise self.error
        return [Summary(text, 0.0, provenance=explanation(text)) for text in self.texts]


def test_the_examples_that_are_shown_are_explained_by_their_model():
    found = made(EXAMPLES[:2], PREDICTIONS[:2])
    rows = evaluation_page.select_examples(found)["best"]
    model = Explaining([PREDICTIONS[rows[0]], "another summary"])
    marks = summarize_examples.mark_examples(model, EXAMPLES, found, {"beam": 3, "max_words": 9})
    assert list(marks) == rows[:1]
    documents = [EXAMPLES[row].document for row in rows]
    assert model.asked == {"documents": documents, "beam": 3, "max_words": 9, "explain": True}
    seen = read(found, EXAMPLES[:2], marks)
    notes = [a["data-note"] for a in seen.all("span", "data-note")]
    assert sum("gate 0.20" in note for note in notes) == 1
    assert any(note.startswith("in the document") for note in notes)
    assert "attention was spread" in seen.texts["p"]
    assert "attention was spread" not in read(found, EXAMPLES[:2]).texts["p"]


def test_a_model_that_cannot_explain_is_evaluated_all_the_same(caplog):
    model = Explaining([], ModelError("model.onnx: of an earlier version"))
    found = made(EXAMPLES[:1], PREDICTIONS[:1])
    assert summarize_examples.mark_examples(model, EXAMPLES, found, {}) == {}
    assert "model.onnx: of an earlier version; the page marks" in caplog.text


# --- plots -------------------------------------------------------------------------------------


def drawn(draw, *data):
    """The axes that one of the drawing functions has drawn on."""
    with plots._figure(3) as (_, axes):
        draw(axes, *data)
        return axes


def paths(plot, name):
    """The points of each line or bar in a color of the style sheet; marks are no lines."""
    body = re.sub("<defs>.*?</defs>", "", plot.body, flags=re.S)
    found = re.findall(rf'<path d="([^"]*)"[^>]*?(?:fill|stroke): var\(--{name}\)', body)
    points = [np.array(re.findall(r"[-\d.]+", path), float).reshape(-1, 2) for path in found]
    return [path for path in points if len(path) > 1]


def test_whiskers_go_from_low_to_high_through_the_mean():
    rows = [Interval("model", 40, 35, 50, "model"), Interval("other", 20, 10, 25)]
    axes = drawn(plots.draw_interval_rows, rows)
    line, mean, other_line, other_mean = axes.lines
    assert line.get_xydata().tolist() == [[35, 0], [50, 0]]
    assert mean.get_xydata().tolist() == [[40, 0]]
    assert other_line.get_xydata().tolist() == [[10, 1], [25, 1]]
    assert other_mean.get_xydata().tolist() == [[20, 1]]
    assert axes.get_xlim() == (0, 50)
    shown = [text.get_text() for text in axes.texts]
    assert shown == ["model", "40.0", "other", "20.0"]
    # The page has the same lines, on one axis.
    plot = plots.interval_rows("t", rows)
    (first,), (second,) = paths(plot, "model"), paths(plot, "other")
    length = (np.ptp(first[:, 0]), np.ptp(second[:, 0]))
    assert length[0] == pytest.approx(length[1], rel=0.01)
    assert first[0, 0] - second[0, 0] == pytest.approx(25 * length[0] / 15, rel=0.01)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30))
def test_the_bars_of_a_histogram_are_its_shares(values):
    axes = drawn(plots.draw_histogram, {"model": values})
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights.sum() == pytest.approx(1)
    np.testing.assert_allclose(heights * len(values), (heights * len(values)).round(), atol=1e-6)
    low, high = axes.get_xlim()
    assert low == 0
    assert max(values) <= high * (1 + 1e-9)
    assert len(heights) <= plots.BINS + 1


def test_series_of_different_sizes_are_drawn_as_shares():
    samples = {"model": [1.0] * 10, "first": [1.0] * 3 + [0.0]}
    axes = drawn(plots.draw_histogram, samples)
    heights = [bar.get_height() for bar in axes.patches if bar.get_height()]
    np.testing.assert_allclose(heights, [1, 0.25, 0.75])
    plot = plots.histogram("t", "words", samples)
    tall = [np.ptp(path[:, 1]) for path in paths(plot, "other")]
    tall = sorted(height for height in tall if height > 10)  # 10: of the legend
    assert tall[1] / tall[0] == pytest.approx(3, rel=0.01)


def test_steps_join_the_means_in_order():
    rows = {
        "model": [Interval("model", m, m - 1, m + 2) for m in (10, 30, 20)],
        "first": [Interval("first", 5, 5, 5)] * 3,
    }
    axes = drawn(plots.draw_interval_lines, rows)
    ours, theirs = axes.lines
    assert ours.get_ydata().tolist() == [10, 30, 20]
    assert theirs.get_ydata().tolist() == [5, 5, 5]
    segments = axes.collections[0].get_segments()
    assert [segment[:, 1].tolist() for segment in segments] == [[9, 12], [29, 32], [19, 22]]
    plot = plots.interval_lines("t", "words", ["one", "two", "three"], rows)
    assert [plot.body.index(f">{name}<") for name in ("one", "two", "three", "words")]


def test_nothing_to_draw_is_drawn_empty():
    assert plots.histogram("t", "u", {"a": [0.0]}).body
    assert plots.interval_rows("t", [Interval("a", 0, 0, 0)]).body
    assert drawn(plots.draw_interval_rows, [Interval("a", 0, 0, 0)]).get_xlim() == (0, 1)


def test_a_plot_fits_into_a_page_with_others():
    name = "<b>&'{{x}}$x_1$"
    rows = [Interval(name, 2, 1, 3, kind) for kind in ("model", "other", "bound")]
    plot = plots.interval_rows("t", rows)
    assert plots.interval_rows("t", rows) == plot
    seen = Reader(f"<svg>{plot.body}</svg>")
    assert seen.texts["text"].count(name) == 3
    shapes = {"svg", "g", "path", "defs", "use", "text", "clippath", "rect"}
    assert {tag for tag, _ in seen.tags} <= shapes
    body = str(plot.body)
    # Every color is one of the style sheet, every id the hash of what it names.
    colors = {"none", *(f"var(--{name})" for name in plots._COLORS)}
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", body)) <= colors
    assert "#" not in re.sub(r'(xlink:href=")#m\w+"|url\(#p\w+\)', r"\1", body)
    ids = re.findall(r' id="([^"]*)"', body)
    assert all(re.fullmatch(r"[mp][0-9a-f]{10}", name) for name in ids)


def test_without_matplotlib_the_page_has_its_tables(whole, monkeypatch):
    found, seen = whole
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    plain = read(found)
    assert plain.all("svg") == plain.all("figure") == []
    assert "if matplotlib is installed" in plain.texts["p"]
    assert "if matplotlib is installed" not in seen.texts["p"]
    assert plain.texts["td"] == seen.texts["td"]
    assert all("open" in attrs for attrs in plain.all("details"))
    for part in found.lengths:  # what a plot shows stands in a table, too
        score = part["scores"]["model"]["rouge1"]
        assert f"{score['mean']:.1f} [{score['low']:.1f}, {score['high']:.1f}]" in plain.texts["td"]
    scores = [record["rouge1"] for record in found.per_example]
    for value in (min(scores), np.median(scores), max(scores)):
        assert f"{value:.1f}" in plain.texts["td"]


# --- what is readable --------------------------------------------------------------------------


def luminance(color):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(back, front):
    light, deep = sorted((luminance(back), luminance(front)), reverse=True)
    return (light + 0.05) / (deep + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_all_that_is_read_has_the_contrast_of_wcag(dark):
    values = {}
    for part in re.findall(r":root \{(.*?)\}", html.asset("style.css"), re.S)[: 1 + dark]:
        values |= dict(re.findall(r"--([\w-]+): ([^;]+);", part))
    colors = {}
    for name, value in values.items():
        if value.startswith("#"):
            digits = value[1:] if len(value) == 7 else "".join(2 * c for c in value[1:])
            colors[name] = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    for front in ("ink", "soft", "model", "other", "bound"):
        assert contrast(colors["paper"], colors[front]) >= 4.5, front
    for cover, name in (("copied", "copied"), ("attention", "attention"), ("source", "copied")):
        share = float(values[f"{cover}-cover"].rstrip("%")) / 100
        back = share * colors[name] + (1 - share) * colors["paper"]
        assert contrast(back, colors["ink"]) >= 4.5, cover
