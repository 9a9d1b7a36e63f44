"""What the callers in the repository say about a secret's fix."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from remediate.analysis.flows import Trace
from remediate.fixers.reasons import refuse
from remediate.model import CallerUse, NamedTuple, Refusal


class Callers(NamedTuple):
    """`uses`: who passes build args; `held`: secrets (variable, or copied path) whose edit waits for a caller, and why."""

    uses: tuple[CallerUse, ...] = ()
    held: Mapping[str, Refusal] = MappingProxyType({})


def barred_by_callers(trace: Trace, callers: Callers) -> dict[int, Refusal]:
    """Flows (by index) that callers stand against.

    A secret that a caller passes which cannot be rewritten; and an `ARG URL=https://$T@host/` for which some caller passes URL itself:
    its value is not always made of T.
    """
    passed = {c.name: c for c in callers.uses}
    out: dict[int, Refusal] = {}
    for index, flow in enumerate(trace.flows):
        roots = {r.name for r in flow.roots}
        waits = next((callers.held[name] for name in sorted(roots) if name in callers.held), None)
        if waits is not None:
            out[index] = waits
        for number in flow.carriers:
            binding = trace.binding(number)
            if binding.keyword == "ARG" and binding.name not in roots and binding.name in passed:
                caller = passed[binding.name]
                line = trace.tree.instructions[binding.instruction].start_line
                out[index] = refuse("caller-passes-value", name=binding.name, detail=f"{caller.path}:{caller.line}", line=line)
    return out
