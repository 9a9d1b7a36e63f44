"""Dockerfiles and callers of each repository that a run has looked at: `halves` for every root."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from remediate.callers.readings import Readings
from remediate.model import CallerChange, FileOutcome, Options, Refusal, RemediateError
from remediate.pipeline.halves import Halves, shown_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.pipeline.many import Worker
    from remediate.repo.discover import Found

Result = FileOutcome | RemediateError


def together(
    worker: Worker, found: Sequence[Found], alone: Sequence[Result], warn: Callable[[str], None] = lambda text: None
) -> tuple[list[Result], tuple[CallerChange, ...]]:
    """The results with their callers' say, and the callers' files as they become."""
    results, found = list(alone), list(found)
    changes: list[CallerChange] = []
    roots: dict[str, list[int]] = {}
    for number, (one, result) in enumerate(zip(found, alone, strict=True)):
        if isinstance(result, FileOutcome) and (result.secrets or result.mounted or (result.changed and result.callers)):
            own = os.path.realpath(one.root)
            root = _whole(own)
            if root != own:  # what else is said of its callers has to be of the same repository
                found[number] = one._replace(root=Path(root))
                results[number] = worker.do(found[number])
            roots.setdefault(root, []).append(number)
    for root, numbers in roots.items():
        places = {_below(root, found[n]): n for n in numbers}
        all_ = {path: outcome for path, n in places.items() if isinstance(outcome := results[n], FileOutcome)}
        files = {path: outcome for path, outcome in all_.items() if outcome.secrets or outcome.mounted}
        beside = {path: outcome for path, outcome in all_.items() if path not in files}

        def redo(path: str, options: Options, held: Mapping[str, Refusal], places: dict[str, int] = places) -> FileOutcome:
            return worker.one(found[places[path]], options, held)

        readings = Readings(root, worker.sources(root))
        if readings.unsearched:
            warn(f"{shown_path(root, '.')}: not every file was searched for callers ({readings.unsearched})")

        def trial(path: str, data: bytes, root: str = root) -> FileOutcome:
            return worker.trial(root, path, data)

        joined = Halves(root, files, readings, worker.dockerfiles(root), worker.options, redo, trial, beside).joined()
        for path, outcome in joined.files.items():
            results[places[path]] = outcome
        changes += joined.changes
    return results, tuple(changes)


def _whole(root: str) -> str:
    """The repository whose callers count: of one that lies in another, a submodule or not, and is looked at from there, that other one."""
    link, here = os.path.join(root, ".git"), os.getcwd()
    if not os.path.lexists(link) or os.path.commonpath([root, here]) == root:
        return root
    from remediate.repo.reading import read_inside, repo_root

    around = os.path.realpath(repo_root(os.path.dirname(root)))
    inside = os.path.commonpath([around, here]) == around and os.path.lexists(os.path.join(around, ".git"))
    return around if inside and (os.path.isdir(link) or b"/modules/" in (read_inside(root, ".git", 4096) or b"")) else root


def _below(root: str, found: Found) -> str:
    return os.path.relpath(os.path.realpath(found.path), root).replace(os.sep, "/")
