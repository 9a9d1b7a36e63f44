"""The environment of one step of a CI system: what the file says is in it, and what a rewrite puts there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from remediate.callers.model import Job, Rewritten
from remediate.text import late

_ASSIGNED = late(rb"(?<!--build-arg[ =])(?<!--build-arg[ =][\"'])(?<![\w$.-])([A-Za-z_]\w*)=")
_USED = late(rb"(?<!\$)\$\{?([A-Za-z_]\w*)")


class StepEnvironment:
    """`known`: the variables of the step and the text of their values. A name that `script` uses is not taken for another value.

    `withheld`: how names begin (in upper case) of variables that the system keeps from what the step runs.
    """

    def __init__(self, known: Mapping[str, str | None], script: bytes = b"", withheld: tuple[str, ...] = ()) -> None:
        self.known, self.added = {k: v for k, v in known.items() if not k.upper().startswith(withheld)}, dict[str, str]()
        self._withheld = withheld
        self._own = frozenset(m.decode() for m in (*_ASSIGNED.findall(script), *_USED.findall(script)))

    def has(self, name: str) -> bool:
        return name in self.known or name in self.added

    def carry(self, name: str, value: str) -> str | None:
        """A variable of the step that holds this value, best of that name; it is added when there is none. None: both names are taken."""
        for candidate in (name, f"BUILD_{name}"):
            if candidate.upper().startswith(self._withheld):
                continue
            if self.has(candidate):
                if (self.added | self.known).get(candidate) == value:
                    return candidate
            elif candidate not in self._own:
                self.added[candidate] = value
                return candidate
        return None


def grouped(jobs: Sequence[tuple[int, Job]]) -> dict[int, list[tuple[int, Job]]]:
    """The jobs of each script; a build's key is the number of its script, and what the script knows it by."""
    out: dict[int, list[tuple[int, Job]]] = {}
    for index, job in jobs:
        out.setdefault(cast("tuple[int, object]", job.build.key)[0], []).append((index, job))
    return out


def renumbered(done: Rewritten, numbers: Sequence[int]) -> Rewritten:
    """Told and refused under the numbers that the jobs have in the whole file."""
    refused = tuple(r._replace(job=numbers[r.job]) for r in done.refused)
    return done._replace(refused=refused, told=tuple(t._replace(job=numbers[t.job]) for t in done.told))


def merged_rewritten(parts: Sequence[Rewritten]) -> Rewritten:
    """All of it; a refusal of one leaves no edits."""
    refused = tuple(dict.fromkeys(r for p in parts for r in p.refused))
    if refused:
        return Rewritten(refused=refused)
    return Rewritten(tuple(e for p in parts for e in p.edits), (), tuple(dict.fromkeys(t for p in parts for t in p.told)))
