"""What each command does: run the pipeline, print in one of the forms, give the exit code. `cli.py` only names the options.

Free of click, so that `check` on a few files can start without it (`__main__.py`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from io import TextIOWrapper

from remediate.model import FileOutcome, Options, Outcome, RemediateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from remediate.report.reasons import Reasons
    from remediate.report.text import Mode

CLEAN, FOUND, USAGE, TROUBLE = 0, 1, 2, 3
MAX_STDIN = 100 * 1024 * 1024
STDIN, STDIN_SHOWN = "-", "<stdin>"


class Misuse(Exception):
    """Wrong usage that the option parser cannot see; exit code 2."""


def check(paths: Sequence[str], form: str, color: str) -> int:
    """Report the findings; 1 when there are any."""
    from remediate.report.text import Mode

    outcome = _nothing_applied(_run(paths, Options(delivery="auto", engine="auto")))
    _report(outcome, Mode.CHECK, form, color, sys.stdout)
    return _code(outcome, any(file.findings for file in outcome.files))


def fix(paths: Sequence[str], options: Options, form: str, color: str, *, diff: bool, dry: bool, strict: bool) -> int:
    """Write the fixed files, or print the patch (`diff`), or only say what would change (`dry`)."""
    from remediate.pipeline.write import write
    from remediate.report.text import Mode

    outcome = _run(paths, options)
    would_change = any(file.changed for file in outcome.files) or bool(outcome.changes)
    from_stdin = _stdin_file(outcome, paths)
    if not (diff or dry):
        outcome = write(outcome, from_stdin)
    stream = sys.stdout
    if diff:
        from remediate.report.as_patch import as_patch

        stream = sys.stderr
        patch = as_patch(outcome, paths, redact=options.redact)
        write_bytes(patch)
        if patch and sys.stdout.isatty() and sys.stderr.isatty():
            print_lines(("",), stream)  # the report is not read as the patch's last lines
    elif STDIN in paths and not dry and form == "text":
        stream = sys.stderr
        write_bytes(from_stdin.after if from_stdin else b"")
    _report(outcome, Mode.DIFF if diff else Mode.WOULD_FIX if dry else Mode.FIX, form, color, stream)
    left = strict and any(not finding.applied for file in outcome.files for finding in file.findings)
    return _code(outcome, left or (dry and would_change))


def command(paths: Sequence[str], options: Options, form: str, color: str) -> int:
    """Print the build commands to standard output, everything else to standard error."""
    from remediate.report.terminal import Style, visible, wants_color
    from remediate.report.text import Mode, error_lines

    outcome = _run(paths, options)
    if form == "json":
        _report(outcome, Mode.WOULD_FIX, form, color, sys.stdout)
        return _code(outcome, False)
    for built in outcome.commands:
        mark = "//" if options.ci == "jenkins" else "#"
        heading = (f"{mark} {visible(built.path)}",) if len(outcome.commands) > 1 else ()
        print_lines((*heading, *map(visible, (built.snippet or built.shell).split("\n"))), sys.stdout)
        print_lines((f"note: {visible(note)}" for note in built.notes), sys.stderr)
    if not outcome.commands:
        print_lines(("no build command: no secret is fixed or mounted here",), sys.stderr)
    print_lines(error_lines(outcome, Style(wants_color(color, sys.stderr))), sys.stderr)
    return _code(outcome, False)


def explain(topic: str, color: str) -> int:
    """Print what a rule or a reason means; with an empty topic, list them. Misuse for one that is not known."""
    from remediate.report import explain as pages
    from remediate.report.reasons import all_reasons
    from remediate.report.terminal import Style, visible, wants_color

    reasons = all_reasons()
    style = Style(wants_color(color, sys.stdout))
    lines = pages.explain(topic, reasons, style) if topic else pages.overview(reasons, style)
    if lines is None:
        near = pages.similar(topic, reasons)
        raise Misuse(
            f"no rule or reason is named '{visible(topic)}'; "
            + (f"did you mean {' or '.join(near)}?" if near else "`remediate explain` lists them all")
        )
    print_lines(lines, sys.stdout)
    return CLEAN


def origin(given: str) -> tuple[str, str]:
    """NAME=ORIGIN of the command line. Misuse, without what was given: it may be a value by mistake."""
    from remediate.emit.providers import reference

    name, equals, place = given.partition("=")
    if not (name and equals and place):
        raise Misuse("--origin takes NAME=ORIGIN, such as NPM_TOKEN=vault:secret/ci/npm#token")
    try:
        reference(place)
    except RemediateError as error:
        raise Misuse(f"--origin: {error.message}") from None
    return name, place


def print_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Any file name and any line can be shown in any locale."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    for line in lines:
        stream.write(line + "\n")


def print_error(message: str, head: str = "error") -> None:
    """One line on standard error, without control characters."""
    from remediate.report.terminal import visible

    print_lines((f"{head}: {visible(message)}",), sys.stderr)


def write_bytes(data: bytes) -> None:
    """Bytes on standard output as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _run(paths: Sequence[str], options: Options) -> Outcome:
    from remediate import pipeline

    stdin = _read_stdin() if STDIN in paths else None
    return pipeline.run(paths or (os.curdir,), options, stdin=stdin, warn=lambda text: print_error(text, "warning"))


def _read_stdin() -> bytes:
    data = sys.stdin.buffer.read(MAX_STDIN + 1)
    if len(data) > MAX_STDIN:
        raise RemediateError("is larger than 100 MB", STDIN_SHOWN)
    return data


def _stdin_file(outcome: Outcome, paths: Sequence[str]) -> FileOutcome | None:
    """Standard input's part of the outcome: the first file, unless it could not be parsed."""
    if STDIN not in paths or any(error.path == STDIN_SHOWN for error in outcome.errors) or not outcome.files:
        return None
    return outcome.files[0]


def _nothing_applied(outcome: Outcome) -> Outcome:
    """For `check`: what a fix would do is planned, but nothing is done."""
    files = tuple(
        file._replace(
            after=file.before, secrets=(), ignore=(), shown=b"",
            findings=tuple(finding._replace(applied=False) for finding in file.findings),
            callers=tuple(caller._replace(applied=False) for caller in file.callers),
        )
        if file.findings
        else file
        for file in outcome.files
    )
    return outcome._replace(files=files, commands=(), changes=())


def _report(outcome: Outcome, mode: Mode, form: str, color: str, stream: TextIO) -> None:
    if form == "json":
        from remediate.report.as_json import dumps

        print_lines((dumps(outcome),), stream)
        return
    from remediate.report.terminal import Style, wants_color
    from remediate.report.text import render

    reasons: Reasons = {}
    if any(finding.reason for file in outcome.files for finding in file.findings):
        from remediate.report.reasons import all_reasons

        reasons = all_reasons()
    print_lines(render(outcome, mode, Style(wants_color(color, stream)), reasons), stream)


def _code(outcome: Outcome, found: bool) -> int:
    if outcome.errors:
        return TROUBLE
    return FOUND if found else CLEAN
