"""The tokens of expressions in a justfile, its strings, and the `{{...}}` in its recipes."""

from __future__ import annotations

from remediate.formats.embedded import FormatError
from remediate.model import NamedTuple
from remediate.text import late

_TOKEN = late(rb"[A-Za-z_][\w-]*|[ \t\r\n]+|\\\r?\n|:=|==|!=|=~|&&|\|\||.", 16)  # re.DOTALL


class Token(NamedTuple):
    """`kind`: "name", "string", "command" (backquotes), or the sign itself. `value` is the decoded text of a string."""

    kind: str
    start: int
    end: int
    value: str = ""


class Interpolation(NamedTuple):
    """`{{expression}}` at logical `start`..`end`; `inner` is the expression."""

    start: int
    end: int
    inner: bytes


def interpolations(data: bytes) -> tuple[Interpolation, ...]:
    """All `{{...}}` of a body text; `{{{{` is text. Raises FormatError for one that is not closed."""
    out: list[Interpolation] = []
    at = data.find(b"{{")
    while at >= 0:
        if data.startswith(b"{{{{", at):
            at = data.find(b"{{", at + 4)
            continue
        end = at + 2
        while not data.startswith(b"}}", end):
            if end >= len(data):
                raise FormatError("an interpolation is not closed")
            end = string_end(data, end) if data[end] in b"\"'`" else end + 1
        out.append(Interpolation(at, end + 2, data[at + 2 : end].strip()))
        at = data.find(b"{{", end + 2)
    return tuple(out)


def tokens(data: bytes, start: int, end: int) -> tuple[Token, ...]:
    """The tokens of an expression, without blanks; a comment ends it."""
    out: list[Token] = []
    at = start
    while at < end:
        if data[at] in b"\"'`":
            stop = min(string_end(data, at), end)
            quote = 3 if data[at : at + 3] in (b"'''", b'"""', b"```") else 1
            kind = "command" if data[at] == 96 else "string"
            out.append(Token(kind, at, stop, _decoded(data[at + quote : stop - quote], data[at] == 34)))
            at = stop
            continue
        found = _TOKEN.match(data, at, end)
        if found is None or found.group() == b"#":
            break
        text = found.group()
        if text.strip(b" \t\r\n\\"):
            kind = "name" if text[:1].isalpha() or text[:1] == b"_" else text.decode("utf-8", "replace")
            out.append(Token(kind, at, found.end(), text.decode("utf-8", "replace")))
        at = found.end()
    return tuple(out)


def _decoded(text: bytes, escapes: bool) -> str:
    value = text.decode("utf-8", "replace")
    if not escapes or "\\" not in value:
        return value
    parts = value.split("\\\\")
    for old, new in (('\\"', '"'), ("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\\n", "")):
        parts = [p.replace(old, new) for p in parts]
    return "\\".join(parts)


def string_end(data: bytes, at: int) -> int:
    """Behind the string that begins at `at`; the end of the data when it is not closed."""
    quote = data[at : at + 1]
    triple = quote * 3
    mark = triple if data.startswith(triple, at) else quote
    end = at + len(mark)
    while end < len(data):
        if quote == b'"' and data[end] == 92:
            end += 2
        elif data.startswith(mark, end):
            return end + len(mark)
        else:
            end += 1
    return len(data)
