"""What the files of a repository build, read once however often it is decided upon."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from remediate.callers.model import Build, CallerFile, Reading, Refused, Unread
from remediate.callers.repository import Repository
from remediate.callers.search import read, speaks_of_builds
from remediate.repo.caller_files import CallerSource


class Readings:
    """`sources` are the files that speak of builds."""

    def __init__(self, root: str | os.PathLike[str], sources: Sequence[CallerSource]) -> None:
        self._sources = {s.path: s for s in sources}
        known = {s.path: s.data for s in sources if s.data is not None}
        self.repository = Repository(os.fspath(root), known, paths=lambda: tuple(known))
        self._readings: dict[str, Reading] = {}
        self._done = False

    def file(self, path: str) -> CallerFile:
        source = self._sources[path]
        return CallerFile(path, source.data or b"", source.kind)

    def known(self, path: str) -> Reading | None:
        """The reading of a file that is read at all."""
        self._all()
        return self._readings.get(path)

    def _all(self) -> None:
        if self._done:
            return
        self._done = True
        for source in self._sources.values():
            if source.data is None:
                large = Refused("caller-format", "it is larger than 1 MiB", 1)
                self._readings[source.path] = Reading(unread=(Unread(1, large),))
            elif speaks_of_builds(source.kind, source.data):
                self._readings[source.path] = read(self.file(source.path), self.repository)

    def builds(self) -> Iterator[Build]:
        """Every build, in order of path and place."""
        self._all()
        for reading in self._readings.values():
            yield from reading.builds

    def unread(self) -> Iterator[tuple[CallerFile, Unread]]:
        """What is not understood, with its file."""
        self._all()
        for path, reading in self._readings.items():
            for one in reading.unread:
                yield self.file(path), one
