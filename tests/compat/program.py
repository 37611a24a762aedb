"""The door from these tests to the program: edit this file, not the tests, when names change.

The tests call the command line (`summarizer.cli.main`) and what `import summarizer` offers; what
else they need of the program is here. Where a name of 55f18f5 is deprecated, its entry in RENAMED
makes the tests demand a DeprecationWarning as well as the value.
"""

import argparse
import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli, plugins
from summarizer.config import Config, config_hash, flatten, from_json
from summarizer.config import apply_settings as override

__all__ = ["Config", "config_hash", "flatten", "from_json", "override"]

# Old names that warn. As the tests write them: a name ("summarizer.Run"), a field
# ("Summary.read"), a keyword ("summarize(groups)"), a choice ("summarize(long=chunks)"), a setting
# as an attribute ("Config.train.batch").
RENAMED: frozenset[str] = frozenset()

# Documented names that are gone for good, each with the reason.
GONE: dict[str, str] = {}

# Old dotted names of settings, options of parts and values, with the new ones, as in
# SETTINGS = {"train.batch": "train.batch_size", "decode.strategy.groups": "beam_groups"} and
# VALUES = {"data.task": {"select": "tag"}, "model.encoder.cell": {"minimal": "min_lstm"}}.
SETTINGS: dict[str, str] = {
    "data.spec": "data.train",
    "data.document_pieces": "data.max_document_tokens",
    "data.summary_pieces": "data.max_summary_tokens",
    "data.window": "data.bucket_window",
    "data.curriculum": "data.curriculum_epochs",
    "vocabulary.sample": "vocabulary.sample_size",
    "vocabulary.fold": "vocabulary.lowercase",
    "model.embedding": "model.embedding_size",
    "model.decoder": "model.decoder_cell",
    "model.vectors": "model.pretrained_embeddings",
    "model.output_sees_input": "model.deep_output",
    "train.batch": "train.batch_size",
    "train.warmup": "train.warmup_steps",
    "train.accumulate": "train.gradient_accumulation",
    "train.clip": "train.max_gradient_norm",
    "train.smoothing": "train.label_smoothing",
    "train.sampling": "train.scheduled_sampling",
    "train.coverage": "train.coverage_loss",
    "train.coverage_from": "train.coverage_start",
    "train.ema": "train.ema_decay",
    "train.average": "train.average_checkpoints",
    "train.validate_every": "train.validation_interval",
    "train.validate_examples": "train.validation_examples",
    "decode.minimum": "decode.min_tokens",
    "decode.maximum": "decode.max_tokens",
    "decode.block_ngram": "decode.no_repeat_ngram",
    "decode.normalization": "decode.length_normalization",
    "decode.extract": "decode.tagger_unit",
    "decode.threshold": "decode.tagger_threshold",
    "decode.sentences": "decode.tagger_sentences",
}
VALUES: dict[str, dict[str, str]] = {
    "data.task": {"select": "tag", "continue": "language_model", "reconstruct": "autoencode"},
    "model.encoder": {"nothing": "none", "memory": "memory_augmented"},
    "model.encoder.cell": {"minimal": "min_lstm"},
    "model.decoder": {"minimal": "min_lstm"},
}


def preset(name: str) -> Config:
    """Return the configuration of a preset as the program makes it now."""
    config: Config = plugins.load("preset", name).config()
    return config


@contextlib.contextmanager
def old_name(name: str) -> Iterator[None]:
    """Allow a deprecated name inside; demand its warning if it is in RENAMED."""
    if name in RENAMED:
        with pytest.warns(DeprecationWarning, match="."):
            yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def setting(config: Config, path: str) -> Any:
    """Return the value of a setting by its old dotted name."""
    return dict(flatten(config))[SETTINGS.get(path, path)]


def as_now(path: str, value: Any) -> Any:
    """Return the present form of the value that a setting had in 55f18f5; a part is an object."""
    if isinstance(value, dict):
        options = {
            SETTINGS.get(f"{path}.{key}", key): as_now(f"{path}.{key}", option)
            for key, option in value["options"].items()
        }
        return {"name": as_now(path, value["name"]), "options": options}
    return VALUES.get(path, {}).get(value, value) if isinstance(value, str) else value


class _Parsed(BaseException):
    """Ends a command once its words are parsed."""


def parsed(words: list[str]) -> argparse.Namespace | None:
    """Return what the parser makes of a command; None: it refuses the words."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(self: Any, *arguments: Any, **options: Any) -> Any:
        raise _Parsed(parse(self, *arguments, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
        try:
            cli.main(words)
        except _Parsed as done:
            namespace: argparse.Namespace = done.args[0]
            return namespace
        except SystemExit:
            return None
    raise AssertionError("the program no longer parses with argparse.ArgumentParser.parse_args")


@contextlib.contextmanager
def without_export() -> Iterator[None]:
    """Let `train` leave out the export at its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("summarizer.api.train.export", lambda folder: {})
        yield


def run(*words: str | Path) -> int:
    """Run a command of the program in this process; return its exit status."""
    return cli.main([str(word) for word in words])
