"""Groovy as far as a pipeline needs it: tokens that know strings, comments and brackets exactly, and what stands in the strings.

No grammar of statements: who asks walks over tokens, and refuses what it does not know. An unbalanced or unclosed file is an error.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

from remediate.formats.embedded import Embedded, FormatError
from remediate.model import NamedTuple
from remediate.text import LogicalText, late

MAX_SIZE = 1024 * 1024
MAX_TOKENS = 400_000
MAX_NESTING = 60
MAX_DEPTH = 300

_BLANK = late(rb"[ \t\f\r]+|\\\r?\n|//[^\n]*")
_NAME = late(rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*|\$(?=[^/]|$)[A-Za-z0-9_]*")
_NUMBER = late(rb"[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?")
_SIGN = late(rb"\.\.<?|\?\.|\*\.|->|\+=|\+\+|-=|==~?|=~|!=|<=>|<=|>=|&&|\|\||\?:|.", 16)  # re.DOTALL
_PROPERTY = late(rb"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_ESCAPE = late(rb"\\(?:u+[0-9A-Fa-f]{4}|[0-7]{1,3}|\r?\n|.)", 16)
_SIMPLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"s": b" "}
# After these a slash begins a string; after a value it divides.
_BEFORE_SLASHY = frozenset("( [ { , ; : = == != =~ ==~ + += ? ?: && || ! ~ -> < > <= >=".split())
_WORDS_BEFORE_SLASHY = frozenset("return in case assert".split())
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """`kind`: "name", "string", "number", "newline", or "sign". `quote` of a string: `'`, `"`, `'''`, `\"\"\"`, `/` or `$/`.

    `holes` of a string are its interpolations: (start, end) with the `$`, in file offsets.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    quote: str = ""
    holes: tuple[tuple[int, int], ...] = ()


class Groovy(NamedTuple):
    """`partner` gives for each bracket the index of the other one; `parent` for each token that of the bracket around it, -1 outside."""

    data: bytes
    tokens: tuple[Token, ...]
    partner: dict[int, int]
    parent: tuple[int, ...]
    starts: tuple[int, ...]

    def line(self, token: Token) -> int:
        return bisect_right(self.starts, token.start)


class Hole(NamedTuple):
    """An interpolation at logical `start`..`end` of a string's text; `inner` is the expression without `$` and braces."""

    start: int
    end: int
    inner: str


@lru_cache(maxsize=8)
def read_groovy(data: bytes) -> Groovy:
    """Raises FormatError for what is not closed, not balanced, or too large."""
    if len(data) > MAX_SIZE or b"\0" in data:
        raise FormatError("the file is too large, or holds a NUL byte")
    lexer = _Lexer(data)
    found = tuple(lexer.tokens())
    starts = [0]
    at = data.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\n", at + 1)
    partner: dict[int, int] = {}
    parent: list[int] = []
    opened: list[int] = []
    for index, token in enumerate(found):
        if token.kind == "sign" and token.text in (")", "]", "}"):
            if not opened or _PAIRS[found[opened[-1]].text] != token.text:
                raise FormatError("a bracket has no partner", line=bisect_right(starts, token.start))
            partner[index] = opened.pop()
            partner[partner[index]] = index
        parent.append(opened[-1] if opened else -1)
        if token.kind == "sign" and token.text in _PAIRS:
            opened.append(index)
            if len(opened) > MAX_DEPTH:
                raise FormatError("brackets are nested too deeply", line=bisect_right(starts, token.start))
    if opened:
        raise FormatError("a bracket is not closed", line=bisect_right(starts, found[opened[-1]].start))
    return Groovy(data, found, partner, tuple(parent), tuple(starts))


class _Lexer:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.last: Token | None = None

    def tokens(self) -> list[Token]:
        data, out = self.data, []
        at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        if data.startswith(b"#!", at):
            at = _line_end(data, at)
        while at < len(data):
            if found := _BLANK.match(data, at):
                at = found.end()
                continue
            if data.startswith(b"/*", at):
                end = data.find(b"*/", at + 2)
                if end < 0:
                    raise FormatError("a comment is not closed", line=data.count(b"\n", 0, at) + 1)
                at = end + 2
                continue
            token = self._token(at)
            out.append(token)
            if len(out) > MAX_TOKENS:
                raise FormatError("the file is too large")
            at = token.end
            self.last = token
        return out

    def _token(self, at: int) -> Token:
        data = self.data
        if data[at] == 10:
            return Token("newline", at, at + 1)
        quote = self._quote(at)
        if quote:
            end, holes = _string(data, at, quote, 0)
            return Token("string", at, end, quote=quote, holes=holes)
        for kind, pattern in (("name", _NAME), ("number", _NUMBER)):
            if found := pattern.match(data, at):
                return Token(kind, at, found.end(), found.group().decode("utf-8", "replace"))
        sign = _SIGN.match(data, at)
        assert sign is not None
        return Token("sign", at, sign.end(), sign.group().decode("utf-8", "replace"))

    def _quote(self, at: int) -> str:
        data = self.data
        for quote in ("'''", '"""', "'", '"'):
            if data.startswith(quote.encode(), at):
                return quote
        if data.startswith(b"$/", at) and self._value_expected():
            return "$/"
        return "/" if data[at] == 47 and self._value_expected() and data[at + 1 : at + 2] != b"=" and _closes(data, at) else ""

    def _value_expected(self) -> bool:
        last = self.last
        if last is None or last.kind == "newline":
            return True
        if last.kind == "name":
            return last.text in _WORDS_BEFORE_SLASHY or last.text in ("sh", "echo")
        return last.kind == "sign" and last.text in _BEFORE_SLASHY


def _closes(data: bytes, at: int) -> bool:
    """Whether a slash on the same line could end the string."""
    return data.find(b"/", at + 1, _line_end(data, at)) >= 0


def _line_end(data: bytes, at: int) -> int:
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found


_STOPS = {
    "'": late(rb"[\\'\n]"), "'''": late(rb"[\\']"),
    '"': late(rb"[\\\"\n$]"), '"""': late(rb"[\\\"$]"), "/": late(rb"[\\/$]"), "$/": late(rb"[/$]"),
}  # fmt: skip


def _string(data: bytes, start: int, quote: str, depth: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """(end, holes) of the string at `start`."""
    mark = b"/$" if quote == "$/" else quote.encode()
    holes: list[tuple[int, int]] = []
    at = start + len(quote)
    while found := _STOPS[quote].search(data, at):
        at, char = found.start(), found.group()
        if data.startswith(mark, at):
            return at + len(mark), tuple(holes)
        if char == b"\n":
            break
        if quote == "$/" and data[at : at + 2] in (b"$$", b"$/"):
            at += 2
        elif char == b"\\":
            at += 3 if data.startswith(b"\r\n", at + 1) else 2
        elif char == b"$" and (end := _hole(data, at, depth)) > 0:
            holes.append((at, end))
            at = end
        else:
            at += 1
    raise FormatError("a string is not closed", line=data.count(b"\n", 0, start) + 1)


def _hole(data: bytes, at: int, depth: int) -> int:
    """The end of the interpolation at `at`, 0 when there is none."""
    if not data.startswith(b"${", at):
        found = _PROPERTY.match(data, at + 1)
        return found.end() if found else 0
    if depth > MAX_NESTING:
        raise FormatError("strings are nested too deeply", line=data.count(b"\n", 0, at) + 1)
    level, index = 0, at + 1
    while index < len(data):
        char = data[index : index + 1]
        if char in (b"'", b'"'):
            quote = char.decode() * 3 if data.startswith(char * 3, index) else char.decode()
            index = _string(data, index, quote, depth + 1)[0]
            continue
        level += (char == b"{") - (char == b"}")
        index += 1
        if level == 0:
            return index
    raise FormatError("an interpolation is not closed", line=data.count(b"\n", 0, at) + 1)


def string_text(data: bytes, token: Token) -> tuple[Embedded, tuple[Hole, ...]]:
    """What the string says, with its map, and where values are interpolated (as written, `${T}`)."""
    start = token.start + len(token.quote)
    end = token.end - (2 if token.quote == "$/" else len(token.quote))
    parts: list[tuple[int, int, bytes]] = []
    holes: list[Hole] = []
    at = length = 0
    base = LogicalText.of(data, start, end)
    for begin, stop in [*token.holes, (end, end)]:
        for a, b, new in _unescaped(data, at + start, begin, token.quote):
            parts.append((a - start, b - start, new))
            length += len(new)
        if begin < end:
            parts.append((begin - start, stop - start, data[begin:stop]))
            inner = data[begin + 2 : stop - 1] if data[begin + 1] == 123 else data[begin + 1 : stop]
            holes.append(Hole(length, length + stop - begin, inner.decode("utf-8", "replace").strip()))
            length += stop - begin
        at = stop - start
    return Embedded(base.replaced(parts), writer(token.quote)), tuple(holes)


def _unescaped(data: bytes, start: int, end: int, quote: str) -> list[tuple[int, int, bytes]]:
    if quote in ("/", "$/"):
        return _unescaped_slashy(data, start, end, quote)
    out: list[tuple[int, int, bytes]] = []
    at = start
    for found in _ESCAPE.finditer(data, start, end):
        out.append((at, found.start(), data[at : found.start()]))
        body = found.group()[1:]
        if body[:1] == b"u" and len(body) > 1:
            new = chr(int(body.lstrip(b"u"), 16)).encode("utf-8", "surrogatepass")
        elif body[:1].isdigit():
            new = chr(int(body, 8)).encode() if body.isdigit() and not set(body) & {56, 57} else body
        else:
            new = b"" if body.endswith(b"\n") else _SIMPLE.get(body, body)
        out.append((found.start(), found.end(), new))
        at = found.end()
    out.append((at, end, data[at:end]))
    return [o for o in out if o[0] < o[1]]


def _unescaped_slashy(data: bytes, start: int, end: int, quote: str) -> list[tuple[int, int, bytes]]:
    pairs = {b"\\/": b"/"} if quote == "/" else {b"$$": b"$", b"$/": b"/"}
    out: list[tuple[int, int, bytes]] = []
    at = index = start
    while index < end - 1:
        pair = data[index : index + 2]
        if pair in pairs:
            out += [(at, index, data[at:index]), (index, index + 2, pairs[pair])]
            index = at = index + 2
        else:
            index += 1
    out.append((at, end, data[at:end]))
    return [o for o in out if o[0] < o[1]]


def writer(quote: str) -> Callable[[bytes], bytes | None]:
    """How new text is written in a string of that quote; None where it cannot be."""

    def written(new: bytes) -> bytes | None:
        if quote in ("/", "$/"):
            return new if not set(new) & set(b"\\/$\n") else None
        if b"\n" in new and len(quote) == 1:
            return None
        out = new.replace(b"\\", b"\\\\")
        if quote[0] == '"':
            out = out.replace(b"$", b"\\$")
        return out.replace(quote[0].encode(), b"\\" + quote[0].encode())

    return written


def plain_text(data: bytes, token: Token) -> str | None:
    """The text of a string without interpolation, None for one with."""
    if token.kind != "string" or token.holes:
        return None
    return string_text(data, token)[0].text.text
