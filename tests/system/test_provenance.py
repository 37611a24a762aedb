"""Where each word came from: against the mixture's own formula, in the document as it was given."""

import dataclasses
import functools
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
import unicodedata
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer import cli, vocabulary
from summarizer.api.summarizer import Summarizer
from summarizer.config import Config
from summarizer.decoding import provenance
from summarizer.errors import InputError, ModelError, SummarizerError
from summarizer.reports.provenance_page import ProvenancePage
from summarizer.runtime import long_documents, outlines
from summarizer.runtime.onnx_tagger import OnnxTagger
from summarizer.text import numbers_and_names, offsets
from summarizer.text.cleaning import DROPPED, clean
from summarizer.types import (
    DecodingOptions,
    Hypothesis,
    Provenance,
    SourceSpan,
    Summary,
    WordProvenance,
)
from tests.pages import Reader, check_is_self_contained, spans

ROOT = Path(__file__).parents[2]
KINDS = ("unigram", "bpe", "characters", "bytes", "words")
DOCUMENT = (
    "The old bridge over the Rhône was closed. Engineers found 1,200 cracks (and the bridge's "
    "hangers). 北京的桥很老。The café — old, too — is open."
)


@functools.cache
def words_of(kind):
    lines = [DOCUMENT, "a bridge is a bridge", "the hangers of old bridges"] * 20
    return vocabulary.train_vocabulary(lines, {"words": 50}.get(kind, 340), kind=kind)


def made(kind, text, seed=0, selected=False):
    """A summary as a search would give it, and what it is made of.

    Returns:
        The hypothesis; the probability that the generator gives each of its pieces; the document's
        pieces.
    """
    random, words = np.random.default_rng(seed), words_of(kind)
    pieces = words.encode(DOCUMENT)
    ids = words.encode_summary(text, DOCUMENT)
    assert vocabulary.UNKNOWN not in ids
    shape = len(ids), len(pieces)
    attention = random.dirichlet(np.full(shape[1], 0.05), shape[0])
    for row, piece in enumerate(ids):  # some of it where the piece is
        for place in np.flatnonzero(np.equal(pieces, piece)):
            attention[row, place] += random.random()
    attention /= attention.sum(1, keepdims=True)
    gate, generated = random.random(shape[0]), random.random(shape[0])
    chosen = random.random(shape[1]) < 0.7 if selected else np.ones(shape[1], bool)
    steps = np.zeros(shape[0])
    for t, j in itertools.product(*map(range, shape)):
        steps[t] += (1 - gate[t]) * copying(attention[t], chosen)[j] * (pieces[j] == ids[t])
    steps = np.log(steps + gate * generated)
    found = Hypothesis(
        ids=tuple(ids),
        text=words.decode(ids, DOCUMENT),
        log_prob=float(steps.sum()) - 0.25,
        score=0.0,
        attention=np.pad(attention, ((0, 0), (0, 3))),  # as in a batch with longer documents
        gate=gate,
        token_log_probs=steps,
        selected=np.pad(chosen, (0, 3)) if selected else None,
    )
    return found, generated, pieces


def copying(attention, chosen):
    """Attention on what may be copied."""
    left = attention * chosen
    return left / left.sum() * attention.sum() if left.sum() > 0 else attention


TEXTS = ["The bridge's old hangers", "cracks, 1,200 bridges of the Rhône", "北京的桥 is old (too)"]


# --- the explanation ---------------------------------------------------------------------------


@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_shares_are_those_of_the_mixture(kind, selected):
    found, generated, pieces = made(kind, "The bridge's old cracks", 3, selected)
    size = len(pieces)
    shares = provenance.copy_probabilities(found, np.array(pieces), found.attention[:, :size])
    chosen = found.selected[:size] if selected else np.ones(size, bool)
    for t, piece in enumerate(found.ids):
        weights = copying(found.attention[t, :size], chosen)
        from_document = [
            (1 - found.gate[t]) * weights[j] * (pieces[j] == piece) for j in range(size)
        ]
        whole = sum(from_document) + found.gate[t] * generated[t]
        np.testing.assert_allclose(shares[t], np.array(from_document) / whole, atol=1e-9)
    assert 0 < shares.sum() < len(found.ids)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_words_are_the_summary_and_their_numbers_those_of_their_pieces(kind, text):
    found, _, pieces = made(kind, text)
    told = provenance.trace_provenance(found, DOCUMENT, words_of(kind))
    assert "".join(w.text for w in told.words) == "".join(found.text.split())
    end = 0
    for word in told.words:
        assert end <= word.begin < word.end
        assert found.text[word.begin : word.end] == word.text
        assert found.text[end : word.begin].strip() == ""
        end = word.end
    assert sum(w.log_prob for w in told.words) + told.end == pytest.approx(found.log_prob)
    assert told.end == pytest.approx(-0.25)
    shares = provenance.copy_probabilities(
        found, np.array(pieces), found.attention[:, : len(pieces)]
    )
    if kind == "words" and "▁" not in words_of(kind).tokens(found.ids):  # a piece each
        np.testing.assert_allclose([w.copied for w in told.words], shares.sum(1), atol=1e-9)
        np.testing.assert_allclose([w.gate for w in told.words], found.gate)
        np.testing.assert_allclose([w.log_prob for w in told.words], found.token_log_probs)
    for word in told.words:
        assert sum(word.attention) == pytest.approx(1)
        listed = sum(source.share for source in word.sources)
        assert listed <= word.copied + 1e-9
        assert word.copied - listed < provenance.MIN_SHARE * len(pieces)
        assert all(source.share >= provenance.MIN_SHARE for source in word.sources)
        assert sorted(word.sources, key=lambda s: -s.share) == list(word.sources)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_word_is_traced_to_its_own_place(kind):
    """All attention on one occurrence of each piece, nothing generated."""
    words = words_of(kind)
    begin = DOCUMENT.index("Engineers")
    text = DOCUMENT[begin : DOCUMENT.index(" (and")]
    before = len(words.encode(DOCUMENT[: begin - 1]))
    pieces, ids = words.encode(DOCUMENT), words.encode_summary(text, DOCUMENT)
    where = [before + i for i in range(len(ids))]
    if kind == "bytes":  # which begins a text without a space
        where = [i + 1 for i in where]
    assert [pieces[i] for i in where] == list(ids)
    attention, zeros = np.eye(len(pieces))[where], np.zeros(len(ids))
    found = Hypothesis(tuple(ids), words.decode(ids, DOCUMENT), 0, 0, attention, zeros, zeros)
    told = provenance.trace_provenance(found, DOCUMENT, words)
    assert [w.text for w in told.words] == ["Engineers", "found", "1,200", "cracks"]
    for word in told.words:
        (source,) = word.sources
        assert DOCUMENT[source.begin : source.end] == word.text
        assert source.begin >= begin
        assert (word.copied, source.share) == pytest.approx((1, 1))
        assert word.attention == pytest.approx((0, 1, 0, 0))
    assert [DOCUMENT[a:b] for a, b in told.sentences][1:3] == [
        "Engineers found 1,200 cracks (and the bridge's hangers).", "北京的桥很老。",
    ]  # fmt: skip


def test_a_model_that_only_generates_copies_nothing():
    found, _, _ = made("unigram", TEXTS[0])
    ones, nothing = np.ones_like(found.gate), np.zeros_like(found.attention)
    found = Hypothesis(found.ids, found.text, -1.0, 0, nothing, ones, found.token_log_probs)
    for word in provenance.trace_provenance(found, DOCUMENT, words_of("unigram")).words:
        assert (word.copied, word.gate, word.sources) == (0, 1, ())
        assert set(word.attention) == {0}


def test_only_sentences_that_were_read_are_told():
    found, _, _ = made("unigram", "The bridge")
    found = Hypothesis(*[getattr(found, n) for n in ("ids", "text", "log_prob", "score")],
                       found.attention[:, :12], found.gate, found.token_log_probs)  # fmt: skip
    told = provenance.trace_provenance(found, DOCUMENT, words_of("unigram"))
    read = words_of("unigram").spans(DOCUMENT)[11][1]
    assert 1 <= len(told.sentences) < 4
    assert all(begin < read for begin, _ in told.sentences)
    assert all(s.end <= read for w in told.words for s in w.sources)


@pytest.mark.parametrize("kind", KINDS)
@given(
    text=st.lists(st.sampled_from(["old", "e\u0301", "1½", "北京的", "x" * 40, "a."]), min_size=4),
    count=st.integers(1, 4),
)
def test_the_first_pieces_are_told_by_the_beginning(kind, text, count):
    words, text = words_of(kind), clean(" ".join(text))
    read = provenance._text_of_first_tokens(text, count, words)
    assert text.startswith(read)
    assert words.encode(read)[:count] == words.encode(text)[:count]
    assert words.spans(read)[:count] == words.spans(text)[:count]


def test_what_was_not_read_takes_little_memory():
    document = f"{DOCUMENT} {' '.join('abcdefgh' * 20_000)}."
    found, _, _ = made("unigram", "The bridge")
    words = words_of("unigram")

    def summaries(documents):
        ((text,),) = (document.chunks for document in documents)
        told = provenance.trace_provenance(found, text, words)
        sentences = told.sentences[:3]  # the next one is as large as the document
        return [Summary("", 0.0, provenance=dataclasses.replace(told, sentences=sentences))]

    tracemalloc.start()
    try:
        documents = long_documents.split([document], "truncate", 99, encode)
        long_documents.merge(documents, summaries(documents))
        assert tracemalloc.get_traced_memory()[1] < 20 * len(document)
    finally:
        tracemalloc.stop()


def test_another_spelling_of_the_summary_moves_no_word():
    words = words_of("unigram")
    found, _, _ = made("unigram", "the old bridge")
    for text in ("The old bridge", "The OLD  bridge!", "Straße old bridge"):
        spelled = Hypothesis(found.ids, text, *[getattr(found, n) for n in (
            "log_prob", "score", "attention", "gate", "token_log_probs",
        )])  # fmt: skip
        told = provenance.trace_provenance(spelled, DOCUMENT, words).words
        plain = provenance.trace_provenance(found, DOCUMENT, words).words
        assert "".join(w.text for w in told) == "".join(text.split())
        assert told[1].text.lower() == "old"
        assert told[1].sources == plain[1].sources


def test_a_tagger_keeps_each_word_from_its_place(monkeypatch):
    words = words_of("unigram")
    tagger = OnnxTagger.__new__(OnnxTagger)
    tagger.config, tagger.vocabulary = Config(), words
    begin, end = DOCUMENT.index("Engineers"), DOCUMENT.index(" cracks")

    def search(documents):
        inside = [begin <= b + 1 and e <= end for b, e in words.spans(DOCUMENT)]
        return {"keep": np.where(inside, 0.9, 0.1)[None].astype(np.float32)}

    monkeypatch.setattr(tagger, "search", search, raising=False)
    (found,) = tagger.summarize([DOCUMENT], DecodingOptions(explain=True))
    assert found.text == "Engineers found 1,200"
    assert [w.text for w in found.provenance.words] == found.text.split()
    for word in found.provenance.words:
        (source,) = word.sources
        assert (DOCUMENT[source.begin : source.end], word.copied) == (word.text, 1)
        assert word.begin + begin == source.begin
    total = sum(w.log_prob for w in found.provenance.words) + found.provenance.end
    assert total == pytest.approx(found.hypothesis.log_prob)
    with pytest.raises(
        InputError, match="its options are max-words, tagger-threshold, faithful and explain$"
    ):
        tagger.summarize([DOCUMENT], DecodingOptions(beam=2))


# --- places ------------------------------------------------------------------------------------

messy = st.text(
    "aé e\u0301\u1112\u1161\u11ab\x00\ufeff\u00a0\n\t 가京字が\u3099\u00ad.", max_size=20
)


@given(messy)
def test_a_clean_text_is_found_in_the_given_one(text):
    found, cleaned = offsets.of_clean(text), clean(text)
    assert len(found) == len(cleaned)
    assert [a for a, _ in found] == sorted(a for a, _ in found)
    for char, (begin, end) in zip(cleaned, found, strict=True):
        part = "".join(c for c in text[begin:end] if ord(c) not in DROPPED)
        assert char in unicodedata.normalize("NFC", part) or (char == " " and not part.strip())


LONG = "\n\n".join(
    f"Part  {i}\nof the\x00 book. It tells of {w}s;  many {w}s! Was that all?"
    for i, w in enumerate(["bee", "cow", "dog", "bee", "elk", "fox"])
)


def echo(read):
    """Stands in for a model: each text's last three words, said to come from where they are."""
    out = []
    for text in read:
        spans, at = [], 0
        for word in text.split():
            at = text.index(word, at)
            spans.append((at, at + len(word)))
            at += len(word)
        told = [
            WordProvenance(text[a:b], 0, 1, 1, 0, 0, (SourceSpan(a, b, 1.0),), (1.0,))
            for a, b in spans[-3:]
        ]
        explanation = Provenance(tuple(told), (spans[0][:1] + spans[-1][1:],), 0)
        out.append(Summary(text, 0, len(text.split()), provenance=explanation))
    return out


def encode(texts):
    """A piece a word."""
    return [[zlib.crc32(word.encode()) for word in text.split()] for text in texts]


def summarize_long(texts, mode, limit):
    """Summarize documents by `echo`, each as it is read."""
    documents = long_documents.split(texts, mode, limit, encode)
    return long_documents.merge(documents, echo([c for d in documents for c in d.chunks]))


@pytest.mark.parametrize("way", ["truncate", "extract"])
def test_places_are_of_the_document_as_it_was_given(way):
    texts = [LONG, "  A short\x00 text.\n"]
    found = summarize_long(texts, way, 20)
    assert (found[0].text == clean(LONG)) == (way == "truncate")
    for text, summary in zip(texts, found, strict=True):
        for word in summary.provenance.words:
            (source,) = word.sources
            assert text[source.begin : source.end].replace("\x00", "") == word.text
        ((begin, end),) = summary.provenance.sentences
        assert clean(text[begin:end]).startswith(summary.text.split()[0])
        assert clean(text[begin:end]).endswith(summary.text.split()[-1])


def test_a_sentence_is_found_where_it_was_read_and_not_within_another():
    first = "A report on all bridges was given here this morning."
    unread = "“Nobody told us for years that Bridge 7 over the river was closed in May!”"
    chosen = "Bridge 7 over the river was closed in May!"
    text = f"{first} {unread} {chosen}"
    (found,) = summarize_long([text], "extract", 20)
    assert found.text == f"{first} {chosen}"
    for word in found.provenance.words:
        (source,) = word.sources
        assert source.begin >= text.rindex(chosen)
        assert text[source.begin : source.end] == word.text


def test_an_outline_is_explained_by_places_in_the_whole_document():
    groups = outlines.outline_paragraphs(LONG, lambda text: len(text.split()))
    assert len(groups) > 1
    found = outlines.map_outline_provenance(LONG, groups, echo(groups))
    begins = [s.provenance.words[0].sources[0].begin for s in found]
    assert begins == sorted(begins)
    assert len(set(begins)) == len(groups)
    for summary in found:
        for word in summary.provenance.words:
            (source,) = word.sources
            assert clean(LONG[source.begin : source.end]) == word.text


# --- the exported model ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(digits):
    return Summarizer.load(digits.folder)


def test_an_exported_model_explains_its_summaries(model):
    texts = [" 3  1\n4 1 5\t9 2 6", "2 7 1", "8 6 7 5 3 " * 40]
    for text, found in zip(texts, model.summarize(texts, explain=True), strict=True):
        told = found.provenance
        assert [w.text for w in told.words] == found.text.split()
        total = sum(w.log_prob for w in told.words) + told.end
        assert total == pytest.approx(found.hypothesis.log_prob, abs=1e-3)
        assert all(w.log_prob < 1e-5 for w in told.words)
        assert sum(w.copied for w in told.words) > 0
        for word in told.words:
            assert 0 <= word.copied <= 1
            assert sum(word.attention) == pytest.approx(1, abs=1e-3)
            for source in word.sources:
                assert text[source.begin : source.end] == word.text
        plain = model.summarize([text])[0]
        assert (plain.text, plain.provenance) == (found.text, None)


def test_a_graph_without_steps_is_too_old_to_explain(digits, monkeypatch):
    old = Summarizer.load(digits.folder)
    monkeypatch.setattr(
        old._model, "_outputs", ["pieces", "log_prob", "score", "attention", "gate"]
    )
    (found,) = old.summarize(["1 2 3"])
    assert found.hypothesis.token_log_probs is None
    with pytest.raises(ModelError, match="exported by an earlier version: export it again$"):
        old.summarize(["1 2 3"], explain=True)


def test_summaries_of_summaries_are_not_explained(model):
    with pytest.raises(InputError, match="^explain: not available with long=chunk"):
        model.summarize(["1 2 3"], explain=True, long="chunk")


# --- JSON and the page -------------------------------------------------------------------------


NASTY = (
    "</script><script>alert(1)</script><!-- &amp; \u2028 \udc80 京 \"'<b> {{ 7 * 7 }} {% if x %}"
)


def shown(path):
    """The documents of a page as it is shown."""
    return Reader(path.read_text("utf-8")).examples


def explained(text):
    word = WordProvenance(text[:3], 0, 3, 0.5, 0.25, -1.0, (SourceSpan(0, 2, 0.5),), (0.75,))
    return Summary(text, -1.0, provenance=Provenance((word,), ((0, len(text)),), -0.5))


def test_the_page_holds_all_and_loads_nothing(tmp_path):
    path = tmp_path / "why.html"
    with ProvenancePage(path) as page:
        page.add(NASTY, NASTY, [dataclasses.replace(explained(NASTY), unsupported=(NASTY,))])
        page.add("b", "two words", [explained("two words")] * 2)
        assert not path.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["why.html"]
    text = path.read_text("utf-8")
    parsed = Reader(text)
    check_is_self_contained(parsed)
    first, second = parsed.examples
    written = NASTY.replace("\udc80", "\\udc80")  # half a surrogate pair has no UTF-8
    assert first["name"] == first["text"] == first["summaries"][0]["text"] == written
    assert first["summaries"][0]["hint"] == f"Not in the document: {written}"
    assert len(second["summaries"]) == 2
    (word,) = second["summaries"][0]["words"]
    assert spans(second, word["tag"]["data-sources"]) == [(0, 2, 0.5)]
    assert spans(second, word["tag"]["data-attention"]) == [(0, 9, 0.75)]
    assert word["text"] == "two"
    assert "from “tw” (50%)" in word["tag"]["data-note"]
    for outside in ("http:", "https:", "//", "url(", "@import", "fetch(", "innerHTML"):
        assert outside not in text, outside


@given(st.data())
def test_no_text_becomes_markup_of_the_page(data):
    parts = [
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<b onclick=x>",
        "</p>",
        '"',
        "'",
        "&lt;",
        "{{",
        "}}",
    ]
    parts += ["{% endfor %}", "{#", "word", " ", "\n", "\x00", "京", "]]>", "<!-- documents -->\n"]
    texts = st.lists(st.sampled_from(parts), min_size=1, max_size=8).map("".join)
    name, document, summary = (data.draw(texts) for _ in range(3))
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(summary))] * 2)))
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(document))] * 2)))
    word = WordProvenance(
        summary[begin:end], begin, end, 0.3, 0.5, -1, (SourceSpan(first, last, 0.5),), (1.0,)
    )
    explanation = Provenance((word,), ((0, len(document)),), 0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "why.html"
        with ProvenancePage(path) as page:
            page.add(name, document, [Summary(summary, 0.0, provenance=explanation)])
        parsed = Reader(path.read_text("utf-8"))
    check_is_self_contained(parsed)
    (example,) = parsed.examples
    assert (example["name"], example["text"]) == (name, document)
    assert example["summaries"][0]["text"] == summary
    (marked,) = example["summaries"][0]["words"]
    assert (marked["text"], marked["begin"]) == (word.text, begin)
    assert document[first:last].translate(DROPPED) in marked["tag"]["data-note"]
    expected = [(first, last, 0.5)] if first < last else []
    assert spans(example, marked["tag"]["data-sources"]) == expected


def test_the_memory_of_a_page_does_not_grow_with_its_documents(tmp_path):
    text = "A sentence of five words. " * 400
    with ProvenancePage(tmp_path / "why.html") as page:
        page.add("warm", text, [explained(text)])
        tracemalloc.start()
        try:
            for i in range(50):
                page.add(str(i), text, [explained(text)])
            assert tracemalloc.get_traced_memory()[1] < 25 * len(text)
        finally:
            tracemalloc.stop()
    assert (tmp_path / "why.html").stat().st_size > 50 * len(text)


def test_only_a_page_needs_the_library_that_renders_it(tmp_path):
    document = tmp_path / "a.txt"
    document.write_text("A bridge of stone was closed. The bridge is old.")
    for options, needed in (["--json"], False), (["--explain", str(tmp_path / "p.html")], True):
        command = ["summarize", "--model", str(ROOT / "saved_models/english"), str(document)]
        code = f"import sys; from summarizer import cli; assert not cli.main({command + options})"
        code += "; assert ('jinja2' in sys.modules) is " + str(needed)
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_a_page_that_is_not_finished_leaves_the_last_one(tmp_path):
    path = tmp_path / "why.html"
    path.write_text("before")

    def interrupted():
        with ProvenancePage(path) as page:
            page.add("a", "b c d", [explained("b c d")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with ProvenancePage(path):  # nothing to show
        pass
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("why.html", "before")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/", "is a directory"),
        (".", "is a directory"),
        ("none/why.html", "No such file or directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_page_that_cannot_be_written_says_why(tmp_path, monkeypatch, name, reason):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SummarizerError) as caught:
        ProvenancePage(Path(name))
    assert str(caught.value) == f"{Path(name)}: cannot be written: {reason}"


@pytest.fixture
def summarize(digits, capsys):
    def run(*words):
        status = cli.main(["summarize", "--model", str(digits.folder), *map(str, words)])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


@pytest.fixture
def files(tmp_path):
    out = []
    for name, text in (("a", "3 1 4\n\n1 5 9 2 6\n"), ("b", "2 7 1")):
        out.append(tmp_path / f"{name}.txt")
        out[-1].write_text(text)
    return out


def test_json_and_page_say_the_same_of_each_word(summarize, files, tmp_path, model):
    page = tmp_path / "why.html"
    status, out, err = summarize("--json", "--explain", page, "--faithful", "warn", *files)
    assert (status, err) == (0, [])
    records = list(map(json.loads, out))
    for record, entry, path in zip(records, shown(page), files, strict=True):
        text = path.read_text()
        assert (entry["name"], entry["text"]) == (str(path), text)
        (found,) = entry["summaries"]
        assert found["text"] == record["summary"]
        assert found["hint"].removeprefix("Not in the document: ") == ", ".join(
            record["unsupported"]
        )
        said = {"summary", "score", "unsupported", "words", "sentences", "end"}
        assert said <= set(record)
        for word, marked in zip(record["words"], found["words"], strict=True):
            assert (marked["text"], marked["begin"]) == (word["text"], word["begin"])
            tag = marked["tag"]
            assert float(tag["style"].removeprefix("--copied-share: ")) == word["copied"]
            assert ("generated" in tag["class"]) is (word["copied"] < 0.5)
            assert ("unsupported" in tag["class"]) is (word["text"] in record["unsupported"])
            sources = [(s["begin"], s["end"], s["share"]) for s in word["sources"]]
            assert spans(entry, tag["data-sources"]) == sources
            attention = zip(record["sentences"], word["attention"], strict=True)
            attention = [(*span, share) for span, share in attention if share >= 0.005]
            assert spans(entry, tag["data-attention"]) == attention
            assert f"gate {word['gate']:.2f}; " in tag["data-note"]
            assert f"log-probability {word['log_prob']:.2f}; " in tag["data-note"]
        (again,) = model.summarize([text], explain=True)
        assert [w["text"] for w in record["words"]] == again.text.split()
        for ours, word in zip(record["words"], again.provenance.words, strict=True):
            assert ours["log_prob"] == pytest.approx(word.log_prob, abs=1e-3)
            assert ours["copied"] == pytest.approx(word.copied, abs=1e-3)
            for source in ours["sources"]:
                assert text[source["begin"] : source["end"]] == source["text"] == ours["text"]
    assert summarize(*files)[1] == [r["summary"] for r in records]
    assert "words" not in json.loads(summarize("--json", files[0])[1][0])


def test_places_in_json_lines_are_of_the_text_in_the_record(summarize, tmp_path):
    records, page = tmp_path / "many.jsonl", tmp_path / "why.html"
    texts = [" 3  1\n\n4\t1 5", "2\u00a0 7 1\n", "1 2 3 4"]
    records.write_text("".join(json.dumps({"document": text}) + "\n" for text in texts))
    status, out, _ = summarize("--json", "--explain", page, records)
    assert status == 0
    assert [entry["text"] for entry in shown(page)] == texts
    for line, text in zip(out, texts, strict=True):
        record = json.loads(line)
        ((begin, end),) = record["sentences"]
        assert text[begin:end] == text.strip()
        sources = [source for word in record["words"] for source in word["sources"]]
        assert sources
        for source in sources:
            assert text[source["begin"] : source["end"]] == source["text"]
            assert source["text"].isdigit()


def test_what_stands_in_a_source_can_be_written_as_utf_8():
    text = "a\ud800b\x00c"
    word = WordProvenance("abc", 0, 3, 1.0, 0.0, 0.0, (SourceSpan(0, len(text), 1.0),), (1.0,))
    found = provenance.provenance_record(Provenance((word,), ((0, len(text)),), 0.0), text)
    (source,) = found["words"][0]["sources"]
    assert (source["text"], source["begin"], source["end"]) == ("abc", 0, 5)
    assert json.dumps(found, ensure_ascii=False).encode()


def test_an_outline_on_the_page_has_a_summary_for_each_paragraph(summarize, tmp_path):
    document, page = tmp_path / "a.txt", tmp_path / "why.html"
    parts = [" ".join(str(7919 * i)) * 9 for i in (11, 22)]
    document.write_text("\n\n".join(parts))
    assert summarize("--outline", "--explain", page, document)[0] == 0
    (entry,) = shown(page)
    assert len(entry["summaries"]) == 2
    tags = [word["tag"] for word in entry["summaries"][1]["words"]]
    assert any(tag["data-sources"] for tag in tags)
    for ranges in (tag[name] for tag in tags for name in ("data-sources", "data-attention")):
        assert all(begin >= len(parts[0]) for begin, _, _ in spans(entry, ranges))


def test_a_page_that_cannot_be_written_is_told_before_anything_is_summarized(
    summarize, files, tmp_path
):
    page = tmp_path / "none" / "why.html"
    line = f"summarizer: {page}: cannot be written: No such file or directory"
    assert summarize("--explain", page, *files) == (1, [], [line])
    missing = tmp_path / "missing.txt"
    page = tmp_path / "why.html"
    assert summarize("--explain", page, missing)[0] == 1
    assert not page.exists()
    status, out, _ = summarize("--explain", page, missing, files[1])
    assert (status, len(out)) == (1, 1)
    assert len(shown(page)) == 1


@settings(max_examples=30)
@given(st.data())
def test_any_spelling_is_carried_from_end_to_end(data):
    one = data.draw(st.text("aBc é", max_size=12))
    other = data.draw(st.text("aBc é", max_size=12))
    found = provenance._map_offsets(one, other)
    assert len(found) == len(one) + 1
    assert found == sorted(found)
    assert all(0 <= place <= len(other) for place in found)
    assert found[-1] == len(other)
    assert provenance._map_offsets(one, one) == list(range(len(one) + 1))


def test_copying_a_folder_of_a_model_is_enough_to_explain(digits, tmp_path):
    """What explains is in the graph, the vocabulary and the configuration."""
    for name in ("config.json", "vocabulary.model", "model.onnx"):
        shutil.copy(digits.folder / name, tmp_path)
    (found,) = Summarizer.load(tmp_path).summarize(["1 2 3"], explain=True, faithful="warn")
    assert found.provenance.words


def test_the_shipped_model_explains_and_is_strict():
    shipped = Summarizer.load()
    line = (ROOT / "data" / "articles.en.jsonl").read_text("utf-8").splitlines()[0]
    text = json.loads(line)["document"]
    (found,) = shipped.summarize([text], explain=True, faithful="strict")
    assert found.unsupported == ()
    assert numbers_and_names.unsupported(found.text, text, shipped.known_words) == []
    words = found.provenance.words
    assert "".join(word.text for word in words) == "".join(found.text.split())
    total = sum(word.log_prob for word in words) + found.provenance.end
    assert total == pytest.approx(found.hypothesis.log_prob, abs=1e-3)
    alone = [word for word in words if word.copied > 0.9 and len(word.sources) == 1]
    assert alone
    for word in alone:
        (source,) = word.sources
        assert word.text.lower() in text[source.begin : source.end].lower()
