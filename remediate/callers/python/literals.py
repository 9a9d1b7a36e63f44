"""The text of string literals, piece by piece with its bytes; and new literals in the style of an old one."""

from __future__ import annotations

import string

import libcst as cst

from remediate.model import NamedTuple
from remediate.text import late

_ESCAPE = late(r"\\(?:\r?\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_PERCENT = late(r"%(?:\((\w+)\))?([#0 +-]*)(\*|\d+)?(?:\.(?:\*|\d+))?([a-zA-Z%])")


class Piece(NamedTuple):
    """`text` stands for the characters `start`..`end` of the raw content."""

    text: str
    start: int
    end: int


class Field(NamedTuple):
    """A replacement field of a format string: which argument it takes (a position or a name), and whether it is plain (`{}`, `%s`)."""

    start: int
    end: int
    argument: int | str
    plain: bool


def decoded(raw: str, is_raw: bool, braces: bool = False) -> list[Piece] | None:
    """The content of a literal; `braces`: `{{` and `}}` stand for one. None for `\\N{...}`, which is not looked up."""
    out: list[Piece] = []
    at = 0
    while at < len(raw):
        char = raw[at]
        if char == "\\" and not is_raw:
            match = _ESCAPE.match(raw, at)
            if match is None or match[0].startswith("\\N"):
                return None
            out.append(Piece(_unescaped(match[0]), at, match.end()))
            at = match.end()
        elif braces and raw[at : at + 2] in ("{{", "}}"):
            out.append(Piece(char, at, at + 2))
            at += 2
        else:
            end = at + 1
            while end < len(raw) and raw[end] not in "\\{}":
                end += 1
            out.append(Piece(raw[at:end], at, end))
            at = end
    return out


def _unescaped(escape: str) -> str:
    body = escape[1:]
    if body in _SIMPLE:
        return _SIMPLE[body]
    if body in ("\n", "\r\n"):
        return ""
    if body[0] in "xuU" and len(body) > 1:
        number = int(body[1:], 16)
        return chr(number) if number < 0x110000 else escape
    return chr(int(body, 8)) if body[0] in "01234567" else escape


def content(node: cst.SimpleString) -> list[Piece] | None:
    """The text of a plain literal; None for bytes."""
    if "b" in node.prefix.lower():
        return None
    return decoded(node.raw_value, "r" in node.prefix.lower())


def text_of(node: cst.CSTNode) -> str | None:
    """The whole text of a plain literal, also of several side by side."""
    if isinstance(node, cst.ConcatenatedString):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None or right is None else left + right
    pieces = content(node) if isinstance(node, cst.SimpleString) else None
    return None if pieces is None else "".join(p.text for p in pieces)


def percent_fields(text: str) -> list[Field] | None:
    """The fields of `text % ...`; None for forms that are not followed."""
    out: list[Field] = []
    at = text.find("%")
    while at >= 0:
        match = _PERCENT.match(text, at)
        if match is None or match[3] == "*":
            return None
        if match[4] != "%":
            out.append(Field(at, match.end(), match[1] or len(out), match[0] in ("%s", f"%({match[1]})s")))
        at = text.find("%", match.end())
    return out


def format_fields(text: str) -> list[Field] | None:
    """The fields of `text.format(...)`; None for nested and attribute forms."""
    out: list[Field] = []
    at = number = 0
    try:
        for before, name, spec, conversion in string.Formatter().parse(text):
            at = _behind(text, at, before)
            if name is None:
                continue
            end = text.find("}", at)
            if (name and not name.isidentifier() and not name.isdigit()) or "{" in (spec or ""):
                return None
            argument: int | str = int(name) if name.isdigit() else name or number
            number += 0 if name else 1
            out.append(Field(at, end + 1, argument, not spec and not conversion))
            at = end + 1
    except ValueError:
        return None
    return out


def _behind(text: str, at: int, before: str) -> int:
    """The offset behind `before`, in which a brace stands for two."""
    for char in before:
        at += 2 if char in "{}" and text[at : at + 2] == char * 2 else 1
    return at


def quote_of(node: cst.CSTNode) -> str:
    """The quote that a literal uses; `"` for anything else."""
    if isinstance(node, cst.ConcatenatedString):
        return quote_of(node.left)
    if isinstance(node, cst.BinaryOperation):
        return quote_of(node.left)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return quote_of(node.func.value)
    if isinstance(node, cst.SimpleString):
        return node.quote[0]
    return node.start[-1] if isinstance(node, cst.FormattedString) else '"'


def literal(text: str, quote: str = '"') -> str:
    """A plain literal for a text."""
    if text.isprintable() and quote not in text and "\\" not in text:
        return f"{quote}{text}{quote}"
    return repr(text)
