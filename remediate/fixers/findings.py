"""What people and JSON are told of each place where a secret enters or stays."""

from __future__ import annotations

from collections.abc import Callable

from remediate.analysis.bindings import Binding, declaring
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.residue import Residue
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.plan import Decision
from remediate.fixers.reasons import at_lines, refuse
from remediate.model import Applicability, Finding, Mark, Span
from remediate.text import Source


class Places:
    """Lines and columns in the file as the user has it, for spans of the file that was analysed."""

    def __init__(self, source: Source, original: Callable[[int], int]) -> None:
        self.source, self.original = source, original

    def at(self, offset: int) -> tuple[int, int]:
        return self.source.position(self.original(offset))

    def line(self, offset: int) -> int:
        return self.source.line_of(self.original(offset))


def findings(trace: Trace, decision: Decision, places: Places) -> list[Finding]:
    """One finding for each binding that carries the secret, and one for each place where a RUN leaves it."""
    marks = _marks(trace, decision.flow, places)
    out = [_declared(trace, decision, trace.binding(n), places, marks) for n in decision.flow.carriers]
    told: set[tuple[int, int, int]] = set()  # what one command leaves in several places is one finding
    for rest in sorted(decision.flow.residue, key=lambda r: bool(r.beside)):
        if not rest.beside or (rest.run, rest.script, rest.command) not in told:
            told.add((rest.run, rest.script, rest.command))
            out.append(_left(trace, rest, places, marks, decision))
    return out


_MOST_MARKS = 50  # places of one kind that a finding shows; nobody reads more


def stage_name(trace: Trace, instruction: int) -> str:
    """The stage's name, its index when it has none, "" before the first FROM."""
    stage = trace.tree.stage_of(instruction)
    return "" if stage is None else stage.name or str(stage.index)


def _marks(trace: Trace, flow: Flow, places: Places) -> tuple[Mark, ...]:
    marks = []
    for number in flow.carriers[:_MOST_MARKS]:
        instruction = trace.tree.instructions[trace.binding(number).instruction]
        marks.append(_mark("enters here", instruction.span, places))
    for use in flow.uses[:_MOST_MARKS]:
        line = places.line(trace.tree.source.line_span(use.line).start)
        marks.append(Mark("used here", line, line))
    for place in flow.elsewhere[:_MOST_MARKS]:
        line = places.line(trace.tree.source.line_span(place.line).start)
        marks.append(Mark("stays here" if place.keyword in ("COPY", "ADD", "LABEL") else "used here", line, line))
    for rest in flow.residue[:_MOST_MARKS]:
        line = places.line(trace.tree.source.line_span(rest.line).start)
        marks.append(Mark("printed here" if rest.printed else "stays here", line, line))
    return tuple(dict.fromkeys(marks))


def _mark(label: str, span: Span, places: Places) -> Mark:
    return Mark(label, places.line(span.start), places.line(max(span.end - 1, span.start)))


def _declared(trace: Trace, decision: Decision, binding: Binding, places: Places, marks: tuple[Mark, ...]) -> Finding:
    instruction = trace.tree.instructions[binding.instruction]
    span = declaring(instruction).pairs[binding.pair].name_span
    line, column = places.at(span.start)
    end_line, end_column = places.at(span.end)
    return Finding(
        rule=f"secret-in-{binding.keyword.lower()}",
        name=binding.name,
        instruction=binding.keyword,
        instruction_line=places.line(instruction.keyword_span.start),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        stage=stage_name(trace, binding.instruction),
        message=_message(trace, decision, binding),
        fix=decision.fix,
        applied=decision.applied,
        reason=decision.refusal.code if decision.refusal else "",
        advice=_advice(trace, decision),
        marks=marks,
    )


def _message(trace: Trace, decision: Decision, binding: Binding) -> str:
    root = next((r for r in decision.flow.roots if r.name == binding.name), None)
    if binding.keyword == "ENV":
        base = f"{binding.name} is a secret in the image's configuration: every container and every later RUN has it"
    elif binding.stage < 0:
        base = f"{binding.name} is a secret passed as a build arg"
    else:
        base = f"{binding.name} is a secret passed as a build arg: the image's history and every later RUN of the stage have it"
    if root is not None and root.literal and binding.value:
        return f"{base}; its value stands in the file"
    if binding.refs and root is None:
        return f"{base}; it is made of {', '.join(sorted({r.name for r in decision.flow.roots}))}"
    return base


def _advice(trace: Trace, decision: Decision) -> str:
    parts = []
    if decision.refusal is not None and not decision.applied:
        parts.append(f"{decision.refusal.message}: {decision.refusal.advice}")
    elif decision.refusal is not None and decision.refusal.code == "runtime-env":
        names = ", ".join(f"-e {trace.binding(n).name}" for n in decision.flow.carriers if trace.binding(n).keyword == "ENV")
        parts.append(f"start the container with `docker run {names}` if it needs it")
    elif decision.transition:
        parts.append("both ways work now: it goes on leaking while a caller passes the build arg; a plain fix takes that way out")
    elif not decision.flow.uses:
        parts.append("no command uses it: it goes without a mount")
    parts += [*decision.how] if decision.applied else []
    if decision.applied and decision.flow.literal:
        parts.append("rotate it: it stays in the Git history and in every image already built")
    told: dict[str, list[int]] = {}
    for use in decision.flow.uses[:_MOST_MARKS]:
        if use.how.value in ("tool", "context", "unknown", "foreign"):
            told.setdefault(use.detail, []).append(use.line)
    parts += [f"{at_lines(lines)}: {detail}" for detail, lines in told.items()]
    return "; ".join(dict.fromkeys(parts))


def _left(trace: Trace, rest: Residue, places: Places, marks: tuple[Mark, ...], decision: Decision) -> Finding:
    run, name, at, printed, tool, target = rest.run, rest.name, rest.line, rest.printed, rest.tool, rest.target
    instruction = trace.tree.instructions[run]
    span = where(trace.tree, instruction.span, name, at)
    line, column = places.at(span.start)
    end_line, end_column = places.at(span.end)
    place = f" ({target})" if target and "$" not in target else ""
    if printed:
        rule, reason = "secret-in-log", refuse("printed")
        message = f"{tool} prints {name} into the build log"
    else:
        rule, reason = "secret-persisted", refuse("persisted", detail=f"line {at}: {tool or 'a redirect'}{place}")
        message = f"{tool or 'a redirect'} writes {name} into the layer{place}"
        refusal = decision.refusal
        if refusal is not None and decision.fix is Applicability.REFUSED:
            reason = refusal
    found = Finding(
        rule=rule, name=name, instruction="RUN", instruction_line=places.line(instruction.keyword_span.start), line=line, column=column,
        end_line=end_line, end_column=end_column, stage=stage_name(trace, run), message=message, fix=Applicability.REFUSED,
        reason=reason.code, advice=f"{reason.message}: {reason.advice}", marks=marks,
    )  # fmt: skip
    if printed or not decision.how:
        return found
    why = decision.refusal.code if decision.refusal is not None else ""
    return found._replace(fix=decision.fix, applied=decision.applied, reason=why, advice="; ".join(decision.how))


def where(tree: Dockerfile, span: Span, name: str, line: int) -> Span:
    """The name itself from that line on, or the line's first word."""
    source = tree.source
    start = max(source.line_span(line).start, span.start)
    at = source.data.find(name.encode(), start, span.end)
    if at < 0:
        text = source.data[start : source.line_span(line).end]
        at = start + len(text) - len(text.lstrip())
        return Span(at, at + len(text.strip().split(b" ")[0] or b" "))
    return Span(at, at + len(name.encode()))
