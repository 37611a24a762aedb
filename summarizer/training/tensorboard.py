"""The numbers of `metrics.jsonl` for TensorBoard, written by TensorFlow: `train.tensorboard`."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from summarizer.errors import TrainingError


def check_tensorboard() -> None:
    """Refuse early.

    Raises:
        TrainingError: TensorFlow, whose writer this needs, is not installed.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise TrainingError(
            "train.tensorboard=true: is written by TensorFlow, which is not installed; "
            "metrics.jsonl has the same numbers"
        )


class TensorBoardLog:
    """Writes scalars into a folder that `tensorboard --logdir` shows."""

    def __init__(self, folder: Path):
        check_tensorboard()
        import tensorflow as tf

        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a line of the log: each number under its name, at its step."""
        import tensorflow as tf

        # tf.summary.scalar is this and needs the package of TensorBoard itself.
        about = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        )
        with self._writer.as_default(step=int(record["step"])):
            for name, value in record.items():
                if name != "step" and not isinstance(value, Mapping):
                    tf.summary.write(name, tf.constant(value, tf.float32), metadata=about)
        self._writer.flush()

    def close(self) -> None:
        """Release the file."""
        self._writer.close()


def open_log(folder: Path, wanted: bool) -> TensorBoardLog | None:
    """Return a board in the run's folder where one is wanted."""
    return TensorBoardLog(folder / "tensorboard") if wanted else None
