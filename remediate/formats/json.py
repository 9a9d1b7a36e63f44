"""JSON, read without loss; with comments and trailing commas (JSONC) where the file's own program takes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn

from remediate.formats.embedded import FormatError
from remediate.formats.node import Entry, Item, Node
from remediate.formats.yaml_edit import remove_entries, remove_entry, remove_item, remove_items
from remediate.model import Edit, Span
from remediate.text import BOM, Source, late

__all__ = ["add_entry", "add_item", "document", "quoted", "remove_entries", "remove_entry", "remove_item", "remove_items"]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 200

_GAP = late(rb"[ \t\r\n]*+")
_COMMENTED_GAP = late(rb"(?>(?:[ \t\r\n]++|//[^\n]*|/\*(?>(?:[^*]|\*(?!/))*)\*/)*)")
_STRING = late(rb'"[^"\\\x00-\x1f]*+(?>(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*)"')
_BARE = late(rb"(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![\w.])")


@lru_cache(maxsize=8)
def document(data: bytes, *, comments: bool = False, twice: bool = False) -> Node:
    """The root of the file. `comments`: with `//`, `/* */` and trailing commas. Raises FormatError.

    `twice`: a key may stand twice in an object (both are entries then; most programs take the last).
    """
    if len(data) > MAX_BYTES:
        raise FormatError("the file is larger than 1 MiB")
    reader = _Reader(data, comments, twice)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        reader.fail("the file is not UTF-8", error.start)
    at = reader.skip(len(BOM) if data.startswith(BOM) else 0)
    node = reader.value(at, 0)
    rest = reader.skip(reader.at)
    if rest < len(data):
        reader.fail("something stands behind the value", rest)
    return node


class _Reader:
    def __init__(self, data: bytes, comments: bool, twice: bool) -> None:
        self.data, self.comments, self.twice, self.source = data, comments, twice, Source(data)
        self.at = 0

    def fail(self, message: str, at: int) -> NoReturn:
        raise FormatError(message, line=self.source.line_of(at))

    def skip(self, at: int) -> int:
        found = (_COMMENTED_GAP if self.comments else _GAP).match(self.data, at)
        assert found is not None
        return found.end()

    def _made(self, kind: str, start: int, end: int, style: str = "") -> Node:
        self.at = end
        return Node(kind, Span(start, end), self.data, self.source.line_starts, style=style, flow=True)

    def value(self, at: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail("nested too deeply", at)
        char = self.data[at : at + 1]
        if char == b'"':
            return self._string(at)
        if char in (b"{", b"["):
            return self._collection(at, depth, char == b"{")
        found = _BARE.match(self.data, at)
        if found is None:
            self.fail("not understood as JSON", at)
        return self._made("null" if found[0] == b"null" else "scalar", at, found.end(), "bare")

    def _string(self, at: int) -> Node:
        found = _STRING.match(self.data, at)
        if found is None:
            self.fail("a string is expected here, or is not closed", at)
        return self._made("scalar", at, found.end(), "double")

    def _collection(self, start: int, depth: int, mapping: bool) -> Node:
        close = b"}" if mapping else b"]"
        entries: list[Entry] = []
        items: list[Item] = []
        seen: set[str] = set()
        at = self.skip(start + 1)
        while self.data[at : at + 1] != close:
            if mapping:
                entries.append(self._entry(at, depth, seen))
            else:
                items.append(Item(self.value(at, depth + 1), Span(at, self.at)))
            at = self.skip(self.at)
            if self.data[at : at + 1] == b",":
                at = self.skip(at + 1)
                if self.data[at : at + 1] == close and not self.comments:
                    self.fail("a comma too many", at)
            elif self.data[at : at + 1] != close:
                self.fail("a bracket is not closed, or a comma is missing", at)
        node = self._made("mapping" if mapping else "sequence", start, at + 1)
        node.entries, node.items = tuple(entries), tuple(items)
        return node

    def _entry(self, at: int, depth: int, seen: set[str]) -> Entry:
        key = self._string(at)
        if key.value in seen and not self.twice:
            self.fail("a key stands twice in one object", at)
        seen.add(key.value)
        colon = self.skip(self.at)
        if self.data[colon : colon + 1] != b":":
            self.fail("a colon is missing", colon)
        value = self.value(self.skip(colon + 1), depth + 1)
        return Entry(key, value, Span(at, self.at))


# -- edits: values are given as JSON text; its further lines get the place's indentation -------------------------------------------------


def quoted(text: str) -> str:
    """A JSON string for this text."""
    from remediate.formats.scalars import double_written

    return '"' + (double_written(text.encode()) or b"").decode() + '"'


def add_entry(data: bytes, mapping: Node, key: str, value: str, *, after: str = "") -> Edit:
    """A new entry behind the one named `after` (default: the last), laid out as its neighbour."""
    entries = mapping.entries
    place = next((i for i, e in enumerate(entries) if e.key.value == after), len(entries) - 1)
    colon = ": "
    if entries:
        colon = data[entries[place].key.span.end : entries[place].value.span.start].decode()
        colon = colon if colon.strip(" ") == ":" else ": "
    return _added(data, mapping, [e.span for e in entries], place, quoted(key) + colon + value)


def add_item(data: bytes, sequence: Node, value: str) -> Edit:
    """A new last item, laid out as its neighbour."""
    return _added(data, sequence, [i.span for i in sequence.items], len(sequence.items) - 1, value)


def _added(data: bytes, parent: Node, spans: Sequence[Span], place: int, text: str) -> Edit:
    if not spans:
        at = parent.span.start + 1
        return Edit(Span(at, at), _indented(data, parent.span.start, text))
    span = spans[place]
    gap = b" "
    start = data.rfind(b"\n", 0, span.start) + 1
    if not data[start : span.start].strip(b" \t"):
        newline = b"\r\n" if data[start - 2 : start] == b"\r\n" else b"\n"
        gap = newline + data[start : span.start]
    elif place > 0:
        gap = data[spans[place - 1].end : span.start].lstrip(b" \t\r\n").removeprefix(b",")
        gap = gap if not gap.strip(b" ") else b" "
    return Edit(Span(span.end, span.end), b"," + gap + _indented(data, span.start, text))


def _indented(data: bytes, at: int, text: str) -> bytes:
    start = data.rfind(b"\n", 0, at) + 1
    line = data[start:at]
    pad = line[: len(line) - len(line.lstrip(b" \t"))]
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    return (newline + pad).join(text.encode().split(b"\n"))
