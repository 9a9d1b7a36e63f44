"""Edits on the text of one RUN: statements that go, words that change, commands that come first and last.

RUN npm config set x "$T" && \\              RUN npm ci && \\
    npm ci && \\                        ->       rm -f x
    npm cache clean
"""

from __future__ import annotations

from remediate.analysis.runs import Form, RunView
from remediate.dockerfile.surgery import Style, add_to_run, smallest_indent, style_of
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.blocks import blocks_of
from remediate.fixers.cutting import Cutter
from remediate.fixers.remedy import RunEdit
from remediate.fixers.run_shape import Shape, before, no
from remediate.model import Edit, Refusal, Span
from remediate.shell.statements import Statement

WIDEST = 100


def edit_run(tree: Dockerfile, run: RunView, edit: RunEdit, shape: Shape | None) -> list[Edit] | Refusal:
    """The edits of one RUN that stays."""
    flags = _flags(tree, run, edit)
    if shape is None:
        return flags
    if len(shape.cut) == len(shape.all):
        return [*flags, *_replaced_whole(tree, run, edit, shape)]
    words = _words(run, edit, shape)
    if isinstance(words, Refusal):
        return words
    put_in = _put_in(tree, run, edit, shape)
    at_start = bool(edit.enter or edit.drop or (edit.leave and shape.joiner == "list")) and run.form is not Form.HEREDOC
    cutter = Cutter(tree, run, shape, at_start)
    cuts: list[Edit] = []
    for block in blocks_of(shape):
        found = cutter.cut(block)
        if found is None:
            return no(run, "a heredoc of a command that has to go shares its line with another command")
        cuts += found
    return [*flags, *put_in, *words, *merged(cuts)]


def merged(edits: list[Edit]) -> list[Edit]:
    """Removals that touch or overlap as one; replacements stay as they are."""
    out: list[Edit] = []
    for edit in sorted(edits):
        last = out[-1] if out else None
        if last is not None and not last.text and not edit.text and edit.span.start <= last.span.end:
            out[-1] = Edit(Span(last.span.start, max(last.span.end, edit.span.end)), b"")
        else:
            out.append(edit)
    return out


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _words(run: RunView, edit: RunEdit, shape: Shape) -> list[Edit] | Refusal:
    out: list[Edit] = []
    data = run.instruction.data
    text = shape.script.text
    for start, end, new in sorted(set(edit.words)):
        owner = next((s for s in shape.all if s.start <= start and end <= s.end), None)
        if owner is None:
            return no(run, "what has to change stands outside of every command")
        if owner.index in shape.cut:
            continue
        span = text.span(start, end)
        raw = data[span.start : span.end]
        if "\n" in new and run.form is not Form.HEREDOC:
            return no(run, "a line break would have to come in")
        if raw != text.data[start:end] and any(line.lstrip().startswith(b"#") for line in raw.split(b"\n")[1:]):
            return no(run, "a comment stands within what has to change")
        out.append(Edit(span, _encoded(new)))
    return out


def _put_in(tree: Dockerfile, run: RunView, edit: RunEdit, shape: Shape) -> list[Edit]:
    first, last = _ends(shape)
    if shape.joiner == "lines":
        at = _body_start(run)
        lines = before(shape, edit)
        return [Edit(Span(at, at), b"".join(_encoded(line) + b"\n" for line in lines))] if lines else []
    count = len(edit.enter) + len(edit.leave)
    style = _style(tree, run, shape, count, sum(map(len, (*edit.enter, *edit.leave))))
    out: list[Edit] = []
    gap = style.line_break if style is not None else b" "
    if shape.joiner == "list":
        new = b"".join(_encoded(line) + b";" + gap for line in before(shape, edit))
        return [Edit(Span(first, first), new)] if new else []
    if edit.enter:
        joined = gap + b"&& " if style is not None and style.leads else b" &&" + gap
        out.append(Edit(Span(first, first), b"".join(_encoded(e) + joined for e in edit.enter)))
    if edit.leave:
        joined = gap + b"&& " if style is None or style.leads else b" &&" + gap
        out.append(Edit(Span(last, last), b"".join(joined + _encoded(e) for e in edit.leave)))
    return out


def _replaced_whole(tree: Dockerfile, run: RunView, edit: RunEdit, shape: Shape) -> list[Edit]:
    """Nothing of the RUN's own stays: what comes in stands in its place."""
    text, heredocs = shape.script.text, run.instruction.heredocs
    if shape.joiner == "lines":
        at = _body_start(run)
        lines = b"".join(_encoded(line) + b"\n" for line in before(shape, edit)) or b"true\n"
        return [Edit(Span(at, heredocs[0].body_span.end), lines)]
    span = text.span(shape.all[0].start, shape.all[-1].end)
    joined = " && ".join((*edit.enter, *edit.leave))
    return [Edit(span, _encoded(joined)), *(Edit(Span(d.body_span.start, d.end_span.end), b"") for d in heredocs)]


def _ends(shape: Shape) -> tuple[int, int]:
    """File offsets where what comes first and what comes last goes in."""
    text, left = shape.script.text, shape.left
    ending: Statement = shape.all[left[-1]]
    return text.start_of(shape.all[0].start), text.end_of(ending.end)


def _body_start(run: RunView) -> int:
    body = run.instruction.heredocs[0].body_span
    data = run.instruction.data
    if not data.startswith(b"#!", body.start):
        return body.start
    line = data.find(b"\n", body.start, body.end)
    return body.end if line < 0 else line + 1


def _style(tree: Dockerfile, run: RunView, shape: Shape, count: int, width: int) -> Style | None:
    """How the RUN is continued; None when everything stays on its one line."""
    style = style_of(tree, run.instruction)
    if style.goes_on:
        return style._replace(line_break=style.line_break.rsplit(b"\n", 1)[0] + b"\n" + _indent(tree, run, shape))
    narrow = run.instruction.header_end - run.instruction.start + width <= WIDEST
    return None if run.instruction.heredocs or (count == 1 and narrow) else style


def _indent(tree: Dockerfile, run: RunView, shape: Shape) -> bytes:
    """What the lines begin with on which the list itself goes on: not those of an argument, nor of a loop's body."""
    source = tree.source
    starts = [shape.script.text.start_of(s.start) for s in shape.all[1:]]
    for at in starts:
        line = source.data[source.line_span(source.line_of(at)).start : at]
        if not line.strip(b" \t&|;"):
            return line[: len(line) - len(line.lstrip(b" \t"))]
    return smallest_indent(tree, run.instruction)


def _flags(tree: Dockerfile, run: RunView, edit: RunEdit) -> list[Edit]:
    """Mount flags that come and go; the first one that goes gives its place to those that come."""
    held = run.instruction.flags
    drop = sorted(i for i in edit.drop if i < len(held))
    if not drop:
        return add_to_run(tree, run.instruction, edit.flags) if edit.flags else []
    out: list[Edit] = []
    if edit.flags:
        out.append(Edit(held[drop[0]].span, _encoded(" ".join(edit.flags))))
        drop = drop[1:]
    command = run.instruction.rest.start_of(0)
    data = tree.source.data
    for index in drop:
        span = held[index].span
        after = held[index + 1].span.start if index + 1 < len(held) else command
        gap = data[span.end : after]
        if any(line.lstrip().startswith(b"#") for line in gap.split(b"\n")[1:]):
            start = span.start
            while data[start - 1 : start] in (b" ", b"\t"):
                start -= 1
            out.append(Edit(Span(start, span.end), b""))
        else:
            out.append(Edit(Span(span.start, after), b""))
    return out
