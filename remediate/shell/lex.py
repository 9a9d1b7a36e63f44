"""Heredocs taken out of a shell text before the grammar sees it, and the end of a `$(...)` found without it.

The grammar reads only one heredoc a line and gives up on a heredoc whose body is elsewhere (a Dockerfile keeps it after the
instruction). So `<<EOF` becomes a redirect of the same length and the body blanks: all offsets stay as they are.
"""

from __future__ import annotations

import re

from remediate.model import NamedTuple
from remediate.text import late

_COMMAND = late(rb"[\\'\"`$()<#\n]")
_DOUBLE = late(rb'[\\"`$]')
_BRACE = late(rb"[\\'\"`$}]")
_QUOTED_BRACE = late(rb'[\\"`$}]')
_ARITHMETIC = late(rb"[\\()]")
_DELIMITER = late(rb"(?:[^\s'\"\\;&|<>()]|\\.|'[^']*'|\"[^\"]*\")+", re.DOTALL)
_IN_BODY = late(rb"\\.|`|\$\((?!\()", re.DOTALL)
_QUOTE = late(rb"\\(.)|['\"]", re.DOTALL)
_SEARCH = {"c": _COMMAND, "(": _COMMAND, "`": _COMMAND, '"': _DOUBLE, "{": _BRACE, "q": _QUOTED_BRACE, "a": _ARITHMETIC}


class HeredocText(NamedTuple):
    """Offsets of one heredoc. `body_end` is where its terminator's line begins; `found` is False when the text holds no body."""

    start: int
    op_end: int
    word_end: int
    strip: bool
    quoted: bool
    delimiter: bytes
    body_start: int
    body_end: int
    end: int
    found: bool


class _Lexer:
    """A stack of what is open: `c` command text, `(` parenthesis, `` ` `` backquotes, `"` quotes, `{` a `${`,
    `q` one in quotes, `a` arithmetic.

    `opaque` collects ranges whose content means nothing for the structure: escaped bytes, single quotes, `${...}` without substitution.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data, self.at, self.end = data, start, end
        self.stack = ["c"]
        self.pending: list[tuple[int, int, int, bool]] = []
        self.found: list[HeredocText] = []
        self.strings: list[int] = []
        self.opaque: list[tuple[int, int]] = []
        self.braces: list[tuple[int, int]] = []
        self.inert: list[tuple[int, int]] = []

    def run(self, stop_depth: int = 0) -> int:
        """Read on until the stack is no deeper than `stop_depth`, or to the end."""
        while self.at < self.end:
            top = self.stack[-1]
            match = _SEARCH[top].search(self.data, self.at, self.end)
            if match is None:
                self.at = self.end
                break
            self.at = match.end()
            self._special(match.group(), top, match.start())
            if len(self.stack) <= stop_depth:
                break
        if self.pending:
            self._bodies(self.end)
        return self.at

    def _special(self, char: bytes, top: str, where: int) -> None:
        if char == b"\\":
            if self.data[self.at : self.at + 1] != b"\n":
                self.opaque.append((where, min(self.at + 1, self.end)))
                self.inert.append(self.opaque[-1])
            self.at += 1
        elif char == b"\n":
            if self.pending:
                self._bodies(self.at)
        elif char == b"#":
            if where == 0 or self.data[where - 1 : where] in b" \t\n;&|()":
                line = self.data.find(b"\n", where, self.end)
                self.at = self.end if line < 0 else line
                self.inert.append((where, self.at))
        elif char == b"'":
            close = self.data.find(b"'", self.at, self.end)
            self.at = self.end if close < 0 else close + 1
            self.opaque.append((where + 1, self.at - 1))
            self.inert.append((where, self.at))
        elif char == b'"' or char == b"`":
            self._toggle(char.decode(), top)
        elif char == b"$":
            self._dollar(top)
        elif char == b"<":
            self._less(where)
        else:
            self._bracket(char, top)

    def _toggle(self, char: str, top: str) -> None:
        if char == "`":
            self.braces.clear()
        if top == char:
            self.stack.pop()
        elif char == "`" and "`" in self.stack:
            del self.stack[self.stack.index("`") :]
        else:
            self.stack.append(char)

    def _dollar(self, top: str) -> None:
        following = self.data[self.at : self.at + 2]
        if following == b"((":
            self.braces.clear()
            self.stack.extend("aa")
            self.at += 2
        elif following[:1] == b"(":
            self.braces.clear()
            self.stack.append("(")
            self.at += 1
        elif following[:1] == b"{":
            self.at += 1
            self.stack.append("q" if top in ('"', "q") else "{")
            self.braces.append((len(self.stack), self.at))
        elif following[:1] == b"'" and top != '"':
            close = self.at + 1
            while close < self.end and self.data[close] != 0x27:
                close += 2 if self.data[close] == 0x5C else 1
            self.inert.append((self.at, min(close + 1, self.end)))
            self.at = min(close + 1, self.end)

    def _bracket(self, char: bytes, top: str) -> None:
        if char == b"(":
            if top == "a":
                self.stack.append("a")
            elif self.data[self.at : self.at + 1] == b"(":
                self.stack.extend("aa")
                self.at += 1
            else:
                self.stack.append("(")
        elif char == b"}" and top in "{q":
            if self.braces and self.braces[-1][0] == len(self.stack):
                self.opaque.append((self.braces.pop()[1], self.at - 1))
            self.stack.pop()
        elif char == b")" and top in "(a":
            self.stack.pop()

    def _less(self, where: int) -> None:
        if self.data[where : where + 3] == b"<<<":
            self.strings.append(where)
            self.at = where + 3
        elif self.data[where : where + 2] == b"<<":
            strip = self.data[where + 2 : where + 3] == b"-"
            op_end = where + (3 if strip else 2)
            word = op_end
            while self.data[word : word + 1] in (b" ", b"\t"):
                word += 1
            match = _DELIMITER.match(self.data, word, self.end)
            if match is None:
                self.at = op_end
            else:
                self.pending.append((where, op_end, match.end(), strip))
                self.at = match.end()

    def _bodies(self, at: int) -> None:
        end = at
        for start, op_end, word_end, strip in self.pending:
            raw = self.data[op_end:word_end].lstrip(b" \t")
            delimiter = _QUOTE.sub(lambda m: m.group(1) or b"", raw)
            body_end, end, found = _terminator(self.data, at, self.end, delimiter, strip)
            self.found.append(HeredocText(start, op_end, word_end, strip, raw != delimiter, delimiter, at, body_end, end, found))
            at = min(end + 1, self.end)
        self.pending.clear()
        self.at = end


def _terminator(data: bytes, at: int, end: int, delimiter: bytes, strip: bool) -> tuple[int, int, bool]:
    """(start of the terminator's line, its end without the newline, whether there is one) for a body that begins at `at`."""
    begin = at
    while at < end:
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        line = data[at:stop]
        if (line.lstrip(b"\t") if strip else line) == delimiter:
            return at, stop, True
        at = stop + 1
    return end, end, begin < end


def plain(data: bytes) -> bytes:
    """A text of the same structure and length for a second try: what is opaque becomes letters."""
    lexer = _Lexer(data, 0, len(data))
    lexer.run()
    out = bytearray(data)
    for start, end in lexer.opaque:
        if start < end:
            out[start:end] = b"x" * (end - start)
    return bytes(out)


def inert(data: bytes) -> list[tuple[int, int]]:
    """Ranges where no expansion can begin, in order: comments, single quotes, escaped bytes."""
    lexer = _Lexer(data, 0, len(data))
    lexer.run()
    return sorted(lexer.inert)


def heredocs(data: bytes) -> tuple[list[HeredocText], dict[int, int], bytes]:
    """Every heredoc, the here-strings (by offset), and the text for the grammar: of equal length, without either."""
    lexer = _Lexer(data, 0, len(data))
    lexer.run()
    out, at = [], 0
    blanks: list[tuple[int, int, bytes]] = [(where, where + 3, b"<  ") for where in lexer.strings]
    for here in lexer.found:
        word = b"<".ljust(here.op_end - here.start) + b"x" * (here.word_end - here.op_end)
        blanks.append((here.start, here.word_end, word))
        if here.body_start < here.end:
            blanks.append((here.body_start, here.end, re.sub(rb"[^\n]", b" ", data[here.body_start : here.end])))
    for start, end, instead in sorted(blanks):
        if start >= at:
            out += [data[at:start], instead]
            at = end
    return lexer.found, dict.fromkeys(lexer.strings, 3), b"".join(out) + data[at:]


def substitution_end(data: bytes, at: int, end: int) -> int | None:
    """Where the `$(...)`, `<(...)` or backquotes that begin at `at` end; None when none begins there."""
    opening = data[at : at + 3]
    if opening[:1] == b"`":
        close, inside = "`", at + 1
    elif opening[:2] in (b"$(", b"<(", b">(") and opening != b"$((":
        close, inside = "(", at + 2
    else:
        return None
    lexer = _Lexer(data, inside, end)
    lexer.stack = ["c", close]
    return lexer.run(stop_depth=1)


def substitutions(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """The `$(...)` and backquotes in a heredoc body, outermost only, as ranges with their delimiters."""
    found: list[tuple[int, int]] = []
    match = _IN_BODY.search(data, start, end)
    while match:
        after = match.end()
        if match.group()[:1] != b"\\":
            after = substitution_end(data, match.start(), end) or after
            found.append((match.start(), after))
        match = _IN_BODY.search(data, after, end)
    return found
