"""The strategies and the scores by themselves, on arrays: each against its definition."""

import dataclasses
import itertools
import sys

import numpy as np
import pytest
from keras import ops

from summarizer import cli, plugins
from summarizer.api.load_model import load_keras_model
from summarizer.decoding import graph_inputs, ngram_blocking, scoring, strategies, strategy_specs
from summarizer.decoding.candidates import AllCandidates, TopCandidates, apply_end_rules
from summarizer.decoding.graph_search import SelectedStrategy
from summarizer.decoding.options import DecodingOptions, options_of
from summarizer.decoding.strategies.beam import Beam
from summarizer.decoding.strategies.diverse import Diverse
from summarizer.decoding.strategies.greedy import Greedy
from summarizer.decoding.strategies.sample import Sample
from summarizer.errors import ConfigError
from summarizer.exporters import onnx_export, parity
from summarizer.exporters.record import read_export_record
from summarizer.model.pointer import TokenScores
from summarizer.vocabulary import END

BATCH, SIZE = 3, 9


def distributions(width, seed=0):
    """Log-probabilities float32 [B, K, N] with opinions, and those of the beams [B, K]."""
    random = np.random.default_rng(seed)
    raw = random.normal(size=(BATCH, width, SIZE)) * 2
    raw -= np.log(np.exp(raw).sum(2, keepdims=True))
    return random.normal(size=(BATCH, width)).astype("float32") - 3, raw.astype("float32")


def chosen(strategy, log_prob, log_probs):
    nexts = AllCandidates(log_probs, np.arange(BATCH, dtype="int32"))
    return [np.asarray(x) for x in strategy.choose(0, log_prob, nexts)]


def kept(probs, temperature, top_k, top_p):
    """The probabilities to draw with, by definition."""
    probs = np.exp(np.log(probs) / temperature)
    order = np.argsort(-probs)[: top_k or SIZE]
    mass = np.cumsum(probs[order]) / probs[order].sum()
    order = order[: int(np.argmax(mass >= top_p - 1e-6)) + 1]
    out = np.zeros(SIZE)
    out[order] = probs[order] / probs[order].sum()
    return out


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"),
    [(1.0, 0, 1.0), (0.5, 0, 1.0), (2.0, 0, 1.0), (1.0, 3, 1.0), (1.0, 0, 0.7), (0.7, 4, 0.8)],
)
def test_samples_are_as_frequent_as_probable(temperature, top_k, top_p):
    count = 4000
    _, log_probs = distributions(1)
    log_probs = np.repeat(log_probs, count, axis=1)
    # Evenly spaced numbers in place of random ones: then each count is off by less than 1.
    noise = np.broadcast_to((np.arange(count) + 0.5) / count, (BATCH, count))[:, :, None]
    strategy = Sample(count, temperature, top_k, top_p, noise.astype("float32"))
    ended, parents, pieces, total = chosen(strategy, np.zeros((BATCH, count), "f"), log_probs)
    for b in range(BATCH):
        expected = kept(np.exp(log_probs[b, 0].astype(float)), temperature, top_k, top_p) * count
        np.testing.assert_allclose(np.bincount(pieces[b], minlength=SIZE), expected, atol=1.5)
    assert (parents == np.arange(count)).all()
    drawn = np.take_along_axis(log_probs, pieces[:, :, None], axis=2)[:, :, 0]
    np.testing.assert_allclose(np.where(pieces == END, ended, total), drawn, atol=1e-5)
    assert ((ended > -1e8) == (pieces == END)).all()
    assert ((total > -1e8) == (pieces != END)).all()


@pytest.mark.parametrize("noise", [0.0, 0.5, 0.99999994])
def test_sampling_among_one_piece_is_greedy(noise):
    for seed in range(5):
        log_prob, log_probs = distributions(1, seed)
        one = Sample(1, 1.0, 1, 1.0, np.full((1, 1, 1), noise, "float32"))
        for ours, theirs in zip(
            chosen(one, log_prob, log_probs), chosen(Greedy(), log_prob, log_probs), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_greatest_number_draws_a_piece_that_may_be_drawn():
    _, log_probs = distributions(1)
    noise = np.full((1, 1, 1), np.nextafter(np.float32(1), np.float32(0)))
    for top_k in range(1, SIZE + 1):
        pieces = chosen(Sample(1, 1.0, top_k, 1.0, noise), np.zeros((BATCH, 1), "f"), log_probs)[2]
        ranks = (log_probs > np.take_along_axis(log_probs, pieces[:, :, None], axis=2)).sum(2)
        assert (ranks < top_k).all()


@pytest.mark.parametrize("strategy", [Beam(4), Greedy()])
@pytest.mark.parametrize(("t", "block", "minimum"), [(0, 0, 0), (2, 1, 0), (2, 1, 4), (5, 2, 0)])
@pytest.mark.parametrize("scaled", [True, False])
def test_a_few_pieces_of_each_beam_decide_as_all_do(strategy, t, block, minimum, scaled):
    random, width, steps = np.random.default_rng(t), strategy.width, 6
    log_prob, log_probs = distributions(width)
    share = random.random((BATCH, width)).astype("f")
    weights = TokenScores(np.exp(log_probs) / share[..., None], share)
    weights = weights if scaled else TokenScores(log_probs, None)
    pieces = random.integers(END + 1, SIZE, (BATCH, width, steps)).astype("int32")
    runs = random.integers(0, 2, pieces.shape).astype("int32")
    limits = scoring.SearchLimits(minimum, steps, 0.8, block)
    weights = ngram_blocking.block_ngrams(weights, pieces, runs, t, limits)
    few = strategy.choose(t, log_prob, TopCandidates(weights, width, t, limits))
    every = apply_end_rules(weights, t, limits)
    for ours, theirs in zip(few, chosen(strategy, log_prob, every), strict=True):
        ours = np.asarray(ours)
        real = (
            (theirs > -1e8)
            if theirs.dtype == np.float32
            else chosen(strategy, log_prob, every)[3] > -1e8
        )
        np.testing.assert_allclose(ours[real], theirs[real], atol=1e-5)


def test_one_group_is_beam_search():
    log_prob, log_probs = distributions(4)
    ours = chosen(Diverse(4, 1, 5.0), log_prob, log_probs)
    for a, b in zip(ours, chosen(Beam(4), log_prob, log_probs), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("groups", [2, 3, 6])
@pytest.mark.parametrize("strength", [0.0, 0.5, 50.0])
def test_groups_choose_one_after_the_other_and_repetition_costs(groups, strength):
    width = 6
    span = width // groups
    log_prob, log_probs = distributions(width)
    _, parents, pieces, total = chosen(Diverse(width, groups, strength), log_prob, log_probs)
    for b in range(BATCH):
        taken = np.zeros(SIZE)
        for group in range(groups):
            mine = range(group * span, (group + 1) * span)
            nexts = [
                (log_prob[b, k] + log_probs[b, k, n] - strength * taken[n], k, n)
                for k, n in itertools.product(mine, range(SIZE))
                if n != END
            ]
            best = sorted(nexts, reverse=True)[:span]
            assert [(k, n) for _, k, n in best] == list(
                zip(parents[b, mine], pieces[b, mine], strict=True)
            )
            plain = [log_prob[b, k] + log_probs[b, k, n] for _, k, n in best]
            np.testing.assert_allclose(total[b, mine], plain, atol=1e-5)
            np.add.at(taken, [n for *_, n in best], 1)


def test_scores_are_as_defined():
    lengths = np.array([1, 4, 30])
    gnmt = scoring.SearchLimits(0, 30, 0.8, 0)
    np.testing.assert_allclose(scoring.normalizer(lengths, gnmt), ((5 + lengths) / 6) ** 0.8, 1e-5)
    average = gnmt._replace(average=True)
    np.testing.assert_allclose(scoring.normalizer(lengths, average), lengths)
    random = np.random.default_rng(0)
    attended = random.gamma(0.5, size=(2 * 3, 4)).astype("float32")
    mask = np.array([[True] * 4, [True, True, False, False]])
    found = scoring.coverage_penalty(attended, mask, gnmt._replace(coverage_penalty=0.3))
    for b, k in itertools.product(range(2), range(3)):
        real = attended[3 * b + k][mask[b]].astype(float)
        assert np.asarray(found)[b, k] == pytest.approx(
            0.3 * np.log(np.clip(real, 1e-4, 1)).sum(), rel=1e-4
        )


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("sample", {"temperature": 0.0}, "temperature=0.0: must be above 0"),
        ("sample", {"top_p": 1.5}, "top_p=1.5: must be above 0 and at most 1"),
        ("sample", {"top_k": -1}, "top_k=-1: must be a whole number, 0 or more"),
        ("sample", {"top_q": 1}, "has no option 'top_q': did you mean 'top_"),
        ("diverse", {"width": 4, "groups": 3}, "groups=3: must divide width=4"),
        ("diverse", {"strength": -1.0}, "strength=-1.0: must be 0 or more"),
    ],
)
def test_impossible_options_are_told(name, options, said):
    with pytest.raises(ConfigError, match=said):
        plugins.options("strategy", name, **options)


# --- a new strategy ----------------------------------------------------------------------------

NEW_STRATEGY = '''"""Take the token of a given rank at each position; rank 1 is greedy search."""

from dataclasses import dataclass

from keras import ops

from summarizer.decoding.strategies._base import Continuations
from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END

GRAPH_INPUTS = {"rank": "rank"}


@dataclass(frozen=True)
class Options:
    rank: int = 2


def build(options):
    return Ranked(options.rank)


def from_inputs(inputs):
    return Ranked(inputs["rank"])


class Ranked:
    width = groups = 1
    needs_only_top_k = False

    def __init__(self, rank):
        self.rank = rank

    def choose(self, t, log_prob, candidates):
        values, tokens = ops.top_k(candidates.all, self.rank)
        possible = values[:, :, -1] > LOG_ZERO / 2
        tokens = ops.cast(ops.where(possible, tokens[:, :, -1], tokens[:, :, 0]), "int32")
        total = log_prob + ops.where(possible, values[:, :, -1], values[:, :, 0])
        total, ends = ops.maximum(total, LOG_ZERO), tokens == END
        return Continuations(
            end_log_prob=ops.where(ends, total, float(LOG_ZERO)),
            parents=ops.zeros_like(tokens),
            tokens=tokens,
            log_prob=ops.where(ends, float(LOG_ZERO), total),
        )
'''


@pytest.fixture
def new_strategy(tmp_path, monkeypatch):
    """A strategy that is added as one file."""
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "ranked.py").write_text(NEW_STRATEGY)
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(folder)])
    yield "ranked"
    sys.modules.pop(f"{strategies.__name__}.ranked", None)


def test_a_new_strategy_gets_a_number_and_an_input(new_strategy):
    assert graph_inputs.exported_strategies() == ("beam", "sample", "diverse", new_strategy)
    assert graph_inputs.input_types()["rank"] == ("int32", 0)
    document = np.array([[5]], np.int32)
    assert graph_inputs.neutral_inputs(document, 1, SIZE)["rank"] == 2
    assert graph_inputs.arrays({"rank": 7})["rank"].dtype == np.int32
    assert not graph_inputs.is_random(new_strategy)


def test_the_graph_runs_the_strategy_of_a_number(new_strategy):
    log_prob, log_probs = distributions(1)
    document = np.array([[5]], np.int32)
    values = graph_inputs.neutral_inputs(document, 1, SIZE) | {"beam": 1}
    for name, own, expected in (
        ("beam", {}, Beam(1)),
        ("sample", {"top_k": np.int32(1), "noise": np.zeros((BATCH, 1, 1), "f")}, Greedy()),
        ("diverse", {}, Diverse(1, 1, 0.5)),
        (new_strategy, {"rank": 1}, Greedy()),
        (new_strategy, {"rank": 3}, plugins.build("strategy", new_strategy, rank=3)),
    ):
        number = graph_inputs.exported_strategies().index(name)
        selected = SelectedStrategy({**values, **own, "strategy": ops.convert_to_tensor(number)})
        for ours, theirs in zip(
            chosen(selected, log_prob, log_probs),
            chosen(expected, log_prob, log_probs),
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-5, err_msg=name)


def test_old_graphs_have_three_strategies():
    assert graph_inputs.strategies_in({}) == ("beam", "sample", "diverse")
    assert graph_inputs.strategies_in({"strategies": '["beam", "x"]'}) == ("beam", "x")
    assert [graph_inputs.is_random(n) for n in ("beam", "greedy", "sample")] == [False, False, True]


@pytest.mark.slow
def test_a_strategy_is_one_file(new_strategy, tmp_path, capsys):
    """It trains, is exported and compared with Keras, and runs on the command line."""
    folder, document = tmp_path / "model", tmp_path / "document.txt"
    document.write_text("3 1 4 1 5")
    command = f"train --preset reverse_digits --data reverse_digits,count=400 --output {folder}"
    settings = "train.steps=1 train.validation_examples=10 decode.strategy.rank=3"
    settings = [f"decode.strategy={new_strategy}", *settings.split()]
    options = [word for setting in settings for word in ("--set", setting)]
    assert cli.main([*command.split(), *options]) == 0, capsys.readouterr().err
    assert read_export_record(folder)["same"] == 1
    metadata = onnx_export.read_graph(folder / "model.onnx").metadata
    assert graph_inputs.strategies_in(metadata)[-1] == new_strategy

    capsys.readouterr()
    run = ["summarize", "--model", str(folder), str(document), "--strategy"]
    texts = {}
    for name in plugins.names("strategy"):
        assert cli.main([*run, name]) == 0
        texts[name] = capsys.readouterr().out
    config, vocabulary, model = load_keras_model(folder)
    (best,) = parity.searcher(model, config.decode)([vocabulary.encode(document.read_text())])
    assert texts[new_strategy].strip() == vocabulary.decode(best.tokens, document.read_text())
    assert texts[new_strategy] != texts["greedy"]

    assert cli.main(["summarize", str(document), "--strategy", new_strategy]) == 1  # shipped model
    assert "export" in capsys.readouterr().err


@pytest.mark.parametrize("name", plugins.names("strategy"))
def test_description_matches_options(name):
    described, options = strategy_specs.read_spec(name), plugins.options("strategy", name)
    width = {} if described.width is None else {"width": described.width}
    assert {**described.options, **width} == dataclasses.asdict(options)
    known = {*described.options, "width"}
    assert {s for s in described.graph_inputs.values() if isinstance(s, str)} <= known


@pytest.mark.parametrize("name", [n for n in plugins.names("strategy") if n != "greedy"])
def test_each_strategy_option_of_the_command_line_is_one_of_the_file(name):
    options = options_of(DecodingOptions).values()
    named = {o.strategy_option for o in options if o.strategy == name and o.strategy_option}
    assert named == set(strategy_specs.read_spec(name).options)
