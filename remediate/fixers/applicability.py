"""Whether a fix is safe: it is not when the running container may need the ENV, or when the value itself leaves the file."""

from __future__ import annotations

from remediate.analysis.consumers import How
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.references import static_argv
from remediate.analysis.stages import runtime_stages
from remediate.fixers.reasons import refuse
from remediate.knowledge import tools
from remediate.knowledge.globs import matches
from remediate.knowledge.names import judge_name
from remediate.model import Refusal
from remediate.shell.parse import parse_shell
from remediate.text import LogicalText

_BUILD_KINDS = frozenset({"registry-token", "git-token", "ssh-key", "url-with-credentials"})


def unsafe_reason(trace: Trace, flow: Flow) -> Refusal | None:
    """Why the fix of this flow changes more than the build, None when it does not."""
    if flow.literal:
        root = next(r for r in flow.roots if r.literal)
        return refuse("literal", name=root.name, line=_first_line(trace, flow))
    stages = runtime_stages(trace.tree)
    for number in flow.carriers:
        binding = trace.binding(number)
        if binding.keyword == "ENV" and binding.stage in stages and not _build_only(trace, flow, binding.name):
            line = trace.tree.instructions[binding.instruction].start_line
            return refuse("runtime-env", name=binding.name, line=line)
    return None


def _first_line(trace: Trace, flow: Flow) -> int:
    return min(trace.tree.instructions[trace.binding(n).instruction].start_line for n in flow.carriers)


def _build_only(trace: Trace, flow: Flow, name: str) -> bool:
    """A pure build credential by its row; or one that may be either, is used in a RUN, and that no code of the context names."""
    if any(p.kind == "code" for p in trace.around.mentions.get(name, ())) or _read_by_start(trace, name):
        return False
    verdicts = {r.use for r in flow.roots}
    if verdicts == {"build"} or judge_name(name).use == "build":
        return True
    if "runtime" in verdicts or not {r.kind for r in flow.roots} <= _BUILD_KINDS:
        return False
    return any(u.how in (How.NAMES, How.TOOL) for u in flow.uses)


def _script_reads(trace: Trace, started: str, name: str) -> bool:
    """A shell script of the context that the container starts calls a tool which reads the variable."""
    found = trace.around.shell_script(started)
    if found is None:
        return False
    for command in parse_shell(LogicalText.of(found[1])).commands:
        argv = static_argv(command)
        reads = tools.reads(argv) if command.argv else None
        if reads is not None and (tools.takes_name(reads, name) or (reads.credential_files and _by_habit(reads, name))):
            return True
    return False


def _by_habit(reads: tools.ToolReads, name: str) -> bool:
    return any(matches(name, glob) for glob in reads.by_convention)


def _read_by_start(trace: Trace, name: str) -> bool:
    """CMD or ENTRYPOINT starts a tool that reads the variable by its documentation, or a script that names it."""
    for instruction in trace.tree.instructions:
        if instruction.keyword not in ("CMD", "ENTRYPOINT"):
            continue
        argv = [s.value for s in instruction.exec_form] if instruction.exec_form is not None else instruction.rest.text.split()
        for at in range(len(argv)):  # `npm install && npm start`: each word may begin a command
            reads = (
                tools.reads([argv[at].rsplit("/", 1)[-1], *argv[at + 1 :]])
                if at == 0 or argv[at - 1] in ("&&", ";", "||", "exec")
                else None
            )
            if reads is not None and (tools.takes_name(reads, name) or (reads.credential_files and _by_habit(reads, name))):
                return True
        if any(_script_reads(trace, a, name) for a in argv):
            return True
        started = {a.rsplit("/", 1)[-1] for a in argv}
        if any(p.path.rsplit("/", 1)[-1] in started for p in trace.around.mentions.get(name, ())):
            return True
    return False
