"""Instructions that go whole, with the comment that stands on them and without leaving two blank lines.

FROM a
                                FROM a
# the token
RUN echo $T > /t           ->   RUN b

RUN b
"""

from __future__ import annotations

from collections.abc import Iterable

from remediate.dockerfile.tree import Dockerfile
from remediate.model import Edit, Span
from remediate.text import Source


def remove_instructions(tree: Dockerfile, gone: Iterable[int]) -> list[Edit]:
    """Edits that take these instructions (by index) out of the file."""
    lines: set[int] = set()
    for index in sorted(gone):
        lines |= set(range(_comment_above(tree, index), tree.instructions[index].end_line + 1))
    out: list[Edit] = []
    taken = 0
    for first, last in _ranges(tree.source, lines):
        first, last = _blank_beside(tree.source, first, last, taken)
        taken = last
        out.append(Edit(Span(tree.source.line_span(first).start, tree.source.line_span(last).end), b""))
    return out


def _comment_above(tree: Dockerfile, index: int) -> int:
    """The first line of the comment directly above the instruction, or its own. A file's heading and its directives stay."""
    source, instruction = tree.source, tree.instructions[index]
    line = instruction.start_line
    directives = {source.line_of(d.span.start) for d in tree.directives}
    above = tree.instructions[index - 1].end_line if index else 0  # a comment after a last `\` belongs to what goes on there
    while line - 1 > above and line - 1 not in directives and is_comment(source, line - 1):
        line -= 1
    return instruction.start_line if line == 1 or line - 1 in directives else line


def is_comment(source: Source, line: int) -> bool:
    return source[source.line_span(line)].lstrip().startswith(b"#")


def is_blank(source: Source, line: int) -> bool:
    """A line of white space; there is none behind the last newline."""
    span = source.line_span(line)
    return span.start < span.end and not source[span].strip()


def _ranges(source: Source, lines: set[int]) -> list[tuple[int, int]]:
    """First and last lines of what goes together: neighbours, also with nothing but blank lines between them."""
    out: list[tuple[int, int]] = []
    for line in sorted(lines):
        if out and all(is_blank(source, between) for between in range(out[-1][1] + 1, line)):
            out[-1] = (out[-1][0], line)
        else:
            out.append((line, line))
    return out


def _blank_beside(source: Source, first: int, last: int, taken: int) -> tuple[int, int]:
    """With one of two blank lines that would come to stand together, or at the file's end. What ends at `taken` is gone already."""
    count = len(source.line_starts)
    above = first - 1 > max(taken, 0) and is_blank(source, first - 1)
    ends = last >= count or source.line_span(last + 1).start == len(source.data)
    if above and ends:
        return first - 1, last
    if above and is_blank(source, last + 1):
        return first, last + 1
    return first, last
