"""Edits on YAML that look as if the file's author had made them: its indentation, its dashes, its line ends; comments stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from remediate.formats.embedded import FormatError
from remediate.formats.node import Node
from remediate.formats.yaml_write import flow_source, is_nested, quoted
from remediate.model import Edit, NamedTuple, Span

__all__ = [
    "Habits", "add_entry", "add_item", "add_line", "habits", "quoted", "remove_entries", "remove_entry", "remove_item", "remove_items",
    "remove_line", "remove_lines", "replace_line",
]  # fmt: skip


class Habits(NamedTuple):
    """How a file is laid out: columns per level, columns of a dash below its key, line ending."""

    step: int = 2
    dash: int = 2
    newline: bytes = b"\n"


@lru_cache(maxsize=16)
def habits(data: bytes) -> Habits:
    """What most of the file does."""
    from collections import Counter

    from remediate.formats.yaml import documents

    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    pending = [*documents(data)]
    while pending:
        node = pending.pop()
        pending += [i.value for i in node.items]
        for entry in node.entries:
            value = entry.value
            pending.append(value)
            if not node.flow and not value.flow and value.span.start > value.start - 1 and value.line > entry.key.line:
                if value.kind == "mapping":
                    steps[value.column - node.column] += 1
                elif value.kind == "sequence":
                    dashes[value.column - node.column] += 1
    step = steps.most_common(1)[0][0] if steps else 2
    dash = dashes.most_common(1)[0][0] if dashes else step
    return Habits(step, dash, b"\r\n" if b"\r\n" in data else b"\n")


def column_of(data: bytes, at: int) -> int:
    start = data.rfind(b"\n", 0, at) + 1
    return at - start - (3 if start == 0 and data.startswith(b"\xef\xbb\xbf") else 0)


# -- entries and items -------------------------------------------------------------------------------------------------------------------


def add_entry(data: bytes, mapping: Node, key: str, value_lines: Sequence[str], *, after: str = "") -> Edit:
    """A new entry behind the one named `after` (default: the last). `value_lines` is the value as YAML, indented from column 0."""
    if mapping.kind != "mapping":
        raise FormatError("no mapping that could get an entry", line=mapping.line)
    entries = mapping.entries
    place = next((i for i, e in enumerate(entries) if e.key.value == after), len(entries) - 1)
    if mapping.flow:
        spans = [e.span for e in entries]
        return _added_flow(data, mapping, spans, place, f"{key}: {flow_source(value_lines)}".rstrip())
    column = column_of(data, entries[0].key.start)
    at = _past_comments(data, entries[place].span.end, column)
    return _added_lines(data, at, column, entry_lines(key, value_lines, habits(data)))


def _past_comments(data: bytes, at: int, column: int) -> int:
    """Comments that stand deeper than the new entry belong to what goes before it."""
    end = at
    while (at == 0 or data[at - 1 : at] == b"\n") and at < len(data):
        stop = data.find(b"\n", at) + 1 or len(data)
        line = data[at:stop].lstrip(b" ")
        if line.startswith(b"#") and stop - at - len(line) > column:
            end = stop
        elif line.strip():
            break
        at = stop
    return end


def entry_lines(key: str, value_lines: Sequence[str], style: Habits) -> list[str]:
    """The lines of an entry from column 0, in the layout of the file."""
    if not value_lines:
        return [f"{key}:"]
    if not is_nested(value_lines):
        return [f"{key}: {value_lines[0]}", *(" " * style.step + line if line else "" for line in value_lines[1:])]
    pad = " " * (style.dash if value_lines[0].startswith("- ") else style.step)
    return [f"{key}:", *(pad + line if line else "" for line in value_lines)]


def add_item(data: bytes, sequence: Node, text: str) -> Edit:
    """A new last item; `text` is YAML, its further lines are indented from column 0 as the first one."""
    if sequence.kind != "sequence":
        raise FormatError("no sequence that could get an item", line=sequence.line)
    if sequence.flow:
        return _added_flow(data, sequence, [i.span for i in sequence.items], len(sequence.items) - 1, flow_source(text.split("\n")))
    last = sequence.items[-1]
    column = sequence.column
    gap = 1
    if last.value.span.end > last.value.span.start:
        dash = last.span.start + len(data[last.span.start : last.span.end]) - len(data[last.span.start : last.span.end].lstrip(b" "))
        between = data[dash + 1 : last.value.start]
        gap = len(between) if between and not between.strip(b" ") else 1
    lines = text.split("\n")
    body = ["-" + " " * gap + lines[0], *(" " * (gap + 1) + line if line else "" for line in lines[1:])]
    return _added_lines(data, last.span.end, column, body)


def _added_lines(data: bytes, at: int, column: int, lines: Sequence[str]) -> Edit:
    newline = habits(data).newline
    body = newline.join((" " * column + line).encode() if line else b"" for line in lines)
    text = body + newline if at == 0 or data[at - 1 : at] == b"\n" else newline + body
    return Edit(Span(at, at), text)


def _added_flow(data: bytes, parent: Node, spans: Sequence[Span], place: int, text: str) -> Edit:
    if not spans:
        at = parent.span.start + 1
        return Edit(Span(at, at), text.encode())
    span = spans[place]
    start = data.rfind(b"\n", 0, span.start) + 1
    own_line = start > parent.span.start and not data[start : span.start].strip(b" \t")
    gap = habits(data).newline + data[start : span.start] if own_line else b" "
    return Edit(Span(span.end, span.end), b"," + gap + text.encode())


def remove_entry(data: bytes, mapping: Node, key: str) -> Edit:
    """Takes one entry out; for several of one mapping use `remove_entries`."""
    return remove_entries(data, mapping, [key])[0]


def remove_entries(data: bytes, mapping: Node, keys: Iterable[str]) -> tuple[Edit, ...]:
    """Takes these entries out; raises FormatError when none would be left (then the mapping itself has to go)."""
    wanted = set(keys)
    gone = [i for i, e in enumerate(mapping.entries) if e.key.value in wanted]
    return _removed(data, mapping, [e.span for e in mapping.entries], gone)


def remove_item(data: bytes, sequence: Node, index: int) -> Edit:
    """Takes one item out; for several of one sequence use `remove_items`."""
    return remove_items(data, sequence, [index])[0]


def remove_items(data: bytes, sequence: Node, indexes: Iterable[int]) -> tuple[Edit, ...]:
    """Takes these items out; raises FormatError when none would be left."""
    return _removed(data, sequence, [i.span for i in sequence.items], sorted(set(indexes)))


def _removed(data: bytes, parent: Node, spans: Sequence[Span], gone: Sequence[int]) -> tuple[Edit, ...]:
    if not gone or len(gone) == len(spans):
        raise FormatError("nothing would be left" if gone else "there is no such entry", line=parent.line)
    edits = []
    for first, last in _runs(gone):
        if not parent.flow:
            edits.append(_removed_lines(data, spans, first, last))
        elif last + 1 < len(spans):
            edits.append(Edit(Span(spans[first].start, spans[last + 1].start), b""))
        else:
            edits.append(Edit(Span(spans[first - 1].end, spans[last].end), b""))
    return tuple(edits)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each row of neighbours."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _removed_lines(data: bytes, spans: Sequence[Span], first: int, last: int) -> Edit:
    start, end = spans[first].start, spans[last].end
    if first == 0 and start != data.rfind(b"\n", 0, start) + 1 and not (start == 3 and data.startswith(b"\xef\xbb\xbf")):
        while data[end : end + 1] == b" " or data[end : end + 2] == b"\r\n" or data[end : end + 1] == b"\n":
            end += 2 if data[end : end + 1] == b"\r" else 1  # what comes next moves up behind the dash
        return Edit(Span(start, end), b"")
    between = data[spans[first].end : spans[last].start] if last > first else b""
    if b"#" in between:  # comments between the entries that go
        kept = b"".join(_comment_lines(data, spans[first : last + 1]))
        return Edit(Span(start, end), kept)
    return Edit(Span(start, end), b"")


def _comment_lines(data: bytes, spans: Sequence[Span]) -> list[bytes]:
    return [data[a.end : b.start] for a, b in pairwise(spans) if data[a.end : b.start].strip()]


# -- lines of a scalar -------------------------------------------------------------------------------------------------------------------


def add_line(data: bytes, scalar: Node, line: str) -> Edit:
    """A new last line; a scalar of one line (or none) becomes a literal block."""
    newline = habits(data).newline
    if scalar.block is not None:
        if scalar.style != "literal":
            raise FormatError("a folded scalar cannot get a line", line=scalar.line)
        at = scalar.block.end
        text = (" " * scalar.block.indent + line).encode()
        while at > scalar.block.start and not data[data.rfind(b"\n", 0, at - 1) + 1 : at].strip():
            at = data.rfind(b"\n", 0, at - 1) + 1  # blank lines that are kept stay at the end
        return Edit(Span(at, at), text + newline if data[at - 1 : at] == b"\n" else newline + text)
    if scalar.flow or scalar.kind not in ("scalar", "null") or b"\n" in data[scalar.span.start : scalar.span.end]:
        raise FormatError("no scalar that could get a line", line=scalar.line)
    return _to_block(data, scalar, [*([scalar.value] if scalar.value else []), line], newline)


def _to_block(data: bytes, scalar: Node, lines: Sequence[str], newline: bytes) -> Edit:
    start = data.rfind(b"\n", 0, scalar.span.start) + 1
    before = data[start : scalar.span.start]
    column = len(before) - len(before.lstrip(b" -"))
    if b":" not in before:
        column = max(column - 1, 0)  # the item of a sequence, or a value below its key
    pad = b" " * (column + habits(data).step)
    stop = data.find(b"\n", scalar.span.end)
    stop = len(data) if stop < 0 else stop + 1
    rest = data[scalar.span.end : stop].rstrip(b"\r\n \t")
    if any(line.startswith(" ") or "\n" in line for line in lines[:1]):
        raise FormatError("a text that begins with a blank", line=scalar.line)
    gap = b"" if before.endswith(b" ") else b" "
    body = b"".join(pad + line.encode() + newline for line in lines)
    if not data[:stop].endswith(b"\n"):
        body = body.removesuffix(newline)
    return Edit(Span(scalar.span.start, stop), gap + b"|" + rest + newline + body)


def _line_range(scalar: Node, index: int) -> tuple[int, int]:
    text = scalar.text.text.data
    lines = text.split(b"\n")
    start = sum(len(one) + 1 for one in lines[:index])
    return start, start + len(lines[index])


def replace_line(data: bytes, scalar: Node, index: int, line: str) -> Edit:
    """Another text for line number `index` (from 0) of the scalar's value."""
    span = scalar.text.text.span(*_line_range(scalar, index))
    new = scalar.text.written(line.encode())
    if new is None or "\n" in line or scalar.style == "folded":
        raise FormatError("the text cannot stand here", line=scalar.line)
    return Edit(span, new)


def remove_line(data: bytes, scalar: Node, index: int) -> Edit:
    """Takes line number `index` (from 0) of the scalar's value out."""
    return remove_lines(data, scalar, [index])[0]


def remove_lines(data: bytes, scalar: Node, indexes: Iterable[int]) -> tuple[Edit, ...]:
    """Takes these lines out; raises FormatError when none would be left, or the rest would mean something else."""
    gone = sorted(set(indexes))
    lines = scalar.value.split("\n")
    left = [line for i, line in enumerate(lines) if i not in set(gone)]
    if not any(line.strip() for line in left) or (scalar.block is not None and next(x for x in left if x).startswith(" ")):
        raise FormatError("nothing would be left", line=scalar.line)
    if scalar.style == "literal" and scalar.block is not None:
        return tuple(_removed_block_line(data, scalar.block.start, index) for index in gone)
    if scalar.style != "double":
        raise FormatError("no line that could be taken out", line=scalar.line)
    text = scalar.text.text
    edits = []
    for first, last in _runs(gone):
        start, end = _line_range(scalar, first)[0], _line_range(scalar, last)[1]
        start, end = (start, end + 1) if end < len(text.data) else (start - 1, end)
        edits.append(Edit(text.span(start, end), b""))
    return tuple(edits)


def _removed_block_line(data: bytes, start: int, index: int) -> Edit:
    for _ in range(index):
        start = data.index(b"\n", start) + 1
    stop = data.find(b"\n", start)
    return Edit(Span(start, len(data) if stop < 0 else stop + 1), b"")
