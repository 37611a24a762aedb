"""Read the summaries of any system, and match them with examples."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from summarizer.errors import InputError
from summarizer.text.cleaning import clean
from summarizer.types import Example


def references_of(example: Example) -> Sequence[str]:
    """Return the references of an example, at least one; it may be empty."""
    return example.references or (example.summary or "",)


def align_predictions(
    ids: Sequence[str], predictions: Sequence[str] | Mapping[str, str]
) -> list[str]:
    """Return predictions in the order of the examples.

    Args:
        ids: ids of the examples.
        predictions: summaries in the same order, or id → summary.

    Raises:
        InputError: the predictions are not those of the examples; names ids that are missing or
            unknown.
    """
    problems: dict[str, Sequence[str]]
    if isinstance(predictions, Mapping):
        predictions = _with_clean_ids(predictions, set(ids))
        problems = {
            "missing": [name for name in ids if name not in predictions],
            "not among the examples": sorted(predictions.keys() - set(ids)),
            "examples with the same id": [n for n, count in Counter(ids).items() if count > 1],
        }
    else:
        problems = {"missing": ids[len(predictions) :]}
    if len(predictions) != len(ids) or any(problems.values()):
        line = f"{len(predictions)} predictions for {len(ids)} examples"
        parts = [f"{problem}: {_first_ids(names)}" for problem, names in problems.items() if names]
        raise InputError("; ".join([line, *parts]))
    if isinstance(predictions, Mapping):
        return [predictions[name] for name in ids]
    return list(predictions)


def _with_clean_ids(predictions: Mapping[str, str], known: Collection[str]) -> Mapping[str, str]:
    """Clean ids that are unknown, because the ids of examples are cleaned when they are read."""
    names = {name: name if name in known else clean(name) for name in predictions}
    if len(set(names.values())) < len(names):
        return predictions
    return {names[name]: text for name, text in predictions.items()}


def _first_ids(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more


def read_predictions(path: str | Path) -> dict[str, str]:
    """Read summaries from a JSON Lines file with `{"id": ..., "prediction": ...}` on each line.

    Returns:
        id → summary, in the order of the file.

    Raises:
        InputError: names the file, the line and the problem.
    """
    predictions: dict[str, str] = {}
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    name, prediction = _parse_prediction(line)
                    if name in predictions:
                        raise ValueError(f"id {name!r} occurs a second time")
                except ValueError as error:
                    raise InputError(f"{path}, line {number}: {error}") from None
                predictions[name] = prediction
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not predictions:
        raise InputError(f"{path}: contains no predictions")
    return predictions


def _parse_prediction(line: bytes) -> tuple[str, str]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not readable as JSON: nested too deeply") from None
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
