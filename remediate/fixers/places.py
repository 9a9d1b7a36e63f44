"""Findings on what is refused as a whole: copied credential files and literals in the text of instructions."""

from __future__ import annotations

from remediate.analysis.bindings import declaring
from remediate.analysis.copies import CopiedFile, LiteralInText
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.findings import Places
from remediate.fixers.reasons import refuse
from remediate.model import Applicability, Finding, Mark, Refusal, Span

_RULES = {"RUN": "secret-in-run", "LABEL": "secret-in-label", "ADD": "secret-in-add"}


def copied(tree: Dockerfile, file: CopiedFile, places: Places) -> Finding:
    """The finding on one copied credential file."""
    sure = "" if file.certain else " (by its name: its content is not at hand)"
    message = f"{file.name} is copied into a layer of the image: {file.why}{sure}"
    return _finding(tree, file.instruction, "secret-in-copy", file.name, file.span, message, refuse("copied-file"), places)


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
