"""A word of an argument list, or a gap where there may be any number of them."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.names import Frame
from remediate.callers.python.turns import Turn
from remediate.callers.python.values import Parts, shown
from remediate.model import NamedTuple


class Word(NamedTuple):
    """One word: `node` is the expression that makes it, `holder` the list, call or tuple that it stands in.

    `sometimes`: only in one branch; `repeated`: any number of times (in a loop). `entry`: the turn of a loop over something that is
    written out.
    """

    parts: Parts
    node: cst.BaseExpression
    holder: cst.CSTNode
    frame: Frame | None = None
    sometimes: bool = False
    repeated: bool = False
    entry: Turn | None = None

    @property
    def text(self) -> str:
        return shown(self.parts)


class Gap(NamedTuple):
    """Any number of words that are not known."""

    node: cst.CSTNode


Items = list["Word | Gap"]


def in_turn(item: Word | Gap, turn: Turn, some: bool) -> Word | Gap:
    if not isinstance(item, Word):
        return item
    return item._replace(entry=item.entry or turn, sometimes=item.sometimes or some or turn.cut)


def is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def sometimes(item: Word | Gap) -> Word | Gap:
    return item._replace(sometimes=True) if isinstance(item, Word) else item


def repeated(item: Word | Gap) -> Word | Gap:
    return item._replace(sometimes=True, repeated=True) if isinstance(item, Word) else item
