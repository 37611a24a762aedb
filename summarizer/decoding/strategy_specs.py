"""What the file of a decoding strategy says about itself, read without importing it.

The search on onnxruntime needs the options of a strategy and the inputs of the exported graph that
they set. Importing the file would import Keras, so its syntax tree is read instead.
"""

import ast
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer import plugins
from summarizer.errors import ConfigError, did_you_mean

NOISE = "noise"  # the input of the graph that is filled with random numbers, drawn from a seed


@dataclass(frozen=True)
class StrategySpec:
    """A decoding strategy as its file describes it.

    Attributes:
        name: name of the file.
        width: default number of beams; None: the strategy keeps one beam and no other number.
        options: default of each option but `width`.
        exported_as: the strategy of an exported graph that runs this one.
        graph_inputs: input of the graph → name of the option that sets it, or a fixed number.
    """

    name: str
    width: int | None
    options: Mapping[str, Any]
    exported_as: str
    graph_inputs: Mapping[str, str | float]

    def inputs(self, options: Mapping[str, Any], width: int) -> dict[str, Any]:
        """Return the values of the graph's inputs, by name.

        Args:
            options: the value of each option.
            width: number of beams.
        """
        values = {**options, "width": width}
        return {
            name: values[source] if isinstance(source, str) else source
            for name, source in self.graph_inputs.items()
        }


def read_spec(name: str) -> StrategySpec:
    """Read the description of a strategy.

    Raises:
        ConfigError: no such strategy (names the nearest), or its file is not as described here.
    """
    known = plugins.names("strategy")
    if name not in known:
        raise ConfigError(f"unknown strategy {name!r}: {did_you_mean(name, known)}")
    origin = importlib.util.find_spec(f"{plugins.FOLDERS['strategy']}.{name}")
    path = Path(str(origin and origin.origin))
    try:
        body = ast.parse(path.read_text("utf-8")).body
        constants = _constants(body)
        (options,) = (
            _defaults(node)
            for node in body
            if isinstance(node, ast.ClassDef) and node.name == "Options"
        )
    except (SyntaxError, ValueError) as error:
        raise ConfigError(f"strategy {name!r}: {path.name} cannot be read: {error}") from None
    width = options.pop("width", None)
    exported_as, inputs = constants.get("EXPORTED_AS", name), constants.get("GRAPH_INPUTS", {})
    return StrategySpec(name, width, options, exported_as, inputs)


def _constants(body: list[ast.stmt]) -> dict[str, Any]:
    """Return the values of the two constants, by name, as far as a file has them."""
    return {
        target.id: ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("EXPORTED_AS", "GRAPH_INPUTS")
    }


def _defaults(options: ast.ClassDef) -> dict[str, Any]:
    """Return the default of each field of the class `Options`."""
    return {
        node.target.id: ast.literal_eval(node.value)
        for node in options.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value
    }
