"""What happened to a name before a place: the binding that is seen there, and what was done to it since."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.events import Event, Scope, Where
from remediate.callers.python.tree import Tree, children


def splits_texts(tree: Tree, scope: Scope, name: str) -> bool:
    """Whether a parameter is only bound again where it is a text: `if isinstance(cmd, str): cmd = shlex.split(cmd)`."""
    again = [e for e in scope.events.get(name, ()) if e.kind not in ("param", "escape")]
    return bool(again) and all(e.kind == "bind" and _asks_for_text(tree, e.node, name) for e in again)


def _asks_for_text(tree: Tree, node: cst.CSTNode, name: str) -> bool:
    below, at = node, tree.parents.get(node)
    while at is not None and not isinstance(at, (cst.If, cst.FunctionDef)):
        below, at = at, tree.parents.get(at)
    if not isinstance(at, cst.If) or at.body is not below or not isinstance(at.test, cst.Call):
        return False
    test = at.test
    words = [a.value.value for a in test.args if isinstance(a.value, cst.Name)]
    return isinstance(test.func, cst.Name) and test.func.value == "isinstance" and words == [name, "str"]


def filled_later(scope: Scope, name: str, where: Where) -> list[Event] | None:
    """A list that is empty at first, and bound again in one branch: `args = []`, `if token: args = [...]`. The story from there on."""
    if where.scope is not scope:
        return None
    events = [e for e in scope.events.get(name, ()) if e.kind != "escape" or e.order < where.order]
    kinds = {e.kind for e in events}
    if len(events) < 2 or not kinds <= {"bind", "add", "method", "escape"} or any(e.order >= where.order for e in events):
        return None
    first, second, *rest = events
    extra = extra_path(second, where)
    empty = first.kind == "bind" and isinstance(first.value, cst.List) and not first.value.elements and not extra_path(first, where)
    branch = second.kind == "bind" and bool(extra) and all(s[2] == "if" for s in extra)
    return [second, *rest] if empty and branch and all(e.kind != "bind" for e in rest) else None


def returned(function: cst.FunctionDef) -> cst.BaseExpression | None:
    """What a function gives back, when that is said once, at its end, and it is no generator."""
    found: list[cst.Return] = []
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Yield):
            return None
        if isinstance(node, cst.Return):
            found.append(node)
        if not isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            stack.extend(children(node))
    last = function.body.body[-1] if function.body.body else None
    ends = isinstance(last, cst.SimpleStatementLine) and len(found) == 1 and last.body[-1] is found[0]
    return found[0].value if ends and function.asynchronous is None else None


def rebound(scope: Scope, name: str) -> bool:
    """Whether a parameter gets another value inside its function."""
    return any(e.kind not in ("param", "escape") for e in scope.events.get(name, ()))


def extra_path(event: Event, where: Where) -> tuple[tuple[int, int, str], ...]:
    """The branches and loops in which an event happens, and the place that is looked at does not."""
    common = 0
    while common < min(len(event.path), len(where.path)) and event.path[common] == where.path[common]:
        common += 1
    return event.path[common:]


def story_of(scope: Scope, name: str, where: Where) -> list[Event] | None:
    """The binding that a use sees, and what happened to it since; None when that is not sure."""
    events = scope.events.get(name, [])
    binding = ("bind", "param", "loop", "with", "import", "def", "class")
    inside = where.scope
    while inside is not scope and inside.kind == "comprehension" and inside.parent is not None:
        inside = inside.parent
    if inside is not scope:  # seen from another function: only what never changes is known
        changes = [e for e in events if e.kind != "escape"]
        return changes if len(changes) == 1 and changes[0].kind == "bind" and not changes[0].path else None
    before = [e for e in events if e.order < where.order and not _other_branch(e, where)]
    starts = [n for n, e in enumerate(before) if e.kind in binding]
    if not starts or extra_path(before[starts[-1]], where):
        return None
    start = before[starts[-1]]
    loops = {step for step in where.path if step[2] == "loop"} - set(start.path)
    later = [e for e in events if e.order >= where.order and loops & set(e.path) and e.kind != "escape"]
    story = before[starts[-1] :]
    if later or any(loops & set(e.path) for e in story[1:] if e.kind != "escape"):
        return None  # it grows from turn to turn
    return story


def _other_branch(event: Event, where: Where) -> bool:
    rest = extra_path(event, where)
    at = len(event.path) - len(rest)
    return bool(rest) and at < len(where.path) and rest[0][0] == where.path[at][0] and rest[0][2] == "if"
