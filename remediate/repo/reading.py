"""Opening files of a stranger's repository without being led astray.

A path may be a link to `/etc/shadow`, a fifo that never answers, a device without end, or 100 GB long. Files are therefore opened
without following links and without blocking, must be regular, and are read up to a limit.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remediate.model import RemediateError

MAX_FILE = 16 * 1024 * 1024
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CHUNK = 1024 * 1024


def one_line(text: str) -> str:
    """Text for a message: control characters and lone surrogates of hostile names become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def why(error: OSError) -> str:
    """What an operating system error means, without the path that its own text repeats."""
    if error.errno == errno.ELOOP:
        return "is a symbolic link: not followed"
    return (error.strerror or error.__class__.__name__).lower()


def read_bytes(path: str | os.PathLike[str], limit: int = MAX_FILE, display: str = "") -> bytes:
    """The file's bytes. Raises RemediateError, in one line, for links, special files, and more than `limit` bytes."""
    shown = display or os.fspath(path)
    try:
        handle = os.open(path, _OPEN)
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else "is no path"
        raise RemediateError(reason, one_line(shown)) from None
    try:
        return _read_handle(handle, limit, shown)
    except OSError as error:
        raise RemediateError(why(error), one_line(shown)) from None
    finally:
        os.close(handle)


def _read_handle(handle: int, limit: int, shown: str) -> bytes:
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        raise RemediateError("is a folder" if stat.S_ISDIR(info.st_mode) else "is no regular file", one_line(shown))
    size = info.st_size
    if size > limit:
        raise RemediateError(f"is larger than {limit} bytes", one_line(shown))
    part = os.read(handle, min(limit + 1, _CHUNK, max(size + 1, 4096)))
    if 0 < len(part) == size < _CHUNK:  # more was asked for: it has ended
        return part
    parts: list[bytes] = []
    left = limit + 1
    while part:
        parts.append(part)
        left -= len(part)
        if left <= 0:
            raise RemediateError(f"is larger than {limit} bytes", one_line(shown))
        part = os.read(handle, min(left, _CHUNK, max(size + 1, 4096)))
    return b"".join(parts)


def read_start(path: str, size: int) -> bytes:
    """The first bytes of a regular file of any length; none when it is not there, a link or special."""
    try:
        handle = os.open(path, _OPEN)
    except OSError:
        return b""
    try:
        return os.read(handle, size) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def normal(relative: str) -> str | None:
    """`relative` without `.` and `..`, or None when it is absolute, empty or leads out."""
    if "\0" in relative or relative.startswith("/"):
        return None
    parts: list[str] = []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or None


def inside(root: str, path: str) -> str | None:
    """Where `path` really lies, relative to `root`, links resolved; None when that is not below `root`."""
    try:
        real_root, real = os.path.realpath(root), os.path.realpath(path)
    except (OSError, ValueError):
        return None
    prefix = real_root.rstrip("/") + "/"
    return real[len(prefix) :] if real.startswith(prefix) else None


@contextmanager
def parent_folder(root: str, relative: str) -> Iterator[tuple[int, str]]:
    """A handle of the folder that holds `relative`, and the last name; no component below `root` may be a link."""
    parts = relative.split("/")
    handle = os.open(os.path.realpath(root), _FOLDER)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle, parts[-1]
    finally:
        os.close(handle)


def read_inside(root: str, relative: str, limit: int = MAX_FILE) -> bytes | None:
    """The bytes of a file below `root`, or None: not there, not regular, too large, or a way out (`..`, a link)."""
    clean = normal(relative)
    place = inside(root, os.path.join(root, clean)) if clean else None
    if place is None:
        return None
    try:
        with parent_folder(root, place) as (folder, name):
            handle = os.open(name, _OPEN, dir_fd=folder)
            try:
                return _read_handle(handle, limit, relative)
            finally:
                os.close(handle)
    except (OSError, RemediateError):
        return None


def words_inside(root: str, relative: str, word: bytes, limit: int) -> tuple[bool, int]:
    """Whether a file of any length below `root` holds the word (in UTF-16 as well), and how many bytes were looked at, `limit` at most."""
    clean = normal(relative)
    place = inside(root, os.path.join(root, clean)) if clean else None
    if place is None:
        return False, 0
    seen, tail = 0, b""
    try:
        with parent_folder(root, place) as (folder, name):
            handle = os.open(name, _OPEN, dir_fd=folder)
            try:
                while seen < limit and stat.S_ISREG(os.fstat(handle).st_mode) and (part := os.read(handle, min(_CHUNK, limit - seen))):
                    seen += len(part)
                    tail += part.replace(b"\0", b"")
                    if word in tail:
                        return True, seen
                    tail = tail[-len(word) :]
            finally:
                os.close(handle)
    except OSError:
        pass
    return False, seen


def repo_root(path: str | os.PathLike[str]) -> Path:
    """The nearest folder at or above `path` that holds `.git`; without one, the folder itself (of a file: its folder)."""
    start = os.path.abspath(path)
    folder = candidate = start if os.path.isdir(start) else os.path.dirname(start)
    while not os.path.lexists(os.path.join(candidate, ".git")):
        above = os.path.dirname(candidate)
        if above == candidate:
            return Path(folder)
        candidate = above
    return Path(candidate)
