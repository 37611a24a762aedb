"""Numbers and names come from the document: what is one, who knows it, and that none slips in."""

import io
import itertools
import json
import re
import shutil
import unicodedata

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer import cli, vocabulary
from summarizer import config as configuration
from summarizer.api import ensemble, prepare_data
from summarizer.api.summarizer import Summarizer
from summarizer.config import Config
from summarizer.datasets import lowercase_words
from summarizer.decoding.graph_inputs import BOUNDARY, OUTPUTS, STRATEGIES, input_types
from summarizer.decoding.options import DecodingOptions
from summarizer.errors import InputError, ModelError
from summarizer.runtime import constraint_retry
from summarizer.runtime import decoding_plan as plans
from summarizer.runtime.constraint_retry import ROOM_GROWTH, ConstraintChecker
from summarizer.runtime.constraints import FAILURES_PER_STAGE
from summarizer.runtime.faithfulness import FaithfulnessFilter
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.runtime.phrases import Phrases
from summarizer.text import digit_groups, numbers_and_names
from summarizer.types import Example, Hypothesis
from summarizer.vocabulary import END, PAD

# --- what a number and a name is ---------------------------------------------------------------

COMMON = set(
    numbers_and_names.mention_words(
        "the a of in and was were cost costs heat co s study we to for strasse it at"
    )
)


@pytest.mark.parametrize(
    ("summary", "document", "lacking"),
    [
        ("It cost 1,000 euros", "for 1000 euros", []),
        ("It cost 1000 euros", "it cost 1,000 euros", []),
        ("It cost 1,000,000.5 euros", "it cost euros 1000000.5", []),
        ("cost 10,00", "cost 1000", ["10,00"]),
        ("cost 1.000", "cost 1000", ["1.000"]),
        ("cost 5%", "cost 5 in all", []),
        ("cost 1.5", "cost 1, then 5", ["1.5"]),
        ("cost 1.5", "cost 1.50", ["1.5"]),
        ("cost 19", "cost 1 and 9", ["19"]),
        ("cost 2", "cost two", ["2"]),
        ("at 12:30", "at 12:30", []),
        ("at 12 and 30", "at 12:30", []),
        ("at 12:30", "at 12 and 30", ["12:30"]),
        ("in 2019", "in 2019/20", []),
        ("in the 1990s", "in 1990", ["1990s"]),
        ("COVID-19", "the 19 of Covid", []),
        ("GPT4", "GPT 4", ["GPT4"]),
        ("x\u00b2", "x2", []),
        ("\u0663\u0664 heat", "34", []),
        ("\uff11\uff12", "12", []),
        ("12 and 12", "x", ["12"]),
        ("三千 and 3000", "三千", ["3000"]),
        ("In 5 Studies", "STUDIES in 5", []),
        ("Fermi and Bose", "the bose gas", ["Fermi"]),
        ("the fermi gas", "gas of the", ["fermi"]),
        ("Heat", "the", []),
        ("The Study of heat", "", []),
        ("Fermi's heat", "Fermi", []),
        ("the Straße", "", []),
        ("Μάξ and МАКС and Ärzte", "", ["Μάξ", "МАКС", "Ärzte"]),
        ("北京 東京 אבג", "", []),
        ("用Fermi做3月", "fermi 3", []),
        ("用Bose做5月", "用fermi做3月", ["Bose", "5"]),
        ("๓ and ๑๒", "3", ["๑๒"]),
        ("zorpified heat", "heat", ["zorpified"]),
        ("", "", []),
    ],
)
def test_what_the_document_lacks_is_listed(summary, document, lacking):
    found = numbers_and_names.unsupported(summary, document, COMMON | {"gas"})
    assert [claim.text for claim in found] == lacking
    assert [c.number for c in found] == [any(map(str.isdecimal, c.text)) for c in found]


@pytest.mark.parametrize(
    ("summary", "lacking"),
    [
        ("Fermi and Bose met", ["Bose"]),
        ("We met. Fermi left with Bose", ["Bose"]),
        ("the fermi gas of 5", ["5"]),
        ("Of iPhones", ["iPhones"]),
    ],
)
def test_without_known_words_capitals_tell_names(summary, lacking):
    assert [claim.text for claim in numbers_and_names.unsupported(summary, "and met")] == lacking


texts = st.text("aB1 2.,:/-é中٣๓²'\n", max_size=25)


@given(texts, texts)
def test_what_is_listed_is_in_the_summary_and_not_in_the_document(summary, document):
    for known in (None, frozenset(), COMMON):
        assert numbers_and_names.unsupported(document, document, known) == []
        assert numbers_and_names.unsupported(summary, f"{document}\n{summary}", known) == []
        found = numbers_and_names.unsupported(summary, document, known)
        assert len({claim.text.casefold() for claim in found}) == len(found)
        for claim in found:
            assert claim.text in unicodedata.normalize("NFKC", summary)
            grouping = digit_groups.grouping_marks(unicodedata.normalize("NFKC", document))
            assert numbers_and_names.normalize_word(
                claim.text, grouping
            ) not in numbers_and_names.normalized_words(document)


# --- what training saw -------------------------------------------------------------------------

ROWS = [
    ("The Fermi gas in Paris, and the Bose gas.", "Gases of NASA"),
    ("A bose-like gas costs 10 euros; naïve Straße", "straße, γάτα"),
]


def test_recorded_words_are_those_in_lower_case(tmp_path, monkeypatch):
    seen = {"gas", "in", "and", "the", "of", "bose", "like", "costs", "euros", "naïve",
            "strasse", "γάτα"}  # fmt: skip
    for most in (100_000, 3):
        monkeypatch.setattr(lowercase_words, "_BUFFER", most)
        recorder = lowercase_words.LowercaseRecorder()
        examples = [Example(str(i), *row) for i, row in enumerate(ROWS)] * 3
        assert list(recorder.record(examples)) == examples
        recorder.save(tmp_path / lowercase_words.FILE)
        known = lowercase_words.load_lowercase_words(tmp_path)
        every = {
            numbers_and_names.normalize_word(w)
            for row in ROWS
            for text in row
            for w in numbers_and_names.mention_words(text)
        }
        assert {word for word in every if word in known} == seen
        assert len(known) == len(seen)
    assert [p.name for p in tmp_path.iterdir()] == [lowercase_words.FILE]
    more = lowercase_words.LowercaseRecorder()
    more.record_text("a word")
    more.add(tmp_path / lowercase_words.FILE)
    more.save(tmp_path / lowercase_words.FILE)
    again = lowercase_words.load_lowercase_words(tmp_path)
    assert all(word in again for word in seen | {"a", "word"})
    assert "fermi" not in again


def test_two_hundred_thousand_words_take_less_than_a_megabyte(tmp_path):
    recorder = lowercase_words.LowercaseRecorder()
    letters = "abcdefghijklmnopqrst"
    for first in letters:
        rest = itertools.product(letters, repeat=3)
        recorder.record_text(" ".join(f"{first}{''.join(word)}xy" for word in rest))
    recorder.save(tmp_path / lowercase_words.FILE)
    known = lowercase_words.load_lowercase_words(tmp_path)
    assert (tmp_path / lowercase_words.FILE).stat().st_size < 800_000
    assert 159_900 < len(known) <= 160_000
    others = (f"z{''.join(word)}xy" for word in itertools.product(letters, repeat=3))
    assert sum(word in known for word in others) < 10


def test_no_file_and_a_bad_file(tmp_path):
    assert lowercase_words.load_lowercase_words(tmp_path) is None
    path = tmp_path / lowercase_words.FILE
    lowercase_words.LowercaseRecorder().save(path)
    for content in (path.read_bytes()[:100], b"", b"no file of ours"):
        path.write_bytes(content)
        for read, place in (
            (lowercase_words.load_lowercase_words, tmp_path),
            (lowercase_words.LowercaseRecorder().add, path),
        ):
            with pytest.raises(
                ModelError, match="lowercase.npz: cut or not written by this program"
            ):
                read(place)
    np.savez(path, words=np.zeros(3))
    for read, place in (
        (lowercase_words.load_lowercase_words, tmp_path),
        (lowercase_words.LowercaseRecorder().add, path),
    ):
        with pytest.raises(ModelError, match="lowercase.npz: not made by this program"):
            read(place)


def learning(tmp_path, *settings):
    """The configuration of a run that learns from ROWS."""
    data = tmp_path / "data.jsonl"
    rows = [{"id": str(i), "document": f"{d} {i}", "summary": s} for i, (d, s) in
            enumerate(ROWS * 60)]  # fmt: skip
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    named = [f"data.train={data}", f"data.validation={data}", "vocabulary.size=330"]
    return configuration.apply_settings(Config(), [*named, *settings])


def test_training_leaves_its_words_and_they_can_be_recorded_later(tmp_path):
    config, folder = learning(tmp_path), tmp_path / "run"
    prepare_data.prepare_data(config, folder, False, False)
    path = folder / lowercase_words.FILE
    made = path.read_bytes()
    known = lowercase_words.load_lowercase_words(folder)
    assert ("bose" in known, "fermi" in known, "nasa" in known) == (True, False, False)
    assert prepare_data.build_lowercase_index(folder) == path
    assert path.read_bytes() == made
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"document": "all of fermi", "summary": "x"}) + "\n")
    prepare_data.build_lowercase_index(folder, str(other))
    assert "fermi" in lowercase_words.load_lowercase_words(folder)
    # A run that starts from the model knows what both saw.
    init = configuration.apply_settings(config, [f"train.init={folder}"])
    prepare_data.prepare_data(init, tmp_path / "tuned", False, False)
    tuned = lowercase_words.load_lowercase_words(tmp_path / "tuned")
    assert ("bose" in tuned, "fermi" in tuned, "nasa" in tuned) == (True, True, False)


def test_no_words_are_recorded_rather_than_a_part_of_them(tmp_path, caplog):
    caplog.set_level("INFO", "summarizer")
    first, tuned = tmp_path / "first", tmp_path / "tuned"
    prepare_data.prepare_data(learning(tmp_path), first, False, False)
    whole = (first / lowercase_words.FILE).read_bytes()
    (first / lowercase_words.FILE).unlink()
    init = learning(tmp_path, f"train.init={first}")
    tuned.mkdir()
    (tuned / lowercase_words.FILE).write_bytes(b"a part, of an earlier version")
    prepare_data.prepare_data(init, tuned, False, False)
    assert f"{first / lowercase_words.FILE}: missing, so the new model gets none" in caplog.text
    assert not (tuned / lowercase_words.FILE).exists()
    with pytest.raises(ModelError, match="lowercase.npz: no such file: .*tuned started from that"):
        prepare_data.build_lowercase_index(tuned)
    assert not (tuned / lowercase_words.FILE).exists()
    recorder = lowercase_words.LowercaseRecorder()
    recorder.record_text("zorp")
    recorder.save(first / lowercase_words.FILE)
    known = lowercase_words.load_lowercase_words(prepare_data.build_lowercase_index(tuned).parent)
    assert all(word in known for word in ("zorp", "bose"))
    assert len(known) == 1 + len(np.load(io.BytesIO(whole))["words"])


def test_words_cannot_be_recorded_of_an_ensemble(digits, tmp_path):
    members = [digits.folder, digits.folder / "weights.npz"]
    both = ensemble.create_ensemble(members, tmp_path / "both")
    before = (both / lowercase_words.FILE).read_bytes()
    with pytest.raises(ModelError, match=r"both: an ensemble of reverse_digits\+reverse_digits: "):
        prepare_data.build_lowercase_index(both)
    assert (both / lowercase_words.FILE).read_bytes() == before


def test_a_run_that_was_stopped_gets_its_words_when_it_is_resumed(tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    config, folder = learning(tmp_path), tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(lowercase_words.LowercaseRecorder, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            prepare_data.prepare_data(config, folder, False, False)
    assert not (folder / lowercase_words.FILE).exists()
    prepare_data.prepare_data(config, folder, True, False)
    assert "bose" in lowercase_words.load_lowercase_words(folder)


def test_an_ensemble_knows_what_its_members_saw(digits, tmp_path):
    members = []
    for name in ("one", "two"):
        folder = tmp_path / name
        leave = shutil.ignore_patterns("store", "checkpoint.npz", "model.onnx", "metrics.*")
        shutil.copytree(digits.folder, folder, ignore=leave)
        recorder = lowercase_words.LowercaseRecorder()
        recorder.record_text(name)
        recorder.save(folder / lowercase_words.FILE)
        members.append(folder)
    members[1] = members[1] / "weights.npz"
    known = lowercase_words.load_lowercase_words(
        ensemble.create_ensemble(members, tmp_path / "both")
    )
    assert [word in known for word in ("one", "two", "three")] == [True, True, False]


# --- what may be written -----------------------------------------------------------------------

LINES = [
    "we study the heat of a gas in 1990 and 2000, 77 or 3000",
    "the heat costs 10 of the 25 gases",
    "fermi and bose study cold gases; Planck, Curie and Rhône",
    "用深度学习的方法做学习",
]
KNOWN = "we study the heat of a gas in and costs gases cold"
LETTERS = ("characters", "bytes")  # no piece of which is a whole word
KINDS = ("unigram", "bpe", *LETTERS, "words")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    folder = tmp_path_factory.mktemp("known")
    recorder = lowercase_words.LowercaseRecorder()
    recorder.record_text(KNOWN)
    recorder.save(folder / lowercase_words.FILE)
    return folder


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def words(kind):
    return vocabulary.train_vocabulary(LINES * 20, {"words": 60}.get(kind, 330), kind=kind)


def spelled(piece):
    """What a piece alone says; of a byte beyond ASCII nothing."""
    if not re.fullmatch("<0x..>", piece):
        return piece
    return chr(int(piece[3:5], 16)) if int(piece[3:5], 16) < 128 else ""


def test_the_generator_loses_digits_and_names_that_the_document_lacks(words, known):
    strict, document = FaithfulnessFilter(words, known), "Fermi saw 25 gases"
    allowed = strict.generatable_tokens(document)
    pieces = dict(enumerate(words.tokens(range(words.size))))
    assert allowed[END]
    for i, piece in pieces.items():
        digit = any(map(str.isdigit, spelled(piece)))
        name = piece in ("▁bose", "▁planck", "▁curie", "▁rhône")
        assert not (allowed[i] and (digit or name)), piece
    by = {piece: i for i, piece in pieces.items()}
    assert all(allowed[by[piece]] for piece in ("▁the", "▁heat", "▁gas") if piece in by)
    assert "▁fermi" not in by or allowed[by["▁fermi"]]
    assert "▁fermi" not in by or not strict.generatable_tokens("saw 25 gases")[by["▁fermi"]]


def test_a_stem_of_known_words_may_be_written_until_only_whole_words_may(known):
    words = vocabulary.train_vocabulary(
        ["heat he gas gasps fermi"] * 30 + ["gases"] * 30, 60, kind="words"
    )
    strict, text = FaithfulnessFilter(words, known), "gases"
    ids = {piece: i for i, piece in enumerate(words.tokens(range(words.size)))}
    for piece, first, last in (
        ("▁he", True, False), ("▁heat", True, True), ("▁fermi", False, False),
        ("▁gasps", False, False),
    ):  # fmt: skip
        assert strict.generatable_tokens(text)[ids[piece]] == first
        assert strict.generatable_tokens(text, whole_words_only=True)[ids[piece]] == last


def test_at_last_only_whole_words_are_left(words, known):
    strict, document = FaithfulnessFilter(words, known), "Fermi saw 25 gases of Zorp, used 用学习"
    allowed = strict.generatable_tokens(document, whole_words_only=True)
    barred = strict.uncopyable_tokens(document, whole_words_only=True)
    digits = strict.uncopyable_tokens(document)
    ids = words.encode(document)
    assert digits <= barred <= set(ids)
    texts = dict(zip(ids, words.tokens(ids, document), strict=True))
    assert {i for i in ids if any(map(str.isdigit, spelled(texts[i])))} == digits
    may = [i for i in range(words.size) if allowed[i]] + [i for i in ids if i not in barred]
    random = np.random.default_rng(1)
    for _ in range(300):  # whatever is put together from these claims nothing else
        text = words.decode([int(i) for i in random.choice(may, 6) if i != END], document)
        assert strict.unsupported(text, document) == []


# --- a search that makes things up -------------------------------------------------------------


class Inventor(OnnxSummarizer):
    """A session whose search writes at random what it is allowed to, or may copy."""

    def __init__(self, words, folder, longest=9):
        self.config, self.vocabulary, self.folder = Config(), words, folder
        self._phrases, self._selector, self._path = Phrases(words), None, folder / "model.onnx"
        self._inputs, self._outputs = set(input_types()), list(OUTPUTS)
        self._strategies = STRATEGIES
        self.random, self.longest, self.asked = np.random.default_rng(1), longest, []

    def search(self, documents, beam=None, max_tokens=None, inputs=None, seed=None):
        self.asked.append((max_tokens, inputs))
        shape = (len(documents), beam, max_tokens)
        found = {n: np.zeros(shape, np.float32) for n in ("gate", "steps")}
        found["pieces"] = np.zeros(shape, np.int32)
        found["attention"] = np.zeros((*shape, max(map(len, documents))), np.float32)
        for b, document in enumerate(documents):
            allowed = inputs.get("allowed", np.ones((len(documents), self.vocabulary.size), bool))[
                b
            ]
            may = [i for i in np.flatnonzero(allowed) if i > 3]
            banned = inputs["banned"][b] if "banned" in inputs else []
            for k in range(beam):
                ids = self.written(may, document, banned, min(self.longest, max_tokens - 1))
                found["pieces"][b, k, : len(ids) + 1] = [*ids, END]
        found["log_prob"] = -np.arange(shape[1], dtype=np.float32) - np.ones(shape[:2], np.float32)
        return {**found, "score": found["log_prob"]}

    def written(self, may, document, banned, longest):
        begins, out = self._phrases.begins, []

        def ends(piece):
            return piece == END or piece >= len(begins) or bool(begins[piece])

        def completes(piece):
            now = [*out, piece]
            for phrase in ([int(p) for p in row if p != PAD] for row in banned):
                if (
                    phrase
                    and len(now) >= len(phrase)
                    and all(
                        ends(s) if p == BOUNDARY else s == p
                        for s, p in zip(now[-len(phrase) :], phrase, strict=True)
                    )
                ):
                    return True
            return False

        for _ in range(longest):
            source = document if self.random.random() < 0.6 else may
            piece = int(self.random.choice(source)) if len(source) else END
            if not completes(piece):
                out.append(piece)
        while out and completes(END):
            out.pop()
        return out


DOCUMENT = "In 1990 Fermi and 25 others (of 2,000) saw the heat of Zorpish gases. 用学习 of 10."


def test_a_strict_summary_claims_nothing_that_the_document_lacks(kind, words, known, monkeypatch):
    monkeypatch.setattr(constraint_retry, "MAX_SEARCHES", 3 * FAILURES_PER_STAGE + 4)
    seen = lowercase_words.load_lowercase_words(known)
    wild = Inventor(words, known)
    free = wild.summarize([DOCUMENT] * 9, DecodingOptions(beam=2))
    assert sum(bool(numbers_and_names.unsupported(s.text, DOCUMENT, seen)) for s in free) > 2
    none, sizes = 0, set()
    for beam, wish in (1, {}), (4, {}), (2, {"n_best": 2}):
        session = Inventor(words, known)
        options = DecodingOptions(beam=beam, faithful="strict", **wish)
        for _ in range(9):
            try:
                (summary,) = session.summarize([DOCUMENT], options)
            except InputError:
                none += 1
                continue
            assert len(summary.alternatives) == options.n_best or kind in LETTERS
            for hypothesis in summary.alternatives:
                assert numbers_and_names.unsupported(hypothesis.text, DOCUMENT, seen) == []
        sizes |= {int(asked["allowed"].sum()) for _, asked in session.asked}
    assert not none or kind in LETTERS
    # Pieces came down to whole words; words are whole anyway.
    assert words.has_document_words or len(sizes) > 1


def test_what_the_user_wants_said_is_no_claim(words, known):
    promised, plan = "Curie 77", plans.make_plan(DecodingOptions(), Config().decode, len)
    checker = ConstraintChecker(
        DecodingOptions(must_include=(promised,), prefix="Planck"), plan, Phrases(words),
        lambda text: len(text.split()), FaithfulnessFilter(words, known),
    )  # fmt: skip
    constraints = checker.constraints(DOCUMENT)
    ids = words.encode_summary(f"Planck {promised} 1990", DOCUMENT)
    text = "Planck Curie 77 1990"
    found = Hypothesis(tuple(ids), text, -1.0, -1.0)
    assert checker.tighten_if_violated(found, constraints) is None
    found = Hypothesis(tuple(ids), text + " 78", -1.0, -1.0)
    stricter = checker.tighten_if_violated(found, constraints)
    assert stricter.failed_attempts == 1
    assert stricter.banned > constraints.banned
    for _ in range(2 * FAILURES_PER_STAGE):
        stricter = checker.tighten_if_violated(found, stricter)
    needed = {i for phrase in (*stricter.required, stricter.prefix) for i in phrase}
    assert stricter.whole_words_only
    assert not {i for phrase in stricter.banned if len(phrase) == 1 for i in phrase} & needed


WRITINGS = {  # name → the marks between groups, and the decimal mark
    "plain": ("", "."),
    "English": (",", "."),
    "German": (".", ","),
    "French": ("\u202f", ","),
    "Russian": ("\u00a0", ","),
    "thin": ("\u2009", "."),
    "spaced": (" ", "."),
    "Swiss": ("'", "."),
    "Swiss in print": ("\u2019", "."),
}


def written_number(whole, fraction, writing):
    """A number with groups of three digits, as a writing has them."""
    groups, decimal = WRITINGS[writing]
    return f"{whole:,}".replace(",", groups) + (f"{decimal}{fraction}" if fraction else "")


def numbers_of(text):
    """The numbers of a summary, found word by word, without spaces between groups of digits."""
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    words = []
    for word in re.sub("[^A-Za-z0-9.,:/' ]", " | ", text).replace("'", " ").split():
        if (
            words
            and re.fullmatch(r"\d{1,3}( \d{3})*", words[-1])
            and re.match(r"\d{3}(?!\d)", word)
        ):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return [w.strip(".,:/").replace(" ", "") for w in words if any(map(str.isdigit, w))]


@pytest.fixture(scope="module")
def letters():
    lines = [*LINES, "paid 1.5 and 2,5 and 3'0\u20194 : / ; 6 7 8 9"]
    return vocabulary.train_vocabulary(lines * 20, 330, kind="characters")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(WRITINGS)),
    st.lists(st.tuples(st.integers(0, 3_000_000), st.sampled_from(["", "", "5", "25"])),
             min_size=1, max_size=4),
)  # fmt: skip
def test_no_strict_summary_has_a_number_that_its_document_lacks(letters, known, writing, numbers):
    written = [written_number(*number, writing) for number in numbers]
    document = "the heat " + " and a gas ".join(written) + " costs"
    clear = writing != "German" or any(f or whole >= 10**6 for whole, f in numbers)
    allowed = set()
    for (whole, fraction), own in zip(numbers, written, strict=True):
        allowed.add(unicodedata.normalize("NFKC", own).replace(" ", ""))
        for mark in ".,":
            end = f"{mark}{fraction}" if fraction else ""
            allowed |= {f"{form}{end}" for form in (f"{whole}", f"{whole:,}") if clear}
    session = Inventor(letters, known, longest=20)
    (found,) = session.summarize([document], DecodingOptions(faithful="strict", beam=4))
    assert set(numbers_of(found.text)) <= allowed
    for own, (whole, _) in zip(written, numbers, strict=True):
        assert numbers_and_names.unsupported(f"a {own}", document, COMMON) == []
        for wrong in (f"{whole}7", f"{whole + 1}", f"7{own}"):
            if wrong not in allowed:
                assert numbers_and_names.unsupported(f"a {wrong}", document, COMMON), wrong


def test_strict_gives_up_in_one_line(words, known, monkeypatch):
    session = Inventor(words, known)
    monkeypatch.setattr(session, "written", lambda *_: words.encode_summary("In 3000", DOCUMENT))
    with pytest.raises(InputError, match="^no summary satisfies all constraints for the document"):
        session.summarize([DOCUMENT], DecodingOptions(faithful="strict"))


# --- with the trained model --------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(digits):
    return Summarizer.load(digits.folder)


TEXTS = ["3 1 4 1 5 9 2 6", "2 7 1", "8 6 7 5 3", "10 23 5 77"]
WILD = [
    *({"strategy": "sample", "temperature": 3.0, "beam": 6, "seed": seed} for seed in range(2)),
    {"min_words": 6},
    {"must_not_include": ["1", "7"], "n_best": 3},
    {"strategy": "diverse", "beam": 4, "beam_groups": 2, "diversity_penalty": 9.0},
]


def made(summary, document):
    """Numbers of a summary that its document of numbers does not hold."""
    held = document.split()
    numbers = [w for w in numbers_and_names.mention_words(summary) if any(map(str.isdigit, w))]
    return [number for number in dict.fromkeys(numbers) if number not in held]


def test_no_made_up_number_is_in_a_strict_summary(model):
    before, none = 0, 0
    for wishes, text in itertools.product(WILD, TEXTS[1:]):
        (free,) = model.summarize([text], **wishes)
        assert free.unsupported is None
        before += any(made(h.text, text) for h in free.alternatives)
        try:
            (found,) = model.summarize([text], faithful="strict", **wishes)
        except InputError:  # it knows nothing but digits, and may have no others
            none += 1
            continue
        assert found.unsupported == ()
        for hypothesis in found.alternatives:
            assert made(hypothesis.text, text) == []
            assert any(map(str.isalnum, hypothesis.text))
    assert before >= 5
    assert 2 * none < len(WILD) * len(TEXTS[1:])


def test_warnings_name_what_is_made_up(digits, model, tmp_path, capsys):
    document = tmp_path / "a.txt"
    document.write_text(TEXTS[1])
    command = ["summarize", "--model", str(digits.folder), "--json", "--faithful", "warn"]
    command += ["--strategy", "sample", "--temperature", "3", "--beam", "1", "--seed"]
    said_any = 0
    for seed in range(5):
        assert cli.main([*command, str(seed), str(document)]) == 0
        said = capsys.readouterr()
        record = json.loads(said.out)
        assert set(made(record["summary"], TEXTS[1])) <= set(record["unsupported"])
        wrong = record["unsupported"]
        line = f"summarizer: {document}: not in the document: {', '.join(map(repr, wrong))}\n"
        assert said.err == (line if wrong else "")
        said_any += bool(wrong)
    assert said_any


def test_alternatives_are_checked_each(digits, tmp_path, capsys):
    document = tmp_path / "a.txt"
    document.write_text(TEXTS[1])
    command = ["summarize", "--model", str(digits.folder), "--json", "--faithful", "warn"]
    command += ["--strategy", "sample", "--temperature", "3", "--beam", "3", "--n-best", "3"]
    more = 0  # commands whose best summary claims less than the others
    for seed in range(5):
        assert cli.main([*command, "--seed", str(seed), str(document)]) == 0
        said = capsys.readouterr()
        record = json.loads(said.out)
        assert len(record["alternatives"]) > 1
        for one in record["alternatives"]:
            assert set(made(one["summary"], TEXTS[1])) <= set(one["unsupported"])
        assert record["unsupported"] == record["alternatives"][0]["unsupported"]
        wrong = dict.fromkeys(w for one in record["alternatives"] for w in one["unsupported"])
        line = f"summarizer: {document}: not in the document: {', '.join(map(repr, wrong))}\n"
        assert said.err == (line if wrong else "")
        more += set(wrong) > set(record["unsupported"])
    assert more


def test_an_outline_is_checked_paragraph_by_paragraph(digits, tmp_path, capsys):
    parts = ["3 1 4 " * 10, "11 13 14 31 33 34 41 43 44 " * 4]  # what is put together of the first
    document = tmp_path / "a.txt"
    document.write_text("\n\n".join(parts))
    command = ["summarize", "--model", str(digits.folder), "--json", "--faithful", "warn"]
    command += ["--outline", "--strategy", "sample", "--temperature", "3", "--beam", "1", "--seed"]
    elsewhere = 0  # what another paragraph holds
    for seed in range(5):
        assert cli.main([*command, str(seed), str(document)]) == 0
        said = capsys.readouterr()
        lines = json.loads(said.out)["outline"]
        for line, part in zip(lines, parts, strict=True):
            assert set(made(line["summary"], part)) <= set(line["unsupported"])
            elsewhere += bool(set(line["unsupported"]) & set(" ".join(parts).split()))
        wrong = dict.fromkeys(word for line in lines for word in line["unsupported"])
        told = f"{document}: not in the summarized paragraph: {', '.join(map(repr, wrong))}\n"
        assert said.err.endswith(f"summarizer: {told}") or not wrong
    assert elsewhere


def test_a_model_without_its_words_warns_of_less_and_cannot_be_strict(digits, tmp_path, capsys):
    for name in ("config.json", "vocabulary.model", "model.onnx"):
        shutil.copy(digits.folder / name, tmp_path)
    document = tmp_path / "a.txt"
    document.write_text("1 2 3")
    command = ["summarize", "--model", str(tmp_path), str(document), "--faithful"]
    file = f"summarizer: {tmp_path / lowercase_words.FILE}: no such file"
    assert cli.main([*command, "warn"]) == 0
    assert capsys.readouterr().err == f"{file}: names are recognized by capitals alone\n"
    assert cli.main([*command, "strict"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"{file}; --faithful strict needs it to recognize names")
    line = "^unknown faithful 'strikt': did you mean 'strict'\\? known: off, strict, warn$"
    with pytest.raises(InputError, match=line):
        Summarizer.load(tmp_path).summarize(["1 2 3"], faithful="strikt")


def test_evaluating_can_be_strict(digits, tmp_path):
    data = tmp_path / "data.jsonl"
    rows = [{"document": text, "summary": "1 2"} for text in TEXTS[:3]]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["evaluate", digits.folder, data, "--output", tmp_path / "out", "--faithful", "strict"]
    assert cli.main([*map(str, words), "--min-words", "6"]) == 0
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    for line, row in zip(lines, rows, strict=True):
        assert made(json.loads(line)["prediction"], row["document"]) == []


def test_a_document_without_a_summary_leaves_the_others(
    digits, tmp_path, monkeypatch, caplog, capsys
):
    summarize = Summarizer.summarize

    def picky(self, texts, **options):
        if options.get("explain"):  # for the page, which does without
            raise ModelError("not told")
        if any("7" in text for text in texts):
            raise InputError("none found")
        return summarize(self, texts, **options)

    monkeypatch.setattr(Summarizer, "summarize", picky)
    data = tmp_path / "data.jsonl"
    words = ["evaluate", digits.folder, data, "--output", tmp_path / "out", "--allow-overlap"]

    def evaluated(*texts):
        rows = [{"id": f"n{text}", "document": text, "summary": "1 2"} for text in texts]
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return cli.main([*map(str, words)])

    assert evaluated("3 1 4", "2 7 1", "5 9") == 0
    assert "n2 7 1: none found; its prediction is empty" in caplog.text
    assert "1 of 3 predictions are empty and score 0, the first that of 'n2 7 1'" in caplog.text
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    first, none, last = (json.loads(line)["prediction"] for line in lines)
    assert (bool(first), none, bool(last)) == (True, "", True)
    capsys.readouterr()
    assert evaluated("7 1", "2 7") == 1  # it is not the documents
    assert capsys.readouterr().err.endswith("summarizer: none found\n")


# --- length ------------------------------------------------------------------------------------


class Slow(Inventor):
    """Its search writes the same two words each time, as far as there is room."""

    def __init__(self, folder, needed):
        words = vocabulary.train_vocabulary(LINES * 20, 330)
        super().__init__(words, folder, longest=10_000)
        (letter,) = [i for i, piece in enumerate(words.tokens(range(words.size))) if piece == "e"]
        self.whole = [*words.encode("heat"), *words.encode("a"), *[letter] * needed]

    def written(self, may, document, banned, longest):
        return self.whole[:longest]


@pytest.mark.parametrize("wish", [{"max_words": 2}, {"max_words": 3, "min_words": 2}])
@pytest.mark.parametrize("needed", [3, 11, 30, 85])
def test_no_word_is_cut_to_meet_a_length(known, needed, wish):
    session = Slow(known, needed)
    (found,) = session.summarize(["the heat"], DecodingOptions(**wish))
    assert found.text == "Heat a" + "e" * needed
    rooms = [room for room, _ in session.asked]
    assert rooms == [rooms[0] * 2**i for i in range(len(rooms))]
    assert rooms[-1] > len(session.whole) + 1
    assert len(rooms) == 1 or rooms[-2] <= len(session.whole) + 1


def test_a_word_that_never_ends_is_cut_at_last(known):
    session = Slow(known, 10_000)
    (found,) = session.summarize(["the heat"], DecodingOptions(max_words=2))
    rooms = [room for room, _ in session.asked]
    assert rooms[-1] == ROOM_GROWTH * rooms[0]
    assert len(found.hypothesis.ids) == rooms[-1] - 1
    assert len(rooms) < 6
    (found,) = session.summarize(["the heat"])  # the model's own limit is one of pieces
    assert len(found.hypothesis.ids) == Config().decode.max_tokens - 1


@pytest.mark.parametrize(("kind", "pieces"), [("unigram", 24), ("characters", 64), ("bytes", 124)])
def test_a_word_has_as_many_pieces_as_its_vocabulary_gives_it(kind, pieces):
    decode = configuration.apply_settings(Config(), ["decode.max_tokens=400"]).decode
    assert plans.make_plan(DecodingOptions(max_words=5), decode, len, kind).max_tokens == pieces
