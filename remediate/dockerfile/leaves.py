"""The leaves of a tree: every byte of the file in exactly one, so that nothing can be lost unseen.

Kinds: bom, directive, comment, blank, indent, keyword, space, flag, arg, continuation, newline, heredoc-body, heredoc-end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.dockerfile.lines import is_comment, segments
from remediate.model import Span
from remediate.text import BOM

if TYPE_CHECKING:
    from remediate.dockerfile.tree import Dockerfile, Instruction

Leaf = tuple[str, Span]


def tile(tree: Dockerfile) -> Iterator[Leaf]:
    """All leaves in order; no empty ones."""
    data = tree.source.data
    directives = {one.span.start for one in tree.directives}
    at = len(BOM) if data.startswith(BOM) else 0
    if at:
        yield "bom", Span(0, at)
    for instruction in tree.instructions:
        yield from _between(data, at, instruction.start, directives)
        yield from _instruction(instruction)
        at = instruction.end
    yield from _between(data, at, len(data), directives)


def _between(data: bytes, at: int, end: int, directives: set[int]) -> Iterator[Leaf]:
    while at < end:
        stop = data.find(b"\n", at, end)
        after = end if stop < 0 else stop + 1
        kind = "directive" if at in directives else "comment" if is_comment(data[at:after]) else "blank"
        yield kind, Span(at, after)
        at = after


def _instruction(one: Instruction) -> Iterator[Leaf]:
    marks: list[tuple[str, int, int]] = []
    for kind, span in (("keyword", one.keyword_span), *(("flag", flag.span) for flag in one.flags)):
        marks.append((kind, span.start, span.end))
    rest = one.rest.span(0, len(one.rest))
    marks.append(("arg", rest.start, rest.end))
    number = 0
    for kind, start, end in segments(one.data, one.start, one.header_end, one.escape):
        if kind != "text":
            yield kind, Span(start, end)
            continue
        while start < end:
            while number < len(marks) and marks[number][2] <= start:
                number += 1
            mark = marks[number] if number < len(marks) else ("", end, end)
            inside = mark[1] <= start
            stop = min(end, mark[2] if inside else mark[1])
            blank = not one.data[start:stop].strip()
            yield (mark[0] if inside else "space" if blank else "arg"), Span(start, stop)
            start = stop
    for heredoc in one.heredocs:
        if heredoc.body_span.end > heredoc.body_span.start:
            yield "heredoc-body", heredoc.body_span
        yield "heredoc-end", heredoc.end_span
