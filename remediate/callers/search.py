"""Which module reads which file. A kind's module is loaded only when a file of its kind speaks of a build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from typing import cast

from remediate.callers.model import CallerFile, Job, JobRefused, Read, Reading, Refused, Rewrite, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.model import RemediateError
from remediate.text import late

_COMMAND = late(
    rb"(?:docker|podman|buildah|nerdctl|buildctl|kaniko|img|DOCKER|PODMAN|depot|finch|build-arg|[Dd]ocker[-_]?[Cc]ompose|CONTAINER_(?:TOOL|ENGINE|RUNTIME))"
)
_ARGS = rb"build[-_]?args?|[bB]uildArgs?|BuildArgs"
# A file of the kind is only read when this is found in it: most workflows build nothing.
WORDS: dict[str, re.Pattern[bytes]] = {
    "github-actions": late(rb"docker|podman|buildah|nerdctl|kaniko|bake|make|\./|" + _ARGS),
    "compose": late(rb"\b(?:build|extends|include)\b"),
    "jenkins": late(rb"[Dd]ocker|DOCKER|[Pp]odman|PODMAN|buildah|nerdctl|kaniko|buildctl|img|CONTAINER_|" + _ARGS),
    "azure-pipelines": late(rb"[Dd]ocker|podman|buildah|nerdctl|kaniko|build-arg"),
    "bake": late(rb"target|dockerfile|args"),
    "python": late(rb"docker|podman|buildah|nerdctl|kaniko|" + _ARGS),
    "docs": late(rb"(?:docker|podman|buildah|nerdctl)[\w. -]{0,60}\b(?:build|bud|bake)\b|build-arg"),
    "devcontainer": late(rb"[Dd]ocker"),
    "skaffold": late(rb"artifacts|docker"),
    "codefresh": late(rb"build|docker"),
    "fly": late(rb"\w"),
    "openshift": late(rb"dockerStrategy"),
    "concourse": late(rb"oci-build-task|BUILD_ARG_|build"),
    "tilt": late(rb"build"),
}
MODULES = {
    "github-actions": "github_actions", "gitlab": "gitlab", "circleci": "circleci", "jenkins": "jenkins",
    "azure-pipelines": "azure_pipelines", "bitbucket": "bitbucket", "cloud-build": "cloud_build", "codebuild": "codebuild",
    "drone": "drone", "travis": "travis", "tekton": "tekton", "taskfile": "taskfile", "just": "just", "skaffold": "skaffold",
    "tilt": "tilt", "bake": "bake", "compose": "compose", "make": "make", "shell": "shell", "python": "python", "docs": "docs",
    "package-json": "package_json", "devcontainer": "devcontainer", "buildkite": "buildkite",
    "codefresh": "codefresh", "semaphore": "semaphore", "heroku": "heroku", "fly": "fly", "render": "render",
    "concourse": "concourse", "openshift": "openshift",
}  # fmt: skip


def speaks_of_builds(kind: str, data: bytes) -> bool:
    """Whether the kind's reader would find anything to look at."""
    if kind not in MODULES or WORDS.get(kind, _COMMAND).search(data) is None:
        return False
    return kind not in _PROGRAMS or any(word in data for word in _BUILDING)


# Programs speak of Docker for many reasons, and take longer to read than other files.
_PROGRAMS = frozenset({"python", "shell"})
_BUILDING = (b"uild", b"UILD", b"bud", b"bake", b"kaniko")


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of one file. A file that its reader cannot take is said to be so; nothing is raised."""
    found = cast(Read, import_module(f"remediate.callers.kinds.{MODULES[file.kind]}").read)
    try:
        return found(file, repository)
    except (RemediateError, RecursionError) as error:
        line = max(error.line, 1) if isinstance(error, RemediateError) else 1
        detail = error.message if isinstance(error, RemediateError) else "it is nested too deeply"
        return Reading(unread=(Unread(line, Refused("caller-format", detail, line)),))
    except Exception as error:  # noqa: BLE001  a defect of one reader must not take the report on all other files with it
        return Reading(unread=(Unread(1, Refused("caller-format", _defect(error), 1)),))


def rewritten(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """The edits that its kind proposes for the jobs."""
    found = cast(Rewrite, import_module(f"remediate.callers.kinds.{MODULES[file.kind]}").rewrite)
    try:
        return found(file, repository, jobs)
    except Exception as error:  # noqa: BLE001  as above: nothing of this file is changed then
        why = Refused("caller-unproved", _defect(error))
        return Rewritten(refused=tuple(JobRefused(n, m.spec.id, why) for n, job in enumerate(jobs) for m in job.moves))


def _defect(error: Exception) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}" if place is not None else "?"
    return f"a defect of remediate: {type(error).__name__} at {where}"
