"""What a remedy hands on: how the RUNs and COPYs of a file change so that a secret is written nowhere, or written and removed in one RUN.

A remedy turns the file into one that builds the same and keeps nothing; the main job (mounts in place of ARG and ENV) then reads that file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from remediate.analysis.flows import Flow, Trace
from remediate.analysis.residue import Residue
from remediate.model import Edit, NamedTuple, Options, Refusal, SecretSpec


class RunEdit(NamedTuple):
    """What becomes of one RUN. Statements and offsets are those of its own text (`RunView.scripts[0]`).

    `cut`: indexes of statements (`shell.statements`) that go. `words`: logical ranges and the text that takes their place.
    `enter`: shell commands that come before its own; `leave`: those that come last, whatever way the RUN ends well.
    `flags`: mount flags that come; `drop`: indexes of flags that go.
    """

    cut: frozenset[int] = frozenset()
    words: tuple[tuple[int, int, str], ...] = ()
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    drop: frozenset[int] = frozenset()


def joined(first: RunEdit, second: RunEdit) -> RunEdit:
    """Both changes of one RUN; what both bring comes once."""
    cut = first.cut | second.cut
    return RunEdit(
        cut=cut,
        words=tuple(dict.fromkeys((*first.words, *second.words))),
        enter=(*first.enter, *(e for e in second.enter if e not in first.enter)),  # one remedy may set, unset and set again
        leave=(*first.leave, *(e for e in second.leave if e not in first.leave)),
        flags=tuple(dict.fromkeys((*first.flags, *second.flags))),
        drop=first.drop | second.drop,
    )


class Kept(NamedTuple):
    """One thing that holds a secret after its RUN: a file, or what a tool keeps. `path` is absolute, "" when it is not known.

    `residues` are the commands that put the secret there, in the order of the file.
    """

    path: str
    tool: str
    residues: tuple[Residue, ...]

    @property
    def shown(self) -> str:
        """The file as its Dockerfile spells it (`~/.npmrc`), where that says which it is."""
        first = self.residues[0]
        own = first.path == self.path and not first.beside
        return first.target if own and first.target and "$" not in first.target else self.path


class Situation(NamedTuple):
    """All that a remedy may look at to propose something for `kept`, which `flow` leaves."""

    trace: Trace
    flow: Flow
    kept: Kept
    options: Options


class Remedy(NamedTuple):
    """Changes of the Dockerfile as it was read. `runs`: instruction index of a RUN -> its change.

    `gone`: indexes of other instructions that go whole; `sources`: COPY or ADD -> indexes of its sources that go.
    `mends`: the residue that is no more. `ignore`: lines for the `.dockerignore`. `secrets`: files and ssh agents that the build
    must supply (`consumers` are instruction indexes here). `how`: one sentence for people.
    """

    runs: Mapping[int, RunEdit] = MappingProxyType({})
    gone: frozenset[int] = frozenset()
    sources: Mapping[int, frozenset[int]] = MappingProxyType({})
    mends: tuple[Residue, ...] = ()
    ignore: tuple[str, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    how: str = ""


class Remedied:
    """`edits` make the file whose residue is gone. `remedies`: index of a flow -> what was done for it; `refusals`: why nothing was.

    `others` are the remedies that belong to no flow and were applied.
    """

    __slots__ = ("edits", "others", "refusals", "remedies")

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.remedies: dict[int, list[Remedy]] = {}
        self.refusals: dict[int, Refusal] = {}
        self.others: list[Remedy] = []
