"""TensorFlow's start-up messages stay off stderr, and nothing else is lost."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from summarizer.training.quiet_start import START_UP

ROOT = Path(__file__).parents[2]
MESSAGES = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1796117257.251162   27566 port.cc:153] oneDNN custom operations are on. You may see
I0000 00:00:1796117257.253745   27566 cudart_stub.cc:31] Could not find cuda drivers on your machine
W0000 00:00:1796117257.253745   27566 gpu_device.cc:2433] Cannot dlopen some GPU libraries.
E0000 00:00:1796117294.432190   28036 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA
E0000 00:00:1796117294.432190   28036 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting
2026-12-01 09:23:11.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
2026-12-01 09:23:11.123456: E external/x/cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with flags.
"""
OTHERS = """\
E0000 00:00:1796117294.432190   28036 loader.cc:9] the library is broken
F0000 00:00:1796117294.432190   28036 cpu_feature_guard.cc:41] needs AVX instructions
2026-12-01 09:23:11.123456: E tensorflow/core/loader.cc:9] the library is broken
Traceback (most recent call last):
ImportError: libtensorflow.so: cannot open shared object file
training with float32
"""

FAKE = """
import os
os.write(2, open({lines!r}, "rb").read())
class config:
    def list_physical_devices():
        os.write(2, b"I0000 00:00:1.1 7 a.cc:1] devices\\n")
{end}
"""
IMPORT = """
from summarizer.training import quiet_start
quiet_start.install()
quiet_start.install()
import sys
import tensorflow
import tensorflow.config
print("imported", file=sys.stderr)
"""


def run(folder: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", **more}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_messages_are_told_from_errors():
    assert [line for line in MESSAGES.splitlines() if not START_UP.match(line)] == []
    assert [line for line in OTHERS.splitlines() if START_UP.match(line)] == []


@pytest.mark.parametrize(
    ("end", "status", "rest"),
    [
        ("", 0, "imported\n"),
        ("raise ImportError('no libraries')", 1, r"Traceback .*ImportError: no libraries\n"),
        ("os.abort()", -6, ""),
    ],
)
def test_real_errors_are_passed_on(tmp_path, end, status, rest):
    """Also those before the import raises, or the process dies."""
    lines = tmp_path / "lines"
    lines.write_text(MESSAGES + OTHERS)
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(FAKE.format(lines=str(lines), end=end))
    (package / "config.py").write_text("")
    done = run(tmp_path, IMPORT)
    assert done.returncode == status
    assert re.fullmatch(re.escape(OTHERS) + rest, done.stderr, re.S)


def test_a_command_that_loads_keras_prints_only_its_own_lines(tmp_path):
    code = "from summarizer import cli; import sys; sys.exit(cli.main(sys.argv[1:]))"
    code = code.replace("sys.argv[1:]", repr(["train", "--data", "none.jsonl", "--output", "x"]))
    done = run(tmp_path, code.replace("'x'", repr(str(tmp_path / "run"))))
    assert done.returncode == 1
    assert done.stderr == "summarizer: none.jsonl: no such file\n"
