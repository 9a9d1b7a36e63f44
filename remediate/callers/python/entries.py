"""The entries of a dict that is written out: `build_args={"T": token}`, `dict(T=token)`, a variable that holds one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from remediate.callers.python.cuts import cut
from remediate.callers.python.events import Event
from remediate.callers.python.literals import text_of
from remediate.callers.python.site import Context
from remediate.callers.python.stories import story_of
from remediate.callers.python.turns import Pair
from remediate.model import NamedTuple, Span


class Entry(NamedTuple):
    """`plain`: it stands in the dict itself, and can be taken out of it."""

    name: str
    value: cst.BaseExpression
    node: cst.CSTNode
    plain: bool = True


class Entries(NamedTuple):
    """`holder` is the dict (or the call of `dict`); `complete`: there are no others. `inline`: it stands in the argument itself."""

    all: tuple[Entry, ...] = ()
    holder: cst.Dict | cst.Call | None = None
    complete: bool = True
    inline: bool = True
    context: Context | None = None

    def named(self, name: str) -> Entry | None:
        found = [e for e in self.all if e.name == name]
        return found[0] if len(found) == 1 else None

    def emptied(self, names: Sequence[str]) -> bool:
        """Whether nothing is left without these."""
        whole = self.holder is not None and len(self.all) == len(_members(self.holder)) and bool(self.all)
        return whole and self.complete and all(e.plain and e.name in names for e in self.all)

    def removed(self, names: Sequence[str]) -> Iterable[tuple[Span, cst.CSTNode]]:
        """The bytes of these entries, with their commas."""
        if self.holder is None or self.context is None:
            return
        members = _members(self.holder)
        gone = [n for n, m in enumerate(members) if any(e.node is m and e.name in names for e in self.all)]
        kept = [n for n in range(len(members)) if n not in gone]
        for number in gone:
            yield cut(self.context.tree, members, number, number, any(k > number for k in kept)), members[number]


def _members(holder: cst.Dict | cst.Call) -> list[cst.CSTNode]:
    return list(holder.elements) if isinstance(holder, cst.Dict) else list(holder.args)


def entries_of(context: Context, node: cst.BaseExpression, steps: int = 6) -> Entries:
    """What a dict expression holds, as far as it is written out."""
    if isinstance(node, cst.Dict):
        out: list[Entry] = []
        complete = True
        for element in node.elements:
            name = text_of(element.key) if isinstance(element, cst.DictElement) else None
            if name is not None:
                out.append(Entry(name, element.value, element))
            elif isinstance(element, cst.StarredDictElement) and steps > 0:
                inner = entries_of(context, element.value, steps - 1)
                out += [e._replace(plain=False) for e in inner.all]
                complete = complete and inner.complete
            else:
                complete = False
        return Entries(tuple(out), node, complete, True, context)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        found = [Entry(a.keyword.value, a.value, a) for a in node.args if a.keyword is not None]
        return Entries(tuple(found), node, len(found) == len(node.args), True, context)
    if isinstance(node, cst.Name) and steps > 0:
        return _variable(context, node, steps)
    none = isinstance(node, cst.Name) and node.value == "None"
    return Entries(complete=none)


def members_of(context: Context, node: cst.BaseExpression) -> tuple[list[tuple[Pair, bool]], cst.CSTNode | None] | None:
    """All members of a dict; None when they are not all known, or one name stands there twice."""
    found = entries_of(context, node)
    names = [e.name for e in found.all]
    if not found.complete or len(set(names)) < len(names) or (found.holder is None and not names and not _nothing(node)):
        return None
    return [((e.name, e.value, e.node), e.plain) for e in found.all if '"' not in e.name and "\\" not in e.name], found.holder


def _nothing(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _variable(context: Context, node: cst.Name, steps: int) -> Entries:
    if node.value == "None":
        return Entries()
    where = context.scopes.where[node]
    scope = context.scopes.find(node.value, where.scope)
    story = story_of(scope, node.value, where) if scope is not None else None
    if not story or story[0].kind != "bind" or not isinstance(story[0].value, cst.BaseExpression):
        return Entries(complete=False)
    found = entries_of(context, story[0].value, steps - 1)
    known = [e for event in story[1:] for e in _set(event)]
    strange = [e for e in story[1:] if e.kind not in ("escape", "set")]
    unnamed = [e for e in story[1:] if e.kind == "set" and not _set(e)]
    others = [
        e
        for e in (scope.events[node.value] if scope is not None else ())
        if e.kind == "escape" and e.value is not node and not _reads(context, e)
    ]
    plain = not strange and not others
    entries = tuple(e._replace(plain=e.plain and plain) for e in found.all) + tuple(known)
    return Entries(entries, found.holder, found.complete and not strange and not unnamed, False, context)


def _set(event: Event) -> list[Entry]:
    """`build_args["T"] = token`"""
    node = event.node
    if event.kind == "set" and isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
        name = text_of(node.slice[0].slice.value)
        if name is not None and isinstance(event.value, cst.BaseExpression):
            return [Entry(name, event.value, node, plain=False)]
    return []


def _reads(context: Context, event: Event) -> bool:
    return isinstance(event.node, cst.Call) and context.lists.reads(event.node)
