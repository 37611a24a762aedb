"""Pieces and text: nothing is lost either way, and spelling comes back."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer import vocabulary
from summarizer.errors import InputError, ModelError
from summarizer.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, restore_case

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
    return vocabulary.train(TEXTS, 400, fold=False)


@pytest.fixture(scope="module")
def folded():
    return vocabulary.train(TEXTS, 400, fold=True)


# --- ids -------------------------------------------------------------------------------------


def test_special_ids_and_bytes_have_their_places(cased):
    assert (PAD, START, END, UNKNOWN) == (0, 1, 2, 3)
    assert cased.pieces(range(4, 260)) == [f"<0x{i:02X}>" for i in range(256)]
    assert cased.pieces([UNKNOWN]) == ["<unk>"]
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
    assert folded.fold
    assert not cased.fold
    assert folded.encode("BEES OF") == folded.encode("bees of")
    assert cased.encode("BEES OF") != cased.encode("bees of")


def test_a_small_text_gives_a_smaller_vocabulary():
    words = vocabulary.train(["one line\n\n", "", "two"], 8000)
    assert 260 < words.size < 300
    assert words.decode(words.encode("lone two")) == "lone two"


@pytest.mark.parametrize("texts", [[], ["", " \n \t\n"]])
def test_no_text_is_an_error(texts):
    with pytest.raises(InputError, match="no text to learn a vocabulary from"):
        vocabulary.train(iter(texts), 400)


def test_texts_are_read_once():
    words = vocabulary.train((t for t in TEXTS), 400, fold=False)
    assert words.encode("Berlin") == vocabulary.train(TEXTS, 400, fold=False).encode("Berlin")


def test_a_saved_vocabulary_is_the_same(tmp_path, cased, folded):
    path = tmp_path / "vocabulary.model"
    path.write_bytes(folded.proto)
    again = Vocabulary.load(path)
    assert (again.size, again.fold, again.proto) == (folded.size, True, folded.proto)
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
        ("iphone sales", "Buy an iPhone 15 now", "IPhone sales"),  # begins with a capital
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
    assert once[:1] == once[:1].upper()


@given(texts)
def test_what_has_its_spelling_keeps_it(document):
    text = "A GAN, The BERT and Pre-Trained"
    assert restore_case(text, document) == text.replace("and", restore_case("x and", document)[2:])


def test_long_documents_take_no_longer_than_their_length():
    # A megabyte; a copy of what precedes each word would be 100 GB.
    assert restore_case("bert", "We use BERT here. " * 60_000) == "BERT"
