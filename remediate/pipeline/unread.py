"""Callers that were found, but not understood: they pass a build arg that carries a secret, in a way that no reader follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.callers.model import Refused, Unread
from remediate.callers.readings import Readings
from remediate.callers.search import MODULES
from remediate.callers.told import by_hand, refused_use
from remediate.model import CallerUse, FileOutcome, SecretSpec


def not_understood(file: FileOutcome, readings: Readings) -> Iterator[CallerUse]:
    """Each of them once, for one Dockerfile."""
    specs = {spec.name: spec for spec in (*file.mounted, *file.secrets)}
    named: set[tuple[str, str]] = set()
    for caller, unread in readings.unread():
        for name in _names(unread, caller.data, specs):
            named.add((caller.path, name))
            use = CallerUse(caller.path, unread.line, name, caller.kind, file.path, specs[name].id)
            yield refused_use(use, unread.refused, by_hand(caller.kind, specs[name]))
    for use in file.callers:
        spec = specs.get(use.name)
        if spec is None or (use.path, use.name) in named or use.applied or use.reason:
            continue
        if not _read(use, readings):
            code = "caller-arguments" if use.kind in MODULES else "caller-not-read"
            told = CallerUse(use.path, use.line, use.name, use.kind, file.path, spec.id)
            yield refused_use(told, Refused(code, line=use.line), by_hand(use.kind, spec))


def _names(unread: Unread, data: bytes, specs: dict[str, SecretSpec]) -> list[str]:
    """The secrets that it may pass: the one it names, or for a file that is not understood at all those whose names stand in it."""
    if unread.name:
        return [unread.name] if unread.name in specs else []
    return [n for n in specs if n.encode("utf-8", "surrogateescape") in data]


def _read(use: CallerUse, readings: Readings) -> bool:
    """Whether a reader gave this use as a build arg of some build (of this Dockerfile or another)."""
    reading = readings.known(use.path)
    if reading is None:
        return False
    if use.kind in _THOROUGH and not any(not u.name for u in reading.unread):
        return True
    passed = [a for b in reading.builds for a in b.args if a.name == use.name]
    return any(a.line == use.line for a in passed) or _printed(use, readings)


# Their readers account for every `--build-arg` themselves: one that no build has, and that is not only printed, is said to be unread.
_THOROUGH = frozenset({"shell", "make", "just"})
_PRINTING = re.compile(rb"\b(?:echo|printf|print|println|log|info|usage|help)\b[^|;&]*--build-arg")


def _printed(use: CallerUse, readings: Readings) -> bool:
    """A line that tells people how to build: `@echo "docker build --build-arg T=..."`."""
    lines = (readings.repository.read(use.path) or b"").split(b"\n")
    return use.line <= len(lines) and _PRINTING.search(lines[use.line - 1][:2000]) is not None
