"""What precision and compiler suit this machine, and saying so."""

import contextlib
import ctypes
import os
import platform
from pathlib import Path
from typing import NamedTuple

import keras

from summarizer.errors import TrainingError

# Options of glibc's mallopt, by their numbers in malloc.h, and what they are set to.
KEPT = (
    (-8, 1),  # M_ARENA_MAX: one heap for all threads; others are given back and asked for again
    (-4, 0),  # M_MMAP_MAX: no block comes straight from the system
    (-1, -1),  # M_TRIM_THRESHOLD: the heap never shrinks
    (-2, 1 << 26),  # M_TOP_PAD: it grows by 64 MB at least
)


class HardwareChoice(NamedTuple):
    """How the train step runs."""

    precision: str  # float32 or mixed_bfloat16
    compile: str  # xla or graph
    reason: str


def choose_hardware(precision: str, compiler: str) -> HardwareChoice:
    """Settle what `auto` means here.

    bfloat16 products in a TensorFlow graph on a CPU that multiplies bfloat16 (XLA is slow where
    such a product's result is bfloat16 too), float32 with XLA on other CPUs, bfloat16 with XLA on
    GPU and TPU. With JAX everything is XLA.

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
    return HardwareChoice(precision, compiler, f"{precision}, {compiler} on {kind}, {backend}")


def set_threads(choice: HardwareChoice) -> None:
    """Let kernels of a TensorFlow graph on a CPU run two at a time, on half of the cores each.

    What follows this is faster so: the two directions of an encoder and both gradients of a product
    keep all cores busy without waiting for one another. Nothing changes where XLA compiles the
    whole step, where the environment says otherwise, or where TensorFlow has already computed.
    """
    said = any(name in os.environ for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"))
    if choice.compile != "graph" or said or _device() != "cpu":
        return
    import tensorflow as tf

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (cores or 1) // 2))
        tf.config.threading.set_inter_op_parallelism_threads(2)


def keep_memory() -> bool:
    """Let memory that was freed stay with this process; return whether that can be had.

    A step takes and frees large blocks. By default glibc may give these back to the system, which
    then has to find and to clear pages again: up to 100,000 a second were seen. Nothing changes
    with other libraries of C, or where the environment has settings for glibc (`MALLOC_…`).
    """
    if platform.libc_ver()[0] != "glibc" or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    done = [mallopt(option, value) for option, value in KEPT]
    return all(done)


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
