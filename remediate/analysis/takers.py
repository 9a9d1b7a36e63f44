"""What takes a file out of the build context in ways that are not a plain COPY: variables, `--exclude`, bind mounts of RUNs.

A file that a `.dockerignore` leaves out is gone for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.analysis.carried import rest_of, takes_folders
from remediate.analysis.reach import bound_sources, copied_sources
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.globs import matches
from remediate.repo.ignore import DockerIgnore
from remediate.text import late

_VARIABLE = late(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}$]*))?\}|\{[^{}]*\}|.?)")


def takes(tree: Dockerfile, path: str) -> bool:
    """Whether a build of this Dockerfile may need the context's file."""
    plain = (s for i in tree.instructions if takes_folders(i) for s in copied_sources(i))
    return any(rest_of(s, path) is not None for s in plain) or bool(may_bring(tree, path) or needs(tree, path))


def brought_elsewhere(tree: Dockerfile, path: str, copy: int) -> bool:
    """Whether a COPY or ADD other than the one with that index brings the file, or may."""
    plain = (s for n, i in _copies(tree) if n != copy and takes_folders(i) for s in copied_sources(i))
    return any(rest_of(s, path) is not None for s in plain) or any(n != copy for n in may_bring(tree, path))


def may_bring(tree: Dockerfile, path: str) -> list[int]:
    """COPYs and ADDs that bring the file by a variable's default, or that bring its folder and leave out something else."""
    out = []
    values = _values(tree)
    for index, instruction in _copies(tree):
        left_out = [f.value or "" for f in instruction.flags if f.name == "exclude"]
        for source in copied_sources(instruction):
            filled, unknown = _filled(values, source)
            rest = rest_of(filled, path) if ("$" in source or left_out) and not unknown else None
            if rest is not None and not _surely_left_out(left_out, path, rest):
                out.append(index)
                break
    return out


def needs(tree: Dockerfile, path: str) -> int | None:
    """The first instruction that takes the file from the context and puts it into no layer, or may take it by an unknown variable."""
    values = _values(tree)
    for index, instruction in enumerate(tree.instructions):
        if instruction.keyword == "RUN":
            given = [_filled(values, s) for s in bound_sources(instruction)]
        elif instruction.keyword in ("COPY", "ADD") and not any(f.name == "from" for f in instruction.flags):
            given = [found for found in (_filled(values, s) for s in copied_sources(instruction)) if found[1]]
        else:
            continue
        if any(_may_be(*found, path) for found in given):
            return index
    return None


def _copies(tree: Dockerfile) -> Iterator[tuple[int, Instruction]]:
    for index, instruction in enumerate(tree.instructions):
        if instruction.keyword in ("COPY", "ADD") and not any(f.name == "from" for f in instruction.flags):
            yield index, instruction


def _values(tree: Dockerfile) -> dict[str, set[str]]:
    """What ARG and ENV give each variable, anywhere."""
    given: dict[str, set[str]] = {}
    for instruction in tree.instructions:
        for pair in instruction.pairs if instruction.keyword in ("ARG", "ENV") else ():
            if pair.value is not None:
                given.setdefault(pair.name, set()).add(pair.value.text.strip("\"'"))
    return given


def _filled(given: dict[str, set[str]], source: str) -> tuple[str, bool]:
    """The source with the defaults of its variables, `*` for those without one; whether there is such a one."""
    if "$" not in source:
        return source, False
    unknown = False

    def fill(match: re.Match[str]) -> str:
        nonlocal unknown
        values = given.get(match[1] or match[2] or "", {match[3]} if match[3] else set())
        value = next(iter(values)) if len(values) == 1 else "$"
        unknown = unknown or "$" in value
        return "*" if "$" in value else value

    return _VARIABLE.sub(fill, source), unknown


def _may_be(source: str, unknown: bool, path: str) -> bool:
    """Whether the source brings the file; a `*` for a variable stands for folders, too."""
    if not unknown:
        return rest_of(source, path) is not None
    glob = source.removeprefix("./").strip("/")
    return any(matches(path, g) for g in (glob, glob + "/*", glob.removeprefix("*/"), glob.removeprefix("*/") + "/*"))


def _surely_left_out(patterns: list[str], path: str, rest: str) -> bool:
    """An `--exclude` fits the file however the builder roots its patterns."""
    for pattern in patterns:
        rule = DockerIgnore.parse(pattern.encode("utf-8", "surrogateescape"))
        if "$" not in pattern and rule.excluded(path) and rule.excluded(rest):
            return True
    return False
