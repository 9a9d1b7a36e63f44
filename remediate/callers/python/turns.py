"""The turns of a loop over a dict, or a list, that is written out: `for k, v in {"T": token}.items()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from remediate.callers.python.events import Event, Where
from remediate.callers.python.names import MOST_STEPS, Frame, frame_in
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import extra_path, story_of
from remediate.callers.python.tree import children
from remediate.callers.python.values import Values
from remediate.model import NamedTuple

MOST_TURNS = 60
Pair = tuple[str, "cst.BaseExpression | None", cst.CSTNode]  # a key, its value, the member of the dict or list that holds both


class Turn(NamedTuple):
    """`member` of `holder` gives this turn; `plain`: it can be taken out there. `cut`: the loop may end, or go on, before its end."""

    frame: Frame
    name: str
    member: cst.CSTNode
    holder: cst.CSTNode | None
    plain: bool
    cut: bool = False


class _Source(NamedTuple):
    """What a loop goes over: the dict or list, the frame in which it stands, and the names by which it came there."""

    node: cst.BaseExpression
    frame: Frame | None
    names: tuple[cst.Name, ...] = ()


class Turns:
    """`entries(node)` gives the members of a dict expression: (all of them, the dict itself), None when they are not all known."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.values = scopes, values
        self.entries: Callable[[cst.BaseExpression], tuple[list[tuple[Pair, bool]], cst.CSTNode | None] | None] = lambda _: None
        self._named: dict[str, list[cst.Name]] | None = None

    def of(self, events: Sequence[Event], where: Where, frame: Frame | None) -> list[Turn] | None:
        """The turns of the one loop in which these events happen, and the place that is looked at does not."""
        extra = extra_path(events[0], where)
        if [s[2] for s in extra].count("loop") != 1:
            return None
        node: cst.CSTNode | None = events[0].node
        while node is not None and not isinstance(node, (cst.For, cst.While, cst.FunctionDef)):
            node = self.scopes.tree.parents.get(node)
        return self.of_loop(node, frame) if isinstance(node, cst.For) else None

    def of_loop(self, loop: cst.For | cst.CompFor, frame: Frame | None) -> list[Turn] | None:
        pairs = isinstance(loop.target, cst.Tuple)
        names = [e.value for e in loop.target.elements] if isinstance(loop.target, cst.Tuple) else [loop.target]
        if len(names) != (2 if pairs else 1) or not all(isinstance(n, cst.Name) for n in names):
            return None
        source = self._source(loop.iter, frame)
        if source is None:
            return None
        found = self._members(source, items=_is_items(loop.iter), pairs=pairs)
        if found is None or len(found[0]) > MOST_TURNS:
            return None
        members, holder = found
        alone = self._alone(source.names, loop) and (isinstance(loop, cst.CompFor) or len(_filled(loop.body)) == 1)
        ends = isinstance(loop, cst.For) and _ends(loop)
        out = []
        for (name, value, member), plain in members:
            given: dict[str, cst.BaseExpression] = {_name(names[0]): cst.SimpleString(f'"{name}"')}
            if pairs and value is not None:
                given[_name(names[1])] = value
            here = Frame(loop, given, (), "", "", cst.Call(cst.Name("_")), frame, source.frame)
            out.append(Turn(here, name, member, holder, plain and alone, ends))
        return out

    def _source(self, node: cst.BaseExpression, frame: Frame | None) -> _Source | None:
        """Follows `(args or {}).items()` to the dict: through names, and through the parameters of a call that is looked at."""
        names: list[cst.Name] = []
        for _ in range(MOST_STEPS):
            inner = _unwrapped(node)
            if inner is not None:
                node = inner
                continue
            if not isinstance(node, cst.Name) or node.value == "None" or node not in self.scopes.where:
                break
            scope = self.scopes.find(node.value, self.scopes.where[node].scope)
            story = [e for e in story_of(scope, node.value, self.scopes.where[node]) or () if e.kind != "escape"] if scope else []
            names.append(node)
            if scope is None or not story:
                return None
            here = frame_in(frame, scope.node)
            if story[0].kind == "param" and len(story) == 1 and here is not None and node.value not in (here.star_name, here.kwargs_name):
                given = here.given.get(node.value)
                default = story[0].value
                if given is None and not isinstance(default, cst.BaseExpression):
                    return None
                node, frame = (given, here.outer) if given is not None else (default, None)  # type: ignore[assignment]
                continue
            bound = story[0].value if len(story) == 1 and story[0].kind == "bind" else None
            if not isinstance(bound, cst.BaseExpression) or not (isinstance(bound, cst.Name) or _unwrapped(bound) is not None):
                break
            node = bound
        return _Source(node, frame, tuple(names))

    def _members(self, source: _Source, items: bool, pairs: bool) -> tuple[list[tuple[Pair, bool]], cst.CSTNode | None] | None:
        node = source.node
        if isinstance(node, cst.Name) and node.value == "None":
            return [], None
        if items == pairs and (items or not isinstance(self._literal(node), (cst.List, cst.Tuple))):
            return self.entries(node) if items or isinstance(self._literal(node), cst.Dict) else None
        listed = self._literal(node)
        if items or not isinstance(listed, (cst.List, cst.Tuple)):
            return None
        out: list[tuple[Pair, bool]] = []
        for element in listed.elements:
            value = element.value
            two = isinstance(value, cst.Tuple) and len(value.elements) == 2
            key = value.elements[0].value if isinstance(value, cst.Tuple) and two else value
            text = self.values.known(key, source.frame)
            if text is None or pairs != two or isinstance(element, cst.StarredElement) or '"' in text or "\\" in text:
                return None
            out.append(((text, value.elements[1].value if isinstance(value, cst.Tuple) and two else None, element), True))
        return out, listed

    def _literal(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """The list that a name is bound to, once and for all."""
        if isinstance(node, cst.Name) and node in self.scopes.where:
            where = self.scopes.where[node]
            scope = self.scopes.find(node.value, where.scope)
            story = story_of(scope, node.value, where) if scope is not None else None
            if story and all(e.kind in ("bind", "escape") for e in story) and isinstance(story[0].value, cst.BaseExpression):
                return story[0].value
        return node

    def _alone(self, names: Sequence[cst.Name], loop: cst.For | cst.CompFor) -> bool:
        """Whether nothing but the loop looks at what these names stand for (apart from asking whether there is anything)."""
        for name in names:
            scope = self.scopes.find(name.value, self.scopes.where[name].scope)
            for other in self._of(name.value):
                here = scope is not None and self.scopes.find(other.value, self.scopes.where[other].scope) is scope
                if here and other not in names and not self._guards(other, loop):
                    return False
        return True

    def _of(self, name: str) -> list[cst.Name]:
        if self._named is None:
            self._named = {}
            for node in self.scopes.where:
                if isinstance(node, cst.Name):
                    self._named.setdefault(node.value, []).append(node)
        return self._named.get(name, [])

    def _guards(self, name: cst.Name, loop: cst.For | cst.CompFor) -> bool:
        """`if args:` around the loop and nothing else; also a label (`f(args=...)`), which is no variable."""
        parents = self.scopes.tree.parents
        parent = parents.get(name)
        if isinstance(parent, cst.Arg) and parent.keyword is name:
            return True
        if isinstance(parent, cst.Attribute) and parent.attr is name:
            return True
        body = parent.body.body if isinstance(parent, cst.If) and parent.test is name and parent.orelse is None else ()
        return len(body) == 1 and body[0] is loop


def together(events: Sequence[Event], where: Where) -> list[list[Event]]:
    """Events side by side that happen in the same turn of a loop."""
    out: list[list[Event]] = []
    last: tuple[tuple[int, int, str], ...] = ()
    for event in events:
        loops = tuple(s for s in extra_path(event, where) if s[2] == "loop")
        if out and loops and loops == last:
            out[-1].append(event)
        else:
            out.append([event])
        last = loops
    return out


def _name(node: cst.BaseExpression) -> str:
    return node.value if isinstance(node, cst.Name) else ""


def _is_items(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("sorted", "list") and node.args:
        node = node.args[0].value
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "items"


def _unwrapped(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The dict in `args.items()`, `sorted(args)`, `args or {}`."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in ("items", "keys", "copy"):
        return node.func.value if not node.args else None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and len(node.args) == 1:
        return node.args[0].value if node.func.value in ("sorted", "list", "tuple") else None
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or) and _empty(node.right):
        return node.left
    if isinstance(node, cst.IfExp) and _empty(node.orelse) and isinstance(node.body, cst.Name) and isinstance(node.test, cst.Name):
        return node.body if node.test.value == node.body.value else None
    return None


def _empty(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value in ("dict", "list") and not node.args
    return isinstance(node, (cst.Dict, cst.List, cst.Tuple)) and not node.elements


def _filled(body: cst.CSTNode) -> set[str]:
    """The lists that a loop fills, and "" twice over for anything else that it does: then it is more than its words."""
    out: set[str] = set()
    for statement in body.body if isinstance(body, (cst.IndentedBlock, cst.SimpleStatementSuite, cst.SimpleStatementLine)) else ():
        if isinstance(statement, cst.SimpleStatementLine):
            out |= _filled(statement)
        elif isinstance(statement, cst.If) and statement.orelse is None:
            out |= _filled(statement.body)
        elif isinstance(statement, cst.AugAssign) and isinstance(statement.target, cst.Name):
            out.add(statement.target.value)
        elif isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call):
            func = statement.value.func
            owner = func.value if isinstance(func, cst.Attribute) and func.attr.value in ("append", "extend") else None
            out |= {owner.value} if isinstance(owner, cst.Name) else set() if _prints(func) else {"", " "}
        elif not isinstance(statement, (cst.Continue, cst.Pass)):
            out |= {"", " "}
    return out


def _prints(func: cst.BaseExpression) -> bool:
    return isinstance(func, cst.Name) and func.value == "print"


def _ends(loop: cst.For) -> bool:
    stack: list[cst.CSTNode] = [loop.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Break, cst.Continue, cst.Return)):
            return True
        stack.extend(children(node))
    return False


