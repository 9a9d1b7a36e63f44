"""Scripts, Makefiles and Compose files that build by themselves, on a CI system whose Docker is too old for what they will ask of it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from remediate.callers.jobs import Task
from remediate.callers.model import OldDocker, Refused
from remediate.callers.repository import Repository
from remediate.model import Delivery
from remediate.text import late

_PROGRAMS = {
    "make": ("make", "gmake"), "just": ("just",), "taskfile": ("task",), "package-json": ("npm", "yarn", "pnpm"), "bake": ("bake",),
    "compose": ("compose", "docker-compose"), "skaffold": ("skaffold",),
}  # fmt: skip
_ASKED = late(rb"DOCKER_BUILDKIT[\"']?[ \t]*[:?]?[=:][ \t]*[\"']?1")
FILES = ("remediate fix --delivery file",)
ASK = ("export DOCKER_BUILDKIT=1",)


def judged(task: Task, old: Iterable[tuple[str, OldDocker]], repository: Repository) -> Task:
    """The task, refused when a CI system runs this build where it would stop. `old`: file -> what it runs there."""
    if task.refused is not None or task.build.kind not in (*_PROGRAMS, "shell", "python"):
        return task
    for path, one in old:
        if _runs(one, task):
            why = _against(task, one, repository)
            if why is not None:
                detail = f"{path}:{one.line} runs it: {one.why}"
                return task._replace(refused=Refused("caller-builder-old", detail, task.line, why))
    return task


def _runs(one: OldDocker, task: Task) -> bool:
    build = task.build
    if build.kind in _PROGRAMS:
        return any(c in _PROGRAMS[build.kind] for c in one.calls)
    return any(posixpath.basename(c) == posixpath.basename(build.path) for c in one.calls)


def _against(task: Task, one: OldDocker, repository: Repository) -> tuple[str, ...] | None:
    """What to do by hand, when the build would not work there."""
    if one.never:
        return ("image: docker:27",)
    if one.files and task.move.spec.delivery is Delivery.ENV:
        return FILES
    direct = task.build.engine == "docker" and task.build.kind not in ("compose", "bake")  # these two always ask
    if one.ask and direct and not _ASKED.search(repository.read(task.build.path) or b""):
        return ASK
    return None
