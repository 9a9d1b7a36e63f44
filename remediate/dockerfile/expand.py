"""Words as the Dockerfile frontend reads them: quotes, escapes and `$name`, after BuildKit's shell/lex.go.

This is not a shell: single quotes keep everything, double quotes expand, the escape character keeps the next one, and there is no
command substitution (`$(` is just text).
"""

from __future__ import annotations

from contextlib import suppress

from remediate.dockerfile.lines import WIDE_LEADS, leading_space
from remediate.dockerfile.nodes import Reference
from remediate.text import LogicalText, late

_NAME = late(rb"[0-9]++|[@*#?\-$!]|[A-Za-z_][A-Za-z0-9_]*+")
_PLAIN = late(rb"[^$'\"\\`}/]++")
_WORD_PLAIN = late(rb"[^\s$'\"\\<\xc2\xe1\xe2\xe3]++")
MAX_DEPTH = 60

Found = tuple[bytes, str, bytes, int, int]


class _Broken(Exception):
    """The frontend would refuse this word (an open quote or brace, an unknown operator)."""


class _Lexer:
    """One pass over a word; collects references and the cooked bytes (references stay as written)."""

    def __init__(self, data: bytes, escape: bytes, quotes: bool = True) -> None:
        self.data, self.escape, self.quotes = data, escape, quotes
        self.at, self.depth, self.quoted = 0, 0, False
        self.found: list[Found] = []

    def until(self, stop: bytes) -> bytes:
        """Cooked bytes up to the unquoted `stop` (eaten), or to the end when `stop` is empty."""
        data, size, out = self.data, len(self.data), []
        while self.at < size:
            plain = _PLAIN.match(data, self.at)
            if plain:
                out.append(plain.group())
                self.at = plain.end()
                continue
            char = data[self.at : self.at + 1]
            if char == stop:
                self.at += 1
                return b"".join(out)
            out.append(self._special(char))
        if stop:
            raise _Broken
        return b"".join(out)

    def _special(self, char: bytes) -> bytes:
        if char == b"$":
            return self.dollar()
        if self.quotes and char == b"'":
            return self.single()
        if self.quotes and char == b'"':
            return self.double()
        self.at += 1
        if char == self.escape:
            char = self.data[self.at : self.at + 1]
            self.at += 1
        return char

    def single(self) -> bytes:
        end = self.data.find(b"'", self.at + 1)
        if end < 0:
            raise _Broken
        text = self.data[self.at + 1 : end]
        self.at, self.quoted = end + 1, True
        return text

    def double(self) -> bytes:
        data, out = self.data, []
        self.at += 1
        self.quoted = True
        while self.at < len(data):
            plain = _PLAIN.match(data, self.at)
            if plain:
                out.append(plain.group())
                self.at = plain.end()
                continue
            char = data[self.at : self.at + 1]
            if char == b'"':
                self.at += 1
                return b"".join(out)
            if char == b"$":
                out.append(self.dollar())
                continue
            self.at += 1
            follower = data[self.at : self.at + 1]
            if char == self.escape and follower and follower in b'"$' + self.escape:
                char = follower
                self.at += 1
            out.append(char)
        raise _Broken

    def _name(self) -> bytes:
        match = _NAME.match(self.data, self.at)
        start = self.at
        if match:
            self.at = match.end()
            if self.data[start] < 65 and self.data[start] != 95:
                return match.group()
        return self.data[start : self._letters()]

    def _letters(self) -> int:
        """Moves over letters and digits beyond ASCII, which the frontend takes into names too."""
        data = self.data
        while self.at < len(data):
            first = data[self.at]
            width = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            char = data[self.at : self.at + width].decode("utf-8", "replace")
            if len(char) != 1 or not (char.isalpha() or char.isdecimal() or char == "_"):
                break
            self.at += width
        return self.at

    def dollar(self) -> bytes:
        start = self.at
        self.at += 1
        if self.data[self.at : self.at + 1] != b"{":
            name = self._name()
            if name:
                self.found.append((name, "", b"", start, self.at))
            return self.data[start : self.at]
        self.at += 1
        if self.data[self.at : self.at + 1] in (b"", b"{", b"}", b":"):
            raise _Broken
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Broken
        self._braced(start, self._name())
        self.depth -= 1
        return self.data[start : self.at]

    def _braced(self, start: int, name: bytes) -> None:
        data = self.data
        op = data[self.at : self.at + 1]
        self.at += 1
        if op == b"}":
            self.found.append((name, "", b"", start, self.at))
            return
        if op == b":":
            op += data[self.at : self.at + 1]
            self.at += 1
        elif op in (b"#", b"%", b"/") and data[self.at : self.at + 1] == op:
            op += op
            self.at += 1
        elif op not in (b"+", b"-", b"?", b"#", b"%", b"/"):
            self.found.append((name, op.decode("latin-1"), b"", start, min(self.at, len(data))))
            raise _Broken
        operand = self.at
        if op[:1] == b"/":
            self.until(b"/")
        self.until(b"}")
        self.found.append((name, op.decode("latin-1"), data[operand : self.at - 1], start, self.at))


def references(text: LogicalText, escape: bytes, quotes: bool = True) -> tuple[Reference, ...]:
    """What the frontend expands in `text`, also inside operands, in order. Pass quotes=False for a heredoc body (quotes are text there).

    A word that the frontend refuses gives the references up to the fault.
    """
    if b"$" not in text.data:
        return ()
    lexer = _Lexer(text.data, escape, quotes)
    with suppress(_Broken):
        lexer.until(b"")
    found = sorted(lexer.found, key=lambda one: (one[3], -one[4]))
    return tuple(Reference(_text(name), op, _text(operand), start, end, text.span(start, end)) for name, op, operand, start, end in found)


def unquote(text: LogicalText, escape: bytes) -> str | None:
    """The static value after quote removal; None when something in it expands or the frontend refuses it."""
    data = text.data
    if _PLAIN.fullmatch(data) or not data:
        return _text(data)
    lexer = _Lexer(data, escape)
    try:
        cooked = lexer.until(b"")
    except _Broken:
        return None
    return None if lexer.found else _text(cooked)


def cook(data: bytes, escape: bytes) -> tuple[bytes, bool] | None:
    """(bytes after quote removal with references as written, whether there were quotes); None when the frontend refuses it."""
    lexer = _Lexer(data, escape)
    try:
        return lexer.until(b""), lexer.quoted
    except _Broken:
        return None


_MAX_EXPANDED = 64 * 1024  # BuildKit's own limit for a line: ARGs that double one another end here


def expand(text: LogicalText, escape: bytes, values: dict[str, str]) -> str | None:
    """`text` with plain `$name` and `${name}` put in and quotes removed; None when it holds anything that `values` cannot answer."""
    lexer = _Lexer(text.data, escape)
    try:
        lexer.until(b"")
    except _Broken:
        return None
    out, at, size = [], 0, 0
    for name, op, _, start, end in lexer.found:
        value = values.get(_text(name))
        if op or value is None:
            return None
        out.append(text.data[at:start])
        out.append(value.encode("utf-8", "surrogateescape"))
        at = end
        size += len(value)
        if size > _MAX_EXPANDED:
            return None
    out.append(text.data[at:])
    cooked = cook(b"".join(out), escape)
    return _text(cooked[0]) if cooked else None


def shell_words(data: bytes) -> list[tuple[int, int]]:
    """Where the words of a line are, split as BuildKit does when it looks for heredocs; none at all when it cannot read the line.

    The escape character here is always a backslash. `<<` takes the blanks behind it into the word.
    """
    lexer = _Lexer(data, b"\\")
    words: list[tuple[int, int]] = []
    start = -1
    try:
        while lexer.at < len(data):
            char = data[lexer.at]
            before = lexer.at
            plain = _WORD_PLAIN.match(data, before)
            if plain:
                lexer.at = plain.end()
            elif char in b" \t\n\v\f\r" or (char in WIDE_LEADS and leading_space(data, before) > before):
                lexer.at = leading_space(data, before)
                if start >= 0:
                    words.append((start, before))
                start = -1
                continue
            elif char == 60:
                lexer.at += 1
                if data[lexer.at : lexer.at + 1] == b"<":
                    lexer.at += 1
                    while data[lexer.at : lexer.at + 1] in (b" ", b"\t", b"\r"):
                        lexer.at += 1
            elif char in b"$'\"\\":
                lexer._special(data[before : before + 1])
            else:
                lexer.at += 1
            start = before if start < 0 else start
    except _Broken:
        return []
    if start >= 0:
        words.append((start, len(data)))
    return words


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
