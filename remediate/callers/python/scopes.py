"""What the names of a Python file stand for: every event of a variable in the order of the text, with the branch it happens in."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from remediate.callers.python.events import Event, Path, Scope, Where, base_name, declared, dotted_text, elements
from remediate.callers.python.tree import Tree, children

# Methods that change a list or a dict, and functions that only look at what they are given.
CHANGING = frozenset("append extend insert remove pop clear update setdefault sort reverse popitem __setitem__".split())
LOOKING = frozenset("print len str repr list tuple dict set sorted bool enumerate isinstance any all min max iter format".split())


class Scopes:
    """All scopes of a file; `where` tells it of every call, list and name."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.module = Scope(tree.module, None, "module")
        self.where: dict[cst.CSTNode, Where] = {}
        self.calls: list[cst.Call] = []
        self.order = 0
        self.stars: set[str] = set()  # modules of which every name is imported
        self._uses: list[tuple[str, Scope, Event]] = []
        self._block(tree.module.body, self.module, ())
        self._settle()

    def find(self, name: str, scope: Scope) -> Scope | None:
        """The scope in which a name that is used in `scope` lives; None for a builtin."""
        at: Scope | None = scope
        while at is not None:
            if (at is scope or at.kind != "class") and name not in at.outer and at.binds(name):
                return at
            at = at.parent
        return None

    def _settle(self) -> None:
        """A name may be used above the line that binds it: owners are known only at the end."""
        for name, scope, event in self._uses:
            owner = self.find(name, scope)
            if owner is not None:
                foreign = owner is not scope and scope.kind == "function" and event.kind != "escape"
                owner.events[name].append(event._replace(kind="other") if foreign else event)
        scopes = {id(w.scope): w.scope for w in self.where.values()}
        for one in scopes.values():
            for events in one.events.values():
                events.sort(key=lambda e: e.order)

    def _event(self, scope: Scope, name: str, event: Event) -> None:
        if name in scope.outer:
            scope, event = self.module, event._replace(kind="other")
        scope.events.setdefault(name, []).append(event)

    # statements
    def _block(self, body: Sequence[cst.CSTNode], scope: Scope, path: Path) -> None:
        for statement in body:
            self.order += 1
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self.order += 1
                    self._small(small, scope, path)
            else:
                self._compound(statement, scope, path)

    def _suite(self, suite: cst.CSTNode, scope: Scope, path: Path) -> None:
        if isinstance(suite, cst.SimpleStatementSuite):
            self._block((cst.SimpleStatementLine(suite.body),), scope, path)
        elif isinstance(suite, cst.IndentedBlock):
            self._block(suite.body, scope, path)

    def _compound(self, node: cst.CSTNode, scope: Scope, path: Path) -> None:
        number = self.order
        if isinstance(node, cst.FunctionDef):
            self._function(node, scope, path)
        elif isinstance(node, cst.ClassDef):
            self._event(scope, node.name.value, Event("class", node, path, number, node))
            for part in (*node.decorators, *node.bases, *node.keywords):
                self._expression(part, scope, path)
            self._suite(node.body, Scope(node, scope, "class"), ())
        elif isinstance(node, cst.If):
            self._expression(node.test, scope, path)
            self._suite(node.body, scope, (*path, (number, 0, "if")))
            if isinstance(node.orelse, cst.If):
                self._compound(node.orelse, scope, (*path, (number, 1, "if")))
            elif node.orelse is not None:
                self._suite(node.orelse.body, scope, (*path, (number, 1, "if")))
        elif isinstance(node, (cst.For, cst.While)):
            inner = (*path, (number, 0, "loop"))
            if isinstance(node, cst.For):
                self._expression(node.iter, scope, path)
                self._target(node.target, None, scope, inner, "loop", node)
            else:
                self._expression(node.test, scope, inner)
            self._suite(node.body, scope, inner)
            if node.orelse is not None:
                self._suite(node.orelse.body, scope, path)
        elif isinstance(node, (cst.Try, cst.TryStar)):
            self._suite(node.body, scope, path)
            handlers: list[cst.ExceptHandler | cst.ExceptStarHandler] = [*node.handlers]
            for branch, handler in enumerate(handlers):
                inner = (*path, (number, branch + 1, "if"))
                if handler.name is not None:
                    self._target(handler.name.name, None, scope, inner)
                self._suite(handler.body, scope, inner)
            for rest in (node.orelse, node.finalbody):
                if rest is not None:
                    self._suite(rest.body, scope, path)
        elif isinstance(node, cst.With):
            for item in node.items:
                self._expression(item.item, scope, path)
                if item.asname is not None:
                    self._target(item.asname.name, item.item, scope, path, "with")
            self._suite(node.body, scope, path)
        elif isinstance(node, cst.Match):
            self._expression(node.subject, scope, path)
            for branch, case in enumerate(node.cases):
                inner = (*path, (number, branch, "if"))
                self._expression(case.pattern, scope, inner)
                self._suite(case.body, scope, inner)
        else:
            self._expression(node, scope, path)

    def _function(self, node: cst.FunctionDef, scope: Scope, path: Path) -> None:
        self._event(scope, node.name.value, Event("def", node, path, self.order, node))
        for decorator in node.decorators:
            self._expression(decorator, scope, path)
        inner = Scope(node, scope, "function")
        self._params(node.params, scope, inner, path)
        for small in declared(node.body):
            inner.outer.update(n.name.value for n in small.names)
        self._suite(node.body, inner, ())

    def _params(self, params: cst.Parameters, scope: Scope, inner: Scope, path: Path) -> None:
        stars = [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]
        for param in (*params.posonly_params, *params.params, *params.kwonly_params, *stars):
            if param.default is not None:
                self._expression(param.default, scope, path)
            self._event(inner, param.name.value, Event("param", param, (), 0, param.default))

    # small statements
    def _small(self, node: cst.CSTNode, scope: Scope, path: Path) -> None:
        if isinstance(node, cst.Assign):
            self._expression(node.value, scope, path)
            kind = "bind" if len(node.targets) == 1 else "many"
            for target in node.targets:
                self._target(target.target, node.value, scope, path, kind)
            self._alias(node.value, scope, path)
        elif isinstance(node, cst.AnnAssign):
            if node.value is not None:
                self._expression(node.value, scope, path)
                self._target(node.target, node.value, scope, path)
                self._alias(node.value, scope, path)
        elif isinstance(node, cst.AugAssign):
            self._expression(node.value, scope, path)
            name = base_name(node.target)
            if name is not None:
                plain = isinstance(node.target, cst.Name) and isinstance(node.operator, cst.AddAssign)
                self._event(scope, name, Event("add" if plain else "other", node, path, self.order, node.value))
        elif isinstance(node, cst.Import):
            for alias in node.names:
                dotted = dotted_text(alias.name)
                name = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else dotted.split(".")[0]
                self._event(scope, name, Event("import", node, path, self.order, None, dotted if alias.asname else name))
        elif isinstance(node, cst.ImportFrom):
            self._import_from(node, scope, path)
        elif isinstance(node, cst.Del):
            for name in filter(None, map(base_name, elements(node.target))):
                self._event(scope, name, Event("other", node, path, self.order))
        else:
            self._expression(node, scope, path)

    def _import_from(self, node: cst.ImportFrom, scope: Scope, path: Path) -> None:
        module = "." * len(node.relative) + (dotted_text(node.module) if node.module is not None else "")
        if isinstance(node.names, cst.ImportStar):
            self.stars.add(module)
        for alias in node.names if not isinstance(node.names, cst.ImportStar) else ():
            if isinstance(alias.name, cst.Name):
                name = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else alias.name.value
                dotted = f"{module}{alias.name.value}" if module.endswith(".") else f"{module}.{alias.name.value}"
                self._event(scope, name, Event("import", node, path, self.order, None, dotted))

    def _alias(self, value: cst.CSTNode, scope: Scope, path: Path) -> None:
        if isinstance(value, cst.Name):
            self._use(value, scope, Event("escape", value, path, self.order))

    def _use(self, name: cst.Name, scope: Scope, event: Event) -> None:
        self._uses.append((name.value, scope, event))

    def _target(
        self, target: cst.CSTNode, value: cst.CSTNode | None, scope: Scope, path: Path, kind: str = "bind", node: cst.CSTNode | None = None
    ) -> None:
        if isinstance(target, cst.Name):
            self._event(
                scope,
                target.value,
                Event("bind" if kind == "many" else kind, node or target, path, self.order, None if kind == "many" else value),
            )
        elif isinstance(target, (cst.Tuple, cst.List)):
            values: Sequence[cst.CSTNode | None] = [None] * len(target.elements)
            if isinstance(value, (cst.Tuple, cst.List)) and len(value.elements) == len(target.elements) and kind == "bind":
                values = [e.value for e in value.elements]
            for element, one in zip(target.elements, values, strict=True):
                self._target(element.value, one, scope, path, kind, node)
        elif isinstance(target, (cst.Subscript, cst.Attribute)):
            self._expression(target, scope, path)
            name = base_name(target)
            if name is not None:
                self._uses.append((name, scope, Event("set", target, path, self.order, value)))

    # expressions
    def _expression(self, root: cst.CSTNode, scope: Scope, path: Path) -> None:
        stack = [(root, scope)]
        while stack:
            node, here = stack.pop()
            self.where[node] = Where(here, path, self.order)
            if isinstance(node, cst.Call):
                self.calls.append(node)
                self._call(node, here, path)
            elif isinstance(node, cst.NamedExpr) and isinstance(node.target, cst.Name):
                self._event(here, node.target.value, Event("bind", node, path, self.order))
            elif isinstance(node, (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)):
                here = self._comprehension(node, here, path)
            elif isinstance(node, cst.Lambda):
                inner = Scope(node, here, "function")
                self._params(node.params, here, inner, path)
                here = inner
            elif isinstance(node, cst.MatchAs) and node.name is not None:
                self._event(here, node.name.value, Event("bind", node, path, self.order))
            stack.extend((child, here) for child in reversed(children(node)))

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp, scope: Scope, path: Path) -> Scope:
        inner = Scope(node, scope, "comprehension")
        part: cst.CompFor | None = node.for_in
        while part is not None:
            self._target(part.target, None, inner, path, "loop", part)
            part = part.inner_for_in
        return inner

    def _call(self, node: cst.Call, scope: Scope, path: Path) -> None:
        """A method that changes its object, and names that are handed to a function that may change them."""
        if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name) and node.func.attr.value in CHANGING:
            self._use(node.func.value, scope, Event("method", node, path, self.order, node, "", node.func.attr.value))
        if isinstance(node.func, cst.Name) and node.func.value in LOOKING:
            return
        for arg in node.args:
            if isinstance(arg.value, cst.Name) and not arg.star:
                self._use(arg.value, scope, Event("escape", node, path, self.order, arg.value))
