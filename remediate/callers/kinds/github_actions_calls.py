"""Workflows and actions of this repository that others of its files call: who calls them, and what their inputs can be."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from remediate.callers.kinds.github_actions_expr import Lookup, Scope
from remediate.callers.kinds.github_actions_tree import Step, fields, root_of, steps
from remediate.callers.places import UNKNOWN
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node
from remediate.model import NamedTuple
from remediate.text import late

MAX_CALLS = 64
MAX_DEPTH = 3

_LOCAL = late(rb"uses:[ \t]*[\"']?\./")
_ACTION_FILES = ("action.yml", "action.yaml")


class Called(NamedTuple):
    """A file of this repository that a step or job calls."""

    path: str
    data: bytes
    top: Mapping[str, Node]


def called_by_others(top: Mapping[str, Node]) -> bool:
    """Whether `inputs` come from another file."""
    return "runs" in top or "workflow_call" in fields(top.get("on"))


def declared(top: Mapping[str, Node], context: str = "inputs") -> Mapping[str, Node]:
    """The inputs (or secrets) that a file takes, by name in small letters, with their descriptions."""
    if "runs" in top:
        found = fields(top.get("inputs")) if context == "inputs" else {}
    else:
        on = fields(top.get("on"))
        found = {**fields(fields(on.get("workflow_dispatch")).get(context)), **fields(fields(on.get("workflow_call")).get(context))}
    return {k.lower(): v for k, v in found.items()}


MOST_FOLLOWED = 3 * 1024 * 1024  # bytes of called files, each counted at each call: files that all call each other are too many
_FOLLOWED: WeakKeyDictionary[Repository, int] = WeakKeyDictionary()


def followed(repository: Repository, data: bytes) -> bool:
    """Whether one more call of a file with builds is still looked into."""
    _FOLLOWED[repository] = _FOLLOWED.get(repository, 0) + len(data)
    return _FOLLOWED[repository] <= MOST_FOLLOWED


_INDEX: WeakKeyDictionary[Repository, dict[str, list[Step]]] = WeakKeyDictionary()


def calls(repository: Repository) -> dict[str, list[Step]]:
    """Path of a called file -> the steps and jobs that call it, in the whole repository."""
    if repository not in _INDEX:
        _INDEX[repository] = _calls(repository)
    return _INDEX[repository]


def _calls(repository: Repository) -> dict[str, list[Step]]:
    out: dict[str, list[Step]] = {}
    for path in repository.paths():
        if not path.endswith((".yml", ".yaml")):
            continue
        data = repository.read(path)
        if data is None or not _LOCAL.search(data):
            continue
        try:
            for step in steps(root_of(data), (Scope(),)):
                found = callee(step.uses, repository) if step.uses.startswith("./") else None
                if found is not None and len(out.setdefault(found, [])) < MAX_CALLS:
                    out[found].append(step)
        except FormatError:
            continue  # its own reading says so
    return out


def callee(uses: str, repository: Repository) -> str | None:
    """The file that `./path` means; None when there is none."""
    path = posixpath.normpath(uses)
    if path.endswith((".yml", ".yaml")):
        return path if repository.read(path) is not None else None
    found = (posixpath.normpath(posixpath.join(path, name)) for name in _ACTION_FILES)
    return next((f for f in found if repository.read(f) is not None), None)


def file_scopes(path: str, top: Mapping[str, Node], repository: Repository) -> tuple[Scope, ...]:
    """What `inputs` can be in a file: one scope for each caller, and one for a start without a caller."""
    here = posixpath.dirname(path) or "."
    inputs = declared(top)
    if not inputs:
        return (Scope(here=here),)
    found = [Scope(inputs=lookup(top, step), here=here) for step in calls(repository).get(path, [])]
    alone = "runs" not in top and len(fields(top.get("on"))) > 1
    return tuple(found) if found and not alone else (*found, Scope(inputs=lookup(top, None), here=here))


def lookup(top: Mapping[str, Node], caller: Step | None) -> Lookup:
    """What an input can be, given the caller."""
    inputs = declared(top)
    given = caller.inputs if caller is not None else {}

    def values(name: str, depth: int) -> tuple[str, ...]:
        key = name.lower()
        if caller is not None and key in given:
            return caller.values(given[key].value)
        if key not in inputs:
            return (UNKNOWN,)
        about = fields(inputs[key])
        options = about.get("options")
        if options is not None and options.kind == "sequence":
            return tuple(i.value.value for i in options.items)[:MAX_CALLS]
        default = about["default"].value if "default" in about else ""
        return (default,) if default or caller is not None or "required" not in about else (UNKNOWN,)

    return values
