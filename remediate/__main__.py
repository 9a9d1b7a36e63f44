"""The start of the program, `remediate` and `python -m remediate`; the only place that turns exceptions into exit codes.

`check` and `--version` with plain arguments start without click, which takes as long to import as a small check takes.
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
_PLAIN_CHECK = {"--format": ("text", "json"), "--color": ("auto", "always", "never")}


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
    from remediate.cli import run as run_cli

    return run_cli(list(arguments))


def plain_check(arguments: Sequence[str]) -> tuple[list[str], str, str] | None:
    """(paths, form, color) of a `check` whose options are all known and complete; None for what click has to judge."""
    if not arguments or arguments[0] != "check":
        return None
    paths: list[str] = []
    options = {"--format": "text", "--color": "auto"}
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            paths.append(argument)
            continue
        name, given, value = argument.partition("=")
        value = value if given else next(rest, "")
        if value not in _PLAIN_CHECK.get(name, ()):
            return None
        options[name] = value
    return paths, options["--format"], options["--color"]


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
