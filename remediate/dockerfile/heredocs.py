"""Heredocs of RUN, COPY and ADD (also behind ONBUILD), found the way BuildKit does.

    COPY <<EOF /etc/motd        # one word `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF` or, in frontends of 2025 and later, `<< EOF`
    hello $NAME
    EOF

`cat<<EOF` and `<<<word` are none for BuildKit, and a line that its lexer cannot read (an open quote) has none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from remediate.dockerfile.expand import cook, shell_words
from remediate.dockerfile.nodes import Heredoc
from remediate.model import Span
from remediate.text import LogicalText

_HEREDOC = re.compile(rb"[0-9]*<<(-?)([\t\n\f\r ]*)([^<]*)\Z")


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


def read_bodies(data: bytes, at: int, words: list[Opening]) -> tuple[tuple[Heredoc, ...], int]:
    """The heredocs whose bodies begin at `at`, and the offset behind the last terminator's line.

    `<< EOF` without a terminator is no heredoc: a frontend that knows the form would refuse the file, an older one reads it as text.
    """
    out: list[Heredoc] = []
    for word in words:
        found = _terminator(data, at, word)
        if found is None:
            if word.spaced:
                continue
            raise Unterminated(word.name.decode("utf-8", "replace"))
        start, end = found
        body = LogicalText.of(data, at, start)
        name = word.name.decode("utf-8", "surrogateescape")
        out.append(Heredoc(name, word.expand, word.chomp, word.span, body, Span(at, start), Span(start, end)))
        at = end
    return tuple(out), at


def _terminator(data: bytes, at: int, word: Opening) -> tuple[int, int] | None:
    size = len(data)
    while at < size:
        stop = data.find(b"\n", at)
        after = size if stop < 0 else stop + 1
        line = data[at:after].rstrip(b"\r\n")
        if (line.lstrip(b"\t") if word.chomp else line) == word.name:
            return at, after
        at = after
    return None
