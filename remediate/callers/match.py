"""Which Dockerfiles of the repository a build may use."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from remediate.callers.model import Build
from remediate.callers.repository import Repository
from remediate.model import NamedTuple
from remediate.text import late

_SUBMODULE = late(rb"^[ \t]*path[ \t]*=[ \t]*([^\s#;\"]+)[ \t]*\r?$", re.M)


class Targets(NamedTuple):
    """`paths`: Dockerfiles that the build uses (all of them, a matrix), or of which it uses one that is not known (`sure` is False).

    `lost`: what the build names is nowhere in the repository, as far as can be seen; then it may be any. `guess`: no file lies at the
    path that it names, these are files of that name elsewhere.
    """

    paths: tuple[str, ...] = ()
    sure: bool = True
    lost: bool = False
    guess: bool = False


class Matcher:
    """`dockerfiles` are all of the repository, relative to its root."""

    def __init__(self, repository: Repository, dockerfiles: Sequence[str]) -> None:
        self.repository, self.dockerfiles = repository, tuple(dockerfiles)
        self._known = frozenset(dockerfiles)

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """Folders that hold other repositories, with their `/`; nothing need lie there."""
        found = _SUBMODULE.findall(self.repository.read(".gitmodules") or b"")
        return tuple(f.decode("utf-8", "surrogateescape").strip().strip("/") + "/" for f in found)

    def targets(self, build: Build) -> Targets:
        """A path at which no file lies was looked for from another folder: then any Dockerfile whose path ends so may be meant."""
        place = build.place
        found = tuple(p for p in place.paths if p in self._known or self.repository.exists(p))
        own = self.own(build) if build.kind in _STARTED_ANYWHERE else ()
        if own:
            return Targets(tuple(dict.fromkeys((*found, *own))), sure=not found)
        if not found and place.paths and all(p.startswith(self.submodules) for p in place.paths):
            return Targets()  # another repository's
        if found or not (place.paths or place.pattern):
            return Targets(found)
        patterns = [place.pattern] if place.pattern else [f"**/{p}" for p in place.paths]
        near = tuple(d for d in self.dockerfiles if any(_glob(p).fullmatch(d) for p in patterns))
        if not near:
            return Targets(self.dockerfiles, sure=False, lost=True)
        return Targets(near, sure=len(near) == 1, guess=bool(place.paths))

    def own(self, build: Build) -> tuple[str, ...]:
        """Dockerfiles that a build means if it is started in its file's own folder: a script does not say where that is."""
        folder = posixpath.dirname(build.path)
        if build.folder != "." or not folder:
            return ()
        near = (posixpath.normpath(posixpath.join(folder, p)) for p in build.place.paths)
        return tuple(p for p in near if p in self._known)


_STARTED_ANYWHERE = frozenset({"shell", "python", "docs"})


@lru_cache(512)
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, also none and also one with `/` (a variable may hold a path); `**/` any folder, also none."""
    out = []
    for part in re.split(r"(\*\*/|\*+)", pattern[:1000]):
        out.append("(?:.*/)?" if part == "**/" else ".*" if part.startswith("*") else re.escape(part))
    return re.compile(re.sub(r"(?:\.\*){2,}", ".*", "".join(out[:40])))
