"""Both ways for a while: the mount, or the build arg while old callers still exist; and the way out of it again.

# remediate: transition NPM_TOKEN: the secret mount npm_token, or the build arg while callers still pass it
ARG NPM_TOKEN
RUN --mount=type=secret,id=npm_token [ ! -s /run/secrets/npm_token ] || export NPM_TOKEN="$(cat /run/secrets/npm_token)"; npm ci
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediate.analysis.flows import Flow, Trace
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.model import Edit, RemediateError, Span
from remediate.text import LogicalText, Source, apply, late

_COMMENT = late(rb"^[ \t]*#[ \t]*remediate:[ \t]*transition[ \t]+(\w+)[^\r\n]*\r?\n?", re.MULTILINE)
_STATEMENT = rb'\[ ! -s (\S+) \] \|\| export (\w+)="\$\(cat \1\)";?'


def comment_edit(trace: Trace, flow: Flow, ids: Mapping[str, str]) -> Edit:
    """The comment line above the first declaration that says what is going on."""
    source = trace.tree.source
    first = min(trace.binding(n).instruction for n in flow.carriers)
    at = trace.tree.instructions[first].span.start
    line = source.line_span(source.line_of(at))
    indent = source.data[line.start : at] if not source.data[line.start : at].strip() else b""
    text = "".join(
        f"# remediate: transition {name}: the secret mount {identity}, or the build arg while callers still pass it\n"
        for name, identity in sorted(ids.items())
    ).encode()
    return Edit(Span(line.start, line.start), indent + text.replace(b"\n", source.newline))


def in_transition(trace: Trace, flow: Flow) -> bool:
    """True when the file takes this secret both ways already."""
    names = transition_names(trace.tree.source)
    return any(r.name in names for r in flow.roots)


def transition_names(source: Source) -> frozenset[str]:
    """The build args that comments in the file say are in transition."""
    if b"transition" not in source.data:
        return frozenset()
    return frozenset(m[1].decode() for m in _COMMENT.finditer(source.data))


def way_out(tree: Dockerfile) -> list[Edit]:
    """Edits that take the old way out again, up to what stood there before; empty when nothing is in transition."""
    if not transition_names(tree.source):
        return []
    data = tree.source.data
    edits = [Edit(Span(m.start(), m.end()), b"") for m in _COMMENT.finditer(data)]
    for instruction in tree.instructions:
        if instruction.keyword == "RUN":
            edits += _run_way_out(tree, instruction)
    return edits


def _run_way_out(tree: Dockerfile, run: Instruction) -> list[Edit]:
    """The statements at the start of the command, and the mounts that only they read. Comment lines between them stay."""
    heredoc = bool(run.heredocs) and run.rest.data.lstrip().startswith(b"<<")
    text = run.heredocs[0].body if heredoc else run.rest
    at = text.data.index(b"\n") + 1 if heredoc and text.data.startswith(b"#!") and b"\n" in text.data else 0
    edits: list[Edit] = []
    paths: set[str] = set()
    while True:
        match = re.compile(_STATEMENT + (rb"\r?\n" if heredoc else rb"[ \t]*")).match(text.data, at)
        if match is None:
            break
        paths.add(match[1].decode())
        edits += _taken_out(text, at, match.end())
        at = match.end()
    bare = re.sub(_STATEMENT, b"", text.data)
    gap = re.compile(rb"(?:[ \t]*" + re.escape(tree.escape) + rb"[ \t]*\r?\n[ \t]*(?!#)|[ \t]+)(?=\S)")
    for flag in run.flags if paths else ():
        options = (flag.value or "").split(",")
        identity = next((o[3:] for o in options if o.startswith("id=")), "")
        path = f"/run/secrets/{identity}"
        own = all(o.split("=", 1)[0] in ("type", "id", "uid", "mode") for o in options)  # as a transition writes it
        if flag.name == "mount" and "type=secret" in options and own and path in paths and path.encode() not in bare:
            stop = gap.match(tree.source.data, flag.span.end)
            edits.append(Edit(Span(flag.span.start, stop.end() if stop else flag.span.end), b""))
    return [e for i, e in enumerate(edits) if not any(o.span.start <= e.span.start and e.span.end <= o.span.end for o in edits[i + 1 :])]


def _taken_out(text: LogicalText, start: int, end: int) -> list[Edit]:
    """Deletes the logical range: its own bytes, and the continuation and indentation behind it when no comment stands there."""
    span = text.span(start, end)
    following = text.start_of(end) if end < len(text) else span.end
    return [Edit(Span(span.start, max(span.end, following)), b"")]


def proved_way_out(tree: Dockerfile) -> list[Edit]:
    """`way_out`, when the file without the old way reads as meant: the same instructions, each RUN shorter by the statements only."""
    edits = way_out(tree)
    if not edits:
        return []
    try:
        after = parse(apply(tree.source.data, edits))
    except RemediateError:
        return []
    same = [i.keyword for i in tree.instructions] == [i.keyword for i in after.instructions]
    if not same:
        return []
    for old, new in zip(tree.instructions, after.instructions, strict=True):
        bare = re.sub(_STATEMENT + rb"\s*", b"", old.rest.data)
        if b"".join(bare.split()) != b"".join(new.rest.data.split()):
            return []
    return edits
