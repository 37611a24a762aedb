"""ROUGE: rouge_score's numbers on ASCII text, the definition's numbers in every script."""

import random
import string
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer, tokenizers

from summarizer.evaluation import rouge, tokens

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
}

ascii_text = st.text(alphabet=[chr(c) for c in range(128)], max_size=80)
lexical = st.lists(st.sampled_from([*WORDS, ".", "\n", "!"]), max_size=25).map(" ".join)
stemming = st.booleans()


def theirs(prediction: str, reference: str, stem: bool) -> dict[str, tuple[float, ...]]:
    scorer = rouge_scorer.RougeScorer(rouge.METRICS, use_stemmer=stem)
    return {m: tuple(s) for m, s in scorer.score(reference, prediction).items()}


def assert_same(prediction: str, reference: str, stem: bool, metrics: tuple[str, ...]) -> None:
    expected = theirs(prediction, reference, stem)
    found = rouge.details([prediction], [reference], stem)
    for metric in metrics:
        np.testing.assert_allclose(found[metric][0] / 100, expected[metric], rtol=0, atol=1e-12)


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
def test_many_random_word_texts_score_as_in_rouge_score(stem):
    draw = random.Random(4)
    vocabulary = ["".join(draw.choices("aeiou" + "gnst", k=draw.randint(1, 9))) for _ in range(40)]
    for _ in range(150):
        first, second = (
            "\n".join(" ".join(draw.choices(vocabulary, k=draw.randint(1, 9))) for _ in range(3))
            for _ in range(2)
        )
        assert_same(first, second, stem, rouge.METRICS)


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
    words = tokens.words(SCRIPTS[script])
    half = words[: len(words) // 2]
    spaces = "" if tokens.spaceless(SCRIPTS[script]) else " "
    precision, recall, _ = rouge.details([spaces.join(half)], [SCRIPTS[script]])["rouge1"][0]
    assert precision == pytest.approx(100)
    assert recall == pytest.approx(100 * len(half) / len(words))


def test_chinese_sentences_that_share_a_latin_name_are_not_the_same():
    first, second = "苹果公司今天发布了iPhone 15手机", "他昨晚把旧的iPhone 15摔坏了"
    scores = rouge.score([first], [second])
    assert all(0 < values[0] < 60 for values in scores.values())
    assert theirs(first, second, True)["rouge1"][2] == 1  # what this replaces


def test_words_of_each_script():
    assert tokens.words("iPhone15手机, 很好") == ["iphone15", "手", "机", "很", "好"]
    assert tokens.words("L’été à Zürich_nord") == ["l", "été", "à", "zürich", "nord"]
    assert tokens.words("हिन्दी में") == ["हिन्दी", "में"]
    assert tokens.words("ที่ดี") == ["ที่", "ดี"]  # marks stay with their letter
    assert tokens.words("カﾞラス") == ["カ", "ﾞ", "ラ", "ス"]
    assert tokens.words("새로운 모델") == ["새로운", "모델"]
    assert tokens.words("ΟΔΟΣ.") == ["οδο\N{GREEK SMALL LETTER FINAL SIGMA}"]
    assert tokens.words("ÉTÉ") == tokens.words("e\u0301te\u0301")
    assert tokens.words("می\u200cخواهم") == ["میخواهم"]  # a joiner is no boundary
    assert tokens.words("ไทย\u200babc\u200bdef")[-2:] == ["abc", "def"]
    assert tokens.words("葛\U000e0100城") == ["葛", "城"]
    assert tokens.words("❤️ 👍🏽 — \u0301") == []


@given(st.text(max_size=60))
def test_tokens_of_any_text_are_stable(text):
    found = tokens.words(text)
    assert all(found)
    assert tokens.words(" ".join(found)) == found
    assert tokens.words(unicodedata.normalize("NFD", text)) == found


@given(ascii_text)
def test_ascii_words_are_the_same_beside_other_scripts(text):
    assert tokens.words(f"{text} é") == [*tokens.words(text), "é"]


@given(st.text(alphabet='ab .!?\n。！")é中', max_size=40))
def test_cutting_into_lines_changes_no_token(text):
    assert tokens.words(tokens.lines(text)) == tokens.words(text)


def test_sentences_are_cut_by_the_stated_rule():
    assert tokens.lines("One. Two 3.5 up! “Three?” Four") == "One.\nTwo 3.5 up!\n“Three?”\nFour"
    assert tokens.lines("一。二！“三？”四") == "一。\n二！\n“三？”\n四"
    assert tokens.lines("एक। दो") == "एक।\nदो"
    assert tokens.lines("One. Two.\nThree") == "One. Two.\nThree"


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
        "rouge|tok:unicode|stem:yes|lsum:split|refs:first|boot:1000|seed:1|v1"
    )
    assert "|stem:no|" in rouge.signature(False, 10, 2)
    assert "|boot:10|seed:2|" in rouge.signature(False, 10, 2)


def test_importing_the_module_does_not_load_rouge_score():
    code = (
        "import sys, summarizer.evaluation.report; "
        "print([m for m in ('rouge_score', 'nltk', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
