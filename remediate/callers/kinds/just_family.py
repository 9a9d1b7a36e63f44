"""The justfiles that just reads together, and what they assign and export."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from remediate.callers.model import CallerFile
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.just import Assignment, Justfile, read_just
from remediate.formats.just_tokens import Token, tokens
from remediate.model import NamedTuple

MOST_FILES = 40
DEEP = 8
_HERE = ("justfile_directory", "justfile_dir", "source_directory", "source_dir")


class Known(NamedTuple):
    """`assignments`: name -> (path, assignment). `folder`: where recipes run, None when it is not known."""

    assignments: dict[str, tuple[str, Assignment]]
    folder: str | None
    shell: str
    exports_all: bool
    unexports: frozenset[str]

    def value(self, found: tuple[Token, ...], hidden: frozenset[str], depth: int = 0) -> str | None:
        """The text of an expression of strings and names joined by `+` and `/`, None for anything else."""
        if not found or depth > DEEP:
            return None
        out, index, sign = "", 0, ""
        while index < len(found):
            token = found[index]
            index += 1
            if token.kind == "string":
                one: str | None = token.value
            elif token.kind == "name" and index < len(found) and found[index].kind == "(":
                one = "." if token.value in _HERE and index + 1 < len(found) and found[index + 1].kind == ")" else None
                index += 2
            elif token.kind == "name" and token.value not in hidden and token.value in self.assignments:
                one = self.value(self.assignments[token.value][1].tokens, hidden, depth + 1)
            else:
                one = None
            if one is None:
                return None
            out = out + sign + one
            if index < len(found):
                if found[index].kind not in ("+", "/"):
                    return None
                sign = "/" if found[index].kind == "/" else ""
                index += 1
        return out


def family_of(file: CallerFile, own: Justfile, repository: Repository) -> Known:
    """What holds in this file: its own items, those that it imports, and those of the files that import it."""
    above = tuple(_above(file.path, repository))
    files = dict(_collected(file.path, own, repository))
    for path, just in above:
        files.update(_collected(path, just, repository))
    assignments = {a.name: (p, a) for p, j in files.items() for a in j.assignments}
    folder = _folder(file.path, [p for p, _ in above], files)
    exports_all = any(j.setting("export") == "true" for j in files.values())
    return Known(assignments, folder, _shell(files), exports_all, frozenset(n for j in files.values() for n in j.unexports))


def _shell(files: dict[str, Justfile]) -> str:
    for just in files.values():
        if words := just.setting("shell").encode("utf-8", "replace"):
            strings = [t.value for t in tokens(words, 0, len(words)) if t.kind == "string"]
            return strings[0] if strings else "?"
    return "sh"


def _folder(path: str, above: list[str], files: dict[str, Justfile]) -> str | None:
    starts = above or [path]
    folders = {posixpath.dirname(p) or "." for p in starts}
    name = posixpath.basename(path).lower()
    if len(folders) != 1 or (not above and name.lstrip(".") != "justfile" and posixpath.dirname(path)):
        return None
    folder = folders.pop()
    for just in files.values():
        if setting := just.setting("working-directory"):
            return posixpath.normpath(posixpath.join(folder, setting.strip().strip("\"'")))
    return folder


def _above(path: str, repository: Repository) -> Iterator[tuple[str, Justfile]]:
    """The justfiles that import this file (not as a module: a module runs in its own folder)."""
    if posixpath.basename(path).lower().lstrip(".") == "justfile":
        return
    candidates = [p for p in repository.paths() if posixpath.basename(p).lower().lstrip(".") == "justfile"]
    folder = path
    while folder:
        folder = posixpath.dirname(folder)
        candidates += [posixpath.join(folder, n) for n in ("justfile", "Justfile", ".justfile")]
    for candidate in list(dict.fromkeys(candidates))[:MOST_FILES]:
        data = repository.read(candidate)
        if not data or b"import" not in data:
            continue
        try:
            just = read_just(data)
        except FormatError:
            continue
        if any(posixpath.normpath(posixpath.join(posixpath.dirname(candidate), i)) == path for i in just.imports):
            yield candidate, just


def _collected(path: str, just: Justfile, repository: Repository) -> dict[str, Justfile]:
    out = {path: just}
    waiting = [(path, i) for i in just.imports]
    while waiting and len(out) < MOST_FILES:
        base, name = waiting.pop()
        found = posixpath.normpath(posixpath.join(posixpath.dirname(base), name))
        data = repository.read(found) if found not in out else None
        if data is None:
            continue
        try:
            out[found] = read_just(data)
        except FormatError:
            continue
        waiting += [(found, i) for i in out[found].imports]
    return out
