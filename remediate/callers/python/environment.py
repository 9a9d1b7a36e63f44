"""The environment of one call is extended: `env={**os.environ, "T": token}`, never replaced; `import os` comes where it is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from remediate.callers.python.literals import quote_of, text_of
from remediate.callers.python.names import Frame, argument, callers_of, dotted, only_called
from remediate.callers.python.runners import Started
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import story_of
from remediate.model import Edit, Span


class Environments:
    """What a process that a file starts has in its environment, and the edits that put something into it."""

    def __init__(self, scopes: Scopes, used_elsewhere: Callable[[], bool] = lambda: True) -> None:
        self.scopes, self.tree, self.used_elsewhere = scopes, scopes.tree, used_elsewhere

    def inherits(self, start: Started, frame: Frame | None, name: str) -> bool:
        """Whether the variable reaches the process from the environment of this program."""
        if start.runner.remote or name in start.runner.lacks:
            return False
        if not start.runner.env or start.runner.extends:
            return True
        node = start.given(start.runner.env, start.runner.env_at)
        if node is None:
            return not self._starred(start.call, frame)
        return self._holds(node, name, frame)

    def _starred(self, call: cst.Call, frame: Frame | None) -> bool:
        """Whether `**kwargs` may bring an environment. That of the function around is known from its own call."""
        for arg in call.args:
            if arg.star == "**":
                if frame is None or not isinstance(arg.value, cst.Name) or arg.value.value != frame.kwargs_name:
                    return True
                given = frame.given.get("env")
                if given is not None:
                    return True
        return False

    def _holds(self, node: cst.BaseExpression, name: str, frame: Frame | None, steps: int = 8) -> bool:
        """Whether an expression of an environment has all of this program's, and not another value of `name`."""
        if steps <= 0:
            return False
        if isinstance(node, cst.Name):
            if node.value == "None":
                return True
            where = self.scopes.where[node]
            scope = self.scopes.find(node.value, where.scope)
            if scope is None:
                return False
            if frame is not None and scope.node is frame.function and any(e.kind == "param" for e in scope.events[node.value]):
                given = frame.given.get(node.value)
                default = next(e.value for e in scope.events[node.value] if e.kind == "param")
                if given is not None:
                    return self._holds(given, name, frame.outer, steps - 1)
                return isinstance(default, cst.Name) and default.value == "None"
            story = story_of(scope, node.value, where)
            if not story or story[0].kind != "bind" or not isinstance(story[0].value, cst.BaseExpression):
                return False
            return self._holds(story[0].value, name, frame, steps - 1) and all(
                self._spares(e.node, e.kind, e.method, name) for e in story[1:]
            )
        if isinstance(node, cst.Dict):
            keys = [text_of(e.key) for e in node.elements if isinstance(e, cst.DictElement)]
            starred = [e.value for e in node.elements if isinstance(e, cst.StarredDictElement)]
            others = [v for v in starred if not self._holds(v, name, frame, steps - 1)]
            sure = len(others) < len(starred) and name not in keys and None not in keys
            return sure and all(self._without(v, name, frame) for v in others)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return self._holds(node.left, name, frame, steps - 1) and isinstance(node.right, cst.Dict) and self._others(node.right, name)
        called = dotted(self.scopes, node, self.scopes.where[node])
        if isinstance(node, cst.Call):
            if called == "dict" and node.args and self._holds(node.args[0].value, name, frame, steps - 1):
                return all(a.keyword is not None and a.keyword.value != name for a in node.args[1:])
            return called in ("os.environ.copy", "copy.copy", "copy.deepcopy") and (
                called == "os.environ.copy" or self._holds(node.args[0].value, name, frame, steps - 1)
            )
        return called == "os.environ"

    def holds(self, node: cst.BaseExpression, name: str, frame: Frame | None) -> bool:
        return self._holds(node, name, frame)

    def _without(self, node: cst.BaseExpression, name: str, frame: Frame | None) -> bool:
        """Whether a dict surely has no such key: it is written out, or it is a parameter that is not given."""
        if isinstance(node, cst.BooleanOperation) and isinstance(node.right, cst.Dict) and not node.right.elements:
            return self._without(node.left, name, frame)
        if isinstance(node, cst.Dict):
            return self._others(node, name)
        if not isinstance(node, cst.Name) or node not in self.scopes.where:
            return False
        where = self.scopes.where[node]
        scope = self.scopes.find(node.value, where.scope)
        story = story_of(scope, node.value, where) if scope is not None else None
        if scope is None or not story:
            return False
        if story[0].kind == "param":
            default = story[0].value
            absent = frame is not None and scope.node is frame.function and node.value not in frame.given
            return len(story) == 1 and absent and isinstance(default, cst.Name) and default.value == "None"
        bound = story[0].value
        known = isinstance(bound, cst.Dict) and self._others(bound, name)
        return known and all(self._spares(e.node, e.kind, e.method, name) for e in story[1:])

    def _others(self, node: cst.Dict, name: str) -> bool:
        keys = [text_of(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements]
        return None not in keys and name not in keys

    def _spares(self, node: cst.CSTNode, kind: str, method: str, name: str) -> bool:
        """Whether an event of a dict leaves `name` alone."""
        if kind == "set" and isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
            return text_of(node.slice[0].slice.value) not in (None, name)
        if kind == "method" and isinstance(node, cst.Call) and method == "update":
            return all(
                a.keyword.value != name if a.keyword is not None else isinstance(a.value, cst.Dict) and self._others(a.value, name)
                for a in node.args
            )
        return kind == "escape"

    # what puts something in
    def extended(self, start: Started, frame: Frame | None, new: Mapping[str, str], quote: str = '"') -> list[Edit] | None:
        """The edits that give the process these variables (name -> expression); None where that cannot be."""
        runner = start.runner
        if not runner.env or runner.remote:
            return None
        call, node = start.call, start.given(runner.env, runner.env_at)
        first: list[Edit] = []
        if frame is not None:
            handed = [] if self._forwarded(start, frame, node) else self._handed_on(start, frame, node)
            if handed is None:
                return None
            first = handed
            call, node = frame.call, frame.given.get("env")
        elif any(a.star == "**" for a in call.args) or (start.more is not None and node is not None and argument(call, runner.env) is None):
            return None
        entries = {k: v for k, v in new.items()}
        if runner.extends and node is None:
            return self._added(call, f"{runner.env}={{{_pairs(entries, quote)}}}")
        if node is None or (isinstance(node, cst.Name) and node.value == "None"):
            base, edits = self._environ()
            if base is None:
                return None
            text = f"{{**{base}, {_pairs(entries, quote)}}}"
            return (
                [*first, *edits, *(self._added(call, f"{runner.env}={text}") or ())]
                if node is None
                else [*first, *edits, Edit(self.tree.span(node), text.encode())]
            )
        return self._into(node, entries, quote)

    def _handed_on(self, start: Started, frame: Frame, node: cst.BaseExpression | None) -> list[Edit] | None:
        """The edits after which a function of this file hands `env=` on to the process, for whoever gives it: `def run(cmd, env=None)`."""
        function = frame.function
        if not isinstance(function, cst.FunctionDef) or frame.outer is not None or node is not None or start.more is not None:
            return None
        params = function.params
        if start.runner.extends or start.runner.env != "env" or params.star_kwarg is not None or function.decorators:
            return None
        where = self.scopes.where.get(start.call)
        if where is None or where.scope.node is not function or self.scopes.find("env", where.scope) is not None:
            return None
        if self._calls_itself(function):
            return None
        if isinstance(frame.call.func, cst.Attribute) and not self._private(function):
            return None
        if any(a.star == "**" for a in start.call.args) or frame.kwargs_name:
            return None
        last = [*params.posonly_params, *params.params]
        last += [params.star_arg] if isinstance(params.star_arg, cst.Param) else []
        last += params.kwonly_params
        parts = (last[-1], last[-1].annotation, last[-1].default)  # the span of a parameter is that of its name
        end = max(self.tree.span(p).end for p in parts if p is not None)
        return [Edit(Span(end, end), b", env=None"), *self._added(start.call, "env=env")]

    def _private(self, function: cst.FunctionDef) -> bool:
        """A method of which no class that is not seen here can have a version of its own."""
        name = function.name.value
        once = sum(isinstance(n, cst.FunctionDef) and n.name.value == name for n in self.tree.parents) == 1
        return name.startswith("_") and once and only_called(self.scopes, function) and not self.used_elsewhere()

    def _calls_itself(self, function: cst.FunctionDef) -> bool:
        """A function that tries again would do so without what its caller gave it."""
        return any(self.scopes.where[c].scope.node is function for c in callers_of(self.scopes, function))

    def _forwarded(self, start: Started, frame: Frame, node: cst.BaseExpression | None) -> bool:
        """Whether `env=` at the call of the function around arrives at the process."""
        if frame.outer is not None or start.runner.extends:
            return False
        if node is None:
            return any(a.star == "**" and isinstance(a.value, cst.Name) and a.value.value == frame.kwargs_name for a in start.call.args)
        function = frame.function
        params = (
            [p.name.value for p in (*function.params.params, *function.params.kwonly_params)]
            if isinstance(function, cst.FunctionDef)
            else []
        )
        return isinstance(node, cst.Name) and node.value == "env" and "env" in params and not self._changed(node)

    def _changed(self, node: cst.Name) -> bool:
        scope = self.scopes.find(node.value, self.scopes.where[node].scope)
        return scope is None or any(e.kind not in ("param", "escape") for e in scope.events[node.value])

    def _into(self, node: cst.BaseExpression, entries: Mapping[str, str], quote: str) -> list[Edit] | None:
        """More entries for an environment that is given already."""
        if isinstance(node, cst.Dict):
            keys = {text_of(e.key) for e in node.elements if isinstance(e, cst.DictElement)}
            if keys & set(entries):
                return None
            if not node.elements:
                span = self.tree.span(node)
                return [Edit(Span(span.end - 1, span.end - 1), _pairs(entries, quote).encode())]
            last = node.elements[-1]
            end = self.tree.span(last).end
            return [Edit(Span(end, end), f", {_pairs(entries, self._quote(last))}".encode())]
        text = self.tree.text(node)
        if "\n" in text:
            return None
        if isinstance(node, cst.Name) and not self._is_dict(node):
            base, edits = self._environ()
            if base is None:
                return None
            text = f"({base} if {text} is None else {text})"
            return [*edits, Edit(self.tree.span(node), f"{{**{text}, {_pairs(entries, quote)}}}".encode())]
        plain = isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)) or text.startswith("(")
        return [Edit(self.tree.span(node), f"{{**{text if plain else f'({text})'}, {_pairs(entries, quote)}}}".encode())]

    def _is_dict(self, node: cst.Name) -> bool:
        where = self.scopes.where[node]
        scope = self.scopes.find(node.value, where.scope)
        story = story_of(scope, node.value, where) if scope is not None else None
        value = story[0].value if story and story[0].kind == "bind" else None
        return isinstance(value, (cst.Dict, cst.BinaryOperation, cst.DictComp)) or (
            isinstance(value, cst.Call) and dotted(self.scopes, value, self.scopes.where[value]) in ("dict", "os.environ.copy")
        )

    def _quote(self, element: cst.CSTNode) -> str:
        return quote_of(element.key) if isinstance(element, cst.DictElement) else '"'

    def _added(self, call: cst.Call, text: str) -> list[Edit]:
        """One more keyword argument, in the manner in which the others stand."""
        close = self._closing(call)
        if not call.args:
            return [Edit(Span(close, close), text.encode())]
        last = call.args[-1]
        end = self.tree.span(last).end
        rest = self.tree.data[end:close]
        if b"\n" in rest:  # one argument a line
            start = self.tree.span(last).start
            line = self.tree.data.rfind(b"\n", 0, start) + 1
            indent = self.tree.data[line:start]
            first = indent.strip() == b""
            gap = self.tree.source.newline + indent if first else b" "
            return [Edit(Span(end, end), b"," + gap + text.encode())]
        return [Edit(Span(end, end), b", " + text.encode())]

    def _closing(self, call: cst.Call) -> int:
        """Offset of the parenthesis that closes the arguments."""
        end = self.tree.span(call).end
        for _ in call.rpar:
            end = self.tree.data.rfind(b")", 0, end)
        return self.tree.data.rfind(b")", 0, end)

    def _environ(self) -> tuple[str | None, list[Edit]]:
        """How `os.environ` is written here, and the import that it may need."""
        events = self.scopes.module.events
        imported = {name: e.dotted for name, es in events.items() for e in es if e.kind == "import" and not e.path}
        for name, what in imported.items():
            if what in ("os", "os.environ") and all(e.kind in ("import", "set", "method", "escape") for e in events[name]):
                return f"{name}.environ" if what == "os" else name, []
        if any(s.binds("os") for s in {id(w.scope): w.scope for w in self.scopes.where.values()}.values()):
            return None, []
        at, newline = self._import_at(), self.tree.source.newline
        return "os.environ", [Edit(Span(at, at), b"import os" + newline)]

    def _import_at(self) -> int:
        """Before the first import that is none of `__future__`; without one, behind the docstring."""
        body = self.tree.module.body
        at = None
        for statement in body:
            small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            future = isinstance(small, cst.ImportFrom) and isinstance(small.module, cst.Name) and small.module.value == "__future__"
            docstring = isinstance(small, cst.Expr) and text_of(small.value) is not None and statement is body[0]
            if isinstance(small, (cst.Import, cst.ImportFrom)) and not future:
                return self._line_of(statement)
            if not future and not docstring:
                at = statement if at is None else at
        return self._line_of(at if at is not None else body[-1])

    def _line_of(self, node: cst.CSTNode) -> int:
        decorators = getattr(node, "decorators", ())
        node = decorators[0] if decorators else node
        return self.tree.data.rfind(b"\n", 0, self.tree.span(node).start) + 1


def _pairs(entries: Mapping[str, str], quote: str = '"') -> str:
    return ", ".join(f"{quote}{k}{quote}: {v}" for k, v in entries.items())
