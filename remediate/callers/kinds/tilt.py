"""Tiltfiles: Starlark, which is read as Python. `docker_build(...)` has `secret=`; `local` and `custom_build` run shell lines."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.text import late

_WORTH = late(rb"build|docker|podman|nerdctl")


def read(file: CallerFile, repository: Repository) -> Reading:
    if _WORTH.search(file.data) is None:
        return Reading()
    from remediate.callers.python.file import builds_of
    from remediate.callers.python.unreadable import refused_when_generated, unreadable

    try:
        reading = builds_of(file, repository)
    except FormatError as error:
        return unreadable(file, error)
    return refused_when_generated(file, reading)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    from remediate.callers.python.file import rewritten

    return rewritten(file, repository, jobs)
