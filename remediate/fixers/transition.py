"""Both ways for a while: the mount, or the build arg while old callers still exist; and the way out of it again.

    # remediate: transition NPM_TOKEN: the secret mount npm_token, or the build arg while callers still pass it
    ARG NPM_TOKEN
    RUN --mount=type=secret,id=npm_token [ ! -s /run/secrets/npm_token ] || export NPM_TOKEN="$(cat /run/secrets/npm_token)"; npm ci
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediate.analysis.flows import Flow, Trace
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.model import Edit, Span
from remediate.text import Source

_COMMENT = re.compile(rb"^[ \t]*#[ \t]*remediate:[ \t]*transition[ \t]+(\w+)[^\r\n]*\r?\n?", re.MULTILINE)
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
    start = run.heredocs[0].body_span.start if run.heredocs and run.rest.data.lstrip().startswith(b"<<") else run.rest.start_of(0)
    escape = re.escape(tree.escape)
    gap = rb"(?:[ \t]*" + escape + rb"?\r?\n[ \t]*|[ \t]+|$)"
    at, paths = start, set()
    while True:
        match = re.compile(_STATEMENT + gap).match(tree.source.data, at)
        if match is None:
            break
        paths.add(match[1].decode())
        at = match.end()
    if at == start:
        return []
    edits = [Edit(Span(start, at), b"")]
    for flag in run.flags:
        options = (flag.value or "").split(",")
        identity = next((o[3:] for o in options if o.startswith("id=")), "")
        if flag.name == "mount" and "type=secret" in options and f"/run/secrets/{identity}" in paths:
            stop = re.compile(gap).match(tree.source.data, flag.span.end)
            edits.append(Edit(Span(flag.span.start, stop.end() if stop else flag.span.end), b""))
    return edits
