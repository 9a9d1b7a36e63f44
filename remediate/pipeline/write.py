"""What was planned, put on disk: each Dockerfile with its callers, whole or not at all; what could not be written is told, not hidden."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from remediate.model import CallerChange, FileOutcome, Outcome, RemediateError


def write(outcome: Outcome, skip: FileOutcome | None = None) -> Outcome:
    """Write every changed file except `skip` (standard input's). The result says what is true now.

    A file that could not be written is as it was; its findings are not applied, and the reason stands among the errors.
    """
    errors: list[RemediateError] = []
    written: dict[Path, bytes] = {}
    unwritten: set[str] = set()
    for files, callers in _bundles(outcome, skip):
        error = _write(files, callers, written)
        if error is not None:
            errors.append(error)
            unwritten |= {file.path for file in files}
    if not errors:
        return outcome
    left = tuple(_unwritten(file) if file.path in unwritten and file is not skip else file for file in outcome.files)
    commands = tuple(command for command in outcome.commands if command.path not in unwritten)
    changes = tuple(change for change in outcome.changes if not unwritten & set(change.dockerfiles))
    return Outcome(left, commands, (*outcome.errors, *errors), changes)


def _bundles(outcome: Outcome, skip: FileOutcome | None) -> list[tuple[list[FileOutcome], list[CallerChange]]]:
    """Dockerfiles and callers that are written together: those that share a caller stand or fall with one another."""
    files = {file.path: file for file in outcome.files if file is not skip}
    group = {path: path for path in files}

    def top(path: str) -> str:
        while group[path] != path:
            path = group[path]
        return path

    for change in outcome.changes:
        mine = [path for path in change.dockerfiles if path in files]
        for path in mine[1:]:
            group[top(path)] = top(mine[0])
    bundles: dict[str, tuple[list[FileOutcome], list[CallerChange]]] = {}
    for path, file in files.items():
        if file.changed:
            bundles.setdefault(top(path), ([], []))[0].append(file)
    for change in outcome.changes:
        owner = next((path for path in change.dockerfiles if path in files), None)
        if owner is not None:
            bundles.setdefault(top(owner), ([], []))[1].append(change)
    return list(bundles.values())


def _write(files: Sequence[FileOutcome], callers: Sequence[CallerChange], written: dict[Path, bytes]) -> RemediateError | None:
    """Dockerfiles, their `.dockerignore` and their callers together; `written` is what this run has put on disk so far."""
    from remediate.repo.ignore_edit import with_lines
    from remediate.repo.reading import repo_root
    from remediate.repo.write import write_all

    changes = {Path(c.path): c.after for c in callers}
    expected = {Path(c.path): c.before for c in callers}
    for file in files:
        path = Path(file.path)
        expected[path] = file.before
        if file.after != file.before:
            changes[path] = file.after
        for beside in file.ignore:
            place = Path(beside.path)
            before = changes.get(place, written.get(place, beside.before))
            after = with_lines(before, beside.lines)
            if place not in changes and before is not None:
                expected[place] = before
            if after != before:
                changes[place] = after
    if not changes:
        return None
    try:
        root = os.path.commonpath([repo_root(path) for path in changes])
        write_all(root, changes, {place: data for place, data in expected.items() if place in changes})
    except RemediateError as error:
        return error
    written |= changes
    return None


def _unwritten(file: FileOutcome) -> FileOutcome:
    findings = tuple(finding._replace(applied=False) for finding in file.findings)
    callers = tuple(use._replace(applied=False, reason=use.reason or "caller-waits") for use in file.callers)
    return file._replace(after=file.before, findings=findings, secrets=(), ignore=(), callers=callers)
