"""ONNX operators for what TensorFlow expresses in many nodes: LSTM and Where.

A recurrence is traced as a single node, which TensorFlow could not run and which becomes the LSTM
operator of ONNX. That operator reads a document many times faster than a loop over its steps. A
cell without an operator stays a loop.
"""

from typing import Any

from keras import ops

from summarizer.exporters.hoist_invariants import NodeProto
from summarizer.model.cells.lstm import LSTM
from summarizer.model.protocols import Cell
from summarizer.model.recurrence import unroll
from summarizer.types import Tensor

_TOKEN_PREFIX = "onnx-lstm-"  # before the direction, in the token of the node of an LSTM


def trace_lstm(
    cell: Cell, inputs: Tensor, initial: tuple[Tensor, ...], mask: Tensor | None, reverse: bool
) -> Any:
    """Trace a cell over all steps as one node; for `recurrence.override_unroll`.

    Args:
        cell: a layer from `model/cells`.
        inputs: float32 [B, S, I].
        initial: initial states, each float32 [B, H].
        mask: bool [B, S] or None; False only after the last True of a row.
        reverse: whether to read from the last step to the first.

    Returns:
        As `unroll`; None if the cell is no LSTM and reads forward.
    """
    if type(cell) is not LSTM:
        return _unroll_reversed(cell, inputs, initial, mask) if reverse else None
    import tensorflow as tf

    batch, steps = tf.shape(inputs)[0], tf.shape(inputs)[1]
    lengths = tf.fill([batch], steps)
    if mask is not None:
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    operands = [
        tf.transpose(inputs, (1, 0, 2)),
        _onnx_layout(cell.kernel),
        _onnx_layout(cell.recurrent_kernel),
        tf.pad(_onnx_layout(cell.bias), [[0, 0], [0, 4 * cell.width]]),  # ONNX has a second bias
        lengths,
        *(state[None] for state in initial),
    ]
    token = _TOKEN_PREFIX + ("reverse" if reverse else "forward")
    results = tf.raw_ops.PyFunc(input=operands, token=token, Tout=[tf.float32] * 3)
    outputs, hidden, state = (tf.reshape(x, (-1, batch, cell.width)) for x in results)
    return tf.transpose(outputs, (1, 0, 2)), (hidden[0], state[0])


def _unroll_reversed(
    cell: Cell, inputs: Tensor, initial: tuple[Tensor, ...], mask: Tensor | None
) -> Any:
    """Read backward in a loop that counts up, because ONNX stacks results in loop order."""
    flipped_mask = None if mask is None else ops.flip(mask, axis=1)
    outputs, final = unroll(cell, ops.flip(inputs, axis=1), initial, flipped_mask)
    return ops.flip(outputs, axis=1), final


def _onnx_layout(weight: Tensor) -> Tensor:
    """Return a weight with its gates in rows in the order i, o, f, g, and an axis of directions."""
    import tensorflow as tf

    i, f, o, g = tf.split(ops.convert_to_tensor(weight), 4, axis=-1)
    return tf.transpose(tf.concat([i, o, f, g], axis=-1))[None]


def _convert_lstm(graph: Any, node: NodeProto, name: str, _: Any) -> None:
    """Replace the node of `trace_lstm` by an ONNX LSTM.

    Args:
        graph: of tf2onnx, changed in place.
        node: of tf2onnx.
        name: of the new node.
    """
    direction = node.get_attr_value("token").decode().removeprefix(_TOKEN_PREFIX)
    hidden_size = graph.get_shape(node.input[2])[2]
    inputs, outputs = list(node.input), list(node.output)
    shapes, dtypes = node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)
    graph.make_node(
        "LSTM",
        inputs,
        name=name,
        outputs=outputs,
        shapes=shapes,
        dtypes=dtypes,
        attr={"direction": direction, "hidden_size": hidden_size},
    )


def _convert_where(graph: Any, node: NodeProto, name: str, _: Any) -> None:
    """Replace a SelectV2 by one exact Where; tf2onnx multiplies with 0 and 1 and adds.

    Args:
        graph: of tf2onnx, changed in place.
        node: of tf2onnx.
        name: of the new node.
    """
    from onnx import TensorProto

    if graph.get_dtype(node.output[0]) != TensorProto.BOOL:
        node.type = "Where"
        return
    condition, yes, no = node.input  # onnxruntime has no Where of bools
    outputs, shapes, dtypes = list(node.output), node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)
    if_true = graph.make_node("And", [condition, yes]).output[0]
    inverted = graph.make_node("Not", [condition]).output[0]
    if_false = graph.make_node("And", [inverted, no]).output[0]
    graph.make_node(
        "Or", [if_true, if_false], name=name, outputs=outputs, shapes=shapes, dtypes=dtypes
    )


# For tf2onnx, by the names of TensorFlow's operations.
HANDLERS: dict[str, Any] = {"PyFunc": (_convert_lstm, []), "SelectV2": (_convert_where, [])}
