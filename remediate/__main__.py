"""The start of the program, `remediate` and `python -m remediate`; the only place that turns exceptions into exit codes.

`check`, `fix` and `--version` with plain arguments start without click, which takes as long to import as a small check takes.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from remediate.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import NoReturn

DEFECT, INTERRUPTED, BROKEN_PIPE = 70, 130, 141
_PLAIN = {"--format": ("text", "json"), "--color": ("auto", "always", "never")}
_PLAIN_FIX = ("--diff", "--check", "--strict")


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    sys.excepthook = _defect
    gc.set_threshold(50_000)  # the modules that are loaded at the start are no garbage
    _open_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line; raises nothing that is the user's trouble."""
    from remediate.model import RemediateError

    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has gone; without this the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # a full disk behind standard output, a working directory that is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _trouble(f"the working directory or an output stream: {error.strerror or 'cannot be used'}")
    except RemediateError as error:
        return _trouble(str(error))
    except (MemoryError, RecursionError):
        return _trouble("the input is too large or nested too deeply")


def _open_streams() -> None:
    """Streams that were closed when the process started lead nowhere; without this a file opened later would get their numbers."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def _dispatch(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--version"]:
        sys.stdout.write(f"remediate {__version__}\n")
        return 0
    plain = plain_check(arguments)
    if plain is not None:
        from remediate.actions import check

        return check(*plain)
    wanted = plain_fix(arguments)
    if wanted is not None:
        from remediate.actions import fix
        from remediate.model import Options

        paths, form, color, given = wanted
        diff, dry, strict = (flag in given for flag in _PLAIN_FIX)
        return fix(paths, Options(delivery="auto", engine="auto"), form, color, diff=diff, dry=dry, strict=strict)
    from remediate.cli import run as run_cli

    return run_cli(list(arguments))


def plain_check(arguments: Sequence[str]) -> tuple[list[str], str, str] | None:
    """(paths, form, color) of a `check` whose options are all known and complete; None for what click has to judge."""
    found = _plain(arguments, "check", ())
    return found[:3] if found is not None else None


def plain_fix(arguments: Sequence[str]) -> tuple[list[str], str, str, set[str]] | None:
    """The same for a `fix` without options about the build: (paths, form, color, flags)."""
    found = _plain(arguments, "fix", _PLAIN_FIX)
    return None if found is not None and found[1] == "json" and "--diff" in found[3] else found


def _plain(arguments: Sequence[str], command: str, flags: Sequence[str]) -> tuple[list[str], str, str, set[str]] | None:
    if not arguments or arguments[0] != command:
        return None
    paths: list[str] = []
    given: set[str] = set()
    options = {"--format": "text", "--color": "auto"}
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            paths.append(argument)
            continue
        if argument in flags:
            given.add(argument)
            continue
        name, equals, value = argument.partition("=")
        value = value if equals else next(rest, "")
        if value not in _PLAIN.get(name, ()):
            return None
        options[name] = value
    return paths, options["--format"], options["--color"], given


def _trouble(message: str) -> int:
    from remediate.actions import TROUBLE, print_error

    print_error(message)
    return TROUBLE


def _defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In place of a traceback: what failed and where in the tool. Not the message, which could quote the input."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "the start"
    sys.stderr.write(f"error: a defect of remediate {__version__}: {kind.__name__} at {place}\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED if issubclass(kind, KeyboardInterrupt) else DEFECT)


if __name__ == "__main__":
    main()
