"""What the analysis may know beyond the Dockerfile: whether the build context is at hand, and which of its files name a variable.

A plain value made by the pipeline from the repo room, so that the analysis itself reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from remediate.knowledge.globs import matches
from remediate.model import NamedTuple

NOT_READ_BY_BUILDS = frozenset({"docs", "ci", "compose", "env-file", "dockerfile"})


class Place(NamedTuple):
    """A line of a context file that names a variable. `kind` as the repo room gives it."""

    path: str
    line: int
    kind: str = "code"


class Surroundings:
    """`at_hand` is False when the context is unknown (standard input, or sources that are not there).

    `mentions`: variable -> places. `planted`: file name -> (variable, instruction index) of configuration that the Dockerfile itself
    writes with the variable unexpanded (`echo '//host/:_authToken=${NPM_TOKEN}' > .npmrc`). `brought` are the
    instructions that bring in code from elsewhere (`git clone`, an ADD of an address). `takes(source, path)`
    tells whether a COPY source brings in a file, `reach(run)` which sources a RUN can see; `files` and `read` give the context's files.
    """

    __slots__ = ("_by_name", "at_hand", "brought", "files", "mentions", "planted", "reach", "read", "takes")

    def __init__(
        self,
        at_hand: bool = False,
        mentions: Mapping[str, Sequence[Place]] = MappingProxyType({}),
        *,
        takes: Callable[[str, str], bool] = lambda source, path: True,
        files: Callable[[], Sequence[str]] = tuple,
        read: Callable[[str], bytes | None] = lambda path: None,
    ) -> None:
        self.at_hand, self.mentions = at_hand, mentions
        self.takes, self.files, self.read = takes, files, read
        self.planted: dict[str, list[tuple[str, int]]] = {}
        self.brought: Sequence[int] = ()
        self.reach: Callable[[int], Sequence[str]] = lambda run: (".",)
        self._by_name: dict[str, list[str]] | None = None

    def named_in_config(self, name: str, patterns: Sequence[str], run: int) -> str:
        """`path:line` of a configuration file among `patterns` that names the variable, "" when there is none."""
        for file, names in self.planted.items():
            if any(_matches(file, p) for p in patterns):
                for planted, index in names:
                    if planted == name and index <= run:
                        return f"{file} (written by this Dockerfile)"
        for place in self._seen(name, run):
            if any(_matches(place.path, p) for p in patterns):
                return f"{place.path}:{place.line}"
        return ""

    def _seen(self, name: str, run: int) -> Iterator[Place]:
        """The places that name the variable in files which the RUN can see."""
        places = self.mentions.get(name, ())
        sources = self.reach(run) if places else ()
        for place in places:
            if any(self.takes(source, place.path) for source in sources):
                yield place

    def planted_names(self, name: str) -> int | None:
        """Instruction index of a file that the Dockerfile writes with the variable in it unexpanded, None when there is none."""
        return next((index for names in self.planted.values() for planted, index in names if planted == name), None)

    def names_it_within_reach(self, name: str, runs: Sequence[int]) -> str:
        """`path:line` of a file that some of these RUNs can see and that names the variable, "" when there is none."""
        for run in runs:
            for place in self._seen(name, run):
                if place.kind not in NOT_READ_BY_BUILDS:
                    return f"{place.path}:{place.line}"
        return ""

    def has_context(self, run: int) -> bool:
        """Something of the build context may be in the image when the RUN starts."""
        return bool(self.reach(run)) or bool(self.planted)

    def named_in_started(self, name: str, started: Sequence[str], opaque: bool, run: int, config: Sequence[str] = ()) -> str:
        """`path:line` of a file that names the variable and that a command starting `started` may run or read, or "".

        `config` are the command's own configuration files: what they name is told by `named_in_config`.
        """
        fallback = ""
        for file, names in self.planted.items():
            if any(_same_file(file, s) for s in started) and any(n == name and index <= run for n, index in names):
                return f"{file} (written by this Dockerfile)"
        for place in self._seen(name, run):
            if place.kind in NOT_READ_BY_BUILDS or any(_matches(place.path, p) for p in config):
                continue
            if any(_same_file(place.path, s) for s in started):
                return f"{place.path}:{place.line}"
            fallback = fallback or f"{place.path}:{place.line}"
        return fallback if opaque else ""

    def shell_script(self, started: str) -> tuple[str, bytes] | None:
        """(path, content) of the shell script in the context that a command starts by this path, None when there is no such one.

        The path is the image's, so the context's file is known by its name; where several have it, by the longest common end.
        """
        base = started.rsplit("/", 1)[-1]
        if not base or not self.at_hand:
            return None
        same = self._named(base)
        if not same:
            return None
        path = max(same, key=lambda p: (_common_end(p, started), -len(p)))
        data = self.read(path)
        if data is None:
            return None
        first = data[:100].split(b"\n", 1)[0]
        shell = first.startswith(b"#!") and any(first.rstrip().endswith(s) or s + b" " in first for s in (b"sh", b"bash", b"ash", b"dash"))
        return (path, data) if shell or (base.endswith(".sh") and not first.startswith(b"#!")) else None

    def _named(self, base: str) -> Sequence[str]:
        if self._by_name is None:
            self._by_name = {}
            for path in self.files():
                self._by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
        return self._by_name.get(base, ())


def _matches(path: str, pattern: str) -> bool:
    base = path.rsplit("/", 1)[-1]
    return matches(base, pattern) or path == pattern or path.endswith("/" + pattern) or matches(path, pattern)


def _same_file(path: str, started: str) -> bool:
    base = started.rsplit("/", 1)[-1]
    return bool(base) and path.rsplit("/", 1)[-1] == base


def _common_end(path: str, other: str) -> int:
    count = 0
    for a, b in zip(reversed(path.split("/")), reversed(other.split("/")), strict=False):
        if a != b:
            break
        count += 1
    return count
