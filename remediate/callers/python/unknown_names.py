"""Names of build args that are put together while the program runs: what is known of them."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.names import dotted
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.values import Part, Parts

_RECASED = frozenset("upper lower swapcase title capitalize replace format translate".split())


def name_parts(parts: Parts) -> Parts:
    """What stands before the `=`."""
    out: list[Part] = []
    for part in parts:
        before, equals, _ = part.text.partition("=")
        if part.hole is not None or not equals:
            out.append(part)
            continue
        return (*out, part._replace(text=before)) if before else tuple(out)
    return tuple(out)


def pattern(scopes: Scopes, parts: Parts) -> str:
    """`*_TOKEN` for a name of which the end is known; "*" for one that may be any variable; "" for one that stands somewhere as it is."""
    name = name_parts(parts)
    text = "".join("*" if p.hole is not None else p.text for p in name).lstrip("-")
    if text.strip("*_") and not set(text) - _ALLOWED:
        return text
    return "*" if any(_from_anywhere(scopes, p.hole) for p in name if p.hole is not None) else ""


_ALLOWED = frozenset("*_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def _from_anywhere(scopes: Scopes, node: cst.BaseExpression) -> bool:
    """`name.upper()`, or the variable of a loop over the environment."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _RECASED:
        return True
    if not isinstance(node, cst.Name) or node not in scopes.where:
        return False
    scope = scopes.find(node.value, scopes.where[node].scope)
    loops = [e.node for e in scope.events.get(node.value, ()) if e.kind == "loop"] if scope is not None else []
    return any(_over_environment(scopes, loop.iter) for loop in loops if isinstance(loop, (cst.For, cst.CompFor)))


def _over_environment(scopes: Scopes, node: cst.BaseExpression) -> bool:
    where = scopes.where.get(node)
    if where is None:
        return False
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("sorted", "list", "dict") and node.args:
        return _over_environment(scopes, node.args[0].value)
    return dotted(scopes, node, where) in ("os.environ", "os.environ.items", "os.environ.keys", "os.environ.copy")

