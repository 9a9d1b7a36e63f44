"""Whether a fix is safe: it is not when the running container may need the ENV, or when the value itself leaves the file."""

from __future__ import annotations

from remediate.analysis.consumers import How
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.stages import runtime_stages
from remediate.fixers.reasons import refuse
from remediate.model import Refusal

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
    verdicts = {r.use for r in flow.roots}
    if verdicts == {"build"}:
        return True
    if "runtime" in verdicts or not {r.kind for r in flow.roots} <= _BUILD_KINDS:
        return False
    used = any(u.how in (How.NAMES, How.TOOL) for u in flow.uses)
    named = any(p.kind == "code" for p in trace.around.mentions.get(name, ()))
    return used and not named
