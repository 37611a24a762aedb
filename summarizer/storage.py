"""Files written to a temporary file, flushed and renamed, so no reader sees a partial file."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError

METADATA = "place.json"  # the member of an array file that holds its metadata


class ArrayFile(NamedTuple):
    """What an array file holds.

    Attributes:
        arrays: NumPy arrays by name.
        metadata: what JSON holds; {} if the file has none.
    """

    arrays: dict[str, npt.NDArray[Any]]
    metadata: dict[str, Any]


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on success flush that file to disk and rename it to `path`.

    If the body raises, the temporary file is removed and `path` keeps what it had.

    Raises:
        ModelError: the body or the rename raised an OSError, for example because the disk is full.
    """
    aside = path.with_name(path.name + ".part")
    try:
        yield aside
        _flush(aside)
        os.replace(aside, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file aside and rename it.

    Raises:
        ModelError: the file cannot be written; nothing is left behind.
    """
    with atomic_path(path) as aside:
        aside.write_bytes(data)


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill; at the end flush its files and put it in the place of `path`.

    If the body raises, the folder aside is removed and `path` keeps what it had.

    Raises:
        ModelError: the folder cannot be made or renamed. An OSError of the body is not converted.
    """
    aside = path.with_name(path.name + ".part")
    try:
        with _write_errors(path):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
        yield aside
        with _write_errors(path):
            for file in _files(aside):
                _flush(file)
            _replace_directory(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _replace_directory(new: Path, path: Path) -> None:
    """Put a folder in the place of another, which stays until the new one is there."""
    old = path.with_name(path.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def save_arrays(
    path: Path, arrays: Mapping[str, npt.ArrayLike], metadata: Mapping[str, Any] | None = None
) -> None:
    """Write NumPy arrays and metadata, anything that JSON holds, as one `.npz` file.

    Raises:
        ModelError: the file cannot be written; what was there stays.
    """
    members: dict[str, Any] = dict(arrays)
    if metadata is not None:
        members[METADATA] = np.frombuffer(json.dumps(dict(metadata)).encode(), np.uint8)
    with atomic_path(path) as aside, open(aside, "wb") as file:
        np.savez(file, **members)


def load_arrays(path: Path) -> ArrayFile:
    """Read what `save_arrays` wrote.

    Raises:
        ModelError: the file is missing, cut or not an array file.
    """
    try:
        # Opened here because NumPy does not close a file that turns out to be cut.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        metadata = arrays.pop(METADATA, None)
        return ArrayFile(arrays, {} if metadata is None else json.loads(metadata.tobytes()))
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file") from None
    except Exception as error:  # zipfile and NumPy raise many kinds for damaged files
        raise ModelError(f"{path}: cut or not written by this program ({error})") from None


def sha256(path: Path) -> str:
    """Return 64 hexadecimal digits that identify the content of a file, or of a folder's files."""
    digest = hashlib.sha256()
    for file in _files(path):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(path).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def size_in_bytes(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


def _flush(path: Path) -> None:
    """Have the system write a file's content to disk; a rename alone does not."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be written: {error.strerror or error}")


@contextlib.contextmanager
def own_temporary_directory() -> Iterator[None]:
    """Give libraries a temporary directory that is removed on exit, because some leave files."""
    default = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = default
