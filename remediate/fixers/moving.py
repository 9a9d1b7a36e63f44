"""Whether a statement of one RUN does the same in another RUN, and the text that it has there.

What it expands, where it stands (WORKDIR, `cd`), who runs it and by which shell must be the same; a relative path is written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from remediate.analysis.flows import Trace
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import Form, RunView
from remediate.fixers.reasons import refuse
from remediate.model import Refusal
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Command, Expansion, Word

# Programs that only make text of what they are given, so that they give the same wherever they run.
_PURE = frozenset(
    "echo printf base64 tr sed cut awk gawk cat tee envsubst jq head tail rev xargs openssl true : [ [[ test sort uniq fold".split()
)
_SETTERS = frozenset(". source eval read mapfile readarray getopts unset".split())
_NOT_PATHS = frozenset("echo printf export [ [[ test : true".split())
_FILES = frozenset("cat cp head tail tac sort base64 touch mkdir tee ln".split())  # every plain word is a file
_SCRIPTED = frozenset("sed awk gawk jq grep".split())
_SCRIPT_OPTIONS = frozenset("-e -f -v -F --expression --file --arg --argjson --rawfile --slurpfile".split())
MOVABLE = _PURE | frozenset("mkdir chmod chown chgrp install cp touch ln umask export".split())


def moved_text(trace: Trace, run: RunView, statement: Statement, to: RunView, along: frozenset[str] = frozenset()) -> str | Refusal:
    """The shell text that does in RUN `to` what the statement does in `run`, or why there is none."""
    problem = movable(trace, run, statement, to, along)
    if problem is not None:
        return problem
    script = run.scripts[0]
    folders = working_folders(script, run)
    printed = _printed(run, statement)
    if printed is not None:
        relative = any(folders[i] != to.workdir for i in statement.commands) and not _absolute(run, statement)
        return _stuck(run, "a relative path that cannot be written out") if relative else printed
    changed: list[tuple[int, int, str]] = []
    for command in (script.commands[i] for i in statement.commands):
        folder = folders[command.index]
        if folder == to.workdir:
            continue
        for word in _path_words(command):
            value = word.value
            if value is None or value.startswith(("/", "~", "-", "$")) or not _may_be_path(value, word, command):
                continue
            path = normal_path(value, run, folder)
            if "?" in path or word.raw != value:
                return _stuck(run, "a relative path that cannot be written out")
            changed.append((word.start, word.end, path))
    data = script.text.slice(statement.start, statement.end).data
    for start, end, new in sorted(changed, reverse=True):
        data = data[: start - statement.start] + new.encode("utf-8", "surrogateescape") + data[end - statement.start :]
    text = squeezed(data.decode("utf-8", "surrogateescape"))
    return f"{{ {text}; }}" if statement.upto else text


def movable(trace: Trace, run: RunView, statement: Statement, to: RunView, along: frozenset[str] = frozenset()) -> Refusal | None:
    """Why the statement cannot do the same in RUN `to`, None when it can (but for relative paths).

    `along`: variables that the RUN sets in statements which are moved with this one.
    """
    line = run.instruction.start_line
    if to.form is Form.EXEC:
        return refuse("exec-form", detail=f"line {to.instruction.start_line}", line=to.instruction.start_line)
    if to.form is Form.FOREIGN or run.form is Form.FOREIGN or run.shell != to.shell:
        return refuse("sink-order", detail=f"line {to.instruction.start_line} runs in another shell", line=line)
    if run.user != to.user:
        return refuse("sink-order", detail=f"line {to.instruction.start_line} runs as another user", line=line)
    script = run.scripts[0]
    commands = [script.commands[i] for i in statement.commands]
    if any(r.body is not None for c in commands for r in c.redirects) and _printed(run, statement) is None:
        return _stuck(run, "a heredoc that cannot be written as lines of printf")
    if any(c.name == "umask" for c in script.commands[: statement.commands.start]):
        return refuse("sink-order", detail=f"line {line} sets the umask that the file is written with", line=line)
    own = {a.name for c in commands for a in c.assignments}
    before = {a.name for c in script.commands[: statement.commands.start] for a in c.assignments}
    scope, there = trace.bindings.at(run.index), trace.bindings.at(to.index)
    unseen = any(_sets_unseen(c) for c in script.commands[: statement.commands.start])
    apart = any(folder != to.workdir for folder in working_folders(script, run)[statement.commands.start : statement.commands.stop])
    for expansion in (e for c in commands for e in expansions(c)):
        if expansion.name in own or expansion.name in along:
            continue
        if unseen or expansion.name in before or (apart and expansion.name in ("PWD", "OLDPWD")) or not _plain(expansion.name):
            return _stuck(run, f"${expansion.name}, which this RUN sets")
        if _set_by_the_shell(script.text.text[: statement.end], expansion.name):
            return _stuck(run, f"${expansion.name}, which this RUN sets")
        if scope.get(expansion.name) != there.get(expansion.name):
            return refuse("sink-order", detail=f"${expansion.name} is another one in line {to.instruction.start_line}", line=line)
    odd = next((c for c in commands if c.parent is not None and tool_name(static_argv(c)) not in _PURE), None)
    if odd is not None:
        return _stuck(run, "the output of a command")
    lines = _printed(run, statement) or script.text.slice(statement.start, statement.end).text
    if "\n" in lines.strip() and to.form is not Form.HEREDOC:
        return _stuck(run, "a statement of several lines")
    return None


def _printed(run: RunView, statement: Statement) -> str | None:
    """`cat > f <<EOF` as `printf '%s\\n' "..." > f`, None for another statement, or where the text would not be the same."""
    script = run.scripts[0]
    command = script.commands[statement.commands.start] if len(statement.commands) == 1 else None
    if command is None or command.assignments or [w.raw for w in command.argv] not in (["cat"], ["cat", "-"]):
        return None
    bodies = [r for r in command.redirects if r.body is not None]
    targets = [r for r in command.redirects if r.op in (">", ">>")]
    if len(bodies) != 1 or len(targets) != 1 or len(command.redirects) != 2 or targets[0].target is None:
        return None
    text = bodies[0].body.text if bodies[0].body is not None else ""
    lines = text.splitlines()
    if bodies[0].op == "<<-":
        lines = [line.lstrip("\t") for line in lines]
    if not lines or len(lines) > 60 or any(c in text for c in "\\`!\r\0") or "$(" in text or ("'" in text and not bodies[0].expand):
        return None
    mark = '"' if bodies[0].expand else "'"
    quoted = " ".join(mark + (line.replace('"', '\\"') if bodies[0].expand else line) + mark for line in lines)
    return f"printf '%s\\n' {quoted} {targets[0].op} {targets[0].target.raw}"


def _absolute(run: RunView, statement: Statement) -> bool:
    commands = (run.scripts[0].commands[i] for i in statement.commands)
    return all(r.target.raw.startswith(("/", "~/", "$HOME/", "${HOME}/")) for c in commands for r in c.redirects if r.target and not r.body)


def _stuck(run: RunView, what: str) -> Refusal:
    line = run.instruction.start_line
    return refuse("sink-order", detail=f"what writes it holds {what}", line=line)


def _sets_unseen(command: Command) -> bool:
    """It sets variables that stand in no assignment: `read X`, `. ./env.sh`, `export $(cat .env)`."""
    if command.name in ("export", "declare", "typeset", "readonly", "local"):
        return any(w.value is None and "=" not in w.raw for w in command.argv[1:])
    return command.name in _SETTERS or (command.name == "printf" and any(w.raw.startswith("-v") for w in command.argv[1:2]))


def _set_by_the_shell(text: str, name: str) -> bool:
    """`for H in ...`, `select H in ...`, `${H:=...}`: the shell sets the variable without an assignment."""
    if f"{{{name}:=" in text or f"{{{name}=" in text:
        return True
    return name in text and re.search(rf"\b(?:for|select)[ \t]+{re.escape(name)}\b", text) is not None


def _plain(name: str) -> bool:
    return name.isidentifier()


def expansions(command: Command) -> Iterator[Expansion]:
    """Every variable that the command's words, assigned values and redirects expand."""
    words = list(command.argv)
    words += [a.value for a in command.assignments if a.value is not None]
    words += [r.target for r in command.redirects if r.target is not None]
    for word in words:
        yield from word.expansions
    for redirect in command.redirects:
        yield from redirect.expansions


def _path_words(command: Command) -> list[Word]:
    words = [r.target for r in command.redirects if r.target is not None and r.op not in ("<<<", "<<", "<<-")]
    if command.name not in _NOT_PATHS:
        words += command.argv[1:]
    return words


def _may_be_path(value: str, word: Word, command: Command) -> bool:
    if any(r.target is word for r in command.redirects):
        return not value.lstrip("&").isdigit() and value != "-"
    if command.name in ("chmod", "chown", "chgrp", "install"):
        return word is not command.argv[1] or "/" in value
    if command.name in _SCRIPTED:
        return word in _behind_the_script(command)
    if command.name in _FILES:
        return not value.isdigit()
    return command.name in MOVABLE and ("." in value or "/" in value)


def _behind_the_script(command: Command) -> list[Word]:
    """The files of `sed s/a/b/ FILE`, `sed -e s/a/b/ FILE`: without the script and the values of options."""
    words = [w for before, w in pairwise(command.argv) if not w.raw.startswith("-") and before.raw not in _SCRIPT_OPTIONS]
    given = any(w.raw.startswith(("-e", "-f", "--expression", "--file")) for w in command.argv[1:])
    return words if given else words[1:]


def squeezed(text: str) -> str:
    """The text with each run of blanks outside quotes made one: what a line continuation leaves behind."""
    out: list[str] = []
    quote = ""
    escaped = False
    for char in text.strip():
        if not quote and not escaped and char in " \t" and out and out[-1] in (" ", "\t"):
            continue
        out.append(char)
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return "".join(out)


def statement_of(run: RunView, command: int) -> Statement | None:
    """The statement of the RUN's own text in which the command with that index stands."""
    return next((s for s in statements(run.scripts[0]) if command in s.commands), None) if run.scripts else None
