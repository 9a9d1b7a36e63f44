"""Does this RUN need this variable, and how do we know (SPEC 3)?

Four ways to know, in this order: a command names it, a known tool reads it by itself, a file of the build context that the command
starts or reads names it, or (with no context at hand) the command is opaque and may read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from remediate.analysis.references import assigned_before, assigned_first, first_reference, only_asks, shadowed, static_argv, tool_name
from remediate.analysis.runs import Form, RunView
from remediate.analysis.surroundings import Surroundings
from remediate.knowledge import commands, tools
from remediate.knowledge.globs import matches
from remediate.knowledge.lenient import needs_its_config
from remediate.knowledge.libraries import some_library_reads
from remediate.model import NamedTuple
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Script
from remediate.text import LogicalText, Source

_DEPTH = 3
_NEWLINE = b"\n"


class How(StrEnum):
    """Why a RUN counts as a consumer, the strongest evidence first.

    `asks`: it only tests whether the variable is empty. `foreign`: a program that is in no row and not in the context (the base
    image's own); it counts only when nobody else uses the secret.
    """

    NAMES = "names"
    ASKS = "asks"
    TOOL = "tool"
    CONTEXT = "context"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


class Use(NamedTuple):
    """One reason why the RUN with that instruction index consumes the variable. `line` is 1-based, in the Dockerfile."""

    run: int
    name: str
    how: How
    line: int
    detail: str


class Consumers:
    """Answers for one file. `kinds` gives the kind of each name that may be asked for."""

    def __init__(self, source: Source, surroundings: Surroundings) -> None:
        self.source = source
        self.around = surroundings
        self._scripts: dict[str, tuple[str, Script] | None] = {}
        self.opened: dict[tuple[int, str], dict[str, Script]] = {}

    def uses(self, run: RunView, name: str, kind: str) -> list[Use]:
        """All reasons why this RUN needs `name`; empty when it does not. At most one for each way of knowing."""
        found = self._named(run, name)
        if found and found[0].how is How.NAMES:
            self._open(run, name)
        if (not found or found[0].how is How.ASKS) and not assigned_first(run, name):
            found = self._by_commands(run, name, kind) or found or self._computed(run, name)
        return found

    def _open(self, run: RunView, name: str) -> None:
        """Remember the scripts of the context that a RUN starts, for what they may write down."""
        for _, command in run.commands():
            argv = static_argv(command)
            for path, script in (self._shell_scripts(commands.runs_file(argv) or ()) or []) if command.argv else []:
                self.opened.setdefault((run.index, name), {})[path] = script

    def _use(self, run: RunView, name: str, how: How, line: int, detail: str) -> list[Use]:
        return [Use(run.index, name, how, line, detail)]

    def _computed(self, run: RunView, name: str) -> list[Use]:
        """`${!n}`, `declare -n`: the shell reads a variable whose name is only known when it runs."""
        for script, command in run.commands():
            reference = command.name in ("declare", "local", "typeset") and any(
                "n" in (w.value or "") for w in command.argv[1:2] if w.raw.startswith("-")
            )
            if reference or any(e.indirect for w in command.argv for e in w.expansions):
                return self._use(run, name, How.UNKNOWN, self._line(script, command), "reads a variable by a computed name")
        return []

    def _named(self, run: RunView, name: str) -> list[Use]:
        if run.form is Form.FOREIGN:
            return self._foreign(run, name)
        for script in run.scripts:
            at = first_reference(script, name)
            if at is not None and not assigned_before(script, name, at):
                how = How.ASKS if only_asks(script, name) else How.NAMES
                return self._use(run, name, how, self.source.line_of(script.text.start_of(at)), f"names ${name}")
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
            use = self._by_command(run, run.argv, name, kind)
            return [Use(run.index, name, use[0], run.instruction.start_line, use[1])] if use else []
        best: Use | None = None
        functions = {f for s in run.scripts for f in s.functions}
        for script, command in run.commands():
            argv = static_argv(command)
            if not command.argv or (argv[0] in functions) or shadowed(command, name):
                continue
            use = self._by_command(run, argv, name, kind)
            if use and (best is None or list(How).index(use[0]) < list(How).index(best.how)):
                best = Use(run.index, name, use[0], self._line(script, command), use[1])
        if best is None and any(s.damaged for s in run.scripts):
            return self._use(run, name, How.UNKNOWN, run.instruction.start_line, "shell text that cannot be followed")
        return [best] if best else []

    def _by_command(self, run: RunView, argv: Sequence[str | None], name: str, kind: str, depth: int = 0) -> tuple[How, str] | None:
        if not argv:
            return None
        tool = tool_name(argv) or "a command"
        reads = tools.reads(argv)
        if reads is None and commands.inert(argv):
            return None
        if reads is not None:
            found = self._by_tool(run, reads, tool, name, kind)
            if found is not None:
                return found
        started = commands.runs_file(argv) or (reads.starts if reads else ())
        if started and depth == 0 and _brings_code(run):
            return How.FOREIGN, f"{tool} starts code that this RUN brings in"
        scripts = self._shell_scripts(started) if depth < _DEPTH else None
        if scripts is not None:
            return self._by_scripts(run, scripts, name, kind, depth)
        place = self.around.named_in_started(name, started, reads is None or reads.opaque, run.index, reads.config_files if reads else ())
        if place:
            return How.CONTEXT, f"{tool} starts project code, and {place} names {name}"
        if not self.around.at_hand and (reads is None or tools.may_take(reads, name, kind)):
            return How.UNKNOWN, f"{tool} may read {name}: the build context is not at hand"
        if reads is None:
            return How.FOREIGN, f"{tool} is not known: it may read {name}"
        if reads.opaque and (tools.some_tool_takes(name) or some_library_reads(name)):
            return How.FOREIGN, f"{tool} may start a tool or a library that reads {name} by itself"
        if reads.opaque and not self.around.has_context(run.index):
            return How.FOREIGN, f"{tool} starts code of the base image"
        if reads.opaque and any(index < run.index for index in self.around.brought):
            return How.FOREIGN, f"{tool} may start code that an earlier step brought in"
        return None

    def _by_tool(self, run: RunView, reads: tools.ToolReads, tool: str, name: str, kind: str) -> tuple[How, str] | None:
        if any(matches(name, p) for p in reads.names):
            return How.TOOL, f"{tool} reads {name} by itself"
        place = self.around.named_in_config(name, reads.config_files, run.index) if needs_its_config(reads, run.base) else ""
        if place:
            return How.CONTEXT, f"{tool} reads {place}, which names {name}"
        if any(matches(name, p) for p in reads.by_convention):
            asks = bool(reads.credential_files) and kind == "registry-token"
            if not self.around.at_hand or (asks and self.around.has_context(run.index)):
                # A registry's token may stand in a configuration that the context lacks (the user's own); others would be named in it.
                return How.TOOL, f"{tool} reads {name} through its configuration"
            if not self.around.has_context(run.index):
                return How.FOREIGN, f"{tool} may read {name} through a configuration of the base image"
        return None

    def _shell_scripts(self, started: Sequence[str]) -> list[tuple[str, Script]] | None:
        """The started files as shell texts; None unless every one is at hand and can be read as shell."""
        out: list[tuple[str, Script]] = []
        for path in started:
            if path not in self._scripts:
                found = self.around.shell_script(path)
                script = parse_shell(LogicalText.of(found[1])) if found is not None else None
                self._scripts[path] = (found[0], script) if found is not None and script is not None and not script.damaged else None
            held = self._scripts[path]
            if held is None:
                return None
            out.append(held)
        return out or None

    def _by_scripts(self, run: RunView, scripts: list[tuple[str, Script]], name: str, kind: str, depth: int) -> tuple[How, str] | None:
        """What the commands of a started script read, judged like the commands of the RUN itself."""
        for path, script in scripts:
            self.opened.setdefault((run.index, name), {})[path] = script
            at = first_reference(script, name)
            if at is not None:
                if assigned_before(script, name, at):
                    continue
                return How.CONTEXT, f"{path}:{script.text.data.count(_NEWLINE, 0, at) + 1} names {name}"
            for command in script.commands:
                argv = static_argv(command)
                if not command.argv or argv[0] in script.functions or shadowed(command, name):
                    continue
                if name in commands.names_variable(argv):
                    return How.CONTEXT, f"{path} reads {name} from its environment"
                found = self._by_command(run, argv, name, kind, depth + 1)
                if found is not None:
                    return found[0], f"{path}: {found[1]}"
        return None

    def _line(self, script: Script, command: Command) -> int:
        return self.source.line_of(script.text.start_of(command.start))


_BRINGS = frozenset({"git", "curl", "wget", "tar", "unzip", "svn", "hg"})


def _brings_code(run: RunView) -> bool:
    """The RUN fetches or unpacks something itself, so that what it starts is not known by its name in the context."""
    return any(tool_name(static_argv(c)) in _BRINGS for _, c in run.commands() if c.argv)
