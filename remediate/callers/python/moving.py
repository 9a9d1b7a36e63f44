"""Whether a value that is made somewhere else stays surely the same, and is made as often."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from remediate.callers.python.events import Where
from remediate.callers.python.names import dotted
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import rebound
from remediate.callers.python.tree import children
from remediate.callers.python.values import Parts

# Calls that give the same however often, and whenever, they are made.
_PURE = frozenset(
    "str int len repr os.getenv os.environ.get os.path.join os.path.expanduser os.fspath shlex.quote pipes.quote pathlib.Path".split()
)


def movable(scopes: Scopes, parts: Parts, start: cst.CSTNode, call: cst.CSTNode, sometimes: bool) -> bool:
    """Whether the value is the same, and is made as often, when it is made at `call` rather than where the word stands.

    `sometimes`: the word stands in a branch that may not be taken, and the value would then be made all the same.
    """
    end = scopes.where[call]
    for part in parts:
        made = part.hole if part.hole is not None else part.via
        begin = scopes.where.get(made if made is not None else start, scopes.where.get(start, end))
        if made is not None and not _all_move(scopes, made, begin, end, sometimes):
            return False
    return True


def _all_move(scopes: Scopes, made: cst.BaseExpression, begin: Where, end: Where, sometimes: bool) -> bool:
    same_statement = begin.order == end.order and begin.scope is end.scope
    for node in _all(made):
        if isinstance(node, (cst.NamedExpr, cst.Yield, cst.Lambda, cst.ListComp, cst.GeneratorExp, cst.DictComp, cst.SetComp)):
            return False
        if isinstance(node, cst.Await) and not same_statement:
            return False
        if isinstance(node, cst.Call):
            pure = dotted(scopes, node.func, scopes.where[node]) in _PURE or _text_method(node)
            if not pure and (sometimes or not same_statement):
                return False
        if isinstance(node, cst.Subscript) and sometimes:
            return False
        if isinstance(node, cst.Attribute) and not same_statement and _attribute_set(scopes, node.attr.value, begin, end):
            return False
        if isinstance(node, cst.Name) and not _is_label(scopes, node) and not _stays(scopes, node, begin, end, sometimes):
            return False
    return True


def _attribute_set(scopes: Scopes, name: str, begin: Where, end: Where) -> bool:
    """Whether an attribute of that name is set between the two places."""
    changing = (cst.AssignTarget, cst.AugAssign, cst.Del)
    for node, where in scopes.where.items():
        named = isinstance(node, cst.Attribute) and node.attr.value == name and begin.order < where.order <= end.order
        if named and isinstance(scopes.tree.parents.get(node), changing):
            return True
    return False


def _text_method(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in (
        "strip",
        "rstrip",
        "lstrip",
        "decode",
        "format",
        "lower",
        "upper",
        "replace",
    )


def _all(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(children(one))


def _is_label(scopes: Scopes, node: cst.Name) -> bool:
    """The name of an attribute or of a keyword is no variable."""
    parent = scopes.tree.parents.get(node)
    return (isinstance(parent, cst.Attribute) and parent.attr is node) or (isinstance(parent, cst.Arg) and parent.keyword is node)


def _stays(scopes: Scopes, node: cst.Name, begin: Where, end: Where, sometimes: bool) -> bool:
    """Whether a name means the same at both places, and is bound at the second one."""
    scope = scopes.find(node.value, scopes.where[node].scope)
    if scope is None:
        return True
    if scope.kind == "comprehension" or scopes.find(node.value, end.scope) is not scope:
        return False
    changes = [e for e in scope.events[node.value] if e.kind not in ("escape", "method", "set")]
    if scope is not begin.scope:
        return (scope.kind == "module" and len(changes) == 1) or not rebound(scope, node.value)
    if any(begin.order < e.order <= end.order for e in scope.events[node.value] if e.kind != "escape"):
        return False
    before = [e for e in changes if e.order <= begin.order]
    if not before:
        return False
    outside = any(not [s for s in e.path if s not in end.path] for e in before)
    loops = {s for s in end.path if s[2] == "loop"} - set(begin.path)
    return outside and not any(loops & set(e.path) for e in changes) and (not sometimes or outside)
