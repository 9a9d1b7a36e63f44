"""Text that serves several builds: it may only be changed when all of them want the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from remediate.callers.model import Move, Refused
from remediate.callers.shell.builders import NO_RUN
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.find import Site
from remediate.callers.shell.options import Arg
from remediate.callers.shell.shells import Shell
from remediate.shell.view import Command

Want = tuple[int, Move, Site, "Arg | None", bytes]
_SHARED = "caller-shared"


def unshared(found: Sequence[Site], wants: Sequence[Want]) -> Iterator[tuple[int, Move, Site, Refused]]:
    """The wishes that cannot be granted, each with the reason."""
    asked: dict[tuple[int, int], dict[tuple[int, ...], bytes]] = defaultdict(dict)
    for _, _, site, arg, text in wants:
        if arg is not None:
            asked[_range(arg)][site.key] = text
    for number, move, site, arg, text in wants:
        why = _of_command(found, wants, site, text) if arg is None else _of_arg(found, asked[_range(arg)], arg)
        if why:
            yield number, move, site, Refused(_SHARED, why)


def _range(arg: Arg) -> tuple[int, int]:
    shell = arg.option.shell
    return shell.place(arg.option.start), shell.script.text.end_of(arg.token.end)


def _of_arg(found: Sequence[Site], asked: dict[tuple[int, ...], bytes], arg: Arg) -> str:
    users = {s.key for s in found for a in s.line.args if _range(a) == _range(arg)}
    if users - set(asked) or len(set(asked.values())) > 1:
        return f"--build-arg {arg.name} here serves another build, too"
    holder = arg.option.holder
    if holder[:1] == ("variable",):
        return _of_variable(found, arg.option.shell, str(holder[1]), set(), _inside(arg.option.shell, holder))
    if holder[:1] == ("call",):
        return "" if all(s.frame is not None for s in found if s.key in users) else "the call serves something else, too"
    return ""


def _of_command(found: Sequence[Site], wants: Sequence[Want], site: Site, text: bytes) -> str:
    """An option that is put behind the build command of a function is there for all its calls."""
    head = site.line.head
    if head.holder[:1] == ("variable",) and (why := _of_variable(found, head.shell, str(head.holder[1]), set())):
        return why
    same = {s.key for s in found if s.shell is site.shell and s.command is site.command}
    asking = {w[2].key for w in wants if w[3] is None and w[4] == text}
    return "the command builds another image, too" if same - asking else ""


def _inside(shell: Shell, holder: tuple[object, ...]) -> str | None:
    """The function whose own arguments are meant (`set -- ...`): another one has others. None for a variable, which all have."""
    index = holder[2] if len(holder) > 2 else None
    return function_of(shell.script.commands[index]) if holder[1] == "@" and isinstance(index, int) else None


def _of_variable(found: Sequence[Site], shell: Shell, name: str, seen: set[str], inside: str | None = None) -> str:
    """Why the text in a variable may serve more than builds; "" when it does not. `inside`: only what stands in that function counts."""
    if name in seen:
        return ""
    seen.add(name)
    if any(d.exported for d in shell.definitions.get(name, ())):
        return f"${name} is exported: what else uses it is not known"
    if any(e.name == name for e in shell.script.loose):
        return f"a loop goes over ${name}"
    building = {s.command.index for s in found if s.shell is shell}
    building |= {s.frame.command.index for s in found if s.shell is shell and s.frame is not None}
    building |= {s.frame.up.command.index for s in found if s.shell is shell and s.frame is not None and s.frame.up is not None}
    for command in shell.script.commands:
        if not _expands(command, name) or command.index in building or (inside is not None and function_of(command) != inside):
            continue
        targets = {a.name for a in command.assignments if a.value is not None and any(e.name == name for e in a.value.expansions)}
        in_words = any(e.name == name for w in command.argv for e in w.expansions)
        if targets and (not in_words or command.name in ("local", "declare", "typeset", "readonly", "export")):
            for target in targets - {name}:
                if why := _of_variable(found, shell, target, seen):
                    return why
            continue
        if (
            command.name in NO_RUN
            and not command.pipe_to_next
            and not any(r.op.startswith(">") and r.fd in (-1, 1) for r in command.redirects)
        ):
            continue
        return f"${name} also goes to {command.name or 'another command'}"
    return ""


def _expands(command: Command, name: str) -> bool:
    if name == "@" and _expands(command, "*"):
        return True
    words = (*command.argv, *(a.value for a in command.assignments if a.value), *(r.target for r in command.redirects if r.target))
    return any(e.name == name for w in words for e in w.expansions) or any(e.name == name for r in command.redirects for e in r.expansions)
