"""The flow side of YAML (`[a, b]`, `{a: b}`, quoted scalars), and what both sides share: anchors, aliases, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from remediate.formats.embedded import FormatError
from remediate.formats.node import Entry, Item, Node, is_merge
from remediate.formats.scalars import escape_meant
from remediate.model import Span
from remediate.text import late

MAX_DEPTH = 200
MAX_WEIGHT = 1_000_000  # values, each alias counted with all that it stands for
MAX_KEY = 1024

_GAP = late(rb"(?>(?:[ \t]*+(?:(?<![^ \t\n\xbf])#[^\n]*)?\r?\n)*)")
_FLOW_GAP = late(rb"(?>(?:[ \t\r\n]++|(?<=[ \t\n])#[^\n]*)*)")
_FLOW_STOP = late(rb"(?<=[ \t])#|:(?=[ \t\r\n,\[\]{}]|\Z)|[\r\n,\[\]{}]|\Z")
_NOT_PLAIN = late(rb"[,\[\]{}#&*!|>'\"%@`?]|[-:](?=[ \t\r\n,\[\]{}]|\Z)")  # `?x`: a key to some readers, text to others
_DOUBLE = late(rb'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)"', 16)  # 16: re.DOTALL
_SINGLE = late(rb"'[^']*+(?>(?:''[^']*+)*)'")
_ESCAPE = late(rb"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n|.)")
_NAME = late(rb"[^ \t\r\n,\[\]{}]+")
_NULLS = (b"", b"~", b"null", b"Null", b"NULL")


class FlowReader:
    """`data` up to `end`; `first` is where its first line begins (behind a byte order mark). `at` is behind what was read last."""

    def __init__(self, data: bytes, lines: Sequence[int], end: int, first: int) -> None:
        self.data, self.lines, self.end, self.first = data, lines, end, first
        self.at = 0
        self.weight = 0
        self.anchors: dict[str, Node | None] = {}
        self.weights: dict[str, int] = {}

    def fail(self, message: str, at: int) -> NoReturn:
        from bisect import bisect_right

        if self.data[at : at + 2] in (b"{{", b"{%", b"{#"):
            message = "the file is a template, not YAML yet"
        raise FormatError(message, line=bisect_right(self.lines, at))

    def deeper(self, depth: int, at: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("nested too deeply", at)

    # -- the way to the next token

    def next(self, pos: int) -> tuple[int, bool]:
        """Where the next token begins, and whether it is the first of its line."""
        gap = _GAP.match(self.data, pos, self.end)
        assert gap is not None
        at = gap.end()
        fresh = at > pos or (pos > 0 and self.data[pos - 1 : pos] == b"\n")
        while self.data[at : at + 1] in ((b" ",) if fresh else (b" ", b"\t")):
            at += 1
        at = min(at, self.end)
        if at >= self.end or (self.data[at : at + 1] == b"#" and (at > pos or fresh)):
            return self.end, fresh
        if fresh and self.data[at : at + 1] == b"\t":
            if self.data[at : self.end].strip(b" \t"):
                self.fail("a tab in the indentation", at)
            return self.end, fresh
        return at, fresh

    def skip(self, pos: int) -> int:
        """The next token of a flow collection."""
        gap = _FLOW_GAP.match(self.data, pos, self.end)
        assert gap is not None
        return gap.end()

    # -- making nodes

    def made(self, kind: str, start: int, end: int, *, style: str = "", flow: bool = False) -> Node:
        self.weight += 1
        if self.weight > MAX_WEIGHT:
            self.fail("the aliases of the file stand for too much", start)
        return Node(kind, Span(start, end), self.data, self.lines, style=style, flow=flow)

    def null(self, at: int) -> Node:
        self.at = at
        return self.made("null", at, at)

    def plain_node(self, start: int, end: int, *, flow: bool = False) -> Node:
        kind = "null" if self.data[start:end] in _NULLS else "scalar"
        return self.made(kind, start, end, style="plain", flow=flow)

    def once(self, key: Node, seen: set[str]) -> None:
        """Two entries of one key mean different things to different readers."""
        name = key.value if key.kind == "scalar" else key.kind + self.data[key.span.start : key.span.end].decode()
        if name in seen and not is_merge(key):
            self.fail("a key stands twice in one mapping", key.span.start)
        seen.add(name)

    # -- anchors and aliases

    def name_end(self, at: int) -> int:
        found = _NAME.match(self.data, at, self.end)
        return found.end() if found else at

    def properties(self, at: int) -> tuple[str, str, int]:
        """Anchor and tag from `at`, and where they end."""
        anchor = tag = ""
        after = at
        while self.data[at : at + 1] in (b"&", b"!"):
            after = self.name_end(at + 1)
            name = self.data[at:after].decode()
            if (name[0] == "&" and (anchor or len(name) == 1 or ":" in name)) or (name[0] == "!" and tag):
                self.fail("not understood as YAML", at)
            anchor, tag = (name[1:], tag) if name[0] == "&" else (anchor, name)
            at = after
            while self.data[at : at + 1] in (b" ", b"\t"):
                at += 1
            if at == after:
                break
        if after < self.end and self.data[after : after + 1] not in (b" ", b"\t", b"\r", b"\n", b",", b"]", b"}"):
            self.fail("not understood as YAML", after)
        return anchor, tag, after

    def open(self, anchor: str) -> None:
        if anchor:
            self.anchors[anchor] = None  # until it is complete, an alias to it would be endless

    def named(self, node: Node, anchor: str, tag: str, start: int, weight: int) -> Node:
        if (anchor or tag) and node.kind == "alias":
            self.fail("an alias with an anchor or a tag", start)
        if tag and node.kind == "null" and node.span.end > node.span.start:
            node.kind = "scalar"
        node.anchor, node.tag, node.start = anchor, tag, start
        if anchor:
            self.anchors[anchor], self.weights[anchor] = node, self.weight - weight
        return node

    def alias(self, at: int) -> Node:
        self.at = self.name_end(at + 1)
        name = self.data[at + 1 : self.at].decode()
        target = self.anchors.get(name)
        if target is None:
            self.fail("an alias to something that is not there", at)
        self.weight += self.weights[name]
        node = self.made("alias", at, self.at)
        node.target = target
        return node

    # -- scalars

    def quote_end(self, at: int) -> int:
        found = (_DOUBLE if self.data[at : at + 1] == b'"' else _SINGLE).match(self.data, at, self.end)
        if found is None:
            self.fail("a quote is not closed", at)
        return found.end()

    def quoted(self, at: int, *, flow: bool = False) -> Node:
        self.at = self.quote_end(at)
        style = "double" if self.data[at : at + 1] == b'"' else "single"
        if style == "double" and self.data.find(b"\\", at, self.at) >= 0:
            for escape in _ESCAPE.finditer(self.data, at + 1, self.at - 1):
                if escape[0][-1:] != b"\n":
                    try:
                        escape_meant(escape[0])
                    except (FormatError, ValueError):
                        self.fail("an unknown escape in a quoted string", escape.start())
        return self.made("scalar", at, self.at, style=style, flow=flow)

    def _flow_plain(self, at: int) -> Node:
        if _NOT_PLAIN.match(self.data, at, self.end):
            self.fail("not understood as YAML", at)
        begin, stop = at, at
        while True:
            found = _FLOW_STOP.search(self.data, at, self.end)
            assert found is not None
            stop = found.start()
            while self.data[stop - 1 : stop] in (b" ", b"\t"):
                stop -= 1
            if found[0] not in (b"\r", b"\n"):
                break
            at = found.start()
            while self.data[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
                at += 1
            if at >= self.end or self.data[at : at + 1] in (b"#", b",", b"[", b"]", b"{", b"}", b":"):
                break
        self.at = stop
        return self.plain_node(begin, stop, flow=True)

    # -- flow collections

    def flow(self, at: int, depth: int) -> Node:
        """The value that begins at `at`, inside brackets (or which is a bracket)."""
        self.deeper(depth, at)
        char = self.data[at : at + 1]
        if char == b"[":
            return self._flow_sequence(at, depth)
        if char == b"{":
            return self._flow_mapping(at, depth)
        if char in (b"'", b'"'):
            return self.quoted(at, flow=True)
        if char == b"*":
            return self.alias(at)
        if char not in (b"&", b"!"):
            return self._flow_plain(at)
        anchor, tag, after = self.properties(at)
        self.open(anchor)
        weight = self.weight
        begin = self.skip(after)
        empty = self.data[begin : begin + 1] in (b",", b"]", b"}", b":", b"")
        return self.named(self.null(after) if empty else self.flow(begin, depth + 1), anchor, tag, at, weight)

    def _flow_sequence(self, start: int, depth: int) -> Node:
        items: list[Item] = []
        at = self.skip(start + 1)
        while self.data[at : at + 1] != b"]":
            value = self.flow(at, depth + 1)
            items.append(Item(value, Span(at, self.at)))
            at = self._comma(self.at, b"]")
        self.at = at + 1
        node = self.made("sequence", start, self.at, flow=True)
        node.items = tuple(items)
        return node

    def _comma(self, at: int, close: bytes) -> int:
        """Behind the comma at `at`, or at the closing bracket."""
        at = self.skip(at)
        if self.data[at : at + 1] == b"," and at < self.end:
            return self.skip(at + 1)
        if at >= self.end or self.data[at : at + 1] != close:
            self.fail("a bracket is not closed, or a comma is missing", at)
        return at

    def _flow_mapping(self, start: int, depth: int) -> Node:
        if self.data[start : start + 2] == b"{{":
            self.fail("the file is a template, not YAML yet", start)
        entries: list[Entry] = []
        seen: set[str] = set()
        at = self.skip(start + 1)
        while self.data[at : at + 1] != b"}":
            key = self.flow(at, depth + 1)
            if key.kind in ("mapping", "sequence") or b"\n" in self.data[key.span.start : key.span.end] or key.span.end - at > MAX_KEY:
                self.fail("a key of several lines", at)
            self.once(key, seen)
            value = self._flow_value(key, depth)
            entries.append(Entry(key, value, Span(at, self.at)))
            at = self._comma(self.at, b"}")
        self.at = at + 1
        node = self.made("mapping", start, self.at, flow=True)
        node.entries = tuple(entries)
        return node

    def _flow_value(self, key: Node, depth: int) -> Node:
        key_end = self.at
        colon = self.skip(key_end)
        if self.data[colon : colon + 1] != b":" or colon >= self.end:
            return self.null(key_end)
        if b"\n" in self.data[key_end:colon]:
            self.fail("a colon on a line of its own", colon)
        at = self.skip(colon + 1)
        if self.data[at : at + 1] in (b",", b"}") or at >= self.end:
            return self.null(colon + 1)
        if at == colon + 1 and key.style not in ("single", "double"):
            self.fail("a blank is missing behind the colon", at)
        return self.flow(at, depth + 1)
