"""Which stages end in an image that somebody runs: the last one, and every stage that is only there to be chosen by `--target`."""

from __future__ import annotations

import re

from remediate.dockerfile.tree import Dockerfile, Stage
from remediate.text import late


def runtime_stages(tree: Dockerfile) -> frozenset[int]:
    """Indexes of the stages whose ENV a running container may see: final and target stages, and what these are built FROM."""
    if not tree.stages:
        return frozenset()
    used = _copied_from(tree) | {s.parent for s in tree.stages if s.parent is not None}
    used |= {p for s in tree.stages for p in possible_parents(tree, s)}
    ends = {tree.stages[-1].index} | {s.index for s in tree.stages if s.name and s.index not in used}
    out: set[int] = set()
    for index in ends:
        waiting = [index]
        while waiting:
            at = waiting.pop()
            if at not in out:
                out.add(at)
                waiting += parents(tree, tree.stages[at])
    return frozenset(out)


_VARIABLE = late(r"\$(?:\{[^}]*\}|\w+)")


def possible_parents(tree: Dockerfile, stage: Stage) -> tuple[int, ...]:
    """Earlier stages that `FROM base-$X` may name, by the text around its variables.

    A bare `FROM $X` may name any stage when its default is one, or when it has none; a default that is an image makes it an image.
    """
    if "$" not in stage.base:
        return ()
    plain = _VARIABLE.split(stage.base.strip("\"'").lower())
    if not any(plain) and stage.parent is None and _has_default(tree, stage.base):
        return ()
    pattern = re.compile(".*".join(re.escape(p) for p in plain))
    return tuple(s.index for s in tree.stages[: stage.index] if s.name and pattern.fullmatch(s.name))


def parents(tree: Dockerfile, stage: Stage) -> tuple[int, ...]:
    """The stages that a FROM may build on: the one that it names, or those that its variables leave possible."""
    if "$" not in stage.base:
        return (stage.parent,) if stage.parent is not None else ()
    return possible_parents(tree, stage)


def _has_default(tree: Dockerfile, base: str) -> bool:
    if ":-" in base or "-" in base.strip("\"'")[2:].partition("}")[0]:
        return True
    names = set(re.findall(r"\w+", base))
    first = tree.stages[0].instructions[0]
    pairs = [p for i in tree.instructions[:first] if i.keyword == "ARG" for p in i.pairs]
    return any(p.name in names and p.value is not None and p.value.data for p in pairs)


def descends(tree: Dockerfile, stage: int, ancestor: int) -> bool:
    """True when `stage` is `ancestor` or is built FROM it, directly or not."""
    at: int | None = stage
    while at is not None:
        if at == ancestor:
            return True
        at = tree.stages[at].parent
    return False


def _copied_from(tree: Dockerfile) -> set[int]:
    names = {s.name: s.index for s in tree.stages if s.name}
    found: set[int] = set()
    for instruction in tree.instructions:
        if instruction.keyword not in ("COPY", "ADD", "RUN"):
            continue
        for flag in instruction.flags:
            if flag.name == "from" and flag.value:
                froms = [flag.value]
            elif flag.name == "mount" and flag.value:
                froms = [part[5:] for part in flag.value.split(",") if part.startswith("from=")]
            else:
                continue
            for value in froms:
                if "$" in value:
                    parts = [re.escape(p) for p in _VARIABLE.split(value.lower())]
                    found |= {i for n, i in names.items() if any(parts) and re.fullmatch(".*".join(parts), n)}
                elif value.lower() in names:
                    found.add(names[value.lower()])
                elif value.isdigit() and int(value) < len(tree.stages):
                    found.add(int(value))
    return found
