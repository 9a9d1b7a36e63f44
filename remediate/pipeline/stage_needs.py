"""Which secrets a build of one stage (`--target`) has no use for: BuildKit runs only what that stage is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remediate.analysis.stages import parents
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.model import RemediateError
from remediate.pipeline.mounted import mounted_in

MAX_STAGES = 200


def not_needed(data: bytes, ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Stage name -> those of `ids` that neither it nor any stage that it takes something from mounts."""
    wanted = frozenset(ids)
    try:
        tree = parse(data)
    except RemediateError:
        return {}
    if not wanted or not 1 < len(tree.stages) <= MAX_STAGES:
        return {}
    own = [mounted_in(tree.instructions[i] for i in stage.instructions) for stage in tree.stages]
    ways = [_from(tree, number) for number in range(len(tree.stages))]
    out = {}
    for stage in tree.stages:
        if stage.name:
            waiting, seen = [stage.index], set[int]()
            while waiting:
                at = waiting.pop()
                if at not in seen:
                    seen.add(at)
                    waiting += ways[at]
            idle = wanted - {i for at in seen for i in own[at]}
            if idle:
                out[stage.name] = idle
    return out


def _from(tree: Dockerfile, number: int) -> list[int]:
    """The stages that one takes something from; all earlier ones where a variable names one."""
    stage = tree.stages[number]
    earlier = list(range(number))
    if "$" in stage.base and stage.parent is None:
        return earlier
    names = {s.name: s.index for s in tree.stages[:number] if s.name}
    out = list(parents(tree, stage))
    for index in stage.instructions:
        for value in _sources(tree.instructions[index]):
            if "$" in value:
                return earlier
            found = names.get(value.lower(), int(value) if value.isdecimal() and int(value) < number else None)
            out += [found] if found is not None else []
    return out


def _sources(instruction: Instruction) -> list[str]:
    one = instruction.trigger or instruction
    values = [(f.name, f.value or "") for f in one.flags]
    mounts = [part for name, value in values if name == "mount" for part in value.split(",")]
    return [v for name, v in values if name == "from"] + [p.partition("=")[2] for p in mounts if p.startswith("from=")]
