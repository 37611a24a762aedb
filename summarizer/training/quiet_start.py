"""Keep TensorFlow's start-up messages off stderr when a command imports it.

TensorFlow writes several lines before it reads `TF_CPP_MIN_LOG_LEVEL`, so that setting alone does
not silence them. They come from C++ and go to file descriptor 2.
"""

import contextlib
import importlib.machinery
import os
import re
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

# Log lines of TensorFlow, old style and new, of the levels INFO and WARNING; of the level ERROR
# those that every machine without a usable GPU or with another start of CUDA gets.
START_UP = re.compile(
    r"WARNING: All log messages before absl::InitializeLog"
    r"|[IW]\d{4} [\d:. ]+ \S+:\d+\] "
    r"|\d{4}-\d\d-\d\d [\d:.]+: [IW] "
    r"|(E\d{4} [\d:. ]+ \S+:\d+\]|\d{4}-\d\d-\d\d [\d:.]+: E \S+\]) .*"
    r"(failed call to cuInit|Unable to register cu\w+ factory)"
    r"|To enable the following instructions: .* rebuild TensorFlow"
)

# Runs in a process of its own, so that what TensorFlow prints before a crash is passed on, too.
_FILTER = """
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
noise = re.compile(sys.argv[1])
for line in sys.stdin.buffer:
    if not noise.match(line.decode("utf-8", "replace")):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""
_WAIT = 10  # seconds at most for the filter to pass on the last lines


@contextlib.contextmanager
def without_start_up_messages() -> Iterator[None]:
    """Drop TensorFlow's start-up messages from file descriptor 2; pass on everything else."""
    import subprocess  # loaded here: most commands never import TensorFlow

    read_end, write_end = os.pipe()
    command = [sys.executable, "-I", "-S", "-c", _FILTER, START_UP.pattern]
    with subprocess.Popen(command, stdin=read_end) as reader:
        os.close(read_end)
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(write_end, 2)
        os.close(write_end)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            try:
                reader.wait(_WAIT)
            except subprocess.TimeoutExpired:  # another process has the pipe open
                reader.kill()


class _QuietImport:
    """Finds TensorFlow as usual, but runs its import without start-up messages."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            run = spec.loader.exec_module

            def import_quietly(module: ModuleType) -> None:
                sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
                with without_start_up_messages():
                    run(module)
                    module.config.list_physical_devices()  # has messages of its own

            spec.loader.exec_module = import_quietly  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Make the first import of TensorFlow in this process quiet; nothing is imported yet."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules and not _installed():
        sys.meta_path.insert(0, _QuietImport())


def _installed() -> bool:
    return any(isinstance(finder, _QuietImport) for finder in sys.meta_path)
