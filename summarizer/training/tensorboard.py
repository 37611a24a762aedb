"""The numbers of `metrics.jsonl` for TensorBoard, written by TensorFlow: `train.tensorboard`."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from summarizer.errors import TrainingError


def check_tensorboard() -> None:
    """Check that TensorFlow, whose writer this needs, is installed.

    Raises:
        TrainingError: it is not.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise TrainingError(
            "train.tensorboard=true: needs TensorFlow, which is not installed; metrics.jsonl has "
            "the same numbers"
        )


class TensorBoardLog:
    """Writes scalars into a folder that `tensorboard --logdir` shows."""

    def __init__(self, folder: Path):
        check_tensorboard()
        import tensorflow as tf

        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a record of the log: each number under its name, at the record's step."""
        import tensorflow as tf

        # tf.summary.scalar does the same but needs TensorBoard's own package.
        scalar = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=scalar)
        with self._writer.as_default(step=int(record["step"])):
            for name, value in record.items():
                if name != "step" and not isinstance(value, Mapping):
                    tf.summary.write(name, tf.constant(value, tf.float32), metadata=metadata)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def open_log(folder: Path, enabled: bool) -> TensorBoardLog | None:
    """Return a log in the folder of a run if it is enabled."""
    return TensorBoardLog(folder / "tensorboard") if enabled else None
