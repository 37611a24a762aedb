"""Summaries as JSON, and what differs between two of them."""

import hashlib
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

SCORE = 1e-3  # how far scores and probabilities may differ
LEAST = 0.02  # sources of a smaller share may come and go; below 0.01 they are left out


def value(thing: Any, name: str) -> Any:
    """Return a field by its name of 55f18f5, whether or not the name is deprecated now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return getattr(thing, name)


def numbers(values: Any) -> list[float] | None:
    """Return an array as a list of rounded numbers."""
    return None if values is None else [round(float(v), 5) for v in values]


def summary(record: Any) -> dict[str, Any]:
    """Return a `Summary` as JSON."""
    fields = ("text", "score", "read", "truncated", "spelled", "parts")
    out = {name: value(record, name) for name in fields}
    out["unsupported"] = listed(value(record, "unsupported"))
    out["hypothesis"] = hypothesis(value(record, "hypothesis"))
    out["alternatives"] = [hypothesis(h) for h in value(record, "alternatives")]
    if out["alternatives"] == [out["hypothesis"]]:
        out["alternatives"] = "the hypothesis alone"
    explained = value(record, "explanation")
    out["explanation"] = None if explained is None else explanation(explained)
    return out


def listed(values: Any) -> Any:
    return None if values is None else list(values)


def hypothesis(record: Any) -> dict[str, Any]:
    """Return a `Hypothesis` as JSON, without its attention."""
    return {
        "ids": list(value(record, "ids")),
        "text": value(record, "text"),
        "log_prob": value(record, "log_prob"),
        "score": value(record, "score"),
        "gate": numbers(value(record, "gate")),
        "steps": numbers(value(record, "steps")),
        "unsupported": listed(value(record, "unsupported")),
    }


def explanation(record: Any) -> dict[str, Any]:
    """Return an `Explanation` as JSON."""
    words = []
    for word in value(record, "words"):
        fields = {name: value(word, name) for name in ("text", "begin", "end")}
        fields |= {n: round(value(word, n), 5) for n in ("copied", "gate", "log_prob")}
        fields["sources"] = [
            [value(source, "begin"), value(source, "end"), round(value(source, "share"), 5)]
            for source in value(word, "sources")
        ]
        words.append(fields | {"attention": numbers(value(word, "attention"))})
    sentences = [list(span) for span in value(record, "sentences")]
    return {"words": words, "sentences": sentences, "end": round(value(record, "end"), 5)}


def differences(new: Any, old: Any, where: str = "") -> list[str]:
    """Say where two JSON values differ: texts, ids and places at all, other numbers by SCORE.

    Args:
        new: from the code of the working tree.
        old: from the code of 55f18f5.
        where: what the two are.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        if new.keys() != old.keys():
            return [f"{where}: keys {sorted(new.keys() ^ old.keys())} are in one only"]
        return [line for key in old for line in differences(new[key], old[key], f"{where}.{key}")]
    if where.endswith(".sources"):
        return sources(new, old, where)
    if isinstance(old, list) and isinstance(new, list):
        if len(new) != len(old):
            return [f"{where}: {len(new)} in place of {len(old)}"]
        pairs = enumerate(zip(new, old, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{where}[{i}]")]
    if isinstance(old, float) and isinstance(new, (int, float)):
        near = math.isclose(new, old, rel_tol=0, abs_tol=SCORE)
    else:
        near = new == old
    return [] if near else [f"{where}: {new!r}, was {old!r}"]


def sources(new: Any, old: Any, where: str) -> list[str]:
    """Compare the places that a word was copied from, in any order, by their shares."""
    shares = [shares_of(places) for places in (new, old)]
    return [
        f"{where}: {place} has {shares[0].get(place, 0.0)}, had {shares[1].get(place, 0.0)}"
        for place in sorted(shares[0].keys() | shares[1].keys())
        if abs(shares[0].get(place, 0.0) - shares[1].get(place, 0.0)) > SCORE
        and max(s.get(place, 0.0) for s in shares) >= LEAST
    ]


def shares_of(places: Any) -> dict[tuple[Any, ...], float]:
    """Return the share of each place, which is a list or, on the command line, an object."""
    rows = [[*place.values()] if isinstance(place, dict) else place for place in places]
    return {tuple(where): share for *where, share in rows}


def arrays(path: Path) -> dict[str, Any]:
    """Return what is in a file of a run's state: its place, and of each array some numbers."""
    with np.load(path) as file:
        held = {name: file[name] for name in file.files}
    place = json.loads(held.pop("place.json").tobytes())
    return {"place": place, "arrays": {name: digest(array) for name, array in held.items()}}


def digest(array: Any) -> dict[str, Any]:
    """Return shape and type of an array, its mean size, some of its numbers, and its hash."""
    flat = array.astype(np.float64).ravel()
    some = flat[:: max(1, flat.size // 8)][:8]
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "size": float(np.abs(flat).mean()),
        "some": some.tolist(),
        "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
    }
