"""Which bytes go when elements of a list, entries of a dict or arguments go: their commas, and no comment of a neighbour."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from remediate.callers.python.tree import Tree
from remediate.model import Span
from remediate.text import late

_REST = late(rb"[ \t]*,?[ \t]*(?:#[^\n]*)?\r?(?:\n|$)")
_COMMA = late(rb"[ \t]*,")


def cut(tree: Tree, elements: Sequence[cst.CSTNode], first: int, last: int, kept_behind: bool = True) -> Span:
    """The bytes of elements `first` to `last`. `kept_behind`: something that stays stands behind them."""
    data, start, end = tree.data, tree.span(elements[first]).start, tree.span(elements[last]).end
    line = data.rfind(b"\n", 0, start) + 1
    rest = _REST.match(data, end)
    if not data[line:start].strip() and rest is not None:
        return Span(line, rest.end())  # lines of their own, with what is said about them there
    comma = _COMMA.match(data, end)
    behind = comma.end() if comma is not None else end
    if kept_behind and last + 1 < len(elements):
        after = tree.span(elements[last + 1]).start
        return Span(start, behind if b"#" in data[end:after] else after)
    if first > 0:
        before = tree.span(elements[first - 1]).end
        return Span(start, behind) if b"#" in data[before:start] else Span(before, end)
    return Span(start, behind)
