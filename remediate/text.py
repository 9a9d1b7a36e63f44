"""Bytes in, bytes out: source files, edits on them, and `LogicalText`, a text that remembers where its bytes came from.

A RUN without its continuations, the body of a heredoc, the script inside `sh -c "..."`: each is a `LogicalText`, so that
whatever is found in it has an exact place in the file. Text is kept as bytes (a Dockerfile need not be UTF-8).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, AnyStr, cast

from remediate.model import Edit, NamedTuple, Span

BOM = b"\xef\xbb\xbf"


class _Late:
    """Stands for a pattern until something is asked of it."""

    def __init__(self, text: Any, flags: int) -> None:
        self._of = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._of), name)  # `re` keeps what it has compiled
        setattr(self, name, found)
        return found


def late(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A pattern that is compiled when it is first used: most files need few of them, and start-up time counts."""
    return cast("re.Pattern[AnyStr]", _Late(text, flags))


class Source:
    """One file's bytes with its line index. Lines are 1-based; `\\n` ends a line, `\\r\\n` too."""

    def __init__(self, data: bytes, path: str = "Dockerfile") -> None:
        self.data = data
        self.path = path

    @cached_property
    def newline(self) -> bytes:
        """The line ending that this file uses (CRLF when its first line ends so)."""
        first = self.data.find(b"\n")
        return b"\r\n" if first > 0 and self.data[first - 1 : first] == b"\r" else b"\n"

    @cached_property
    def line_starts(self) -> list[int]:
        starts, at = [0], self.data.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.data.find(b"\n", at + 1)
        return starts

    def line_of(self, offset: int) -> int:
        """1-based line of a byte offset."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """1-based (line, column) of a byte offset; the column counts characters, a BOM is none."""
        line = self.line_of(offset)
        head = self.data[self.line_starts[line - 1] : offset]
        if line == 1 and head.startswith(BOM):
            head = head[3:]
        return line, len(head.decode("utf-8", "replace")) + 1

    def line_span(self, line: int) -> Span:
        """Bytes of a 1-based line with its newline."""
        starts = self.line_starts
        return Span(starts[line - 1], starts[line] if line < len(starts) else len(self.data))

    def __getitem__(self, span: Span) -> bytes:
        return self.data[span.start : span.end]


class OverlappingEdits(ValueError):
    """Two edits touch the same bytes: a defect of a fixer, never of the input."""


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes after all edits, in one forward pass. Inserts at one place keep their given order.

    Raises OverlappingEdits when two edits overlap.
    """
    out: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.start < at:
            raise OverlappingEdits(f"edit at byte {edit.span.start} overlaps one that ends at {at}")
        out.append(data[at : edit.span.start])
        out.append(edit.text)
        at = edit.span.end
    out.append(data[at:])
    return b"".join(out)


class Piece(NamedTuple):
    """`data` stands for the file's bytes `start`..`end`; of equal length it maps byte by byte, else as a whole."""

    data: bytes
    start: int
    end: int


class LogicalText:
    """Bytes with a map back to the file. `len`, slicing and `span` work on logical offsets."""

    __slots__ = ("_starts", "data", "pieces")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(p for p in pieces if p.data) or tuple(pieces[:1])
        self.data = b"".join(p.data for p in self.pieces)
        starts, at = [], 0
        for p in self.pieces:
            starts.append(at)
            at += len(p.data)
        self._starts = starts

    @classmethod
    def of(cls, data: bytes, start: int = 0, end: int | None = None) -> LogicalText:
        """The file's own bytes from `start` to `end`."""
        stop = len(data) if end is None else end
        return cls((Piece(data[start:stop], start, stop),))

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        """An empty text is a value, too: `ENV X=` is not `ENV X`."""
        return True

    @property
    def text(self) -> str:
        """The bytes as text for people and patterns; bytes that are no UTF-8 become surrogates."""
        return self.data.decode("utf-8", "surrogateescape")

    def _piece(self, offset: int) -> tuple[Piece, int]:
        index = max(bisect_right(self._starts, offset) - 1, 0)
        return self.pieces[index], offset - self._starts[index]

    def start_of(self, offset: int) -> int:
        """File offset where the logical byte `offset` begins."""
        piece, inside = self._piece(offset)
        if len(piece.data) == piece.end - piece.start:
            return piece.start + inside
        return piece.start if inside < len(piece.data) else piece.end

    def end_of(self, offset: int) -> int:
        """File offset where the logical text before `offset` ends (never past a removed continuation)."""
        if offset <= 0:
            return self.start_of(0)
        piece, inside = self._piece(offset - 1)
        if len(piece.data) == piece.end - piece.start:
            return piece.start + inside + 1
        return piece.end

    def span(self, start: int, end: int) -> Span:
        """The file's bytes for the logical range; for an empty range an insertion point."""
        if start >= end:
            at = self.start_of(start)
            return Span(at, at)
        return Span(self.start_of(start), self.end_of(end))

    def slice(self, start: int, end: int) -> LogicalText:
        """The part from `start` to `end` as a text of its own, with the same map."""
        out: list[Piece] = []
        index = max(bisect_right(self._starts, start) - 1, 0)
        while index < len(self.pieces) and self._starts[index] < end:
            piece, at = self.pieces[index], self._starts[index]
            index += 1
            a, b = max(start - at, 0), min(end - at, len(piece.data))
            if a >= b:
                continue
            if len(piece.data) == piece.end - piece.start:
                out.append(Piece(piece.data[a:b], piece.start + a, piece.start + b))
            else:
                out.append(Piece(piece.data[a:b], piece.start, piece.end))
        if not out:
            at = self.start_of(start)
            out.append(Piece(b"", at, at))
        return LogicalText(out)

    def replaced(self, parts: Iterable[tuple[int, int, bytes]]) -> LogicalText:
        """A text made of the given (start, end, new bytes) ranges in order, for unescaping; new bytes map to their range."""
        out: list[Piece] = []
        for start, end, data in parts:
            if self.data[start:end] == data:
                out.extend(self.slice(start, end).pieces)
            else:
                where = self.span(start, end)
                out.append(Piece(data, where.start, where.end))
        if not out:
            at = self.start_of(0)
            out.append(Piece(b"", at, at))
        return LogicalText(out)
