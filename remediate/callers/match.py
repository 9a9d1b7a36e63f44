"""Which Dockerfiles of the repository a build may use."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from remediate.callers.model import Build
from remediate.callers.origin import name_of, origin_of
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

    @cached_property
    def origin(self) -> str:
        """What this repository is called where it comes from."""
        return origin_of(self.repository)

    def targets(self, build: Build) -> Targets:
        """A path at which no file lies was looked for from another folder: then any Dockerfile whose path ends so may be meant."""
        place = build.place
        if place.url and name_of(place.url) == self.origin:
            place = place._replace(paths=(*place.paths, place.fetched))
        there = [(f, len(fs)) for p in place.paths for fs in (self._looked_for(build, p),) for f in fs]
        found = tuple(dict.fromkeys(self._file(f) for f, _ in there if f in self._known or self.repository.exists(f)))
        own = self.own(build) if build.kind in _STARTED_ANYWHERE else ()
        if own:
            return Targets(tuple(dict.fromkeys((*found, *own))), sure=not found)
        if not found and place.paths and all(p.startswith(self.submodules) for p in place.paths):
            return Targets()  # another repository's
        if found or not (place.paths or place.pattern):
            return Targets(found, sure=all(n == 1 for _, n in there))
        if any(self._made(build, p) for p in place.paths):
            return Targets(self.dockerfiles, sure=False, lost=True)
        patterns = [place.pattern] if place.pattern else [f"**/{p}" for p in place.paths]
        patterns += [_other(p) for p in patterns if build.engine in _CONTAINERFILE_FIRST and _other(p)]
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
        return tuple(dict.fromkeys(f for p in near for one in self._looked_for(build, p) if (f := self._file(one)) in self._known))

    def _made(self, build: Build, path: str) -> bool:
        """Whether the Dockerfile is made before the build: a template lies beside it, or the caller writes a file of that name."""
        if any(self.repository.exists(path + ending) for ending in _TEMPLATES):
            return True
        base = posixpath.basename(path).encode("utf-8", "surrogateescape")
        into = re.compile(rb"(?:>|\btee\b|\s-o\b|--output\b)[ \t=]*[\"']?[\w./${}-]{0,200}(?<![\w.-])" + re.escape(base) + rb"(?![\w.-])")
        return base in (data := self.repository.read(build.path) or b"") and into.search(data) is not None

    def _looked_for(self, build: Build, path: str) -> tuple[str, ...]:
        """What builders look for when they are told no file: Podman and Buildah a Containerfile first, BuildKit at last `dockerfile`."""
        other = _other(path) if build.engine in _CONTAINERFILE_FIRST else ""
        if other in self._known:
            return (other, path) if path in self._known else (other,)
        lower = _other(path, "dockerfile")
        return (lower,) if lower in self._known and not (path in self._known or self.repository.exists(path)) else (path,)

    def _file(self, path: str) -> str:
        """The Dockerfile itself, where a link stands for it or for one of its folders."""
        return path if path in self._known else self.repository.resolved(path)


_TEMPLATES = tuple(f".{e}" for e in "j2 jinja jinja2 tmpl tpl template gotmpl in erb ejs hbs mustache tt envsubst dist".split())
_CONTAINERFILE_FIRST = frozenset({"podman", "buildah"})


def _other(path: str, name: str = "Containerfile") -> str:
    """The same path with the other name, "" when it does not end in `Dockerfile`."""
    folder, base = posixpath.split(path)
    return posixpath.join(folder, name) if base == "Dockerfile" else ""


_STARTED_ANYWHERE = frozenset({"shell", "python", "docs"})


@lru_cache(512)
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, also none and also one with `/` (a variable may hold a path); `**/` any folder, also none."""
    out = []
    for part in re.split(r"(\*\*/|\*+)", pattern[:1000]):
        out.append("(?:.*/)?" if part == "**/" else ".*" if part.startswith("*") else re.escape(part))
    return re.compile(re.sub(r"(?:\.\*){2,}", ".*", "".join(out[:40])))
