"""Reads the summaries of any system, and puts them beside the examples they belong to."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from summarizer.errors import InputError
from summarizer.text.cleaning import clean


def align_predictions(
    ids: Sequence[str], predictions: Sequence[str] | Mapping[str, str]
) -> list[str]:
    """Put predictions into the order of the examples.

    Raises:
        InputError: they are not those of the examples; names what is missing or foreign.
    """
    complaints: dict[str, Sequence[str]]
    if isinstance(predictions, Mapping):
        predictions = _renamed(predictions, set(ids))
        complaints = {
            "missing": [name for name in ids if name not in predictions],
            "not among the examples": sorted(predictions.keys() - set(ids)),
            "examples with the same id": [n for n, count in Counter(ids).items() if count > 1],
        }
    else:
        complaints = {"missing": ids[len(predictions) :]}
    if len(predictions) != len(ids) or any(complaints.values()):
        line = f"{len(predictions)} predictions for {len(ids)} examples"
        parts = [f"{what}: {_some(names)}" for what, names in complaints.items() if names]
        raise InputError("; ".join([line, *parts]))
    if isinstance(predictions, Mapping):
        return [predictions[name] for name in ids]
    return list(predictions)


def _renamed(predictions: Mapping[str, str], known: Collection[str]) -> Mapping[str, str]:
    """Clean the ids that are not among the examples', as those of rows are when they are read."""
    names = {name: name if name in known else clean(name) for name in predictions}
    if len(set(names.values())) < len(names):
        return predictions
    return {names[name]: text for name, text in predictions.items()}


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more


def read_predictions(path: str | Path) -> dict[str, str]:
    """Read summaries from a JSONL file, `{"id": ..., "prediction": ...}` a line.

    Returns:
        id → summary, in the file's order.

    Raises:
        InputError: names the file, the line and what is wrong with it.
    """
    found: dict[str, str] = {}
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    name, prediction = _prediction(line)
                    if name in found:
                        raise ValueError(f"id {name!r} occurs a second time")
                except ValueError as error:
                    raise InputError(f"{path}, line {number}: {error}") from None
                found[name] = prediction
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not found:
        raise InputError(f"{path}: there are no predictions in it")
    return found


def _prediction(line: bytes) -> tuple[str, str]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: it is too deep") from None
    if not isinstance(record, dict):
        raise ValueError('not an object with "id" and "prediction"')
    for key in ("id", "prediction"):
        if key not in record:
            raise ValueError(f"no {key!r}; it has: {', '.join(map(repr, record)) or 'nothing'}")
    if isinstance(record["id"], int) and not isinstance(record["id"], bool):
        record["id"] = str(record["id"])
    for key in ("id", "prediction"):
        if not isinstance(record[key], str):
            raise ValueError(f"{key!r} is {json.dumps(record[key])}, not a text")
    return record["id"], record["prediction"]
