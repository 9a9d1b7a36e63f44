"""`Outcome` for people: the place, the lines marked, what was done or why not, and the next step.

    Dockerfile:3:5: the build arg NPM_TOKEN stays in the image history [secret-in-arg]
       enters here   3 | ARG NPM_TOKEN
         used here   7 | RUN npm ci
      fixed: the secret npm_token is mounted on line 6, as the variable NPM_TOKEN
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from remediate.model import Applicability, BuildCommand, Delivery, FileOutcome, Finding, Mark, Outcome, SecretSpec
from remediate.report.callers import counted, told
from remediate.report.reasons import Reasons, filled
from remediate.report.terminal import Style, visible

# The masks cost more to set up than a clean file costs to check, so they are imported where something is shown.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.report.excerpt import Excerpts


class Mode(StrEnum):
    """What the user asked for; it decides the tense."""

    CHECK = "check"
    FIX = "fix"
    DIFF = "diff"
    WOULD_FIX = "would-fix"


_APPLIED = {
    Mode.CHECK: "can be fixed",
    Mode.FIX: "fixed",
    Mode.DIFF: "fixed by the patch",
    Mode.WOULD_FIX: "would be fixed",
}


_REWRITTEN = {
    Mode.CHECK: "can be rewritten",
    Mode.FIX: "rewritten",
    Mode.DIFF: "rewritten by the patch",
    Mode.WOULD_FIX: "would be rewritten",
}


def render(outcome: Outcome, mode: Mode, style: Style, reasons: Reasons) -> Iterator[str]:
    """The report, line by line. `reasons` maps the code of a refusal to its sentence and the next step."""
    callers: dict[tuple[str, ...], str] = {}
    for file in outcome.files:
        if file.findings or file.notes or file.callers or file.secrets:
            yield from _file(file, mode, style, reasons, callers)
    if mode in (Mode.FIX, Mode.WOULD_FIX):  # a patch has the command above it
        for command in outcome.commands:
            yield from render_command(command, style)
    yield from error_lines(outcome, style)
    yield summary(outcome, mode)


def error_lines(outcome: Outcome, style: Style) -> Iterator[str]:
    """What could not be read or parsed, one line each."""
    if not outcome.errors:
        return
    from remediate.report.mask import Masker

    for error in outcome.errors:
        yield style.red("error: ") + visible(Masker().mask_values(str(error)))


def _file(file: FileOutcome, mode: Mode, style: Style, reasons: Reasons, callers: dict[tuple[str, ...], str]) -> Iterator[str]:
    from remediate.report.excerpt import Excerpts

    excerpts, said = Excerpts(file), _Said()
    for finding in file.findings:
        yield from _finding(file, finding, excerpts, said, mode, style, reasons)
    if mode is not Mode.CHECK and file.changed:
        for spec in file.secrets:
            yield f"  {_secret(file, spec)}"
    for caller, (head, *more) in told(file, _REWRITTEN[mode], callers):
        yield (style.green if caller.applied else style.yellow)("caller: ") + visible(head)
        yield from (f"  {visible(line)}" for line in more)
    yield from _shown(file, excerpts, style)
    for note in file.notes:
        yield "note: " + visible(f"{file.path}: {excerpts.masker.mask_values(note)}")
    yield ""


def _shown(file: FileOutcome, excerpts: Excerpts, style: Style) -> Iterator[str]:
    """The edits that wait for a caller: to look at, not in the patch."""
    if not file.shown:
        return
    from remediate.patch import unified

    yield style.yellow("shown, not written: ") + visible(f"{file.path} as it becomes when its callers are changed, too")
    text = unified(file.path, file.after, file.shown).decode("utf-8", "replace")
    for line in excerpts.masker.mask(text).splitlines()[3:]:
        yield "  | " + visible(line)


class _Said:
    """What the report on one file has told already, with the line at which it did: a secret's places and fate are told once."""

    def __init__(self) -> None:
        self._marks: set[tuple[Mark, ...]] = set()
        self._advice: dict[tuple[str, str], int] = {}

    def marks(self, finding: Finding) -> bool:
        """Whether these lines were shown. Remembers them."""
        known = bool(finding.marks) and finding.marks in self._marks
        self._marks.add(finding.marks)
        return known

    def advice(self, head: str, finding: Finding) -> int:
        """The line of the finding that said the same, 0 when there is none. Remembers it, also without what each line reads."""
        if not finding.advice:
            return 0
        line = self._advice.get((head, finding.advice), 0)
        for text in (finding.advice, _READ_BY.split(finding.advice, maxsplit=1)[0]):
            self._advice.setdefault((head, text), finding.line)
        return line


_READ_BY = re.compile(r"; lines? \d")


def _finding(
    file: FileOutcome, finding: Finding, excerpts: Excerpts, said: _Said, mode: Mode, style: Style, reasons: Reasons
) -> Iterator[str]:
    place = visible(f"{file.path}:{finding.line}:{finding.column}")
    message = visible(excerpts.masker.mask_values(finding.message))
    yield f"{style.bold(place)}: {message} {style.dim(f'[{finding.rule}]')}"
    for label, line, text in () if said.marks(finding) else excerpts.rows(finding):
        number = str(line) if line else ""
        yield f"  {style.cyan(f'{label:>11}')} {number:>5} {style.dim('|')} {text}"
    advice = visible(excerpts.masker.mask_values(finding.advice))
    yield from _verdict(finding, advice, said, mode, style, reasons)


def _verdict(finding: Finding, advice: str, told: _Said, mode: Mode, style: Style, reasons: Reasons) -> Iterator[str]:
    code = f" [{finding.reason}]" if finding.reason and not finding.applied else ""
    if finding.applied:
        head = style.green(_APPLIED[mode])
    elif _waits(finding):
        head = style.yellow(f"waits for a caller{code}")
    elif finding.fix is Applicability.REFUSED:
        head = style.red(f"not fixed{code}")
    elif finding.fix is Applicability.UNSAFE:
        head = style.yellow(f"only with --unsafe-fixes{code}")
    else:
        head = style.green("can be fixed") if mode is Mode.CHECK else style.yellow("not applied")
    if before := told.advice(head, finding):
        yield f"  {head}: see line {before}"
        return
    sentence, step = (filled(text, finding.name) for text in reasons.get(finding.reason, ("", "")))
    said = advice or sentence
    yield f"  {head}: {said}" if said else f"  {head}"
    if step and not advice and not finding.applied:
        yield f"  next: {step}"


def _secret(file: FileOutcome, spec: SecretSpec) -> str:
    from remediate.fixers.reasons import at_lines

    at = f"on {at_lines(spec.consumers)}{'' if spec.required else ', optional'}"
    if spec.delivery is Delivery.SSH:
        return visible(f"ssh {spec.id}: {f'the key {spec.name}' if spec.target else 'the keys of the SSH agent'}, {at}")
    how = f"as the file {spec.target or f'/run/secrets/{spec.id}'}"
    if spec.delivery is Delivery.ENV:
        how = f"as the variable {', '.join(spec.env_names) or spec.name}"
    elif any(finding.rule == "secret-in-copy" and finding.name == spec.name for finding in file.findings):
        how = f"the file {spec.name} at {spec.target}"
    return visible(f"secret {spec.id}: {how}, {at}")


def render_command(command: BuildCommand, style: Style) -> Iterator[str]:
    """The command alone on its line, so that it can be copied, with its notes below."""
    yield style.bold(f"build {visible(command.path)} with:")
    yield f"  {visible(command.shell)}"
    for note in command.notes:
        yield f"  note: {visible(note)}"
    yield ""


def summary(outcome: Outcome, mode: Mode) -> str:
    """One line of counts."""
    findings = [finding for file in outcome.files for finding in file.findings]
    looked = _count(len(outcome.files), "Dockerfile")
    errors = f"; {_count(len(outcome.errors), 'error')}" if outcome.errors else ""
    callers = counted(outcome.files, _REWRITTEN[mode])
    if not findings:
        return f"no secrets found in {looked}{callers}{errors}"
    waits = sum(_waits(finding) for finding in findings)
    refused = sum(finding.fix is Applicability.REFUSED for finding in findings) - waits
    done = sum(finding.applied for finding in findings)
    unsafe = sum(finding.fix is Applicability.UNSAFE and not finding.applied for finding in findings)
    left = len(findings) - refused - waits - unsafe - done
    parts = (
        (done, _APPLIED[mode]),
        (left, "can be fixed with `remediate fix`" if mode is Mode.CHECK else "not applied"),
        (unsafe, "only with --unsafe-fixes"),
        (waits, f"{'waits' if waits == 1 else 'wait'} for a caller"),
        (refused, "for a person to fix"),
    )
    counts = ", ".join(f"{number} {words}" for number, words in parts if number)
    return f"{_count(len(findings), 'finding')} in {looked}: {counts}{callers}{errors}"


def _waits(finding: Finding) -> bool:
    from remediate.callers.reasons import REASONS

    return finding.fix is Applicability.REFUSED and finding.reason in REASONS


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
