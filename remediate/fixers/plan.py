"""From flows to edits: which secrets are rewritten, how, and what is said of the others.

ARG NPM_TOKEN                        (gone)
RUN npm ci                    ->     RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from remediate.analysis.bindings import Binding
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.references import static_argv
from remediate.analysis.runs import Form
from remediate.analysis.stages import descends
from remediate.dockerfile.surgery import add_to_heredoc, add_to_run, put_first, remove_pairs
from remediate.emit.mounts import SYNTAX_LINE, EnvSupport, frontend_supports_env
from remediate.fixers.applicability import unsafe_reason
from remediate.fixers.checks import first_refusal
from remediate.fixers.deliver import Deliver, Manner, RunChange, joined
from remediate.fixers.identity import optional_roots, secret_ids
from remediate.fixers.reasons import refuse
from remediate.fixers.transition import comment_edit, in_transition
from remediate.knowledge import commands, tools
from remediate.knowledge.globs import matches
from remediate.model import Applicability, Delivery, Edit, NamedTuple, Options, Refusal


class Decision(NamedTuple):
    """What becomes of one flow. `changes`: instruction index of a RUN -> what is put into it. `how`: what was done about its residue."""

    flow: Flow
    fix: Applicability
    refusal: Refusal | None = None
    applied: bool = False
    transition: bool = False
    changes: Mapping[int, RunChange] = MappingProxyType({})
    ids: Mapping[str, str] = MappingProxyType({})
    optional: frozenset[str] = frozenset()
    how: tuple[str, ...] = ()


class Plan:
    """All edits of one Dockerfile, and the decision on every flow. `delivery` is what the file gets."""

    __slots__ = ("decisions", "delivery", "edits", "gone", "notes", "run_changes", "transition")

    def __init__(self, transition: bool) -> None:
        self.edits: list[Edit] = []
        self.decisions: list[Decision] = []
        self.delivery = Delivery.ENV
        self.transition = transition
        self.notes: list[str] = []
        self.gone: dict[int, set[int]] = {}
        self.run_changes: dict[int, RunChange] = {}


def plan(trace: Trace, options: Options, barred: Mapping[int, Refusal] = MappingProxyType({})) -> Plan:
    """Decide on every flow and collect the edits of those that are applied. `barred`: flows (by index) that are refused beforehand."""
    out = Plan(options.transition)
    syntax = next((d.value for d in trace.tree.directives if d.name == "syntax"), None)
    support = frontend_supports_env(syntax, options.engine, options.engine_version)
    env = support.answer in (EnvSupport.YES, EnvSupport.ADD_SYNTAX_LINE)
    out.delivery = Delivery.FILE if options.delivery == "file" or not env or options.transition else Delivery.ENV
    general: Refusal | None = None
    if support.answer is EnvSupport.NO_MOUNTS:
        general = refuse("frontend-too-old", detail=support.reason)
    elif options.delivery == "env" and not env:
        general = refuse("no-env-delivery", detail=support.reason)
    ids = secret_ids(trace, dict(options.ids))
    for number, flow in enumerate(trace.flows):
        out.decisions.append(_decide(trace, flow, options, out.delivery, ids, barred.get(number) or (general if flow.uses else None)))
    applied = [d for d in out.decisions if d.applied]
    out.gone = {} if options.transition else _gone(trace, applied)
    out.run_changes = _merged(applied)
    out.edits = [comment_edit(trace, d.flow, d.ids) for d in applied] if options.transition else []
    for index, pairs in sorted(out.gone.items()):
        out.edits += remove_pairs(trace.tree, trace.tree.instructions[index], pairs)
    for index, change in sorted(out.run_changes.items()):
        run = trace.runs.views[index]
        put = add_to_heredoc if run.form is Form.HEREDOC else add_to_run
        out.edits += put(trace.tree, run.instruction, change.flags, joined(change, run))
    wants_env = any("env=" in f for d in applied for c in d.changes.values() for f in c.flags)
    if wants_env and support.answer is EnvSupport.ADD_SYNTAX_LINE:
        out.edits.append(put_first(trace.tree, SYNTAX_LINE))
    elif applied and out.delivery is Delivery.FILE and options.delivery == "auto" and not options.transition and support.reason:
        out.notes.append(f"file delivery: {support.reason}")
    return out


def _decide(trace: Trace, flow: Flow, options: Options, delivery: Delivery, ids: dict[str, str], general: Refusal | None) -> Decision:
    spare = frozenset(r.name for r in flow.roots if r.name in options.optional and not r.literal) - optional_roots(trace, flow)
    optional = optional_roots(trace, flow) | spare
    decision = Decision(flow, Applicability.SAFE, ids={r.name: ids[r.name] for r in flow.roots}, optional=optional)
    refusal = first_refusal(trace, flow) or general
    manner = Manner(delivery, decision.ids, optional, options.transition, spare if _in_env(trace, flow) else frozenset())
    changes: dict[int, RunChange] = {}
    for index in flow.runs() if refusal is None else ():
        names = list(dict.fromkeys(u.name for u in flow.uses if u.run == index))
        change = Deliver(trace, flow, manner, trace.runs.views[index]).build(names)
        if isinstance(change, Refusal):
            refusal = change
            break
        changes[index] = change
    if refusal is not None:
        return decision._replace(fix=Applicability.REFUSED, refusal=refusal)
    decision = decision._replace(changes=changes)
    unsafe = unsafe_reason(trace, flow) if flow.literal or not options.transition else None
    if options.transition and unsafe is None:
        return decision._replace(applied=bool(flow.uses) and not in_transition(trace, flow), transition=bool(flow.uses))
    if unsafe is not None:
        return decision._replace(fix=Applicability.UNSAFE, refusal=unsafe, applied=options.unsafe and not options.transition)
    return decision._replace(applied=True)


def _in_env(trace: Trace, flow: Flow) -> bool:
    """An ENV made it a variable that is there, though empty, also where the build arg is not passed."""
    return any(trace.binding(n).keyword == "ENV" for n in flow.carriers)


def _gone(trace: Trace, applied: list[Decision]) -> dict[int, set[int]]:
    """Instruction index -> indexes of the pairs that leave it."""
    gone: dict[int, set[int]] = {}
    for decision in applied:
        for number in set(decision.flow.carriers) | _resets(trace, decision):
            binding = trace.binding(number)
            gone.setdefault(binding.instruction, set()).add(binding.pair)
    return gone


def _resets(trace: Trace, decision: Decision) -> set[int]:
    """`ENV T=` after the ENV that is taken out, when it only undid that one: nothing after it may miss the empty variable.

    What the container starts is not asked for an unsafe fix, which changes what it sees in any case.
    """
    carriers: list[Binding] = [trace.binding(n) for n in decision.flow.carriers]
    at_run_time = decision.fix is not Applicability.UNSAFE
    out: set[int] = set()
    for binding in trace.bindings.all:
        if binding.keyword != "ENV" or binding.value is None or binding.value.strip("\"'") or binding.stage < 0:
            continue
        for carrier in carriers:
            earlier = carrier.name == binding.name and carrier.instruction < binding.instruction and carrier.stage >= 0
            if earlier and descends(trace.tree, binding.stage, carrier.stage) and not _missed_later(trace, binding, at_run_time):
                out.add(binding.number)
    return out


def _missed_later(trace: Trace, reset: Binding, at_run_time: bool) -> bool:
    """A later RUN, or what the container starts, may need the variable to be set, were it empty (`${NPM_TOKEN}` in an .npmrc)."""
    for index, run in trace.runs.views.items():
        sees_it = trace.bindings.at(index).get(reset.name) == reset
        if sees_it and (run.form is not Form.SHELL or any(c.argv and not commands.inert(static_argv(c)) for _, c in run.commands())):
            return True
    for index, instruction in enumerate(trace.tree.instructions):
        if at_run_time and instruction.keyword in ("CMD", "ENTRYPOINT") and trace.bindings.at(index).get(reset.name) == reset:
            argv = [s.value for s in instruction.exec_form] if instruction.exec_form is not None else instruction.rest.text.split()
            reads = tools.reads(argv) if argv else None
            if reads is not None and any(matches(reset.name, glob) for glob in (*reads.names, *reads.by_convention)):
                return True
    return False


def _merged(applied: list[Decision]) -> dict[int, RunChange]:
    """Instruction index of a RUN -> all that is put into it for all secrets."""
    merged: dict[int, RunChange] = {}
    for decision in applied:
        for index, change in decision.changes.items():
            into = merged.setdefault(index, RunChange())
            for flag in change.flags:
                into.add_flag(flag)
            for statement in change.statements:
                into.add_statement(statement)
    return merged
