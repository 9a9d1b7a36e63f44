"""Which commands write down what they are given, where, and who reads it later (SPEC 4).

The question is only asked of a command that receives a secret, by an argument, its input or its environment; an argument that is not
static therefore counts as the address or value a row asks for: `git clone $URL` may hold the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from remediate.knowledge.commands_shape import Argv, Call, call, fits, fits_words, shape
from remediate.knowledge.persist_rows import ROWS, PersistRow

__all__ = ["PersistRow", "persists", "rows", "undoes"]

# Words with which a setting command takes back what it set, for tools whose set and unset share one subcommand.
_TAKES_BACK = ("--unset", "--unset-all", "--delete", "-d", "unset", "--remove-section", "-u", "-r", "--remove", "--remove-key", "--clean", "remove", "--delete-secret-keys")


def rows() -> tuple[PersistRow, ...]:
    return ROWS


@cache
def _by_program() -> dict[str, tuple[PersistRow, ...]]:
    index: dict[str, list[PersistRow]] = {}
    for row in ROWS:
        for program in shape(row.run)[0]:
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def _known_text(argv: Argv, raw: Sequence[str]) -> Argv:
    """Words that are not static by what is written, so that `https://$T@host/x` shows its form; a word that is all expansion stays unknown."""
    if len(raw) != len(argv):
        return argv
    written = [word.strip("\"'") for word in raw]
    return [value if value is not None or text.startswith(("$", "`")) else text for value, text in zip(argv, written, strict=True)]


def persists(argv: Argv, raw: Sequence[str] = ()) -> PersistRow | None:
    """The row of a command that keeps in a file what it is given; None when no row knows that it does.

    `raw` are the words as written, where the caller has them: then `mysql -p"$T" -e 'select 1'` is told from a query that stores `$T`.
    """
    command = call(_known_text(argv, raw))
    if command is None:
        return None
    candidates = _by_program().get(command.program, ())
    exact = next((row for row in candidates if fits(row, command)), None)
    return exact or next((row for row in candidates if fits(row, command, unknown=True)), None)


def undoes(argv: Argv) -> tuple[str, ...]:
    """Tools whose kept value this command takes out again: `npm logout`, `git config --global --unset ...`."""
    command = call(argv)
    if command is None:
        return ()
    return tuple(dict.fromkeys(row.tool for row in _undoing().get(command.program, ()) if _is_undo(row, command)))


@cache
def _undoing() -> dict[str, tuple[PersistRow, ...]]:
    """Program -> the rows whose setting it can take back."""
    index: dict[str, list[PersistRow]] = {}
    for row in ROWS:
        for program in dict.fromkeys(p for run in row.undo for p in shape(run)[0]):
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def _is_undo(row: PersistRow, command: Call) -> bool:
    for run in row.undo:
        if not fits_words(run, command):
            continue
        # `git config` both sets and unsets; only the form that unsets counts.
        if not run_is_setter(run, row) or any(arg in _TAKES_BACK for arg in command.args):
            return True
    return False


def run_is_setter(run: str, row: PersistRow) -> bool:
    """Whether the undoing command has the shape of the setting one, so that an option must tell them apart."""
    return run == row.run or row.run.startswith(run)
