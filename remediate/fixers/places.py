"""Findings on what is refused as a whole: copied credential files and literals in the text of instructions."""

from __future__ import annotations

from remediate.analysis.bindings import declaring
from remediate.analysis.copies import CopiedFile, LiteralInText
from remediate.analysis.residue import Residue
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.findings import Places, where
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy
from remediate.model import Applicability, Finding, Mark, Refusal, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.fixers.copied import Proposed

_RULES = {"RUN": "secret-in-run", "LABEL": "secret-in-label", "ADD": "secret-in-add"}


def copied(tree: Dockerfile, file: CopiedFile, places: Places, proposed: Proposed | None = None, applied: bool = False) -> Finding:
    """The finding on one copied credential file, with what is proposed for it and whether that is done."""
    if "://" in file.name:
        return _address(tree, file, places)
    sure = "" if file.certain else "; its content is not at hand"
    way = "comes along into" if file.carried else "is copied into"
    message = f"{file.name} {way} a layer of the image: {_why(file)}{sure}"
    reason = proposed.reason if proposed is not None and proposed.reason is not None else refuse("copied-file")
    found = _finding(tree, file.instruction, "secret-in-copy", file.name, file.span, message, reason, places)
    if proposed is None or proposed.remedy is None:
        return found
    how = "; ".join(filter(None, (proposed.remedy.how, proposed.reason.advice if proposed.reason is not None and applied else "")))
    if proposed.fix is Applicability.SAFE or applied:
        return found._replace(fix=proposed.fix, applied=applied, reason="" if proposed.reason is None else reason.code, advice=how)
    return found._replace(fix=proposed.fix, advice=f"{found.advice}; {how}")


def _address(tree: Dockerfile, file: CopiedFile, places: Places) -> Finding:
    """An ADD that downloads: what stays is its address, in the history."""
    line = tree.instructions[file.instruction].start_line
    reason = refuse("used-elsewhere", detail=f"ADD in line {line}", line=line)
    message = f"{file.name} holds a credential, and the history of the image keeps the address"
    return _finding(tree, file.instruction, "secret-in-add", file.name, file.span, message, reason, places)


def _why(file: CopiedFile) -> str:
    """For people: what was seen in the file, or what its name says with the source of that."""
    _, colon, about = file.why.partition(": ")
    if not colon or about.startswith("the file "):
        return about or file.why
    return f"files of that name hold credentials ({about})"


def mounted(tree: Dockerfile, rest: Residue, answer: Remedy | Refusal | None, places: Places, applied: bool = False) -> Finding:
    """The finding on a mounted secret that its RUN writes down or prints."""
    span = where(tree, tree.instructions[rest.run].span, rest.name, rest.line)
    target = f" ({rest.target})" if rest.target and "$" not in rest.target else ""
    if rest.printed:
        message = f"{rest.tool} prints the mounted secret {rest.name} into the build log"
        found = _finding(tree, rest.run, "secret-in-log", rest.name, span, message, refuse("printed"), places)
        return found._replace(marks=(Mark("printed here", found.line, found.line),))
    message = f"{rest.tool or 'a redirect'} writes the mounted secret {rest.name} into the layer{target}"
    reason = answer if isinstance(answer, Refusal) else refuse("persisted", detail=f"line {rest.line}: {rest.tool or 'a redirect'}{target}")
    found = _finding(tree, rest.run, "secret-persisted", rest.name, span, message, reason, places)
    found = found._replace(marks=(Mark("stays here", found.line, found.line),))
    if answer is None or isinstance(answer, Refusal) or not applied:
        return found
    return found._replace(fix=Applicability.SAFE, applied=True, reason="", advice=answer.how)


def literal(tree: Dockerfile, found: LiteralInText, places: Places) -> Finding:
    """The finding on one literal; its name is the kind of the value, which itself is never shown."""
    rule = _RULES.get(found.keyword, "secret-in-run")
    message = f"a credential ({found.kind}) stands in this {found.keyword}"
    return _finding(tree, found.instruction, rule, found.kind, found.span, message, refuse("literal-in-place"), places)


def _finding(tree: Dockerfile, index: int, rule: str, name: str, span: Span, message: str, reason: Refusal, places: Places) -> Finding:
    instruction = tree.instructions[index]
    line, column = places.at(span.start)
    end_line, end_column = places.at(span.end)
    stage = tree.stage_of(index)
    return Finding(
        rule=rule, name=name, instruction=declaring(instruction).keyword, instruction_line=places.line(instruction.keyword_span.start),
        line=line, column=column, end_line=end_line, end_column=end_column,
        stage="" if stage is None else stage.name or str(stage.index),
        message=message, fix=Applicability.REFUSED, reason=reason.code, advice=f"{reason.message}: {reason.advice}",
        marks=(Mark("enters here", places.line(instruction.span.start), places.line(max(instruction.span.end - 1, 0))),),
    )  # fmt: skip
