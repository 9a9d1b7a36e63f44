"""Stages: which FROM an instruction belongs to, and which earlier stage a FROM builds on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.dockerfile.expand import expand, unquote
from remediate.dockerfile.nodes import Stage

if TYPE_CHECKING:
    from remediate.dockerfile.tree import Instruction


def build_stages(instructions: tuple[Instruction, ...], escape: bytes) -> tuple[Stage, ...]:
    """The stages in order. A base that expands is looked up with the defaults of the global ARGs, as a plain build would."""
    starts = [i for i, one in enumerate(instructions) if one.keyword == "FROM"]
    if not starts:
        return ()
    values = global_args(instructions[: starts[0]], escape)
    named: dict[str, int] = {}
    out: list[Stage] = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(instructions)
        words = instructions[start].words
        base, parent = "", None
        if words:
            base = words[0].text.text
            plain = expand(words[0].text, escape, values)
            parent = named.get(plain.lower()) if plain else None
        name = words[2].text.text.lower() if len(words) == 3 and words[1].text.data.lower() == b"as" else ""
        out.append(Stage(index, name, base, parent, tuple(range(start, end))))
        if name:
            named[name] = index
    return tuple(out)


def global_args(instructions: tuple[Instruction, ...], escape: bytes) -> dict[str, str]:
    """The defaults of the ARGs before the first FROM."""
    values: dict[str, str] = {}
    for one in instructions:
        for pair in one.pairs if one.keyword == "ARG" else ():
            value = expand(pair.value, escape, values) if pair.value is not None else None
            if value is None and pair.value is not None:
                value = unquote(pair.value, escape)
            if value is not None:
                values[pair.name] = value
    return values
