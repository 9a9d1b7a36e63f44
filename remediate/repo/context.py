"""The build context of one Dockerfile: which files a COPY can bring in, and which of them name a variable.

Which folder a build is started from stands in no Dockerfile. It is taken to be the folder, between the Dockerfile's own and the
repository's, in which the COPY sources exist; where that cannot be told, `at_hand` is False and the context counts as unknown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from remediate.model import RemediateError
from remediate.repo.caller_files import Sources
from remediate.repo.discover import is_dockerfile_name
from remediate.repo.glob import Matcher
from remediate.repo.ignore import DockerIgnore, go_match
from remediate.repo.listing import Listing, listed
from remediate.repo.mentions import Index, Mention
from remediate.repo.reading import normal, read_bytes, read_inside
from remediate.repo.sources import clean_source

__all__ = ["BuildContext", "ContextCache", "Mention", "choose_context", "unknown_context"]

READ_LIMIT = 1024 * 1024
_WHOLE = frozenset({".", "*", "**", "**/*"})


class ContextCache:
    """What one run has learnt of the folders it looked into, so that fifty Dockerfiles of a repository search it once."""

    def __init__(self, listings: dict[str, Listing] | None = None) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._indexes: dict[tuple[str, str], Index] = {}
        self._ignores: dict[str, DockerIgnore | None] = {}
        self._listings: dict[str, Listing] = listings if listings is not None else {}
        self.sources: Sources = {}
        self.passed: dict[tuple[str, tuple[str, ...]], frozenset[tuple[str, int]]] = {}

    def names(self, folder: str) -> tuple[str, ...]:
        """The entries of a folder, none when it cannot be read."""
        if folder not in self._names:
            try:
                self._names[folder] = tuple(sorted(os.listdir(folder)))
            except OSError:
                self._names[folder] = ()
        return self._names[folder]

    def ignore(self, path: str) -> DockerIgnore | None:
        """The rules of one ignore file, None when there is none (a link counts as none)."""
        if path not in self._ignores:
            found = os.path.lexists(path)
            try:
                self._ignores[path] = DockerIgnore.parse(read_bytes(path, READ_LIMIT)) if found else None
            except RemediateError:
                self._ignores[path] = None
        return self._ignores[path]

    def listing(self, root: str, wanted: re.Pattern[bytes]) -> Listing:
        """The files of a repository whose names ask for a look; one walk a repository, whatever asks."""
        return listed(self._listings, root, wanted)

    def index(self, root: str, ignore_path: str, ignore: DockerIgnore) -> Index:
        """The searched files of a context, shared by all Dockerfiles with the same root and the same ignore file."""
        key = (root, ignore_path)
        if key not in self._indexes:
            self._indexes[key] = Index(root, ignore)
        return self._indexes[key]


class BuildContext:
    """`root` is the folder sent to the builder (None when unknown); paths are relative to it, with `/`.

    `at_hand` says that what a COPY brings in can be read here. `missing` are the sources that are not there (built before the image
    is, or another root). `truncated` becomes True when a search hit its bounds: what it did not find may exist.
    """

    __slots__ = ("at_hand", "cache", "ignore", "ignore_path", "missing", "root")

    def __init__(
        self, root: Path | None, at_hand: bool, missing: tuple[str, ...] = (), ignore: DockerIgnore | None = None, ignore_path: str = "",
        cache: ContextCache | None = None,
    ) -> None:  # fmt: skip
        self.root, self.at_hand, self.missing, self.ignore_path = root, at_hand, missing, ignore_path
        self.ignore = DockerIgnore() if ignore is None else ignore
        self.cache = ContextCache() if cache is None else cache

    @property
    def truncated(self) -> bool:
        return self.root is not None and self._index().truncated

    def _index(self) -> Index:
        return self.cache.index(os.fspath(self.root or ""), self.ignore_path, self.ignore)

    def files(self) -> tuple[str, ...]:
        """Paths of the context's text files, relative to `root`."""
        return self._index().files() if self.root is not None else ()

    def mentions(self, names: Sequence[str]) -> Mapping[str, tuple[Mention, ...]]:
        """Where the context's text files name each variable, as a whole identifier; one pass for all names at once."""
        return self._index().mentions(names) if self.root is not None else {name: () for name in names}

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        """A file of the context; None when it is not in it (ignored, outside, a link that leads out) or larger than `limit`."""
        clean = normal(path.lstrip("/"))
        if self.root is None or clean is None or self.ignore.excluded(clean):
            return None
        return read_inside(os.fspath(self.root), clean, limit)

    def exists(self, source: str) -> bool:
        """Whether a COPY source (a path or a Go pattern) brings anything in."""
        return self.root is not None and _resolves(os.fspath(self.root), source, self.ignore, self.cache)

    def takes(self, source: str, path: str) -> bool:
        """Whether `COPY source` brings in the file `path`: it is the file, a folder above it, or a pattern that matches either."""
        return _takes(source, path)


@lru_cache(maxsize=65_536)  # asked for every file that names a variable, by every RUN, of every text that is tried
def _takes(source: str, path: str) -> bool:
    match = _source_match(source)
    if match is None:
        return True
    names = path.split("/")
    return any(match("/".join(names[:n])) for n in range(len(names), 0, -1))


@lru_cache(maxsize=1024)
def _source_match(source: str) -> Matcher | None:
    """What a COPY source matches; None for the whole context."""
    clean = _clean(source)
    return None if clean is None or clean in _WHOLE else go_match(clean)


def unknown_context() -> BuildContext:
    """For a Dockerfile from standard input, or when nothing may be read beside it."""
    return BuildContext(root=None, at_hand=False)


def choose_context(
    dockerfile_dir: str | Path,
    repo_root: str | Path,
    sources: Sequence[str],
    *,
    name: str = "Dockerfile",
    hints: Sequence[str] = (),
    cache: ContextCache | None = None,
) -> BuildContext:
    """The folder, from the Dockerfile's up to the repository's, in which most `sources` exist; of equals, the nearest.

    `sources` are what COPY and ADD name (not `--from`); addresses, heredocs and those with variables tell nothing. `hints` are files
    that RUNs seem to read (`package.json`, `Makefile`): they decide between folders that hold the same number of sources.
    """
    here = cache if cache is not None else ContextCache()
    telling, whole = _telling(sources)
    best: tuple[tuple[int, int, int], BuildContext] | None = None
    for folder in _candidates(os.path.realpath(dockerfile_dir), os.path.realpath(repo_root)):
        ignore, ignore_path = _ignore_for(os.path.realpath(dockerfile_dir), folder, name, here)
        missing = tuple(s for s in telling if not _resolves(folder, s, ignore, here))
        lived_in = _lived_in(here.names(folder))
        hinted = sum(_resolves(folder, hint, ignore, here) for hint in hints)
        score = (len(telling) - len(missing), hinted, int(lived_in or not whole))
        if best is None or score > best[0]:
            best = (score, BuildContext(Path(folder), lived_in and not missing, missing, ignore, ignore_path, here))
    if best is None:
        return unknown_context()
    return best[1]


def _candidates(folder: str, root: str) -> list[str]:
    """`folder` and its parents up to `root`; only `folder` when it does not lie below `root`."""
    out = [folder]
    if folder != root and folder.startswith(root.rstrip("/") + "/"):
        while out[-1] != root:
            out.append(os.path.dirname(out[-1]))
    return out


def _ignore_for(dockerfile_dir: str, root: str, name: str, cache: ContextCache) -> tuple[DockerIgnore, str]:
    """`<Dockerfile>.dockerignore` beside the Dockerfile goes before `.dockerignore` in the context's root (BuildKit)."""
    choices = [os.path.join(dockerfile_dir, f"{name}.dockerignore"), os.path.join(root, ".dockerignore")]
    if name.lower().startswith("containerfile"):
        choices.insert(1, os.path.join(root, ".containerignore"))
    for path in choices:
        found = cache.ignore(path)
        if found is not None:
            return found, path
    return DockerIgnore(), ""


def _lived_in(names: Sequence[str]) -> bool:
    """Whether a folder holds more than Dockerfiles and what goes with them."""
    return any(not is_dockerfile_name(n) and not n.lower().endswith(("ignore", ".md")) and n not in (".git", ".github") for n in names)


def _clean(source: str) -> str | None:
    """A source as a path in the context, "." for all of it; None when it is none."""
    clean = clean_source(source) if source else None
    return None if clean is None else clean or "."


def _telling(sources: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The sources that say something about the root, and whether one takes in everything.

    A pattern such as `yarn.lock*` may match nothing as long as another source of the file is plain.
    """
    cleaned = [c for s in sources if (c := _clean(s)) is not None]
    plain = dict.fromkeys(c for c in cleaned if c not in _WHOLE and not any(w in c for w in "*?["))
    patterns = dict.fromkeys(c for c in cleaned if c not in _WHOLE and any(w in c for w in "*?["))
    optional = {c for c in patterns if plain and c.endswith(("*", "]"))}
    return (*plain, *(c for c in patterns if c not in optional)), any(c in _WHOLE for c in cleaned)


def _resolves(root: str, source: str, ignore: DockerIgnore, cache: ContextCache) -> bool:
    clean = _clean(source)
    if clean is None or clean in _WHOLE:
        return clean is not None
    if not any(w in clean for w in "*?[\\"):
        return os.path.lexists(os.path.join(root, clean)) and not _hidden(clean, ignore)
    found = [""]
    for part in clean.split("/"):
        match = go_match(part)
        found = [f"{f}/{n}" if f else n for f in found for n in cache.names(os.path.join(root, f)) if match(n)][:1000]
    return any(not _hidden(f, ignore) for f in found)


def _hidden(path: str, ignore: DockerIgnore) -> bool:
    return ignore.excluded(path) and ignore.may_skip(path)
