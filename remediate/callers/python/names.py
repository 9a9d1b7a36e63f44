"""What a name or a call is: `sp.run` is `subprocess.run`, `run` a function of this file, `c.run` a method of a parameter."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from remediate.callers.python.events import Event, Scope, Where
from remediate.callers.python.scopes import Scopes
from remediate.model import NamedTuple

_SUBPROCESS = frozenset("run call check_call check_output Popen getoutput getstatusoutput".split())
MOST_STEPS = 40  # names that are followed from one to the next


class Frame(NamedTuple):
    """The arguments of one call of a function of this file, while its body is looked at. `star` are the ones that `*args` takes.

    Or one turn of a loop (`function` is the loop): `given` are its variables, whose expressions are read in the frame `source`.
    """

    function: cst.CSTNode
    given: dict[str, cst.BaseExpression]
    star: tuple[cst.Arg, ...]
    star_name: str
    kwargs_name: str
    call: cst.Call
    outer: Frame | None = None
    source: Frame | None = None

    @property
    def turn(self) -> bool:
        return isinstance(self.function, (cst.For, cst.CompFor))


def called(frame: Frame | None) -> Frame | None:
    """The call in which a turn of a loop happens."""
    while frame is not None and frame.turn:
        frame = frame.outer
    return frame


def frame_in(frame: Frame | None, owner: cst.CSTNode) -> Frame | None:
    """The frame of that function, or of that loop."""
    while frame is not None and frame.function is not owner:
        frame = frame.outer
    return frame


def one_binding(scopes: Scopes, name: str, where: Where) -> tuple[Scope, Event] | None:
    """The only binding of a name that is a plain assignment, an import or a definition; None when there are several, or another kind."""
    scope = scopes.find(name, where.scope)
    if scope is None:
        return None
    found = [e for e in scope.events.get(name, ()) if e.kind not in ("escape", "set", "method")]
    if len(found) != 1 or found[0].kind not in ("bind", "import", "def", "class", "with"):
        return None
    return scope, found[0]


def dotted(scopes: Scopes, node: cst.CSTNode, where: Where, steps: int = MOST_STEPS) -> str:
    """The full name of an expression: `subprocess.run`; a name of this file begins with `:`, a builtin has no dot; "" for anything else.

    The call of a class stands for its object: `docker.from_env().images.build` is `docker.from_env.images.build`.
    """
    tail: list[str] = []
    while True:
        if isinstance(node, cst.Attribute):
            tail.append(node.attr.value)
            node = node.value
        elif isinstance(node, (cst.Call, cst.Await)):
            node = node.func if isinstance(node, cst.Call) else node.expression
        else:
            break
    if not isinstance(node, cst.Name) or steps <= 0:
        return ""
    head = _head(scopes, node.value, where, steps - 1)
    return ".".join([head, *reversed(tail)]) if head else ""


def _head(scopes: Scopes, name: str, where: Where, steps: int) -> str:
    scope = scopes.find(name, where.scope)
    if scope is None:
        return f"subprocess.{name}" if "subprocess" in scopes.stars and name in _SUBPROCESS else name
    imports = [e.dotted for e in scope.events[name] if e.kind == "import"]
    if imports:  # `try: import subprocess32 as subprocess` / `except ImportError: import subprocess`
        return next((i for i in imports if i.split(".")[0] == "subprocess"), imports[0])
    found = one_binding(scopes, name, where)
    if (
        found is not None
        and found[1].kind in ("bind", "with")
        and isinstance(found[1].value, (cst.Name, cst.Attribute, cst.Call, cst.Await))
    ):
        there = scopes.where.get(found[1].value)
        if there is not None:
            called = dotted(scopes, found[1].value, there, steps)
            return called if called and not called.startswith(":") else f":{name}"
    return f":{name}"


def function_of(scopes: Scopes, node: cst.Call) -> cst.FunctionDef | None:
    """The function of this file that a call runs: by its name, or a method of the same class by `self.name`."""
    where = scopes.where[node]
    if isinstance(node.func, cst.Name):
        found = one_binding(scopes, node.func.value, where)
        return found[1].node if found is not None and isinstance(found[1].node, cst.FunctionDef) else None
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name) and node.func.value.value in ("self", "cls"):
        owner = class_around(scopes, node)
        events = owner.events.get(node.func.attr.value, ()) if owner is not None else ()
        defs = [e.node for e in events if isinstance(e.node, cst.FunctionDef)]
        return defs[0] if len(defs) == 1 else None
    if isinstance(node.func, cst.Attribute):
        made = _class_of(scopes, node.func.value, where)
        return method_of(made, node.func.attr.value) if made is not None else None
    return None


def _class_of(scopes: Scopes, node: cst.CSTNode, where: Where) -> cst.ClassDef | None:
    """The class of this file of which an expression is an object: `Shell()`, or a name that is bound to that once."""
    if isinstance(node, cst.Name):
        found = one_binding(scopes, node.value, where)
        value = found[1].value if found is not None and found[1].kind == "bind" else None
        return _class_of(scopes, value, scopes.where[value]) if isinstance(value, cst.Call) and value in scopes.where else None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        found = one_binding(scopes, node.func.value, where)
        return found[1].node if found is not None and isinstance(found[1].node, cst.ClassDef) else None
    return None


def method_of(owner: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    """The only method of that name that a class defines itself."""
    found = [s for s in owner.body.body if isinstance(s, cst.FunctionDef) and s.name.value == name]
    return found[0] if len(found) == 1 else None


def class_around(scopes: Scopes, node: cst.CSTNode) -> Scope | None:
    at: Scope | None = scopes.where[node].scope
    while at is not None and at.kind != "class":
        at = at.parent
    return at


def function_around(scopes: Scopes, node: cst.CSTNode) -> cst.FunctionDef | None:
    """The function whose body a node stands in."""
    at: Scope | None = scopes.where[node].scope
    while at is not None and at.kind in ("comprehension", "class"):
        at = at.parent
    return at.node if at is not None and isinstance(at.node, cst.FunctionDef) else None


def callers_of(scopes: Scopes, function: cst.FunctionDef) -> Iterator[cst.Call]:
    """The calls of a function within its own file."""
    for call in scopes.calls:
        last = call.func.attr.value if isinstance(call.func, cst.Attribute) else call.func.value if isinstance(call.func, cst.Name) else ""
        if last == function.name.value and function_of(scopes, call) is function:
            yield call


def only_called(scopes: Scopes, function: cst.FunctionDef) -> bool:
    """Whether the calls that are found are all: nothing else (a decorator, a table of commands) gets hold of the function."""
    name, parents = function.name.value, scopes.tree.parents
    method = isinstance(parents.get(parents.get(function, function), function), cst.ClassDef)
    if function.decorators or "Fire" in {c.func.attr.value for c in scopes.calls if isinstance(c.func, cst.Attribute)}:
        return False
    for node, where in scopes.where.items():
        parent = parents.get(node)
        if isinstance(node, cst.Attribute) and method:
            named = node.attr.value == name
        else:
            label = (isinstance(parent, cst.Arg) and parent.keyword is node) or (isinstance(parent, cst.Attribute) and parent.attr is node)
            named = isinstance(node, cst.Name) and not method and not label and node.value == name
        here = isinstance(parent, cst.Call) and parent.func is node and function_of(scopes, parent) is function
        if named and not here and (method or scopes.find(name, where.scope) is not None):
            return False
    return True


def frame_of(function: cst.FunctionDef, call: cst.Call, outer: Frame | None) -> Frame | None:
    """How the arguments of a call meet the parameters; None when a starred argument makes that unsure."""
    params = [*function.params.posonly_params, *function.params.params]
    static = any(isinstance(d.decorator, cst.Name) and d.decorator.value == "staticmethod" for d in function.decorators)
    if isinstance(call.func, cst.Attribute) and params and not static:
        params = params[1:]  # self
    given: dict[str, cst.BaseExpression] = {}
    star: list[cst.Arg] = []
    takes_star = isinstance(function.params.star_arg, cst.Param)
    for arg in call.args:
        if arg.star == "**":
            return None
        if arg.keyword is not None:
            given[arg.keyword.value] = arg.value
        elif not params and takes_star:
            star.append(arg)
        elif arg.star or not params:
            return None
        else:
            given[params.pop(0).name.value] = arg.value
    star_name = function.params.star_arg.name.value if isinstance(function.params.star_arg, cst.Param) else ""
    kwargs = function.params.star_kwarg.name.value if function.params.star_kwarg is not None else ""
    return Frame(function, given, tuple(star), star_name, kwargs, call, outer)


def argument(call: cst.Call, keyword: str, position: int | None = None) -> cst.Arg | None:
    """The argument of that keyword, or at that position."""
    for number, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == keyword:
            return arg
        if position is not None and number == position and arg.keyword is None and not arg.star:
            return arg
    return None
