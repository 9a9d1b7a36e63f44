"""Whether a file can be written and removed in a RUN: what its mounts, its HOME, its variables and its functions make of that."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.analysis.flows import Trace
from remediate.analysis.removals import normal_path
from remediate.analysis.runs import RunView
from remediate.fixers.reasons import refuse
from remediate.model import Refusal
from remediate.shell.statements import Statement
from remediate.shell.view import Script

_FOR_GOOD = ("", "export", "readonly", "declare", "typeset", "local")

MOUNTED_OVER = "has a mount over"


def unfit(trace: Trace, path: str, to: RunView, moved: Sequence[tuple[RunView, Statement]]) -> Refusal | None:
    """Why the statements would do something else in RUN `to` than they did, None when nothing speaks for it."""
    for view in {v.index: v for v in (*(v for v, _ in moved), to)}.values():
        why = _shadowed(path, view) or _other_home(trace, path, view)
        if why:
            line = view.instruction.start_line
            return refuse("sink-order", detail=f"line {line} {why}", line=line)
    why = _clash(trace, to, moved)
    return refuse("sink-order", detail=f"line {to.instruction.start_line} {why}", line=to.instruction.start_line) if why else None


def _shadowed(path: str, view: RunView) -> str:
    """`--mount=type=cache,target=/root`: another file system lies over the path."""
    over = (normal_path(t, view, view.workdir) for t in view.targets if t)
    return f"{MOUNTED_OVER} {path}" if any(path == t or path.startswith(t.rstrip("/") + "/") for t in over) else ""


def _other_home(trace: Trace, path: str, view: RunView) -> str:
    """HOME is set to another folder than the user's own, so that `~` may be another place."""
    home = normal_path("~", view, "/")
    if not path.startswith(home + "/"):
        return ""
    given = trace.bindings.at(view.index).get("HOME")
    value = given.value.strip("\"'").rstrip("/") if given is not None and given.value is not None else ""
    if value and value != home:
        return "has another HOME"
    sets = any(a.name == "HOME" for _, c in view.commands() for a in c.assignments)
    return "sets HOME" if sets else ""


def _clash(trace: Trace, to: RunView, moved: Sequence[tuple[RunView, Statement]]) -> str:
    if not to.scripts:
        return ""
    script = to.scripts[0]
    commands = [v.scripts[0].commands[i] for v, s in moved for i in s.commands if v.index != to.index]
    tools = {c.name for c in commands} | {"rm", "mv", "cp"}
    own = sorted((set(script.functions) | _aliases(script)) & {t for t in tools if t})
    if own:
        return f"has its own meaning of {own[0]}"
    kept = {a.name for c in commands if c.name in _FOR_GOOD and not c.scopes for a in c.assignments}
    scope = trace.bindings.at(to.index)
    other = next((n for n in sorted(kept) if n in scope or _used(script, n)), "")
    return f"uses a variable ${other}, too" if other else ""


def _aliases(script: Script) -> set[str]:
    return {w.raw.partition("=")[0] for c in script.commands if c.name == "alias" for w in c.argv[1:]}


def _used(script: Script, name: str) -> bool:
    """The script expands the variable before it surely sets it by itself."""
    for command in script.commands:
        values = [a.value for a in command.assignments if a.value is not None]
        targets = [r.target for r in command.redirects if r.target is not None]
        words = [*command.argv, *values, *targets]
        if any(e.name == name for w in words for e in w.expansions) or any(e.name == name for r in command.redirects for e in r.expansions):
            return True
        if any(a.name == name for a in command.assignments) and not command.scopes and command.name in _FOR_GOOD:
            return command.connector == "||"
    return any(e.name == name for e in script.loose)
