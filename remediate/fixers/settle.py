"""From plan to bytes, with the proof in between: a secret whose edits do not read back as meant is refused, the others stay."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.analysis.flows import Trace
from remediate.fixers.deliver import joined
from remediate.fixers.plan import Plan, plan
from remediate.fixers.proof import differs
from remediate.fixers.reasons import refuse
from remediate.model import Options, Refusal
from remediate.text import OverlappingEdits, apply


def settled(trace: Trace, options: Options, refused: Mapping[int, Refusal]) -> tuple[Plan, bytes]:
    """The plan as it can be vouched for, and the file after it. `refused`: flows (by index) that are refused beforehand."""
    barred = dict(refused)
    for _ in range(len(trace.flows) + 1):
        chosen = plan(trace, options, barred)
        shared = _shared(trace, chosen)
        if shared:
            barred |= shared
            continue
        problem, after = _try(trace, chosen)
        if not problem:
            return chosen, after
        culprit = _culprit(trace, chosen, options, barred)
        barred[culprit] = refuse("meaning-changed", detail=problem)
    raise AssertionError("a plan without edits cannot change the meaning")


def _shared(trace: Trace, chosen: Plan) -> dict[int, Refusal]:
    """Secrets whose build arg another one takes that stays: the caller cannot pass it and not pass it."""
    left = {b.name for d in chosen.decisions if not d.applied for b in map(trace.binding, d.flow.carriers) if b.keyword == "ARG"}
    out: dict[int, Refusal] = {}
    for index, decision in enumerate(chosen.decisions):
        names = {b.name for b in map(trace.binding, decision.flow.carriers) if b.keyword == "ARG"} & left
        if decision.applied and names:
            out[index] = refuse("shared-name", name=min(names))
    return out


def _try(trace: Trace, chosen: Plan) -> tuple[str, bytes]:
    data = trace.tree.source.data
    try:
        after = apply(data, chosen.edits)
    except OverlappingEdits as error:
        return str(error), data
    changes = {i: (c, joined(c, trace.runs.views[i])) for i, c in chosen.run_changes.items()}
    return differs(trace.tree, after, chosen.gone, changes), after


def _culprit(trace: Trace, chosen: Plan, options: Options, barred: dict[int, Refusal]) -> int:
    """Index of the flow that fails by itself, else the last applied one."""
    applied = [i for i, d in enumerate(chosen.decisions) if d.applied]
    for index in applied:
        others = {i: refuse("meaning-changed") for i in applied if i != index}
        alone = plan(trace, options, {**barred, **others})
        if _try(trace, alone)[0]:
            return index
    return applied[-1]
