"""Docker Compose files: `build.args` of services become `build.secrets`, with a top-level `secrets` entry that says where from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from remediate.callers.generated import generated
from remediate.callers.kinds.compose_model import BASES, ComposeFile, Layer, layer_of, layers, load
from remediate.callers.kinds.compose_values import origin, path
from remediate.callers.model import Build, CallerFile, Job, JobRefused, Passed, Place, Reading, Refused, Rewritten, Unread
from remediate.callers.places import UNKNOWN, is_remote, joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        found = ComposeFile(file.path, file.data)
        if not found.first_format:
            return Reading(tuple(builds(found, repository)))
    except FormatError as error:
        return Reading(unread=(Unread(error.line, Refused("caller-format", error.message, error.line)),))
    old = Refused("caller-builder-old", "the file has no `services`: only the first docker-compose reads it", 1)
    return Reading(unread=(Unread(1, old),))


def builds(file: ComposeFile, repository: Repository) -> Iterator[Build]:
    """One for each service that builds."""
    bases = _bases(file.path, repository)
    for service, node in file.services.items():
        made = layers(file, service, repository)
        if made is None:
            yield _unknown(file, service, node.line, repository)
            continue
        if all(layer.build is None for layer in made):
            continue
        below = _below(bases, service, repository)
        own = [layer for layer in made if layer.build is not None]
        if below and not any(layer.texts or layer.args != {} or layer.secrets != () or layer.ssh for layer in own):
            continue  # it only adds to a build that is read in the file below
        yield _build(file, service, [*below, *made], made, repository)


def _unknown(file: ComposeFile, service: str, line: int, repository: Repository) -> Build:
    """A service that extends something which is not found here: what it says itself may not be all."""
    why = Refused("caller-which-file", f"what the service {service} extends is not found", line)
    alone = [layer_of(file, service)]
    if alone[0].build is None:
        return Build(file.path, "compose", line, Place(), None, None, name=service, refused=why, key=service)
    return _build(file, service, alone, alone, repository)._replace(refused=why)


def _build(file: ComposeFile, service: str, whole: Sequence[Layer], made: Sequence[Layer], repository: Repository) -> Build:
    own = [layer for layer in made if layer.build is not None]
    entry = own[-1].entry
    line = entry.key.line if entry is not None and own[-1].path == file.path else file.services[service].line
    project = whole[0].folder if whole[0] not in made else posixpath.dirname(file.path) or "."
    spot, context, folder = _where(whole, project, repository)
    refused = None
    broken = next((layer for layer in own if layer.args is None or (layer.build is not None and layer.build.kind == "sequence")), None)
    if broken is not None:
        refused = Refused("caller-arguments", f"`build` of {broken.service} is no mapping of names and values", line)
    args: dict[str, Passed] = {}
    for layer in own:
        for name, sites in (layer.args or {}).items():
            source = origin(name, sites[0].value)
            args[name] = Passed(name, sites[0].line, f"env:{source.env}" if source.env else "literal" if source.literal else "")
    target = path(_last(whole, "target"))
    return Build(
        file.path, "compose", line, spot, context, folder, tuple(args.values()),
        tuple(dict.fromkeys(i for layer in own for i in layer.secrets or ())), tuple(dict.fromkeys(i for layer in own for i in layer.ssh)),
        "" if UNKNOWN in target else target, "docker", service, refused, service,
    )  # fmt: skip


def _last(whole: Sequence[Layer], key: str) -> str:
    return next((layer.texts[key] for layer in reversed(whole) if key in layer.texts), "")


def _where(whole: Sequence[Layer], project: str, repository: Repository) -> tuple[Place, str | None, str]:
    """Dockerfile, context, and the folder of the project; a file in a subfolder may be read from the root as well."""
    layer = next((x for x in reversed(whole) if "context" in x.texts), whole[-1])
    context, file = path(layer.texts.get("context", ".")) or ".", path(_last(whole, "dockerfile"))
    if _last(whole, "dockerfile_inline") or is_remote(context):
        return Place() if _last(whole, "dockerfile_inline") else place(".", context, file), None, project
    found = []
    for folder in dict.fromkeys((layer.folder, project, ".")):
        spot = place(folder, context, file, file_in_context=True)
        used = project if folder == layer.folder else folder
        if spot.pattern or any(p in repository.over or repository.exists(p) for p in spot.paths):
            return spot, _context(folder, context), used
        found.append((spot, _context(folder, context), used))
    return found[0]


def _context(folder: str, context: str) -> str | None:
    return None if UNKNOWN in context else joined(folder, context)


def _bases(name: str, repository: Repository) -> list[str]:
    """The files that a file with services without a context of their own is laid over: in its folder, or above."""
    folder, own = posixpath.split(name)
    if own in BASES:
        return []
    while True:
        here = [p for n in BASES if (p := posixpath.join(folder, n)) != name]
        found = [p for p in here if repository.read(p) is not None]
        if found or not folder:
            return found
        folder = posixpath.dirname(folder)


def _below(bases: Sequence[str], service: str, repository: Repository) -> list[Layer]:
    for base in bases:
        file = load(base, repository)
        made = layers(file, service, repository) if file is not None and service in file.services else None
        if made is not None and any(layer.build is not None for layer in made):
            return made
    return []


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    from remediate.callers.kinds.compose_write import Plan

    made = generated(file.data)
    if made is not None:
        return Rewritten(refused=tuple(JobRefused(n, m.spec.id, made) for n, job in enumerate(jobs) for m in job.moves))
    found = ComposeFile(file.path, file.data)
    return Plan(found, repository, jobs, lambda path, data: tuple(builds(ComposeFile(path, data), repository))).done()
