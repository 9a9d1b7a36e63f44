"""What a person has said is no secret: `# remediate: ignore[RULE] reason` in a comment.

The line above an instruction silences it; inside a continued ENV or ARG, it silences the line below it only. With `ignore[RULE=NAME]`
only that variable. In a RUN a shell comment at a line's end will do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from remediate.dockerfile.tree import Dockerfile
from remediate.model import NamedTuple
from remediate.text import late

_COMMENT = late(rb"#[ \t]*remediate:[ \t]*ignore\[([^\]\r\n]{1,400})\]")


class _Row(NamedTuple):
    rule: str
    name: str
    line: int  # 0: the whole instruction


class Silence:
    """Answers for one file; cheap when it holds no such comment."""

    def __init__(self, tree: Dockerfile, everywhere: tuple[str, ...] = ()) -> None:
        self._rows: dict[int, set[_Row]] = defaultdict(set)
        self._everywhere = frozenset(everywhere)
        self._starts = [i.start_line for i in tree.instructions]
        self._ends = [i.end_line for i in tree.instructions]
        if b"remediate:" not in tree.source.data:
            return
        below: dict[int, tuple[int, int] | None] = {}
        for match in reversed(list(_COMMENT.finditer(tree.source.data))):
            place = self._target(tree, match.start(), below)
            if place is not None:
                for item in match[1].decode("utf-8", "replace").split(","):
                    rule, _, name = item.strip().partition("=")
                    self._rows[place[0]].add(_Row(rule.strip(), name.strip(), place[1]))

    def instruction_at(self, line: int) -> int:
        """Index of the instruction that the 1-based line belongs to (the next one for a line between two)."""
        return bisect_left(self._ends, line)

    def says(self, rule: str, name: str, instruction: int, line: int) -> bool:
        """True when a comment, or the configuration, silences this rule for the name at that 1-based line."""
        if rule in self._everywhere:
            return True
        rows = self._rows.get(instruction)
        if not rows:
            return False
        return any(_Row(r, n, at) in rows for r in (rule, "all", "*") for n in ("", name) for at in (0, line))

    def _target(self, tree: Dockerfile, offset: int, below: dict[int, tuple[int, int] | None]) -> tuple[int, int] | None:
        """(instruction index, line or 0) that a comment at this byte speaks of. `below` has the answers for lines further down."""
        source = tree.source
        line = source.line_of(offset)
        index = self.instruction_at(line)
        if source.data[source.line_span(line).start : offset].strip():
            inside = index < len(self._starts) and self._starts[index] <= line
            return (index, 0) if inside else None
        at = line + 1
        while index < len(self._ends) and at <= self._ends[index]:
            if at in below:
                break
            text = source[source.line_span(at)].strip()
            if text and not text.startswith(b"#"):
                below[at] = (index, 0 if at <= self._starts[index] else at)
                break
            at += 1
        answer = below.get(at) if index < len(self._ends) and at <= self._ends[index] else None
        below[line] = answer
        return answer
