"""The Makefiles that make reads together: a file, what it includes, and who includes it; what is assigned and exported in all of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product

from remediate.callers.model import CallerFile
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.make import Include, Makefile, Variable, read_make
from remediate.formats.make_lines import Reference, references
from remediate.model import NamedTuple
from remediate.text import late

OWN_NAMES = ("makefile", "gnumakefile")
MOST_FILES = 60
MOST_VALUES = 64
DEEP = 12

_INCLUDING = late(rb"^[ \t]*(?:-include|sinclude|include)[ \t]", 8)  # re.MULTILINE
_HERE = ("CURDIR", "PWD", "shell pwd", "realpath .", "abspath .")


class Member(NamedTuple):
    path: str
    make: Makefile


class Placed(NamedTuple):
    """An assignment and the file in which it stands."""

    path: str
    variable: Variable


class Family:
    """`folder` is where make runs, None when that is not known. `unknown` are includes that are not at hand, with the file."""

    def __init__(self, folder: str | None, members: tuple[Member, ...], unknown: tuple[tuple[str, Include], ...]) -> None:
        self.folder, self.members, self.unknown = folder, members, unknown
        self.export_all = any(m.make.export_all for m in members)
        self.exports = frozenset(n for m in members for n in m.make.exports)
        self.unexports = frozenset(n for m in members for n in m.make.unexports)
        self.oneshell = any(m.make.oneshell for m in members)
        self._evaluated = b"\n".join(_evaluations(members))
        self._by_name: dict[str, list[Placed]] = {}
        for member in members:
            for variable in member.make.variables:
                self._by_name.setdefault(variable.name, []).append(Placed(member.path, variable))

    @cached_property
    def comma(self) -> bool:
        """Whether `$(comma)` is a comma, as in the manual of make."""
        found = self.all("comma")
        return bool(found) and all(p.variable.value.data.strip() == b"," and p.variable.op in ("=", ":=") for p in found)

    @cached_property
    def needed(self) -> frozenset[str]:
        """What some rule needs: it also gets the variables of the target that it is made for."""
        return frozenset(n for m in self.members for r in m.make.rules for n in r.needs)

    @cached_property
    def _needs_patterns(self) -> bool:
        return any("%" in n or "$" in n for n in self.needed)

    def applies(self, variable: Variable, targets: tuple[str, ...]) -> bool:
        """Whether an assignment may count in a recipe of `targets`; those for certain targets do for what these need, too."""
        if not variable.targets or not targets:
            return True
        if self._needs_patterns or any("%" in t or "$" in t for t in (*variable.targets, *targets)):
            return True
        return bool(set(variable.targets) & set(targets) or self.needed & set(targets))

    def all(self, name: str) -> list[Placed]:
        return self._by_name.get(name, [])

    def includes(self, path: str) -> list[tuple[str, Include]]:
        """The statements that take a file in, with the files in which they stand."""
        name = posixpath.basename(path)
        return [
            (m.path, i) for m in self.members for i in m.make.includes if any(posixpath.basename(w) == name for w in i.words.split())
        ]  # fmt: skip

    def evaluates(self, name: str) -> bool:
        """Whether `$(eval ...)` may assign the variable."""
        return name.encode() in self._evaluated

    def exported(self, name: str) -> bool:
        """Whether make puts the variable in the environment of the commands, whatever it is assigned here."""
        if name in self.unexports:
            return False
        return self.export_all or name in self.exports or any(p.variable.exported for p in self.all(name))

    def values(self, text: bytes, more: Mapping[str, tuple[str, ...]], depth: int = 0) -> tuple[str, ...] | None:
        """The possible values of a text with references, None when they are not known."""
        parts: list[tuple[str, ...]] = []
        at = 0
        for found in references(text):
            parts.append((text[at : found.start].decode("utf-8", "replace"),))
            one = self._values_of(found.inner.decode("utf-8", "replace").strip(), more, depth) if not found.is_dollar else None
            if one is None:
                return None
            parts.append(one)
            at = found.end
        parts.append((text[at:].decode("utf-8", "replace"),))
        size = 1
        for part in parts:
            size *= len(part)
        return tuple(dict.fromkeys("".join(p) for p in product(*parts))) if size <= MOST_VALUES else None

    def _values_of(self, inner: str, more: Mapping[str, tuple[str, ...]], depth: int) -> tuple[str, ...] | None:
        if inner in more:
            return more[inner]
        if inner in _HERE and not self.all(inner):
            return (".",)
        defined = self.all(inner)
        if not defined or depth > DEEP:
            return None
        out: list[str] = []
        for one in defined:
            if one.variable.op not in ("=", ":=", "?="):
                return None
            found = self.values(one.variable.value.data.strip(), more, depth + 1)
            if found is None:
                return None
            out += found
        return tuple(dict.fromkeys(out)) if len(out) <= MOST_VALUES else None


def _evaluations(members: tuple[Member, ...]) -> Iterator[bytes]:
    for make in (m.make for m in members):
        recipes = (r.text for rule in make.rules for r in rule.recipes)
        for text in (*make.others, *(v.value for v in make.variables), *recipes):
            yield from (r.inner for r in references(text.data) if b"eval " in r.inner)


def family_of(file: CallerFile, repository: Repository) -> Family:
    """All that make reads with this file. Raises FormatError only for the file itself."""
    own = read_make(file.data)
    parents = tuple(_parents(file.path, repository))
    folder = _folder(file.path, parents)
    members: dict[str, Makefile] = {}
    unknown: list[tuple[str, Include]] = []
    for path in parents or (file.path,):
        _collect(path, own if path == file.path else None, folder, repository, members, unknown)
    members.setdefault(file.path, own)
    return Family(folder, tuple(Member(p, m) for p, m in members.items()), tuple(dict.fromkeys(unknown)))


def _folder(path: str, parents: tuple[str, ...]) -> str | None:
    """Where make runs: beside the Makefile that it starts with."""
    if parents:
        folders = {posixpath.dirname(p) or "." for p in parents}
        return folders.pop() if len(folders) == 1 else None
    folder = posixpath.dirname(path) or "."
    if posixpath.basename(path).lower() in OWN_NAMES or folder == ".":
        return folder
    return None


def _parents(path: str, repository: Repository) -> Iterator[str]:
    """The Makefiles that include this file."""
    name = posixpath.basename(path)
    if name.lower() in OWN_NAMES:
        return
    above, candidates = posixpath.dirname(path), list(p for p in repository.paths() if is_makefile(p))[:MOST_FILES]
    while True:
        candidates += [posixpath.join(above, n) for n in ("Makefile", "makefile", "GNUmakefile")]
        if not above:
            break
        above = posixpath.dirname(above)
    for candidate in dict.fromkeys(candidates):
        data = repository.read(candidate) if candidate != path else None
        if data is None or not _INCLUDING.search(data):
            continue
        try:
            make = read_make(data)
        except FormatError:
            continue
        folder = posixpath.dirname(candidate)
        if any(_matches(word, name, path, folder) for i in make.includes for word in i.words.split()):
            yield candidate


def _matches(word: str, name: str, path: str, folder: str) -> bool:
    """Whether an include's word can mean the file: what it computes before the last slash is not looked at."""
    from fnmatch import fnmatchcase

    if "$" in word.rpartition("/")[2]:
        return False
    if "$" in word:
        return fnmatchcase(name, word.rpartition("/")[2])
    return fnmatchcase(path, posixpath.normpath(posixpath.join(folder, word)))


def is_makefile(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.startswith(OWN_NAMES) or name.endswith((".mk", ".mak"))


def _collect(
    path: str, make: Makefile | None, folder: str | None, repository: Repository, into: dict[str, Makefile],
    unknown: list[tuple[str, Include]],
) -> None:  # fmt: skip
    if path in into or len(into) > MOST_FILES:
        return
    data = repository.read(path)
    if make is None:
        try:
            make = read_make(data or b"")
        except FormatError:
            return
    into[path] = make
    for include in make.includes:
        for word in include.words.split():
            found = _included(word, folder, path, repository)
            if not found:
                unknown.append((path, include))
            for one in found:
                _collect(one, None, folder, repository, into, unknown)


def _included(word: str, folder: str | None, path: str, repository: Repository) -> list[str]:
    """The files of this repository that an include's word names; none when it cannot be told."""
    from fnmatch import fnmatchcase

    if "$" in word:
        tail = word.rpartition(")")[2].lstrip("/")
        guesses = [posixpath.join(b, tail) for b in (folder or "", posixpath.dirname(path))] if tail and "$" not in tail else []
    else:
        guesses = [posixpath.join(folder or posixpath.dirname(path), word)]
    guesses = [posixpath.normpath(g) for g in guesses]
    if any(c in word.rpartition(")")[2] for c in "*?["):
        return [p for p in repository.paths() if any(fnmatchcase(p, g) for g in guesses)]
    return [g for g in dict.fromkeys(guesses) if repository.read(g) is not None][:1]


def called(found: Reference) -> str:
    """The name of the variable that a reference is about, also that of `$(call name,...)`."""
    if found.inner.startswith(b"call "):
        return found.inner[5:].split(b",")[0].strip().decode("utf-8", "replace")
    return found.name


def only_shell(value: bytes) -> bool:
    """`$(shell ...)` and nothing else: its quotes are those of the program that it runs."""
    found = references(value.strip())
    return len(found) == 1 and found[0].end - found[0].start == len(value.strip()) and found[0].inner.startswith((b"shell ", b"shell\t"))
