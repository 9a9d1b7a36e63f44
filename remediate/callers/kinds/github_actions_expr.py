"""Expressions of GitHub Actions, `${{ ... }}`: where they stand in a text, and what they can come to.

Nothing is computed that is not plain: a name of `matrix`, `env`, `inputs`, a quoted text, `a || b`.
All else is `*`, as in `callers.places`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set

from remediate.callers.places import UNKNOWN
from remediate.model import NamedTuple
from remediate.text import late

MAX_VALUES = 64
MAX_DEPTH = 6

Value = str | Mapping[str, "Value"] | None  # None: not known
Lookup = Callable[[str, int], tuple[str, ...]]

_CLOSING = late(r"'|\}\}")
_NAME = late(r"[A-Za-z_][A-Za-z0-9_-]*(?:\s*\.\s*[A-Za-z_*][A-Za-z0-9_-]*|\s*\[\s*'[^']*'\s*\])*")
_PART = late(r"[A-Za-z_*][A-Za-z0-9_-]*|'[^']*'")
_CONTEXT = late(
    r"(?<![\w.'-])(secrets|env|vars|inputs|matrix|needs|steps|github|runner|job|strategy)(?=\s*(?:\.|\[|\)|,|$))", re.IGNORECASE
)


class Expression(NamedTuple):
    """`text[start:end]` is `${{ inner }}`."""

    start: int
    end: int
    inner: str


def expressions(text: str) -> tuple[Expression, ...]:
    """All expressions of a text. A `}}` in a quoted part ends none; one that is not closed is no expression."""
    out = []
    at = text.find("${{")
    while at >= 0:
        end = _end(text, at + 3)
        if end < 0:
            break
        out.append(Expression(at, end, text[at + 3 : end - 2].strip()))
        at = text.find("${{", end)
    return tuple(out)


def _end(text: str, at: int) -> int:
    quoted = False
    for found in _CLOSING.finditer(text, at):
        if found[0] == "'":
            quoted = not quoted
        elif not quoted:
            return found.end()
    return -1


def sole(text: str) -> str:
    """The inside of the expression that a text consists of; "" when it is something else."""
    found = expressions(text.strip())
    return found[0].inner if len(found) == 1 and (found[0].start, found[0].end) == (0, len(text.strip())) else ""


def context_name(inner: str) -> tuple[str, str]:
    """`secrets.NPM_TOKEN` -> ("secrets", "NPM_TOKEN"); ("", "") when it is no plain name of two parts."""
    parts = path_of(inner)
    return (parts[0].lower(), parts[1]) if len(parts) == 2 else ("", "")


def path_of(inner: str) -> tuple[str, ...]:
    """The parts of `a.b['c']`; none when there is more than a name."""
    inner = inner.strip()
    if len(inner) > 500 or not _NAME.fullmatch(inner):
        return ()
    return tuple(p.strip("'") for p in _PART.findall(inner))


def contexts(text: str) -> frozenset[str]:
    """Which contexts the expressions of a text use."""
    return frozenset(m.group(1).lower() for e in expressions(text) for m in _CONTEXT.finditer(re.sub(r"'[^']*'", "''", e.inner[:4000])))


def is_plain_reference(text: str) -> bool:
    """Whether a value is nothing but a reference: it can be shown to people, since it holds no value itself."""
    inner = sole(text)
    return bool(inner) and "'" not in inner and bool(path_of(inner))


class Scope:
    """What the names of an expression stand for. `matrix`: one combination, None if not known; `here`: a local action's folder."""

    def __init__(
        self,
        env: Sequence[Mapping[str, str]] = (),
        matrix: Mapping[str, Value] | None = None,
        inputs: Lookup | None = None,
        unsure: Set[str] = frozenset(),
        here: str = UNKNOWN,
    ) -> None:
        self.env, self.matrix, self.inputs, self.unsure, self.here = tuple(env), matrix, inputs, unsure, here

    def within(self, env: Mapping[str, str], unsure: Set[str] = frozenset()) -> Scope:
        """The same with one more layer of `env:`; what is `unsure` may be set by the job's own commands."""
        return Scope((*self.env, env), self.matrix, self.inputs, self.unsure | unsure, self.here)

    def values(self, text: str, depth: int = 0) -> tuple[str, ...]:
        """All that a text can come to; `*` where it is not known."""
        if "${{" not in text:
            return (text,)
        found = [""]
        at = 0
        for one in expressions(text):
            parts = self.of(one.inner, depth)
            head = text[at : one.start]
            found = [f + head + p for f in found for p in parts]
            if len(found) > MAX_VALUES:
                return (UNKNOWN,)
            at = one.end
        return tuple(dict.fromkeys(f + text[at:] for f in found))

    def of(self, inner: str, depth: int = 0) -> tuple[str, ...]:
        """All that the inside of an expression can come to. Conditions are not computed: `a && 'x' || 'y'` is both."""
        if depth > MAX_DEPTH:
            return (UNKNOWN,)
        operands = split(inner, "||")
        if len(operands) > 1:
            return self._either(operands, depth)
        last = split(inner, "&&")[-1].strip()
        if len(last) > 1 and last[0] == last[-1] == "'" and "'" not in last[1:-1].replace("''", ""):
            return (last[1:-1].replace("''", "'"),)
        parts = path_of(last)
        return self._named(parts, depth) if len(parts) >= 2 else (UNKNOWN,)

    def _either(self, operands: Sequence[str], depth: int) -> tuple[str, ...]:
        out: list[str] = []
        for index, operand in enumerate(operands):
            found = self.of(operand, depth + 1)
            out += [f for f in found if f] if index + 1 < len(operands) else found
            if "&&" not in operand and "" not in found and UNKNOWN not in found:
                break
        return tuple(dict.fromkeys(out)) or ("",)

    def _named(self, parts: Sequence[str], depth: int) -> tuple[str, ...]:
        context, name = parts[0].lower(), parts[1]
        if context == "matrix" and self.matrix is not None:
            return self._matrix(parts[1:], depth)
        if context == "env" and len(parts) == 2 and name not in self.unsure:
            for layer in reversed(range(len(self.env))):
                if name in self.env[layer]:
                    outer = Scope(self.env[:layer], self.matrix, self.inputs, self.unsure, self.here)
                    return outer.values(self.env[layer][name], depth + 1)
        if context == "inputs" and self.inputs is not None and len(parts) == 2:
            return self.inputs(name, depth + 1)
        if context == "github" and len(parts) == 2 and name in ("workspace", "action_path"):
            return (".",) if name == "workspace" else (self.here,)
        return (UNKNOWN,)

    def _matrix(self, names: Sequence[str], depth: int) -> tuple[str, ...]:
        at: Value = self.matrix
        for name in names:
            if not isinstance(at, Mapping):
                return (UNKNOWN,) if at is None else ("",)
            at = at.get(name, "")
        if not isinstance(at, str):
            return (UNKNOWN,)
        return self.values(at, depth + 1)


def split(inner: str, operator: str) -> list[str]:
    """The operands of `||` or `&&`, as far as these stand outside quotes and brackets."""
    out, start, at, depth, quoted = [], 0, 0, 0, False
    while at < len(inner):
        char = inner[at]
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "([":
            depth += 1
        elif not quoted and char in ")]":
            depth -= 1
        elif not quoted and depth == 0 and inner.startswith(operator, at):
            out.append(inner[start:at])
            at += 1
            start = at + 1
        at += 1
    return [*out, inner[start:]]


def masks(data: bytes) -> tuple[tuple[int, int], ...]:
    """The ranges of the expressions in a text of bytes."""
    return tuple((e.start, e.end) for e in expressions(data.decode("latin-1")))
