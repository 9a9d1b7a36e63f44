"""Callers that were found, but not understood: they pass a build arg that carries a secret, in a way that no reader follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from operator import itemgetter

from remediate.callers.model import CallerFile, Move, Refused, Unread
from remediate.callers.readings import Readings
from remediate.callers.search import MODULES
from remediate.callers.told import by_hand, refused_use
from remediate.model import CallerUse, FileOutcome, SecretSpec
from remediate.text import late


class NotUnderstood:
    """What no reader of one repository follows, for one Dockerfile after the other: each file is looked through once for all of them."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._uses: dict[int, tuple[tuple[CallerUse, ...], tuple[CallerUse, ...]]] = {}
        self._handed: dict[tuple[str, str], bool] = {}

    def of(self, file: FileOutcome) -> Iterator[CallerUse]:
        """Each of them once."""
        specs = {spec.name: spec for spec in (*file.mounted, *file.secrets)}
        named: set[tuple[str, str]] = set()
        for _, caller, unread in sorted((u for n in ("", "*", *specs) for u in self._by_name.get(n, ())), key=itemgetter(0)):
            for name in _names(unread, caller.path, self._readings, specs):
                named.add((caller.path, name))
                use = CallerUse(caller.path, unread.line, name, caller.kind, file.path, specs[name].id)
                yield refused_use(use, unread.refused, by_hand(caller.kind, specs[name]))
        yield from self._builds(file, named)
        for use in self._open(file.callers):
            spec = specs.get(use.name)
            if spec is not None and (use.path, use.name) not in named:
                code = "caller-arguments" if use.kind in MODULES else "caller-not-read"
                told = CallerUse(use.path, use.line, use.name, use.kind, file.path, spec.id)
                yield refused_use(told, Refused(code, line=use.line), by_hand(use.kind, spec))

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[int, CallerFile, Unread]]]:
        """What is not understood and names no build arg (""), several ("*"), or this one; numbered in its order."""
        out: dict[str, list[tuple[int, CallerFile, Unread]]] = {}
        for number, (caller, unread) in enumerate(self._readings.unread()):
            out.setdefault("*" if "*" in unread.name else unread.name, []).append((number, caller, unread))
        return out

    def _open(self, uses: tuple[CallerUse, ...]) -> tuple[CallerUse, ...]:
        """Those that no reader accounts for. The Dockerfiles of a repository share what was found for them."""
        if id(uses) not in self._uses:
            self._uses[id(uses)] = uses, tuple(u for u in uses if not (u.applied or u.reason or _read(u, self._readings)))
        return self._uses[id(uses)][1]

    def _builds(self, file: FileOutcome, named: set[tuple[str, str]]) -> Iterator[CallerUse]:
        """A copied file came with the build context, so each build has to hand it over from now on: also one that nobody can read."""
        copied = [s for s in file.secrets if any(f.rule == "secret-in-copy" and f.name == s.name for f in file.findings)]
        for caller, refused, found in self._hidden if copied else ():
            for spec in copied:
                move = Move(spec, source=spec.name)
                if (caller.path, spec.name) not in named and not self._hands_over(caller, spec.id):
                    use = CallerUse(caller.path, found, spec.name, caller.kind, file.path, spec.id)
                    yield refused_use(use, refused, by_hand(caller.kind, spec, move), move)

    @cached_property
    def _hidden(self) -> tuple[tuple[CallerFile, Refused, int], ...]:
        """Files that seem to build an image and are not understood, with the line."""
        whole = [(caller, unread.refused, unread.line) for _, caller, unread in self._by_name.get("", ())]
        strange = [(caller, Refused("caller-not-read"), 0) for caller in self._readings.strangers()]
        found = ((caller, refused, line_of_build(caller.data, code=not line)) for caller, refused, line in (*whole, *strange))
        return tuple(one for one in found if one[2])

    def _hands_over(self, caller: CallerFile, identity: str) -> bool:
        key = (caller.path, identity)
        if key not in self._handed:
            self._handed[key] = _hands_over(caller.data, identity)
        return self._handed[key]


def _hands_over(data: bytes, identity: str) -> bool:
    """Whether the id stands there already: a person has changed what cannot be read."""
    return re.search(rb"(?<![\w.-])" + re.escape(identity.encode("utf-8", "surrogateescape")) + rb"(?![\w-])", data) is not None


_BUILDING = late(
    rb"""(?:docker|podman|buildah|nerdctl)\b["',\[\] \t]+(?:(?:image|buildx|compose|builder)\b["', \t]+)?(?:build|bud|bake)\b"""
    rb"""|kaniko/executor|docker/build-push-action|^[ \t]*(?:-[ \t]+)?build[ \t]*[:{]""",
    re.M,
)
_COMMENT = late(rb"\s*(?:#|//|\*|/\*|--|;|<!--)")


def line_of_build(data: bytes, *, code: bool) -> int:
    """The first line that seems to build an image, 0 for none. `code`: comments, and what is only printed, build nothing."""
    for found in islice(_BUILDING.finditer(data), 100):
        start = data.rfind(b"\n", 0, found.start()) + 1
        line = data[start : found.end()]
        if not (code and (_COMMENT.match(line) or _TALKING.search(line))):
            return data.count(b"\n", 0, found.start()) + 1
    return 0


_TALKING = late(rb"\b(?:echo|printf|puts|print|println|log|info|warn|error|usage|help)\b|`")


def _names(unread: Unread, path: str, readings: Readings, specs: dict[str, SecretSpec]) -> list[str]:
    """The secrets that it may pass: the one it names (`*_TOKEN`: any such), or those that stand in the file, or in one that uses it."""
    if "*" in unread.name:
        return [n for n in specs if fnmatchcase(n, unread.name)]
    if unread.name:
        return [unread.name] if unread.name in specs else []
    words = {n: n.encode("utf-8", "surrogateescape") for n in specs}
    return [n for n, w in words.items() if readings.holds(path, w) or any(readings.holds(p, w) for p in readings.users(path))]


def _read(use: CallerUse, readings: Readings) -> bool:
    """Whether a reader gave this use as a build arg of some build (of this Dockerfile or another)."""
    reading = readings.known(use.path)
    if reading is None:
        return False
    thorough = use.kind in _THOROUGH or (use.kind in _THOROUGH_WITH_FLAGS and b"--build-arg" in _line(use, readings))
    if thorough and not any(not u.name for u in reading.unread):
        return True
    return (use.name, use.line) in readings.passed(use.path) or _printed(use, readings)


# Their readers account for every `--build-arg` themselves: one that no build has, and that is not only printed, is said to be unread.
_THOROUGH = frozenset({"shell", "make", "just"})
_THOROUGH_WITH_FLAGS = frozenset({"python", "jenkins"})  # and these for each string that holds the flag itself: not for what fills a dict
_PRINTING = late(rb"\b(?:echo|printf|print|println|log|info|usage|help|assert\w*)\b[^|;&]*--build-arg|^[ \t]*(?:/\*|\*[ \t])")


def _printed(use: CallerUse, readings: Readings) -> bool:
    """A line that tells people how to build, or that holds a test against it: `@echo "docker build --build-arg T=..."`."""
    return _PRINTING.search(_line(use, readings)) is not None


def _line(use: CallerUse, readings: Readings) -> bytes:
    lines = (readings.repository.read(use.path) or b"").split(b"\n")
    return lines[use.line - 1][:2000] if use.line <= len(lines) else b""
