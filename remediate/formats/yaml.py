"""YAML, read without loss: every value with its exact bytes. What could mean two things to two readers is refused.

Written by hand: the readers at hand lose the bytes, or fall over on files that are nested deeply or are very long.
"""

from __future__ import annotations

from remediate.formats.embedded import FormatError
from remediate.formats.node import Entry, Item, Merged, Node, is_merge, merged, resolve
from remediate.formats.yaml_block import Reader
from remediate.model import Span
from remediate.text import BOM, Source, late

__all__ = ["Entry", "FormatError", "Item", "Merged", "Node", "documents", "is_merge", "merged", "resolve"]

MAX_BYTES = 1024 * 1024
# Bytes of the last files whose nodes are kept: each is read when builds are found, when it is rewritten, and when others name it.
KEPT = 2 * MAX_BYTES
_kept: dict[bytes, tuple[Node, ...]] = {}

_BAD = late(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf")
_TEMPLATE = late(rb"\{%[-+]?[ \t]*[a-z]+\b[^\n]{0,300}%\}")
_MARKER = late(rb"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", 8)  # 8: re.MULTILINE
_PROLOGUE = late(
    rb"(?>(?:[ \t]*(?:#[^\n]*)?\r?\n)*)(?:%YAML[ \t]+1\.[0-9][ \t]*(?:(?<=[ \t])#[^\n]*)?\r?\n)?"
    rb"(?>(?:[ \t]*(?:#[^\n]*)?\r?\n)*)"
)
_EMPTY = late(rb"(?>(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|(?<=[^\n])\Z))*)")


def documents(data: bytes) -> tuple[Node, ...]:
    """The root of each document of the file. Raises FormatError when the file is not understood to the last byte."""
    roots = _kept.get(data)
    if roots is None:
        roots = _documents(data)
        room = KEPT - len(data)
        while _kept and sum(map(len, _kept)) > room:
            del _kept[next(iter(_kept))]
        _kept[data] = roots
    return roots


def _documents(data: bytes) -> tuple[Node, ...]:
    if len(data) > MAX_BYTES:
        raise FormatError("the file is larger than 1 MiB")
    source = Source(data)
    first = len(BOM) if data.startswith(BOM) else 0
    _check(data, first, source)
    roots: list[Node] = []
    at, explicit = first, False
    marks = [(m.start(), m.end(), m[0] == b"---") for m in _MARKER.finditer(data, first)]
    if first and (m := _MARKER.match(data[first : first + 8])):  # a marker right behind the byte order mark
        marks.insert(0, (first, first + m.end(), m[0] == b"---"))
    for start, after, opens in [*marks, (len(data), len(data), False)]:
        begin = _PROLOGUE.match(data, at, start).end() if opens and not explicit else at  # type: ignore[union-attr]
        if explicit or _EMPTY.match(data, begin, start).end() < start:  # type: ignore[union-attr]
            roots.append(Reader(data, source.line_starts, start, first).document(begin, explicit))
        if not opens and data[after : max(data.find(b"\n", after), after)].partition(b"#")[0].strip():
            raise FormatError("something stands behind the end of a document", line=source.line_of(after))
        at, explicit = after, opens
    return tuple(roots)


def _check(data: bytes, first: int, source: Source) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("the file is not UTF-8", line=source.line_of(error.start)) from None
    if found := _BAD.search(data, first):
        raise FormatError("a control character or an unusual line break", line=source.line_of(found.start()))
    if found := _TEMPLATE.search(data, first):
        raise FormatError("the file is a template, not YAML yet", line=source.line_of(found.start()))


def span_of(node: Node) -> Span:
    """The node with its anchor and tag."""
    return Span(node.start, node.span.end)
