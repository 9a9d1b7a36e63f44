"""Who sets a variable, and which setting a given instruction sees.

An ENV beats an ARG of the same name, the later of two wins, a stage sees what the stage it is built FROM saw, and a global ARG is
empty in a stage that does not declare it again (Dockerfile reference, "Scope"; inheritance of ARG: measured on BuildKit).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.analysis.stages import parents
from remediate.dockerfile.expand import references
from remediate.dockerfile.tree import Dockerfile, Instruction, Pair, Reference
from remediate.model import NamedTuple, RemediateError

GLOBAL = -1
MAX_BINDINGS = 10_000
MAX_COPIED = 2_000_000  # entries of scopes; a file of 500 ARGs in 100 chained stages stays below


class Binding(NamedTuple):
    """One name that an ARG or ENV sets. `number` counts them through the file; `stage` is -1 before the first FROM.

    `onbuild` marks one that only the builds of other Dockerfiles will have. `value` is as written, None for a bare `ARG NAME`;
    `outer` is the number of the global ARG that a stage's bare ARG takes its default from.
    """

    number: int
    name: str
    keyword: str
    instruction: int
    pair: int
    stage: int
    value: str | None
    refs: tuple[Reference, ...] = ()
    outer: int | None = None
    onbuild: bool = False

    @property
    def plain_copy_of(self) -> str | None:
        """The other variable when the value is that variable's and nothing else: `$X`, `"${X}"`."""
        if len(self.refs) != 1 or self.refs[0].op or self.value is None:
            return None
        ref = self.refs[0]
        bare = self.value.strip('"')
        return ref.name if bare in (f"${ref.name}", f"${{{ref.name}}}") else None


Scope = Mapping[str, Binding]


def declaring(instruction: Instruction) -> Instruction:
    """The ARG or ENV itself: what stands behind ONBUILD, or the instruction."""
    return instruction.trigger if instruction.keyword == "ONBUILD" and instruction.trigger is not None else instruction


def agreed(scopes: Sequence[dict[str, Binding]]) -> dict[str, Binding]:
    """What all of the scopes say alike: what a stage surely inherits, whichever of its possible bases is built on."""
    if len(scopes) < 2:
        return scopes[0] if scopes else {}
    return {name: b for name, b in scopes[0].items() if all(s.get(name) == b for s in scopes[1:])}


class Bindings:
    """All bindings of a file and, for each instruction, the scope that it sees (before it takes effect itself)."""

    def __init__(self, tree: Dockerfile) -> None:
        self.tree = tree
        self.all: list[Binding] = []
        self._scope: dict[int, dict[str, Binding]] = {}
        self._own: list[dict[str, Binding]] = []
        self._copied = 0
        self.globals: dict[str, Binding] = {}
        first = tree.stages[0].instructions[0] if tree.stages else len(tree.instructions)
        scope: dict[str, Binding] = {}
        for index in range(first):
            self._scope[index] = scope
            scope = self._step(tree.instructions[index], index, GLOBAL, scope)
        self.globals = scope
        self.ends = ends = list[dict[str, Binding]]()
        for stage in tree.stages:
            scope = agreed([ends[p] for p in parents(tree, stage)])
            later: dict[str, Binding] = {}  # what ONBUILD sets for the builds of others
            for index in stage.instructions:
                instruction = tree.instructions[index]
                if instruction.keyword == "ONBUILD":
                    self._scope[index] = {**scope, **later}
                    later = self._step(instruction, index, stage.index, later)
                    continue
                self._scope[index] = self.globals if instruction.keyword == "FROM" else scope
                scope = self._step(instruction, index, stage.index, scope)
            ends.append(scope)

    def at(self, index: int) -> Scope:
        """What `$NAME` means in the instruction with that index. In a FROM: the global ARGs."""
        return self._scope.get(index, {})

    def of(self, binding: Binding) -> Scope:
        """What `$NAME` means in the value of this binding: an ARG sees the names before it in its own instruction, an ENV does not."""
        return self._own[binding.number]

    def _step(self, instruction: Instruction, index: int, stage: int, scope: dict[str, Binding]) -> dict[str, Binding]:
        onbuild = instruction.keyword == "ONBUILD"
        instruction = declaring(instruction)
        if instruction.keyword not in ("ARG", "ENV"):
            return scope
        after = dict(scope)
        self._copied += len(after)
        if self._copied > MAX_COPIED or len(self.all) + len(instruction.pairs) > MAX_BINDINGS:
            raise RemediateError("more ARG and ENV variables than can be followed", line=instruction.start_line)
        seen = self._scope[index]
        for number, pair in enumerate(instruction.pairs):
            binding = self._bind(instruction.keyword, pair, index, number, stage, onbuild, after.get(pair.name))
            self.all.append(binding)
            self._own.append({**seen, **after} if instruction.keyword == "ARG" and number else seen)
            held = after.get(pair.name)
            if held is None or binding.keyword == "ENV" or held.keyword == "ARG":
                after[pair.name] = binding
        return after

    def _default_of(self, name: str, stage: int, held: Binding | None) -> Binding | None:
        """Where a bare `ARG NAME` takes its default from: the global ARG when that has one, else an ARG of the name before it."""
        outer = self.globals.get(name) if stage != GLOBAL else None
        at = outer
        while at is not None and at.value is None:
            at = self.all[at.outer] if at.outer is not None else None
        if at is not None:
            return outer
        return held if held is not None and held.keyword == "ARG" else outer

    def _bind(self, keyword: str, pair: Pair, index: int, number: int, stage: int, onbuild: bool, held: Binding | None) -> Binding:
        outer = self._default_of(pair.name, stage, held) if keyword == "ARG" and pair.value is None else None
        refs = references(pair.value, self.tree.escape) if pair.value is not None else ()
        return Binding(
            len(self.all), pair.name, keyword, index, number, stage, pair.value.text if pair.value is not None else None, refs,
            outer.number if outer else None, onbuild,
        )  # fmt: skip
