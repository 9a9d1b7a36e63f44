"""The repository as callers see it: which files there are, and their content; nothing outside is read, nothing is written."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping

from remediate.repo.reading import inside, read_inside

MAX_FILE = 1024 * 1024  # bytes of a caller; a larger one is named, not read


class Repository:
    """Below `root`. `files` are the contents that the search has read already (path -> bytes).

    `over` are contents that take the place of what is on disk: the files as they will be.
    """

    def __init__(
        self, root: str, files: Mapping[str, bytes] | None = None, over: Mapping[str, bytes] | None = None,
        paths: Callable[[], tuple[str, ...]] = lambda: (),
    ) -> None:  # fmt: skip
        self.root, self.over = root, dict(over or {})
        self._known: dict[str, bytes | None] = dict(files or {})
        self._paths = paths
        self._resolved: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """A file's content; None when there is none, or it is larger than MAX_FILE, a link that leads out, or no regular file."""
        if path in self.over:
            return self.over[path]
        clean = posixpath.normpath(path)
        if clean not in self._known:
            self._known[clean] = read_inside(self.root, clean, MAX_FILE)
        return self._known[clean]

    def exists(self, path: str) -> bool:
        """Whether a file or folder of that path is there."""
        clean = posixpath.normpath(path)
        return not clean.startswith(("..", "/")) and os.path.lexists(os.path.join(self.root, clean))

    def resolved(self, path: str) -> str:
        """Where the file of that path really lies, links followed; the same path when that is nowhere in the repository."""
        if path not in self._resolved:
            self._resolved[path] = (inside(self.root, os.path.join(self.root, path)) if self.exists(path) else None) or path
        return self._resolved[path]

    def is_folder(self, path: str) -> bool:
        clean = posixpath.normpath(path)
        return not clean.startswith(("..", "/")) and os.path.isdir(os.path.join(self.root, clean))

    def paths(self) -> tuple[str, ...]:
        """The caller files that the search has found (relative to the root, sorted)."""
        return self._paths()

    @property
    def listing(self) -> Callable[[], tuple[str, ...]]:
        """What gives the paths: the same one in every view of one repository."""
        return self._paths

    def with_files(self, over: Mapping[str, bytes]) -> Repository:
        """The same repository with other contents for some files."""
        return Repository(self.root, {k: v for k, v in self._known.items() if v is not None}, {**self.over, **over}, self._paths)
