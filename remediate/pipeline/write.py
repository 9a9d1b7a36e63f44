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
    for file in outcome.files:
        error = _write(file) if file.after != file.before and file is not skip else None
        files.append(file if error is None else _unwritten(file))
        errors += [error] if error else []
    if not errors:
        return outcome
    unwritten = {file.path for file, planned in zip(files, outcome.files, strict=True) if file is not planned}
    commands = tuple(command for command in outcome.commands if command.path not in unwritten)
    return Outcome(tuple(files), commands, (*outcome.errors, *errors))


def _write(file: FileOutcome) -> RemediateError | None:
    from remediate.repo.reading import repo_root
    from remediate.repo.write import write_all

    path = Path(file.path)
    try:
        write_all(repo_root(path), {path: file.after}, {path: file.before})
    except RemediateError as error:
        return error
    return None


def _unwritten(file: FileOutcome) -> FileOutcome:
    findings = tuple(finding._replace(applied=False) for finding in file.findings)
    return file._replace(after=file.before, findings=findings, secrets=())
