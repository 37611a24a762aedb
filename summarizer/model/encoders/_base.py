"""What encoders share: the options of a recurrence, its construction, and dense layers."""

import json
from dataclasses import dataclass
from typing import Any

import keras

from summarizer import plugins
from summarizer.model.protocols import Cell, Encoder


@dataclass(frozen=True)
class RecurrentOptions:
    """Options of a recurrence in both directions; encoders built on one add their own."""

    width: int = 256  # width of each direction; the output is twice as wide
    cell: str = "lstm"  # name of a cell, with options after commas: gru,reset_after=true
    layers: int = 1  # number of layers; each after the first has a residual connection

    def __post_init__(self) -> None:
        name, options = _parse_cell(self.cell)
        plugins.options("cell", name, width=self.width, **options)
        at_least("layers", self.layers, 1)

    def build_cell(self, inputs: int) -> Cell:
        """Build the cell for inputs of this width."""
        name, options = _parse_cell(self.cell)
        cell: Cell = plugins.build("cell", name, inputs, width=self.width, **options)
        return cell

    def recurrence(self, inputs: int) -> Encoder:
        """Build the encoder `bidirectional` for inputs of this width."""
        encoder: Encoder = plugins.build(
            "encoder",
            "bidirectional",
            inputs,
            width=self.width,
            cell=self.cell,
            layers=self.layers,
        )
        return encoder


def _parse_cell(cell: str) -> tuple[str, dict[str, Any]]:
    """Split `gru,reset_after=true` into the name of the cell and its options."""
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


def at_least(name: str, value: object, minimum: int) -> None:
    """Check that an option is a whole number and at least `minimum`.

    Raises:
        ValueError: names the option, its value and what is allowed.
    """
    if not isinstance(value, int) or value < minimum:
        raise ValueError(f"{name}={value!r}: must be a whole number above {minimum - 1}")


def dense(
    inputs: int, width: int, activation: str | None = None, bias: bool = True
) -> keras.layers.Dense:
    """Create a dense layer with its weights."""
    layer = keras.layers.Dense(width, activation=activation, use_bias=bias)
    layer.build((None, inputs))
    return layer
