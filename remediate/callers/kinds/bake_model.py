"""A Bake file as its targets: the same for HCL and JSON. Which blocks make up a target, and what its attributes come to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, product

from remediate.callers.places import UNKNOWN
from remediate.formats.embedded import FormatError
from remediate.model import Edit, NamedTuple, Span

MOST = 64  # combinations of a matrix; beyond that a path counts as unknown
MOST_TARGETS = 3000
LONGEST = 200  # blocks that one target is made of, by inheritance
DEEPEST = 50


class Ref(NamedTuple):
    """A variable by name (`item.dir` of a matrix, too); without a name an expression that is not followed."""

    name: str = ""


class Value(NamedTuple):
    """What an attribute is set to: texts and variables one behind the other."""

    parts: tuple[str | Ref, ...]
    null: bool = False

    @property
    def literal(self) -> str | None:
        return "".join(p for p in self.parts if isinstance(p, str)) if all(isinstance(p, str) for p in self.parts) else None

    @property
    def variable(self) -> str:
        """The name, when it is the value of one variable and nothing else."""
        only = self.parts[0] if len(self.parts) == 1 else ""
        return only.name if isinstance(only, Ref) else ""


NOT_FOLLOWED = Value((Ref(),))


class Arg(NamedTuple):
    """One build arg of a target block; `span` is its place in the file's list of them."""

    name: str
    value: Value
    line: int
    span: Span


class Site(NamedTuple):
    """One block of a target. What is None was not understood; `native` belongs to the file's format."""

    path: str
    target: str
    line: int
    args: tuple[Arg, ...] | None
    secrets: tuple[str, ...] | None
    ssh: tuple[str, ...] | None
    inherits: tuple[str, ...] | None
    texts: Mapping[str, Value]
    inline: bool
    matrix: Mapping[str, Sequence[Mapping[str, str]]] | None
    native: object


class Additions(NamedTuple):
    """What one block gets: (id, key, value) of secrets, `key` being `env` or `src`; entries of `ssh`."""

    secrets: tuple[tuple[str, str, str], ...] = ()
    ssh: tuple[str, ...] = ()


class BakeFile(ABC):
    """Raises FormatError when there are too many targets.

    `variables`: name -> its default (None: none). `grouped`: targets that a group names.
    """

    def __init__(
        self, path: str, data: bytes, sites: Sequence[Site], variables: Mapping[str, Value | None], grouped: Iterable[str]
    ) -> None:
        self.path, self.data, self.variables, self.grouped = path, data, variables, frozenset(grouped)
        self.targets: dict[str, list[Site]] = {}
        for site in sites:
            self.targets.setdefault(site.target, []).append(site)
        if len(self.targets) > MOST_TARGETS:
            raise FormatError(f"more than {MOST_TARGETS} targets", line=1)

    @abstractmethod
    def edits(self, site: Site, gone: Sequence[Span], added: Additions) -> list[Edit] | None:
        """The block without these build args, and with these secrets; None where the format cannot."""


class World:
    """One file with the files beside it: `others` are looked in for what `own` does not have, `below` are always read before it."""

    def __init__(self, own: BakeFile, below: Sequence[BakeFile], others: Sequence[BakeFile]) -> None:
        self.own, self.below, self.others = own, tuple(below), tuple(others)
        self._chains: dict[str, tuple[Site, ...] | None] = {}
        self.inherited = {p for sites in own.targets.values() for s in sites for p in s.inherits or ()}

    def sites(self, target: str) -> list[Site]:
        for one in (self.own, *self.below, *self.others):
            if target in one.targets:
                return one.targets[target]
        return []

    def chain(self, target: str, depth: int = 0) -> tuple[Site, ...] | None:
        """The blocks that the target is made of; a later one counts more. None: not understood, or too many."""
        if target in self._chains:
            return self._chains[target]
        self._chains[target] = None  # a cycle ends here
        own = self.sites(target)
        found: dict[int, Site] = {}
        inherits = next((s.inherits for s in reversed(own) if s.inherits != ()), ())
        if inherits is None or depth > DEEPEST:
            return None
        for parent in inherits:
            above = self.chain(parent, depth + 1)
            if above is None:
                return None
            for site in above:
                found.pop(id(site), None)
                found[id(site)] = site
        found.update((id(s), s) for s in own)
        if len(found) > LONGEST:
            return None
        self._chains[target] = tuple(found.values())
        return self._chains[target]

    def whole(self, target: str) -> tuple[Site, ...]:
        """The chain with what the files below say of the same target, for its paths."""
        before = [s for b in self.below for s in b.targets.get(target, ())] if target in self.own.targets else []
        return (*before, *(self.chain(target) or self.sites(target)))

    def default(self, name: str) -> Value | None:
        """What a variable is when the environment does not set it; NOT_FOLLOWED when no such variable is known, or several differ."""
        found = [f.variables[name] for f in (self.own, *self.below, *self.others) if name in f.variables]
        if not found or any(f != found[0] for f in found):
            return NOT_FOLLOWED
        return found[0]

    def text(self, target: str, key: str, given: Mapping[str, str]) -> str:
        """An attribute that is a path, for one combination of the matrix; "" when it is not set."""
        value = next((s.texts[key] for s in reversed(self.whole(target)) if key in s.texts), None)
        if value is None or value.null:
            return ""
        return "".join(p if isinstance(p, str) else given.get(p.name) or self._variable(p.name) for p in value.parts)

    def _variable(self, name: str) -> str:
        if name == "BAKE_CMD_CONTEXT":
            return "cwd://"
        value = self.default(name)
        return (value.literal if value is not None else None) or UNKNOWN

    def combinations(self, target: str) -> list[Mapping[str, str]]:
        """The values of the matrix variables, one mapping for each build; one empty mapping without a matrix."""
        matrix = next((s.matrix for s in reversed(self.sites(target)) if s.matrix != {}), {})
        if not matrix:
            return [{}]
        rows = [[{f"{name}{key}": text for key, text in value.items()} for value in values] for name, values in matrix.items()]
        made = list(islice(product(*rows), MOST + 1))
        if len(made) > MOST:
            return [{}]
        return [{k: v for part in one for k, v in part.items()} for one in made] or [{}]
