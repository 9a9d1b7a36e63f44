"""Laws of SPEC 1 that can be asked of any output without a build: the names of those that one outcome breaks.

Asked here: converges (5), the bytes outside the edits stay (4), patches apply, BuildKit's own parser takes what it took before, its rule
no longer flags what was fixed, nothing is found again, the new file still prints back from its tree, no command is lost (1) but those
that set up, removed or carried what is no longer there, and mounts stand only on RUNs that took part before (3).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dockerfile as official

from remediate.analysis.runs import view_runs
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge import buildkit_rule
from remediate.model import FileOutcome, Options
from remediate.patch import unified
from remediate.pipeline.one import process

LAWS = (
    "crash", "not idempotent", "found again", "residue again", "git apply failed", "patch failed", "rejected by BuildKit's parser",
    "BuildKit's rule still flags", "does not print back", "another instruction changed", "comment lost", "line endings changed",
    "half a shell text", "command lost", "secret without a RUN",
)  # fmt: skip
_EDITED = ("RUN", "ARG", "ENV", "COPY", "ADD")
# Commands that may go with what they served: writers, removals, tests before them, and what prepares a key's place.
_MAY_GO = frozenset(
    "echo printf cat tee rm mkdir chmod chown touch sed npm yarn pnpm bun pip pip3 poetry pdm uv git composer bundle gem cargo go aws gcloud docker helm "
    "conda dotnet nuget mix eval ssh-agent ssh-add unset export [ test true : cp mv mkdir install ssh-keyscan apk shred base64 tr envsubst cd set kill "
    "trap exit".split()
)  # fmt: skip


def broken(done: FileOutcome, options: Options) -> Iterator[tuple[str, str]]:
    """(law, what is wrong)."""
    before, after = parse(done.before), parse(done.after)
    again = process(done.after, "Dockerfile", options)
    if again.after != done.after:
        yield "not idempotent", ""
    fixed = {(f.name, f.instruction) for f in done.findings if f.applied and f.instruction in ("ARG", "ENV")}
    seen = fixed & {(f.name, f.instruction) for f in again.findings}
    if seen:
        yield "found again", str(sorted(seen))
    left = {(f.name, f.message) for f in done.findings if f.applied and f.rule == "secret-persisted"}
    left &= {(f.name, f.message) for f in again.findings}
    if left:
        yield "residue again", str(sorted(left))
    names = {name for name, _ in fixed}
    yield from _parser(done, names)
    yield from _patch(done)
    if b"".join(after.source.data[s.start : s.end] for _, s in after.leaves()) != done.after or bytes(after) != done.after:
        yield "does not print back", ""
    yield from _bytes(before, after, done)
    yield from _commands(before, after)
    for spec in done.secrets:
        if not spec.consumers:
            yield "secret without a RUN", spec.id


def _parser(done: FileOutcome, fixed: set[str]) -> Iterator[tuple[str, str]]:
    try:
        official.parse_string(done.before.decode("utf-8"))
    except (official.GoParseError, UnicodeDecodeError):
        return
    try:
        commands = official.parse_string(done.after.decode("utf-8"))
    except official.GoParseError as error:
        yield "rejected by BuildKit's parser", str(error)
        return
    for command in commands:
        words = command.value
        if command.cmd.upper() == "ENV":
            names = set(words[0::3]) if len(words) % 3 == 0 else set(words[0::2])
        elif command.cmd.upper() == "ARG":
            names = {w.split("=")[0] for w in words}
        else:
            continue
        if any(n in fixed and buildkit_rule.flags(n) for n in names):
            yield "BuildKit's rule still flags", str(sorted(names & fixed))


def _patch(done: FileOutcome) -> Iterator[tuple[str, str]]:
    text = unified("Dockerfile", done.before, done.after)
    for what, command in (("git apply", ["git", "apply", "-"]), ("patch", ["patch", "-p1", "-s"])):
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "Dockerfile")
            target.write_bytes(done.before)
            ended = subprocess.run(command, cwd=folder, input=text, capture_output=True, check=False)
            if ended.returncode or target.read_bytes() != done.after:
                yield f"{what} failed", ""


def _bytes(before: Dockerfile, after: Dockerfile, done: FileOutcome) -> Iterator[tuple[str, str]]:
    """Instructions that no fix edits stay byte for byte and in order; comments stay, but those above what went; line endings stay."""
    old, new = ([bytes(i.data[i.start : i.end]).strip() for i in t.instructions if i.keyword not in _EDITED] for t in (before, after))
    if old != new:
        yield "another instruction changed", ""
    if len(_comments(before)) - len(_comments(after)) > len(before.instructions) - len(after.instructions) + _lines_gone(done):
        yield "comment lost", ""
    if not set(_comments(after)) <= set(_comments(before)) | {b"# syntax=docker/dockerfile:1"}:
        yield "comment lost", "a comment changed"
    endings = {e: len(re.findall(e, done.before)) for e in (rb"\r\n", rb"(?<!\r)\n")}
    if any(not count and re.search(e, done.after) for e, count in endings.items()):
        yield "line endings changed", ""


def _comments(tree: Dockerfile) -> list[bytes]:
    return [tree.source.data[s.start : s.end].strip() for kind, s in tree.leaves() if kind == "comment"]


def _lines_gone(done: FileOutcome) -> int:
    return max(0, done.before.count(b"\n") - done.after.count(b"\n"))


def _commands(before: Dockerfile, after: Dockerfile) -> Iterator[tuple[str, str]]:
    """No command of a RUN is lost, and no shell text that could be read to its end is broken by the edits."""
    names: list[list[str]] = []
    for tree in (before, after):
        runs = view_runs(tree)
        found: list[str] = []
        whole = True
        for view in runs.views.values():
            found += [c.name for s in view.scripts for c in s.commands if c.name]
            whole = whole and not any(s.damaged for s in view.scripts)
        names.append(found)
        if tree is after and not whole and all(not s.damaged for v in view_runs(before).views.values() for s in v.scripts):
            yield "half a shell text", ""
    rest = list(names[1])
    lost = []
    for name in names[0]:
        if name in rest:
            rest.remove(name)
        elif name.rsplit("/", 1)[-1] not in _MAY_GO:
            lost.append(name)
    if lost:
        yield "command lost", " ".join(lost)
