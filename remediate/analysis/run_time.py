"""Why the running container may need a file that the build wrote: its command names or reads it, or it is no file of build tools."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from remediate.analysis.bindings import Bindings
from remediate.analysis.file_readers import Known, Target, reading
from remediate.analysis.run_facts import facts_of
from remediate.analysis.runs import Form, RunView
from remediate.analysis.stages import parents
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.files import judge_copy
from remediate.shell.parse import parse_shell

_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


def why_at_run_time(
    goal: Target, bindings: Bindings, around: Surroundings, ends: Collection[int], states: Sequence[tuple[str, str]]
) -> str:
    """A short phrase, "" when nothing says so. `ends`: the runtime stages at whose end the file is there; `states`: USER and WORKDIR
    at the end of each stage.
    """
    tree = bindings.tree
    for stage in sorted(ends):
        triggers = (tree.instructions[i].trigger for i in tree.stages[stage].instructions if tree.instructions[i].keyword == "ONBUILD")
        if any(t is not None and t.keyword == "RUN" for t in triggers):
            return "ONBUILD: builds on top of this image may read it"
        for instruction in _started(tree, stage):
            view = _view(instruction, *states[stage])
            if view is None:
                continue
            if goal.named.base.encode("utf-8", "surrogateescape") in instruction.args.data and goal.named.path in instruction.args.text:
                return f"{instruction.keyword} names it"
            for fact in facts_of(view, around).facts:
                found = reading(goal, fact, None, Known())
                if found is not None and found.sure:
                    return f"{instruction.keyword}: {found.why}"
        for name, binding in bindings.ends[stage].items():
            named = binding.keyword == "ENV" and binding.value is not None and goal.named.path in binding.value
            if named and not goal.lies:
                return f"ENV {name} names it"
    return _by_kind(goal) if ends else ""


def _by_kind(goal: Target) -> str:
    path = goal.named.path
    uses = {x.use for x in goal.lies}
    if uses:
        return "" if "build" in uses else "programs read such a file at run time too"
    verdict = judge_copy(path, path)
    if verdict.use in ("build", "either") and verdict.kind:
        return "" if verdict.use == "build" else "programs read such a file at run time too"
    if verdict.use == "runtime":
        return "such a file is read at run time"
    if path.startswith(("/tmp/", "/var/tmp/", "/run/", "/dev/")):
        return ""  # not meant to stay
    return "no build tool is known to read it"


def _started(tree: Dockerfile, stage: int) -> Iterator[Instruction]:
    """The CMD, ENTRYPOINT and HEALTHCHECK in effect at the end of the stage, whichever of its bases it is built on."""
    waiting, seen = [(stage, frozenset[str]())], set[int]()
    while waiting:
        at, have = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        found: set[str] = set()
        for index in reversed(tree.stages[at].instructions):
            instruction = tree.instructions[index]
            if instruction.keyword in _STARTS and instruction.keyword not in have | found:
                found.add(instruction.keyword)
                yield instruction
        waiting += [(p, have | found) for p in parents(tree, tree.stages[at])]


def _view(instruction: Instruction, user: str, workdir: str) -> RunView | None:
    """The started command in the form of a RUN."""
    if instruction.exec_form is not None:
        argv = tuple(s.value for s in instruction.exec_form)
        return RunView(-1, instruction, Form.EXEC, (), argv, user, workdir) if argv else None
    text = instruction.rest
    if instruction.keyword == "HEALTHCHECK":
        if not text.data.upper().startswith(b"CMD"):
            return None
        text = text.slice(3, len(text))
        if text.data.strip().startswith(b"["):
            text = text.slice(len(text), len(text))
    return RunView(-1, instruction, Form.SHELL, (parse_shell(text),), (), user, workdir)
