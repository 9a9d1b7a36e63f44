"""What the analysis hands on: a `Flow` is one secret (or several that were joined in one value) with all its places."""

from __future__ import annotations

from remediate.analysis.bindings import Binding, Bindings
from remediate.analysis.consumers import Use
from remediate.analysis.residue import Residue
from remediate.analysis.runs import Runs
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.tree import Dockerfile
from remediate.model import NamedTuple


class Root(NamedTuple):
    """A secret value as it enters: by its build arg's name, or as a literal. `use` is `build`, `runtime` or `either`.

    `default` is a harmless value that some declaration gives when the secret is not supplied, None when none does.
    """

    name: str
    kind: str
    use: str
    why: str
    literal: bool = False
    default: str | None = None


class Elsewhere(NamedTuple):
    """An instruction other than RUN, ARG and ENV that takes the secret's value: it cannot have a mount."""

    name: str
    instruction: int
    keyword: str
    line: int


class Flow(NamedTuple):
    """One secret from where it enters to where it is used. `carriers` are the numbers of the bindings that hold it or a value made of it.

    `unread`: a file of the context that names it, that commands can see, and that none is known to read. `defaults`: binding
    number -> the harmless value it gives. `planted`: index of an instruction that writes a file in which the variable stands
    unexpanded, for somebody to expand it later.
    """

    roots: tuple[Root, ...]
    carriers: tuple[int, ...]
    uses: tuple[Use, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    residue: tuple[Residue, ...] = ()
    planted: int | None = None
    unread: str = ""
    defaults: tuple[tuple[int, str], ...] = ()

    def default_of(self, binding: int) -> str | None:
        """The harmless value that the binding with that number gives when the secret is not supplied."""
        return dict(self.defaults).get(binding)

    @property
    def literal(self) -> bool:
        """The value itself stands in the file."""
        return any(r.literal for r in self.roots)

    def runs(self) -> tuple[int, ...]:
        """Instruction indexes of the RUNs that consume it, in file order."""
        return tuple(sorted({u.run for u in self.uses}))


class Trace(NamedTuple):
    """All that is known of one file. `runs` is empty when no secret enters the file by ARG or ENV."""

    tree: Dockerfile
    bindings: Bindings
    runs: Runs
    flows: tuple[Flow, ...]
    around: Surroundings

    def binding(self, number: int) -> Binding:
        return self.bindings.all[number]
