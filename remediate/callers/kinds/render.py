"""`render.yaml`: Render hands all variables of a service over as build args; a build secret is a Secret File of the service.

render.com/docs/docker: environment variables become build args; `RUN --mount=type=secret,id=NAME` mounts the Secret File of that name.
These files are made in the dashboard, so there is nothing that could be written here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.kinds.ci_script import unread_whole
from remediate.callers.kinds.ci_yaml import fields, listed, read_yaml, text_of
from remediate.callers.model import Build, CallerFile, Job, JobRefused, Passed, Reading, Refused, Rewritten
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node

WHY = Refused(
    "caller-value", "Render hands every variable of the service over as a build arg, and takes build secrets from its Secret Files", 0,
    ("(in the dashboard of the service: a Secret File named ID that holds the value of NAME; then NAME goes from envVars)",),
)  # fmt: skip
MAX_SERVICES = 5000


def read(file: CallerFile, repository: Repository) -> Reading:
    """One build for each service that is made from a Dockerfile."""
    del repository
    try:
        return Reading(tuple(_builds(file, read_yaml(file.data))))
    except FormatError as error:
        return unread_whole(error)


def _builds(file: CallerFile, roots: Sequence[Node]) -> list[Build]:
    out: list[Build] = []
    folder = posixpath.dirname(file.path) or "."
    for root in roots:
        groups = {text_of(fields(g).get("name")): fields(g).get("envVars") for g in listed(fields(root).get("envVarGroups"))}
        for service in listed(fields(root).get("services")):
            keys = fields(service)
            if len(out) >= MAX_SERVICES:
                raise FormatError("it has too many services", line=service.line)
            if "docker" not in (text_of(keys.get("runtime")), text_of(keys.get("env"))):
                continue
            context = text_of(keys.get("dockerContext")) or "."
            dockerfile = text_of(keys.get("dockerfilePath")) or "./Dockerfile"
            top = joined(folder, text_of(keys.get("rootDir")) or ".")
            where = place(top, context, dockerfile)
            name = text_of(keys.get("name"))
            args = tuple(_variables(keys.get("envVars"), groups))
            out.append(Build(file.path, file.kind, service.line, where, joined(top, context), top, args, (), (), "", "render", name, WHY))
    return out


def _variables(node: Node | None, groups: dict[str, Node | None]) -> list[Passed]:
    """The variables of a service: its own, and those of the groups that it takes in."""
    out: list[Passed] = []
    for item in listed(node):
        keys = fields(item)
        if text_of(keys.get("key")):
            out.append(Passed(text_of(keys["key"]), item.line, "literal" if "value" in keys else ""))
        elif text_of(keys.get("fromGroup")) in groups:
            out += [Passed(text_of(fields(n)["key"]), n.line) for n in listed(groups[text_of(keys["fromGroup"])]) if "key" in fields(n)]
    return out


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del file, repository
    return Rewritten(refused=tuple(JobRefused(n, m.spec.id, j.build.refused or WHY) for n, j in enumerate(jobs) for m in j.moves))
