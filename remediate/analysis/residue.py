"""Where a RUN leaves a secret behind: in a file of its layer, or in the build log (SPEC 4, 7).

The value is followed through assignments, substitutions and pipes to redirects, `tee`, `sed -i`, and to tools that persist what they are
given. A file that the same RUN removes again is no residue.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass

from remediate.analysis.references import all_words, static_argv
from remediate.analysis.runs import RunView
from remediate.knowledge import commands, persist
from remediate.shell.view import Command, Redirect, Script, Word
from remediate.text import Source

_NOWHERE = re.compile(r"^(/dev/(null|stdout|stderr|tty|fd/\d+)|&?\d+|-)$")
_ECHOES_WORDS = frozenset({"echo", "printf"})
_ECHOES_INPUT = frozenset(
    {"cat", "tee", "base64", "tr", "sed", "awk", "gawk", "envsubst", "sort", "head", "tail", "cut", "rev", "uniq", "openssl", "jq", "yq", "xargs", "tac", "fold"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Residue:
    """The RUN with that instruction index leaves `name` in `target` ("" when unknown) through `tool`. `printed`: only the build log."""

    run: int
    name: str
    line: int
    tool: str
    target: str
    printed: bool = False


class Taint:
    """The names that carry the secret inside one script: the given ones, and variables that are assigned from them."""

    def __init__(self, script: Script, names: Collection[str]) -> None:
        self.script = script
        self.names = set(names)
        for _ in range(3):  # an assignment may come before the one that it feeds (loops, functions)
            before = len(self.names)
            for command in script.commands:
                for a in command.assignments:
                    if a.value is not None and self.word(a.value):
                        self.names.add(a.name)
            if len(self.names) == before:
                break

    def word(self, word: Word) -> bool:
        """The word's value holds the secret."""
        inside = [self.script.commands[i] for i in word.substitutions]
        for e in word.expansions:
            own = not any(c.start <= e.start < c.end for c in inside)
            if own and e.name in self.names and not e.length and e.op not in (":+", "+"):
                return True
        return any(self.output(c) for c in inside if not c.pipe_to_next)

    def arguments(self, command: Command) -> bool:
        """Some argument after the program's name holds the secret."""
        return any(self.word(w) for w in command.argv[1:])

    def output(self, command: Command, depth: int = 0) -> bool:
        """What the command prints holds the secret."""
        name = command.name
        if name in _ECHOES_WORDS and self.arguments(command):
            return True
        if name == "printenv":
            return any(w.value in self.names for w in command.argv[1:])
        if name in _ECHOES_INPUT:
            reads = any(r.target is not None and r.op.startswith("<") and self.word(r.target) for r in command.redirects)
            heredoc = any(self.redirect_body(r) for r in command.redirects)
            if reads or heredoc or (name in ("sed", "awk", "gawk", "jq", "yq") and self.arguments(command)):
                return True
            if name == "envsubst":
                return True
            return self.input(command, depth)
        return False

    def input(self, command: Command, depth: int = 0) -> bool:
        """The command's standard input (pipe, heredoc, here-string) holds the secret."""
        if any(self.redirect_body(r) or (r.op == "<<<" and r.target is not None and self.word(r.target)) for r in command.redirects):
            return True
        if command.stage == 0 or depth > 8:
            return False
        before = [c for c in self.script.commands if c.pipeline == command.pipeline and c.stage == command.stage - 1]
        return any(self.output(c, depth + 1) for c in before)

    def redirect_body(self, redirect: Redirect) -> bool:
        return redirect.expand and any(e.name in self.names for e in redirect.expansions)


def find_residue(source: Source, run: RunView, name: str) -> list[Residue]:
    """What this RUN leaves of the variable `name`, in its layer and in the build log."""
    found: list[Residue] = []
    for script in run.scripts:
        taint = Taint(script, {name})
        tracing = False
        folders = working_folders(script, run)
        for command in script.commands:
            line = source.line_of(script.text.start_of(command.start))
            tracing = tracing or _starts_trace(command)
            for tool, target in _writes(taint, command):
                path = normal_path(target, run, folders[command.index])
                if not _is_removed(path, script, command, run, folders) and not _is_undone(script, command, tool):
                    found.append(Residue(run.index, name, line, tool, target))
            if _prints(taint, command) or ((tracing or run.prints_all) and any(taint.word(w) for w in all_words(command))):
                found.append(Residue(run.index, name, line, command.name or "set -x", "", printed=True))
    return found


def _is_undone(script: Script, command: Command, tool: str) -> bool:
    """A later command of the RUN takes the value out again, on the way to success: `git config --global --unset ...`."""
    later = (c for c in script.commands[command.index + 1 :] if c.connector in ("&&", ";", "") and not c.scopes)
    return any(tool in persist.undoes(static_argv(c)) for c in later)


def _starts_trace(command: Command) -> bool:
    flags = [w.value or "" for w in command.argv[1:]]
    return command.name == "set" and any(re.fullmatch(r"-[a-wyzA-Z]*x[a-zA-Z]*", f) for f in flags)


def _writes(taint: Taint, command: Command) -> list[tuple[str, str]]:
    """(tool, path or "") of each place where the command writes the secret down."""
    out: list[tuple[str, str]] = []
    argv = static_argv(command)
    name = argv[0] or ""
    tainted = taint.arguments(command)
    piped = taint.input(command)
    if taint.output(command):
        out += [(name, _path(r.target)) for r in command.redirects if _to_file(r)]
    if piped:
        written = commands.writes_stdin_to(argv)
        out += [(name, path) for path in written]
    if tainted:
        out += [(name, path) for path in commands.edits_file(argv)]
    row = persist.persists(argv, _raw(command, argv)) if name else None
    if row is not None and (tainted or piped):
        out += [(row.tool, path) for path in row.writes[:1] or ("",)]
    return out


def _raw(command: Command, argv: tuple[str | None, ...]) -> tuple[str, ...]:
    """The words as they are written, one for each of `argv` (wrappers before it are left off)."""
    words = tuple(w.raw for w in command.argv)
    return words[len(words) - len(argv) :] if len(words) >= len(argv) else ()


def _to_file(redirect: Redirect) -> bool:
    if redirect.op not in (">", ">>", ">|", "&>", "&>>") or redirect.fd == 2:
        return False
    value = redirect.target.value if redirect.target is not None else None
    return value is None or not _NOWHERE.match(value)


def _path(word: Word | None) -> str:
    if word is None:
        return ""
    return word.value if word.value is not None else word.raw.strip("\"'")


def _prints(taint: Taint, command: Command) -> bool:
    if command.pipe_to_next or "substitution" in command.scopes:
        return False
    if any(r.op in (">", ">>", ">|", "&>", "&>>") and r.fd in (-1, 1) for r in command.redirects):
        return False
    if command.name == "tee":
        return taint.input(command)
    if not command.assignments and commands.dumps_environment(static_argv(command)):
        return True
    return taint.output(command)


def working_folders(script: Script, run: RunView) -> list[str]:
    """The working directory of each command, by its index. One that cannot be known is a name that equals only itself."""
    moves: list[tuple[tuple[str, ...], str]] = []
    folders: list[str] = []
    for command in script.commands:
        folder = run.workdir
        for scopes, path in moves:
            if command.scopes[: len(scopes)] == scopes:
                folder = path
        folders.append(folder)
        if command.name in ("cd", "pushd", "popd", "chdir"):
            target = command.argv[1].value if command.name != "popd" and len(command.argv) == 2 else None
            known = target is not None and target != "-" and "?" not in folder
            moves.append((command.scopes, normal_path(target or "", run, folder) if known else f"/?{run.index}.{command.index}"))
    return folders


def normal_path(path: str, run: RunView, folder: str) -> str:
    """The path with `~`, `$HOME` and a relative start made absolute, as far as that is known."""
    home = "/root" if run.user in ("", "root", "0") else f"/home/{run.user}"
    if path in ("~", "$HOME", "${HOME}"):
        return home
    for start in ("~/", "$HOME/", "${HOME}/"):
        if path.startswith(start):
            return f"{home}/{path[len(start):]}"
    if path and not path.startswith(("/", "$", "<")):
        path = f"{folder.rstrip('/')}/{path}"
    return posixpath.normpath(path) if path else path


def _is_removed(path: str, script: Script, writer: Command, run: RunView, folders: list[str]) -> bool:
    """A later command of the same script removes the file, unconditionally, on the way to success."""
    if not path or "$" in path or "*" in path:
        return False
    for command in script.commands[writer.index + 1 :]:
        conditional = any(s in ("if", "loop", "case", "condition", "negated") or s.startswith("function") for s in command.scopes)
        if command.connector == "||" or conditional:
            continue
        for removed in commands.removes(static_argv(command)):
            gone = normal_path(removed, run, folders[command.index])
            if gone not in ("", "/") and (path == gone or path.startswith(gone.rstrip("/") + "/")):
                return True
    return False
