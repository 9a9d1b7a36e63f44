"""The edits for a build arg that comes out of a dict in a loop: its entry goes, `--secret` comes behind the word that starts the build."""

from __future__ import annotations

from typing import Protocol

import libcst as cst

from remediate.callers.model import Move, Refused
from remediate.callers.python.cuts import cut
from remediate.callers.python.elsewhere import used_elsewhere
from remediate.callers.python.site import Answer, Claim, Context
from remediate.callers.python.turns import Turn
from remediate.model import Edit


class Inserts(Protocol):
    """The site: `insert` puts words behind the one that starts the build."""

    context: Context

    def insert(self, number: int, move: Move, given: str, answer: Answer) -> Refused | None: ...


def moved_entry(site: Inserts, number: int, move: Move, turn: Turn, given: str, answer: Answer) -> Refused | None:
    """`given` is what `--secret` says, "" when the build passes it already."""
    if not turn.plain or turn.member not in _members(turn.holder):
        return Refused("caller-arguments", f"{move.arg} stands among values that serve something else, too", site.context.line(turn.member))
    where = site.context.scopes.where.get(turn.holder) if turn.holder is not None else None
    if where is not None and where.scope.kind == "module" and used_elsewhere(site.context.repository, site.context.tree.path):
        return Refused("caller-shared", f"other programs can use the values that {move.arg} stands among", site.context.line(turn.member))
    members = _members(turn.holder)
    at = members.index(turn.member)
    if isinstance(turn.holder, cst.Tuple) and len(members) < 3:
        return Refused("caller-arguments", f"the names that are passed with {move.arg} stand in a tuple of two")
    refused = site.insert(number, move, given, answer) if given else None
    if refused is None:
        gone = cut(site.context.tree, members, at, at)
        answer.claims.append(Claim(number, move.spec.id, Edit(gone, b""), turn.member))
    return refused


def _members(holder: cst.CSTNode | None) -> list[cst.CSTNode]:
    if isinstance(holder, (cst.Dict, cst.List, cst.Tuple)):
        return list(holder.elements)
    return list(holder.args) if isinstance(holder, cst.Call) else []
