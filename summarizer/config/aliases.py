"""Old names of settings, choices and parts.

Old names are accepted wherever a setting is read: in `config.json`, after `--set`, and as keywords
and attributes of the configuration classes. New names are written. The hash of a configuration is
taken over the old names, so that it stays the one that reports quote.
"""

from collections.abc import Mapping
from typing import Any

from summarizer import plugins

# Section → old name of a setting → its new name.
SETTINGS = {
    "data": {
        "spec": "train",
        "document_pieces": "max_document_tokens",
        "summary_pieces": "max_summary_tokens",
        "window": "bucket_window",
        "curriculum": "curriculum_epochs",
    },
    "vocabulary": {"sample": "sample_size", "fold": "lowercase"},
    "model": {
        "embedding": "embedding_size",
        "decoder": "decoder_cell",
        "vectors": "pretrained_embeddings",
        "output_sees_input": "deep_output",
    },
    "train": {
        "batch": "batch_size",
        "warmup": "warmup_steps",
        "accumulate": "gradient_accumulation",
        "clip": "max_gradient_norm",
        "smoothing": "label_smoothing",
        "sampling": "scheduled_sampling",
        "coverage": "coverage_loss",
        "coverage_from": "coverage_start",
        "ema": "ema_decay",
        "average": "average_checkpoints",
        "validate_every": "validation_interval",
        "validate_examples": "validation_examples",
    },
    "decode": {
        "minimum": "min_tokens",
        "maximum": "max_tokens",
        "block_ngram": "no_repeat_ngram",
        "normalization": "length_normalization",
        "extract": "tagger_unit",
        "threshold": "tagger_threshold",
        "sentences": "tagger_sentences",
    },
}

# Old value of `data.task` → its new value.
TASKS = {"select": "tag", "continue": "language_model", "reconstruct": "autoencode"}

# Old name of a part of the model → its new name. No two kinds share an old name.
PARTS = {old: new for names in plugins.RENAMED.values() for old, new in names.items()}

OLD_TASKS = {new: old for old, new in TASKS.items()}
_OLD_PARTS = {
    setting: {new: old for old, new in plugins.RENAMED[kind].items()}
    for setting, kind in (("encoder", "encoder"), ("decoder_cell", "cell"))
}


def current_path(path: str) -> str:
    """Return the dotted name of a setting, with an old name replaced."""
    section, *keys = path.split(".")
    if keys:
        keys[0] = SETTINGS.get(section, {}).get(keys[0], keys[0])
    return ".".join([section, *keys])


def current_tree(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parsed JSON of a configuration, with old names of settings replaced."""
    return {section: _current_section(section, values) for section, values in tree.items()}


def _current_section(section: str, values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    names = SETTINGS.get(section, {})
    return {names.get(name, name): value for name, value in values.items()}


# Settings that came later, and their defaults: unused, they do not change the hash.
_LATER: dict[str, dict[str, Any]] = {
    "data": {"weights": {}, "thin": {}},
    "model": {"sentence_head": False, "word_head": False},
    "train": {"risk_weight": 0.0, "risk_samples": 3},
}


def old_tree(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as a tree of dictionaries under its old names, for the hash."""
    old = {
        section: _old_section(section, values) if isinstance(values, dict) else values
        for section, values in tree.items()
    }
    data = old["data"]
    data["task"] = OLD_TASKS.get(data["task"], data["task"])
    for section, defaults in _LATER.items():
        for name, default in defaults.items():
            if old[section][name] == default:
                del old[section][name]
    if old["schema"] == 1:
        del old["schema"]
    return old


def _old_section(section: str, values: dict[str, Any]) -> dict[str, Any]:
    old_names = {new: old for old, new in SETTINGS.get(section, {}).items()}
    return {old_names.get(name, name): _old_part(name, value) for name, value in values.items()}


def _old_part(setting: str, value: Any) -> Any:
    """Return the value of a setting, under its old name if it is a part that has one."""
    if setting not in _OLD_PARTS:
        return value
    part = {**value, "name": _OLD_PARTS[setting].get(value["name"], value["name"])}
    if "cell" in value["options"]:
        cell = _OLD_PARTS["decoder_cell"].get(value["options"]["cell"], value["options"]["cell"])
        part["options"] = {**value["options"], "cell": cell}
    return part
