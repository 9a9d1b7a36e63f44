"""Exact edits on a parsed Dockerfile: take pairs out of ARG and ENV, put flags and statements into RUN, put a directive first.

Knows nothing of secrets; only where bytes go so that the rest of the file keeps its own style.

    ENV A=1 \\                       ENV A=1 \\
        TOKEN=$T \\          ->           B=2
        B=2
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from remediate.dockerfile.tree import Dockerfile, Instruction, Pair
from remediate.model import Edit, NamedTuple, Span
from remediate.text import BOM, Source


def _merge(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def _line_end(source: Source, offset: int) -> int:
    """Offset of the line's newline (of its `\\r` in CRLF files), or the end of the file."""
    end = source.data.find(b"\n", offset)
    if end < 0:
        return len(source.data)
    return end - 1 if end > offset and source.data[end - 1 : end] == b"\r" else end


def _only_filler(between: bytes, escape: bytes) -> bool:
    return not between.replace(escape, b"").strip()


def remove_pairs(tree: Dockerfile, instruction: Instruction, gone: Collection[int]) -> list[Edit]:
    """Edits that take the pairs with these indexes out of an ARG, ENV or LABEL; the whole instruction when none is left."""
    pairs = instruction.pairs
    kept = [i for i in range(len(pairs)) if i not in gone]
    if not kept:
        return [Edit(instruction.span, b"")]
    source = tree.source
    spans = [_removal(source, tree.escape, instruction, pairs, i, set(kept)) for i in sorted(gone)]
    last = kept[-1]
    if last < len(pairs) - 1:  # nothing follows the last kept pair any more: its continuation goes, comment lines stay
        end = pairs[last].span.end
        spans.append(Span(end, _line_end(source, end)))
    return [Edit(span, b"") for span in _merge(spans)]


def _removal(source: Source, escape: bytes, instruction: Instruction, pairs: Sequence[Pair], index: int, kept: set[int]) -> Span:
    pair = pairs[index]
    first, last = source.line_of(pair.span.start), source.line_of(max(pair.span.end - 1, pair.span.start))
    lines = Span(source.line_span(first).start, source.line_span(last).end)
    shares_line = source.line_of(instruction.keyword_span.start) >= first or any(
        pairs[k].span.start < lines.end and pairs[k].span.end > lines.start for k in kept
    )
    if not shares_line:
        return lines
    following = pairs[index + 1] if index + 1 < len(pairs) else None
    if following and _only_filler(source.data[pair.span.end : following.span.start], b" "):
        return Span(pair.span.start, following.span.start)
    if index and source.line_of(pairs[index - 1].span.end - 1) == first:
        return Span(pairs[index - 1].span.end, pair.span.end)
    stays = next((k for k in range(index + 1, len(pairs)) if k in kept), None)
    between = (source.data[pairs[k].span.end : pairs[k + 1].span.start] for k in range(index, stays or 0))
    if stays is not None and all(_only_filler(gap, escape) for gap in between):
        return Span(pair.span.start, pairs[stays].span.start)
    end = pair.span.end
    while source.data[end : end + 1] in (b" ", b"\t"):
        end += 1
    return Span(pair.span.start, end)


def _continuation(tree: Dockerfile, instruction: Instruction) -> bytes | None:
    """` \\`, newline and indentation as this instruction continues its first line; None when it stands on one line."""
    source = tree.source
    line = source.line_of(instruction.keyword_span.start)
    first = source[source.line_span(line)]
    if not first.rstrip().endswith(tree.escape) or line >= len(source.line_starts):
        return None
    indent = b"    "
    for number in range(line + 1, min(instruction.end_line, line + 50) + 1):
        text = source[source.line_span(number)]
        if text.strip() and not text.lstrip().startswith(b"#"):
            indent = text[: len(text) - len(text.lstrip(b" \t"))] or b""
            break
    return b" " + tree.escape + source.newline + indent


def smallest_indent(tree: Dockerfile, instruction: Instruction) -> bytes:
    """What the line of the instruction that is indented least begins with, but for its first line, comments and heredocs."""
    source = tree.source
    last = source.line_of(max(instruction.header_end - 1, instruction.start))
    found: bytes | None = None
    for number in range(source.line_of(instruction.keyword_span.start) + 1, last + 1):
        text = source[source.line_span(number)]
        bare = text.lstrip(b" \t")
        if bare.strip() and not bare.startswith(b"#") and (found is None or len(text) - len(bare) < len(found)):
            found = text[: len(text) - len(bare)]
    return b"    " if found is None else found


def _own_style(tree: Dockerfile) -> bytes:
    """A continuation as the file's other instructions write it, for a RUN that stood on one line until now."""
    for instruction in tree.instructions:
        if instruction.end_line > instruction.start_line and not instruction.heredocs:
            found = _continuation(tree, instruction)
            indent = smallest_indent(tree, instruction)
            if found is not None and indent:
                return found.rsplit(b"\n", 1)[0] + b"\n" + indent
    return b" " + tree.escape + tree.source.newline + b"    "


class Style(NamedTuple):
    """How a RUN goes over lines: ` \\`, newline and indentation, and whether `&&` leads the new line. `goes_on`: it does so already."""

    line_break: bytes
    leads: bool
    goes_on: bool


def style_of(tree: Dockerfile, run: Instruction) -> Style:
    """The RUN's own style when it stands on several lines, else that of the file's other instructions."""
    own = _continuation(tree, run)
    leads = _leads(tree, [run])
    if leads is None:
        leads = _leads(tree, [i for i in tree.instructions if i.keyword == "RUN"])
    return Style(own if own is not None else _own_style(tree), bool(leads), own is not None)


def _leads(tree: Dockerfile, runs: Sequence[Instruction]) -> bool | None:
    """Whether more lines begin with `&&` than end with it; None when none does either."""
    first = last = 0
    for run in runs:
        for line in tree.source.data[run.start : run.header_end].split(b"\n"):
            text = line.strip().removesuffix(tree.escape).rstrip()
            first += text.startswith(b"&&")
            last += text.endswith(b"&&")
    return first > last if first or last else None


def add_to_run(tree: Dockerfile, run: Instruction, flags: Sequence[str], statements: Sequence[str] = ()) -> list[Edit]:
    """Edits that put flags after `RUN`, and shell text (each ends with its own `&&` or `;`) before its command.

    A RUN on one line stays on one line when one thing comes in; otherwise each flag and statement gets a line of its own.
    """
    onward = _continuation(tree, run)
    if onward is None and len(flags) + len(statements) > 1 and not run.heredocs:
        onward = _own_style(tree)
    gap = onward if onward is not None else b" "
    new = [f.encode() for f in flags]
    edits: list[Edit] = []
    command = run.rest.start_of(0)
    if run.flags:
        if new:
            at = run.flags[-1].span.end
            own_lines = len(run.flags) == 1 or _breaks(tree, run.flags[-2].span.end, run.flags[-1].span.start)
            sep = gap if onward is not None and own_lines and (_breaks(tree, at, command) or len(new) > 1 or len(run.flags) > 1) else b" "
            edits.append(Edit(Span(at, at), b"".join(sep + f for f in new)))
    elif new and _breaks(tree, run.keyword_span.end, command):
        at = run.keyword_span.end
        edits.append(Edit(Span(at, at), b" " + gap.join(new)))
    elif new:
        edits.append(Edit(Span(command, command), b"".join(f + gap for f in new)))
    if statements:
        edits.append(Edit(Span(command, command), b"".join(s.encode() + gap for s in statements)))
    return edits


def _breaks(tree: Dockerfile, start: int, end: int) -> bool:
    return b"\n" in tree.source.data[start:end]


def add_to_heredoc(tree: Dockerfile, run: Instruction, flags: Sequence[str], statements: Sequence[str]) -> list[Edit]:
    """The same for `RUN <<EOF`: flags before the heredoc word, statements as the first lines of its body."""
    edits = add_to_run(tree, run, flags)
    if statements:
        body = run.heredocs[0].body_span
        at = body.start
        if tree.source.data.startswith(b"#!", at):  # the line that says which shell reads the rest
            at = min(tree.source.line_span(tree.source.line_of(at)).end, body.end)
        edits.append(Edit(Span(at, at), b"".join(s.encode() + b"\n" for s in statements)))  # a shell reads it: never CRLF
    return edits


def put_first(tree: Dockerfile, line: str) -> Edit:
    """Insert a directive line as the first line: after a BOM, and after a `#!` line."""
    data, at = tree.source.data, 0
    if data.startswith(BOM):
        at = len(BOM)
    if data[at : at + 2] == b"#!":
        at = tree.source.line_span(1).end
    return Edit(Span(at, at), line.encode() + tree.source.newline)
