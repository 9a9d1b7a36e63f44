"""Where a shell text gives a variable its value."""

from __future__ import annotations

from itertools import pairwise

from remediate.model import NamedTuple
from remediate.shell.view import Assignment, Command, Word

_DECLARE = frozenset({"export", "declare", "typeset", "readonly", "local"})
NAMING = frozenset({"declare", "typeset", "local", "readonly", "printf", "read", "mapfile", "readarray"})
_READERS = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "printf"})


class Definition(NamedTuple):
    """A variable gets a value in command `index`; `word` is None where it is not told which (`read`, `unset`, `local X`)."""

    name: str
    command: Command
    word: Word | None
    append: bool = False
    exported: bool = False
    local: bool = False


def function_of(command: Command) -> str:
    """The innermost function that the command stands in."""
    return next((s[9:] for s in reversed(command.scopes) if s.startswith("function:")), "")


def _indexed(one: Assignment) -> bool:
    """`a[1]=x`: one element of an array."""
    return one.value is not None and one.value.start - one.start > len(one.name.encode()) + 1 + one.append


def names_any(command: Command) -> bool:
    """`declare "$k=$v"`, `printf -v "$name"`, `read "$name"`, `local -n ref=$1`: which variable gets a value is not told."""
    words = command.argv[1:]
    if command.name == "printf":
        return any(a.value == "-v" and b.value is None for a, b in pairwise(words))
    flags = "".join([w.value or "" for w in words if w.raw.startswith("-")])
    if command.name in _DECLARE:
        return "n" in flags or any(w.value is None and "=" not in w.prefix and not w.raw.startswith("-") for w in words)
    return any(w.value is None and not w.raw.startswith("-") for w in words)


def defined(command: Command) -> list[Definition]:
    name = command.name
    inside = name in ("local", "declare", "typeset") and bool(function_of(command))
    out = [
        Definition(a.name, command, None if _indexed(a) else a.value, a.append or _indexed(a), a.exported, inside)
        for a in command.assignments
        if not command.argv or name in _DECLARE
    ]
    words = command.argv[1:]
    if name in _DECLARE and not (name == "export" and any(w.value == "-n" for w in words)):
        known = {a.start for a in command.assignments}
        flags = "".join(w.value or "" for w in words if w.raw.startswith("-"))
        taken = any(w.raw.startswith("+") and "x" in w.raw for w in words)
        for word in words:
            if word.value and word.value.isidentifier() and word.start not in known and name != "readonly":
                exported = name == "export" or "x" in flags
                local = name != "export" and bool(function_of(command))
                if exported or local or taken:
                    out.append(Definition(word.value, command, None, False, exported, local))
        out = [d for d in out if d.word is not None or not any(o.name == d.name and o.word is not None for o in out)]
    elif name == "export" or name in _READERS:
        out += [Definition(w.value, command, None) for w in words if w.value and w.value.isidentifier()]
    for word in command.argv:
        out += [Definition(e.name, command, None) for e in word.expansions if e.op in (":=", "=")]
    return out
