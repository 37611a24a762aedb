"""Precision, compiler and threads for the machine in use."""

import contextlib
import ctypes
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import keras

from summarizer.errors import TrainingError

# Options of glibc's mallopt, by their numbers in malloc.h, and their values.
MALLOC_OPTIONS = (
    (-8, 1),  # M_ARENA_MAX: one heap for all threads; others are given back and requested again
    (-4, 0),  # M_MMAP_MAX: no block comes straight from the system
    (-1, -1),  # M_TRIM_THRESHOLD: the heap never shrinks
    (-2, 1 << 26),  # M_TOP_PAD: the heap grows by at least 64 MB
)


class HardwareChoice(NamedTuple):
    """How the training step runs.

    Attributes:
        precision: a Keras dtype policy: float32, mixed_bfloat16 or mixed_float16.
        compile: xla or graph.
        reason: both, with the device and the backend, in words.
    """

    precision: str
    compile: str
    reason: str


def choose_hardware(precision: str, compiler: str) -> HardwareChoice:
    """Choose precision and compiler, for those that are `auto`.

    On a CPU that multiplies bfloat16: bfloat16 products in a TensorFlow graph (XLA is slow if the
    result of such a product is bfloat16, too). On other CPUs: float32 with XLA. On GPU and TPU:
    bfloat16 with XLA. JAX always uses XLA.

    Raises:
        TrainingError: `compiler` is graph and the backend always compiles with XLA.
    """
    backend, device = keras.backend.backend(), _device()
    fast = device == "cpu" and _multiplies_bfloat16()
    if backend != "tensorflow" and compiler == "graph":
        raise TrainingError(f"train.compile=graph: the {backend} backend always compiles with XLA")
    if precision == "auto":
        bfloat16 = device != "cpu" or (fast and backend == "tensorflow" and compiler != "xla")
        precision = "mixed_bfloat16" if bfloat16 else "float32"
    if compiler == "auto":
        graph = backend == "tensorflow" and device == "cpu" and precision != "float32"
        compiler = "graph" if graph else "xla"
    kind = "CPU with bfloat16 products" if fast else device.upper()
    return HardwareChoice(precision, compiler, f"{precision}, {compiler} on {kind}, {backend}")


@contextlib.contextmanager
def dtype_policy(precision: str) -> Iterator[None]:
    """Make a precision Keras' default for new layers within the context."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def set_threads(choice: HardwareChoice) -> None:
    """Let kernels of a TensorFlow graph on a CPU run two at a time, on half of the cores each.

    This is faster for two kernels that do not depend on each other, such as the two directions of
    an encoder and the two gradients of a product. Nothing changes if XLA compiles the whole step,
    if the environment sets TensorFlow's threads, or if TensorFlow has already computed something.
    """
    names = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"
    by_environment = any(name in os.environ for name in names)
    if choice.compile != "graph" or by_environment or _device() != "cpu":
        return
    import tensorflow as tf

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (cores or 1) // 2))
        tf.config.threading.set_inter_op_parallelism_threads(2)


def keep_memory() -> bool:
    """Keep freed memory in this process; return whether the C library allows it.

    A step allocates and frees large blocks. By default glibc may return them to the system, which
    must then find and clear pages again: up to 100,000 a second were measured. Nothing changes with
    other C libraries, or if the environment has settings for glibc (`MALLOC_…`).
    """
    if platform.libc_ver()[0] != "glibc" or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    results = [mallopt(option, value) for option, value in MALLOC_OPTIONS]
    return all(results)


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
