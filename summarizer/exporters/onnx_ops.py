"""Operators of ONNX for what TensorFlow spells out: a whole recurrence in one, a choice in one.

A recurrence is traced as one node that TensorFlow could not run, and that becomes ONNX's LSTM: it
reads a document many times faster than a loop over its steps. A cell without an operator of its own
stays a loop.
"""

from typing import Any

from keras import ops

from summarizer.model.cells.lstm import LSTM
from summarizer.model.recurrence import unroll

_MARK = "onnx-lstm-"  # before the direction, in the name of the node that stands for an LSTM


def trace_lstm(cell: Any, inputs: Any, initial: Any, mask: Any, reverse: bool) -> Any:
    """Trace a cell over all steps as one node; for `recurrence.replaced`.

    Args:
        cell: a layer from `model/cells`.
        inputs: float32 [B, S, I].
        initial: the states at the start, each float32 [B, H].
        mask: bool [B, S] or None; False only behind the last True of a row.
        reverse: read from the last step to the first.

    Returns:
        As `unroll`; None where the cell is no LSTM and reads forward.
    """
    if type(cell) is not LSTM:
        return _reversed(cell, inputs, initial, mask) if reverse else None
    import tensorflow as tf

    batch, steps = tf.shape(inputs)[0], tf.shape(inputs)[1]
    lengths = tf.fill([batch], steps)
    if mask is not None:
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    given = [
        tf.transpose(inputs, (1, 0, 2)),
        _ordered(cell.kernel),
        _ordered(cell.recurrent_kernel),
        tf.pad(_ordered(cell.bias), [[0, 0], [0, 4 * cell.width]]),  # it has a second bias
        lengths,
        *(state[None] for state in initial),
    ]
    token = _MARK + ("reverse" if reverse else "forward")
    found = tf.raw_ops.PyFunc(input=given, token=token, Tout=[tf.float32] * 3)
    outputs, hidden, state = (tf.reshape(x, (-1, batch, cell.width)) for x in found)
    return tf.transpose(outputs, (1, 0, 2)), (hidden[0], state[0])


def _reversed(cell: Any, inputs: Any, initial: Any, mask: Any) -> Any:
    """Read backward in a loop that counts up: ONNX stacks what steps give in their order."""
    flipped = None if mask is None else ops.flip(mask, axis=1)
    outputs, final = unroll(cell, ops.flip(inputs, axis=1), initial, flipped)
    return ops.flip(outputs, axis=1), final


def _ordered(weight: Any) -> Any:
    """A weight as ONNX wants it: gates i, o, f, g in rows, and an axis for the direction."""
    import tensorflow as tf

    i, f, o, g = tf.split(ops.convert_to_tensor(weight), 4, axis=-1)
    return tf.transpose(tf.concat([i, o, f, g], axis=-1))[None]


def _lstm(graph: Any, node: Any, name: str, _: Any) -> None:
    """Make the ONNX node of what `recurrence` traced."""
    direction = node.get_attr_value("token").decode().removeprefix(_MARK)
    hidden = graph.get_shape(node.input[2])[2]
    inputs, outputs = list(node.input), list(node.output)
    shapes, dtypes = node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)
    graph.make_node(
        "LSTM", inputs, name=name, outputs=outputs, shapes=shapes, dtypes=dtypes,
        attr={"direction": direction, "hidden_size": hidden},
    )  # fmt: skip


def _where(graph: Any, node: Any, name: str, _: Any) -> None:
    """Choose in one pass and exactly: tf2onnx multiplies with 0 and 1 and adds, in five."""
    from onnx import TensorProto

    if graph.get_dtype(node.output[0]) != TensorProto.BOOL:
        node.type = "Where"
        return
    flag, yes, no = node.input  # onnxruntime has no Where of bools
    outputs, shapes, dtypes = list(node.output), node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)
    first = graph.make_node("And", [flag, yes]).output[0]
    second = graph.make_node("And", [graph.make_node("Not", [flag]).output[0], no]).output[0]
    graph.make_node("Or", [first, second], name=name, outputs=outputs, shapes=shapes, dtypes=dtypes)


# For tf2onnx, by the names of TensorFlow.
HANDLERS: dict[str, Any] = {"PyFunc": (_lstm, []), "SelectV2": (_where, [])}
