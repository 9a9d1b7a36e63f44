"""`Outcome` as the stable JSON object of `--format json`; `schema.json` in the package describes it."""

from __future__ import annotations

from typing import TypedDict

from remediate.model import BuildCommand, CallerUse, FileOutcome, Finding, IgnoreLines, Outcome, RemediateError, SecretSpec
from remediate.report.excerpt import Excerpts
from remediate.report.mask import Masker

VERSION = 1


class FindingObject(TypedDict):
    rule: str
    name: str
    instruction: str
    instruction_line: int
    line: int
    column: int
    end_line: int
    end_column: int
    stage: str
    message: str
    fix: str
    applied: bool
    reason: str
    advice: str


class SecretObject(TypedDict):
    id: str
    name: str
    delivery: str
    target: str
    required: bool
    consumers: list[int]


class AlsoObject(TypedDict):
    path: str
    new: bool
    added: list[str]


class FileObject(TypedDict):
    path: str
    changed: bool
    also: list[AlsoObject]
    findings: list[FindingObject]
    secrets: list[SecretObject]


class CallerObject(TypedDict):
    path: str
    line: int
    name: str
    kind: str
    dockerfile: str
    id: str
    applied: bool
    reason: str
    message: str
    advice: str
    by_hand: list[str]
    origin: str


class CommandObject(TypedDict):
    path: str
    engine: str
    argv: list[str]
    shell: str
    secrets: dict[str, str]


class ErrorObject(TypedDict):
    path: str
    line: int
    message: str


class Report(TypedDict):
    version: int
    files: list[FileObject]
    callers: list[CallerObject]
    commands: list[CommandObject]
    errors: list[ErrorObject]


def as_json(outcome: Outcome) -> Report:
    """The whole object; text in it is masked like the report for people."""
    return Report(
        version=VERSION,
        files=[_file(file) for file in outcome.files],
        callers=[_caller(caller) for file in outcome.files for caller in file.callers],
        commands=[_command(command) for command in outcome.commands],
        errors=[_error(error) for error in outcome.errors],
    )


def dumps(outcome: Outcome) -> str:
    """ASCII only, so that any terminal and any locale can carry it; file names that are no UTF-8 become lone surrogates."""
    import json

    return json.dumps(as_json(outcome), indent=2)


def _file(file: FileOutcome) -> FileObject:
    masker = Excerpts(file).masker if file.findings else Masker()
    return FileObject(
        path=file.path,
        changed=file.after != file.before,
        also=[_also(beside) for beside in file.ignore],
        findings=[_finding(finding, masker) for finding in file.findings],
        secrets=[_secret(spec) for spec in file.secrets],
    )


def _finding(finding: Finding, masker: Masker) -> FindingObject:
    return FindingObject(
        rule=finding.rule,
        name=finding.name if finding.name.isidentifier() else masker.mask_values(finding.name),  # an ADD's address may hold a password
        instruction=finding.instruction,
        instruction_line=finding.instruction_line,
        line=finding.line,
        column=finding.column,
        end_line=finding.end_line,
        end_column=finding.end_column,
        stage=finding.stage,
        message=masker.mask_values(finding.message),
        fix=finding.fix.value,
        applied=finding.applied,
        reason=finding.reason,
        advice=masker.mask_values(finding.advice),
    )


def _also(beside: IgnoreLines) -> AlsoObject:
    return AlsoObject(path=beside.path, new=beside.before is None, added=list(beside.lines))


def _secret(spec: SecretSpec) -> SecretObject:
    return SecretObject(
        id=spec.id,
        name=spec.name,
        delivery=spec.delivery.value,
        target=spec.target,
        required=spec.required,
        consumers=list(spec.consumers),
    )


def _caller(caller: CallerUse) -> CallerObject:
    masker = Masker()
    return CallerObject(
        path=caller.path,
        line=caller.line,
        name=caller.name,
        kind=caller.kind,
        dockerfile=caller.dockerfile,
        id=caller.id,
        applied=caller.applied,
        reason=caller.reason,
        message=masker.mask_values(caller.message),
        advice=caller.advice,
        by_hand=[masker.mask_values(line) for line in caller.by_hand],
        origin=masker.mask_values(caller.origin),
    )


def _command(command: BuildCommand) -> CommandObject:
    return CommandObject(
        path=command.path,
        engine=command.engine,
        argv=list(command.argv),
        shell=command.shell,
        secrets=dict(command.secrets),
    )


def _error(error: RemediateError) -> ErrorObject:
    return ErrorObject(path=error.path, line=error.line, message=Masker().mask_values(error.message))
