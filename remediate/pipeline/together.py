"""Dockerfiles and callers of each repository that a run has looked at: `halves` for every root."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from remediate.callers.readings import Readings
from remediate.model import CallerChange, FileOutcome, Options, Refusal, RemediateError
from remediate.pipeline.halves import Halves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.pipeline.many import Worker
    from remediate.repo.discover import Found

Result = FileOutcome | RemediateError


def together(worker: Worker, found: Sequence[Found], alone: Sequence[Result]) -> tuple[list[Result], tuple[CallerChange, ...]]:
    """The results with their callers' say, and the callers' files as they become."""
    results = list(alone)
    changes: list[CallerChange] = []
    roots: dict[str, list[int]] = {}
    for number, (one, result) in enumerate(zip(found, alone, strict=True)):
        if isinstance(result, FileOutcome) and (result.secrets or result.mounted):
            roots.setdefault(os.path.realpath(one.root), []).append(number)
    for root, numbers in roots.items():
        places = {_below(root, found[n]): n for n in numbers}
        files = {path: outcome for path, n in places.items() if isinstance(outcome := results[n], FileOutcome)}

        def redo(path: str, options: Options, held: Mapping[str, Refusal], places: dict[str, int] = places) -> FileOutcome:
            return worker.one(found[places[path]], options, held)

        joined = Halves(root, files, Readings(root, worker.sources(root)), worker.dockerfiles(root), worker.options, redo).joined()
        for path, outcome in joined.files.items():
            results[places[path]] = outcome
        changes += joined.changes
    return results, tuple(changes)


def _below(root: str, found: Found) -> str:
    return os.path.relpath(os.path.realpath(found.path), root).replace(os.sep, "/")
