"""Writing a fix: all of its files or none, and never anywhere but in the regular files below the given root.

Each new content is first written, whole, to a file of its own in the same folder; each old file gets a second name; only then are
names exchanged, which is one step each. If any step fails, or the run is interrupted, the old names are put back.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from remediate.model import RemediateError
from remediate.repo.reading import one_line, parent_folder, why

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(slots=True)
class _Step:
    """One file on its way: `folder` is an open handle, `staged` and `kept` the names of the new bytes and of the old file.

    `info` is the old file's state, None for a file that is new.
    """

    path: Path
    folder: int
    name: str
    info: os.stat_result | None = None
    staged: str = ""
    kept: str = ""
    done: bool = False


def write_all(root: str | Path, changes: Mapping[Path, bytes], expected: Mapping[Path, bytes]) -> None:
    """Put `changes` in place of files that still hold their `expected` bytes; a path that is not in `expected` must not exist yet.

    Raises RemediateError in one line; then every file is as it was before.
    """
    steps: list[_Step] = []
    with ExitStack() as folders:
        try:
            for path, data in changes.items():
                try:
                    steps.append(_prepare(folders, root, path, expected.get(path)))
                    _stage(steps[-1], data, expected.get(path, b""))
                except OSError as error:
                    raise _failure(path, f"cannot be written: {why(error)}; nothing was changed") from None
            _exchange(steps)
        finally:
            _settle(steps)


def _failure(path: Path, reason: str) -> RemediateError:
    return RemediateError(reason, one_line(os.fspath(path)))


def _prepare(folders: ExitStack, root: str | Path, path: Path, before: bytes | None) -> _Step:
    folder, name = folders.enter_context(parent_folder(os.fspath(root), _below(root, path)))
    try:
        handle = os.open(name, _OLD, dir_fd=folder)
    except FileNotFoundError:
        if before is None:
            return _Step(path, folder, name)
        raise
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            raise _failure(path, "is no regular file; nothing was changed")
        if before is None:
            raise _failure(path, "exists already; nothing was changed")
        if info.st_size != len(before) or _content(handle, info.st_size) != before:
            raise _failure(path, "has changed since it was read; nothing was changed")
    finally:
        os.close(handle)
    return _Step(path, folder, name, info)


def _below(root: str | Path, path: Path) -> str:
    """`path` relative to `root`, without asking the file system, so that a link in it is met and refused later."""
    absolute = os.path.abspath(path)
    for top in (os.path.abspath(root), os.path.realpath(root)):
        prefix = top.rstrip("/") + "/"
        if absolute.startswith(prefix):
            return absolute[len(prefix) :]
    raise _failure(path, f"lies outside {one_line(os.fspath(root))}; nothing was changed")


def _content(handle: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := os.read(handle, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _stage(step: _Step, data: bytes, before: bytes) -> None:
    """The new bytes under a new name, and the old file under a second one (where the file system has no second names, a copy)."""
    token = secrets.token_hex(6)
    # A helper's name is noted before the file is made: an interruption in between leaves nothing behind.
    step.staged = f".remediate-{token}.new"
    _put(step, step.staged, data)
    if step.info is None:
        return
    step.kept = f".remediate-{token}.old"
    try:
        os.link(step.name, step.kept, src_dir_fd=step.folder, dst_dir_fd=step.folder, follow_symlinks=False)
    except OSError:
        _put(step, step.kept, before)


def _put(step: _Step, name: str, data: bytes) -> None:
    """A new file beside the old one, with its mode and owner, on the disk."""
    handle = os.open(name, _NEW, 0o600 if step.info else 0o666, dir_fd=step.folder)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        if step.info is not None:
            with suppress(PermissionError):
                os.fchown(handle, step.info.st_uid, step.info.st_gid)
            os.fchmod(handle, stat.S_IMODE(step.info.st_mode))
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(steps: list[_Step]) -> None:
    for step in steps:
        try:
            if step.info is None:
                os.link(step.staged, step.name, src_dir_fd=step.folder, dst_dir_fd=step.folder, follow_symlinks=False)
                step.done = True
            else:
                # Noted before, against an interruption: putting back a file that was not exchanged does no harm.
                step.done = True
                os.replace(step.staged, step.name, src_dir_fd=step.folder, dst_dir_fd=step.folder)
        except OSError as error:
            step.done = False
            raise _failure(step.path, f"cannot be written: {why(error)}; nothing was changed") from None
    for step in steps:
        step.done = False
    for folder in {step.folder for step in steps}:
        with suppress(OSError):
            os.fsync(folder)


def _settle(steps: list[_Step]) -> None:
    """Put back what was exchanged (nothing after a success), and take the helper files away."""
    lost: tuple[_Step, str] | None = None
    for step in steps:
        try:
            if step.done and step.kept:
                os.replace(step.kept, step.name, src_dir_fd=step.folder, dst_dir_fd=step.folder)
            elif step.done:
                os.unlink(step.name, dir_fd=step.folder)
        except OSError:
            lost = (step, step.kept)
            step.kept = ""
        for name in (step.staged, step.kept):
            with suppress(OSError):
                if name:
                    os.unlink(name, dir_fd=step.folder)
    if lost is not None:
        raise _failure(lost[0].path, f"could not be put back; its former content is in {lost[1]} beside it")
