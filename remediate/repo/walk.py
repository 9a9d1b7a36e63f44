"""One bounded walk over a folder, for every search: links are never followed, depth, number and time have an end.

Order is that of the names, so that two runs tell the same story.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from operator import attrgetter
from typing import TypeVar

MAX_DEPTH = 64
SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache", ".ruff_cache", ".pytest_cache"})

R = TypeVar("R")


class Limits:
    """What is left of a search's budget; `reached` says that something was left out because of it."""

    __slots__ = ("_deadline", "bytes", "entries", "reached")

    def __init__(self, entries: int = 1_000_000, seconds: float = 60.0, size: int = 0) -> None:
        self.entries, self.bytes, self.reached = entries, size, False
        self._deadline = time.monotonic() + seconds

    def spend(self, entries: int = 1, size: int = 0) -> bool:
        """Whether the search may go on after so many more entries and bytes."""
        self.entries -= entries
        self.bytes -= size
        if self.entries < 0 or (size and self.bytes < 0) or time.monotonic() > self._deadline:
            self.reached = True
        return not self.reached


def walk(
    root: str,
    rules: R,
    enter: Callable[[R, str, str], R | None],
    limits: Limits,
    failed: Callable[[str, OSError], None] | None = None,
) -> Iterator[tuple[str, R, list[os.DirEntry[str]]]]:
    """(folder relative to `root`, its rules, its entries that are no folder), folder by folder.

    `enter(rules, relative, path)` gives the rules inside a folder from those around it, or None to leave the folder out.
    `failed` hears of folders that cannot be read.
    """
    stack: list[tuple[str, R, int]] = [("", rules, 0)]
    while stack:
        relative, here, depth = stack.pop()
        try:
            with os.scandir(os.path.join(root, relative) if relative else root) as listing:
                entries = _bounded(listing, limits)
        except OSError as error:
            if failed is not None:
                failed(relative, error)
            continue
        files: list[os.DirEntry[str]] = []
        folders: list[tuple[str, R, int]] = []
        for entry in entries:
            if not _is_folder(entry):
                files.append(entry)
            elif entry.name not in SKIPPED:
                below = f"{relative}/{entry.name}" if relative else entry.name
                if depth >= MAX_DEPTH:
                    limits.reached = True
                elif (inner := enter(here, below, entry.path)) is not None:
                    folders.append((below, inner, depth + 1))
        yield relative, here, files
        if limits.reached:
            return
        stack.extend(reversed(folders))


def _bounded(listing: Iterator[os.DirEntry[str]], limits: Limits) -> list[os.DirEntry[str]]:
    entries: list[os.DirEntry[str]] = []
    while some := list(islice(listing, 1_000)):
        entries += some[: max(limits.entries, 0)]
        if not limits.spend(len(some)):
            break
    return sorted(entries, key=attrgetter("name"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
