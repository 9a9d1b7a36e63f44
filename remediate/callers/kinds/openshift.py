"""OpenShift's `BuildConfig`: the cluster builds by `dockerStrategy`, with `buildArgs`, and passes no secrets to `RUN --mount=type=secret`.

docs.openshift.com, builds: build strategies. What it has for secrets (build volumes, `source.secrets`) is no mount of the Dockerfile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.kinds.ci_script import unread_whole
from remediate.callers.kinds.ci_yaml import fields, listed, mappings, read_yaml, text_of
from remediate.callers.model import Build, CallerFile, Job, JobRefused, Passed, Reading, Refused, Rewritten
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.text import late

WHY = Refused(
    "caller-builder", "a BuildConfig has no secret mounts", 0,
    ("buildah build --secret id=ID,env=NAME -t IMAGE .", "(in a pipeline of the cluster, with NAME from a Secret)"),
)  # fmt: skip
_PARAMETER = late(r"\$\{\{?\w+\}?\}")


def read(file: CallerFile, repository: Repository) -> Reading:
    """One build for each BuildConfig with a Dockerfile, also those within lists and templates."""
    del repository
    try:
        return Reading(tuple(b for node in mappings(read_yaml(file.data)) for b in _build(file, node)))
    except FormatError as error:
        return unread_whole(error)


def _build(file: CallerFile, node: Node) -> Iterator[Build]:
    keys = fields(node)
    spec = fields(keys.get("spec"))
    strategy = fields(spec.get("strategy"))
    if text_of(keys.get("kind")) != "BuildConfig" or "dockerStrategy" not in strategy:
        return
    docker, source = fields(strategy["dockerStrategy"]), fields(spec.get("source"))
    if "dockerfile" in source:
        return  # a Dockerfile that stands in the BuildConfig itself
    folder = _PARAMETER.sub("*", text_of(source.get("contextDir"))).strip("/") or "."
    dockerfile = _PARAMETER.sub("*", text_of(docker.get("dockerfilePath"))) or "Dockerfile"
    args = tuple(
        Passed(text_of(fields(n).get("name")), resolve(n).line, "literal" if "value" in fields(n) else "")
        for n in listed(docker.get("buildArgs")) if text_of(fields(n).get("name"))
    )  # fmt: skip
    name = text_of(fields(keys.get("metadata")).get("name"))
    where = place(".", folder, dockerfile, file_in_context=True)
    yield Build(file.path, file.kind, node.line, where, joined(".", folder), ".", args, (), (), "", "openshift", name, WHY)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del file, repository
    return Rewritten(refused=tuple(JobRefused(n, m.spec.id, j.build.refused or WHY) for n, j in enumerate(jobs) for m in j.moves))
