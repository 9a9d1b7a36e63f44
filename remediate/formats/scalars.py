"""The text of a scalar, with a map to the file's bytes, and how new text is written inside it."""

from __future__ import annotations

from functools import partial

from remediate.formats.embedded import Embedded, FormatError
from remediate.formats.node import Block, Node
from remediate.text import LogicalText, Piece, late

_NEEDS_WORK = late(rb"[\\'\n]")
_FOLD = rb"|[ \t]*+(?:\r?\n[ \t]*+)*"
_DOUBLE = late(
    rb"[^\\\r\n \t]+|[ \t]*\\\r?\n[ \t]*+(?:\r?\n[ \t]*+)*|\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^xuU\r\n])" + _FOLD
)
_SINGLE = late(rb"[^'\r\n \t]+|''" + _FOLD)
_PLAIN = late(rb"[^\r\n \t]+" + _FOLD)
_SURROGATES = late(rb"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}")
_LINE_END = late(rb"\r?\n")
_UNSAFE = late(rb"[\x00-\x08\x0a-\x1f\x7f]|:(?=[ \t]|\Z)|(?<![^ \t])#|\A(?:[*!|>%@`]|[-?](?=[ \t]|\Z))")
_UNSAFE_FLOW = late(rb"[,\[\]{}]|:\Z")
_CONTROL = late(rb"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = late(rb'[\x00-\x1f\x7f"\\]')

ESCAPES = {
    b"0": b"\0", b"a": b"\a", b"b": b"\b", b"t": b"\t", b"\t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b"e": b"\x1b",
    b" ": b" ", b'"': b'"', b"/": b"/", b"\\": b"\\", b"N": b"\xc2\x85", b"_": b"\xc2\xa0", b"L": b"\xe2\x80\xa8", b"P": b"\xe2\x80\xa9",
}  # fmt: skip
_SHORT = {b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b'"': b'\\"', b"\\": b"\\\\"}


def embedded(node: Node) -> Embedded:
    """The content of a scalar as the inner reader gets it."""
    data, (start, end) = node.data, node.span
    if node.kind != "scalar":
        return Embedded(LogicalText((Piece(b"", start, start),)), _never)
    if node.block is not None:
        newline = b"\r\n" if data[node.block.start - 2 : node.block.start] == b"\r\n" else b"\n"
        return _folded(node.block, data) if node.style == "folded" else _literal(node.block, data, newline)
    if node.style == "plain":
        return Embedded(_text(_flowed(data, start, end, "plain"), start), partial(_plain_written, node.flow))
    if node.style == "single":
        return Embedded(_text(_flowed(data, start + 1, end - 1, "single"), start + 1), _single_written)
    if node.style == "bare":  # a number or a word of JSON
        return Embedded(LogicalText.of(data, start, end), _never)
    return Embedded(_text(_flowed(data, start + 1, end - 1, "double"), start + 1), double_written)


def _text(pieces: list[Piece], start: int) -> LogicalText:
    return LogicalText(pieces or (Piece(b"", start, start),))


def _never(_: bytes) -> bytes | None:
    return None


# -- plain and quoted ------------------------------------------------------------------------------------------------------------------


def _flowed(data: bytes, start: int, end: int, style: str) -> list[Piece]:
    """Pieces of a plain or quoted scalar: lines are folded, escapes stand for what they mean."""
    if not _NEEDS_WORK.search(data, start, end):
        return [Piece(data[start:end], start, end)]
    pieces: list[Piece] = []
    at = start
    pattern = _DOUBLE if style == "double" else _SINGLE if style == "single" else _PLAIN
    while at < end:
        found = pattern.match(data, at, end)
        if found is None or found.end() == at:
            raise FormatError("a scalar is not understood")
        stop = found.end()
        if style == "double" and (pair := _SURROGATES.match(data, at, end)):
            stop = pair.end()
        pieces.append(Piece(_meant(data[at:stop], style), at, stop))
        at = stop
    return pieces


def _meant(raw: bytes, style: str) -> bytes:
    if b"\n" in raw:
        if style == "double" and raw.lstrip(b" \t").startswith(b"\\"):
            return raw[: raw.index(b"\\")] + b"\n" * (raw.count(b"\n") - 1)  # an escaped line break; the blanks before it count
        return b"\n" * (raw.count(b"\n") - 1) or b" "
    if style == "single":
        return raw.replace(b"''", b"'")
    return escape_meant(raw) if style == "double" and raw.startswith(b"\\") else raw


def escape_meant(raw: bytes) -> bytes:
    """What an escape of a double-quoted scalar (or of JSON) stands for."""
    code = raw[1:2]
    if code not in (b"x", b"u", b"U"):
        if code not in ESCAPES:
            raise FormatError("an unknown escape in a quoted string")
        return ESCAPES[code]
    if len(raw) == 12 and code == b"u":
        return raw.decode("ascii").encode("ascii").decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16").encode()
    number = int(raw[2:], 16)
    if number > 0x10FFFF:
        raise FormatError("an unknown escape in a quoted string")
    return chr(number).encode("utf-8", "replace") if 0xD800 <= number < 0xE000 else chr(number).encode()


def _plain_written(flow: bool, new: bytes) -> bytes | None:
    if _UNSAFE.search(new) or (flow and _UNSAFE_FLOW.search(new)):
        return None
    return new


def _single_written(new: bytes) -> bytes | None:
    return None if b"\n" in new or _CONTROL.search(new) else new.replace(b"'", b"''")


def double_written(new: bytes) -> bytes | None:
    """Text inside double quotes, with escapes that JSON knows, too."""
    return _ESCAPED.sub(lambda m: _SHORT.get(m[0]) or b"\\u%04x" % m[0][0], new)


# -- block scalars ---------------------------------------------------------------------------------------------------------------------


def _lines(block: Block, data: bytes) -> list[tuple[int, int, int]]:
    """(start of text, end of text, start of the next line) for each line; the text of a blank line is empty."""
    out = []
    at = block.start
    while at < block.end:
        found = _LINE_END.search(data, at, block.end)
        stop, after = (found.start(), found.end()) if found else (block.end, block.end)
        out.append((min(at + block.indent, stop), stop, after))
        at = after
    return out


def _last_break(block: Block, data: bytes, stop: int) -> list[Piece]:
    """The line break at the end of the text: it has no bytes of its own in the map, so that an edit cannot join the next key to it."""
    if block.chomp == "-" or data[block.end - 1 : block.end] != b"\n":
        return []
    return [Piece(b"\n", stop, stop)]


def _literal(block: Block, data: bytes, newline: bytes) -> Embedded:
    """A line break maps to itself with the indentation behind it: a text that brings a line break brings the indentation, too."""
    pieces: list[Piece] = []
    lines = _lines(block, data)
    for index, (start, stop, _) in enumerate(lines):
        if index:
            pieces.append(Piece(b"\n", lines[index - 1][1], start))
        pieces.append(Piece(data[start:stop], start, stop))
    if lines:
        pieces += _last_break(block, data, lines[-1][1])
    pad = b" " * block.indent

    def written(new: bytes) -> bytes | None:
        if _CONTROL.search(new):
            return None
        first, *rest = new.split(b"\n")
        return first + b"".join(newline + (pad + line if line or i == len(rest) - 1 else b"") for i, line in enumerate(rest))

    return Embedded(_text(pieces, block.start), written)


def _folded(block: Block, data: bytes) -> Embedded:
    """A line break between two lines of text is a blank; blank lines are line breaks; lines that are indented more stay as they are."""
    pieces: list[Piece] = []
    before: tuple[int, int, int] | None = None
    blanks = 0
    for line in _lines(block, data):
        start, stop, _ = line
        if start == stop:
            blanks += 1
            continue
        since = before[1] if before else block.start
        deeper = data[start : start + 1] in (b" ", b"\t") or (before is not None and data[before[0] : before[0] + 1] in (b" ", b"\t"))
        if before is None:
            gap = b"\n" * blanks
        elif deeper:
            gap = b"\n" * (blanks + 1)
        else:
            gap = b"\n" * blanks or b" "
        if gap:
            pieces.append(Piece(gap, since, start))
        pieces.append(Piece(data[start:stop], start, stop))
        before, blanks = line, 0
    if before is not None:
        pieces += _last_break(block, data, before[1])
        if block.chomp == "+" and blanks:
            pieces.append(Piece(b"\n" * blanks, before[1], before[1]))
    elif blanks:
        pieces.append(Piece(b"\n" * blanks, block.end, block.end))
    return Embedded(_text(pieces, block.start), lambda new: None if b"\n" in new or _CONTROL.search(new) else new)
