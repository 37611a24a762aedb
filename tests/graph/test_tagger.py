"""Keep or drop: labels by alignment, the network that learns them, what it keeps, what may be
copied."""

import dataclasses
import functools
import itertools
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from summarizer import cli, plugins, storage, vocabulary
from summarizer import config as configuration
from summarizer.api import export
from summarizer.api.ensemble import create_ensemble
from summarizer.api.presets import apply_overrides, load_preset
from summarizer.api.summarizer import Summarizer
from summarizer.api.verify_export import verify_export
from summarizer.comparison import compare_variants
from summarizer.config import ModelConfig, Part, TrainConfig
from summarizer.datasets import tag_labels
from summarizer.datasets.tag_labels import DROP, KEEP
from summarizer.decoding import scoring
from summarizer.decoding.graph_inputs import pad_sequences
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import search
from summarizer.decoding.search_step import Conditions
from summarizer.decoding.tag_decoding import TaggedDocument
from summarizer.errors import ConfigError, InputError, ModelError
from summarizer.exporters import onnx_export, parity
from summarizer.metrics import tagging
from summarizer.model import build, named_weights, pointer
from summarizer.model import tagger as tagger_module
from summarizer.model.ensemble import Ensemble
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger
from summarizer.runtime import onnx_summarizer as session_module
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.runtime.onnx_tagger import OnnxTagger
from summarizer.text import alignment, cleaning
from summarizer.text.alignment import AlignedText
from summarizer.training import compile_step, step
from summarizer.types import Example
from summarizer.vocabulary import PAD, Vocabulary
from tests.commands import copy_model
from tests.gradients import compiled, differentiable

TEXT = "The well-known man, 25, was arrested (on Monday). He said he'd paid 1,000 euros."


@functools.cache
def pieces(kind="unigram") -> Vocabulary:
    """A vocabulary of each kind that cuts these texts into few pieces a word."""
    lines = [TEXT, "北京是中国的首都。", "A naïve café; the ﬁne man said so."] * 20
    return vocabulary.train_vocabulary(lines, {"words": 60}.get(kind, 330), kind=kind)


def plain(forms) -> AlignedText:
    """Words of one character, `,` and `.` among them marks."""
    forms, places = tuple(forms), range(len(forms) + 1)
    spoken = tuple(form not in ",." for form in forms)
    return AlignedText(forms, forms, spoken, tuple(places[:-1]), tuple(places[1:]))


def taken(forms, chosen):
    return [form for form, kept in zip(forms, chosen, strict=True) if kept]


# --- labels ------------------------------------------------------------------------------------

some = st.text("abcd,.", max_size=12)


@given(st.lists(st.tuples(st.sampled_from("abc,."), st.booleans()), min_size=1, max_size=10))
def test_a_compression_by_deletion_is_labelled_exactly_and_in_the_fewest_runs(pairs):
    document, mask = zip(*pairs, strict=True)
    summary = taken(document, mask)
    found = alignment.kept_words(plain(document), plain(summary))
    if any(form.isalpha() for form in summary):
        assert taken(document, found) == summary
        every = itertools.product((False, True), repeat=len(document))
        least = min(runs(one) for one in every if taken(document, one) == summary)
        assert runs(found) == least


def runs(mask) -> int:
    return sum(kept and not before for before, kept in zip((False, *mask), mask, strict=False))


@given(some, some)
def test_nothing_is_kept_that_the_summary_lacks(document, summary):
    assert set(taken(document, alignment.kept_words(plain(document), plain(summary)))) <= set(
        summary
    )


@given(some, some)
def test_what_was_kept_is_kept_again(document, summary):
    once = taken(document, alignment.kept_words(plain(document), plain(summary)))
    again = taken(document, alignment.kept_words(plain(document), plain(once)))
    assert again == once or not any(map(str.isalpha, once))  # marks alone are no compression


def test_of_other_summaries_the_longest_shared_sequences_are_kept_where_they_first_occur():
    document = list("xabyabczbcabw")
    for summary, wanted in {
        "c q a b": [1, 2, 6],  # "a b" first stands there, and "c" alone
        "a b c q y": [1, 2, 3, 4, 5, 6],  # "a b" is not the longest at 4
        "q": [],
        "": [],
    }.items():
        found = alignment.kept_words(plain(document), plain(summary.split()))
        assert np.flatnonzero(found).tolist() == wanted, summary


@pytest.mark.parametrize("kind", ["unigram", "bpe", "characters", "bytes", "words"])
@pytest.mark.parametrize("text", [TEXT, "The ﬁne  naïve\tcafé 😀 x½ ﬀ", "北京 是中国的首都。Ok"])
def test_a_piece_is_where_its_text_is(kind, text):
    words = pieces(kind)
    ids, spans = words.encode(text), words.spans(text)
    assert len(ids) == len(spans)
    assert [begin for begin, _ in spans] == sorted(begin for begin, _ in spans)
    bare = "".join(text[begin:end] for begin, end in dict.fromkeys(spans))
    assert re.sub(r"\s", "", bare) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("kind", ["unigram", "bpe", "characters", "words"])
def test_a_word_is_kept_with_all_its_pieces(kind):
    words = pieces(kind)
    example = Example("1", TEXT, "The man was arrested. He'd paid 1,000.")
    labels = tag_labels.labels(example, words)
    ((ids, again),) = tag_labels.tokenize_labels([example], words)
    assert len(ids) == len(labels)
    assert (labels == again).all()
    assert set(labels.tolist()) == {KEEP, DROP}
    said = words.decode([i for i, label in zip(ids, labels, strict=True) if label == KEEP], TEXT)
    assert re.sub(r"\W", "", said).lower() == "themanwasarrestedhedpaid1000"
    assert tagging.kept_word_f1([TEXT], [said.lower()], [example.summary]) == [100]


def test_f1_of_kept_words_is_its_definition():
    document = "a b c d , e"
    ours, theirs = ["a b ,", "c", "", "", "a c"], ["b , e", "d", "", "a", "a c"]
    found = tagging.kept_word_f1([document] * 5, ours, theirs)
    # One of two and two; none; nothing as wanted; nothing; all.
    assert found.tolist() == [50, 0, 100, 0, 100]


# --- what is kept ------------------------------------------------------------------------------


def tagged(probabilities, text=TEXT, read=None, kind="unigram") -> TaggedDocument:
    """A document whose words have these probabilities; the last of them again for all others."""
    spans = pieces(kind).spans(text)[:read]
    owners = alignment.owners(alignment.aligned_text(text), spans)
    values = [*probabilities, *[probabilities[-1]] * 99]
    return TaggedDocument(text, spans, np.array([values[i] for i in owners]))


def length(text) -> int:
    return len(text.split())


def test_a_word_is_as_probable_as_its_pieces_on_average():
    words = pieces("characters")
    spans = words.spans("ab c")
    here = TaggedDocument("ab c", spans, np.arange(len(spans)))
    owner = alignment.owners(alignment.aligned_text("ab c"), spans)
    assert here.probability == pytest.approx([np.flatnonzero(owner == i).mean() for i in (0, 1)])


# The well - known man , 25 , was arrested ( on Monday ) . He said he'd paid 1,000 euros .
VALUES = [0.8, 0.1, 0.3, 0.2, 0.9, 0.4, 0.1, 0.4, 0.7, 0.95, 0.1, 0.3, 0.2, 0.1, 0.6, 0.1]


def test_words_are_kept_as_the_document_spells_them():
    here = tagged(VALUES)
    found = here.words(0.5, None, length)
    assert found.text == "The man was arrested."
    assert found.score == pytest.approx(np.mean([0.8, 0.9, 0.7, 0.95, 0.6]))
    kept = pieces().decode(np.array(pieces().encode(TEXT))[found.tokens], TEXT)
    assert kept.replace(" ", "") == "Themanwasarrested."
    assert here.words(0.39, None, length).text == "The man,, was arrested."
    assert here.words(0.25, None, length).text == "The-man,, was arrested on."
    assert here.words(0.99, None, length).text == "arrested"  # at least one
    assert tagged([1.0]).words(0.5, None, length).text == TEXT


def test_the_most_probable_words_are_kept_where_so_many_are_asked_for():
    here = tagged(VALUES)
    assert here.words(0.99, 2, length).text == "man arrested"
    assert here.words(0.1, 4, length).text == "The man was arrested"  # the mark is less probable
    assert length(tagged([0.5], "a – b – c").words(0.5, 3, length).text) <= 3
    assert here.words(0.5, 99, length).text == TEXT


def test_what_was_not_read_is_not_kept():
    read = sum(end <= TEXT.index("was") - 1 for _, end in pieces().spans(TEXT))
    assert tagged([1.0], read=read).words(0.0, None, length).text == "The well-known man, 25,"


def test_without_spaces_between_words_none_is_put_there():
    assert (
        tagged([1, 1, 0, 0, 0, 1], "北京中国的首都。").words(0.5, None, length).text == "北京首都。"
    )


def test_the_best_sentences_are_kept_in_the_order_of_the_document():
    text = "One is here. Two was there! Three is (also) here? Four."
    of = {"One is here.": 0.3, "Two was there!": 0.9, "Three is (also) here?": 0.1, "Four.": 0.5}
    spans = pieces().spans(text)
    ends = np.cumsum([len(sentence) + 1 for sentence in of])
    values = [list(of.values())[np.searchsorted(ends, b, side="right")] for b, _ in spans]
    here = TaggedDocument(text, spans, np.array(values))
    assert here.sentences(1, None, length).text == "Two was there!"
    assert here.sentences(2, None, length).text == "Two was there! Four."
    assert here.sentences(3, None, length).text == "One is here. Two was there! Four."
    assert here.sentences(3, 6, length).text == "Two was there! Four."
    assert here.sentences(2, 1, length).text == "Four."
    assert here.sentences(2, 2, length).text == "Four."
    assert here.sentences(9, None, length).text == text
    assert tagged([0.5], "Only one sentence here.").sentences(1, 2, length).text == "Only one"


# --- the network -------------------------------------------------------------------------------

SIZE = 30


def network(dropout=0.0, extended=False, **options) -> Tagger:
    encoder = Part("bidirectional", {"width": 6, **options})
    model = Tagger(
        ModelConfig(embedding_size=8, encoder=encoder, dropout=dropout), SIZE, 1, extended
    )
    random = np.random.default_rng(2)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return model


def batch(rows=4):
    """Documents of several lengths, their labels cut like summaries: ended, and longer or not."""
    random = np.random.default_rng(3)
    document = random.integers(4, SIZE, (rows, 9)).astype("int32")
    labels = random.integers(DROP, KEEP + 1, (rows, 12)).astype("int32")
    for i, real in enumerate([9, 4, 1, 6, 9, 2, 3, 8][:rows]):
        document[i, real:] = PAD
        labels[i, real] = vocabulary.END
        labels[i, real + 1 :] = PAD
    ones = (labels > 0).astype("float32")
    return {"document": document, "summary_in": labels, "summary_out": labels, "weight": ones}


def test_padding_changes_no_tag():
    model, document = network(), batch()["document"]
    wide = np.asarray(model.probabilities(np.pad(document, ((0, 0), (0, 5)))))
    alone = [np.asarray(model.probabilities(row[None, : (row > 0).sum()]))[0] for row in document]
    for i, row in enumerate(alone):
        assert row.min() > 0
        np.testing.assert_allclose(wide[i, : len(row)], row, atol=1e-6)
        assert not wide[i, len(row) :].any()


def test_a_word_of_one_document_is_read_as_unknown():
    model = network(extended=True)
    own = np.array([[5, SIZE + 3, 7]], "int32")
    known = np.array([[5, vocabulary.UNKNOWN, 7]], "int32")
    np.testing.assert_array_equal(
        np.asarray(model.probabilities(own)), np.asarray(model.probabilities(known))
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("width", [4, 12])  # labels of fewer and of more positions than S
def test_the_loss_is_the_cross_entropy_of_real_pieces(smoothing, width):
    model, given = network(), batch()
    given = {**given, "summary_out": given["summary_out"][:, :width]}
    value, shown = model.objective(given, smoothing, training=False)
    keep = np.asarray(model.probabilities(given["document"]), np.float64)
    plain_, smoothed, right, count = 0.0, 0.0, 0, 0
    for row, labels in zip(keep, given["summary_out"], strict=True):
        for p, label in zip(row, labels, strict=False):
            if label in (KEEP, DROP):
                hit, miss = (p, 1 - p) if label == KEEP else (1 - p, p)
                plain_ -= np.log(hit)
                smoothed -= (1 - smoothing / 2) * np.log(hit) + smoothing / 2 * np.log(miss)
                right, count = right + (hit > 0.5), count + 1
    assert float(value) == pytest.approx(smoothed / count, rel=1e-4)
    assert np.asarray(shown) == pytest.approx([plain_, count, right / count], rel=1e-4)


def test_gradients_of_the_tagger_are_finite_in_bfloat16_and_near_those_in_float32():
    found = []
    for precision in ("float32", "mixed_bfloat16"):
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(precision)
        try:
            model = network()
            of = functools.partial(model.objective, smoothing=0.0, training=True)
            run = differentiable(of, model.trainable_variables)
            found.append(np.concatenate([g.ravel() for g in run(batch())[2]]))
        finally:
            keras.config.set_dtype_policy(policy)
    assert np.isfinite(found[1]).all()
    assert np.linalg.norm(found[1] - found[0]) < 0.05 * np.linalg.norm(found[0])


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["graph", "xla"])
def test_the_compiled_step_learns_labels(compiler):
    model = network(dropout=0.1)
    optimizer = keras.optimizers.Adam(0.03)
    optimizer.build(model.trainable_variables)
    run = compile_step.make_train_step(
        model, optimizer, TrainConfig(batch_size=8, gradient_accumulation=2), compiler
    )
    said = []
    for number in range(60):
        step.set_dropout_seed(model, 1, number, 2)
        said.append(run(batch(8), {}))
    assert np.isfinite(said).all()
    assert said[-1].objective < 0.3 * said[0].objective
    assert said[-1].accuracy > 0.9


# --- bottom-up ---------------------------------------------------------------------------------


def test_what_is_copied_is_the_attention_on_what_is_selected():
    random = np.random.default_rng(4)
    attention = random.dirichlet(np.ones(6), (3, 2)).astype("float32")
    attention[2, 0] = [0.5, 0.5, 0, 0, 0, 0]
    selected = np.array([[1, 0, 1, 0, 0, 1], [1] * 6, [0, 0, 1, 1, 1, 1]], "float32")
    found = np.asarray(pointer.restrict_attention(ops.convert_to_tensor(attention), selected))
    for b, t in itertools.product(range(3), range(2)):
        left = attention[b, t] * selected[b]
        wanted = left / left.sum() if left.sum() else attention[b, t]
        np.testing.assert_allclose(found[b, t], wanted, rtol=1e-5)
    np.testing.assert_array_equal(found[1], attention[1])  # to the last bit


@functools.cache
def summarizer_network(seed=0) -> Seq2Seq:
    config = ModelConfig(
        embedding_size=8, encoder=Part("bidirectional", {"width": 6}),
        decoder_cell=Part("lstm", {"width": 12}), dropout=0.0,
    )  # fmt: skip
    model = Seq2Seq(config, 40, seed)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 4.0 ** (len(variable.shape) - 1))
    return model


def distribution(model, document, selected):
    """What two documents' first steps generate and copy, with the context that they go on with."""
    memory = model.encode(document)
    memory = memory if selected is None else model.mask_copying(memory, selected)
    state = model.initial_state(memory, 1)
    account, state = model.step(np.full((len(document), 1), vocabulary.START), state, memory)
    weights = model.next_token_scores(account, model.output_layer(), model.copy_indices(memory, 1))
    return np.exp(np.asarray(pointer.to_log_probs(*weights))), account, state


def test_copied_mass_is_on_selected_pieces_only_and_nothing_else_changes():
    model = summarizer_network()
    document = np.array([[10, 11, 12, 13], [14, 15, 16, PAD]], "int32")
    selected = np.array([[True, False, True, False], [True] * 4])
    free, account, state = distribution(model, document, None)
    here, narrowed, after = distribution(model, document, selected)
    np.testing.assert_array_equal(here[1], free[1])
    np.testing.assert_array_equal(np.asarray(narrowed.features), np.asarray(account.features))
    for one, other in zip(state.cells, after.cells, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    attention, generating = (np.asarray(x) for x in model.attention_and_gate(account))
    left = attention[0, 0] * selected[0]
    wanted = free[0, 0].copy()
    wanted[document[0]] += (1 - generating[0, 0]) * (left / left.sum() - attention[0, 0])
    np.testing.assert_allclose(here[0, 0], wanted, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(model.attention_and_gate(narrowed)[0]), attention)


@pytest.mark.slow
def test_a_search_with_all_selected_is_a_search_and_rows_do_not_meet():
    random = np.random.default_rng(5)
    document = random.integers(4, 40, (6, 8)).astype("int32")
    selected = random.random((6, 8)) < 0.5
    some = {"strategy": plugins.build("strategy", "beam", width=3), "width": 3}
    for model in (summarizer_network(), Ensemble([summarizer_network(), summarizer_network(1)])):
        find = functools.partial(search, model, limits=SearchLimits(2, 6, 0.7, 0), **some)
        run = compiled(
            lambda rows, chosen, find=find: find(rows, conditions=Conditions(None, chosen))
        )

        def found(rows, chosen, run=run):
            return [np.asarray(x) for x in run(rows, chosen)]

        plain_ = [np.asarray(x) for x in compiled(find)(document)]
        every = found(document, np.ones((6, 8), bool))
        for one, other in zip(plain_, every, strict=True):
            np.testing.assert_array_equal(one, other)
        together = found(document, selected)
        assert (together[0] != plain_[0]).any()
        for i in (0, 3):
            alone = found(document[i : i + 1], selected[i : i + 1])
            np.testing.assert_array_equal(alone[0][0], together[0][i])
            np.testing.assert_allclose(alone[2][0], together[2][i], atol=1e-4)


# --- from the command line to an exported graph --------------------------------------------------

SETTINGS = "vocabulary.size=400 model.embedding_size=24 model.encoder.width=24 train.steps=80"
SETTINGS += " train.batch_size=32 train.warmup_steps=10 train.learning_rate=0.01"
SETTINGS += " train.validation_examples=60"
SETTINGS += " data.max_document_tokens=64"


def compressions(count: int, seed: int):
    """Sentences that lose their adjectives, and who said it: a mark goes or stays by its place."""
    random = np.random.default_rng(seed)
    nouns, verbs = ["council", "harbour", "bridge", "river", "market"], ["opened", "closed", "sold"]
    adjectives = ["old", "red", "small", "rather", "noisy", "famous"]

    def noun():
        more = random.choice(adjectives, random.integers(0, 4), replace=False)
        return [(word, False) for word in more] + [(random.choice(nouns), True)]

    for i in range(count):
        words = [("The", True), *noun(), (random.choice(verbs), True), ("the", True), *noun()]
        said = random.choice(["", ", the old council said"])
        document = " ".join(word for word, _ in words) + f"{said}."
        summary = " ".join(word for word, kept in words if kept) + "."
        yield {"id": f"{seed}-{i}", "document": document, "summary": summary}


def written(path, count, seed):
    lines = (json.dumps(record) + "\n" for record in compressions(count, seed))
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A tagger trained and exported through the command line."""
    folder = tmp_path_factory.mktemp("tagger")
    data = written(folder / "train.jsonl", 1200, 1)
    command = f"train --preset tagger --data {data} --output {folder / 'run'}"
    settings = [word for setting in SETTINGS.split() for word in ("--set", setting)]
    assert cli.main([*command.split(), *settings]) == 0
    return folder / "run"


@pytest.mark.slow
def test_a_deletion_task_is_learned_through_the_command_line_tensorflow_only(run, capsys):
    data = written(run.parent / "test.jsonl", 100, 2)
    # Of so few words some documents are made a second time.
    assert cli.main(["evaluate", str(run), str(data), "--allow-overlap"]) == 0
    table = capsys.readouterr().out
    report = json.loads((run / "evaluation" / "report.json").read_text())
    assert re.search(r"^kept +\d", table, re.MULTILINE)
    assert report["scores"]["kept"]["mean"] >= 95
    assert report["scores"]["rouge1"]["mean"] >= 95
    assert report["baselines"]["first-k-words"]["kept"]["mean"] < 90
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert records[-1]["kept"] >= 95


@pytest.mark.slow
def test_what_is_kept_is_printed_as_the_document_spells_it_tensorflow_only(run, tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_text("The RED  council opened the old Bridge, the old council said.")
    command = ["summarize", "--model", str(run), str(path)]
    assert cli.main(command) == 0
    assert capsys.readouterr().out == "The council opened the Bridge.\n"
    assert cli.main([*command, "--max-words", "2", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["summary"].split()) <= 2
    assert cli.main([*command, "--tagger-threshold", "0"]) == 0
    assert capsys.readouterr().out == cleaning.clean(path.read_text()) + "\n"
    for wrong, said in {
        "--beam 2": "beam 2: a tagger only keeps words of the document",
        "--must-not-include red": "must-not-include red: a tagger only keeps words",
        "--tagger-threshold 1": "tagger-threshold 1.0: must be 0 or more and below 1",
        f"--content-selector {run}": f"{run}: a tagger does not copy",
    }.items():
        assert cli.main([*command, *wrong.split()]) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"summarizer: {said}")
        assert error.count("\n") == 1


@pytest.mark.slow
def test_the_exported_tagger_says_what_keras_says_in_every_kind_tensorflow_only(
    run, tmp_path, capsys
):
    copy_model(run, tmp_path)
    for kind in ("float32", "float16", "int8"):
        made = export.export(tmp_path, kind, documents=40)
        assert made["same"] >= 0.9
        assert made["worst"] < 1e-4
        assert list(verify_export(tmp_path, documents=10))
    _, _, model = export.load_keras_model(tmp_path)
    named_weights.assign_weights(model, onnx_export.read_weights(tmp_path / "model.onnx"), tmp_path)
    opened = OnnxTagger(tmp_path)
    rows = [opened.vocabulary.encode(r["document"]) for r in compressions(5, 3)]
    rows[0] = rows[0][:3]
    together = opened.search(rows)["keep"]
    ours = np.asarray(tagger_module.compile_tagger(model)(pad_sequences(rows)))
    np.testing.assert_allclose(together, ours, atol=1e-4)
    assert not together[0, 3:].any()
    np.testing.assert_allclose(opened.search(rows[:1])["keep"][0], together[0, :3], atol=1e-5)
    changed = model.bias.value + 0.1
    model.bias.assign(changed)
    worse = parity.compare(model, opened.config.decode, rows, [()] * 5, opened.search)
    assert worse.worst > 1e-3
    assert worse.same < 1
    with pytest.raises(ConfigError, match="is a tagger, which only onnx serves"):
        export.export(tmp_path, format="saved_model")
    with pytest.raises(ModelError, match="a tagger writes no summary"):
        create_ensemble([run, run], tmp_path / "both")


def selecting(model: Path, folder: Path) -> Path:
    """An untrained tagger with opinions, of the vocabulary of a summarizer."""
    folder.mkdir()
    config = configuration.load_config(model / "config.json")
    data = dataclasses.replace(config.data, task="tag")
    config = dataclasses.replace(config, data=data)
    words = Vocabulary.load(model / "vocabulary.model")
    (folder / "vocabulary.model").write_bytes(words.proto)
    (folder / "config.json").write_text(configuration.to_json(config))
    made = Tagger(config.model, words.size)
    random = np.random.default_rng(7)
    arrays = {n: random.normal(0, 0.7, a.shape).astype("float32")
              for n, a in named_weights.weight_arrays(made).items()}  # fmt: skip
    storage.save_arrays(folder / "weights.npz", arrays, {"step": 0})
    export.export(folder, documents=10)
    return folder


@pytest.mark.slow
def test_a_tagger_says_what_an_exported_summarizer_may_copy_tensorflow_only(
    digits, tmp_path, capsys
):
    model, tagger = digits.folder, selecting(digits.folder, tmp_path / "tagger")
    config, _, network_ = export.load_keras_model(model)
    session = OnnxSummarizer(model)
    texts = ["3 1 4 1 5", "2 7 1 8 2 8", "5 7 7"]
    ids = session.vocabulary.encode_all(texts)
    selected = OnnxTagger(tagger).selected(texts, ids)
    assert 0 < selected.mean() < 1
    theirs = session.search(ids, 3, inputs={"strategy": 0, "selected": selected, "block": 0})
    limits = dataclasses.replace(config.decode, no_repeat_ngram=0)
    strategy = plugins.build("strategy", "beam", width=3)
    ours = search(
        network_, pad_sequences(ids), strategy, 3, scoring.limits_from(limits), selected=selected
    )
    np.testing.assert_array_equal(theirs["pieces"], np.asarray(ours.tokens))
    np.testing.assert_allclose(theirs["log_prob"], np.asarray(ours.log_prob), atol=1e-2)
    usual = session.search(ids, 3, inputs={"strategy": 0, "block": 0})
    assert np.abs(usual["log_prob"] - theirs["log_prob"]).max() > 0.1

    free, narrow = Summarizer.load(model), Summarizer.load(model, content_selector=tagger)
    alike, other = free.summarize(texts), narrow.summarize(texts)
    assert [s.score for s in alike] != [s.score for s in other]
    every = narrow.summarize(texts, tagger_threshold=0.0)
    assert [(s.text, s.score) for s in every] == [(s.text, s.score) for s in alike]
    path = tmp_path / "a.txt"
    path.write_text(texts[1])
    command = [
        "summarize",
        "--model",
        str(model),
        "--content-selector",
        str(tagger),
        "--json",
        str(path),
    ]
    assert cli.main(command) == 0
    assert json.loads(capsys.readouterr().out)["score"] == pytest.approx(other[1].score, abs=1e-4)
    command = ["evaluate", str(model), "reverse_digits,count=20", "--content-selector", str(tagger)]
    assert cli.main([*command, "--output", str(tmp_path / "report")]) == 0
    assert "rouge1" in capsys.readouterr().out


@pytest.mark.slow
def test_what_cannot_select_is_refused_in_one_line_tensorflow_only(
    digits, run, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "a.txt"
    path.write_text("1 2 3")

    def refused(*options):
        assert cli.main(["summarize", "--model", str(digits.folder), *options, str(path)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        return line.removeprefix("summarizer: ")

    assert refused("--content-selector", str(run)).startswith(f"{run}: has another vocabulary than")
    assert refused("--content-selector", str(digits.folder)).startswith(
        f"{digits.folder}: not a tagger"
    )
    assert refused("--tagger-threshold", "0.3") == "tagger-threshold 0.3: only with a tagger"
    tagger = selecting(digits.folder, tmp_path / "tagger")
    opened = session_module.open_model_files

    def early(folder, graph, fast_start):
        """What an earlier version exported has no such input."""
        config, words, session = opened(folder, graph, fast_start)
        if folder == digits.folder:
            inputs = [i for i in session.get_inputs() if i.name != "selected"]
            monkeypatch.setattr(type(session), "get_inputs", lambda self: inputs)
        return config, words, session

    monkeypatch.setattr(session_module, "open_model_files", early)
    said = refused("--content-selector", str(tagger))
    assert said.endswith("model.onnx: exported by an earlier version: export it again")


def test_a_tagger_refuses_what_only_writing_has():
    config = apply_overrides(load_preset("tagger"), [])
    with pytest.raises(InputError, match="tagger: data.task=tag: only models that summarize"):
        compare_variants._count_parameters(config)
    assert isinstance(build.build_model(config, 300), Tagger)
    for setting in ("train.coverage_loss=0.5", "train.scheduled_sampling=0.1"):
        with pytest.raises(ConfigError, match=f"{setting}: data.task=tag writes no tokens"):
            apply_overrides(config, [setting])
    with pytest.raises(ConfigError, match="decode.tagger_threshold=1.0: must be below 1"):
        apply_overrides(config, ["decode.tagger_threshold=1"])
    with pytest.raises(ConfigError, match="decode.tagger_unit=word: .*words"):
        apply_overrides(config, ["decode.tagger_unit=word"])
