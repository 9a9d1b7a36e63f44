"""Which Python files of a repository import which, by the words of their import statements alone: no file is parsed, none is run.

A program that hands names on to a helper need not speak of builds itself: `image("app", {"NPM_TOKEN": token})`.
"""

from __future__ import annotations

import os
import posixpath
from functools import cached_property

from remediate.model import RemediateError
from remediate.repo.reading import read_bytes
from remediate.repo.walk import Limits, walk
from remediate.text import late

MOST_FILES = 20_000
MOST_BYTES = 64 * 1024 * 1024
SECONDS = 5.0
MAX_FILE = 512 * 1024
_SKIPPED = frozenset({"site-packages", "venv", "env", "dist-packages"})
_IMPORT = late(rb"(?m)^[ \t]*(?:from[ \t]+([\w.]{1,200})[ \t]+import[ \t]*(\([^)]{0,4000}\)?|[^\n#]{0,400})|import[ \t]+([^\n#]{1,400}))")
_NAME = late(rb"[A-Za-z_]\w*")


class PythonImports:
    """All Python files below `root`, read when it is first asked for them."""

    def __init__(self, root: str) -> None:
        self.root = root

    def near(self, path: str) -> tuple[str, ...]:
        """The files that import a module, directly or through others, and what those import themselves."""
        found = dict.fromkeys(self.users(path))
        modules = {n for each in (path, *found) for n in self._imports.get(each, ())}
        found.update(dict.fromkeys(p for p in self._imports if _module(p) in modules and p != path))
        return tuple(found)

    def users(self, path: str) -> tuple[str, ...]:
        """The files that import a module, directly or through others."""
        found: dict[str, None] = {}
        todo = [path]
        while todo:
            for user in self._users.get(_module(todo.pop()), ()):
                if user not in found and user != path:
                    found[user] = None
                    todo.append(user)
        return tuple(found)

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """Name of a module, or of its folder -> the files in whose imports it stands."""
        out: dict[str, list[str]] = {}
        for path, names in self._imports.items():
            for name in names:
                out.setdefault(name, []).append(path)
        return out

    @cached_property
    def _imports(self) -> dict[str, frozenset[str]]:
        """Path -> every name in its import statements."""
        out: dict[str, frozenset[str]] = {}
        limits = Limits(200_000, SECONDS)
        budget = Limits(MOST_FILES, SECONDS, MOST_BYTES)
        for folder, _, entries in walk(self.root, True, lambda rules, relative, _: None if _skipped(relative) else rules, limits):
            for entry in entries:
                if not entry.name.endswith(".py"):
                    continue
                try:
                    data = read_bytes(os.path.join(self.root, folder, entry.name), MAX_FILE)
                except RemediateError:
                    continue
                if not budget.spend(1, len(data)):
                    return out
                path = f"{folder}/{entry.name}" if folder else entry.name
                out[path] = frozenset(w.decode() for found in _IMPORT.finditer(data) for part in found.groups(b"") for w in _words(part))
        return out


def _words(part: bytes) -> list[bytes]:
    return list(_NAME.findall(part))


def _skipped(relative: str) -> bool:
    return posixpath.basename(relative) in _SKIPPED


def _module(path: str) -> str:
    """The name under which a file is imported; that of its folder for `__init__.py`."""
    name = posixpath.basename(path).removesuffix(".py")
    return posixpath.basename(posixpath.dirname(path)) if name in ("__init__", "__main__") else name
