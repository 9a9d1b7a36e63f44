"""Sources that go from a COPY or ADD which keeps others.

COPY package.json .npmrc ./         ->  COPY package.json ./
COPY ["a b", ".npmrc", "/app/"]     ->  COPY ["a b", "/app/"]
"""

from __future__ import annotations

import re
from collections.abc import Collection

from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.fixers.reasons import refuse
from remediate.model import Edit, Refusal, Span

_BLANK = b" \t"


def remove_sources(tree: Dockerfile, copy: Instruction, gone: Collection[int]) -> list[Edit] | Refusal:
    """Edits that take the sources with these indexes out."""
    spans = [s.span for s in copy.exec_form] if copy.exec_form is not None else [w.span for w in copy.words]
    held = {d.word_span for d in copy.heredocs}
    if len(gone) >= len(spans) - 1 or max(gone) >= len(spans) - 1 or any(spans[i] in held for i in gone):
        line = copy.start_line
        return refuse("cannot-rearrange", detail=f"line {line}: nothing of it would be left", line=line)
    comma = rb"[ \t]*," if copy.exec_form is not None else b""
    out: list[Span] = []
    for span in (_removal(tree, copy, spans, index, comma) for index in sorted(gone)):
        joins = bool(out) and span.start <= out[-1].end
        out[-1:] = [Span(out[-1].start, span.end)] if joins else [*out[-1:], span]
    return [Edit(_without_gap(tree, span), b"") for span in out]


def _removal(tree: Dockerfile, copy: Instruction, spans: list[Span], index: int, comma: bytes) -> Span:
    """The word and the gap behind it; its lines whole when it has them for itself."""
    data, span, following = tree.source.data, spans[index], spans[index + 1]
    gap = data[span.end : following.start]
    if b"\n" not in gap:
        return Span(span.start, following.start)
    source = tree.source
    lines = Span(source.line_span(source.line_of(span.start)).start, source.line_span(source.line_of(span.end - 1)).end)
    own = re.fullmatch(comma + rb"[ \t]*" + re.escape(tree.escape) + rb"[ \t]*\r?\n?", data[span.end : lines.end])
    if own and not data[lines.start : span.start].strip(_BLANK) and lines.start > copy.start:
        return lines
    match = re.compile(comma).match(data, span.end)
    return Span(span.start, match.end() if match else span.end)


def _without_gap(tree: Dockerfile, span: Span) -> Span:
    """With the blanks before it, where the line's continuation follows."""
    data, start = tree.source.data, span.start
    if data[span.end :][:80].lstrip(_BLANK).startswith(tree.escape):
        while data[start - 1 : start] in (b" ", b"\t") and data[start - 2 : start - 1] != b",":
            start -= 1
    return Span(start, span.end)
