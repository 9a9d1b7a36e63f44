"""Functions that run what they are given: `as_root() { sudo "$@"; }`."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.callers.shell.builders import NO_RUN, REMOTE
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.shells import Shell
from remediate.shell.view import Command, Word

DEEPEST = 3


def passing(shell: Shell, function: str) -> Iterator[tuple[Command, tuple[Word, ...]]]:
    """The commands of a function to which it hands all its arguments, and the words before those."""
    for command in shell.script.commands:
        if function_of(command) != function or command.name in NO_RUN:
            continue
        for at, word in enumerate(command.argv):
            if any(e.name in ("@", "*") for e in word.expansions):
                yield command, command.argv[:at]
                break


def elsewhere(shell: Shell, function: str, depth: int = 0) -> str:
    """What runs the arguments of a function on another machine, in a container or under another account; "" for nothing."""
    for _, words in passing(shell, function):
        names = [(w.value or "").rsplit("/", 1)[-1] for w in words]
        for name in names:
            if name in REMOTE or name in ("su", "runuser"):
                return name
            if name in shell.functions and name != function and depth < DEEPEST and (found := elsewhere(shell, name, depth + 1)):
                return found
    return ""
