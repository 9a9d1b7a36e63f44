"""What of a build depends on who calls the function around it."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.argv import Found
from remediate.callers.python.tree import children
from remediate.callers.python.values import HOLE


def unnamed(found: Found) -> bool:
    """Whether the name of a build arg is not known."""
    return any(HOLE in (f.value or "").partition("=")[0] for f in found.command.build_args())


def unsettled(found: Found, function: cst.FunctionDef) -> bool:
    """Whether a parameter says which build args there are, or which Dockerfile is built."""
    params = function.params
    names = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    names |= {p.name.value for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)}
    if unnamed(found):
        return True
    command = found.command
    places = [found.words[command.context]] if command.context >= 0 else []
    places += [found.word(f) for f in command.named("-f", "--file", "--dockerfile")]
    nodes: list[cst.CSTNode] = [p.hole for w in places for p in w.parts if p.hole is not None]
    nodes += [g.node for g in found.gaps]
    return any(_names(n, names) for n in nodes)


def _names(node: cst.CSTNode, names: set[str]) -> bool:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, cst.Name) and one.value in names:
            return True
        stack.extend(children(one))
    return False
