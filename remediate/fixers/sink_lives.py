"""One path, several lives: a file that is written, used and removed, and then written again, or is written in two stages.

RUN echo $T > ~/.npmrc / RUN npm ci / RUN rm ~/.npmrc / RUN echo $T > ~/.npmrc / RUN npm install
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, Lives, Touch
from remediate.analysis.residue import Residue
from remediate.fixers.moving import statement_of
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation, joined
from remediate.fixers.sink_tools import taken_back, takes_back
from remediate.model import Refusal

_MOST_LIVES = 8


def lives_apart(s: Situation) -> list[Situation] | Refusal:
    """The situation of each life of the file; the given one where it has only one."""
    residues = s.kept.residues
    if len({r.run for r in residues}) == 1 or not s.kept.path.startswith("/"):
        return [s]
    lives = Lives(s.trace)
    out: list[Situation] = []
    rest = list(residues)
    while rest:
        if len(out) == _MOST_LIVES:
            return refuse("sink-order", detail=f"{s.kept.shown} is written and removed many times", line=residues[0].line)
        life = until_overwritten(s, lives.of(s.kept.path, rest[0].run), rest[0])
        mine = tuple(r for r in rest if r.run == rest[0].run or _in(s.trace, life, r))
        out.append(s._replace(kept=s.kept._replace(residues=mine)))
        rest = [r for r in rest if r not in mine]
    return out


def _in(trace: Trace, life: Life, rest: Residue) -> bool:
    """The command writes the file in this life of it."""
    if any((t.run, t.command) == (rest.run, rest.command) for t in life.touches):
        return True
    stage = trace.tree.stage_of(rest.run)
    return any(r.run >= rest.run and trace.tree.stage_of(r.run) is stage for r in life.readings)


def until_overwritten(s: Situation, life: Life, first: Residue) -> Life:
    """The life up to where, after it was used, the file surely becomes another one that holds no secret."""
    secret = {(r.run, r.command) for r in s.kept.residues}
    undone = _undone(s)
    used = min((r.run for r in life.readings if r.sure), default=None)
    for touch in life.touches:
        at = (touch.run, touch.command)
        if at in secret or at <= (first.run, first.command) or used is None or touch.run <= used:
            continue
        view = s.trace.runs.views[touch.run]
        statement = statement_of(view, touch.command)
        if touch.did is Did.CHANGE and undone and statement is not None and takes_back(view, statement, undone):
            return life._replace(
                touches=tuple(t for t in life.touches if (t.run, t.command) <= at),
                readings=tuple(r for r in life.readings if (r.run, r.command) < at),
            )
        if touch.did is not Did.WRITE:
            continue
        if statement is not None and statement.plain and not view.scripts[0].commands[touch.command].connector.startswith("|"):
            return life._replace(
                touches=tuple(t for t in life.touches if (t.run, t.command) < at),
                readings=tuple(r for r in life.readings if (r.run, r.command) < at),
            )
    return life


def _undone(s: Situation) -> tuple[str, ...]:
    """The command by which the tool takes back the one setting that is kept; () where there are several, or other text."""
    found = set[tuple[str, ...]]()
    for rest in s.kept.residues:
        view = s.trace.runs.views[rest.run]
        statement = statement_of(view, rest.command)
        found.add(taken_back(view, statement) if statement is not None else ())
    return found.pop() if len(found) == 1 else ()


def together(found: Sequence[Remedy | Refusal | None]) -> Remedy | Refusal | None:
    """The remedies of all lives as one; nothing where one of them has none."""
    for one in found:
        if not isinstance(one, Remedy):
            return one
    remedies = [one for one in found if isinstance(one, Remedy)]
    if len(remedies) == 1:
        return remedies[0]
    runs: dict[int, RunEdit] = {}
    for one in remedies:
        for index, edit in one.runs.items():
            runs[index] = joined(runs.get(index, RunEdit()), edit)
    return Remedy(
        runs=runs,
        mends=tuple(m for one in remedies for m in one.mends),
        how="; ".join(dict.fromkeys(one.how for one in remedies)),
    )


def comes_back(touch: Touch) -> bool:
    """After this touch something is at the path again."""
    return touch.did in (Did.WRITE, Did.APPEND)
