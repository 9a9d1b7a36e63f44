"""All files of a fix are written, or none; never through a link, never outside the root."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from remediate.model import RemediateError
from remediate.repo.write import write_all


def state(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file() and not p.is_symlink()}


def files(root: Path, *names: str) -> dict[Path, bytes]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"old " + name.encode())
    return {root / name: b"old " + name.encode() for name in names}


def test_all_are_written_with_their_mode(tmp_path: Path) -> None:
    expected = files(tmp_path, "a", "d/b")
    (tmp_path / "a").chmod(0o755)
    write_all(tmp_path, {path: b"new\r\n\xff" for path in expected}, expected)
    assert state(tmp_path) == {"a": b"new\r\n\xff", "d/b": b"new\r\n\xff"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


def test_new_files(tmp_path: Path) -> None:
    write_all(tmp_path, {tmp_path / ".dockerignore": b".npmrc\n"}, {})
    assert state(tmp_path) == {".dockerignore": b".npmrc\n"}
    with pytest.raises(RemediateError, match="exists already"):
        write_all(tmp_path, {tmp_path / ".dockerignore": b"x"}, {})


def make_link(root: Path) -> Path:
    (root.parent / "outside").write_bytes(b"old b")
    os.symlink("../outside", root / "link")
    return root / "link"


def make_inner_link(root: Path) -> Path:
    (root / "real").write_bytes(b"old b")
    os.symlink("real", root / "link")
    return root / "link"


def make_folder_link(root: Path) -> Path:
    (root.parent / "other").mkdir()
    (root.parent / "other/b").write_bytes(b"old b")
    os.symlink("../other", root / "d")
    return root / "d/b"


def make_outside(root: Path) -> Path:
    (root.parent / "outside").write_bytes(b"old b")
    return root / "../outside"


def make_fifo(root: Path) -> Path:
    os.mkfifo(root / "fifo")
    return root / "fifo"


def make_changed(root: Path) -> Path:
    (root / "b").write_bytes(b"old B")
    return root / "b"


def make_longer(root: Path) -> Path:
    (root / "b").write_bytes(b"old b and more")
    return root / "b"


def make_folder(root: Path) -> Path:
    (root / "b").mkdir()
    return root / "b"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "is a symbolic link: not followed"),
        (make_inner_link, "is a symbolic link: not followed"),
        (make_folder_link, "not a directory"),
        (make_outside, "lies outside"),
        (make_fifo, "is no regular file"),
        (make_changed, "has changed since it was read"),
        (make_longer, "has changed since it was read"),
        (make_folder, "is no regular file"),
        (lambda root: root / "gone", "no such file"),
        (lambda root: root / "gone/b", "no such file"),
    ],
)
def test_one_that_cannot_be_written_stops_all(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    root = tmp_path / "root"
    expected = files(root, "a", "z")
    bad = make(root)
    before = state(tmp_path)
    order = [root / "a", bad, root / "z"]
    with pytest.raises(RemediateError, match=reason) as error:
        write_all(root, dict.fromkeys(order, b"new"), expected | {bad: b"old b"})
    assert state(tmp_path) == before
    assert "\n" not in str(error.value) and b"old" not in str(error.value).encode()


@pytest.mark.parametrize("failing", ["replace", "link", "write", "fsync", "fchmod"])
@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "interrupt"])
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, call: int, fault: BaseException
) -> None:
    expected = files(tmp_path, "a", "b", "c")
    before = state(tmp_path)
    real, calls = getattr(os, failing), 0

    def broken(*args: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            raise fault
        return real(*args, **options)

    monkeypatch.setattr(os, failing, broken)
    if failing == "link" and isinstance(fault, OSError):
        # A file system without second names: a copy serves instead.
        write_all(tmp_path, dict.fromkeys(expected, b"new"), expected)
        assert state(tmp_path) == {"a": b"new", "b": b"new", "c": b"new"}
        return
    with pytest.raises((RemediateError, KeyboardInterrupt)):
        write_all(tmp_path, dict.fromkeys(expected, b"new"), expected)
    assert state(tmp_path) == before


def test_a_failure_takes_new_files_away_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = files(tmp_path, "z")

    def broken(*_args: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(RemediateError, match="input/output error; nothing was changed"):
        write_all(tmp_path, {tmp_path / "new": b"x", tmp_path / "z": b"x"}, expected)
    assert state(tmp_path) == {"z": b"old z"}


def test_no_handle_stays_open(tmp_path: Path) -> None:
    expected = files(tmp_path, "a/b/c", "a/d")
    before = len(os.listdir("/proc/self/fd"))
    write_all(tmp_path, dict.fromkeys(expected, b"new"), expected)
    with pytest.raises(RemediateError):
        write_all(tmp_path, dict.fromkeys(expected, b"new"), expected)
    assert len(os.listdir("/proc/self/fd")) == before
