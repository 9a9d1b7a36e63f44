"""Travis CI: all phases of a job run in one shell, one after the other; `env:` entries are assignments that it exports.

Docker on its machines: precise, trusty and xenial have one before 20.10; later ones have 20.10 or newer, which may still need
`DOCKER_BUILDKIT=1` (docs.travis-ci.com/user/docker; ENGINES.md for what each version does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Part, Script, distinct, read_scripts, unread_whole, used_elsewhere
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, listed, part_of, read_yaml, text_of
from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.text import late

PHASES = (
    "before_install", "install", "before_script", "script", "before_cache", "after_success", "after_failure", "before_deploy",
    "after_deploy", "after_script",
)  # fmt: skip
OLD_DISTS = ("precise", "trusty", "xenial")
WHY = "Docker on Travis machines may be 20.10, which builds without BuildKit unless DOCKER_BUILDKIT=1 is set"
OLD = ("dist: jammy",)
_NEWER = late(rb"docker-ce|get\.docker\.com|docker/linux")
_ASSIGNED = late(r"(?:^|\s)([A-Za-z_]\w*)=(\"[^\"$`\\]*\"|'[^']*'|[^\s\"'$`\\]*)(?=\s|$)")
_FIRST = late(r"(?:^|\s)([A-Za-z_]\w*)=")
_UNSAFE = late(rb"[`\n;&|<>()]|\$\(")
ELSEWHERE = "no phase of a job uses it"


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of every job."""
    try:
        roots = read_yaml(file.data)
        scripts = _scripts(file, roots, repository)
        reading = read_scripts(scripts, file)
        covered = {p.start for s in scripts for p in s.parts}
        more = leftovers(roots, covered, "caller-elsewhere", ELSEWHERE)
    except FormatError as error:
        return unread_whole(error)
    return Reading(reading.builds, (*reading.unread, *more), reading.old)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    return rewrite_scripts(_scripts(file, read_yaml(file.data), repository), file, jobs, {file.path: file.data})


def _scripts(file: CallerFile, roots: Sequence[Node], repository: Repository) -> list[Script]:
    out: list[Script] = []
    for root in roots:
        top = fields(root)
        matrix = top.get("jobs", top.get("matrix"))
        included = [fields(n) for n in listed(fields(matrix).get("include"))]
        rows = [("script", top)] if not included or any(k in top for k in ("script", "install")) else []
        rows += [(text_of(j.get("name")) or text_of(j.get("stage")) or f"job {n}", {**top, **j}) for n, j in enumerate(included, 1)]
        for name, job in rows:
            out += _job(file, name, job, top, repository)
    return distinct(out)


def _job(file: CallerFile, name: str, job: Mapping[str, Node], top: Mapping[str, Node], repository: Repository) -> list[Script]:
    head, values = _environment(file, job, top, repository)
    parts = [p for phase in PHASES if phase in job for p in commands(file.path, job[phase])]
    deploy = [p for d in listed(job.get("deploy")) for p in commands(file.path, fields(d).get("script"))]
    builder = _builder(job, [*parts, *deploy], values)
    out = []
    for texts in (parts, deploy):
        if texts:
            script = (*head, *texts)
            out.append(Script(name, script, CiHost(".", values), None, *builder[:2], OLD, files=builder.files))
    return out


def _environment(
    file: CallerFile, job: Mapping[str, Node], top: Mapping[str, Node], repository: Repository
) -> tuple[list[Part], dict[str, tuple[str, ...]]]:
    """The `env:` entries as exports, and what is known of the values; of rows of a matrix each gives one value."""
    head: list[Part] = []
    values: dict[str, list[str]] = {}
    for owner in (top, job) if job is not top else (top,):
        env = owner.get("env")
        keys = fields(env)
        rows = [n for k in ("matrix", "jobs") for n in listed(keys.get(k))]
        lists = keys.get("global") if {"global", "matrix", "jobs"} & keys.keys() else None
        always = listed(lists) if lists is not None else () if rows else listed(env)
        single = owner is not top or len(always) == 1 or lists is not None
        for node in always:
            text = text_of(node)
            if text and single and not _UNSAFE.search(text.encode()):
                names = [m[1] for m in _FIRST.finditer(text)]
                plain = "--build-arg" in text and not any(used_elsewhere(n, repository, (file.path,)) for n in names)
                head.append(part_of(file.path, resolve(node))._replace(before=b"" if plain else b"export ", item=-1))
        for node in (*always, *rows):
            for found in _ASSIGNED.finditer(text_of(node)):
                values.setdefault(found[1], []).append(found[2].strip("\"'"))
            for key, value in fields(node).items():
                if text_of(value) and "$" not in text_of(value):
                    values.setdefault(key, []).append(text_of(value))
    return _once(head), {k: tuple(dict.fromkeys(v)) for k, v in values.items()}


def _once(parts: Sequence[Part]) -> list[Part]:
    return list({p.start: p for p in parts}.values())


def _builder(job: Mapping[str, Node], parts: Sequence[Part], values: Mapping[str, tuple[str, ...]]) -> ci_docker.Builder:
    newer = any(_NEWER.search(p.embedded.text.data) for p in parts) or "docker-ce" in _packages(job)
    dist = text_of(job.get("dist"))
    if newer or text_of(job.get("os")) in ("osx", "windows"):
        return ci_docker.Builder()
    if dist in OLD_DISTS:
        return ci_docker.Builder("old", f"dist: {dist} has a Docker older than 20.10")
    return ci_docker.Builder("ask", WHY, True).given(values.get("DOCKER_BUILDKIT", ("",))[0])


def _packages(job: Mapping[str, Node]) -> set[str]:
    return {text_of(n) for n in listed(fields(fields(job.get("addons")).get("apt")).get("packages"))}
