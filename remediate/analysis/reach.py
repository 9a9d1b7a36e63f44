"""What of the build context a RUN can see: the files that COPY and ADD brought in before it, and its own bind mounts.

A file that names a variable tells nothing about a RUN that runs before the file is in the image, or in a stage that never gets it.
"""

from __future__ import annotations

from remediate.analysis.stages import parents
from remediate.dockerfile.tree import Dockerfile, Instruction

EVERYTHING = "."


class Reach:
    """`sources(run)`: the COPY sources that the RUN with that instruction index may see, "." for the whole context."""

    def __init__(self, tree: Dockerfile) -> None:
        self.tree = tree
        self._stage_ends: list[tuple[str, ...]] = []
        self._at: dict[int, tuple[str, ...]] = {}
        names = {s.name: s.index for s in tree.stages if s.name}
        for stage in tree.stages:
            held = tuple(dict.fromkeys(s for p in parents(tree, stage) for s in self._stage_ends[p]))
            for index in stage.instructions:
                instruction = tree.instructions[index]
                if instruction.keyword in ("COPY", "ADD"):
                    held = tuple(dict.fromkeys((*held, *self._brought(instruction, names))))
                elif instruction.keyword == "RUN":
                    self._at[index] = tuple(dict.fromkeys((*held, *bound_sources(instruction))))
            self._stage_ends.append(held)

    def sources(self, run: int) -> tuple[str, ...]:
        return self._at.get(run, ())

    def any(self) -> bool:
        """Some instruction takes something from the build context."""
        return any(self._at.values()) or any(self._stage_ends)

    def _brought(self, instruction: Instruction, names: dict[str, int]) -> tuple[str, ...]:
        origin = next((f.value for f in instruction.flags if f.name == "from" and f.value), None)
        if origin is not None:
            stage = names.get(origin.lower(), int(origin) if origin.isdigit() else -1)
            return self._stage_ends[stage] if 0 <= stage < len(self._stage_ends) else ()
        return tuple(s if "$" not in s else EVERYTHING for s in copied_sources(instruction))


def copied_sources(instruction: Instruction) -> tuple[str, ...]:
    """What a COPY or ADD takes from the build context (no heredocs, no addresses)."""
    if any(f.name == "from" for f in instruction.flags):
        return ()
    if instruction.exec_form is not None:
        found = [s.value for s in instruction.exec_form[:-1]]
    else:
        found = [w.text.text.strip("\"'") for w in instruction.words[:-1]]
    return tuple(s for s in found if not s.startswith("<<") and "://" not in s)


def bound_sources(run: Instruction) -> tuple[str, ...]:
    """Bind mounts of the build context on a RUN."""
    out = []
    for flag in run.flags:
        options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        if flag.name == "mount" and options.get("type", "bind") == "bind" and "from" not in options:
            source = options.get("source") or options.get("src") or EVERYTHING
            out.append(source if "$" not in source else EVERYTHING)
    return tuple(out)
