"""What the callers in the repository say about a secret's fix."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.analysis.flows import Trace
from remediate.fixers.reasons import refuse
from remediate.model import CallerUse, Refusal


def barred_by_callers(trace: Trace, callers: Sequence[CallerUse]) -> dict[int, Refusal]:
    """Flows (by index) with an `ARG URL=https://$T@host/` for which some caller passes URL itself: its value is not always made of T."""
    passed = {c.name: c for c in callers}
    out: dict[int, Refusal] = {}
    for index, flow in enumerate(trace.flows):
        roots = {r.name for r in flow.roots}
        for number in flow.carriers:
            binding = trace.binding(number)
            if binding.keyword == "ARG" and binding.name not in roots and binding.name in passed:
                caller = passed[binding.name]
                line = trace.tree.instructions[binding.instruction].start_line
                out[index] = refuse("caller-passes-value", name=binding.name, detail=f"{caller.path}:{caller.line}", line=line)
    return out
