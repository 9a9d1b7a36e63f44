"""`Outcome` as a patch: above it the build command and its notes, as `#` lines that `git apply` and `patch -p1` pass over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from remediate.model import CallerChange, FileOutcome, IgnoreLines, Outcome
from remediate.patch import unified
from remediate.report.callers import caller_lines
from remediate.report.excerpt import Excerpts
from remediate.report.mask import Masker
from remediate.report.terminal import visible


def as_patch(outcome: Outcome, given: Sequence[str] = (), *, redact: bool = False) -> bytes:
    """The whole patch, empty when nothing changes. `given` are the PATHs of the command line.

    With `redact` the values are masked, and the first line says that the patch does not apply any more.
    """
    parts = [_file_patch(file, given, redact) for file in outcome.files if file.after != file.before]
    parts += _ignore_patches(outcome, given)
    parts += [_caller_patch(change, given, redact) for change in outcome.changes]
    return preamble(outcome, redacted=redact) + b"".join(parts) if parts else b""


def _file_patch(file: FileOutcome, given: Sequence[str], redact: bool) -> bytes:
    before, after = file.before, file.after
    if redact:
        masker = Excerpts(file).masker
        before, after = _masked(before, masker), _masked(after, masker)
    return unified(patch_name(file.path, given), before, after)


def _ignore_patches(outcome: Outcome, given: Sequence[str]) -> Iterator[bytes]:
    """One patch for each `.dockerignore`, however many Dockerfiles add to it."""
    from remediate.repo.ignore_edit import with_lines

    joined: dict[str, IgnoreLines] = {}
    for file in outcome.files:
        for beside in file.ignore:
            held = joined.get(beside.path)
            joined[beside.path] = beside if held is None else held._replace(lines=(*held.lines, *beside.lines))
    for path, beside in joined.items():
        yield unified(patch_name(path, given), beside.before, with_lines(beside.before, beside.lines))


def _caller_patch(change: CallerChange, given: Sequence[str], redact: bool) -> bytes:
    before, after = change.before, change.after
    if redact:
        masker = Masker(text=before.decode("utf-8", "surrogateescape"))
        before, after = _masked(before, masker), _masked(after, masker)
    return unified(patch_name(change.path, given), before, after)


def _masked(data: bytes, masker: Masker) -> bytes:
    return masker.mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def patch_name(path: str, given: Sequence[str] = ()) -> str:
    """The path as the patch names it: from the working directory, or for a file outside of it from its repository's root.

    Without a repository, from the folder that was given. Neither `git apply` nor `patch` follows `..` or an absolute path.
    """
    if path == "-":
        return "Dockerfile"
    full = os.path.abspath(path)
    for root in (os.getcwd(), *_repositories(full), *map(os.path.abspath, given)):
        relative = os.path.relpath(full, root)
        if os.path.isdir(root) and relative != os.pardir and not relative.startswith(os.pardir + os.sep):
            return relative.replace(os.sep, "/")
    return os.path.basename(full)


def _repositories(full: str) -> Iterator[str]:
    folder = os.path.dirname(full)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            yield folder
            return
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def preamble(outcome: Outcome, *, redacted: bool = False) -> bytes:
    """Lines that start with `# ` and end with a line feed; empty when there is nothing to say.

    Every line begins with the mark, whatever stands in it, so that no file name can pass for a patch header.
    """
    lines = list(_lines(outcome, redacted))
    return "".join(f"# {visible(line)}".rstrip() + "\n" for line in lines).encode("utf-8", "backslashreplace")


def _lines(outcome: Outcome, redacted: bool) -> Iterator[str]:
    if redacted:
        yield "redacted: values are masked, so this patch is for reading and does not apply"
    with_callers = {path for change in outcome.changes for path in change.dockerfiles}
    changed = {file.path for file in outcome.files if file.changed} | with_callers
    said: set[str] = set()
    for command in outcome.commands:
        if command.path in changed:
            yield f"build {command.path} with:"
            yield f"  {command.shell}"
            yield from (f"note: {note}" for note in command.notes)
    for file in outcome.files:
        if file.path not in changed:
            continue
        for caller in file.callers:
            head, *more = caller_lines(file, caller, "rewritten here")
            if head not in said:
                said.add(head)
                yield f"caller: {head}"
                yield from more
        if file.notes:
            masker = Excerpts(file).masker
            yield from (f"note: {file.path}: {masker.mask_values(note)}" for note in file.notes)
