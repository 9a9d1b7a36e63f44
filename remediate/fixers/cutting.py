"""Bytes that go with a block of statements: whole lines where it has lines of its own, else it and one of the gaps beside it."""

from __future__ import annotations

import re

from remediate.analysis.runs import Form, RunView
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.blocks import Block, Gap
from remediate.fixers.run_shape import Shape
from remediate.fixers.whole_lines import is_comment
from remediate.model import Edit, NamedTuple, Span
from remediate.shell.lex import heredocs


class _Place(NamedTuple):
    """Where a block stands: its own bytes, its lines, and the operators beside it on these lines (None: something else stands there)."""

    span: Span
    lines: Span
    before: bytes | None
    behind: bytes | None


class Cutter:
    """The cuts of one RUN. `at_start`: something is put in, or taken out, just before the first statement."""

    def __init__(self, tree: Dockerfile, run: RunView, shape: Shape, at_start: bool) -> None:
        self.source, self.data, self.run, self.shape, self.at_start = tree.source, tree.source.data, run, shape, at_start
        self.text, self.all = shape.script.text, shape.all
        self.body = run.form is Form.HEREDOC
        self.escape = b"\\" if self.body else tree.escape
        self.bodies = heredocs(self.text.data)[0] if self.body and b"<<" in self.text.data else []
        self._line_end = re.compile(rb"[ \t]*(&&|;)?[ \t]*" + (rb"(?:#[^\n]*)?" if self.body else b"") + self._goes_on + rb"\r?\n?")
        self._tail = re.compile(rb"[ \t]*(?:&&|;)?[ \t]*" + self._goes_on)

    @property
    def _goes_on(self) -> bytes:
        return rb"(?:" + re.escape(self.escape) + rb"[ \t]*)?"

    def cut(self, block: Block) -> list[Edit] | None:
        """The edits for one block; None when the body of a heredoc cannot go with it."""
        place = self._place(block)
        inner = [h for h in self.bodies if self.all[block.first].start <= h.start < self.all[block.last].end]
        if block.truth:
            return None if inner else [Edit(place.span, b"true"), *self._outer_bodies(place.span)]
        whole = self._lines(block, place)
        if whole is not None:
            if inner:
                end = max(self.text.end_of(h.end) for h in inner)
                line = self.source.line_span(self.source.line_of(end))
                whole.append(Span(place.lines.end, min(line.end, self.run.instruction.heredocs[0].body_span.end)))
            found = sorted(whole)
        elif inner:
            return None
        else:
            found = self._range(block)
        return [Edit(s, b"") for s in found if s.start < s.end] + self._outer_bodies(place.span)

    def _outer_bodies(self, span: Span) -> list[Edit]:
        """The heredocs of the instruction whose words stand in `span`."""
        if self.body:
            return []
        held = [d for d in self.run.instruction.heredocs if span.start <= d.word_span.start < span.end]
        return [Edit(Span(d.body_span.start, d.end_span.end), b"") for d in held]

    def _place(self, block: Block) -> _Place:
        span = self.text.span(self.all[block.first].start, self.all[block.last].end)
        start = self.source.line_span(self.source.line_of(span.start)).start
        end = self.source.line_span(self.source.line_of(span.end - 1)).end
        before = re.fullmatch(rb"[ \t]*(&&|;)?[ \t]*", self.data[start : span.start])
        behind = self._line_end.fullmatch(self.data, span.end, end)
        operators = [None if match is None else match[1] or b"" for match in (before, behind)]
        return _Place(span, Span(start, end), *operators)

    def _lines(self, block: Block, place: _Place) -> list[Span] | None:
        """The block's lines with the comment above them; None when it shares them, or when another gap would have to stay."""
        if place.before is None or place.behind is None or (block.first == 0 and self.at_start):
            return None
        last = block.last + 1 == len(self.all)
        if place.before and place.behind:
            return None
        if last and self.data[place.span.end : place.lines.end].rstrip().endswith(self.escape):
            return None  # an operator stands on a line of its own behind it
        if not last:
            if place.before:
                stays = Gap.BEHIND
            elif place.behind:
                stays = Gap.BEFORE
            elif self.body and self.all[block.last + 1].connector == ";" and self.all[block.first].connector in ("", ";"):
                stays = Gap.EITHER
            else:
                return None
            if Gap.EITHER not in (stays, block.gap) and stays is not block.gap:
                return None
        spans = [Span(self._with_comment(place.lines.start), place.lines.end)]
        if last and block.first:
            spans += self._onward(self.text.end_of(self.all[block.first - 1].end), spans[0].start)
        return spans

    def _onward(self, start: int, end: int) -> list[Span]:
        """Operators and continuations between what is now the last statement and the lines that go; comment and blank lines stay."""
        out: list[Span] = []
        at = start
        while at < end:
            stop = self.data.find(b"\n", at, end) + 1 or end
            line = self.data[at:stop]
            content = line.rstrip(b"\r\n")
            match = self._tail.match(content)
            if match and match.end() == len(content) and (b"&&" in content or content.rstrip().endswith(self.escape)):
                out.append(Span(at, at + len(content) if at == start else stop))
            elif at > start and content.strip() in (b"&&", b";"):
                out.append(Span(at, stop))
            at = stop
        return out

    def _with_comment(self, start: int) -> int:
        """`start`, or where the comment begins that stands directly above that line."""
        line = self.source.line_of(start)
        top = self.source.line_of(self.run.instruction.heredocs[0].body_span.start) if self.body else self.run.instruction.start_line + 1
        if self.body and self.source[self.source.line_span(top)].startswith(b"#!"):
            top += 1
        while line > top and is_comment(self.source, line - 1):
            line -= 1
        return self.source.line_span(line).start

    def _range(self, block: Block) -> list[Span]:
        """The block with one of its gaps."""
        start, end = self.all[block.first].start, self.all[block.last].end
        gap = block.gap
        following = self.all[block.last + 1].start if block.last + 1 < len(self.all) else None
        previous = self.all[block.first - 1].end if block.first else None
        if gap is Gap.EITHER:
            gap = Gap.BEHIND
            if following is not None and self._breaks(previous or 0, start) and not self._breaks(end, following):
                gap = Gap.BEFORE
        if gap is Gap.BEHIND or following is None:
            assert previous is not None  # something of the RUN stays
            return [Span(self.text.end_of(previous), self.text.end_of(end))]
        first, last, onward = self.text.start_of(start), self.text.end_of(end), self.text.start_of(following)
        between = self.data[last:onward]
        lines = between.split(b"\n")
        if not any(line.lstrip().startswith(b"#") for line in lines[1:-1]) or self.body:
            return [Span(first, onward)]
        # Comment lines stand above what follows, and stay: only the operator goes.
        stop = last + len(lines[0].rstrip(b"\r").rstrip(b" \t").removesuffix(self.escape))
        operator = re.search(rb"(?:&&|;)[ \t]*\Z", between)
        return [Span(first, stop), Span(last + operator.start(), onward)] if operator else [Span(first, stop)]

    def _breaks(self, start: int, end: int) -> bool:
        return b"\n" in self.data[self.text.end_of(start) : self.text.start_of(end)]
