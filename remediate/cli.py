"""The command line. What it prints is made in `report`, what it does in `pipeline`; both are imported when they are needed,
since on one file most of the time is the start of the program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from remediate.version import __version__

if TYPE_CHECKING:
    from types import TracebackType

    from remediate.model import Options, Outcome
    from remediate.report.text import Mode

CLEAN, FOUND, USAGE, TROUBLE = 0, 1, 2, 3
DEFECT, INTERRUPTED, BROKEN_PIPE = 70, 130, 141
ENGINES = ("auto", "docker", "buildx", "podman", "buildah", "nerdctl")
MAX_STDIN = 100 * 1024 * 1024

_Command = Callable[..., int]


def main() -> NoReturn:
    """The entry point: runs the command line and leaves with its exit code."""
    sys.excepthook = _defect
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of the command line; prints, and raises nothing that is the user's trouble."""
    from remediate.model import RemediateError

    try:
        code = cli.main(args=list(arguments), prog_name="remediate", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone; without this the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RemediateError as error:
        _print_error(str(error))
        return TROUBLE
    except (MemoryError, RecursionError):
        _print_error("the input is too large or nested too deeply")
        return TROUBLE
    return code if isinstance(code, int) else CLEAN


def _print_error(message: str) -> None:
    from remediate.report.terminal import visible

    click.echo(f"error: {visible(message)}", err=True)


def _defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In place of a traceback: what failed and where in the tool. Not the message, which could quote the input."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "the start"
    sys.stderr.write(f"error: a defect of remediate {__version__}: {kind.__name__} at {place}; nothing more was written\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED if issubclass(kind, KeyboardInterrupt) else DEFECT)


def _options(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def apply(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
_output = _options(
    click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", help="For people, or one JSON object."),
    click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="auto: on a terminal without NO_COLOR."),
)
_engine = _options(
    click.option("--engine", type=click.Choice(ENGINES), default="auto", help="What builds the image.  [default: docker, or as configured]"),
    click.option("--engine-version", default="", metavar="VERSION", help="Its version, where it decides what is possible."),
    click.option("--target", default="", metavar="STAGE", help="The stage that is built, for the build command."),
)
_delivery = click.option(
    "--delivery", type=click.Choice(("auto", "env", "file")), default="auto", help="How commands receive a secret.  [default: auto]"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="remediate", message="%(prog)s %(version)s")
def cli() -> None:
    """Take secrets out of container builds.

    PATH is a Dockerfile, a folder that is searched for them, or - for standard input; without one, the working directory.

    Exit codes: 0 nothing left to do, 1 something found, 2 wrong usage, 3 a file could not be read or parsed.
    """


@cli.command()
@_paths
@_output
def check(paths: tuple[str, ...], format_: str, color: str) -> int:
    """Find secrets in Dockerfiles. Changes nothing; exits with 1 when there are findings."""
    from remediate.model import Options
    from remediate.report.text import Mode

    outcome = _nothing_applied(_run(paths, Options(delivery="auto", engine="auto")))
    _report(outcome, Mode.CHECK, format_, color, sys.stdout)
    return _code(outcome, any(file.findings for file in outcome.files))


@cli.command()
@_paths
@click.option("--diff", is_flag=True, help="Print the patch, with the build command above it; write nothing.")
@click.option("--check", "check_", is_flag=True, help="Write nothing; exit with 1 when something would change.")
@click.option("--strict", is_flag=True, help="Exit with 1 when a finding is left.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply fixes that may change the running container, too.")
@click.option("--transition", is_flag=True, help="Take the secret from the mount or, while old callers exist, from the build arg.")
@click.option("--dockerfile-only", is_flag=True, help="Write the Dockerfile though a caller still passes the build arg.")
@click.option("--redact", is_flag=True, help="With --diff: mask values for sharing; the patch then no longer applies.")
@_delivery
@_engine
@click.option("--tag", default="", metavar="NAME", help="The image's name, for the build command.")
@_output
def fix(paths: tuple[str, ...], diff: bool, check_: bool, strict: bool, redact: bool, format_: str, color: str, **chosen: Any) -> int:
    """Rewrite Dockerfiles so that secrets reach only the commands that need them.

    Writes the files. With - as PATH, prints the rewritten file to standard output, and the report to standard error.
    """
    from remediate import pipeline
    from remediate.report.text import Mode

    if diff and format_ == "json":
        raise click.UsageError("--diff prints a patch, --format json an object: choose one (--check --format json writes nothing, either)")
    if redact and not diff:
        raise click.UsageError("--redact masks values in the patch of --diff")
    if chosen["transition"] and chosen["delivery"] == "env":
        raise click.UsageError("--transition reads the secret from a file, so it excludes --delivery env")
    options = _fix_options(redact=redact, **chosen)
    outcome = _run(paths, options)
    would_change = any(file.after != file.before for file in outcome.files)
    if not (diff or check_):
        outcome = pipeline.write(outcome)
    mode = Mode.DIFF if diff else Mode.WOULD_FIX if check_ else Mode.FIX
    from_stdin = "-" in paths and not check_
    if diff:
        _print_patch(outcome, paths, redact)
    elif from_stdin and format_ == "text":
        _write_bytes(file.after for file in outcome.files if file.path == "-")
    _report(outcome, mode, format_, color, sys.stderr if diff or (from_stdin and format_ == "text") else sys.stdout)
    left = strict and any(not finding.applied for file in outcome.files for finding in file.findings)
    return _code(outcome, left or (check_ and would_change))


@cli.command()
@_paths
@_delivery
@_engine
@click.option("--tag", default="", metavar="NAME", help="The image's name.")
@click.option("--unsafe-fixes", is_flag=True, help="The command that goes with `fix --unsafe-fixes`.")
@_output
def command(paths: tuple[str, ...], format_: str, color: str, **chosen: Any) -> int:
    """Print the command that builds the Dockerfile once it is fixed.

    Standard output has the command alone, notes go to standard error.
    """
    from remediate.report import text
    from remediate.report.terminal import Style, visible, wants_color

    outcome = _run(paths, _fix_options(**chosen))
    if format_ == "json":
        _report(outcome, text.Mode.WOULD_FIX, format_, color, sys.stdout)
        return _code(outcome, False)
    style = Style(wants_color(color, sys.stderr))
    for built in outcome.commands:
        if len(outcome.commands) > 1:
            click.echo(f"# {visible(built.path)}")
        click.echo(visible(built.shell))
        for note in built.notes:
            click.echo(f"note: {visible(note)}", err=True, color=True)
    if not outcome.commands:
        click.echo("no build command: no secret is fixed or mounted here", err=True)
    for line in text.error_lines(outcome, style):
        click.echo(line, err=True, color=True)
    return _code(outcome, False)


@cli.command()
@click.argument("topic", required=False, metavar="[RULE]")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="auto: on a terminal without NO_COLOR.")
def explain(topic: str | None, color: str) -> int:
    """Say what a rule or a reason means, with examples; without one, list them all."""
    from remediate.fixers.reasons import REASONS
    from remediate.report import explain as pages
    from remediate.report.terminal import Style, visible, wants_color

    style = Style(wants_color(color, sys.stdout))
    lines = pages.explain(topic, REASONS, style) if topic else pages.overview(REASONS, style)
    if lines is None:
        near = pages.similar(topic or "", REASONS)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `remediate explain` lists them all"
        raise click.UsageError(f"no rule or reason is named {visible(topic or '')!r}{hint}")
    _print(lines, sys.stdout)
    return CLEAN


def _fix_options(
    *, delivery: str, engine: str, engine_version: str, target: str, tag: str, unsafe_fixes: bool,
    transition: bool = False, dockerfile_only: bool = False, redact: bool = False,
) -> Options:  # fmt: skip
    from remediate.model import Options

    return Options(
        delivery=delivery, engine=engine, engine_version=engine_version, unsafe=unsafe_fixes, transition=transition,
        dockerfile_only=dockerfile_only, redact=redact, target=target, tag=tag,
    )  # fmt: skip


def _run(paths: tuple[str, ...], options: Options) -> Outcome:
    from remediate import pipeline

    return pipeline.run(paths or (".",), options, stdin=_read_stdin() if "-" in paths else None)


def _read_stdin() -> bytes:
    from remediate.model import RemediateError

    data = sys.stdin.buffer.read(MAX_STDIN + 1)
    if len(data) > MAX_STDIN:
        raise RemediateError("standard input is larger than 100 MB", "-")
    return data


def _nothing_applied(outcome: Outcome) -> Outcome:
    """For `check`: what a fix would do is planned, but nothing is done."""
    from dataclasses import replace

    files = tuple(
        replace(file, after=file.before, findings=tuple(replace(finding, applied=False) for finding in file.findings))
        if file.findings or file.after is not file.before
        else file
        for file in outcome.files
    )
    return replace(outcome, files=files, commands=())


def _report(outcome: Outcome, mode: Mode, format_: str, color: str, stream: IO[str]) -> None:
    if format_ == "json":
        from remediate.report.as_json import dumps

        _print((dumps(outcome),), stream)
        return
    from remediate.report.terminal import Style, wants_color
    from remediate.report.text import render

    reasons = {}
    if any(finding.reason for file in outcome.files for finding in file.findings):
        from remediate.fixers.reasons import REASONS

        reasons = REASONS
    _print(render(outcome, mode, Style(wants_color(color, stream)), reasons), stream)


def _print(lines: Iterable[str], stream: IO[str]) -> None:
    # Any file name and any line can be shown in any locale.
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    for line in lines:
        stream.write(line + "\n")


def _print_patch(outcome: Outcome, paths: Sequence[str], redact: bool) -> None:
    from remediate.report.as_patch import as_patch

    _write_bytes((as_patch(outcome, paths, redact=redact),))


def _write_bytes(parts: Iterable[bytes]) -> None:
    sys.stdout.flush()
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def _code(outcome: Outcome, found: bool) -> int:
    if outcome.errors:
        return TROUBLE
    return FOUND if found else CLEAN
