"""The lines of a Makefile below its statements: references, comments, continuations, operators of assignments."""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late


class Reference(NamedTuple):
    """`$(...)`, `${...}` or `$X` at `start`..`end`; `inner` is what stands between the brackets. `$$` has the inner text `$`."""

    start: int
    end: int
    inner: bytes

    @property
    def is_dollar(self) -> bool:
        return self.inner == b"$" and self.end - self.start == 2

    @property
    def name(self) -> str:
        """The variable's name of a plain reference, "" for a function, a substitution or a computed name."""
        return self.inner.decode() if _PLAIN.fullmatch(self.inner) else ""


_PLAIN = late(rb"[A-Za-z0-9_.@<^+?*%|/-]+")
_CLOSING = {40: 41, 123: 125}


def references(data: bytes, start: int = 0, end: int | None = None) -> tuple[Reference, ...]:
    """The outermost references, from left to right; one that is not closed ends with the text. Linear in the text."""
    out: list[Reference] = []
    stop = len(data) if end is None else end
    at = data.find(b"$", start, stop)
    while at >= 0:
        close = _reference_end(data, at, stop)
        inner = data[at + 2 : close - 1] if data[at + 1 : at + 2] in (b"(", b"{") else data[at + 1 : close]
        out.append(Reference(at, close, inner))
        at = data.find(b"$", close, stop)
    return tuple(out)


def _reference_end(data: bytes, at: int, stop: int) -> int:
    if at + 1 >= stop:
        return stop
    opening = data[at + 1]
    if opening not in _CLOSING:
        return at + 2
    depth = 0
    for index in range(at + 1, stop):
        if data[index] == opening:
            depth += 1
        elif data[index] == _CLOSING[opening]:
            depth -= 1
            if depth == 0:
                return index + 1
    return stop


def continues(data: bytes, start: int, end: int) -> bool:
    """Whether an odd number of backslashes stands before `end`."""
    at = end
    while at > start and data[at - 1] == 92:
        at -= 1
    return (end - at) % 2 == 1


def joined(data: bytes, start: int, end: int) -> LogicalText:
    """A line outside recipes: each continuation, with the blanks around it, is one space."""
    pieces: list[Piece] = []
    at = start
    while True:
        found = data.find(b"\n", at, end)
        if found < 0:
            pieces.append(Piece(data[at:end], at, end))
            return LogicalText(pieces)
        stop = found - 1 if data[found - 1 : found] == b"\r" else found
        stop -= 1  # the backslash
        while stop > at and data[stop - 1] in b" \t":
            stop -= 1
        following = found + 1
        while following < end and data[following] in b" \t":
            following += 1
        pieces += [Piece(data[at:stop], at, stop), Piece(b" ", stop, following)]
        at = following


def outside(data: bytes, mark: bytes, start: int = 0) -> int:
    """The first `mark` outside references and before a comment, -1 when there is none."""
    at = start
    while at < len(data):
        char = data[at : at + 1]
        if char == b"$":
            at = _reference_end(data, at, len(data))
            continue
        if char == mark:
            return at
        if char == b"#" and data[at - 1 : at] != b"\\":
            return -1
        at += 1
    return -1


def comment(data: bytes, start: int = 0) -> int:
    """Where the comment of a line begins, or the length of the line: `#` in a reference or after a backslash begins none."""
    found = outside(data, b"#", start)
    while found > 0 and data[found - 1 : found] == b"\\":
        found = outside(data, b"#", found + 1)
    return len(data) if found < 0 else found


def uncommented(text: bytes) -> bytes:
    return text[: comment(text)].rstrip()


def operator(text: bytes) -> tuple[str, str, int] | None:
    """(name, operator, length up to behind the operator) when this is `NAME = ...` of any kind."""
    at = 0
    while at < len(text) and text[at] not in b" \t:=?+!#":
        at = _reference_end(text, at, len(text)) if text[at] == 36 else at + 1
    name_end = at
    while at < len(text) and text[at] in b"+?!" and not _starts_operator(text, at):
        at += 1
        while at < len(text) and text[at] not in b" \t:=?+!#":
            at = _reference_end(text, at, len(text)) if text[at] == 36 else at + 1
        name_end = at
    while at < len(text) and text[at] in b" \t":
        at += 1
    if name_end == 0:
        return None
    for op in (b"::=", b":=", b"?=", b"+=", b"!=", b"="):
        if text.startswith(op, at):
            return text[:name_end].decode("utf-8", "replace"), op.decode(), at + len(op)
    return None


def _starts_operator(text: bytes, at: int) -> bool:
    return text[at + 1 : at + 2] == b"="


def assigns(rest: bytes) -> bool:
    """`include = x` and the like are assignments to a variable of that name."""
    return rest.startswith((b"=", b":=", b"::=", b"?=", b"+=", b"!="))


def needs_of(head: bytes) -> tuple[str, ...]:
    """The prerequisites in what stands behind the colon of a rule."""
    return tuple(w.decode("utf-8", "replace") for w in uncommented(head).replace(b"|", b" ").split())
