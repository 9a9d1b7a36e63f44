"""Which words, inputs and outputs inside one shell text hold a secret.

Errs on the side of "holds it": an unknown program that is given the secret may print it, a loop over it taints what the loop reads. Only
tools whose output is known not to be their arguments (curl, git, npm...) are believed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection

from remediate.analysis.references import static_argv, tool_name
from remediate.knowledge import commands, tools
from remediate.shell.view import Command, Redirect, Script, Word

_ECHOES_INPUT = frozenset(
    "base64 tr sed awk gawk envsubst openssl jq yq xargs tac fold gzip bzip2 xz zstd paste diff nl xxd od hexdump column grep strings "
    "python python3 perl ruby node php sh bash ash dash".split()
)
_MAKES_OWN = frozenset("sed awk gawk jq yq grep expr yes basename dirname date seq dd".split())
_READERS = frozenset({"read", "mapfile", "readarray"})
_ENVIRON = re.compile(r"/proc/[^/\s]{1,40}/environ")
_POSITIONAL = frozenset({*(str(n) for n in range(10)), "@", "*"})
_DEPTH = 60


class Taint:
    """`names` are the variables that carry the secret: the given ones, and those that the script makes of them."""

    def __init__(self, script: Script, names: Collection[str]) -> None:
        self.script = script
        self.names = set(names)
        self._pipes: dict[int, list[Command]] = defaultdict(list)
        for command in script.commands:
            self._pipes[command.pipeline].append(command)
        self._output: dict[int, bool] = {}
        self._constructs = [c for c in script.commands if not c.argv and c.redirects][:200]
        for _ in range(4):  # an assignment may come before the one that it feeds (loops, functions)
            before = len(self.names)
            self._spread()
            if len(self.names) == before:
                break
            self._output.clear()

    def _spread(self) -> None:
        for command in self.script.commands:
            for a in command.assignments:
                if a.value is not None and self.word(a.value):
                    self.names.add(a.name)
            name = command.name
            if name in _READERS and self.input(command):
                self.names |= {w.value for w in command.argv[1:] if w.value and not w.value.startswith("-")} | {"REPLY", "MAPFILE"}
            elif name == "printf" and len(command.argv) > 2 and command.argv[1].value == "-v" and self.arguments(command):
                self.names.add(command.argv[2].value or "")
            elif (name == "set" or name in self.script.functions) and (self.arguments(command) or self.input(command)):
                self.names |= _POSITIONAL
            if self._loops_over_it() and ("loop" in command.scopes or "case" in command.scopes):
                self.names |= {e.name for w in command.argv for e in w.expansions}

    def _loops_over_it(self) -> bool:
        return any(e.name in self.names and not e.length for e in self.script.loose)

    def word(self, word: Word, depth: int = 0) -> bool:
        """The word's value holds the secret."""
        if not word.expansions and not word.substitutions:
            return False
        inside = [self.script.commands[i] for i in word.substitutions]
        for e in word.expansions:
            if e.name in self.names and not e.length and e.op not in (":+", "+") and not any(c.start <= e.start < c.end for c in inside):
                return True
        return any(self.output(c, depth + 1) for c in inside if not c.pipe_to_next)

    def arguments(self, command: Command, depth: int = 0) -> bool:
        """Some argument after the program's name holds the secret."""
        return any(self.word(w, depth) for w in command.argv[1:])

    def echoes(self, command: Command) -> bool:
        """The command is known to print the secret: `echo $T`, `cat` of it, `printenv T`."""
        argv = static_argv(command)
        if commands.prints(argv) and self.arguments(command):
            return True
        if tool_name(argv) == "printenv":
            return any(w.value in self.names for w in command.argv[1:])
        if tool_name(argv) == "envsubst":
            return True
        return commands.passes_input(argv) and self._reads_it(command, 0)

    def output(self, command: Command, depth: int = 0) -> bool:
        """What the command prints may hold the secret."""
        if depth > _DEPTH:
            return True
        known = self._output.get(command.index)
        if known is None:
            known = self._output[command.index] = self._may_print(command, depth)
        return known

    def _may_print(self, command: Command, depth: int) -> bool:
        if not command.argv:
            return bool(command.redirects) and any(self.output(c, depth + 1) for c in self.inside(command))
        argv = static_argv(command)
        if argv[0] in self.script.functions and any(
            self.output(c, depth + 1) for c in self.script.commands if f"function:{argv[0]}" in c.scopes and not redirected(c)
        ):
            return True
        if (not command.assignments and commands.dumps_environment(argv)) or self.environ(command):
            return True
        if self.names & set(commands.names_variable(argv)):
            return True
        if (commands.prints(argv) or tool_name(argv) in _MAKES_OWN) and self.arguments(command, depth):
            return True
        if commands.passes_input(argv) or tool_name(argv) in _ECHOES_INPUT:
            return tool_name(argv) == "envsubst" or self._reads_it(command, depth)
        unknown = tools.reads(argv) is None and not commands.inert(argv)
        return unknown and (self.arguments(command, depth) or self.input(command, depth))

    def environ(self, command: Command) -> bool:
        """The command reads `/proc/self/environ`."""
        return any(_ENVIRON.search(w.raw) for w in command.argv[1:]) or any(
            r.target is not None and r.op == "<" and _ENVIRON.search(r.target.raw) for r in command.redirects
        )

    def _reads_it(self, command: Command, depth: int) -> bool:
        files = any(w.raw.startswith("<(") and self.word(w, depth) for w in command.argv[1:])
        return files or self.input(command, depth)

    def input(self, command: Command, depth: int = 0) -> bool:
        """The command's standard input (pipe, heredoc, here-string, the loop's around it) holds the secret."""
        if self.redirect_input(command, depth):
            return True
        if any(self.redirect_input(c, depth) for c in self._around(command)) or self._called_with_it(command, depth):
            return True
        if command.stage == 0 or depth > _DEPTH:
            return command.stage != 0
        before = [c for c in self._pipes[command.pipeline] if c.stage == command.stage - 1]
        return any(self.output(c, depth + 1) for c in before)

    def redirect_input(self, command: Command, depth: int) -> bool:
        """A heredoc, a here-string or a file named by the secret is what the command reads."""
        return any(
            self.redirect_body(r) or (r.op in ("<<<", "<") and r.target is not None and self.word(r.target, depth))
            for r in command.redirects
        )

    def _called_with_it(self, command: Command, depth: int) -> bool:
        """The command stands in a function that is called with the secret on its standard input."""
        names = {s.partition(":")[2] for s in command.scopes if s.startswith("function:")}
        if not names or depth > _DEPTH:
            return bool(names)
        return any(self.input(c, depth + 10) for c in self.script.commands if c.name in names and c is not command)

    def _around(self, command: Command) -> list[Command]:
        """The constructs with redirects around a command: `while read x; do ...; done <<< "$T"`."""
        return [c for c in self._constructs if c.start <= command.start and command.end <= c.end and c is not command]

    def inside(self, construct: Command) -> list[Command]:
        """The commands within `{ ...; } > f`, `if ...; fi > f` and the like that print to the construct's own output."""
        at = construct.index + 1
        found: list[Command] = []
        while at < len(self.script.commands) and self.script.commands[at].start < construct.end:
            command = self.script.commands[at]
            if command.end <= construct.end and not redirected(command):
                found.append(command)
            at += 1
        return found

    def redirect_body(self, redirect: Redirect) -> bool:
        return redirect.expand and any(e.name in self.names for e in redirect.expansions)


def redirected(command: Command) -> bool:
    """The command's standard output goes somewhere else than its surroundings' output."""
    return any(r.op in (">", ">>", ">|", "&>", "&>>") and r.fd in (-1, 1) for r in command.redirects)
