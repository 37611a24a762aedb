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

from summarizer import api, cli, plugins
from summarizer.config import Config, flatten, from_json, override
from summarizer.config import fingerprint as config_hash

__all__ = ["Config", "config_hash", "flatten", "from_json", "override"]

# Old names that warn. As the tests write them: a name ("summarizer.Run"), a field
# ("Summary.read"), a keyword ("summarize(groups)"), a choice ("summarize(long=chunks)"), a setting
# as an attribute ("Config.train.batch").
RENAMED: frozenset[str] = frozenset()

# Documented names that are gone for good, each with the reason.
GONE: dict[str, str] = {}

# Old dotted names of settings and of values, with the new ones: {"train.batch":
# "train.batch_size"}, {"data.task": {"select": "tag"}}, {"model.encoder": {"nothing": "none"}}.
SETTINGS: dict[str, str] = {}
VALUES: dict[str, dict[str, str]] = {}


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
    """Return what the value that a setting had in 55f18f5 is called now."""
    known = VALUES.get(path, {})
    if isinstance(value, dict):
        return value | {"name": known.get(value["name"], value["name"])}
    return known.get(value, value) if isinstance(value, str) else value


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
        patch.setattr(api, "export", lambda folder: {})
        yield


def run(*words: str | Path) -> int:
    """Run a command of the program in this process; return its exit status."""
    return cli.main([str(word) for word in words])
