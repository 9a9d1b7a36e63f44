"""What was planned, put on disk: each Dockerfile whole or not at all, and what could not be written is told, not hidden."""

from __future__ import annotations

from pathlib import Path

from remediate.model import FileOutcome, Outcome, RemediateError


def write(outcome: Outcome, skip: FileOutcome | None = None) -> Outcome:
    """Write every changed file except `skip` (standard input's). The result says what is true now.

    A file that could not be written is as it was; its findings are not applied, and the reason stands among the errors.
    """
    files: list[FileOutcome] = []
    errors: list[RemediateError] = []
    written: dict[Path, bytes] = {}
    for file in outcome.files:
        error = _write(file, written) if file.changed and file is not skip else None
        files.append(file if error is None else _unwritten(file))
        errors += [error] if error else []
    if not errors:
        return outcome
    unwritten = {file.path for file, planned in zip(files, outcome.files, strict=True) if file is not planned}
    commands = tuple(command for command in outcome.commands if command.path not in unwritten)
    return Outcome(tuple(files), commands, (*outcome.errors, *errors))


def _write(file: FileOutcome, written: dict[Path, bytes]) -> RemediateError | None:
    """The Dockerfile and its `.dockerignore` together; `written` is what this run has put on disk so far."""
    from remediate.repo.ignore_edit import with_lines
    from remediate.repo.reading import repo_root
    from remediate.repo.write import write_all

    path = Path(file.path)
    changes = {path: file.after} if file.after != file.before else {}
    expected = {path: file.before}
    for beside in file.ignore:
        place = Path(beside.path)
        before = written.get(place, beside.before)
        after = with_lines(before, beside.lines)
        if before is not None:
            expected[place] = before
        if after != before:
            changes[place] = after
    try:
        write_all(repo_root(path), changes, {place: data for place, data in expected.items() if place in changes})
    except RemediateError as error:
        return error
    written |= changes
    return None


def _unwritten(file: FileOutcome) -> FileOutcome:
    findings = tuple(finding._replace(applied=False) for finding in file.findings)
    return file._replace(after=file.before, findings=findings, secrets=(), ignore=())
