"""Options: what the help says, old spellings, and strategies that the code does not name."""

import argparse
import re

import pytest

from summarizer import cli, plugins
from summarizer.config import DecodeConfig, Part
from summarizer.decoding import strategies
from summarizer.decoding.options import DecodingOptions, GenerationOptions, options_of
from summarizer.errors import InputError, ModelError
from summarizer.runtime.decoding_plan import make_plan

VERBS = next(a.choices for a in cli.build_parser()._actions if a.choices)
OLD = [
    ("summarize", "--select", "m", "content_selector", "m"),
    ("summarize", "--groups", "2", "beam_groups", 2),
    ("summarize", "--strength", "0.5", "diversity_penalty", 0.5),
    ("summarize", "--normalization", "gnmt", "length_normalization", "gnmt"),
    ("summarize", "--threshold", "0.5", "tagger_threshold", 0.5),
    ("summarize", "--long", "lead", "long", "truncate"),
    ("summarize", "--long", "chunks", "long", "chunk"),
    ("summarize", "--long", "select", "long", "extract"),
    ("generate", "--n", "3", "num_texts", 3),
    ("generate", "--pieces", "9", "max_tokens", 9),
    ("evaluate", "--tokens", "words", "tokenize", "words"),
    ("evaluate", "--select", "m", "content_selector", "m"),
    ("export", "--data", "x.jsonl", "verify_on", "x.jsonl"),
    ("export", "--documents", "3", "num_documents", 3),
    ("compare", "--documents", "3", "num_documents", 3),
    ("compare", "--page", "x.md", "markdown", "x.md"),
]
WORDS = {"summarize": ["a.txt"], "evaluate": ["a.jsonl"], "export": ["m"]}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "doctor"])
def test_every_option_has_a_help_text(verb):
    for action in VERBS[verb]._actions:
        hidden = action.help == argparse.SUPPRESS
        assert hidden or re.match(r"[A-Za-z]", action.help or ""), action.option_strings


@pytest.mark.parametrize(("verb", "option", "word", "name", "value"), OLD)
def test_old_options_are_accepted_and_hidden(verb, option, word, name, value):
    parsed = cli.build_parser().parse_args([verb, *WORDS.get(verb, []), option, word])
    assert getattr(parsed, name) == value
    shown = VERBS[verb].format_help()
    assert option == "--long" or not re.search(rf"{option}\b(?!-)", shown)
    assert option != "--long" or not re.search(rf"\b{word}\b", shown.split("--long")[2])


def test_flags_of_export_have_hidden_old_names():
    parse = cli.build_parser().parse_args
    assert parse(["export", "m", "--sizes"]).compare_weights
    assert parse(["export", "m", "--full"]).weights == "float32"
    assert not re.search("--sizes|--full", VERBS["export"].format_help())


@pytest.mark.parametrize("record", [DecodingOptions, GenerationOptions])
def test_old_fields_warn(record):
    old = {"groups": "beam_groups"} if record is DecodingOptions else {"pieces": "max_tokens"}
    ((name, new),) = old.items()
    with pytest.warns(DeprecationWarning, match=f"{name}=\\) is now {new}"):
        options = record(**{name: 3})
    assert options == record(**{new: 3})
    with pytest.warns(DeprecationWarning, match=f"{name} is now {new}"):
        assert getattr(options, name) == 3


def test_each_option_of_the_command_line_is_a_field():
    parsed = vars(cli.build_parser().parse_args(["summarize", "a.txt"]))
    assert set(options_of(DecodingOptions)) <= set(parsed)
    assert all(parsed[name] is None for name in options_of(DecodingOptions))


NEW = '''
"""A strategy of a test; it need not be imported, and its libraries need not be there."""
import a_library_that_is_not_installed

EXPORTED_AS = "sample"
GRAPH_INPUTS = {"groups": "width", "temperature": "heat", "top_k": 5, "noise": "seed"}

class Options:
    width: int = 2
    heat: float = 0.5
    seed: int = 3
'''


@pytest.fixture
def warm(tmp_path, monkeypatch):
    """Put a new strategy into the folder of strategies."""
    (tmp_path / "warm.py").write_text(NEW)
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])


def test_a_new_strategy_is_one_file(warm):
    parsed = cli.build_parser().parse_args(["summarize", "a.txt", "--strategy", "warm"])
    assert parsed.strategy == "warm"
    plan = make_plan(DecodingOptions(strategy="warm"), DecodeConfig(), len)
    assert (plan.beam, plan.seed) == (2, 3)
    chosen = {name: plan.inputs[name] for name in ("strategy", "groups", "temperature", "top_k")}
    assert chosen == {"strategy": 1, "groups": 2, "temperature": 0.5, "top_k": 5}
    own = DecodeConfig(strategy=Part("warm", {"width": 4, "heat": 2.0}))
    plan = make_plan(DecodingOptions(n_best=3), own, len)
    assert (plan.beam, plan.inputs["temperature"]) == (4, 2.0)
    with pytest.raises(InputError, match="temperature 2.0: only with strategy sample, not warm"):
        make_plan(DecodingOptions(strategy="warm", temperature=2.0), DecodeConfig(), len)


def test_a_graph_without_the_strategy_is_told(warm):
    with pytest.raises(ModelError, match="model exported without strategy warm: export it again"):
        make_plan(DecodingOptions(strategy="warm"), DecodeConfig(), len, "bpe", ("beam", "diverse"))
    assert "warm" in plugins.names("strategy")
