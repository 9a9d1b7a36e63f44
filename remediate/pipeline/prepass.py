"""The file without residue, on which the main job works; and what the main job decides there, told of the file as the user has it.

D  --remedies-->  D1 (writes nothing down, still ARG and ENV)  --mounts-->  D2
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

from remediate.analysis.bindings import Bindings
from remediate.analysis.consumers import How
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.origins import Origins
from remediate.analysis.trace import trace
from remediate.dockerfile.parser import parse
from remediate.fixers.callers import Callers, barred_by_callers
from remediate.fixers.plan import Decision, Plan
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedied, Remedy
from remediate.fixers.settle import settled
from remediate.model import Applicability, Delivery, NamedTuple, Options, Refusal, SecretSpec
from remediate.text import apply


class Settled(NamedTuple):
    """`decisions` are on the flows of the file as it was read; `plan` and `inner` belong to the file without residue."""

    plan: Plan
    inner: Trace
    after: bytes
    decisions: tuple[Decision, ...] = ()
    remedies: tuple[Remedy, ...] = ()


class Prepass:
    """One file's way from its trace to its outcome. `others`: remedies that belong to no variable (copied files, mounts that leak)."""

    def __init__(self, traced: Trace, origins: Origins, options: Options, callers: Callers, others: Sequence[Remedy]) -> None:
        self.traced, self.origins, self.options, self.callers = traced, origins, options, callers
        self.others = list(others)
        self._apart: Mapping[int, Decision] | None = None

    def settle(self) -> Settled:
        """Remedies for all that can have one; a secret that is refused in the end keeps its old commands, too."""
        left_out: frozenset[int] = frozenset()
        judged: dict[int, Decision] = {}
        for _ in range(len(self.traced.flows) + len(self.others) + 2):
            pre = self._remedied(left_out)
            done = self._main(pre)
            decisions = _matched(self.traced.flows, done)
            failed = {i for i in pre.remedies if i not in decisions or not decisions[i].applied}
            judged |= {i: decisions[i]._replace(how=_how(pre, i)) for i in failed if i in decisions}
            vain = self._in_vain(done)
            self.others = [o for o in self.others if id(o) not in vain]
            if not failed and not vain:
                told = (self._told(i, flow, judged.get(i) or decisions.get(i), pre) for i, flow in enumerate(self.traced.flows))
                return done._replace(decisions=tuple(told))
            left_out |= failed
        raise AssertionError("every round leaves out one more secret")

    def _in_vain(self, done: Settled) -> set[int]:
        """Remedies of mounted secrets after which the file still leaves what they were to mend."""
        mending = [r for r in done.remedies if any(o is r for o in self.others) and r.mends]
        if not mending:
            return set()
        from remediate.analysis.mounted import mounted_residue

        left = {(r.path or r.tool) for r in mounted_residue(done.inner.tree, done.inner.runs, done.inner.bindings) if not r.printed}
        return {id(r) for r in mending if any((m.path or m.tool) in left for m in r.mends)}

    def _remedied(self, left_out: frozenset[int]) -> Remedied:
        leaves = any(not r.printed for f in self.traced.flows for r in f.residue) or any(
            place.keyword == "COPY" for f in self.traced.flows for place in f.elsewhere
        )
        if self.options.transition or not (leaves or self.others):
            return Remedied()
        from remediate.fixers.remedies import remedied

        return remedied(self.traced, self.options, self.others, left_out)

    def _main(self, pre: Remedied) -> Settled:
        inner = self.traced
        if pre.edits:
            tree = parse(apply(self.traced.tree.source.data, pre.edits), self.traced.tree.source.path)
            bindings = Bindings(tree)
            origins = copy.copy(self.origins)  # what is a secret was judged by the file as it was
            origins.bindings = bindings
            inner = self._retired(trace(bindings, origins, self.traced.around, always=True), pre)
        plan, after = settled(inner, self.options, barred_by_callers(inner, self.callers))
        remedies = list({id(r): r for group in pre.remedies.values() for r in group}.values())
        return Settled(plan, inner, after, remedies=(*pre.others, *remedies))

    def _retired(self, inner: Trace, pre: Remedied) -> Trace:
        """A key that the builder's SSH agent now offers is needed by nobody who does not name its variable."""
        retired = {
            n for i, group in pre.remedies.items() for r in group if any(s.delivery is Delivery.SSH for s in r.secrets)
            for n in self.traced.flows[i].carriers
        }  # fmt: skip
        flows = tuple(
            f._replace(uses=tuple(u for u in f.uses if u.how is How.NAMES)) if retired & set(f.carriers) else f for f in inner.flows
        )
        return inner._replace(flows=flows)

    def _told(self, index: int, flow: Flow, decision: Decision | None, pre: Remedied) -> Decision:
        """The decision, with the places of the file as the user has it."""
        if decision is None:
            raise AssertionError("a secret without a decision")
        refusal = decision.refusal
        if refusal is not None and decision.fix is Applicability.REFUSED:
            refusal = pre.refusals.get(index) or self._refused_apart(index) or self._stays(flow) or refusal
        how = _how(pre, index) or (decision.how if decision.fix is Applicability.UNSAFE else ())
        return decision._replace(flow=flow, refusal=refusal, how=how)

    def _refused_apart(self, index: int) -> Refusal | None:
        """Why the secret would be refused if nothing wrote it down: in the words of the file as it is, whose lines the user has."""
        if self._apart is None:
            whole = self.traced._replace(flows=tuple(f._replace(residue=()) for f in self.traced.flows))
            plan, after = settled(whole, self.options, barred_by_callers(whole, self.callers))
            self._apart = _matched(self.traced.flows, Settled(plan, whole, after))
        found = self._apart.get(index)
        return found.refusal if found is not None and found.fix is Applicability.REFUSED else None

    def _stays(self, flow: Flow) -> Refusal | None:
        """That something writes the secret down, and for a transition no remedy is tried."""
        rest = next((r for r in flow.residue if not r.printed), None)
        if rest is None:
            return None
        place = f" to {rest.target}" if rest.target and "$" not in rest.target else ""
        detail = f"line {rest.line}: {rest.tool or 'a redirect'}{place}"
        return refuse("persisted-in-transition" if self.options.transition else "persisted", detail=detail, line=rest.line)


def _how(pre: Remedied, index: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.how for r in pre.remedies.get(index, ()) if r.how))


def _matched(flows: Sequence[Flow], done: Settled) -> Mapping[int, Decision]:
    """Index of a flow of the file as it was read -> the decision on the same secret."""
    by_binding = {number: d for d in done.plan.decisions for number in d.flow.carriers}
    out = {}
    for index, flow in enumerate(flows):
        found = [by_binding[n] for n in flow.carriers if n in by_binding]
        if found:
            out[index] = next((d for d in found if not d.applied), found[0])
    return out


def remedy_specs(remedies: Sequence[Remedy], mounted: Callable[[bytes], tuple[SecretSpec, ...]], after: bytes) -> tuple[SecretSpec, ...]:
    """What the remedies make the build supply, with the lines of the RUNs that mount it in the new file."""
    wanted = {(s.delivery, s.id): s for r in remedies for s in r.secrets}
    if not wanted:
        return ()
    lines = {(s.delivery, s.id): s.consumers for s in mounted(after)}
    by_id = {s.id: s.consumers for s in mounted(after)}
    return tuple(
        s._replace(consumers=tuple(dict.fromkeys(lines.get(key) or by_id.get(s.id, ())))) for key, s in wanted.items()
    )
