"""Which neighbouring statements go together, and which of the two gaps beside them has to stay.

a; b && c         without b: the gap before it stays  (a; c)
a && b; c         without b: the gap behind it stays  (a; c)
"""

from __future__ import annotations

from enum import Enum

from remediate.fixers.run_shape import Shape
from remediate.model import NamedTuple
from remediate.shell.statements import groups


class Gap(Enum):
    """The gap that stays: the one before the block, the one behind it, or either."""

    BEFORE = "before"
    BEHIND = "behind"
    EITHER = "either"


class Block(NamedTuple):
    """The statements `first`..`last` go. `truth`: `true` takes their place, so both gaps stay."""

    first: int
    last: int
    gap: Gap
    truth: bool = False


def blocks_of(shape: Shape) -> list[Block]:
    """The blocks of a shape that keeps at least one statement, in order."""
    out: list[Block] = []
    whole: list[int] = []
    for group in groups(shape.all):
        if all(i in shape.cut for i in group):
            whole += group
            continue
        out += _whole(shape, whole)
        whole = []
        out += _partial(shape, group)
    return out + _whole(shape, whole)


def _whole(shape: Shape, indexes: list[int]) -> list[Block]:
    """And-or lists that go whole."""
    if not indexes:
        return []
    gap = Gap.EITHER if indexes[0] else Gap.BEFORE
    return [Block(indexes[0], indexes[-1], gap, indexes[-1] in shape.truths)]


def _partial(shape: Shape, group: range) -> list[Block]:
    out: list[Block] = []
    at = group[0]
    while at <= group[-1]:
        if at not in shape.cut:
            at += 1
            continue
        last = at
        while last + 1 in shape.cut and last + 1 <= group[-1]:
            last += 1
        gap = Gap.BEFORE if at == group[0] else Gap.BEHIND if last == group[-1] else Gap.EITHER
        out.append(Block(at, last, gap, last in shape.truths))
        at = last + 1
    return out
