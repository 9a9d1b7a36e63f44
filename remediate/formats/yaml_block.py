"""The block side of YAML: mappings and sequences by indentation, block scalars, plain scalars over several lines."""

from __future__ import annotations

from remediate.formats.node import Block, Entry, Item, Node
from remediate.formats.yaml_flow import MAX_KEY, FlowReader
from remediate.model import Span
from remediate.text import late

_KEY_END = late(rb"[ \t]*:(?=[ \t\r\n]|\Z)")
_STOP = late(rb"(?<=[ \t])#|:(?=[ \t\r\n]|\Z)|[\r\n]|\Z")
_NOT_PLAIN = late(rb"[,\[\]{}#&*!|>'\"%@`]|[-?:](?=[ \t\r\n]|\Z)")
_DASH = late(rb"-(?=[ \t\r\n]|\Z)")
_BLANK_LINES = late(rb"(?>(?:[ \t]*\r?\n)*)")
_HEADER = late(rb"[|>](?:([1-9])([-+]?)|([-+]?)([1-9]?))(?:[ \t]+(?:#[^\n]*)?)?(?:\r?\n|\Z)")
_LEAD = late(rb"((?>(?: *\r?\n)*))( *)")
_LAST_BLANK = late(rb" *\r?\n\Z")


class Reader(FlowReader):
    """One document. `at` is behind what was read last."""

    def document(self, begin: int, explicit: bool) -> Node:
        """The root; nothing may follow it."""
        node = self._value(begin, -1, "document", 0, fresh=not explicit)
        rest, _ = self.next(self.at)
        if rest < self.end:
            self.fail("something stands behind the document's value", rest)
        return node

    def column(self, at: int) -> int:
        start = max(self.data.rfind(b"\n", 0, at) + 1, self.first)
        return at - start

    def _belongs(self, at: int, indent: int, parent: str) -> bool:
        if at >= self.end:
            return False
        column = self.column(at)
        return column > indent or (parent == "mapping" and column == indent and _DASH.match(self.data, at, self.end) is not None)

    def _value(self, pos: int, indent: int, parent: str, depth: int, fresh: bool = False) -> Node:
        """The node behind an indicator that ends at `pos`; `indent` is the column of what it belongs to."""
        self.deeper(depth, pos)
        at, crossed = self.next(pos)
        fresh = fresh or crossed
        if at >= self.end or (crossed and not self._belongs(at, indent, parent)):
            return self.null(pos)
        if self.data[at : at + 1] not in (b"&", b"!"):
            found = self._node(at, indent, parent, depth, fresh)
            if parent == "sequence" and not found.flow and found.kind in ("mapping", "sequence") and b"\t" in self.data[pos:at]:
                self.fail("a tab in the indentation", at)
            return found
        start = at
        anchor, tag, after = self.properties(at)
        at, crossed = self.next(after)
        if crossed or at >= self.end:
            self.open(anchor)
            weight = self.weight
            found = self._node(at, indent, parent, depth, True) if self._belongs(at, indent, parent) else self.null(after)
            return self.named(found, anchor, tag, start, weight)
        if (fresh or parent == "sequence") and self._key_stop(at) >= 0:  # the anchor stands before a key, and belongs to the key
            return self._mapping(start, depth)
        self.open(anchor)
        weight = self.weight
        if _DASH.match(self.data, at, self.end):
            self.fail("an anchor or tag before a dash", at)
        return self.named(self._node(at, indent, parent, depth, False, keys=False), anchor, tag, start, weight)

    def _node(self, at: int, indent: int, parent: str, depth: int, fresh: bool, keys: bool = True) -> Node:
        char = self.data[at : at + 1]
        if char in (b"|", b">"):
            return self._block_scalar(at, indent)
        if _DASH.match(self.data, at, self.end):
            if not fresh and parent != "sequence":
                self.fail("a sequence begins in the line of its key", at)
            return self._sequence(at, depth)
        if char in (b"[", b"{"):
            node = self.flow(at, depth)
            if _KEY_END.match(self.data, self.at, self.end):
                self.fail("a collection as a key", at)
            return node
        if char in (b"?", b"%", b"@", b"`") and _NOT_PLAIN.match(self.data, at, self.end):
            self.fail("not understood as YAML", at)
        if (fresh or parent == "sequence") and keys and self._key_stop(at) >= 0:
            return self._mapping(at, depth)
        if char in (b"'", b'"'):
            return self.quoted(at)
        return self.alias(at) if char == b"*" else self._plain(at, indent)

    # -- collections

    def _key_stop(self, at: int) -> int:
        """Where the `:` of a key stands that begins at `at`; -1 when there is none in this line."""
        char = self.data[at : at + 1]
        if char in (b"'", b'"'):
            end = self.quote_end(at)
        elif char == b"*":
            end = self.name_end(at + 1)
        elif _NOT_PLAIN.match(self.data, at, self.end):
            return -1
        else:
            found = _STOP.search(self.data, at, self.end)
            return found.start() if found and found[0] == b":" else -1
        found = _KEY_END.match(self.data, end, self.end)
        return found.end() - 1 if found and self.data.find(b"\n", at, end) < 0 else -1

    def _key(self, at: int) -> Node:
        start = at
        anchor = tag = ""
        if self.data[at : at + 1] in (b"&", b"!"):
            anchor, tag, after = self.properties(at)
            at, crossed = self.next(after)
            if crossed:
                self.fail("a key on a line of its own", at)
        stop = self._key_stop(at)
        if stop < 0:
            self.fail("a key is expected here", at)
        if stop - at > MAX_KEY:
            self.fail("a key is too long", at)
        weight = self.weight
        char = self.data[at : at + 1]
        if char in (b"'", b'"'):
            node = self.quoted(at)
        elif char == b"*":
            node = self.alias(at)
        else:
            text = self.data[at:stop].rstrip(b" \t")
            node = self.made("scalar", at, at + len(text), style="plain")
        self.at = stop + 1
        self.open(anchor)
        return self.named(node, anchor, tag, start, weight)

    def _mapping(self, at: int, depth: int) -> Node:
        start, column = at, self.column(at)
        entries: list[Entry] = []
        seen: set[str] = set()
        while True:
            key = self._key(at)
            self.once(key, seen)
            value = self._value(self.at, column, "mapping", depth + 1)
            entries.append(Entry(key, value, self._lines(at)))
            stop = self.at
            at, fresh = self.next(stop)
            if at >= self.end or (fresh and self.column(at) < column):
                break
            if not fresh or self.column(at) > column:
                self.fail("not understood as YAML", at)
        self.at = stop
        node = self.made("mapping", start, stop)
        node.entries = tuple(entries)
        return node

    def _sequence(self, at: int, depth: int) -> Node:
        start, column = at, self.column(at)
        items: list[Item] = []
        while True:
            value = self._value(at + 1, column, "sequence", depth + 1)
            items.append(Item(value, self._lines(at)))
            stop = self.at
            at, fresh = self.next(stop)
            if at >= self.end or (fresh and (self.column(at) < column or not _DASH.match(self.data, at, self.end))):
                break
            if not fresh or self.column(at) > column:
                self.fail("not understood as YAML", at)
        self.at = stop
        node = self.made("sequence", start, stop)
        node.items = tuple(items)
        return node

    def _lines(self, at: int) -> Span:
        """From `at` (its line's start when nothing stands before it) to the end of the line in which the reader is."""
        begin = max(self.data.rfind(b"\n", 0, at) + 1, self.first)
        if self.data[begin:at].strip(b" "):
            begin = at
        if self.at and self.data[self.at - 1 : self.at] == b"\n":
            return Span(begin, self.at)
        stop = self.data.find(b"\n", self.at, self.end)
        return Span(begin, stop + 1 if stop >= 0 else self.end)

    # -- scalars

    def _plain(self, at: int, indent: int) -> Node:
        if _NOT_PLAIN.match(self.data, at, self.end):
            self.fail("not understood as YAML", at)
        begin, stop = at, at
        while True:
            found = _STOP.search(self.data, at, self.end)
            assert found is not None
            stop = found.start()
            if found[0] == b":":
                self.fail("a mapping begins in the line of its key", stop)
            while self.data[stop - 1 : stop] in (b" ", b"\t"):
                stop -= 1
            if found[0] == b"#":
                break
            line = _BLANK_LINES.match(self.data, found.start(), self.end)
            assert line is not None
            at = line.end()
            if at == found.start() or at >= self.end:
                break
            while self.data[at : at + 1] == b" ":
                at += 1
            if at >= self.end or at - line.end() <= indent or self.data[at : at + 1] == b"#":
                break
            if self.data[at : at + 1] == b"\t":
                self.fail("a tab in the indentation", at)
            if self.data[at : at + 2] == b"{{":
                self.fail("the file is a template, not YAML yet", at)
        self.at = stop
        return self.plain_node(begin, stop)

    def _block_scalar(self, at: int, indent: int) -> Node:
        found = _HEADER.match(self.data, at, self.end)
        if found is None:
            self.fail("not understood as YAML", at)
        digit, chomp = (found[1] or found[4] or b"").decode(), (found[2] or found[3] or b"").decode()
        body = found.end()
        lead = _LEAD.match(self.data, body, self.end)
        assert lead is not None
        width = max(indent, 0) + int(digit) if digit else len(lead[2])
        if not digit:
            if self.data[lead.end() : lead.end() + 1] == b"\t":
                self.fail("a tab in the indentation", lead.end())
            if lead.end() >= self.end or width <= indent:
                width = max(
                    indent + 1, 1, len(lead[2]), *(len(line.rstrip(b"\r")) for line in lead[1].split(b"\n"))
                )  # nothing but blank lines
            elif any(len(line.rstrip(b"\r")) > width for line in lead[1].split(b"\n")):
                self.fail("blank lines are indented more than the text", body)
        if width < 1:
            self.fail("a block scalar without indentation", at)
        lines = late(rb"(?>(?: {%d}[^\n]+(?:\n|\Z)| {0,%d}\r?\n)*)" % (width, width)).match(self.data, body, self.end)
        assert lines is not None
        end = lines.end()
        tail = max(self.data.rfind(b"\n", 0, end) + 1, body)
        if end - tail <= width and not self.data[tail:end].strip(b" "):
            end = tail  # blanks before the end of the file
        last = self._last(body, end, width)
        node = self.made("scalar", at, end if chomp == "+" else last, style="literal" if self.data[at : at + 1] == b"|" else "folded")
        node.block = Block(width, body, end if chomp == "+" else last, chomp)
        self.at = node.span.end
        return node

    def _last(self, body: int, end: int, width: int) -> int:
        """The end of the last line that is not blank; `body` when all are."""
        while end > body:
            start = self.data.rfind(b"\n", body, end - 1) + 1 or body
            line = self.data[start:end]
            if line.strip(b"\r\n ") or len(line.rstrip(b"\r\n")) > width:
                return end
            end = start
        return body
