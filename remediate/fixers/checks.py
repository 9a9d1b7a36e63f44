"""The reasons for which a secret is not rewritten at all, in the order in which a person should hear them."""

from __future__ import annotations

import re

from remediate.analysis.flows import Flow, Trace
from remediate.analysis.runs import Form
from remediate.analysis.stages import parents
from remediate.fixers.reasons import refuse
from remediate.knowledge.values import find_literals
from remediate.model import Refusal

_RUN_TIME = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def _used_at_run_time(trace: Trace, flow: Flow) -> Refusal | None:
    for place in flow.elsewhere:
        if place.keyword in _RUN_TIME:
            return refuse("used-at-run-time", detail=f"{place.keyword} in line {place.line}", name=place.name, line=place.line)
    return None


def _onbuild(trace: Trace, flow: Flow) -> Refusal | None:
    place = next((p for p in flow.elsewhere if p.keyword == "ONBUILD"), None)
    if place is not None:
        return refuse("onbuild", line=place.line)
    for index, instruction in enumerate(trace.tree.instructions):
        starts = instruction.trigger is not None and instruction.trigger.keyword == "RUN"
        if starts and any(b.keyword == "ENV" and b.number in flow.carriers for b in trace.bindings.at(index).values()):
            return refuse("onbuild", line=instruction.start_line)  # the builds of others run with this ENV
    later = next((trace.binding(n) for n in flow.carriers if trace.binding(n).onbuild), None)
    return refuse("onbuild", line=trace.tree.instructions[later.instruction].start_line) if later else None


def _used_elsewhere(trace: Trace, flow: Flow) -> Refusal | None:
    for place in flow.elsewhere:
        return refuse("used-elsewhere", detail=f"{place.keyword} in line {place.line}", line=place.line)
    return None


def _persisted(trace: Trace, flow: Flow) -> Refusal | None:
    for rest in flow.residue:
        if not rest.printed:
            where = f" to {rest.target}" if rest.target and "$" not in rest.target else ""
            return refuse("persisted", detail=f"line {rest.line}: {rest.tool or 'a redirect'}{where}", line=rest.line)
    return None


def _not_understood(trace: Trace, flow: Flow) -> Refusal | None:
    for index in flow.runs():
        run = trace.runs.views[index]
        line = run.instruction.start_line
        if run.form is Form.FOREIGN:
            windows = run.windows or re.search(r"powershell|cmd(?:\.exe)?$", " ".join(run.shell[:1]).lower())
            code = "windows" if windows else "foreign-shell"
            return refuse(code, detail=f"line {line}", line=line)
        if run.damaged:
            return refuse("shell-not-understood", detail=f"line {line}", line=line)
    return None


def _no_name_for_a_shell(trace: Trace, flow: Flow) -> Refusal | None:
    """Its users cannot be told: no shell text names it, and a program may still look it up."""
    odd = [b.name for b in map(trace.binding, flow.carriers) if not (b.name.isascii() and b.name.isidentifier())]
    return refuse("not-a-variable", name=odd[0]) if odd and not flow.uses else None


def _holds_a_literal(trace: Trace, flow: Flow) -> Refusal | None:
    """`ENV T=${X:-<a real token>}`: the fix would only move the value to another line."""
    for binding in map(trace.binding, flow.carriers):
        texts = [binding.value or "", *(ref.operand for ref in binding.refs)] if binding.refs else []
        if any(find_literals(text.encode("utf-8", "surrogateescape")) for text in texts):
            return refuse("literal-in-place", line=trace.tree.instructions[binding.instruction].start_line)
    return None


def _unread_file(trace: Trace, flow: Flow) -> Refusal | None:
    if flow.unread and not flow.uses:
        return refuse("unread-file", detail=flow.unread)
    if flow.planted is None or flow.uses:
        return None
    line = trace.tree.instructions[flow.planted].start_line
    return refuse("unread-file", detail=f"line {line}", line=line)


def _base_varies(trace: Trace, flow: Flow) -> Refusal | None:
    held = set(flow.carriers)
    for stage in trace.tree.stages:
        ends = [trace.bindings.ends[p] for p in parents(trace.tree, stage)]
        for name in {n for end in ends for n, b in end.items() if b.number in held}:
            if any(end.get(name) != ends[0].get(name) for end in ends[1:]):
                line = trace.tree.instructions[stage.instructions[0]].start_line
                return refuse("base-varies", detail=f"FROM in line {line}", line=line)
    return None


def _asks_if_set(trace: Trace, flow: Flow) -> Refusal | None:
    names = {trace.binding(n).name for n in flow.carriers}
    for index in flow.runs():
        for script, command in trace.runs.views[index].commands():
            for word in command.argv:
                line = trace.tree.source.line_of(script.text.start_of(word.start))
                tested = any(e.name in names and e.op in ("-", "+", "?", "=") for e in word.expansions)
                if tested or (command.name in ("test", "[", "[[") and word.value in names and _after_v(command.argv, word)):
                    return refuse("unset-test", detail=f"line {line}", name=min(names), line=line)
    return None


def _after_v(argv: tuple[object, ...], word: object) -> bool:
    at = argv.index(word)
    return at > 0 and getattr(argv[at - 1], "value", None) == "-v"


CHECKS = (
    _onbuild,
    _used_at_run_time,
    _used_elsewhere,
    _base_varies,
    _not_understood,
    _persisted,
    _holds_a_literal,
    _no_name_for_a_shell,
    _unread_file,
    _asks_if_set,
)


def refusal_but_residue(trace: Trace, flow: Flow) -> Refusal | None:
    """The first reason that stands even when the flow left nothing behind."""
    refusals = (check(trace, flow) for check in CHECKS if check not in (_persisted, _unread_file))
    return next((r for r in refusals if r is not None), None)


def first_refusal(trace: Trace, flow: Flow) -> Refusal | None:
    """The first reason against rewriting this secret, None when there is none."""
    for check in CHECKS:
        refusal = check(trace, flow)
        if refusal is not None:
            return refusal
    return None
