"""What the encoders share: the settings of a recurrence, its making, and dense layers."""

import json
from dataclasses import dataclass
from typing import Any

import keras

from summarizer import plugins


@dataclass(frozen=True)
class RecurrentOptions:
    """Settings of a recurrence in both directions; the encoders around one add their own."""

    width: int = 256  # of each direction; the output is twice as wide
    cell: str = "lstm"  # a name, perhaps with options of that cell: gru,reset_after=true
    layers: int = 1

    def __post_init__(self) -> None:
        name, options = _read(self.cell)
        plugins.options("cell", name, width=self.width, **options)
        at_least("layers", self.layers, 1)

    def build_cell(self, inputs: int) -> Any:
        """Make the cell for inputs of a width."""
        name, options = _read(self.cell)
        return plugins.build("cell", name, inputs, width=self.width, **options)

    def recurrence(self, inputs: int) -> Any:
        """Make the encoder `bidirectional` for inputs of a width."""
        return plugins.build(
            "encoder",
            "bidirectional",
            inputs,
            width=self.width,
            cell=self.cell,
            layers=self.layers,
        )


def _read(cell: str) -> tuple[str, dict[str, Any]]:
    """Return a cell's name and the options that stand behind it."""
    name, *pairs = cell.split(",")
    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"cell={cell!r}: write options as {name},option=value")
        try:
            options[key] = json.loads(value)
        except ValueError:
            options[key] = value
    return name, options


def at_least(name: str, value: Any, least: int) -> None:
    """Refuse a setting that is no whole number from `least` on.

    Raises:
        ValueError: names the setting, its value and what is allowed.
    """
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{name}={value!r}: must be a whole number above {least - 1}")


def dense(inputs: int, width: int, activation: str | None = None, bias: bool = True) -> Any:
    """Make a dense layer whose weights exist from the start."""
    layer = keras.layers.Dense(width, activation=activation, use_bias=bias)
    layer.build((None, inputs))
    return layer
