"""What a person has said is no secret: `# remediate: ignore[RULE] reason` in a comment.

The line above an instruction silences it; inside a continued ENV or ARG, it silences the line below it only. With `ignore[RULE=NAME]`
only that variable. In a RUN a shell comment at a line's end will do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediate.dockerfile.tree import Dockerfile

_COMMENT = re.compile(rb"#[ \t]*remediate:[ \t]*ignore\[([^\]\r\n]{1,400})\]")


@dataclass(frozen=True, slots=True)
class _Row:
    rule: str
    name: str
    instruction: int
    line: int  # 0: the whole instruction


class Silence:
    """Answers for one file; cheap when it holds no such comment."""

    def __init__(self, tree: Dockerfile, everywhere: tuple[str, ...] = ()) -> None:
        self._rows: list[_Row] = []
        self._everywhere = frozenset(everywhere)
        if b"remediate:" not in tree.source.data:
            return
        for match in _COMMENT.finditer(tree.source.data):
            place = _target(tree, match.start())
            if place is None:
                continue
            for item in match[1].decode("utf-8", "replace").split(","):
                rule, _, name = item.strip().partition("=")
                self._rows.append(_Row(rule.strip(), name.strip(), *place))

    def says(self, rule: str, name: str, instruction: int, line: int) -> bool:
        """True when a comment, or the configuration, silences this rule for the name at that 1-based line."""
        if rule in self._everywhere:
            return True
        return any(
            row.instruction == instruction
            and row.rule in (rule, "all", "*")
            and row.name in ("", name)
            and row.line in (0, line)
            for row in self._rows
        )


def _target(tree: Dockerfile, offset: int) -> tuple[int, int] | None:
    """(instruction index, line or 0) that a comment at this byte speaks of."""
    source = tree.source
    line = source.line_of(offset)
    own = source.data[source.line_span(line).start : offset].strip()
    for index, instruction in enumerate(tree.instructions):
        if instruction.end_line < line:
            continue
        if own:
            return (index, 0) if instruction.start_line <= line else None
        at = line + 1
        while at <= instruction.end_line:
            text = source[source.line_span(at)].strip()
            if text and not text.startswith(b"#"):
                return index, 0 if at <= instruction.start_line else at
            at += 1
    return None
