"""One word, or one heredoc body, read byte by byte: quote removal, and every `$name` that the shell expands in it.

The grammar says where a word and its substitutions begin and end; what quoting does inside is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from remediate.shell.view import Expansion
from remediate.text import late

_STATES = {
    "u": re.compile(rb"[\\'\"$`<>]"),
    "d": re.compile(rb'[\\"$`]'),
    "h": re.compile(rb"[\\$`]"),
    "b": re.compile(rb"[\\'\"$`<>}]"),
    "q": re.compile(rb'[\\"$`}]'),
}
_ESCAPED = {"d": b'$`"\\\n', "h": b"$`\\\n", "q": b'$`"\\}\n'}
_SIMPLE = late(rb"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_BRACED = late(
    rb"\{([#!](?![}:=?+%/-]))?([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])(\[[^\]]{0,200}\])?(:?[-=?+]|##?|%%?|//?|:|\^\^?|,,?|@)?"
)
_ANSI = late(rb"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_ANSI_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"E": b"\x1b", b"f": b"\f", b"v": b"\v"}
_ANYWHERE = late(rb"\$(?:(\{)([#!]?))?([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
MANY = 10_000
Ends = Callable[[int], int | None]
DEEPEST = 50


def decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


class Reading:
    """What a range holds. `parts` are (start, end, bytes after quote removal); bytes are None where something expands."""

    __slots__ = ("expansions", "parts", "single")

    def __init__(self) -> None:
        self.parts: list[tuple[int, int, bytes | None]] = []
        self.expansions: list[Expansion] = []
        self.single: list[str] = []

    @property
    def value(self) -> str | None:
        out = [p[2] for p in self.parts]
        return None if None in out else decode(b"".join(p for p in out if p is not None))

    @property
    def prefix(self) -> str:
        out: list[bytes] = []
        for _, _, data in self.parts:
            if data is None:
                break
            out.append(data)
        return decode(b"".join(out))


class _Reader:
    """States: `u` unquoted, `d` double quotes, `h` heredoc body, `b` and `q` the operand of a `${` outside and inside quotes."""

    def __init__(self, data: bytes, start: int, end: int, state: str, ends: Ends, backquotes: int) -> None:
        self.data, self.at, self.end = data, start, end
        self.ends, self.backquotes = ends, backquotes
        self.states = [state]
        self.open: list[tuple[int, re.Match[bytes]]] = []
        self.out = Reading()

    def run(self) -> Reading:
        while self.at < self.end:
            match = _STATES[self.states[-1]].search(self.data, self.at, self.end)
            where = match.start() if match else self.end
            self._part(self.at, where, self.data[self.at : where])
            self.at = where
            if match:
                self._special(match.group())
        while self.open:
            self._close(self.end)
        self.out.expansions.sort(key=lambda e: e.start)
        return self.out

    def _part(self, start: int, end: int, value: bytes | None) -> None:
        if not self.open and start < end:
            self.out.parts.append((start, end, value))

    def _literal(self, length: int) -> None:
        self._part(self.at, self.at + length, self.data[self.at : self.at + length])
        self.at += length

    def _special(self, char: bytes) -> None:
        if char == b"\\":
            self._backslash()
        elif char == b"$":
            self._dollar()
        elif char == b"'":
            self._single(self.at + 1, self.data.find(b"'", self.at + 1, self.end), ansi=False)
        elif char == b'"':
            self._part(self.at, self.at + 1, b"")
            self.at += 1
            if self.states[-1] == "d":
                if len(self.states) > 1:
                    self.states.pop()
            else:
                self.states.append("d")
        elif char == b"}":
            self.at += 1
            self._close(self.at)
        else:
            self._substitution(1)

    def _substitution(self, otherwise: int) -> None:
        stop = self.ends(self.at)
        if stop is None:
            self._literal(otherwise)
        else:
            self._part(self.at, stop, None)
            self.at = stop

    def _backslash(self) -> None:
        if self.backquotes:
            self._backslashes()
            return
        char = self.data[self.at + 1 : min(self.at + 2, self.end)]
        only = _ESCAPED.get(self.states[-1])
        if not char or (only is not None and char not in only):
            self._literal(1)
            return
        self._part(self.at, self.at + 2, b"" if char == b"\n" else char)
        self.at += 2

    def _backslashes(self) -> None:
        """Inside backquotes one layer of `\\\\`, `\\$` and `` \\` `` goes first; what is left escapes as elsewhere."""
        stop = self.at
        while stop < self.end and self.data[stop] == 0x5C:
            stop += 1
        run, char = stop - self.at, self.data[stop : min(stop + 1, self.end)]
        left = run // 2 + (1 if run % 2 and char not in (b"$", b"`") else 0)
        only = _ESCAPED.get(self.states[-1])
        escapes = left % 2 and char and (only is None or char in only)
        self._part(self.at, stop, b"\\" * (left // 2 if escapes or not left % 2 else left // 2 + 1))
        self.at = stop
        if escapes:
            self._literal(1)

    def _single(self, start: int, close: int, ansi: bool) -> None:
        stop = self.end if close < 0 else close
        text = self.data[start:stop]
        if ansi:
            text = _ANSI.sub(_ansi, text)
        self.out.single.append(decode(text))
        after = min(stop + 1, self.end)
        self._part(self.at, start, b"")
        self._part(start, stop, text)
        self._part(stop, after, b"")
        self.at = after

    def _dollar(self) -> None:
        char = self.data[self.at + 1 : min(self.at + 2, self.end)]
        bare = self.states[-1] in "ub"
        if char == b"(":
            self._substitution(3 if self.data[self.at + 2 : self.at + 3] == b"(" else 2)
            if self.out.parts and self.out.parts[-1][1] == self.at:
                start, end, _ = self.out.parts[-1]
                self.out.parts[-1] = (start, end, None)
        elif char == b"{":
            self._brace()
        elif char == b"'" and bare:
            close = self.at + 2
            while close < self.end and self.data[close] != 0x27:
                close += 2 if self.data[close] == 0x5C else 1
            self._single(self.at + 2, close if close < self.end else -1, ansi=True)
        elif char == b'"' and bare:
            self._part(self.at, self.at + 1, b"")
            self.at += 1
        else:
            match = _SIMPLE.match(self.data, self.at + 1, self.end)
            if match is None:
                self._literal(1)
                return
            self._emit(match.group(), self.at, match.end())
            self._part(self.at, match.end(), None)
            self.at = match.end()

    def _brace(self) -> None:
        match = _BRACED.match(self.data, self.at + 1, self.end)
        if match is None:
            self._part(self.at, self.at + 2, None)
            self.at += 2
            return
        if len(self.open) >= DEEPEST:
            self._emit(match.group(2), self.at, match.end())
            self.at = match.end()
            return
        self.open.append((self.at, match))
        self.states.append("q" if self.states[-1] in "dhq" else "b")
        self.at = match.start(3) if match.group(3) else match.end()

    def _close(self, stop: int) -> None:
        start, match = self.open.pop()
        while self.states.pop() not in "bq":
            pass
        end = min(match.end(), stop)
        closed = stop - 1 if self.data[stop - 1 : stop] == b"}" and stop > end else stop
        flag = match.group(1)
        self._emit(match.group(2), start, stop, decode(match.group(4) or b""), decode(self.data[end:closed]), flag or b"")
        self._part(start, stop, None)

    def _emit(self, name: bytes, start: int, end: int, op: str = "", operand: str = "", flag: bytes = b"") -> None:
        quoted = self.states[-1] in "dhq"
        self.out.expansions.append(Expansion(name.decode(), start, end, op, operand, quoted, flag == b"#", flag == b"!"))


def _ansi(match: re.Match[bytes]) -> bytes:
    if match.group(1):
        return bytes([int(match.group(1), 16)])
    if match.group(2):
        return bytes([int(match.group(2), 8) & 0xFF])
    return _ANSI_LETTERS.get(match.group(3), match.group(3))


def read(data: bytes, start: int, end: int, state: str, ends: Ends, backquotes: int = 0) -> Reading:
    """Read `start`..`end`; `ends` gives the end of the substitution that begins at an offset, or None; it is stepped over."""
    return _Reader(data, start, end, state, ends, backquotes).run()


def every_expansion(data: bytes, known: Collection[int]) -> list[Expansion]:
    """Whatever looks like `$name` at an offset not in `known`, escaped or not: nothing may be missed in a text that no one can read.

    After ten thousand of them only names that were not seen before.
    """
    found: list[Expansion] = []
    seen: set[bytes] = set()
    for match in _ANYWHERE.finditer(data):
        name = match.group(3)
        if match.start() in known or (len(found) >= MANY and name in seen):
            continue
        seen.add(name)
        end = match.end()
        if match.group(1) and data[end : end + 1] == b"}":
            end += 1
        found.append(Expansion(name.decode(), match.start(), end, length=match.group(2) == b"#", indirect=match.group(2) == b"!"))
    return found
