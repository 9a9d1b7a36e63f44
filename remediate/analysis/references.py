"""Where a shell text reads a variable, and whether it reads the value from outside or one that it set itself."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.analysis.runs import RunView
from remediate.knowledge import commands
from remediate.shell.nested import program
from remediate.shell.view import Command, Script, Word

_SETTERS = ("export", "readonly", "declare", "typeset")


def static_argv(command: Command) -> tuple[str | None, ...]:
    """The command's words with `sudo`, `env A=b` and the like taken off; None for a word that only the shell knows.

    The program stands as it is written: `./install` is a script of the project, `install` is not.
    """
    _, args = program(command)
    words = command.argv[len(command.argv) - len(args) - 1 :] if command.argv else ()
    return tuple(w.value for w in words) or (None,)


def tool_name(argv: Sequence[str | None]) -> str:
    """The program's last path component, "" when it is not static text."""
    return (argv[0] or "").rsplit("/", 1)[-1] if argv else ""


def all_words(command: Command) -> list[Word]:
    """Every word of a command: arguments, assigned values, redirect targets."""
    words = list(command.argv)
    words += [a.value for a in command.assignments if a.value is not None]
    words += [r.target for r in command.redirects if r.target is not None]
    return words


def first_reference(script: Script, name: str) -> int | None:
    """Offset in the script of the first expansion of `name`, None when the script expands it nowhere."""
    at = [e.start for e in script.loose if e.name == name]
    for command in script.commands:
        for word in all_words(command):
            at += [e.start for e in word.expansions if e.name == name]
        for redirect in command.redirects:
            at += [e.start for e in redirect.expansions if e.name == name]
    return min(at, default=None)


def assigned_before(script: Script, name: str, at: int) -> bool:
    """True when an unconditional `NAME=...` stands before the first reference, so that no outer value is read."""
    for command in script.commands:
        if command.start >= at:
            return False
        if command.argv and command.name not in _SETTERS:
            continue
        after = ("", ";", "&&") if script.and_chain else ("", ";")
        sure = not command.scopes and command.connector in after and not command.background and not command.pipe_to_next
        if sure and any(a.name == name and a.value is not None and a.end <= at and not a.append for a in command.assignments):
            return True
    return False


def assigned_first(run: RunView, name: str) -> bool:
    """True when the RUN gives the variable a value of its own before anything else could read it."""
    for script in run.scripts[:1]:
        for command in script.commands:
            if any(a.name == name and a.value is not None for a in command.assignments) and not command.scopes:
                return not command.argv or command.name in _SETTERS
            if command.argv and not commands.inert(static_argv(command)):
                return False
    return False


def shadowed(command: Command, name: str) -> bool:
    return bool(command.argv) and any(a.name == name and not a.exported for a in command.assignments)


_TESTS = frozenset({"[", "[[", "test", ":"})


def only_asks(script: Script, name: str) -> bool:
    """Every reference to the variable stands in a test, in `: "${X:?}"`, in what is printed to the log, asks for its length, or gives the
    variable to itself (`export X=$X`): the value itself goes nowhere.
    """
    if any(e.name == name for e in script.loose):
        return False
    for command in script.commands:
        shows = (
            command.name in ("echo", "printf")
            and not command.pipe_to_next
            and not command.redirects
            and "substitution" not in command.scopes
        )
        asks = command.name in _TESTS or shows
        if any(
            a.name == name and a.value is not None and a.value.raw.strip('"') in (f"${name}", f"${{{name}}}") for a in command.assignments
        ):
            asks = asks or not command.argv or command.name in _SETTERS
        for word in all_words(command):
            if any(e.name == name and not asks and not e.length for e in word.expansions):
                return False
        if any(e.name == name for r in command.redirects for e in r.expansions):
            return False
    return True
