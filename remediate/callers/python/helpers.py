"""Functions of other modules of the repository that only start the process they are given: `from .shell import run; run([...])`.

What such a helper does with its command is tried out: a mark is put in the place of its parameter, and looked for in what is started.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from remediate.callers.python.events import Scope, Where
from remediate.callers.python.literals import text_of
from remediate.callers.python.names import Frame, dotted, method_of, one_binding
from remediate.callers.python.origins import changed_variables
from remediate.callers.python.runners import Runner, Started
from remediate.callers.python.site import Context
from remediate.callers.python.stories import rebound
from remediate.callers.python.tree import children
from remediate.callers.python.values import HOLE, ROOT, shown
from remediate.callers.python.word import Word
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.text import late

MOST_MODULES = 12  # modules that are read for the sake of one file
MAX_MODULE = 128 * 1024
_DEEPEST = 3  # modules that hand a name, or a command, on to each other
_MARK = "\ue002"
# A file that starts a build through a helper says which: only then are the modules that it imports worth reading.
_COMMAND = late(
    rb"""["'\s/](?:docker|podman|buildah|nerdctl)["'\s]|["'](?:build|buildx|bud)["']|--build-arg|["']build """
)
_STARTS = late(rb"subprocess|os\.(?:system|popen|exec|spawn)|pexpect|\b(?:run|run_process|sh|shell|execute|check_call)\(")


class Helpers:
    """The modules that one file imports. `depth`: how many modules lie between it and the one that is asked about."""

    def __init__(self, context: Context, depth: int = 0) -> None:
        self.context, self.depth = context, depth
        self.wanted = depth > 0 or _COMMAND.search(context.tree.data) is not None
        self.own = posixpath.dirname(context.tree.path)
        self._modules: dict[str, Helpers | None] = {}
        self._known: dict[str, Runner | None] = {}
        self._local: dict[str, bool] = {}

    def started(self, call: cst.Call) -> Started | None:
        """The process that a helper starts for this call."""
        if not call.args or self.depth >= _DEEPEST or not self.wanted:
            return None
        name = dotted(self.context.scopes, call.func, self.context.scopes.where[call])
        if not name.strip(".") or name.startswith(":") or "." not in name:
            return None
        if name not in self._known:
            self._known[name] = self._runner(name)
        row = self._known[name]
        return Started(row, call) if row is not None else None

    def _runner(self, name: str) -> Runner | None:
        found = self.find(name)
        if found is None:
            return None
        there, function, bound = found
        return _tried(there, function, bound, name)

    # where a name leads
    def find(self, name: str) -> tuple[Helpers, cst.FunctionDef, bool] | None:
        """The function of that full name, the module it stands in, and whether it is a method."""
        for path, rest in self._paths(name):
            there = self._module(path)
            return there._named(rest) if there is not None and rest else None
        return None

    def _paths(self, name: str) -> Iterator[tuple[str, list[str]]]:
        """The file of a module, and the names within it: of a script's own folder first, then of those above."""
        level = len(name) - len(name.lstrip("."))
        parts = name.lstrip(".").split(".")
        if level:
            folder = self.own
            for _ in range(level - 1):
                folder = posixpath.dirname(folder)
            bases = [folder]
        else:
            bases = [b for b in self._bases() if self._is_local(b, parts[0])]
        found = dict.fromkeys(one for base in bases if (one := self._in(base, parts)) is not None)
        if len(found) == 1:  # of two modules of one name it depends on how the program is started
            path, size = next(iter(found))
            yield path, parts[size:]

    def _in(self, base: str, parts: list[str]) -> tuple[str, int] | None:
        for size in range(len(parts) - 1, 0, -1):
            module = posixpath.join(base, *parts[:size])
            for path in (f"{module}.py", f"{module}/__init__.py"):
                if path != self.context.tree.path and self.context.repository.read(path) is not None:
                    return path, size
        return None

    def _bases(self) -> list[str]:
        out, folder = [self.own], self.own
        while folder:
            folder = posixpath.dirname(folder)
            out.append(folder)
        return [*out, "src"]

    def _is_local(self, base: str, name: str) -> bool:
        path = posixpath.join(base, name)
        if path not in self._local:
            self._local[path] = self.context.repository.exists(path) or self.context.repository.read(f"{path}.py") is not None
        return self._local[path]

    def _module(self, path: str) -> Helpers | None:
        if path not in self._modules:
            data = self.context.repository.read(path)
            self._modules[path] = None
            worth = data is not None and (path.endswith("/__init__.py") or _STARTS.search(data) is not None)
            if data is not None and worth and len(data) <= MAX_MODULE and len(self._modules) <= MOST_MODULES:
                try:
                    self._modules[path] = _context(data, path, self.context.repository, self.depth + 1).helpers
                except FormatError:
                    return None
        return self._modules[path]

    def _named(self, names: list[str]) -> tuple[Helpers, cst.FunctionDef, bool] | None:
        """A function, a method of a class, or of an object that is made once; also one that this module imports itself."""
        scopes = self.context.scopes
        at = Where(scopes.module, (), scopes.order + 1)
        found = one_binding(scopes, names[0], at)
        if found is None or len(names) > 2:
            return None
        event = found[1]
        if event.kind == "import":
            return self.find(".".join([event.dotted, *names[1:]])) if self.depth < _DEEPEST else None
        if isinstance(event.node, cst.FunctionDef):
            return (self, event.node, False) if len(names) == 1 else None
        owner = event.node if isinstance(event.node, cst.ClassDef) else None
        if event.kind == "bind" and isinstance(event.value, cst.Call) and isinstance(event.value.func, cst.Name):
            made = one_binding(scopes, event.value.func.value, at)
            owner = made[1].node if made is not None and isinstance(made[1].node, cst.ClassDef) else None
        method = method_of(owner, names[1]) if isinstance(owner, cst.ClassDef) and len(names) == 2 else None
        return (self, method, True) if method is not None else None


@lru_cache(maxsize=8)
def _context(data: bytes, path: str, repository: Repository, depth: int) -> Context:
    return Context(data, path, "python", repository, depth)


# what a helper does with what it is given
def _tried(there: Helpers, function: cst.FunctionDef, bound: bool, name: str) -> Runner | None:
    if any(not isinstance(d.decorator, cst.Name) or d.decorator.value != "staticmethod" for d in function.decorators):
        return None
    static = bool(function.decorators)
    params = [*function.params.posonly_params, *function.params.params]
    params = params[1:] if bound and not static else params
    scope = next((w.scope for w in there.context.scopes.where.values() if w.scope.node is function), None)
    if scope is None:
        return None
    star = function.params.star_arg
    for number, param in enumerate(params):
        row = _taking(there, function, scope, param.name.value, number, params)
        if row is not None:
            return row._replace(name=name)
    if isinstance(star, cst.Param):
        row = _taking(there, function, scope, star.name.value, len(params), params, star=True)
        return row._replace(name=name) if row is not None else None
    return None


def _taking(
    there: Helpers, function: cst.FunctionDef, scope: Scope, taken: str, at: int, params: list[cst.Param], star: bool = False
) -> Runner | None:
    """The row for a helper that starts what its parameter `taken` says; None when it does anything else with it."""
    context = there.context
    rows: set[Runner] = set()
    for call in context.scopes.calls:
        if context.scopes.where[call].scope is not scope:
            continue
        start = context.started(call)
        if start is None:
            continue
        form = _form(context, function, start, taken, star)
        if form is None:
            continue
        row = _around(context, function, scope, start, params)
        if row is None or form[0] == "?":
            return None
        rows.add(row._replace(form="varargs" if star else form[0], at=at, keyword="" if star else taken, prefix=form[1]))
    return rows.pop() if len(rows) == 1 else None


def _form(context: Context, function: cst.FunctionDef, start: Started, taken: str, star: bool) -> tuple[str, tuple[str, ...]] | None:
    """How the parameter reaches the process: its form and the words before it; None when it does not, "?" when not alone."""
    mark = cst.SimpleString(f'"{_MARK}"')
    kwargs = function.params.star_kwarg.name.value if function.params.star_kwarg is not None else ""
    nothing = cst.Call(cst.Name("_"))
    if star:
        frame = Frame(function, {}, (cst.Arg(mark),), taken, kwargs, nothing)
    else:
        frame = Frame(function, {taken: cst.List([cst.Element(mark)])}, (), "", kwargs, nothing)
    runner = start.runner
    shell = runner.form == "string" or start.shell()
    node = start.command() if runner.form != "varargs" else None
    if node is None and runner.form != "varargs":
        return None
    if node is not None:
        items = context.lists.words(node, frame) if not shell else []
    else:
        items = context.lists.arguments(start.call, runner.at, frame)
    words = [*(Word(((context.values.parts(cst.SimpleString(repr(p)), None))[0],), mark, mark) for p in runner.prefix), *items]
    marked = [n for n, w in enumerate(words) if isinstance(w, Word) and _MARK in w.text]
    if marked:
        before = words[: marked[0]]
        alone = len(marked) == 1 and marked[0] == len(words) - 1 and words[-1].node is mark
        sure = all(isinstance(w, Word) and not w.sometimes and not w.repeated and HOLE not in w.text for w in words)
        if not alone or not sure:
            return "?", ()
        return "argv", tuple(w.text for w in before if isinstance(w, Word))
    if star or node is None or not shell:
        return ("?", ()) if _mentions(start.call, taken) else None
    text = shown(context.values.parts(node, frame._replace(given={taken: mark})))
    if _MARK not in text:
        return ("?", ()) if _mentions(start.call, taken) else None
    return ("string", ()) if text == _MARK else ("?", ())


def _mentions(call: cst.Call, name: str) -> bool:
    stack: list[cst.CSTNode] = [a.value for a in call.args]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name) and node.value == name:
            return True
        stack.extend(children(node))
    return False


def _around(context: Context, function: cst.FunctionDef, scope: Scope, start: Started, params: list[cst.Param]) -> Runner | None:
    """The helper's row as far as its environment and its folder go; None where the environment is not surely handed on."""
    runner, call = start.runner, start.call
    changed = changed_variables(context.scopes)
    if None in changed:
        return None
    out = runner._replace(env="", env_at=-1, cwd="", extends=False, lacks=runner.lacks | {c for c in changed if c is not None})
    kwargs = function.params.star_kwarg.name.value if function.params.star_kwarg is not None else ""
    handed = any(a.star == "**" and isinstance(a.value, cst.Name) and a.value.value == kwargs for a in call.args)
    if any(a.star == "**" for a in call.args) and (not handed or rebound(scope, kwargs)):
        return None
    names = {p.name.value: p for p in (*params, *function.params.kwonly_params)}
    env = start.given(runner.env, runner.env_at)
    if env is None and handed and runner.env == "env":
        out = out._replace(env="env", extends=runner.extends)
    elif isinstance(env, cst.Name) and env.value in names and not rebound(scope, env.value):
        if not _is_none(names[env.value].default):
            return None
        at = next((n for n, p in enumerate(params) if p.name.value == env.value), -1)
        out = out._replace(env=env.value, env_at=at, extends=runner.extends)
    elif env is not None:
        frame = Frame(function, {}, (), "", kwargs, call)
        lacks = _literals(function)
        if not context.environments.holds(env, _MARK, frame):
            return None
        out = out._replace(lacks=out.lacks | lacks)
    cwd = start.given(runner.cwd) if runner.cwd else None
    if cwd is None:
        homes = context.folders.moved() if not handed else None
        return out._replace(cwd="cwd" if handed and runner.cwd == "cwd" else "", homes=homes or runner.homes)
    if isinstance(cwd, cst.Name) and cwd.value in names and not rebound(scope, cwd.value):
        default = names[cwd.value].default
        homes = None if _is_none(default) or default is None else _known(context, default)
        at = next((n for n, p in enumerate(params) if p.name.value == cwd.value), -1)
        return out._replace(cwd=cwd.value, homes=homes, cwd_at=at)
    return out._replace(homes=_known(context, cwd))


def _known(context: Context, node: cst.BaseExpression) -> tuple[str | None, ...] | None:
    """The folder that a helper names: relative to the place of its file; None for the folder that it is started in."""
    text = shown(context.values.parts(node, None))
    if text in (".", ""):
        return None
    return context.folders.of(context.values.parts(node, None)) if text.startswith(ROOT) else (None,)


def _is_none(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _literals(function: cst.FunctionDef) -> frozenset[str]:
    """Every text in a function: what it may set in, or take out of, a copy of the environment."""
    out: set[str] = set()
    stack: list[cst.CSTNode] = [function]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.SimpleString):
            out.add(text_of(node) or "")
        elif isinstance(node, cst.Arg) and node.keyword is not None:
            out.add(node.keyword.value)
        stack.extend(children(node))
    return frozenset(out)
