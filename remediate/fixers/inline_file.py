"""`COPY <<EOF` with a secret in its text: the file is written by the shell of the RUN that reads it, and removed there.

COPY <<EOF /root/.npmrc
//npm.example.com/:_authToken=${NPM_TOKEN}      ->      RUN printf '%s\\n' "//npm.example.com/:_authToken=${NPM_TOKEN}" > /root/.npmrc \\
EOF                                                      && npm ci && rm -f /root/.npmrc
RUN npm ci
"""

from __future__ import annotations

import posixpath

from remediate.analysis.flows import Elsewhere, Flow, Trace
from remediate.analysis.life import Did, consuming, life_of
from remediate.analysis.runs import Form, RunView
from remediate.dockerfile.expand import references
from remediate.dockerfile.tree import Instruction
from remediate.fixers.reasons import at_lines, refuse
from remediate.fixers.remedy import Remedy, RunEdit
from remediate.fixers.shell_words import quote
from remediate.fixers.sink_needs import read_there
from remediate.fixers.sink_rest import leftovers
from remediate.model import Refusal

_MOST_LINES = 60


def propose(trace: Trace, flow: Flow, place: Elsewhere) -> Remedy | Refusal | None:
    """The remedy for one COPY whose heredoc holds the secret; None when it is none."""
    copy = trace.tree.instructions[place.instruction]
    if copy.keyword != "COPY" or len(copy.heredocs) != 1 or len(copy.words) != 2 or not copy.heredocs[0].expand:
        return None
    detail = f"COPY in line {place.line}"
    path = _target(trace, place.instruction, copy)
    text = _shell_text(trace, place.instruction, copy)
    flags = {f.name: f.value or "" for f in copy.flags}
    if path is None or text is None or set(flags) - {"chmod", "link"}:
        return refuse("used-elsewhere", detail=detail, line=place.line)
    life = life_of(trace, path, place.instruction)
    if life.run_time:
        return refuse("kept-for-run-time", detail=f"{path}: {life.run_time}", line=place.line)
    taken = next((trace.tree.instructions[i] for i in life.carried if read_there(trace, path, i)), None)
    if taken is not None:
        return refuse("kept-carried", detail=f"{taken.keyword} in line {taken.start_line}", line=place.line)
    readings = consuming(trace, life)
    if not readings:
        return refuse("kept-unread", detail=f"{path}, line {place.line}", line=place.line)
    if life.hidden or life.overwritten or any(t.did is not Did.REMOVE for t in life.touches):
        return refuse("sink-order", detail=f"{path} is changed after line {place.line}", line=place.line)
    enter = [*_folder(trace, place.instruction, path), f"{text} > {quote(path)}"]
    if flags.get("chmod"):
        enter.append(f"chmod {flags['chmod']} {quote(path)}")
    missed = _misses_folder(trace, place.instruction, path, min(r.run for r in readings)) if len(enter) > 1 else 0
    if missed:
        return refuse("sink-order", detail=f"line {missed} may need the folder of {path}, which COPY makes", line=place.line)
    runs: dict[int, RunEdit] = {}
    for index in sorted({r.run for r in readings}):
        view = trace.runs.views[index]
        problem = _same_place(trace, place.instruction, view)
        if problem is not None:
            return problem
        runs[index] = RunEdit(enter=tuple(enter), leave=(f"rm -f {quote(path)}",))
    left = leftovers(trace, life, sorted(runs), ())
    if isinstance(left, Refusal):
        return left
    runs |= left
    lines = at_lines(trace.runs.views[r.run].instruction.start_line for r in readings)
    how = f"{path} is written, read and removed within the RUN that needs it ({lines})"
    return Remedy(runs=runs, gone=frozenset({place.instruction}), how=how)


def _target(trace: Trace, index: int, copy: Instruction) -> str | None:
    """Where the file comes to lie, None when that cannot be told."""
    target = copy.words[-1].text.text.strip("\"'")
    if any(c in target for c in "$*\\"):
        return None
    if target.endswith("/") or target in (".", ""):
        target = target.rstrip(".") + copy.heredocs[0].name
    if not target.startswith("/"):
        workdir = _workdir(trace, index)
        if workdir is None:
            return None
        target = f"{workdir.rstrip('/')}/{target}"
    return posixpath.normpath(target)


def _workdir(trace: Trace, index: int) -> str | None:
    """The WORKDIR that the next RUN of the stage would meet without another WORKDIR between; None when no RUN tells."""
    stage = trace.tree.stage_of(index)
    for other in stage.instructions if stage is not None else ():
        keyword = trace.tree.instructions[other].keyword
        if other > index and keyword == "WORKDIR":
            return None
        if other > index and other in trace.runs.views:
            return trace.runs.views[other].workdir
    return None


def _shell_text(trace: Trace, index: int, copy: Instruction) -> str | None:
    """`printf` with the heredoc's lines in double quotes, None when the shell would make another text of them."""
    doc = copy.heredocs[0]
    body = doc.body.data
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines()
    if doc.chomp:
        lines = [line.lstrip("\t") for line in lines]
    scope = trace.bindings.at(index)
    plain = all(r.name in scope and not r.op for r in references(doc.body, b"\\", quotes=False))
    odd = any(c in text for c in "\\`\r\x00") or "$(" in text or "!" in text
    if not plain or odd or not lines or len(lines) > _MOST_LINES:
        return None
    return "printf '%s\\n' " + " ".join('"' + line.replace('"', '\\"') + '"' for line in lines)


def _folder(trace: Trace, index: int, path: str) -> list[str]:
    """COPY makes the folders above the file, a redirect does not."""
    folder = posixpath.dirname(path)
    stage = trace.tree.stage_of(index)
    made = {v.workdir for i, v in trace.runs.views.items() if stage is not None and i in stage.instructions}
    return [] if folder in ("/", "/root", "/tmp", "/etc") or folder in made else [f"mkdir -p {quote(folder)}"]


def _misses_folder(trace: Trace, index: int, path: str, first: int) -> int:
    """The line of a RUN between the COPY and the first reader that names the file's folder; 0 when none does."""
    names = (posixpath.dirname(path), posixpath.basename(posixpath.dirname(path)))
    for other, view in trace.runs.views.items():
        texts = [view.instruction.args.text, *(d.body.text for d in view.instruction.heredocs)]
        if index < other < first and any(n in text for n in names for text in texts):
            return view.instruction.start_line
    return 0


def _same_place(trace: Trace, index: int, view: RunView) -> Refusal | None:
    line = view.instruction.start_line
    if view.form is Form.EXEC:
        return refuse("exec-form", detail=f"line {line}", line=line)
    if view.user not in ("", "root", "0"):
        return refuse("sink-order", detail=f"line {line} runs as another user than root, who owns what COPY writes", line=line)
    scope, there = trace.bindings.at(index), trace.bindings.at(view.index)
    names = {r.name for r in references(trace.tree.instructions[index].heredocs[0].body, b"\\", quotes=False)}
    if any(scope.get(n) != there.get(n) for n in names):
        return refuse("sink-order", detail=f"a variable is another one in line {line}", line=line)
    return None
