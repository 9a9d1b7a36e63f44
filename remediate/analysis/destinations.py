"""Where a COPY puts a file in the image: the absolute path, or None where only the build knows it."""

from __future__ import annotations

import posixpath

from remediate.analysis.bindings import Bindings
from remediate.analysis.carried import rest_of
from remediate.analysis.copies import copy_sources
from remediate.analysis.stages import parents
from remediate.dockerfile.expand import expand
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.bases import starts_in_root
from remediate.knowledge.files import row_of
from remediate.repo.sources import clean_source
from remediate.text import LogicalText


def image_path(tree: Dockerfile, bindings: Bindings, index: int, source: int, path: str) -> str | None:
    """The path in the image of the context's file `path`, which the source with that number brings."""
    instruction = tree.instructions[index]
    given = [name for name, _, _ in copy_sources(instruction)]
    if any(f.name == "parents" for f in instruction.flags) or source >= len(given):
        return None
    target = destination(tree, bindings, index)
    rest = rest_of(given[source], path)
    if target is None or rest is None:
        return None
    base = path.rpartition("/")[2]
    if _into_folder(instruction, given[source], path) or target in made_folders(tree, bindings, index):
        return posixpath.normpath(f"{target}/{rest}")
    # A file takes the name of the destination, unless a folder of that name is there.
    ending = posixpath.splitext(base)[1]
    alike = target.rpartition("/")[2] == base or (ending != "" and posixpath.splitext(target)[1] == ending)
    return target if alike or row_of(target) is not None else None


_SYSTEM = frozenset("/ /root /home /etc /tmp /var /opt /usr /srv /usr/local /usr/src /usr/share /var/lib /var/www /usr/local/etc".split())


def made_folders(tree: Dockerfile, bindings: Bindings, index: int) -> frozenset[str]:
    """Folders that are surely there before an instruction: those of every system, and what WORKDIR and COPY made."""
    out = set(_SYSTEM)
    at, end = tree.stage_of(index), index
    while at is not None:
        for number in (i for i in at.instructions if i < end):
            instruction = tree.instructions[number]
            made: str | None = None
            if instruction.keyword == "WORKDIR":
                made = _set_by(tree, bindings, number)
            elif instruction.keyword in ("COPY", "ADD") and (instruction.words or instruction.exec_form):
                word = instruction.exec_form[-1].value if instruction.exec_form else instruction.words[-1].text.text
                target = destination(tree, bindings, number)
                made = target if target is None or word.strip("\"'").endswith(("/", ".")) else posixpath.dirname(target)
            while made and made not in out:
                out.add(made)
                made = posixpath.dirname(made)
        built_on = parents(tree, at)
        at, end = (tree.stages[built_on[0]], len(tree.instructions)) if len(built_on) == 1 else (None, 0)
    return frozenset(out)


def _into_folder(instruction: Instruction, source: str, path: str) -> bool:
    """The destination is a folder: it says so, several sources go there, or the source is a folder or pattern."""
    strings = instruction.exec_form
    target = strings[-1].value if strings is not None else instruction.words[-1].text.text.strip("\"'")
    count = len(strings) - 1 if strings is not None else len(instruction.words) - 1
    return target.endswith(("/", "/.", "/..")) or target in (".", "..", "") or count > 1 or clean_source(source) != path


def destination(tree: Dockerfile, bindings: Bindings, index: int) -> str | None:
    """What the last word of a COPY or ADD means there, absolute."""
    instruction = tree.instructions[index]
    strings = instruction.exec_form
    text = instruction.words[-1].text if strings is None else LogicalText.of(strings[-1].value.encode("utf-8", "surrogateescape"))
    target = expand(text, tree.escape, known_values(bindings, index))
    if target is None or "\0" in target:
        return None
    if target.startswith("/"):
        return posixpath.normpath(target)
    folder = working_folder(tree, bindings, index)
    return posixpath.normpath(f"{folder}/{target}") if folder is not None else None


def known_values(bindings: Bindings, index: int) -> dict[str, str]:
    """Variables whose value no caller of the build can change: an ENV made of plain text."""
    return {
        name: b.value.strip("\"'")
        for name, b in bindings.at(index).items()
        if b.keyword == "ENV" and b.value is not None and not b.refs and "\\" not in b.value and "$" not in b.value
    }


def _set_by(tree: Dockerfile, bindings: Bindings, workdir: int) -> str | None:
    """The folder that a WORKDIR makes and enters."""
    value = expand(tree.instructions[workdir].rest, tree.escape, known_values(bindings, workdir))
    if value is None:
        return None
    folder = "/" if value.strip().startswith("/") else working_folder(tree, bindings, workdir)
    return posixpath.normpath(posixpath.join(folder, value.strip())) if folder is not None else None


def working_folder(tree: Dockerfile, bindings: Bindings, index: int) -> str | None:
    """The WORKDIR in force at an instruction; None when a variable or an unknown base image says it."""
    at, end = tree.stage_of(index), index
    tail = ""
    while at is not None:
        for number in reversed([i for i in at.instructions if i < end]):
            instruction = tree.instructions[number]
            if instruction.keyword != "WORKDIR":
                continue
            value = expand(instruction.rest, tree.escape, known_values(bindings, number))
            if value is None:
                return None
            tail = posixpath.join(value.strip(), tail) if tail else value.strip()
            if tail.startswith("/"):
                return posixpath.normpath(tail)
        built_on = parents(tree, at)
        if not built_on:
            return posixpath.normpath(f"/{tail}") if starts_in_root(at.base) else None
        if len(built_on) > 1:
            return None
        at = tree.stages[built_on[0]]
        end = len(tree.instructions)
    return None
