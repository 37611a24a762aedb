"""Pieces and text: nothing is lost either way, and spelling comes back."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer import vocabulary
from summarizer.errors import ConfigError, InputError, ModelError
from summarizer.text.truecase import restore_case
from summarizer.text.words import join_words, normalize, split_words
from summarizer.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

TEXTS = [
    f"Bees of Berlin read {i} long documents; the BERT model learns 第三篇 关于 蜜蜂 in Übersee."
    for i in range(40)
]
ODD = [
    "", "  \t\r\n", "a\0b", "ﬁ Ⅳ x² ½", "é e\u0301", "😀🏳️\u200d🌈👩🏽", "\ufeffx", "▁ ▁▁a",
    "<s> </s> <pad> <unk> <0x41>", "İstanbul Straße ΟΔΟΣ", "\u00a0 \u3000", "\u00ad\u2028", "～~",
    "\U000e0001\U0010ffff", "한국어 각", "عربى", "หนังสือ", "x" * 2000,
]  # fmt: skip
any_text = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"])))


@pytest.fixture(scope="module")
def cased():
    return vocabulary.train_vocabulary(TEXTS, 400, lowercase=False)


@pytest.fixture(scope="module")
def folded():
    return vocabulary.train_vocabulary(TEXTS, 400, lowercase=True)


# --- ids -------------------------------------------------------------------------------------


def test_special_ids_and_bytes_have_their_places(cased):
    assert (PAD, START, END, UNKNOWN) == (0, 1, 2, 3)
    assert cased.tokens(range(4, 260)) == [f"<0x{i:02X}>" for i in range(256)]
    assert cased.tokens([UNKNOWN]) == ["<unk>"]
    assert 260 < cased.size <= 400


@given(any_text)
def test_any_text_has_ids_and_none_is_special(cased, folded, text):
    for words in (cased, folded):
        ids = words.encode(text)
        assert all(UNKNOWN < i < words.size for i in ids)
        again = words.encode(words.decode(ids))
        assert words.decode(again) == words.decode(ids)
    assert cased.encode_all([text, "a", text]) == [cased.encode(t) for t in (text, "a", text)]


# SentencePiece keeps the wide tilde, writes spaces as ▁, drops control and some format characters
# and knows the marks of an older Unicode; of everything else not a character may be lost.
plain = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Cf", "Cn", "Co", "M"], exclude_characters="▁～\ufffd"
    )
)


@given(plain)
@example("ﬁ Ⅳ x² ½ 第三篇，「蜜蜂」")
@example("Ａ　Ｂ　😀  \u2003c")
def test_decoding_gives_the_text_back(cased, text):
    expected = " ".join(unicodedata.normalize("NFKC", text).split())
    assert cased.decode(cased.encode(text)) == expected


@given(st.text(st.characters(max_codepoint=0x24F, categories=["L", "Nd", "Zs"])))
def test_a_folded_vocabulary_loses_the_case_alone(folded, text):
    found = folded.decode(folded.encode(text))
    expected = " ".join(unicodedata.normalize("NFKC", text).split())
    assert bare(found) == bare(expected)
    if found.isascii():
        assert found == found.lower()


def test_decoding_stops_at_the_end_and_drops_padding(cased):
    one, two = cased.encode("long documents"), cased.encode("bees")
    assert cased.decode([START, *one, END, *two, END]) == "long documents"
    assert cased.decode([PAD, *one, PAD, PAD]) == "long documents"
    assert cased.decode([END, *one]) == ""
    assert cased.decode([]) == ""


def test_a_folded_vocabulary_spells_as_the_document_does(cased, folded):
    ids = folded.encode("bert reads in berlin")
    assert folded.decode(ids) == "bert reads in berlin"
    assert folded.decode(ids, "We use BERT near Berlin.") == "BERT reads in Berlin"
    ids = cased.encode("bert reads")
    assert cased.decode(ids, "We use BERT near Berlin.") == "bert reads"


# --- learning and files ----------------------------------------------------------------------


def test_fold_is_seen_and_makes_pieces_without_case(cased, folded):
    assert folded.lowercase
    assert not cased.lowercase
    assert folded.encode("BEES OF") == folded.encode("bees of")
    assert cased.encode("BEES OF") != cased.encode("bees of")


def test_a_small_text_gives_a_smaller_vocabulary():
    words = vocabulary.train_vocabulary(["one line\n\n", "", "two"], 8000)
    assert 260 < words.size < 300
    assert words.decode(words.encode("lone two")) == "lone two"


@pytest.mark.parametrize("texts", [[], ["", " \n \t\n"]])
def test_no_text_is_an_error(texts):
    with pytest.raises(InputError, match="no text to learn a vocabulary from"):
        vocabulary.train_vocabulary(iter(texts), 400)


def test_texts_are_read_once():
    words = vocabulary.train_vocabulary((t for t in TEXTS), 400, lowercase=False)
    assert words.encode("Berlin") == vocabulary.train_vocabulary(
        TEXTS, 400, lowercase=False
    ).encode("Berlin")


def test_a_saved_vocabulary_is_the_same(tmp_path, cased, folded):
    path = tmp_path / "vocabulary.model"
    path.write_bytes(folded.proto)
    again = Vocabulary.load(path)
    assert (again.size, again.lowercase, again.proto) == (folded.size, True, folded.proto)
    assert again.fingerprint == folded.fingerprint != cased.fingerprint
    assert re.fullmatch("[0-9a-f]{16}", again.fingerprint)


def foreign():
    """A real SentencePiece model of other software: its special ids stand elsewhere."""
    import io

    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(TEXTS),
        model_writer=out,
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return out.getvalue()


@pytest.mark.parametrize("fault", ["missing", "folder", "empty", "text", "cut", "foreign"])
def test_a_vocabulary_that_cannot_be_used_is_named(tmp_path, cased, fault):
    path = tmp_path / "vocabulary.model"
    content = {
        "empty": b"",
        "text": b"not a vocabulary\n" * 20,
        "cut": cased.proto[: len(cased.proto) // 2],
        "foreign": foreign() if fault == "foreign" else b"",
    }
    if fault == "folder":
        path.mkdir()
    elif fault in content:
        path.write_bytes(content[fault])
    with pytest.raises(ModelError) as caught:
        Vocabulary.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# --- other kinds -----------------------------------------------------------------------------

KINDS = ["bpe", "characters", "bytes"]


@pytest.fixture(scope="module")
def trained():
    """Vocabularies by (kind, fold)."""
    return {
        (kind, fold): vocabulary.train_vocabulary(TEXTS, 330, fold, kind=kind)
        for kind in [*KINDS, "words"]
        for fold in (True, False)
    }


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text)
def test_every_kind_has_ids_below_n_for_any_text(trained, kind, fold, text):
    words = trained[kind, fold]
    ids = words.encode(text)
    assert all(UNKNOWN < i < words.size for i in ids)
    assert words.encode_all([text, "a"]) == [ids, words.encode("a")]
    assert words.encode_summary(text, "any document") == ids
    assert list(words.encode_pairs([text], ["a"])) == [(ids, words.encode("a"))]
    again = words.encode(words.decode(ids))
    assert words.decode(again) == words.decode(ids)


@pytest.mark.parametrize("kind", ["bpe", "characters"])
@given(text=plain)
@example(text="ﬁ Ⅳ x² ½ 第三篇，「蜜蜂」")
def test_pieces_and_characters_give_the_text_back(trained, kind, text):
    words = trained[kind, False]
    expected = " ".join(unicodedata.normalize("NFKC", text).split())
    assert words.decode(words.encode(text)) == expected


@given(st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]))))
def test_bytes_give_any_text_back_as_it_was(trained, text):
    text = text.replace("▁", "").replace("\ufffd", "")
    words = trained["bytes", False]
    assert words.decode(words.encode(text)) == text
    assert len(words.encode(text)) == len(text.encode())
    assert words.unknown_ratio(words.encode(text)) == 0


def test_each_kind_has_the_pieces_of_its_name(trained):
    for fold in (True, False):
        assert {k: trained[k, fold].size for k in ("bpe", "bytes")} == {"bpe": 330, "bytes": 261}
        assert all(len(p) == 1 for p in trained["characters", fold].tokens(range(260, 280)))
        assert any(len(p) > 2 for p in trained["bpe", fold].tokens(range(260, 330)))
        for kind in [*KINDS, "words"]:
            words = trained[kind, fold]
            assert words.lowercase is fold
            assert words.has_document_words is (kind == "words")
            assert (words.encode("BEES bees") == words.encode("bees bees")) is fold
            again = Vocabulary(words.proto)
            assert (again.size, again.lowercase, again.has_document_words) == (
                words.size,
                fold,
                kind == "words",
            )
            assert again.encode("Bees of 第 x") == words.encode("Bees of 第 x")
    assert len({words.fingerprint for words in trained.values()}) == len(trained)
    assert (
        trained["characters", True].unknown_ratio(trained["characters", True].encode("bλ")) == 2 / 4
    )


def test_an_unknown_kind_is_named():
    with pytest.raises(
        ConfigError, match=r"^vocabulary\.kind=byte: did you mean 'bytes'\? known: "
    ):
        vocabulary.train_vocabulary(TEXTS, 400, kind="byte")


@pytest.mark.parametrize(
    ("kind", "size", "least"),
    [("bpe", 270, 302), ("unigram", 270, 302), ("characters", 5, 261), ("characters", 260, 261),
     ("bytes", 100, 261), ("words", 5, 6)],
)  # fmt: skip
def test_too_small_a_size_is_one_line_that_names_the_least(kind, size, least):
    with pytest.raises(ConfigError) as caught:
        vocabulary.train_vocabulary(TEXTS, size, lowercase=False, kind=kind)
    said = str(caught.value)
    assert said.startswith(f"vocabulary.size={size}: too small for {kind}")
    assert said.endswith(f"at least {least}")
    assert "\n" not in said
    assert vocabulary.train_vocabulary(TEXTS, least, lowercase=False, kind=kind).size <= least


# --- words -----------------------------------------------------------------------------------


def normalized(text, fold):
    return " ".join(normalize(text, fold).split())


near = st.text(
    st.sampled_from("as'’_- .,()1२\"\u200b中ก ั\u0301\u200d\u00ad一\u0e3fSé"), max_size=12
)


@pytest.mark.parametrize("fold", [True, False])
@given(text=st.one_of(any_text, near))
@example(text="the model's (BERT-based) “f_x('s)s” isn't 3.14, 1,000 中 文字2017年 的x … --- 'tis")
def test_words_give_any_text_back(trained, fold, text):
    words = trained["words", fold]
    expected = normalized(text, fold)
    assert join_words(split_words(normalize(text, fold))) == expected
    if not fold:
        assert words.decode(words.encode(text), text) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The model's idea, in short.", "The model ￭'s idea ￭, in short ￭."),
        ("isn't it? “Yes!”", "isn't it ￭? “￭ Yes ￭! ￭”"),
        ("a 3.14-fold 1,000 GPT4 c++", "a 3.14 ￭-￭ fold 1,000 GPT4 c ￭++"),
        ("第三篇 Ab的, 中", "第 三 篇 ▁ Ab 的 ￭, 中"),
        ("हिन्दी में", "हिन्दी में"),
    ],
)
def test_texts_are_cut_into_words_and_marks(text, parts):
    assert list(split_words(text)) == parts.split(" ")


def test_what_a_model_writes_reads_well():
    parts = "we ￭, the (￭ new ￭) bees ￭'s 蜜 蜂 home ￭; pre ￭-￭ trained ， end ."
    text = "we, the (new) bees's 蜜蜂home; pre-trained ， end ."
    assert join_words(parts.split()) == text


DOCUMENT = "Zorp reads Bees. Quux likes zorp and Quux, says Zorp of Berlin"


def test_a_documents_own_words_have_ids_from_n_on_in_their_order(trained):
    words = trained["words", False]
    n = words.size
    assert n < 30
    ids = words.encode(DOCUMENT)
    assert [i for i in ids if i >= n] == [n + i for i in (0, 1, 2, 3, 4, 5, 2, 6, 7, 0)]
    for cut in range(len(DOCUMENT)):
        if not DOCUMENT[cut].isalnum():  # a cut changes no earlier id
            part = words.encode(DOCUMENT[:cut])
            assert part == ids[: len(part)]
    assert words.encode_all([DOCUMENT, "Quux"]) == [ids, [n]]
    summary = words.encode_summary("Quux of Nowhere likes Zorp", DOCUMENT)
    at = [ids[3 + 1], words.encode("of")[0], UNKNOWN, ids[5], ids[0]]
    assert summary == at
    assert list(words.encode_pairs([DOCUMENT], ["Quux of Nowhere likes Zorp"])) == [(ids, at)]
    assert words.decode(summary, DOCUMENT) == "Quux of ⁇ likes Zorp"
    assert words.decode(summary) == "⁇ of ⁇ ⁇ ⁇"
    assert words.decode([n + 99], DOCUMENT) == "⁇"
    assert words.tokens(summary, DOCUMENT) == ["▁Quux", "▁of", "<unk>", "▁likes", "▁Zorp"]
    assert words.unknown_ratio(summary) == 4 / 5


some_words = st.lists(st.sampled_from(["bees", "Berlin", "zorp", "Quux", "of", "don't"]))


@pytest.mark.parametrize("fold", [True, False])
@given(document=some_words, summary=some_words)
def test_a_word_has_the_same_id_in_document_and_summary(trained, fold, document, summary):
    words = trained["words", fold]
    in_document = dict(zip(document, words.encode(" ".join(document)), strict=True))
    alone = {word: words.encode_summary(word, "")[0] for word in summary}
    expected = [in_document.get(word, alone[word]) for word in summary]
    assert words.encode_summary(" ".join(summary), " ".join(document)) == expected
    assert all(UNKNOWN <= i < words.size for i in alone.values())
    assert all(i < words.size + len(document) for i in in_document.values())


def test_folded_words_get_the_spelling_of_the_document(trained):
    words = trained["words", True]
    assert words.decode(words.encode_summary("ZORP of QUUX", DOCUMENT), DOCUMENT) == (
        "Zorp of Quux"
    )


def test_words_that_occur_once_are_left_out():
    words = vocabulary.train_vocabulary(["one two two", "three three two"], 100, kind="words")
    assert words.tokens(range(words.size)) == [
        "<pad>", "<s>", "</s>", "<unk>", "▁", "▁two", "▁three",
    ]  # fmt: skip
    assert (
        vocabulary.train_vocabulary(["one two two", "three three two"], 6, kind="words").size == 6
    )


@pytest.mark.parametrize("fault", ["half", "no end", "twice", "other version"])
def test_a_vocabulary_of_words_that_was_damaged_is_named(tmp_path, trained, fault):
    proto = trained["words", False].proto
    content = {
        "half": proto[: len(proto) // 2],
        "no end": proto[: proto.rindex(b"\n", 0, -1)],
        "twice": proto.replace(b"\nof\n", b"\nBees\n"),
        "other version": proto.replace(b"#words 1", b"#words 9"),
    }
    path = tmp_path / "vocabulary.model"
    path.write_bytes(content[fault])
    assert content[fault] != proto
    with pytest.raises(
        ModelError, match="vocabulary.model: the vocabulary is cut or not of words$"
    ):
        Vocabulary.load(path)
    path.write_bytes(proto)
    assert Vocabulary.load(path).size == trained["words", False].size


def test_a_thousand_abstracts_are_cut_into_words_in_a_second(trained):
    abstract = "We propose a method, called X's-Net (BERT-based), that isn't “slow”: 3.14. " * 18
    begin = time.thread_time()
    trained["words", True].encode_all([abstract] * 250)
    assert time.thread_time() - begin < 0.5  # a quarter of that on a quiet machine


# --- spelling --------------------------------------------------------------------------------


def bare(text):
    """The letters of a text, whatever their case."""
    return text.upper().casefold()


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("bert reads", "We use BERT. Bert is BERT.", "BERT reads"),
        ("we saw bees", "Bees fly. We like them.", "We saw bees"),  # only begins a sentence
        ("we saw bees", "A hive of Bees. We like them.", "We saw Bees"),
        ("bees fly", "Of bees: Bees fly.", "Bees fly"),
        ("the iphone 15", "Buy an iPhone 15 now", "The iPhone 15"),
        ("iphone sales", "Buy an iPhone 15 now", "iPhone sales"),  # has its capital inside
        ("a gan, a gan!", "We (GAN and Gan) use GAN", "A GAN, a GAN!"),  # the most frequent
        ("bert-based nlp", "The BERT model for NLP", "BERT-based NLP"),
        ("self-bert", "a Self-BERT model", "Self-BERT"),
        ("über c++", "so Über and C++", "Über C++"),
        ("we saw nasa", "NASA flies.", "We saw NASA"),  # a sentence's first, but no plain word
        ("we saw bees", "of Bees and bees", "We saw bees"),  # as often: the plain one
        ("关于蜜蜂", "第三篇 关于蜜蜂", "关于蜜蜂"),
        ("", "Some Text", ""),
        ("no document", "", "No document"),
        ("we saw “bees”", "they say: (“Bees", "We saw “bees”"),  # begins a sentence all the same
    ],
)
def test_words_are_spelled_as_in_the_document(text, document, expected):
    assert restore_case(text, document) == expected


WORDS = "bert BERT Bees bees pre-trained Pre-Trained TRAINED . - ß ŉ ǆ İ ı"
texts = st.lists(st.one_of(st.sampled_from(WORDS.split()), st.text(max_size=4)), max_size=8)
texts = texts.map(" ".join)


@given(texts, texts)
@example("pre-trained", "a pre-trained TRAINED")
def test_only_case_changes_and_twice_is_once(text, document):
    once = restore_case(text, document)
    assert bare(once) == bare(text)
    assert restore_case(once, document) == once
    first = once.split(" ")[0]
    assert once[:1] == once[:1].upper() or first != first.lower() or not first.isalnum()


@given(texts)
def test_what_has_its_spelling_keeps_it(document):
    text = "A GAN, The BERT and Pre-Trained"
    assert restore_case(text, document) == text.replace("and", restore_case("x and", document)[2:])


def test_long_documents_take_no_longer_than_their_length():
    # A megabyte; a copy of what precedes each word would be 100 GB.
    assert restore_case("bert", "We use BERT here. " * 60_000) == "BERT"


def test_a_model_copies_a_word_that_no_training_saw(trained):
    import numpy as np

    from summarizer import plugins
    from summarizer.config import ModelConfig, Part
    from summarizer.decoding.scoring import SearchLimits
    from summarizer.decoding.search import compile_search
    from summarizer.model.seq2seq import Seq2Seq

    words = trained["words", True]
    encoder, decoder = Part("bidirectional", {"width": 4}), Part("lstm", {"width": 8})
    config = ModelConfig(4, encoder, decoder, dropout=0.0)
    model = Seq2Seq(config, words.size, has_document_words=words.has_document_words)
    model.gate.bias.assign([-50.0])  # copies always
    document = "Zorpish Quuxery frobs"
    ids = words.encode(document)
    assert min(ids) >= words.size
    search = compile_search(
        model, plugins.build("strategy", "greedy"), 1, SearchLimits(2, 4, 0.0, 1)
    )
    pieces = np.asarray(search(np.array([ids], np.int32)).tokens)[0, 0]
    assert set(pieces[:3]) == set(ids)
    assert sorted(words.decode(pieces, document).split()) == ["Quuxery", "Zorpish", "frobs"]
