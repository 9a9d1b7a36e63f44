"""What becomes of a RUN's outermost list: which statements stay, where `true` holds a place, how commands are put in.

`a; rm f` without its end is `a; true`: the status of the list is that of its last command, and `rm f` was well.
"""

from __future__ import annotations

from remediate.analysis.runs import Form, RunView
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import RunEdit
from remediate.model import NamedTuple, Refusal
from remediate.shell.parse import expanded_names, parse_shell
from remediate.shell.statements import Statement, groups, statements
from remediate.shell.view import Command, Script
from remediate.text import LogicalText


class Shape(NamedTuple):
    """`truths`: cut statements in whose place `true` stands. `joiner`: how commands are put in: "and" (`e && ... && l`), "list" (a trap
    and `e || exit 1;` come first), "lines" (the same in a heredoc, a line each). `gone`: nothing is left of the RUN.
    """

    script: Script
    all: tuple[Statement, ...]
    cut: frozenset[int]
    truths: frozenset[int] = frozenset()
    joiner: str = ""
    gone: bool = False

    @property
    def left(self) -> tuple[int, ...]:
        """Indexes of the statements that stay, those that `true` stands for too."""
        return tuple(s.index for s in self.all if s.index not in self.cut or s.index in self.truths)

    def connector(self, before: int, index: int) -> str:
        """What joins two statements that stay and have none that stays between them."""
        between = {s.connector for s in self.all[before + 1 : index + 1]}
        if index == before + 1:
            return self.all[index].connector
        return ";" if between - {"&&", "||"} else "&&"


def no(run: RunView, detail: str) -> Refusal:
    line = run.instruction.start_line
    return refuse("cannot-rearrange", detail=f"line {line}: {detail}", line=line)


def shape_of(run: RunView, edit: RunEdit) -> Shape | Refusal | None:
    """None when the edit only concerns flags."""
    if not (edit.cut or edit.words or edit.enter or edit.leave):
        return None
    line = run.instruction.start_line
    if run.form is Form.FOREIGN:
        return refuse("foreign-shell", detail=f"line {line}", line=line)
    if run.form is Form.EXEC or not run.scripts:
        return no(run, "it is in exec form")
    script = run.scripts[0]
    found = statements(script)
    if script.damaged or not found:
        return refuse("shell-not-understood", detail=f"line {line}", line=line)
    if len(edit.cut) == len(found):
        put_in = bool(edit.enter or edit.leave)
        if put_in and any(s.background for s in found):
            return no(run, "a command runs in the background")
        joiner = ("lines" if run.form is Form.HEREDOC else "and") if put_in else ""
        return _put_in(run, edit, Shape(script, found, edit.cut, joiner=joiner, gone=not put_in))
    truths = _truths(run, script, found, edit.cut)
    if isinstance(truths, Refusal):
        return truths
    return _put_in(run, edit, Shape(script, found, edit.cut, truths, _joiner(run, edit, script, found, truths)))


def _truths(run: RunView, script: Script, found: tuple[Statement, ...], cut: frozenset[int]) -> frozenset[int] | Refusal:
    """The cut statements that leave `true`, or why they cannot be cut."""
    if cut and not script.and_chain and "?" in expanded_names(script):
        return no(run, "it asks for the status of the command before")
    out: set[int] = set()
    lists = groups(found)
    for group in lists:
        gone = [i for i in group if i in cut]
        if not gone:
            continue
        problem = _stands_in_the_way(found, group, gone)
        if problem:
            return no(run, problem)
        last = group[-1] == len(found) - 1
        if len(gone) == len(group):
            if last and not _stops_at_failure(run, script, found, cut):
                out.add(group[-1])
        elif group[-1] in cut:
            end = max(i for i in group if i not in cut)
            # Behind `&&` a failure of what comes first does not end a `set -e` shell; as the list's last command it does.
            if errexit(run, script) and (not last or _deep(script, found[end])):
                out.add(group[-1])
    return frozenset(out)


def _stands_in_the_way(found: tuple[Statement, ...], group: range, gone: list[int]) -> str:
    if any(found[i].background for i in group) or found[group[0]].connector == "&":
        return "a command runs in the background"
    if len(gone) == len(group):
        return ""
    for i in gone:
        after = found[i + 1].connector if i + 1 in group else ""
        if "||" in (found[i].connector if i != group[0] else "", after):
            return "what has to go stands next to ||"
    return ""


def errexit(run: RunView, script: Script) -> bool:
    """The shell may end at the first command that fails."""
    first = script.text.data.split(b"\n", 1)[0].decode("utf-8", "replace")
    words = [*run.shell[1:], *(first.split()[1:] if first.startswith("#!") else ())]
    return _sets_e(words) or any(c.name == "set" and _sets_e([w.value or "" for w in c.argv[1:]]) for c in script.commands)


def _sets_e(words: list[str]) -> bool:
    return "errexit" in words or any(w.startswith("-") and not w.startswith("--") and "e" in w[1:] for w in words)


def _stops_at_failure(run: RunView, script: Script, found: tuple[Statement, ...], cut: frozenset[int]) -> bool:
    """What is left ends in one plain command of a `set -e` shell: either it was well, or the shell ended there."""
    if any(c.name == "set" and any((w.value or "+")[0] == "+" for w in c.argv[1:]) for c in script.commands):
        return False
    opening = script.commands[found[0].commands[0]] if found[0].commands else None
    surely = _sets_e(list(run.shell[1:])) or (
        opening is not None and found[0].plain and opening.name == "set" and _sets_e([w.value or "" for w in opening.argv[1:]])
    )
    left = [g for g in groups(found) if not all(i in cut for i in g)]
    end = found[left[-1][0]]
    alone = len(left[-1]) == 1 and not any("negated" in script.commands[i].scopes for i in end.commands)
    return surely and found[0].index not in cut and alone and not _deep(script, end) and len(end.commands) > 0


def _deep(script: Script, statement: Statement) -> bool:
    """Something happens inside the statement that `set -e` may stop half way."""
    return not statement.plain or bool(script.functions) or any(c.name in (".", "source", "eval") for c in script.commands)


def _joiner(run: RunView, edit: RunEdit, script: Script, found: tuple[Statement, ...], truths: frozenset[int]) -> str:
    if not (edit.enter or edit.leave):
        return ""
    if run.form is Form.HEREDOC:
        return "lines"
    if not script.and_chain:
        return "list"
    end = max(s.index for s in found if s.index not in edit.cut or s.index in truths)
    stops = errexit(run, script) and end not in truths and _deep(script, found[end])
    return "list" if edit.leave and (stops or any(_exits(c) for c in script.commands)) else "and"


def _exits(command: Command) -> bool:
    return command.name == "exit" and not {"substitution", "subshell"} & set(command.scopes)


def _put_in(run: RunView, edit: RunEdit, shape: Shape) -> Shape | Refusal:
    """Whether the commands of the edit can stand where they are meant to."""
    for text in (*edit.enter, *edit.leave):
        own = parse_shell(LogicalText.of(text.encode("utf-8", "surrogateescape")))
        if "\n" in text or "\r" in text or own.damaged or not own.and_chain or not statements(own) or "<<" in text:
            return no(run, "a command that has to come in is no plain one")
        if not {"#", ";"}.isdisjoint(own.text.text[statements(own)[-1].end :]):
            return no(run, "a command that has to come in is no plain one")
    if not edit.leave:
        return shape
    left = [shape.script.commands[i] for n in shape.left if n not in shape.truths for i in shape.all[n].commands]
    if any(c.background for c in left):
        return no(run, "a command runs in the background")
    if any(c.name == "exec" and (len(c.argv) > 1 or shape.joiner != "and") for c in left):
        return no(run, "exec ends the shell before its end")
    if shape.joiner != "and" and any(c.name == "trap" for c in left):
        return no(run, "it sets a trap of its own")
    return shape


def trap_of(leave: tuple[str, ...]) -> str:
    """The command that runs `leave` whenever the shell ends, and keeps its status."""
    return "trap '" + "; ".join(leave).replace("'", "'\\''") + "' EXIT"


def before(shape: Shape, edit: RunEdit) -> list[str]:
    """What comes first in a RUN that is no chain, each a list of its own."""
    if shape.joiner not in ("list", "lines"):
        return []
    return [*([trap_of(edit.leave)] if edit.leave else []), *(f"{e} || exit 1" for e in edit.enter)]
