"""Tools that take their own settings back: which command does it, and which later commands of the file did it before.

`npm config set //h/:_authToken $T` is taken back by `npm config delete //h/:_authToken`; other lines of the same file stay.
"""

from __future__ import annotations

from remediate.analysis.runs import RunView
from remediate.knowledge.settings import undo_of
from remediate.shell.statements import Statement

_TESTS = frozenset({"[", "[[", "test", "true", ":"})
_FORGIVING = ("npm ", "composer ", "bundle ")


def taken_back(view: RunView, statement: Statement) -> tuple[str, ...]:
    """The tool's own commands that take back what the statement sets, () when it is no such setting alone.

    `[ -z "$T" ] || npm config set ...` may set nothing: these tools delete what is not there without an error.
    """
    commands = [view.scripts[0].commands[i] for i in statement.commands if view.scripts[0].commands[i].argv]
    setting = [c for c in commands if "substitution" not in c.scopes and c.name not in _TESTS]
    undo = undo_of(tuple(w.raw for w in setting[0].argv)) if len(setting) == 1 else None
    if undo is None or (len(commands) > 1 and not undo.startswith(_FORGIVING)):
        return ()
    return tuple(undo.split(" && "))


def takes_back(view: RunView, statement: Statement, undone: tuple[str, ...]) -> bool:
    """The statement is one of these commands, whatever its options."""
    commands = [view.scripts[0].commands[i] for i in statement.commands]
    if len(commands) != 1 or not statement.plain or commands[0].redirects or commands[0].assignments:
        return False
    words = _bare([w.raw for w in commands[0].argv])
    return any(words == _bare(text.split(" ")) for text in undone)


def _bare(words: list[str]) -> list[str]:
    return [w.strip("\"'") for w in words if not w.startswith("-")]
