"""Settings: what is taken, what is refused, and in what words."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import config as configuration
from summarizer import plugins
from summarizer.config import Config, Part, aliases, settings
from summarizer.errors import ConfigError, ModelError

SETTINGS = dict(configuration.flatten(Config()))


def changed(*settings):
    return configuration.apply_settings(Config(), settings)


def refused(*settings):
    with pytest.raises(ConfigError) as caught:
        changed(*settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def other(path, value):
    """Another value of a setting."""
    if path in settings.CHOICES:
        return next(c for c in settings.CHOICES[path] if c != value)
    if isinstance(value, Part):
        return Part(value.name, {"width": 7})
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {"tldr": 0.5}
    return value + "x" if isinstance(value, str) else value * 2 + 1


# --- setting by name -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "read", "expected"),
    [
        ("train.steps=1e5", lambda c: c.train.steps, 100_000),
        ("train.steps=7", lambda c: c.train.steps, 7),
        ("train.max_gradient_norm=3", lambda c: c.train.max_gradient_norm, 3.0),
        ("train.learning_rate=2e-3", lambda c: c.train.learning_rate, 0.002),
        ("model.pointer=false", lambda c: c.model.pointer, False),
        ("vocabulary.lowercase=true", lambda c: c.vocabulary.lowercase, True),
        ("name=12", lambda c: c.name, "12"),
        ("data.train=a=b.jsonl", lambda c: c.data.train, "a=b.jsonl"),
        ("model.attention=additive", lambda c: c.model.attention, Part("additive")),
        ("model.encoder.width=9", lambda c: c.model.encoder, Part("bidirectional", {"width": 9})),
        ("decode.strategy.width=2", lambda c: c.decode.strategy, Part("beam", {"width": 2})),
    ],
)
def test_a_setting_is_read_as_its_type(setting, read, expected):
    found = read(changed(setting))
    assert found == expected
    assert type(found) is type(expected)


def test_settings_apply_in_order_and_change_nothing_else():
    before = configuration.to_json(Config())
    found = changed("model.encoder.width=8", "model.encoder.cell=lstm", "seed=2", "seed=3")
    assert found.model.encoder == Part("bidirectional", {"width": 8, "cell": "lstm"})
    assert found.seed == 3
    same = dataclasses.replace(found, seed=1, model=Config().model)
    assert same == Config()
    assert configuration.to_json(Config()) == before  # the default's options are not shared


def test_another_part_forgets_the_options_of_the_one_before():
    assert changed("model.encoder=bidirectional").model.encoder.options == {}
    assert changed("decode.strategy=greedy").decode.strategy == Part("greedy")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("train.step=5", ["unknown setting 'train.step'", "did you mean 'steps'"]),
        ("trian.steps=5", ["unknown setting 'trian.steps'", "did you mean 'train'"]),
        ("train.steps.more=5", ["'train.steps.more'", "no settings below"]),
        ("model.encoder.width.more=5", ["'model.encoder.width.more'", "no parts"]),
        ("train=5", ["'train' is a group", "steps"]),
        ("train.steps", ["'train.steps' is not of the form name=value"]),
        ("train.steps=many", ["train.steps='many'", "type int"]),
        ("train.steps=1.5", ["train.steps=1.5", "type int"]),
        ("train.steps=true", ["train.steps=True", "type int"]),
        ("train.max_gradient_norm=true", ["train.max_gradient_norm=True", "type float"]),
        ("model.pointer=yes", ["model.pointer='yes'", "type bool"]),
        ("model.pointer=1", ["model.pointer=1", "type bool"]),
        ("model.attention=additve", ["unknown attention 'additve'", "did you mean 'additive'"]),
        ("model.encoder=bidirectionl", ["did you mean 'bidirectional'"]),
        ("model.encoder.witdh=5", ["'bidirectional' has no option 'witdh'", "mean 'width'"]),
        ("model.encoder.cell=lstn", ["unknown cell 'lstn'", "did you mean 'lstm'"]),
        ("model.decoder_cell.width=0", ["width=0", "above 0"]),
        ("model.decoder_cell.width=wide", ["width='wide'"]),
        ("decode.strategy.width=-1", ["width=-1", "above 0"]),
        ("train.precision=float16", ["train.precision=float16", "known: auto, float32"]),
        ("train.compile=xlaa", ["did you mean 'xla'"]),
        ("train.steps=0", ["train.steps=0", "must be above 0"]),
        ("train.max_gradient_norm=-1", ["train.max_gradient_norm=-1.0", "must be above 0"]),
        ("train.patience=-1", ["train.patience=-1", "must be 0 or more"]),
        ("model.dropout=1", ["model.dropout=1.0", "must be below 1"]),
        ("train.label_smoothing=1.5", ["train.label_smoothing=1.5", "must be below 1"]),
        ("decode.min_tokens=33", ["decode.min_tokens=33", "decode.max_tokens=32"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(setting, words):
    line = refused(setting)
    for word in words:
        assert word in line


@pytest.mark.parametrize("value", ["nan", "NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    "path", ["train.learning_rate", "model.dropout", "train.max_gradient_norm"]
)
def test_what_is_no_number_is_refused(path, value):
    assert path in refused(f"{path}={value}")


@pytest.mark.parametrize("path", sorted(settings.MAY_BE_ZERO))
def test_what_may_be_zero_may(path):
    changed(f"{path}=0")


def test_unknown_preset_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'reverse_digits'"):
        plugins.load("preset", "reverse_digit")


@pytest.mark.parametrize("name", plugins.names("preset"))
def test_every_preset_can_run(name):
    made = plugins.load("preset", name).config()
    assert configuration.check(made) == made
    assert configuration.from_json(configuration.to_json(made)) == made
    words, model = made.vocabulary.size, made.model
    assert words > 260  # 256 bytes and the special ids
    encoder = plugins.build("encoder", model.encoder.name, 4, **model.encoder.options)
    width = model.decoder_cell.options["width"]
    plugins.build("attention", model.attention.name, width, encoder.width)


# --- files -----------------------------------------------------------------------------------


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(names, st.integers(0, 2**40), st.floats(0, 0.99), st.booleans(), names)
def test_json_gives_the_same_configuration_back(name, seed, dropout, pointer, spec):
    default = Config()
    made = dataclasses.replace(
        default,
        name=name,
        seed=seed,
        data=dataclasses.replace(default.data, train=spec),
        model=dataclasses.replace(default.model, dropout=dropout, pointer=pointer),
        decode=dataclasses.replace(default.decode, strategy=Part("beam", {"width": 3})),
    )
    again = configuration.from_json(configuration.to_json(made))
    assert again == made
    assert configuration.config_hash(again) == configuration.config_hash(made)


def test_what_a_file_leaves_out_has_its_default():
    assert configuration.from_json('{"schema": 2}') == Config()
    partial = configuration.from_json('{"schema": 2, "train": {"steps": 9}}')
    assert partial == changed("train.steps=9")


def test_a_file_without_a_schema_is_of_the_first_one():
    assert configuration.from_json("{}") == dataclasses.replace(Config(), schema=1)
    assert refused("schema=3").startswith("schema=3: must be from 1 to 2;")


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"nmae": "x"}, ["unknown setting 'nmae'", "did you mean 'name'"]),
        ({"train": {"stesp": 3}}, ["unknown setting 'train.stesp'", "did you mean 'steps'"]),
        ({"train": {"steps": "3x"}}, ["train.steps='3x'", "type int"]),
        ({"train": {"steps": None}}, ["train.steps=None", "type int"]),
        ({"model": {"pointer": 1}}, ["model.pointer=1", "type bool"]),
        ({"name": 5}, ["name=5", "type str"]),
        ({"train": 5}, ["train", "must be an object"]),
        ({"model": {"encoder": "bidirectional"}}, ["model.encoder", "must be an object"]),
        ({"model": {"encoder": {"name": "b", "options": 5}}}, ["model.encoder.options"]),
        ({"model": {"encoder": {"options": {}}}}, ["model.encoder"]),
        ([], ["must be an object"]),
    ],
)
def test_a_wrong_file_is_refused(tree, words):
    with pytest.raises(ConfigError) as caught:
        configuration.from_json(json.dumps(tree))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b'{"a": 1}', b"5"])
def test_a_model_folder_with_a_bad_configuration_is_named(tmp_path, content):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        configuration.load_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", SETTINGS)
def test_the_fingerprint_sees_every_setting(path):
    made, (*groups, name) = Config(), path.split(".")
    for node in [getattr(made, g) for g in groups] or [made]:
        group = dataclasses.replace(node, **{name: other(path, SETTINGS[path])})
        made = dataclasses.replace(made, **{groups[0]: group}) if groups else group
    assert made != Config()
    assert configuration.config_hash(made) != configuration.config_hash(Config())


# --- old names -------------------------------------------------------------------------------


OLD_SETTINGS = [
    (section, old, new) for section, names in aliases.SETTINGS.items() for old, new in names.items()
]
every_old_setting = pytest.mark.parametrize(("section", "old", "new"), OLD_SETTINGS)
OLD_RUN = Path(__file__).parents[1] / "compat" / "digits"


def possible(path):
    """Another value of a setting that is possible, whatever the others are."""
    value = SETTINGS[path]
    if isinstance(value, Part):
        return Part("gru")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return type(value)(0.25 if isinstance(value, float) else 4)
    return other(path, value)


def as_text(value):
    return value.name if isinstance(value, Part) else str(value).lower()


@every_old_setting
def test_an_old_setting_is_read_from_json(section, old, new):
    value = possible(f"{section}.{new}")
    written = dataclasses.asdict(value) if isinstance(value, Part) else value
    config = configuration.from_json(json.dumps({"schema": 2, section: {old: written}}))
    assert config == changed(f"{section}.{new}={as_text(value)}")
    assert config != Config()
    assert json.loads(configuration.to_json(config))[section][new] == written


@every_old_setting
def test_an_old_setting_is_read_from_the_command_line(section, old, new):
    text = as_text(possible(f"{section}.{new}"))
    assert changed(f"{section}.{old}={text}") == changed(f"{section}.{new}={text}")


@every_old_setting
def test_an_old_setting_works_in_python_with_a_warning(section, old, new):
    cls, value = type(getattr(Config(), section)), possible(f"{section}.{new}")
    with pytest.warns(DeprecationWarning, match=f"{old}=. is now {new}$"):
        made = cls(**{old: value})
    assert made == cls(**{new: value})
    with pytest.warns(DeprecationWarning, match=f"{old} is now {new}$"):
        assert getattr(made, old) == value


@pytest.mark.parametrize(("old", "new"), aliases.TASKS.items())
def test_an_old_task_is_read(old, new):
    assert configuration.from_json(json.dumps({"data": {"task": old}})).data.task == new
    assert configuration.DataConfig(task=old).task == new
    extra = ["model.encoder=none", "model.attention=none", "model.pointer=false"]
    extra = extra if new == "language_model" else []
    assert changed(f"data.task={old}", *extra).data.task == new


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [(kind, *names) for kind, parts in plugins.RENAMED.items() for names in parts.items()],
)
def test_an_old_part_is_read(kind, old, new):
    setting = {"encoder": "encoder", "cell": "decoder_cell"}[kind]
    tree = {"model": {setting: {"name": old, "options": {}}}}
    assert getattr(configuration.from_json(json.dumps(tree)).model, setting) == Part(new)
    assert Part(old) == Part(new)
    assert plugins.load(kind, old) is plugins.load(kind, new)
    task = ["data.task=language_model", "model.attention=none", "model.pointer=false"]
    task = task if new == "none" else []
    assert getattr(changed(*task, f"model.{setting}={old}").model, setting) == Part(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("override", "apply_settings"),
        ("fingerprint", "config_hash"),
        ("load", "load_config"),
        ("minutes", "parse_duration"),
    ],
)
def test_an_old_function_works_with_a_warning(old, new):
    with pytest.warns(DeprecationWarning, match=rf"config\.{old} is now .*\.{new}$"):
        assert getattr(configuration, old) is getattr(configuration, new)


def test_an_old_configuration_keeps_its_hash():
    """Reports quote hashes; this one was written with the configuration, by an old version."""
    old = configuration.load_config(OLD_RUN / "config.json")
    report = json.loads((OLD_RUN / "exported/evaluation/report.json").read_text("utf-8"))
    assert configuration.config_hash(old) == report["config_hash"] == "e5ec0473cab97a7c"


def test_old_names_do_not_change_a_hash():
    old = {"data": {"task": "select"}, "model": {"decoder": {"name": "minimal", "options": {}}}}
    new = {"data": {"task": "tag"}, "model": {"decoder_cell": {"name": "min_lstm", "options": {}}}}
    hashes = {configuration.config_hash(configuration.from_json(json.dumps(t))) for t in (old, new)}
    assert len(hashes) == 1
