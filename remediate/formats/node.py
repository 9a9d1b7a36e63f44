"""What YAML and JSON have in common: a value with its exact bytes in the file. Nothing is decoded before it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from remediate.formats.embedded import Embedded
from remediate.model import NamedTuple, Span
from remediate.text import BOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.formats.node import Node as _Node


class Entry(NamedTuple):
    """A key with its value. `span`: in a block the whole lines, with the comment at their end; in a flow mapping only key and value."""

    key: _Node
    value: _Node
    span: Span


class Item(NamedTuple):
    """A value of a sequence. `span` has the whole lines from the dash on; in a flow sequence only the value."""

    value: _Node
    span: Span


class Block(NamedTuple):
    """The lines of a block scalar, from `start` to `end`: `indent` columns are not part of the text; `chomp` is "-", "" or "+"."""

    indent: int
    start: int
    end: int
    chomp: str


class Node:
    """One value. `span` is the value's own bytes, without anchor and tag (they begin at `start`); of a missing value it is empty.

    `kind`: mapping, sequence, scalar, alias, null. `style` of a scalar: plain, single, double, literal, folded.
    """

    def __init__(self, kind: str, span: Span, data: bytes, lines: Sequence[int], *, style: str = "", flow: bool = False) -> None:
        self.kind, self.span, self.style, self.flow = kind, span, style, flow
        self.data, self.lines = data, lines
        self.start = span.start
        self.anchor = self.tag = ""
        self.entries: tuple[Entry, ...] = ()
        self.items: tuple[Item, ...] = ()
        self.target: Node | None = None
        self.block: Block | None = None

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.span.start}-{self.span.end})"

    @property
    def line(self) -> int:
        """1-based line where the value begins."""
        return bisect_right(self.lines, self.span.start)

    @property
    def column(self) -> int:
        """Bytes before the value in its line; a byte order mark is none of them."""
        start = self.lines[self.line - 1]
        return self.span.start - (len(BOM) if start == 0 and self.data.startswith(BOM) else start)

    @cached_property
    def text(self) -> Embedded:
        """A scalar's content with its map to the file; of anything else an empty text that nothing can be written to."""
        from remediate.formats import scalars

        return scalars.embedded(self)

    @cached_property
    def value(self) -> str:
        """A scalar's content as text; "" for anything else, also for null."""
        if self.kind != "scalar":
            return ""
        if self.style in ("plain", "bare"):  # most scalars: no need of a map
            raw = self.data[self.span.start : self.span.end]
            if b"\n" not in raw:
                return raw.decode()
        return self.text.text.data.decode("utf-8", "replace")

    def entry(self, key: str) -> Entry | None:
        """The entry of that key which stands in this mapping itself."""
        return next((e for e in self.entries if e.key.value == key and e.key.kind == "scalar"), None)

    def get(self, key: str, *more: str) -> Node | None:
        """The value below that path of keys; aliases and merge keys are not followed."""
        found = self.entry(key)
        if found is None:
            return None
        return found.value.get(*more) if more else found.value


class Merged(NamedTuple):
    """An effective entry of a mapping; `aliased` when it stands elsewhere and came through a merge key."""

    entry: Entry
    aliased: bool


def resolve(node: Node) -> Node:
    """The node itself, or what the alias stands for."""
    return node.target if node.target is not None else node


def merged(mapping: Node) -> tuple[Merged, ...]:
    """The entries that count: those of the mapping first, then what its merge keys bring, the first one of a key wins."""
    found: dict[str, Merged] = {}
    pending, seen = [(resolve(mapping), mapping.kind == "alias")], set()
    while pending:
        node, aliased = pending.pop()
        if id(node) in seen:  # a second merge of the same mapping brings nothing new
            continue
        seen.add(id(node))
        merges: list[Node] = []
        for entry in node.entries:
            if is_merge(entry.key):
                merges += [i.value for i in entry.value.items] or [entry.value]
            else:
                found.setdefault(entry.key.value, Merged(entry, aliased))
        pending += [(resolve(m), True) for m in reversed(merges)]
    return tuple(found.values())


def is_merge(key: Node) -> bool:
    """Whether a key is YAML's merge key."""
    return key.style == "plain" and key.span.end - key.span.start == 2 and key.value == "<<"
