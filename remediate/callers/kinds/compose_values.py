"""Compose's `${...}`: what a value comes from, and what a path comes to. The rules are Compose's own, not a shell's."""

from __future__ import annotations

from remediate.callers.places import UNKNOWN
from remediate.model import NamedTuple
from remediate.text import late

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_WORD = late(_NAME)
_INSERT = late(r"\$(?:(\$)|(" + _NAME + r")|\{(" + _NAME + r")(?:(:?[-?+])([^{}]*))?\}|(\{))")


class Origin(NamedTuple):
    """`env`: the variable that is the whole value. Else `why` says what the value is. `strict`: the build stopped without it."""

    env: str = ""
    why: str = ""
    literal: bool = False
    strict: bool = False


def origin(name: str, value: str | None) -> Origin:
    """Where the value of build arg `name` comes from; None: only the name is given."""
    if value is None:
        return Origin(env=name) if _WORD.fullmatch(name) else Origin(why="its name is put together")
    found = _INSERT.search(value)
    inserts = [m for m in _INSERT.finditer(value) if not m[1]]
    if not inserts:
        return Origin(why="the value stands in the file: rotate it", literal=True)
    if found is None or len(inserts) > 1 or found.span() != (0, len(value)) or found[6]:
        return Origin(why="the value is put together")
    variable, sign, rest = found[2] or found[3], found[4] or "", found[5] or ""
    if sign.endswith("?"):
        return Origin(env=variable, strict=True)
    if sign.endswith("-") and not rest:
        return Origin(env=variable)
    if sign:
        return Origin(why=f"{variable} has a default" if sign.endswith("-") else "the value is put together")
    return Origin(env=variable)


def path(text: str) -> str:
    """A path with its variables: defaults put in, what is not known as `*`."""
    out, at = [], 0
    for found in _INSERT.finditer(text):
        out.append(text[at : found.start()])
        at = found.end()
        if found[6]:
            return "".join(out) + UNKNOWN  # nested: how far it goes is not asked
        out.append("$" if found[1] else _inserted(found[4] or "", found[5] or ""))
    return "".join(out) + text[at:]


def _inserted(sign: str, rest: str) -> str:
    return rest if sign.endswith("-") and rest and "$" not in rest else UNKNOWN
