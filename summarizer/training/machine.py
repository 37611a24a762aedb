"""What precision and compiler suit this machine, and saying so."""

from pathlib import Path
from typing import NamedTuple

import keras

from summarizer.errors import TrainingError


class Choice(NamedTuple):
    """How the train step runs."""

    precision: str  # float32 or mixed_bfloat16
    compile: str  # xla or graph
    reason: str


def choose(precision: str, compiler: str) -> Choice:
    """Settle what `auto` means here.

    bfloat16 products in a TensorFlow graph on a CPU that multiplies bfloat16 (XLA has no fast
    product of that kind on a CPU), float32 with XLA on other CPUs, bfloat16 with XLA on GPU and
    TPU. With JAX everything is XLA.

    Raises:
        TrainingError: a graph without XLA asked of JAX.
    """
    backend, device = keras.backend.backend(), _device()
    fast = device == "cpu" and _multiplies_bfloat16()
    if backend != "tensorflow" and compiler == "graph":
        raise TrainingError(f"train.compile=graph: the {backend} backend always compiles with XLA")
    if precision == "auto":
        suits = device != "cpu" or (fast and backend == "tensorflow" and compiler != "xla")
        precision = "mixed_bfloat16" if suits else "float32"
    if compiler == "auto":
        graph = backend == "tensorflow" and device == "cpu" and precision != "float32"
        compiler = "graph" if graph else "xla"
    kind = "CPU with bfloat16 products" if fast else device.upper()
    return Choice(precision, compiler, f"{precision}, {compiler} on {kind}, {backend}")


def _device() -> str:
    if keras.backend.backend() == "jax":
        import jax

        return str(jax.default_backend())
    import tensorflow as tf

    for kind in ("TPU", "GPU"):
        if tf.config.list_physical_devices(kind):
            return kind.lower()
    return "cpu"


def _multiplies_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        text = cpuinfo.read_text()
    except OSError:
        return False
    return "avx512_bf16" in text or "amx_bf16" in text
