"""Does this RUN need this variable, and how do we know (SPEC 3)?

Four ways to know, in this order: a command names it, a known tool reads it by itself, a file of the build context that the command
starts or reads names it, or (with no context at hand) the command is opaque and may read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from remediate.analysis.runs import Form, RunView
from remediate.analysis.surroundings import Surroundings
from remediate.knowledge import commands, tools
from remediate.shell.nested import program
from remediate.shell.view import Command, Script, Word
from remediate.text import Source


class How(StrEnum):
    """Why a RUN counts as a consumer; `reset` by the strength of the evidence, strongest first."""

    NAMES = "names"
    TOOL = "tool"
    CONTEXT = "context"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Use:
    """One reason why the RUN with that instruction index consumes the variable. `line` is 1-based, in the Dockerfile."""

    run: int
    name: str
    how: How
    line: int
    detail: str


def static_argv(command: Command) -> tuple[str | None, ...]:
    """The command's words with `sudo`, `env A=b` and the like taken off; None for a word that only the shell knows."""
    name, args = program(command)
    return (name or None, *(w.value for w in args))


class Consumers:
    """Answers for one file. `kinds` gives the kind of each name that may be asked for."""

    def __init__(self, source: Source, surroundings: Surroundings) -> None:
        self.source = source
        self.around = surroundings

    def uses(self, run: RunView, name: str, kind: str) -> list[Use]:
        """All reasons why this RUN needs `name`; empty when it does not. At most one for each way of knowing."""
        found = self._named(run, name)
        if not found and not assigned_first(run, name):
            found = self._by_commands(run, name, kind)
        return found

    def _use(self, run: RunView, name: str, how: How, line: int, detail: str) -> list[Use]:
        return [Use(run.index, name, how, line, detail)]

    def _named(self, run: RunView, name: str) -> list[Use]:
        if run.form is Form.FOREIGN:
            return self._foreign(run, name)
        for script in run.scripts:
            at = first_reference(script, name)
            if at is not None and not _assigned_before(script, name, at):
                return self._use(run, name, How.NAMES, self.source.line_of(script.text.start_of(at)), f"names ${name}")
        for script, command in run.commands():
            if name in commands.names_variable(static_argv(command)):
                return self._use(run, name, How.NAMES, self._line(script, command), f"reads {name} from its environment")
        if run.form is Form.EXEC and name in commands.names_variable(run.argv):
            return self._use(run, name, How.NAMES, run.instruction.start_line, f"reads {name} from its environment")
        return []

    def _foreign(self, run: RunView, name: str) -> list[Use]:
        """PowerShell, cmd, python: any spelling of the name in the text counts."""
        if re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", run.foreign_text or "", re.IGNORECASE):
            return self._use(run, name, How.NAMES, run.instruction.start_line, f"names {name}")
        return self._use(run, name, How.UNKNOWN, run.instruction.start_line, "a shell that cannot be followed")

    def _by_commands(self, run: RunView, name: str, kind: str) -> list[Use]:
        if run.form is Form.EXEC and not run.scripts:
            use = self._by_command(run, (run.argv[0].rsplit("/", 1)[-1], *run.argv[1:]) if run.argv else (), name, kind)
            return [Use(run.index, name, use[0], run.instruction.start_line, use[1])] if use else []
        best: Use | None = None
        functions = {f for s in run.scripts for f in s.functions}
        for script, command in run.commands():
            argv = static_argv(command)
            if not command.argv or (argv[0] in functions) or _shadowed(command, name):
                continue
            use = self._by_command(run, argv, name, kind)
            if use and (best is None or list(How).index(use[0]) < list(How).index(best.how)):
                best = Use(run.index, name, use[0], self._line(script, command), use[1])
        if best is None and any(s.damaged for s in run.scripts):
            return self._use(run, name, How.UNKNOWN, run.instruction.start_line, "shell text that cannot be followed")
        return [best] if best else []

    def _by_command(self, run: RunView, argv: Sequence[str | None], name: str, kind: str) -> tuple[How, str] | None:
        if not argv:
            return None
        tool = argv[0] or "a command"
        reads = tools.reads(argv)
        if reads is not None:
            if any(fnmatchcase(name, p) for p in reads.names):
                return How.TOOL, f"{tool} reads {name} by itself"
            if any(fnmatchcase(name, p) for p in reads.by_convention):
                return How.TOOL, f"{tool} reads {name} through its configuration"
            place = self.around.named_in_config(name, reads.config_files, run.index)
            if place:
                return How.CONTEXT, f"{tool} reads {place}, which names {name}"
        elif commands.inert(argv):
            return None
        started = (*(commands.runs_file(argv) or ()), *(reads.starts if reads else ()))
        opaque = reads is None or reads.opaque
        place = self.around.named_in_started(name, started, opaque)
        if place:
            return How.CONTEXT, f"{tool} starts project code, and {place} names {name}"
        if not self.around.at_hand and (reads is None or tools.may_take(reads, name, kind)):
            return How.UNKNOWN, f"{tool} may read {name}: the build context is not at hand"
        return None

    def _line(self, script: Script, command: Command) -> int:
        return self.source.line_of(script.text.start_of(command.start))


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


def _assigned_before(script: Script, name: str, at: int) -> bool:
    """True when an unconditional `NAME=...` stands before the first reference, so that no outer value is read."""
    for command in script.commands:
        if command.start >= at:
            return False
        if command.argv and command.name not in ("export", "readonly", "declare", "typeset"):
            continue
        sure = not command.scopes and command.connector in ("", ";", "&&") and not command.background and not command.pipe_to_next
        if sure and any(a.name == name and a.value is not None and a.end <= at and not a.append for a in command.assignments):
            return True
    return False


def assigned_first(run: RunView, name: str) -> bool:
    """True when the RUN gives the variable a value of its own before anything else could read it."""
    for script in run.scripts[:1]:
        for command in script.commands:
            if any(a.name == name and a.value is not None for a in command.assignments) and not command.scopes:
                return not command.argv or command.name in ("export", "readonly", "declare", "typeset")
            if command.argv and not commands.inert(static_argv(command)):
                return False
    return False


def _shadowed(command: Command, name: str) -> bool:
    return bool(command.argv) and any(a.name == name and not a.exported for a in command.assignments)
