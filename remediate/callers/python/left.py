"""What of a file belongs to no build that is followed, and yet looks like one, or passes a build arg."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from remediate.callers.model import Refused, Unread
from remediate.callers.python.argv import Found, found_in
from remediate.callers.python.entries import entries_of
from remediate.callers.python.events import Scope
from remediate.callers.python.literals import text_of
from remediate.callers.python.names import dotted
from remediate.callers.python.shelltext import ShellText, shell_text
from remediate.callers.python.showing import plain_reader
from remediate.callers.python.site import Context
from remediate.callers.python.tree import children
from remediate.callers.python.unknown_names import pattern
from remediate.callers.python.values import HOLE, shown
from remediate.text import late

_COMMAND = late(
    r"\s*(?:(?:sudo|time|set -\w+ ?&&|exec|cd [^&;]*(?:&&|;)|export [^&;]*(?:&&|;)|[A-Z_]+=\S*)\s+)*"
    r"(?:\S*/)?(?:docker|podman|nerdctl|buildah)\s+(?:-\S+\s+\S+\s+)*(?:(?:image|builder|buildx|compose)\s+)?(?:build|bud|bake)\b"
)
_FLAG = late(rf"--build-arg(?:[ =]+([A-Za-z_{HOLE}][\w{HOLE}]*))?")
_KEYS = ("build_args", "buildargs", "build-args", "buildArgs", "docker_build_args")
_BESIDE = ("context", "dockerfile", "target", "tags", "dockerfile_inline")
_SHOWS = frozenset(
    "add_argument add_option option argument skip fail ArgumentParser Option Argument mark startswith endswith removeprefix removesuffix"
    " replace index count find get split partition strip joinpath exit SystemExit error usage".split()
)
_SHAPES = frozenset("replace format format_map strip lstrip rstrip split splitlines join encode removeprefix removesuffix".split())


class Left:
    """`used`: the nodes that belong to a build already."""

    def __init__(self, context: Context, used: set[cst.CSTNode]) -> None:
        self.context, self.used = context, used
        self.parents = context.tree.parents

    def lists(self) -> Iterator[tuple[Found, cst.CSTNode]]:
        """Lists, and arguments of a call, that are the words of a build."""
        for node in list(self.context.scopes.where):
            if isinstance(node, (cst.List, cst.Tuple)) and node not in self.used and len(node.elements) > 1 and not self._inert(node):
                items = self.context.lists.words(node)
            elif (
                isinstance(node, cst.Call)
                and len(node.args) > 1
                and node not in self.used
                and _starts(node)
                and not self._inert(node.args[0])
            ):
                items = self.context.lists.arguments(node, 0, None)
            else:
                continue
            found = found_in(items, self.context.tree)
            if found is not None and not any(w.node in self.used for w in found.words):
                self.used |= {w.node for w in found.words}
                self.used |= {n for n in self._below(node) if isinstance(n, (cst.List, cst.Tuple))}
                yield found, node

    def texts(self) -> Iterator[tuple[ShellText, cst.CSTNode]]:
        """Texts that begin with a build."""
        for node in list(self.context.scopes.where):
            if (
                not isinstance(node, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString))
                or self._part(node)
                or self._taken(node)
                or self._holds_taken(node)
            ):
                continue
            if _COMMAND.match(shown(self.context.values.parts(node, None))) is None or self._inert(node) or self._is_docstring(node):
                continue
            text = shell_text(self.context.values, node, None)
            if text is not None:
                self.used |= set(text.literals)
                self.used.add(node)
                yield text, node

    def flags(self) -> Iterator[Unread]:
        """Build args that are passed by what is none of the builds."""
        seen: set[tuple[int, str]] = set()
        for node in list(self.context.scopes.where):
            for found, name in self._passes(node):
                line = self.context.line(found)
                if (line, name) not in seen:
                    seen.add((line, name))
                    by_hand = (f'"--secret", "id=ID,env={name or "NAME"}"  # with the value in the environment of the command',)
                    yield Unread(line, Refused("caller-arguments", "it is passed in a way that is not followed", line, by_hand), name)

    def _passes(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, str]]:
        if isinstance(node, (cst.SimpleString, cst.FormattedString)):
            if self._taken(node) or self._inert(node) or self._is_docstring(node):
                return
            text = shown(self.context.values.parts(node, None))
            for match in _FLAG.finditer(text) if "--build-arg" in text else ():
                known = self._pattern(node, match[1]) if match[1] else ""
                yield node, known or (self._next(node) if match.end() == len(text) else "")
            if text == "build-arg":  # `f"--{option}"` makes the flag of it
                yield node, self._next(node)
        elif isinstance(node, cst.Call) and node not in self.used:
            for arg in node.args:
                if arg.keyword is not None and arg.keyword.value in _KEYS:
                    yield from self._keys(arg.value)
        elif isinstance(node, cst.Dict):
            beside = {text_of(e.key) for e in node.elements if isinstance(e, cst.DictElement)}
            for element in node.elements:
                key = text_of(element.key) if isinstance(element, cst.DictElement) else None
                if key in _KEYS or (key == "args" and (beside & set(_BESIDE) or self._below_build(node))):
                    yield from self._keys(element.value)

    def _pattern(self, node: cst.BaseExpression, name: str) -> str:
        """A name, with `*` for what is put together; of one that is not known at all, where it comes from."""
        if name.strip(HOLE + "_"):
            return name.replace(HOLE, "*")
        holes = (p for p in self.context.values.parts(node, None) if p.hole is not None)
        return next((found for p in holes if (found := pattern(self.context.scopes, (p,)))), "")

    def _keys(self, node: cst.BaseExpression) -> Iterator[tuple[cst.CSTNode, str]]:
        if node in self.used:
            return
        for entry in entries_of(self.context, node).all:
            yield entry.node, entry.name
        if isinstance(node, (cst.List, cst.Tuple)):
            for element in node.elements:
                name = shown(self.context.values.parts(element.value, None)).partition("=")[0]
                yield element, "" if HOLE in name else name

    def _below_build(self, node: cst.CSTNode) -> bool:
        parent = self.parents.get(node)
        return isinstance(parent, cst.DictElement) and text_of(parent.key) == "build"

    def _next(self, node: cst.CSTNode) -> str:
        """The name in the word behind a flag: `["--build-arg", "T=x"]`."""
        element = self.parents.get(node)
        holder = self.parents.get(element) if element is not None else None
        row = (
            list(holder.elements)
            if isinstance(holder, (cst.List, cst.Tuple))
            else list(holder.args)
            if isinstance(holder, cst.Call)
            else []
        )
        number = next((n for n, e in enumerate(row) if e is element), len(row))
        if number + 1 >= len(row):
            return ""
        name = shown(self.context.values.parts(row[number + 1].value, None)).partition("=")[0]
        return name if name.isidentifier() else ""

    # where a text only says something
    def _inert(self, node: cst.CSTNode, steps: int = 4) -> bool:
        """Whether a node is only shown or compared: an argument of print, of a logger, of an assertion, of argparse; or used only so."""
        below, at = node, self.parents.get(node)
        while at is not None and not isinstance(at, (cst.BaseStatement, cst.BaseSuite, cst.Module)):
            if isinstance(at, (cst.Raise, cst.Assert, cst.Comparison, cst.Decorator, cst.Annotation)):
                return True
            if isinstance(at, cst.Call) and not self._transparent(at, below):
                return self._shows(at)
            if isinstance(at, cst.Assign) and len(at.targets) == 1 and isinstance(at.targets[0].target, cst.Name):
                return steps > 0 and self._only_shown(at.targets[0].target, steps - 1)
            below, at = at, self.parents.get(at)
        return False

    def _only_shown(self, target: cst.Name, steps: int) -> bool:
        """Whether every use of a variable is inert (and there is one)."""
        where = self.context.scopes.where
        scope = self._scope_of.get(target)
        uses = [n for n in self._names.get(target.value, ()) if self.context.scopes.find(n.value, where[n].scope) is scope]
        return scope is not None and bool(uses) and all(self._inert(n, steps) for n in uses)

    @cached_property
    def _names(self) -> dict[str, list[cst.Name]]:
        out: dict[str, list[cst.Name]] = {}
        for node in self.context.scopes.where:
            if isinstance(node, cst.Name) and not isinstance(self.parents.get(node), cst.AssignTarget):
                out.setdefault(node.value, []).append(node)
        return out

    @cached_property
    def _scope_of(self) -> dict[cst.CSTNode, Scope]:
        scopes = {id(w.scope): w.scope for w in self.context.scopes.where.values()}
        return {e.node: s for s in scopes.values() for events in s.events.values() for e in events if e.kind == "bind"}

    def _transparent(self, call: cst.Call, below: cst.CSTNode) -> bool:
        """A call that only gives its argument, or its text, another shape: `list(...)`, `" ".join(...)`, `text.replace(...)`."""
        if below is call.func and isinstance(call.func, cst.Attribute):
            return call.func.attr.value in _SHAPES
        name = call.func.attr.value if isinstance(call.func, cst.Attribute) else getattr(call.func, "value", "")
        return name in ("list", "tuple", "str", "join", "format") and not self._name(call).startswith("os.path.")

    def _name(self, call: cst.Call) -> str:
        return dotted(self.context.scopes, call.func, self.context.scopes.where[call])

    def _shows(self, call: cst.Call) -> bool:
        name = call.func.attr.value if isinstance(call.func, cst.Attribute) else call.func.value if isinstance(call.func, cst.Name) else ""
        if name in _SHOWS or name.startswith("assert") or plain_reader(self.context.scopes, call):
            return True
        return self._name(call).startswith(("unittest.mock.", "mock.", "re.", "os.path.", "pathlib.", "sys.stdout.", "sys.stderr."))

    def _is_docstring(self, node: cst.CSTNode) -> bool:
        return isinstance(self.parents.get(node), cst.Expr) or (
            isinstance(node, cst.ConcatenatedString) and isinstance(self.parents.get(node), cst.Expr)
        )

    def _part(self, node: cst.CSTNode) -> bool:
        return isinstance(self.parents.get(node), (cst.ConcatenatedString, cst.FormattedStringExpression))

    def _taken(self, node: cst.CSTNode) -> bool:
        at: cst.CSTNode | None = node
        while at is not None and not isinstance(at, (cst.BaseStatement, cst.Call)):
            if at in self.used:
                return True
            at = self.parents.get(at)
        return False

    def _holds_taken(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.ConcatenatedString) and any(n in self.used for n in self._below(node))

    def _below(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        stack = [node]
        while stack:
            one = stack.pop()
            yield one
            stack.extend(children(one))


def _starts(call: cst.Call) -> bool:
    """`run("docker", "build", ...)`"""
    first = text_of(call.args[0].value)
    return first is not None and first.rpartition("/")[2] in ("docker", "podman", "nerdctl", "buildah", "sudo")
