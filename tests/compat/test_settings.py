"""Old configurations load to equal settings, and are known by the same hash."""

import dataclasses
import json

import pytest

from tests.compat import cases, program

FILES = sorted(path.stem for path in (cases.DATA / "presets").glob("*.json"))
FILES.remove("hashes")
RUNS = ("digits", "tagger", "language_model", "ensemble")


def read(name):
    return (cases.DATA / name).read_text("utf-8")


def flat(tree, prefix=""):
    """Yield (dotted name, value) of a `config.json`; a part is one value."""
    for key, value in tree.items():
        if isinstance(value, dict) and "options" not in value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


@pytest.mark.parametrize("name", [name for name in FILES if name[0] != "_"])
def test_an_old_preset_loads_as_the_preset_is_now(name):
    old = program.from_json(read(f"presets/{name}.json"))
    assert dataclasses.replace(old, schema=2) == program.preset(name)


def saved_configurations():
    """Yield (name, tree) of all configurations that are saved."""
    for name in [*(f"presets/{n}" for n in FILES), *(f"{n}/config" for n in RUNS)]:
        yield name, json.loads(read(f"{name}.json"))
    for i, member in enumerate(json.loads(read("ensemble/ensemble.json"))):
        yield f"member {i}", member


@pytest.mark.parametrize(("name", "old"), [*saved_configurations()])
def test_each_setting_keeps_its_value(name, old):
    config = program.from_json(json.dumps(old))
    for path, value in flat(old):
        now = program.setting(config, path)
        if isinstance(value, dict):
            now = {"name": now.name, "options": now.options}
        assert now == program.as_now(path, value), (name, path)


def test_values_of_their_own_tell_the_settings_apart():
    values = [json.dumps(v) for _, v in flat(json.loads(read("presets/_all.json")))]
    numbers = [v for v in values if v not in ("true", "false")]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", FILES)
def test_a_configuration_has_the_hash_that_reports_quote(name, saved):
    config = program.from_json(read(f"presets/{name}.json"))
    assert program.config_hash(config) == saved("presets/hashes.json")[name]


def test_old_names_of_settings_are_attributes(saved):
    config = program.Config()
    for path, value in saved("names.json")["settings"].items():
        node = config
        with program.old_name(f"Config.{path}"):
            for key in path.split("."):
                node = getattr(node, key)
        if isinstance(value, dict):
            node = {"name": node.name, "options": node.options}
        assert node == program.as_now(path, value), path
