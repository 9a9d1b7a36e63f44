"""What the files of a repository build, read once however often it is decided upon."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence

from remediate.callers.included import included
from remediate.callers.model import Build, CallerFile, OldDocker, Reading, Refused, Unread
from remediate.callers.repository import Repository
from remediate.callers.search import MODULES, read, speaks_of_builds
from remediate.repo.caller_files import UNSEARCHED, CallerSource
from remediate.repo.python_imports import PythonImports
from remediate.repo.reading import words_inside
from remediate.text import late

MAX_READ = 3_000  # files; the readers of some kinds take a millisecond for each
MAX_BUILDS = 5_000  # of a repository; each is read three times when it is rewritten
MAX_SETTINGS = 50  # files that one program names
_SETTINGS = late(rb"[\w./-]{1,200}\.(?:json|ya?ml|toml|ini|cfg|conf|env)\b|\.env\b")
MAX_SCANNED = 256 * 1024 * 1024  # bytes of files that are not read, in which names are looked for


class Readings:
    """`sources` are the files that speak of builds."""

    def __init__(self, root: str | os.PathLike[str], sources: Sequence[CallerSource]) -> None:
        self._sources = {s.path: s for s in sources}
        known = {s.path: s.data for s in sources if s.data is not None}
        self.repository = Repository(os.fspath(root), known, paths=lambda: tuple(known))
        self.unsearched = next((s.why for s in sources if s.path == UNSEARCHED), "")
        self._readings: dict[str, Reading] = {}
        self._passed: dict[str, frozenset[tuple[str, int]]] = {}
        self._found: dict[tuple[str, bytes], bool] = {}
        self._users: dict[str, tuple[str, ...]] = {}
        self._imports = PythonImports(os.fspath(root))
        self._old: tuple[tuple[str, OldDocker], ...] | None = None
        self._unread: tuple[tuple[CallerFile, Unread], ...] | None = None
        self._scanned = 0
        self._done = False

    def file(self, path: str) -> CallerFile:
        source = self._sources[path]
        return CallerFile(path, source.data or b"", source.kind)

    def known(self, path: str) -> Reading | None:
        """The reading of a file that is read at all."""
        self._all()
        return self._readings.get(path)

    def passed(self, path: str) -> frozenset[tuple[str, int]]:
        """The build args that the builds of a file pass, with their lines."""
        if path not in self._passed:
            reading = self.known(path)
            self._passed[path] = frozenset((a.name, a.line) for b in reading.builds for a in b.args) if reading else frozenset()
        return self._passed[path]

    def holds(self, path: str, word: bytes) -> bool:
        """Whether the word stands in a file, read or not; of what is too much to look through it is assumed."""
        key = (path, word)
        if key not in self._found:
            data = self._sources[path].data if path in self._sources else self.repository.read(path)
            self._found[key] = word in data.replace(b"\0", b"") if data is not None else self._scan(path, word)
        return self._found[key]

    def users(self, path: str) -> tuple[str, ...]:
        """The files that take a program in, run it, or are read by it: what it passes on to a build may be named there."""
        if path not in self._users:
            kind, base = self._sources[path].kind, posixpath.basename(path)
            name = re.escape(base.removesuffix(".py").encode("utf-8", "surrogateescape"))
            imports = rb"|^[ \t]*(?:from|import)[ \t][^\n#]{0,400}\b" + name + rb"\b" if base.endswith(".py") else b""
            using = re.compile(re.escape(base.encode("utf-8", "surrogateescape")) + imports, re.M)
            found = (s for s in self._sources.values() if s.path != path and s.kind not in ("docs", "json") and s.data is not None)
            programs = [s.path for s in found if using.search(s.data or b"")] if kind in ("python", "shell") else []
            near = self._imports.near(path) if kind == "python" else ()  # also those that do not speak of builds themselves
            settings = [s for p in (path, *near[:MAX_SETTINGS]) for s in self._settings(p)] if kind in ("python", "shell") else []
            self._users[path] = tuple(dict.fromkeys((*programs, *near, *settings)))
        return self._users[path]

    def _settings(self, path: str) -> Iterator[str]:
        """The files with settings that a program names: seen from its own folder, or from the root."""
        data = self._sources[path].data if path in self._sources else self.repository.read(path)
        data = data or b""
        for found in dict.fromkeys(_SETTINGS.findall(data[: 256 * 1024])[:MAX_SETTINGS]):
            name = found.decode("utf-8", "replace").lstrip("/")
            for each in dict.fromkeys(posixpath.normpath(posixpath.join(f, name)) for f in ("", posixpath.dirname(path))):
                if each != path and not each.startswith("..") and self.repository.read(each) is not None:
                    yield each

    def _scan(self, path: str, word: bytes) -> bool:
        left = MAX_SCANNED - self._scanned
        found, size = words_inside(self.repository.root, path, word, left)
        self._scanned += size
        return found or size >= left

    def _all(self) -> None:
        if self._done:
            return
        self._done = True
        self._sources.update(included(self._sources, self.repository))
        files = builds = 0
        for source in self._sources.values():
            why, line = self._why_not(source)
            speaks = not why and speaks_of_builds(source.kind, source.data or b"")
            files += speaks
            reading = None
            if speaks and files <= MAX_READ and builds <= MAX_BUILDS:
                reading = read(self.file(source.path), self.repository)
                builds += len(reading.builds)
            if speaks and (files > MAX_READ or builds > MAX_BUILDS):
                why, reading = f"there are more than {MAX_BUILDS:,} builds, or {MAX_READ:,} files with builds, up to here", None
            if why and source.path != UNSEARCHED:
                reading = Reading(unread=(Unread(line, Refused("caller-format", why, line)),))
            if reading is not None:
                self._readings[source.path] = reading

    @staticmethod
    def _why_not(source: CallerSource) -> tuple[str, int]:
        """Why a file is not given to its reader, and the line."""
        if source.data is None:
            return source.why, 1
        if b"\r" in source.data and b"\n" not in source.data:
            return "its lines end with a carriage return alone", 1
        nul = source.data.find(b"\0")
        return ("it holds NUL bytes, or is no UTF-8", source.data.count(b"\n", 0, nul) + 1) if nul >= 0 else ("", 1)

    def strangers(self) -> Iterator[CallerFile]:
        """Files that speak of builds in a language for which there is no reader."""
        for source in self._sources.values():
            if source.kind not in MODULES and source.data is not None:
                yield self.file(source.path)

    def builds(self) -> Iterator[Build]:
        """Every build, in order of path and place."""
        self._all()
        for reading in self._readings.values():
            yield from reading.builds

    def old(self) -> tuple[tuple[str, OldDocker], ...]:
        """What CI systems run where Docker is old."""
        self._all()
        if self._old is None:
            self._old = tuple((path, one) for path, reading in self._readings.items() for one in reading.old)
        return self._old

    def unread(self) -> tuple[tuple[CallerFile, Unread], ...]:
        """What is not understood, with its file."""
        self._all()
        if self._unread is None:
            self._unread = tuple((self.file(path), one) for path, reading in self._readings.items() for one in reading.unread)
        return self._unread
