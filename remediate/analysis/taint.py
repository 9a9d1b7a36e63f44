"""Which words, inputs and outputs inside one shell text hold a secret.

Errs on the side of "holds it": an unknown program that is given the secret may print it, a loop over it taints what the loop reads. Only
tools whose output is known not to be their arguments (curl, git, npm...) are believed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection

from remediate.analysis.references import all_words, static_argv, tool_name
from remediate.analysis.secret_files import FilesIn
from remediate.knowledge import commands, tools
from remediate.shell.view import Command, Redirect, Script, Word
from remediate.text import late

_ECHOES_INPUT = frozenset(
    "base64 tr sed awk gawk envsubst openssl jq yq xargs tac fold gzip bzip2 xz zstd paste diff nl xxd od hexdump column grep strings "
    "python python3 perl ruby node php sh bash ash dash".split()
)
_MAKES_OWN = frozenset("sed awk gawk jq yq grep expr yes basename dirname date seq dd".split())
_READERS = frozenset({"read", "mapfile", "readarray"})
_SOURCES = frozenset({".", "source"})
_GIVES_NAMES = frozenset({"export", "declare", "typeset", "readonly", "eval", "set"})
_ASSIGNS = late(r"(?<![\w$])([A-Za-z_]\w*)=")
_INTERPRETERS = frozenset("python python2 python3 perl ruby node php awk gawk lua".split())
# Special builtins keep what is assigned before them (POSIX); setters have their assignments among their words.
_KEEP_PREFIX = frozenset(". : eval exec export readonly set shift unset source declare typeset local return trap".split())
_SHOWS = late(r"print|console\.|puts|echo|stdout|\bp\b|-pe|-ne")
_QUIET = frozenset("-q -c -l -L -s -qs -sq -qE -Eq -qF -Fq -qi -qxF -qw --quiet --silent --count".split())
_ENVIRON = late(r"/proc/[^/\s]{1,40}/environ")
_POSITIONAL = frozenset({*(str(n) for n in range(10)), "@", "*"})
_DEPTH = 60
_MOST_INSIDE = 50  # expansions within one expansion that are looked at


class Taint:
    """`names` are the variables that carry the secret: the given ones, and those that the script makes of them.

    `files` are mounted files whose content is the secret. `exposed`: a program that the script starts has it in its environment.
    """

    def __init__(self, script: Script, names: Collection[str], files: FilesIn | None = None, exposed: bool = True) -> None:
        self.script = script
        self.names = set(names)
        self.files = files
        self.exposed = exposed
        self.given: dict[int, set[str]] = {}  # by command: the variables that only its own program gets
        self._pipes: dict[int, list[Command]] = defaultdict(list)
        self._inside: dict[int, list[Command]] = defaultdict(list)
        self._fed: dict[int, frozenset[int]] = {}
        for command in script.commands:
            self._pipes[command.pipeline].append(command)
            if command.parent is not None:
                self._inside[command.parent].append(command)
        self._output: dict[int, bool] = {}
        self._constructs = [c for c in script.commands if not c.argv and c.redirects][:200]
        for _ in range(4):  # an assignment may come before the one that it feeds (loops, functions)
            before = len(self.names)
            self._spread()
            if len(self.names) == before:
                break
            self._output.clear()

    def _spread(self) -> None:
        all_exported = False
        for command in self.script.commands:
            for a in command.assignments:
                if a.value is not None and self.word(a.value):
                    self._set(command, a.name)
                    self.exposed = self.exposed or a.exported or all_exported
                elif a.value is None and a.exported and a.name in self.names:
                    self.exposed = True
            name = command.name
            all_exported = all_exported or (name == "set" and any(w.value in ("-a", "allexport") for w in command.argv))
            self._defaults(command)
            if name in _SOURCES | _GIVES_NAMES:
                self._settings(command, all_exported)
            if name in _READERS and self.input(command):
                self.names |= {w.value for w in command.argv[1:] if w.value and not w.value.startswith("-")} | {"REPLY", "MAPFILE"}
            elif name == "printf" and len(command.argv) > 2 and command.argv[1].value == "-v" and self.arguments(command):
                self.names.add(command.argv[2].value or "")
            elif (name == "set" or name in self.script.functions) and (self.arguments(command) or self.input(command)):
                self.names |= _POSITIONAL
            if self._loops_over_it() and ("loop" in command.scopes or "case" in command.scopes):
                self.names |= {e.name for w in command.argv for e in w.expansions}

    def _set(self, command: Command, name: str) -> None:
        """`A=b` alone sets A from then on; `A=b npm ci` only for that program, whose words the shell expanded before."""
        if command.argv and command.name not in _KEEP_PREFIX and command.name not in self.script.functions:
            self.given.setdefault(command.index, set()).add(name)
        else:
            self.names.add(name)

    def _defaults(self, command: Command) -> None:
        """`: "${x:=$T}"` sets x."""
        for word in all_words(command):
            for at, e in enumerate(word.expansions):
                if e.op in (":=", "=") and e.name not in self.names:
                    behind = word.expansions[at + 1 : at + 1 + _MOST_INSIDE]
                    if any(i.name in self.names and i.start < e.end for i in behind):
                        self.names.add(e.name)

    def _settings(self, command: Command, exported: bool) -> None:
        """A file of `NAME=value` lines is read in: `. /run/secrets/env`, `export $(cat /run/secrets/env)`, `eval "x=$T"`."""
        given = [w for w in command.argv[1:] if self.word(w)]
        if command.name in _SOURCES:
            reads = bool(given) or (self.files is not None and self.files.named_by(command.argv[1:], command))
        else:
            reads = command.name != "set" and any(w.substitutions or command.name == "eval" for w in given)
            if command.name == "eval":
                self.names |= {name for w in given for name in _ASSIGNS.findall(w.raw)}
        if reads:
            self.names |= self.files.adopts if self.files is not None else frozenset()
            self.exposed = self.exposed or exported or command.name in ("export", "declare", "typeset")

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
            return self._substitutes(command, 0)
        if self.code_reads(command):
            return any(_SHOWS.search(text) for text in programs_of(command))
        return commands.passes_input(argv) and self._reads_it(command, 0)

    def _substitutes(self, command: Command, depth: int) -> bool:
        """`envsubst` puts every variable of the environment in; with `envsubst '$A $B'` only those."""
        only = [w for w in command.argv[1:] if "$" in w.raw]
        if only:
            listed = {name for w in only for name in re.findall(r"\w+", w.raw)}
            if all(w.value is not None for w in only):
                return bool(listed & (self.names | self.given.get(command.index, set()))) or self._reads_it(command, depth)
        return self.exposed or command.index in self.given or self._reads_it(command, depth)

    def looks_up(self, command: Command) -> bool:
        """Text of another language among the arguments, or in a heredoc for its program, names a tainted variable."""
        argv = static_argv(command)
        names = self.names | self.given[command.index] if command.index in self.given else self.names
        if names & set(commands.names_variable(argv)):
            return True
        bodies = [r.body.text for r in command.redirects if r.body is not None] if command.name in _INTERPRETERS else []
        return any(names & set(commands.names_variable((argv[0], "-c", body))) for body in bodies)

    def input_words(self, command: Command) -> bool:
        """The secret is part of the text that comes in; not the content of a mounted file as a whole, which somebody wrote as a program."""
        return not self._file_input(command) and self.input(command)

    def code_reads(self, command: Command) -> bool:
        """Program text of another language, inline or in a heredoc, names a mounted file."""
        return self.files is not None and any(self.files.text_names(text) for text in programs_of(command))

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
            inside = self.inside(command) if command.redirects else []
            if not inside and self._file_input(command):
                return True  # `$(</run/secrets/x)`
            return any(self.output(c, depth + 1) for c in inside)
        argv = static_argv(command)
        if argv[0] in self.script.functions and any(
            self.output(c, depth + 1) for c in self.script.commands if f"function:{argv[0]}" in c.scopes and not redirected(c)
        ):
            return True
        if (not command.assignments and self.exposed and commands.dumps_environment(argv)) or self.environ(command):
            return True
        if self.code_reads(command):
            return True
        if self.looks_up(command):
            return True
        if (commands.prints(argv) or tool_name(argv) in _MAKES_OWN) and self.arguments(command, depth):
            return True
        if commands.passes_input(argv) or tool_name(argv) in _ECHOES_INPUT:
            return self._substitutes(command, depth) if tool_name(argv) == "envsubst" else self._reads_it(command, depth)
        unknown = tools.reads(argv) is None and not commands.inert(argv)
        return unknown and (self.arguments(command, depth) or self.input(command, depth))

    def environ(self, command: Command) -> bool:
        """The command reads `/proc/self/environ`."""
        return self.exposed and self._names_environ(command)

    def _names_environ(self, command: Command) -> bool:
        return any(_ENVIRON.search(w.raw) for w in command.argv[1:]) or any(
            r.target is not None and r.op == "<" and _ENVIRON.search(r.target.raw) for r in command.redirects
        )

    def _reads_it(self, command: Command, depth: int) -> bool:
        files = any(w.raw.startswith("<(") and self.word(w, depth) for w in command.argv[1:])
        return files or self.reads_file(command) or self.input(command, depth)

    def reads_file(self, command: Command) -> bool:
        """A program that shows what its files hold is given a mounted one: `cat /run/secrets/x`, `jq -r .a /run/secrets/x`."""
        if self.files is None or not command.argv:
            return False
        argv = static_argv(command)
        tool = tool_name(argv)
        if not commands.passes_input(argv) or tool in ("tee", "sponge", "xargs", "envsubst", "tr"):
            return False
        if "grep" in tool and any(w.raw in _QUIET for w in command.argv):
            return False
        if tool in ("openssl", "dd"):
            return any(self.files.in_option(w, command) for w in command.argv[1:])
        return self.files.named_by(command.argv[1:], command)

    def _file_input(self, command: Command) -> bool:
        if self.files is None:
            return False
        return any(r.op == "<" and r.target is not None and self.files.named(r.target, command) for r in command.redirects)

    def input(self, command: Command, depth: int = 0) -> bool:
        """The command's standard input (pipe, heredoc, here-string, the loop's around it) holds the secret."""
        if self.redirect_input(command, depth):
            return True
        if any(self.redirect_input(c, depth) for c in self._around(command)) or self._called_with_it(command, depth):
            return True
        if self._is_fed(command, depth):
            return True
        if command.stage == 0 or depth > _DEPTH:
            return command.stage != 0
        before = [c for c in self._pipes[command.pipeline] if c.stage == command.stage - 1]
        return any(self.output(c, depth + 1) for c in before)

    def _is_fed(self, command: Command, depth: int) -> bool:
        """The command stands in `>(...)`, and what its parent reads or prints there holds the secret."""
        if command.parent is None or depth > _DEPTH or command.stage:
            return False
        parent = self.script.commands[command.parent]
        fed = self._fed.get(parent.index)
        if fed is None:
            fed = frozenset(i for w in all_words(parent) if w.raw.startswith(">(") for i in w.substitutions)
            self._fed[parent.index] = fed
        return command.index in fed and (self.output(parent, depth + 10) or self.input(parent, depth + 10))

    def redirect_input(self, command: Command, depth: int) -> bool:
        """A heredoc, a here-string, a mounted file or one named by the secret is what the command reads."""
        return self._file_input(command) or self._body_prints(command, depth) or any(
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

    def _body_prints(self, command: Command, depth: int) -> bool:
        """`$(cat /run/secrets/x)` in the heredoc of the command."""
        if not any(r.expand for r in command.redirects) or depth > _DEPTH:
            return False
        return any(self.output(c, depth + 1) for c in self._inside.get(command.index, ()) if c.start >= command.end and not c.pipe_to_next)


def programs_of(command: Command) -> list[str]:
    """The program text that an interpreter is given, among its arguments or in a heredoc."""
    if command.name not in _INTERPRETERS:
        return []
    bodies = [r.body.text for r in command.redirects if r.body is not None]
    return [w.raw for w in command.argv[1:] if not w.raw.startswith("-") and not w.raw.startswith("/")] + bodies


def redirected(command: Command) -> bool:
    """The command's standard output goes somewhere else than its surroundings' output."""
    return any(r.op in (">", ">>", ">|", "&>", "&>>") and r.fd in (-1, 1) for r in command.redirects)
