"""In which folder of the repository a program works, and what a path in it means."""

from __future__ import annotations

import posixpath
from functools import cached_property

import libcst as cst

from remediate.callers.model import Place
from remediate.callers.places import is_remote, joined, place
from remediate.callers.python.names import dotted
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.values import HOLE, ROOT, Parts, Values, shown
from remediate.callers.repository import Repository
from remediate.model import NamedTuple


class Located(NamedTuple):
    """The Dockerfile of a build, its context, and the folder in which it runs."""

    place: Place
    context: str | None
    folder: str | None


class Folders:
    """`repository` says which of the possible folders holds the Dockerfile."""

    def __init__(self, scopes: Scopes, values: Values, repository: Repository, at_home: bool = False) -> None:
        self.scopes, self.values, self.repository = scopes, values, repository
        self.at_home = at_home  # commands run in the folder of the file
        self.own = posixpath.dirname(scopes.tree.path) or "."

    def of(self, cwd: Parts | None) -> tuple[str | None, ...]:
        """The folders in which a command may run: where `cwd=` says, where the program went, else the root or the program's own."""
        if cwd is not None:
            text = shown(cwd)
            if text.startswith(ROOT):
                return (joined(".", text.removeprefix(ROOT).replace(HOLE, "*").strip("/") or "."),)
            return (None,) if HOLE in text else tuple(dict.fromkeys(joined(f, text) for f in self._homes()))
        gone = self._changed
        if gone is not None:
            return gone
        return self._homes()

    def moved(self) -> tuple[str | None, ...] | None:
        """Where the program goes itself; None when it stays."""
        return self._changed

    def _homes(self) -> tuple[str, ...]:
        return (self.own,) if self.at_home else tuple(dict.fromkeys((".", self.own)))

    @cached_property
    def _changed(self) -> tuple[str | None, ...] | None:
        """Where `os.chdir` leads; None when the program stays."""
        found: list[str | None] = []
        for call in self.scopes.calls:
            if dotted(self.scopes, call.func, self.scopes.where[call]) in ("os.chdir", "contextlib.chdir") and call.args:
                text = self.values.known(call.args[0].value)
                whole = text is not None and text.startswith(ROOT) and self.scopes.where[call].scope is self.scopes.module
                found.append(joined(".", text.removeprefix(ROOT).strip("/") or ".") if whole and text is not None else None)
        return tuple(found[:1]) if len(found) == 1 else (None,) if found else None

    def located(self, folders: tuple[str | None, ...], context: str, file: str = "", *, file_in_context: bool = False) -> Located:
        """The Dockerfile; of several folders those in which there is one."""
        options = [self._in(folder, context, file, file_in_context) for folder in folders]
        there = [o for o in options if any(self.repository.exists(p) or self.repository.read(p) is not None for p in o.place.paths)]
        if len({o.place for o in there}) == 1 or (there and not file and ROOT in context):
            return there[0]
        if len(there) > 1:
            paths = tuple(dict.fromkeys(p for o in there for p in o.place.paths))
            return Located(Place(paths), None, None)
        return options[0]

    def _in(self, folder: str | None, context: str, file: str, file_in_context: bool) -> Located:
        base, where = _rooted(folder, context)
        if is_remote(where):
            return Located(place(folder, where, file.replace(HOLE, "*")), None, folder)
        whole = joined(base, where)
        if file_in_context:
            start, name = _rooted(whole, file)
            found = place(start, ".", name) if name else place(base, where)
        elif file:
            start, name = _rooted(folder, file)
            found = place(start, ".", name)
        else:
            found = place(base, where)
        return Located(found, None if whole is None or "*" in whole else whole, folder)


def _rooted(folder: str | None, text: str) -> tuple[str | None, str]:
    """A path that begins at the root of the repository, or one in the folder."""
    text = text.replace(HOLE, "*")
    if text.startswith(ROOT):
        return ".", text.removeprefix(ROOT).strip("/") or "."
    return folder, text


def keyword_text(values: Values, node: cst.BaseExpression | None) -> str:
    """The text of an argument, with marks for what is not known; "" without one."""
    return shown(values.parts(node, None)) if node is not None else ""
