"""Semaphore: a job runs the prologues, its own commands and the epilogues in one shell; `env_vars` and secrets are in its environment.

Which Docker builds, the machine's image says: of those that are left, only Ubuntu 18.04 may have one that is older than 23.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Part, Script, distinct
from remediate.callers.kinds.ci_yaml import commands, fields, listed, read_jobs, read_yaml, text_of
from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node
from remediate.text import late

MAX_JOBS = 20_000
TEMPLATE = late(rb"[$%]\{\{[^{}\n]{1,300}\}\}")
OLD_IMAGE = "ubuntu1804"
WHY = "Docker on machines with Ubuntu 18.04 may be 20.10, which builds without BuildKit unless DOCKER_BUILDKIT=1 is set"
OLD = ("os_image: ubuntu2404",)
ELSEWHERE = "no command of a job uses it"


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of every job."""
    del repository
    return read_jobs(file, _scripts, ELSEWHERE)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    return rewrite_scripts(_scripts(file, read_yaml(file.data)), file, jobs, {file.path: file.data})


def _scripts(file: CallerFile, roots: Sequence[Node]) -> list[Script]:
    out: list[Script] = []
    for root in roots:
        top = fields(root)
        every = fields(top.get("global_job_config"))
        for task in _tasks(top):
            image = text_of(fields(fields(task.get("agent", top.get("agent"))).get("machine")).get("os_image"))
            known = ci_docker.Builder("ask", WHY, True) if image == OLD_IMAGE else ci_docker.Builder()
            for job in listed(task.get("jobs")):
                own = fields(job)
                parts = _commands(file, every, task, own)
                values = {"SEMAPHORE_GIT_DIR": (".",), **_values(every), **_values(task), **_values(own), **_matrix(own.get("matrix"))}
                builder = known.given(values.get("DOCKER_BUILDKIT", ("",))[0])
                if parts:
                    name = text_of(own.get("name")) or f"job {len(out) + 1}"
                    out.append(Script(name, parts, CiHost(".", values), TEMPLATE, *builder[:2], OLD, files=builder.files))
                if len(out) > MAX_JOBS:
                    raise FormatError("it has too many jobs")
    return distinct(out)


def _tasks(top: Mapping[str, Node]) -> Iterator[dict[str, Node]]:
    for block in listed(top.get("blocks")):
        yield fields(fields(block).get("task"))
    yield fields(fields(top.get("after_pipeline")).get("task"))


def _commands(file: CallerFile, every: Mapping[str, Node], task: Mapping[str, Node], job: Mapping[str, Node]) -> tuple[Part, ...]:
    """All that one job runs, in order."""
    nodes = [fields(every.get("prologue")).get("commands"), fields(task.get("prologue")).get("commands"), job.get("commands")]
    for owner in (task, every):
        ends = fields(owner.get("epilogue"))
        nodes += [ends.get("commands"), *(fields(ends.get(when)).get("commands") for when in ("always", "on_pass", "on_fail"))]
    return tuple(p for node in nodes for p in commands(file.path, node))


def _values(owner: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """`env_vars`: a list of names and values."""
    pairs = [(text_of(fields(n).get("name")), text_of(fields(n).get("value"))) for n in listed(owner.get("env_vars"))]
    return {name: (value,) for name, value in pairs if name and "$" not in value}


def _matrix(node: Node | None) -> dict[str, tuple[str, ...]]:
    """The variables of a job that runs once for each combination."""
    rows = [fields(n) for n in listed(node)]
    found = {text_of(r.get("env_var")): tuple(text_of(v) for v in listed(r.get("values"))) for r in rows}
    return {name: values for name, values in found.items() if name and values and all(values)}
