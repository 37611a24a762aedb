"""Files are whole or not there: atomic writes, array files, checksums."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import storage
from summarizer.errors import ModelError


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_write_flushes_before_the_rename(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(storage.os, "fsync", lambda _: calls.append("fsync"))
    replace = os.replace

    def rename(aside: Path, path: Path) -> None:
        calls.append("rename")
        replace(aside, path)

    monkeypatch.setattr(storage.os, "replace", rename)
    storage.atomic_write(tmp_path / "a", b"1")
    storage.save_arrays(tmp_path / "b", {"x": np.arange(3)})
    assert calls == ["fsync", "rename"] * 2
    assert (tmp_path / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, function):
    path = tmp_path / "a"
    storage.atomic_write(path, b"old")
    monkeypatch.setattr(storage.os, function, full)
    for write in (
        lambda: storage.atomic_write(path, b"new"),
        lambda: storage.save_arrays(path, {"x": np.zeros(2)}),
    ):
        with pytest.raises(ModelError, match=r"a: cannot be written: No space left on device$"):
            write()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_file_cannot_be_written_into_a_missing_folder(tmp_path):
    with pytest.raises(ModelError, match="none/a: cannot be written: No such file or directory"):
        storage.atomic_write(tmp_path / "none" / "a", b"")


def fill(path: Path, text: str) -> None:
    with storage.atomic_directory(path) as aside:
        (aside / "inner").mkdir()
        (aside / "inner" / "file").write_text(text)


def test_a_folder_replaces_another(tmp_path):
    for text in ("old", "new"):
        fill(tmp_path / "store", text)
    assert (tmp_path / "store" / "inner" / "file").read_text() == "new"
    assert names(tmp_path) == ["store", "store/inner", "store/inner/file"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_error_in_the_body_leaves_the_old_folder(tmp_path, error):
    fill(tmp_path / "store", "old")

    def interrupted() -> None:
        with storage.atomic_directory(tmp_path / "store") as aside:
            (aside / "part").write_text("x")
            raise error

    with pytest.raises(error):
        interrupted()
    assert (tmp_path / "store" / "inner" / "file").read_text() == "old"
    assert names(tmp_path) == ["store", "store/inner", "store/inner/file"]


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    fill(tmp_path / "store", "old")
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "store.part":
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(ModelError, match="store: cannot be written: Permission denied"):
        fill(tmp_path / "store", "new")
    assert (tmp_path / "store" / "inner" / "file").read_text() == "old"
    assert names(tmp_path) == ["store", "store/inner", "store/inner/file"]


def test_arrays_and_metadata_are_read_back(tmp_path):
    path = tmp_path / "x.npz"
    storage.save_arrays(path, {"a.b": np.arange(3, dtype=np.uint16)}, {"step": 1, "best": -np.inf})
    arrays, metadata = storage.load_arrays(path)
    assert (arrays["a.b"].dtype, arrays["a.b"].tolist()) == (np.uint16, [0, 1, 2])
    assert (list(arrays), metadata) == (["a.b"], {"step": 1, "best": -np.inf})
    storage.save_arrays(path, {})
    assert storage.load_arrays(path) == ({}, {})


@given(cut=st.floats(0, 0.999), change=st.integers(0, 255), where=st.floats(0, 1))
def test_a_damaged_array_file_is_one_error_or_unharmed(tmp_path_factory, cut, change, where):
    path = tmp_path_factory.mktemp("arrays") / "x.npz"
    storage.save_arrays(path, {"a": np.arange(50)}, {"step": 1})
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(ModelError, match=r"x\.npz: cut or not written by this program"):
        storage.load_arrays(path)
    changed = bytearray(content)
    changed[min(int(where * len(content)), len(content) - 1)] = change
    path.write_bytes(bytes(changed))
    with contextlib.suppress(ModelError):
        storage.load_arrays(path)


def test_a_missing_array_file_and_one_of_another_program_are_errors(tmp_path):
    with pytest.raises(ModelError, match=r"y\.npz: no such file$"):
        storage.load_arrays(tmp_path / "y.npz")
    for name, content in {"one.npy": np.arange(3), "object.npy": np.array([{}])}.items():
        np.save(tmp_path / name, content, allow_pickle=True)
        with pytest.raises(ModelError, match="not written by this program"):
            storage.load_arrays(tmp_path / name)


def test_a_checksum_depends_on_names_and_contents(tmp_path):
    for name, content in (("a", "1"), ("b", "1"), ("b", "2")):
        (tmp_path / name).write_text(content)
    folder, files = storage.sha256(tmp_path), [storage.sha256(tmp_path / n) for n in "ab"]
    assert len({folder, *files}) == 3
    (tmp_path / "b").rename(tmp_path / "c")
    assert storage.sha256(tmp_path) != folder
    assert storage.size_in_bytes(tmp_path) == 2


def test_what_libraries_leave_in_the_temporary_directory_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with storage.own_temporary_directory():
        (Path(tempfile.mkdtemp()) / "left").write_text("")
        assert list(tmp_path.rglob("left"))
    assert not list(tmp_path.iterdir())
    assert tempfile.gettempdir() == str(tmp_path)
