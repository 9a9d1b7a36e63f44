"""The files of a repository whose names ask for a look: one bounded walk for all Dockerfiles in it, the upper folders first.

Whole listings of large trees cost more than checking a Dockerfile, and credentials lie near the top: so it goes by levels, and what
lies beyond the bound is not seen (`truncated`).
"""

from __future__ import annotations

import os
import re
import time
from collections import deque

from remediate.repo.discover import is_dockerfile_name
from remediate.repo.walk import SKIPPED

MAX_ENTRIES = 20_000
MAX_DEPTH = 8
MAX_FOUND = 2_000
SECONDS = 2.0


class Listing:
    """`named`: files (relative to `root`) in whose lower-case path `wanted` occurs; `dockerfiles`: by their names. Links are left out."""

    def __init__(self, root: str, wanted: re.Pattern[bytes]) -> None:
        self.named: list[str] = []
        self.dockerfiles: list[str] = []
        self.truncated = False
        self._wanted = wanted
        self._left, self._until = MAX_ENTRIES, time.monotonic() + SECONDS
        waiting: deque[tuple[str, int]] = deque([("", 0)])
        while waiting:
            folder, depth = waiting.popleft()
            if self.truncated or depth > MAX_DEPTH:
                self.truncated = True
                break
            waiting.extend((below, depth + 1) for below in self._folder(root, folder))

    def _folder(self, root: str, folder: str) -> list[str]:
        """Notes the folder's files; its own folders."""
        files: list[str] = []
        below: list[str] = []
        try:
            with os.scandir(os.path.join(root, folder) if folder else root) as entries:
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        self.truncated = True
                        break
                    if entry.is_symlink():
                        continue
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        files.append(path)
                    elif entry.name not in SKIPPED:
                        below.append(path)
        except OSError:
            return []
        self._note(files)
        self.truncated = self.truncated or time.monotonic() > self._until
        return sorted(below)

    def _note(self, files: list[str]) -> None:
        whole = "\n".join(files).lower().encode("utf-8", "surrogateescape")
        if self._wanted.search(whole) is not None:
            self.named += [f for f in sorted(files) if self._wanted.search(f.lower().encode("utf-8", "surrogateescape"))]
            if len(self.named) > MAX_FOUND:
                self.truncated = True
                del self.named[MAX_FOUND:]
        if b"ockerfile" in whole or b"ontainerfile" in whole:
            self.dockerfiles += [f for f in sorted(files) if is_dockerfile_name(f.rpartition("/")[2])][: MAX_FOUND - len(self.dockerfiles)]


def listed(known: dict[str, Listing], root: str, wanted: re.Pattern[bytes]) -> Listing:
    """The listing of a repository, made when it is first asked for."""
    if root not in known:
        known[root] = Listing(root, wanted)
    return known[root]
