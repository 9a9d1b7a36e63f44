"""What happens to names: events in the order of the text, the branch of each, and the scope that it belongs to."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.tree import children
from remediate.model import NamedTuple

Path = tuple[tuple[int, int, str], ...]  # (compound statement, branch, "if" | "loop"), outermost first


class Event(NamedTuple):
    """Something happens to a name. `kind`: bind, import, param, def, class, loop, add (`+=`), method, set (`x[k] = v`), escape, other.

    `value` is the expression (of a method: the call; of an import: its dotted name is in `dotted`).
    """

    kind: str
    node: cst.CSTNode
    path: Path
    order: int
    value: cst.CSTNode | None = None
    dotted: str = ""
    method: str = ""


class Scope:
    """One function, lambda, comprehension, class or the module."""

    def __init__(self, node: cst.CSTNode, parent: Scope | None, kind: str) -> None:
        self.node, self.parent, self.kind = node, parent, kind
        self.events: dict[str, list[Event]] = {}
        self.outer: set[str] = set()  # declared global or nonlocal

    def binds(self, name: str) -> bool:
        return any(e.kind in ("bind", "import", "param", "def", "class", "loop") for e in self.events.get(name, ()))


class Where(NamedTuple):
    """Where a node stands: its scope, its branch, and the number of its statement."""

    scope: Scope
    path: Path
    order: int


def declared(body: cst.CSTNode) -> list[cst.Global | cst.Nonlocal]:
    out: list[cst.Global | cst.Nonlocal] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            out.append(node)
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            stack.extend(children(node))
    return out


def elements(node: cst.CSTNode) -> list[cst.CSTNode]:
    return [e.value for e in node.elements] if isinstance(node, (cst.Tuple, cst.List)) else [node]


def base_name(node: cst.CSTNode) -> str | None:
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def dotted_text(node: cst.CSTNode) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    return ".".join([*([node.value] if isinstance(node, cst.Name) else []), *reversed(parts)])
