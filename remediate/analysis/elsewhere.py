"""Instructions other than RUN that take a secret's value, and bindings that would change if it went: neither can have a mount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from remediate.analysis.bindings import Bindings
from remediate.analysis.flows import Elsewhere
from remediate.dockerfile.expand import references
from remediate.dockerfile.tree import Instruction
from remediate.text import late

_RUN_TIME = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_SILENT = frozenset({"ARG", "ENV", "MAINTAINER"})
_IN_FLAG = late(r"\$\{?(\w+)")
_IN_SHELL = late(r"\$(?:env:|\{)?(\w+)")


def other_takers(bindings: Bindings, flow_of: Mapping[int, int]) -> dict[int, list[Elsewhere]]:
    """For each flow (by index) the places outside of RUN commands that take it. `flow_of`: binding number -> flow."""
    out: dict[int, list[Elsewhere]] = defaultdict(list)
    for index, instruction in enumerate(bindings.tree.instructions):
        scope = bindings.at(index)
        for name in sorted(_names(bindings, instruction)):
            binding = scope.get(name)
            if binding is None or binding.number not in flow_of:
                continue
            if instruction.keyword in _RUN_TIME and binding.keyword != "ENV":
                continue  # an ARG is gone when the container runs
            out[flow_of[binding.number]].append(Elsewhere(name, index, instruction.keyword, instruction.start_line))
    for binding in bindings.all:
        # `ENV MODE=${T:+private}`, a silenced copy: it holds no secret itself, but would change if the secret's went.
        scope = bindings.of(binding)
        line = bindings.tree.instructions[binding.instruction].start_line
        for ref in binding.refs:
            source = scope.get(ref.name)
            if source is not None and source.number in flow_of and flow_of[source.number] != flow_of.get(binding.number):
                out[flow_of[source.number]].append(Elsewhere(binding.name, binding.instruction, binding.keyword, line))
    return out


def _names(bindings: Bindings, instruction: Instruction) -> set[str]:
    keyword = instruction.keyword
    if keyword in _SILENT or b"$" not in instruction.data:
        return set()
    if keyword == "RUN":
        return {m[1] for flag in instruction.flags for m in _IN_FLAG.finditer(flag.value or "")}
    if keyword in _RUN_TIME or keyword in ("ONBUILD", "SHELL"):
        return {m[1] for m in _IN_SHELL.finditer(instruction.args.text)}
    names = {r.name for r in references(instruction.args, bindings.tree.escape)}
    for doc in instruction.heredocs:
        if doc.expand:
            names |= {r.name for r in references(doc.body, b"\\", quotes=False)}
    return names
