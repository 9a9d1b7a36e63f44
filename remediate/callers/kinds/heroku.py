"""`heroku.yml`: Heroku builds the images itself, with the values of `build.config` as build args, and has no secret mounts."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.kinds.ci_lists import given, passed
from remediate.callers.kinds.ci_script import unread_whole
from remediate.callers.kinds.ci_yaml import fields, read_yaml, text_of
from remediate.callers.model import Build, CallerFile, Job, JobRefused, Reading, Refused, Rewritten
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import resolve

WHY = Refused(
    "caller-builder", "Heroku builds without secret mounts", 0,
    ("docker buildx build --secret id=ID,env=NAME --push -t registry.heroku.com/APP/PROCESS .", "heroku container:release PROCESS -a APP"),
)  # fmt: skip


def read(file: CallerFile, repository: Repository) -> Reading:
    """One build for each process; the context is the Dockerfile's folder."""
    del repository
    try:
        roots = read_yaml(file.data)
    except FormatError as error:
        return unread_whole(error)
    out: list[Build] = []
    folder = posixpath.dirname(file.path) or "."
    for root in roots:
        build = fields(root).get("build")
        args = passed(list(given(resolve(build), ("config",)))) if build is not None else ()
        for name, node in fields(fields(build).get("docker")).items():
            dockerfile = text_of(node) or text_of(fields(node).get("dockerfile")) or "Dockerfile"
            context = joined(folder, posixpath.dirname(dockerfile) or ".")
            where = place(folder, ".", dockerfile)
            target = text_of(fields(node).get("target"))
            out.append(Build(file.path, file.kind, node.line, where, context, folder, args, (), (), target, "heroku", name, WHY))
    return Reading(tuple(out))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del file, repository
    return Rewritten(refused=tuple(JobRefused(n, m.spec.id, j.build.refused or WHY) for n, j in enumerate(jobs) for m in j.moves))
