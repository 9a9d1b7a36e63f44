"""The golden cases of callers (`caller-*`): which of their files are callers, and what the edits on one may take out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from e2e.case import Case

from .ran import CASES, Tree, dockerfiles, ran, read_tree

CALLERS = tuple(case for case in CASES if case.name.startswith("caller-"))
REWRITTEN = tuple(case for case in CALLERS if case.expect != "refused" and "dockerfile_only" not in case.options)
REFUSED = tuple(case for case in CALLERS if case.expect == "refused")
# What is left of a list of arguments or a mapping of them when nothing stands in it any more; and what only opens or closes it.
EMPTIED = re.compile(
    rb"^[\s>&|-]*[\"']?(?:build[-_]?args?(?:_from_env)?|args|buildArgs|docker_build_args|build_params|set|export|env|environment|variable|default|options)?"
    rb"[\"']?\s*(?:[:=+]+\s*)?(?:[|>&][-+\w]*)?[\s\[\](){}\"',;\\&]*$"
)


def beside(tree: Tree) -> list[str]:
    """The files that are no Dockerfiles and do not go with one."""
    kept = set(dockerfiles(tree))
    return [path for path in tree if path not in kept and not path.endswith(".dockerignore")]


def changed(case: Case) -> list[str]:
    """The callers that the fix changes."""
    before = read_tree(case.folder / "before")
    return [path for path in beside(before) if ran(case.name).tree[path] != before[path]]


def said(case: Case, *, applied: bool) -> set[str]:
    """The files of JSON's `callers` that are rewritten, or those that are not."""
    return {use["path"] for use in ran(case.name).planned["callers"] if use["applied"] is applied}


def names(case: Case) -> set[bytes]:
    """The names and ids under which the case's secrets go, in the callers' spelling."""
    uses = ran(case.name).planned["callers"]
    return {word.encode() for use in uses for word in (use["name"], use["id"]) if word}


def hunks(before: bytes, after: bytes) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """(lines taken out, lines put in) of each changed place."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield old[a:b], new[c:d]


def endings(data: bytes) -> set[bytes]:
    """The kinds of line ends in it."""
    return set(re.findall(rb"\r\n|\r|\n", data))
