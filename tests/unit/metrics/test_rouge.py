"""ROUGE: rouge_score's numbers on ASCII text, the definition's numbers in every script."""

import random
import string
import subprocess
import sys
import unicodedata
from collections import Counter
from importlib import metadata
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer, tokenizers

from summarizer.errors import ConfigError
from summarizer.metrics import rouge, rouge_tokenizer

WORDS = ["the", "running", "runs", "studies", "ponies", "gpt2", "it's", "A", "U.S.", "x_y", "nets"]
SCRIPTS = {
    "Chinese": "研究人员提出了一种新的神经网络模型。",
    "Russian": "Учёные предложили новую модель нейронной сети.",
    "Greek": "Οι ερευνητές πρότειναν ένα νέο μοντέλο.",
    "Arabic": "اقترح الباحثون نموذجًا جديدًا للشبكات العصبية.",
    "Hindi": "शोधकर्ताओं ने एक नया तंत्रिका नेटवर्क मॉडल प्रस्तावित किया।",
    "Thai": "นักวิจัยเสนอแบบจำลองโครงข่ายประสาทใหม่",
    "Japanese": "研究者は新しいニューラルネットワークのモデルを提案した。",
    "Korean": "연구자들이 새로운 신경망 모델을 제안했다.",
    "French": "Les chercheurs ont proposé un modèle élégant.",
    "Burmese": "ကျောင်းသားများ စာဖတ်နေကြသည်။",
    "Khmer": "ខ្ញុំស្រលាញ់ភាសាខ្មែរ។",
    "Lao": "ຂ້ອຍຮັກພາສາລາວ",
}

SPACELESS = ("Chinese", "Thai", "Japanese", "Burmese", "Khmer", "Lao")

ascii_text = st.text(alphabet=[chr(c) for c in range(128)], max_size=80)
lexical = st.lists(st.sampled_from([*WORDS, ".", "\n", "!"]), max_size=25).map(" ".join)
stemming = st.booleans()


def theirs(prediction: str, reference: str, stem: bool) -> dict[str, tuple[float, ...]]:
    scorer = rouge_scorer.RougeScorer(rouge.METRICS, use_stemmer=stem)
    return {m: tuple(s) for m, s in scorer.score(reference, prediction).items()}


def assert_same(prediction: str, reference: str, stem: bool, metrics: tuple[str, ...]) -> None:
    expected = theirs(prediction, reference, stem)
    found = rouge.score_details([prediction], [reference], stem)
    for metric in metrics:
        np.testing.assert_allclose(found[metric][0] / 100, expected[metric], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "text", ["", " ", ".", "…!?", "—", "\u200b", "😀", "«»", "。！", "+ 1", "桥", "é", "²"]
)
def test_a_text_has_words_if_it_has_tokens(text):
    assert rouge_tokenizer.has_words(text) == bool(rouge.UnicodeTokenizer().tokenize(text))
    score = rouge.score_details([text], [text])["rouge1"][0]
    assert rouge_tokenizer.has_words(text) == bool(np.any(np.asarray(score) > 0))


@given(ascii_text, stemming)
def test_ascii_tokens_are_those_of_rouge_score(text, stem):
    expected = tokenizers.DefaultTokenizer(use_stemmer=stem).tokenize(text)
    assert rouge.UnicodeTokenizer(stem).tokenize(text) == expected


@given(st.text(string.ascii_lowercase, min_size=1, max_size=14))
def test_stems_are_those_of_rouge_score(word):
    expected = tokenizers.DefaultTokenizer(use_stemmer=True).tokenize(word)
    assert rouge.UnicodeTokenizer(stem=True).tokenize(word) == expected


@given(st.one_of(ascii_text, lexical), st.one_of(ascii_text, lexical), stemming)
def test_ascii_scores_are_those_of_rouge_score(prediction, reference, stem):
    assert_same(prediction, reference, stem, ("rouge1", "rouge2", "rougeL"))


@given(lexical, lexical, stemming)
def test_lsum_of_texts_with_newlines_is_that_of_rouge_score(prediction, reference, stem):
    assert_same(f"the\n{prediction}", f"{reference}\nnets", stem, rouge.METRICS)


@pytest.mark.parametrize("stem", [True, False])
def test_a_thousand_made_up_pairs_score_as_in_rouge_score(stem):
    draw = random.Random(4)
    stems = ["".join(draw.choices("aeiougnst", k=draw.randint(1, 9))) for _ in range(40)]
    forms = [str.lower, str.upper, str.title, "{}ing".format, "{}s,".format, "{}-2".format]

    def text() -> str:
        words = (draw.choice(forms)(draw.choice(stems)) for _ in range(draw.randint(0, 14)))
        # Lsum of rouge_score wants sentences on lines of their own.
        return "".join(word + draw.choice([" ", " ", " ", ". ", "\n"]) for word in words) + "\n"

    pairs = [(text(), text()) for _ in range(1000)]
    found = rouge.score_details([p for p, _ in pairs], [r for _, r in pairs], stem)
    scorer = rouge_scorer.RougeScorer(rouge.METRICS, use_stemmer=stem)
    expected = [scorer.score(reference, prediction) for prediction, reference in pairs]
    for metric, scores in found.items():
        theirs = [tuple(one[metric]) for one in expected]
        np.testing.assert_allclose(scores / 100, theirs, rtol=0, atol=1e-12)
        assert len({*scores[:, 2]}) > 10


def test_the_tokenizer_is_one_of_rouge_score():
    rouge.score(["a"], ["a"])
    assert isinstance(rouge.UnicodeTokenizer(), tokenizers.Tokenizer)
    scorer = rouge_scorer.RougeScorer(["rouge1"], tokenizer=rouge.UnicodeTokenizer())
    assert scorer.score("中文", "中心")["rouge1"].fmeasure == 0.5


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("stem", [True, False])
def test_identical_texts_score_100_in_every_script(script, stem):
    text = SCRIPTS[script]
    for metric, values in rouge.score([text], [text], stem).items():
        assert values[0] == pytest.approx(100), metric
    decomposed = unicodedata.normalize("NFD", text)
    assert rouge.score([decomposed], [text], stem)["rouge2"][0] == pytest.approx(100)


@pytest.mark.parametrize("script", SCRIPTS)
def test_half_a_text_scores_by_its_tokens(script):
    words = rouge_tokenizer.words(SCRIPTS[script])
    half = words[: len(words) // 2]
    spaces = "" if rouge_tokenizer.is_unspaced_text(SCRIPTS[script]) else " "
    precision, recall, _ = rouge.score_details([spaces.join(half)], [SCRIPTS[script]])["rouge1"][0]
    assert precision == pytest.approx(100)
    assert recall == pytest.approx(100 * len(half) / len(words))


def test_chinese_sentences_that_share_a_latin_name_are_not_the_same():
    first, second = "苹果公司今天发布了iPhone 15手机", "他昨晚把旧的iPhone 15摔坏了"
    scores = rouge.score([first], [second])
    assert all(0 < values[0] < 60 for values in scores.values())
    assert theirs(first, second, True)["rouge1"][2] == 1  # what this replaces


def test_words_of_each_script():
    assert rouge_tokenizer.words("iPhone15手机, 很好") == ["iphone15", "手", "机", "很", "好"]
    assert rouge_tokenizer.words("L’été à Zürich_nord") == ["l", "été", "à", "zürich", "nord"]
    assert rouge_tokenizer.words("हिन्दी में") == ["हिन्दी", "में"]
    assert rouge_tokenizer.words("ที่ดี") == ["ที่", "ดี"]  # marks stay with their letter
    assert rouge_tokenizer.words("カﾞラス") == ["カ", "ﾞ", "ラ", "ス"]
    assert rouge_tokenizer.words("새로운 모델") == ["새로운", "모델"]
    assert rouge_tokenizer.words("ΟΔΟΣ.") == rouge_tokenizer.words("οδος") == ["οδοσ"]
    assert rouge_tokenizer.words("ÉTÉ") == rouge_tokenizer.words("e\u0301te\u0301")
    assert rouge_tokenizer.words("می\u200cخواهم") == ["میخواهم"]  # a joiner is no boundary
    assert rouge_tokenizer.words("ไทย\u200babc\u200bdef")[-2:] == ["abc", "def"]
    assert rouge_tokenizer.words("葛\U000e0100城") == ["葛", "城"]
    assert rouge_tokenizer.words("❤️ 👍🏽 — \u0301") == []


@given(st.text(max_size=60))
def test_tokens_of_any_text_are_stable(text):
    found = rouge_tokenizer.words(text)
    assert all(found)
    assert rouge_tokenizer.words(" ".join(found)) == found
    assert rouge_tokenizer.words(unicodedata.normalize("NFD", text)) == found


@given(ascii_text)
def test_ascii_words_are_the_same_beside_other_scripts(text):
    assert rouge_tokenizer.words(f"{text} é") == [*rouge_tokenizer.words(text), "é"]


@given(st.text(max_size=60) | st.text(alphabet='aBΣ1 .!?\n。！")é中။\u3000\u2028', max_size=40))
def test_cutting_into_lines_changes_no_token(text):
    assert rouge_tokenizer.words(rouge_tokenizer.sentence_lines(text)) == rouge_tokenizer.words(
        text
    )


def cut(text: str) -> list[str]:
    """The sentences that ROUGE-Lsum compares."""
    return [line.strip() for line in rouge_tokenizer.sentence_lines(text).split("\n")]


@pytest.mark.parametrize(
    "sentences",
    [
        ["The bridge is open.", "Is it safe?", "Dr. Smith says so!", "It cost 3.5 million."],
        ["桥已开通。", "安全吗？", "很安全！", "造价三百万。"],
        ["橋が開いた。", "安全ですか？", "はい。"],
        ["यह पुल है।", "वह खुला है।"],
        ["هذا جسر.", "هل هو مفتوح؟", "نعم."],
        ["یہ پل ہے۔", "وہ کھلا ہے۔"],
        ["Мост открыт.", "Это хорошо!"],
        ["Η γέφυρα άνοιξε.", "Είναι καλό!"],
        ["다리가 열렸다.", "안전한가?"],
        ["สะพานเปิดแล้ว", "ปลอดภัยไหม"],
        ["ຂົວເປີດແລ້ວ", "ປອດໄພບໍ"],
        ["တံတားဖွင့်သည်။", "ကောင်းသည်။"],
        ["Le pont est ouvert.", "Été comme hiver !"],
    ],
)
def test_sentences_of_every_script_are_cut(sentences):
    marked = sentences[0][-1] in "。？！။"
    spaces = "" if marked and rouge_tokenizer.is_unspaced_text(sentences[0]) else " "
    assert cut(spaces.join(sentences)) == sentences
    other = spaces.join(reversed(sentences))
    assert rouge.score([other], [spaces.join(sentences)])["rougeLsum"][0] == pytest.approx(100)


def test_a_text_with_newlines_is_left_as_it_is():
    assert rouge_tokenizer.sentence_lines("One. Two.\nThree") == "One. Two.\nThree"


def test_white_space_of_any_kind_is_white_space():
    for space in "\u00a0\u2003\u2028\u3000":  # of several bytes, before a full stop
        assert cut(f"He met A{space}. Then he left.") == ["He met A .", "Then he left."]


def test_half_a_surrogate_pair_is_no_word():
    assert cut("One. \ud83dTwo.") == ["One.", "Two."]
    assert rouge.score(["One. \ud83dTwo."], ["One. Two."])["rougeLsum"][0] == pytest.approx(100)


@given(st.text(max_size=40) | st.text(alphabet="研究神经ネットที่ដី a1é", max_size=40))
def test_words_of_dictionaries_are_the_same_letters(text):
    characters, found = rouge_tokenizer.words(text), rouge_tokenizer.words(text, "words")
    assert all(found)
    assert "".join(found) == "".join(characters)
    if not any(rouge_tokenizer.is_unspaced_text(one) for one in characters):
        assert found == characters


@pytest.mark.parametrize("script", SCRIPTS)
def test_dictionaries_cut_only_what_has_no_spaces_between_words(script):
    characters, found = (
        rouge_tokenizer.words(SCRIPTS[script], units) for units in rouge_tokenizer.TOKENIZATIONS
    )
    if script not in SPACELESS:
        assert found == characters
        return
    assert 1 < len(found) < len(characters)
    text = SCRIPTS[script]
    for metric, values in rouge.score([text], [text], tokenization="words").items():
        assert values[0] == pytest.approx(100), metric


def test_words_of_a_dictionary_count_as_one():
    assert "研究" in rouge_tokenizer.words("研究人员提出了一种新的模型", "words")
    first, second = "研究iPhone 15", "研制iPhone 15"
    by_character, by_word = (
        rouge.score([first], [second], tokenization=units)["rouge1"][0]
        for units in rouge_tokenizer.TOKENIZATIONS
    )
    assert by_character == pytest.approx(75)  # iphone, 15 and one of two characters
    assert by_word < by_character


def test_units_that_cannot_be_had_are_told(monkeypatch):
    with pytest.raises(ConfigError, match="tokenize 'wrods': did you mean 'words'"):
        rouge.score(["a"], ["a"], tokenization="wrods")
    with pytest.raises(ConfigError, match="references 'bset': did you mean 'best'"):
        rouge.score(["a"], ["a"], reference_mode="bset")
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    with pytest.raises(ConfigError) as told:
        rouge.signature(True, 1, 1, tokenization="words")
    assert str(told.value).endswith("this needs pip install 'summarizer-lstm[words]'")
    assert "\n" not in str(told.value)


# --- several references ------------------------------------------------------------------------

sentences = st.lists(st.sampled_from([*WORDS, "\n"]), max_size=8).map(" ".join)


@given(sentences, st.lists(sentences, min_size=1, max_size=4), stemming)
def test_the_best_reference_is_rouge_scores(prediction, references, stem):
    prediction, references = f"{prediction}\n", [f"{one}\n" for one in references]
    scorer = rouge_scorer.RougeScorer(rouge.METRICS, use_stemmer=stem)
    expected = scorer.score_multi(references, prediction)
    found = rouge.score_details([prediction], [references], stem)
    for metric in rouge.METRICS:
        np.testing.assert_allclose(found[metric][0] / 100, expected[metric], rtol=0, atol=1e-12)


@given(sentences, st.lists(sentences, min_size=1, max_size=4))
def test_the_mean_is_of_all_references_and_the_first_is_the_first(prediction, references):
    each = [rouge.score_details([prediction], [one]) for one in references]
    mean = rouge.score_details([prediction], [references], reference_mode="mean")
    first = rouge.score_details([prediction], [tuple(references)], reference_mode="first")
    for metric in rouge.METRICS:
        expected = np.mean([one[metric] for one in each], axis=0)
        np.testing.assert_allclose(mean[metric], expected, atol=1e-9)
        np.testing.assert_array_equal(first[metric], each[0][metric])


def test_lsum_forgives_the_order_of_sentences_and_l_does_not():
    scores = rouge.score(["Cats sleep. Dogs bark."], ["Dogs bark. Cats sleep."])
    assert scores["rougeLsum"][0] == pytest.approx(100)
    assert scores["rougeL"][0] == pytest.approx(50)


def by_definition(prediction: list[str], reference: list[str], metric: str) -> float:
    """F by Lin (2004), slowly: matched n-grams one by one, all subsequences."""
    if metric == "rougeL":
        hits = next(
            size
            for size in range(len(reference), -1, -1)
            if {*combinations(reference, size)} & {*combinations(prediction, size)}
        )
        sizes = (len(prediction), len(reference))
    else:
        n = int(metric[-1])
        grams = [
            Counter(tuple(x[i : i + n]) for i in range(len(x) - n + 1))
            for x in (prediction, reference)
        ]
        hits = sum((grams[0] & grams[1]).values())
        sizes = (sum(grams[0].values()), sum(grams[1].values()))
    return 200 * hits / sum(sizes) if hits else 0.0


@given(
    st.lists(st.sampled_from("中文字é"), max_size=7),
    st.lists(st.sampled_from("中文字é"), max_size=7),
    st.sampled_from(["rouge1", "rouge2", "rougeL"]),
)
@settings(max_examples=200)
def test_scores_are_those_of_the_definition(prediction, reference, metric):
    found = rouge.score([" ".join(prediction)], [" ".join(reference)])[metric][0]
    assert found == pytest.approx(by_definition(prediction, reference, metric), abs=1e-9)


def test_only_ascii_words_are_stemmed():
    assert rouge.score(["networks"], ["network"], stem=True)["rouge1"][0] == 100
    assert rouge.score(["networks"], ["network"], stem=False)["rouge1"][0] == 0
    assert rouge.score(["études"], ["étude"], stem=True)["rouge1"][0] == 0


def test_empty_texts_score_zero():
    for pair in (("", "a b"), ("a b", ""), ("", ""), ("。", "a")):
        assert all(v[0] == 0 for v in rouge.score([pair[0]], [pair[1]]).values())
    assert all(v.shape == (0,) for v in rouge.score([], []).values())
    with pytest.raises(ValueError, match="1 predictions for 2 references"):
        rouge.score(["a"], ["a", "b"])


def test_stemming_is_the_default_where_letters_are_ascii():
    assert rouge.default_stem(["A title", "Zürich"])
    assert not rouge.default_stem(["一个标题 of 神经网络模型", SCRIPTS["Russian"]])
    assert rouge.default_stem([])


def test_the_signature_names_what_decides_the_numbers():
    assert rouge.signature(True, 1000, 1) == (
        "rouge|tok:unicode|stem:yes|lsum:split|refs:best|boot:1000|seed:1|"
        f"v2+sentencex-{metadata.version('sentencex')}"
    )
    words = rouge.signature(True, 10, 2, tokenization="words")
    assert "|tok:unicode-words|" in words
    assert words.endswith(f"+icu4py-{metadata.version('icu4py')}")
    assert "|refs:mean|" in rouge.signature(True, 10, 2, "mean")
    assert "|stem:no|" in rouge.signature(False, 10, 2)
    assert "|boot:10|seed:2|" in rouge.signature(False, 10, 2)


def test_importing_the_module_does_not_load_rouge_score():
    code = (
        "import sys, summarizer.evaluation.evaluate; "
        "print([m for m in ('rouge_score', 'nltk', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
