"""Heredocs of RUN, COPY and ADD (also behind ONBUILD), found the way BuildKit does.

    COPY <<EOF /etc/motd        # one word `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF` or, in frontends of 2025 and later, `<< EOF`
    hello $NAME
    EOF

`cat<<EOF` and `<<<word` are none for BuildKit, and a line that its lexer cannot read (an open quote) has none.
"""

from __future__ import annotations

import re

from remediate.dockerfile.expand import cook, shell_words
from remediate.dockerfile.nodes import Heredoc
from remediate.model import NamedTuple, Span
from remediate.text import LogicalText, late

_HEREDOC = late(rb"[0-9]*<<(-?)([\t\n\f\r ]*)([^<]*)\Z")


class Opening(NamedTuple):
    """A heredoc's word; `spaced` says that blanks stand behind `<<`, which frontends before 1.16 take for text."""

    name: bytes
    expand: bool
    chomp: bool
    spaced: bool
    span: Span


class Unterminated(Exception):
    """The body of a heredoc runs to the end of the file; the argument is its name."""


def openings(line: LogicalText) -> list[Opening]:
    """The heredoc words of a logical line in order."""
    out: list[Opening] = []
    if b"<<" not in line.data:
        return out
    for start, end in shell_words(line.data):
        match = _HEREDOC.match(line.data[start:end])
        if not match or not match[3]:
            continue
        cooked = cook(match[3], b"\\")
        if cooked and cooked[0]:
            name, quoted = cooked
            out.append(Opening(name, not quoted, bool(match[1]), bool(match[2]), line.span(start, end)))
    return out


class Reader:
    """Reads the bodies of one file. It gives up on `<< EOF` after a few without terminator, so that a hostile file costs no more."""

    MISSES = 16

    def __init__(self, data: bytes) -> None:
        self.data, self.missing = data, 0

    def read(self, at: int, words: list[Opening]) -> tuple[tuple[Heredoc, ...], int]:
        """The heredocs whose bodies begin at `at`, and the offset behind the last terminator's line.

        `<< EOF` without a terminator is no heredoc: a frontend that knows the form would refuse the file, an older one reads it as text.
        """
        out: list[Heredoc] = []
        for word in words:
            if word.spaced and self.missing >= self.MISSES:
                continue
            found = self._terminator(at, word)
            if found is None:
                if word.spaced:
                    self.missing += 1
                    continue
                raise Unterminated(word.name.decode("utf-8", "replace"))
            start, end = found
            body = LogicalText.of(self.data, at, start)
            name = word.name.decode("utf-8", "surrogateescape")
            out.append(Heredoc(name, word.expand, word.chomp, word.span, body, Span(at, start), Span(start, end)))
            at = end
        return tuple(out), at

    def _terminator(self, at: int, word: Opening) -> tuple[int, int] | None:
        tabs = rb"^\t*" if word.chomp else rb"^"
        match = re.compile(tabs + re.escape(word.name) + rb"\r*(?:\n|\Z)", re.M).search(self.data, at)
        # `^` also holds behind the file's last newline, where no line begins.
        return (match.start(), match.end()) if match and match.start() < len(self.data) else None
