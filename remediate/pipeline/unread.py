"""Callers that were found, but not understood: they pass a build arg that carries a secret, in a way that no reader follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from remediate.callers.model import Move, Refused, Unread
from remediate.callers.readings import Readings
from remediate.callers.search import MODULES
from remediate.callers.told import by_hand, refused_use
from remediate.model import CallerUse, FileOutcome, SecretSpec


def not_understood(file: FileOutcome, readings: Readings) -> Iterator[CallerUse]:
    """Each of them once, for one Dockerfile."""
    specs = {spec.name: spec for spec in (*file.mounted, *file.secrets)}
    named: set[tuple[str, str]] = set()
    for caller, unread in readings.unread():
        for name in _names(unread, caller.path, readings, specs):
            named.add((caller.path, name))
            use = CallerUse(caller.path, unread.line, name, caller.kind, file.path, specs[name].id)
            yield refused_use(use, unread.refused, by_hand(caller.kind, specs[name]))
    yield from _builds_unread(file, readings, named)
    for use in file.callers:
        spec = specs.get(use.name)
        if spec is None or (use.path, use.name) in named or use.applied or use.reason:
            continue
        if not _read(use, readings):
            code = "caller-arguments" if use.kind in MODULES else "caller-not-read"
            told = CallerUse(use.path, use.line, use.name, use.kind, file.path, spec.id)
            yield refused_use(told, Refused(code, line=use.line), by_hand(use.kind, spec))


def _builds_unread(file: FileOutcome, readings: Readings, named: set[tuple[str, str]]) -> Iterator[CallerUse]:
    """A copied file came with the build context, so each build has to hand it over from now on: also one that nobody can read."""
    copied = [s for s in file.secrets if any(f.rule == "secret-in-copy" and f.name == s.name for f in file.findings)]
    if not copied:
        return
    whole = [(caller, unread.refused, unread.line) for caller, unread in readings.unread() if not unread.name]
    strange = [(caller, Refused("caller-not-read"), 0) for caller in readings.strangers()]
    for caller, refused, line in (*whole, *strange):
        found = line_of_build(caller.data, code=not line)
        for spec in copied if found else ():
            move = Move(spec, source=spec.name)
            if (caller.path, spec.name) not in named and not _hands_over(caller.data, spec.id):
                use = CallerUse(caller.path, found, spec.name, caller.kind, file.path, spec.id)
                yield refused_use(use, refused, by_hand(caller.kind, spec, move), move)


def _hands_over(data: bytes, identity: str) -> bool:
    """Whether the id stands there already: a person has changed what cannot be read."""
    return re.search(rb"(?<![\w.-])" + re.escape(identity.encode("utf-8", "surrogateescape")) + rb"(?![\w-])", data) is not None


_BUILDING = re.compile(
    rb"""(?:docker|podman|buildah|nerdctl)\b["',\[\] \t]+(?:(?:image|buildx|compose|builder)\b["', \t]+)?(?:build|bud|bake)\b"""
    rb"""|kaniko/executor|docker/build-push-action|^[ \t]*(?:-[ \t]+)?build[ \t]*[:{]""",
    re.M,
)
_COMMENT = re.compile(rb"\s*(?:#|//|\*|/\*|--|;|<!--)")


def line_of_build(data: bytes, *, code: bool) -> int:
    """The first line that seems to build an image, 0 for none. `code`: comments, and what is only printed, build nothing."""
    for found in islice(_BUILDING.finditer(data), 100):
        start = data.rfind(b"\n", 0, found.start()) + 1
        line = data[start : found.end()]
        if not (code and (_COMMENT.match(line) or _TALKING.search(line))):
            return data.count(b"\n", 0, found.start()) + 1
    return 0


_TALKING = re.compile(rb"\b(?:echo|printf|puts|print|println|log|info|warn|error|usage|help)\b|`")


def _names(unread: Unread, path: str, readings: Readings, specs: dict[str, SecretSpec]) -> list[str]:
    """The secrets that it may pass: the one it names, or else those whose names stand in the file, or in one that uses it."""
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
_PRINTING = re.compile(rb"\b(?:echo|printf|print|println|log|info|usage|help|assert\w*)\b[^|;&]*--build-arg|^[ \t]*(?:/\*|\*[ \t])")


def _printed(use: CallerUse, readings: Readings) -> bool:
    """A line that tells people how to build, or that holds a test against it: `@echo "docker build --build-arg T=..."`."""
    return _PRINTING.search(_line(use, readings)) is not None


def _line(use: CallerUse, readings: Readings) -> bytes:
    lines = (readings.repository.read(use.path) or b"").split(b"\n")
    return lines[use.line - 1][:2000] if use.line <= len(lines) else b""
