"""Who else needs the file that a sink would move: the running container, another stage, something that cannot be followed."""

from __future__ import annotations

import posixpath

from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, life_of
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.stages import parents
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Kept, Situation
from remediate.model import Refusal


def is_a_source(s: Situation, life: Life) -> bool:
    """A file of the context that is edited, and that no tool takes credentials from: what is made of it holds the secret as well."""
    from remediate.knowledge.credential_readers import where_it_lies

    touches = [t for t in life.touches if t.run >= s.kept.residues[0].run]
    edited = bool(touches) and touches[0].did is not Did.WRITE
    return edited and life.brought is not None and life.brought >= 0 and not where_it_lies(s.kept.path)


def from_the_start(s: Situation) -> Life | None:
    """The file's life from the beginning of its stages, when commands before the first secret one have put something into it."""
    first = s.kept.residues[0]
    stage = s.trace.tree.stage_of(first.run)
    while stage is not None and parents(s.trace.tree, stage):
        stage = s.trace.tree.stages[parents(s.trace.tree, stage)[0]]
    if stage is None or not stage.instructions:
        return None
    whole = life_of(s.trace, s.kept.path, stage.instructions[0])
    there = False
    for touch in whole.touches:
        if (touch.run, touch.command) >= (first.run, first.command):
            break
        there = touch.did is not Did.REMOVE
    return whole if there else None


def plain_target(kept: Kept) -> Refusal | None:
    """The file must be known, and be written by a command of the RUN's own text."""
    rest = kept.residues[0]
    detail = f"line {rest.line}: {rest.tool or 'a redirect'}" + (f" to {rest.target}" if rest.target and "$" not in rest.target else "")
    if not kept.path.startswith("/") or any(c in kept.path for c in "$*?["):
        return refuse("persisted", detail=detail, line=rest.line)
    if any(r.script != 0 for r in kept.residues):
        return refuse("persisted", detail=detail, line=rest.line)
    return None


def needed_elsewhere(s: Situation, life: Life) -> Refusal | None:
    line = s.kept.residues[0].line
    if life.run_time:
        return refuse("kept-for-run-time", detail=f"{s.kept.shown}: {life.run_time}", line=line)
    for index in life.hidden[:1]:
        at = s.trace.tree.instructions[index].start_line
        return refuse("sink-order", detail=f"line {at} does something to {s.kept.shown} that cannot be followed", line=line)
    for touch in (*life.earlier, *life.touches):
        view = s.trace.runs.views[touch.run]
        if tool_name(static_argv(view.scripts[0].commands[touch.command])) == "ln":
            at = view.instruction.start_line
            return refuse("sink-order", detail=f"line {at} makes {s.kept.shown} a link, so that removing it removes no more", line=line)
    for index in life.carried:
        if read_there(s.trace, s.kept.path, index):
            taker = s.trace.tree.instructions[index]
            return refuse("kept-carried", detail=f"{taker.keyword} in line {taker.start_line}", line=line)
    return None


def read_there(trace: Trace, path: str, index: int) -> bool:
    """The instruction takes over the file itself, or a folder with it to where some command reads it."""
    taker = trace.tree.instructions[index]
    if taker.keyword not in ("COPY", "ADD") or len(taker.words) < 2:
        return True
    sources = [posixpath.normpath("/" + w.text.text.strip("\"'").lstrip("/")) for w in taker.words[:-1]]
    if any(source == path or any(c in source for c in "*?[$") for source in sources):
        return True
    target = taker.words[-1].text.text.strip("\"'")
    for source in sources:
        if not (path + "/").startswith(source.rstrip("/") + "/") or not target.startswith("/"):
            continue
        moved = posixpath.normpath(f"{target}/{path[len(source.rstrip('/')) :]}")
        life = life_of(trace, moved, index)
        if life.run_time or any(r.sure for r in life.readings):
            return True
    return not target.startswith("/") and any(r.sure for r in life_of(trace, path, index).readings)
