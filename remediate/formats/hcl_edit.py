"""Edits in HCL, in the style that the file has: its indentation, its spaces round `=`, its commas, one line or several."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.formats.hcl import Attribute, Block, Expr
from remediate.model import Edit, Span
from remediate.text import late

_INDENT = late(rb"[ \t]*")


def quoted(text: str) -> str:
    """An HCL string for this text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def newline(data: bytes) -> bytes:
    first = data.find(b"\n")
    return b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"


def line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def line_end(data: bytes, at: int) -> int:
    """Where the line of `at` ends, before its newline."""
    end = data.find(b"\n", at)
    end = len(data) if end < 0 else end
    return end - 1 if end > at and data[end - 1 : end] == b"\r" else end


def indent(data: bytes, at: int) -> bytes:
    """White space that begins the line of `at`."""
    found = _INDENT.match(data, line_start(data, at))
    return found[0] if found else b""


def starts_line(data: bytes, at: int) -> bool:
    """Whether only white space stands before it in its line."""
    return not data[line_start(data, at) : at].strip()


def _sign(data: bytes, value: Expr, key_end: int) -> bytes:
    """What stands between a key and its value, without alignment: ` = `, `=`, ` : `."""
    between = data[key_end : value.span.start].strip() or b"="
    spaced = data[value.span.start - 1 : value.span.start] in b" \t"
    return b" " + between + b" " if spaced else between


def add_attribute(data: bytes, block: Block, name: str, lines: Sequence[str], *, after: Attribute | None = None) -> Edit:
    """`name = lines` in a block, behind the attribute `after` or as the last one; further lines are indented as deep as the first."""
    end = newline(data)
    last = after or max(block.attributes.values(), key=lambda a: a.span.end, default=None)
    if last is not None and starts_line(data, last.span.start):
        depth = indent(data, last.span.start)
        sign = _sign(data, last.value, last.span.start + len(last.name.encode("utf-8", "surrogateescape")))
        at = line_end(data, last.span.end)
        text = (end + depth).join([name.encode() + sign + lines[0].encode(), *(line.encode() for line in lines[1:])])
        return Edit(Span(at, at), end + depth + text)
    outer = indent(data, block.span.start)
    depth = outer + _step(data)
    text = (end + depth).join([f"{name} = {lines[0]}".encode(), *(line.encode() for line in lines[1:])])
    inner = data[block.inside.start : block.inside.end]
    if last is None and not inner.strip():
        return Edit(block.inside, end + depth + text + end + outer)
    if last is None:  # only comments or blocks
        return Edit(Span(block.inside.start, block.inside.start), end + depth + text)
    # `target "a" { args = {} }` on one line: a second attribute needs lines
    return Edit(block.inside, end + depth + inner.strip() + end + depth + text + end + outer)


def _step(data: bytes) -> bytes:
    """One level of indentation in this file."""
    for line in data.splitlines():
        found = _INDENT.match(line)
        if found and found[0] and line.strip() and not line.lstrip().startswith((b"*", b"#", b"//")):
            return b"\t" if found[0].startswith(b"\t") else found[0]
    return b"  "


def remove_attribute(data: bytes, block: Block, attribute: Attribute) -> Edit:
    """Without the attribute: its lines when nothing else stands there, a comment behind it included."""
    start, end = attribute.span
    if not starts_line(data, start):
        return Edit(Span(start, end), b"")
    tail = data[end : line_end(data, end)].strip()
    if tail and not tail.startswith((b"#", b"//")):
        return Edit(Span(start, end), b"")
    stop = data.find(b"\n", end)
    return Edit(Span(line_start(data, start), len(data) if stop < 0 else stop + 1), b"")


def add_item(data: bytes, items: Expr, text: str) -> Edit:
    """Another item at the end of a tuple."""
    last = items.items[-1] if items.items else None
    if last is None:
        return Edit(Span(items.span.start + 1, items.span.end - 1), text.encode())
    return _behind(data, items, last.span, text)


def add_element(data: bytes, into: Expr, key: str, value: str) -> Edit:
    """Another element at the end of an object."""
    elements = into.elements
    if not elements:
        return Edit(Span(into.span.start + 1, into.span.end - 1), f" {key} = {value} ".encode())
    last = elements[-1]
    text = key + _sign(data, last.value, last.key.span.end).decode() + value
    commas = len(elements) > 1 and _past_comma(data, elements[-2].span.end, into.span.end) > elements[-2].span.end
    return _behind(data, into, last.span, text, comma=commas)


def _behind(data: bytes, whole: Expr, last: Span, text: str, *, comma: bool = True) -> Edit:
    """`text` behind the item that ends at `last`; with a comma between them, and one behind it when the last item has one."""
    limit = whole.span.end - 1
    after = _past_comma(data, last.end, limit)
    trailing = after > last.end
    if not starts_line(data, last.start):
        if trailing:
            return Edit(Span(after, after), f" {text},".encode())
        return Edit(Span(last.end, last.end), f", {text}".encode())
    glue = newline(data) + indent(data, last.start)
    stop = min(line_end(data, after), limit)
    note = data[after:stop].rstrip()
    between = b"" if trailing or not comma else b","
    return Edit(Span(after, after + len(note)), between + note + glue + text.encode() + (b"," if trailing else b""))


def remove_from(data: bytes, whole: Expr, gone: Sequence[Span]) -> list[Edit]:
    """Without these items or elements; each with its comma, and with its line when it has one of its own."""
    spans = [i.span for i in whole.items] if whole.kind == "tuple" else [e.span for e in whole.elements]
    limit = whole.span.end - 1
    out: list[Edit] = []
    number = 0
    while number < len(spans):
        if spans[number] not in gone:
            number += 1
            continue
        last = number
        if _own_lines(data, spans[number], limit):
            stop = data.find(b"\n", _past_comma(data, spans[number].end, limit)) + 1
            out.append(Edit(Span(line_start(data, spans[number].start), stop), b""))
        else:
            while last + 1 < len(spans) and spans[last + 1] in gone and not _own_lines(data, spans[last + 1], limit):
                last += 1
            before = spans[number - 1] if number else None
            after = spans[last + 1] if last + 1 < len(spans) else None
            out.append(Edit(_inline(data, before, Span(spans[number].start, spans[last].end), after, limit), b""))
        number = last + 1
    return out


def _inline(data: bytes, before: Span | None, run: Span, after: Span | None, limit: int) -> Span:
    """What goes with items that share their lines with others: up to the next item, or from the end of the one before."""
    if after is not None and b"\n" not in data[run.end : after.start]:
        return Span(run.start, after.start)
    if after is None and before is not None and not _comment(data[before.end : run.start]):
        return Span(before.end, run.end)
    return Span(run.start, _past_comma(data, run.end, limit))


def _own_lines(data: bytes, span: Span, limit: int) -> bool:
    return starts_line(data, span.start) and _ends_line(data, _past_comma(data, span.end, limit))


def _comment(between: bytes) -> bool:
    return b"#" in between or b"//" in between or b"/*" in between


def _past_comma(data: bytes, at: int, limit: int) -> int:
    """Behind the comma that follows; `at` itself when none does. A comma behind a comment is not looked for."""
    between = data[at:limit]
    rest = between.lstrip()
    return at + len(between) - len(rest) + 1 if rest.startswith(b",") else at


def _ends_line(data: bytes, at: int) -> bool:
    """Nothing but white space, or a comment that belongs to what stood before, follows on this line."""
    tail = data[at : line_end(data, at)].strip()
    return (not tail or tail.startswith((b"#", b"//"))) and data.find(b"\n", at) >= 0
