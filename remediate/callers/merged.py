"""Compose merges `compose.override.yaml` into its file by itself: what the one hands over, the other does not lack."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.jobs import Lacking, Task
from remediate.callers.model import Build


def without_merged(lacking: Sequence[Lacking], tasks: Sequence[Task], builds: Sequence[Build]) -> tuple[Lacking, ...]:
    """Those that no override beside the file hands over to the same service."""
    given = {(*key, t.move.spec.id) for t in tasks if (key := _service(t.build)) is not None}
    given |= {(*key, identity) for b in builds if (key := _service(b)) is not None for identity in b.secrets}
    return tuple(x for x in lacking if x.build.kind != "compose" or (*_of(x.build), x.spec.id) not in given)


def _service(build: Build) -> tuple[str, str] | None:
    name = posixpath.basename(build.path)
    merged = build.kind == "compose" and name.rpartition(".")[0] in ("compose.override", "docker-compose.override")
    return _of(build) if merged else None


def _of(build: Build) -> tuple[str, str]:
    return posixpath.dirname(build.path), build.name
