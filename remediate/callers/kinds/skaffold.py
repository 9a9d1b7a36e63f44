"""Skaffold: `docker.buildArgs` become `docker.secrets`, and the local builder is asked for BuildKit, without which it refuses them."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence

from remediate.callers.kinds import skaffold_read as skaffold
from remediate.callers.kinds.skaffold_read import Artifact, Config, entry, field
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Place, Reading, Refused, Rewritten, Unread
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.callers.scripts import Key, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, merged
from remediate.formats.yaml_edit import add_entry, add_item, column_of, entry_lines, habits, quoted, remove_entries
from remediate.model import Edit, NamedTuple, Span
from remediate.text import late

_FLAG = late(rb"--build-arg\b")


class _Artifact(NamedTuple):
    """`Build.key` of artifact number `number`."""

    number: int


class _Given(NamedTuple):
    """What comes of one move: the `secrets:` entry (`env` or `src`), or the `ssh:` value; neither when the id is passed already."""

    id: str
    arg: str
    key: str = ""
    value: str = ""


def read(file: CallerFile, repository: Repository) -> Reading:
    del repository
    found = skaffold.configs(file.data)
    builds = [_build(file, found[a.config], a, n) for n, a in enumerate(skaffold.artifacts(found))]
    scripts = skaffold.scripts(file.path, found)
    reading = read_scripts(scripts, file.path, file.kind, data=file.data)
    known = {s.embedded.text.start_of(0) for s in scripts}
    more: list[Unread] = []
    pending = [c.root for c in found]
    while pending:
        node = pending.pop()
        pending += [i.value for i in node.items] + [e.value for e in node.entries]
        if node.kind == "scalar" and node.text.text.start_of(0) not in known and _FLAG.search(node.text.text.data):
            more += unread(
                node.text.text.data, node.line, Refused("caller-arguments", "it is an option of its own, not of buildArgs", node.line)
            )
        path = node.get("path")
        if path is not None and "/buildArgs/" in path.value:
            why = Refused("caller-arguments", "a patch of a profile sets this build arg", path.line)
            more.append(Unread(path.line, why, path.value.rpartition("/")[2]))
    return Reading((*builds, *reading.builds), (*reading.unread, *sorted(more, key=lambda u: u.line)))


def _build(file: CallerFile, config: Config, artifact: Artifact, number: int) -> Build:
    base = posixpath.dirname(file.path) or "."
    context, dockerfile = (_known(skaffold.text(n, k)) for n, k in ((artifact.node, "context"), (artifact.docker, "dockerfile")))
    where = place(base, context or ".", dockerfile or "Dockerfile", file_in_context=True) if "$" not in context else Place(pattern="**")
    inside = joined(base, context or ".")
    secrets, ssh = skaffold.supplied(artifact)
    return Build(
        file.path, file.kind, artifact.node.line, where, inside if inside and "*" not in inside else None, base,
        skaffold.passed(artifact), secrets, ssh, skaffold.text(artifact.docker, "target"), "kaniko" if artifact.kaniko else "docker",
        artifact.name, skaffold.problem(config, artifact), _Artifact(number),
    )  # fmt: skip


def _known(path: str) -> str:
    return "*" if "{{" in path else path


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    found = skaffold.configs(file.data)
    mine = [n for n, j in enumerate(jobs) if isinstance(j.build.key, _Artifact)]
    shell = [n for n, j in enumerate(jobs) if isinstance(j.build.key, Key)]
    done = rewrite_scripts(skaffold.scripts(file.path, found), [jobs[n] for n in shell], file.path)
    refused = [r._replace(job=shell[r.job]) for r in done.refused]
    told = tuple(t._replace(job=shell[t.job]) for t in done.told)
    more, edits = _artifacts(file, found, {n: jobs[n] for n in mine})
    return Rewritten((*done.edits, *(FileEdit(file.path, e) for e in edits)), (*refused, *more), told)


def _artifacts(file: CallerFile, found: Sequence[Config], jobs: Mapping[int, Job]) -> tuple[list[JobRefused], list[Edit]]:
    every = list(skaffold.artifacts(found))
    sharers: dict[int, list[int]] = defaultdict(list)
    for number, artifact in enumerate(every):
        sharers[id(artifact.docker or artifact.node)].append(number)
    wanted: dict[int, tuple[_Given, ...]] = {}
    refused: list[JobRefused] = []
    for number, job in jobs.items():
        key = job.build.key
        assert isinstance(key, _Artifact)
        made = [_given(every[key.number], m, job.build) for m in job.moves]
        refused += [JobRefused(number, m.spec.id, g) for m, g in zip(job.moves, made, strict=True) if isinstance(g, Refused)]
        wanted[key.number] = tuple(g for g in made if isinstance(g, _Given))
    for number, job in jobs.items():
        key = job.build.key
        assert isinstance(key, _Artifact)
        others = sharers[id(every[key.number].docker or every[key.number].node)]
        if any(wanted.get(o) != wanted[key.number] for o in others):
            why = Refused("caller-shared", "another artifact is built with the same lines", job.build.line)
            refused += [JobRefused(number, m.spec.id, why) for m in job.moves]
    if refused:
        return refused, []
    edits: dict[Edit, None] = {}
    for number in wanted:
        edits |= dict.fromkeys(_edits(file.data, every[number], wanted[number]))
        edits |= dict.fromkeys(_buildkit(file.data, found[every[number].config], every[number]))
    return refused, list(edits)


def _given(artifact: Artifact, move: Move, build: Build) -> _Given | Refused:
    """What stands for the build arg from now on."""
    spec, name = move.spec, move.arg or move.spec.name
    by_hand = ("docker:", "  secrets:", f"    - id: {spec.id}", f"      env: {name}")
    if move.ssh:
        if move.arg or build.ssh:
            return Refused("caller-key", "", build.line, ("docker:", f"  ssh: {spec.id}"))
        return _Given(spec.id, "", "ssh", spec.id)
    if move.source:
        return _Given(spec.id, "", "src", posixpath.relpath(move.source, build.folder or "."))
    if not move.arg:
        return _Given(spec.id, "", "env", spec.name)
    args = merged(field(artifact.docker, "buildArgs") or artifact.node)
    arg = next(m for m in args if m.entry.key.value == move.arg)
    outer = entry(artifact.docker, "buildArgs")
    if arg.aliased or outer is None or outer.aliased:
        return Refused("caller-shared", "the build args come from another mapping", arg.entry.key.line, by_hand)
    if move.supplied:
        return _Given(spec.id, move.arg)
    source = skaffold.origin(arg)
    if not source.startswith("env:"):
        why = "stands in the file" if source == "literal" else "is put together by a template"
        return Refused("caller-value", f"the value of {move.arg} {why}", arg.entry.key.line, by_hand)
    return _Given(spec.id, move.arg, "env", source.removeprefix("env:"))


def _edits(data: bytes, artifact: Artifact, given: Sequence[_Given]) -> list[Edit]:
    docker = artifact.docker
    new = [g for g in given if g.key in ("env", "src")]
    ssh = next((g.value for g in given if g.key == "ssh"), "")
    lines = [line for g in new for line in (f"- id: {quoted(g.id)}", f"  {g.key}: {quoted(g.value)}")]
    if docker is None or docker.kind != "mapping" or not docker.entries:
        if docker is not None and docker.kind != "mapping":
            raise FormatError("an empty docker:", line=docker.line)
        inner = [*(["secrets:", *("  " + x for x in lines)] if lines else []), *([f"ssh: {ssh}"] if ssh else [])]
        return [add_entry(data, artifact.node, "docker", inner)] if docker is None else [_filled(data, docker, lines, ssh)]
    edits: list[Edit] = []
    gone = [g.arg for g in given if g.arg]
    args = docker.entry("buildArgs")
    listed = field(docker, "secrets")
    replaced = False
    if gone and args is not None and len(gone) < len(args.value.entries):
        edits += remove_entries(data, args.value, gone)
    elif gone and args is not None:
        replaced = listed is None and bool(lines)
        edits += [_replaced(data, docker, args.span, lines)] if replaced else remove_entries(data, docker, ["buildArgs"])
    if listed is not None and listed.kind == "sequence":
        edits += [add_item(data, listed, f"id: {quoted(g.id)}\n{g.key}: {quoted(g.value)}") for g in new]
    elif lines and not replaced:
        edits.append(add_entry(data, docker, "secrets", lines, after="buildArgs"))
    return [*edits, add_entry(data, docker, "ssh", [ssh])] if ssh else edits


def _filled(data: bytes, docker: Node, lines: Sequence[str], ssh: str) -> Edit:
    return add_entry(data, docker, "secrets", lines) if lines else add_entry(data, docker, "ssh", [ssh])


def _replaced(data: bytes, docker: Node, span: Span, lines: Sequence[str]) -> Edit:
    """`secrets:` in the place of `buildArgs:`, in its lines."""
    made = add_entry(data, docker, "secrets", lines, after="buildArgs")
    text = made.text
    if docker.flow:
        return Edit(span, text.lstrip(b", \r\n"))
    style = habits(data)
    if not data[: span.end].endswith(b"\n"):
        text = text.removeprefix(style.newline)
    if data[span.start : span.start + 1] != b" ":  # the first key behind a dash, or of the file
        text = text.lstrip(b" ")
    return Edit(span, text)


def _buildkit(data: bytes, config: Config, artifact: Artifact) -> list[Edit]:
    """`useBuildkit: true` wherever the artifact is built."""
    edits = []
    builders = config.builders(artifact.holder)
    local = [(h, b) for h, b in builders if entry(b, "local") is not None]
    for _, build in local:
        found = entry(build, "local")
        assert found is not None
        node = field(build, "local")
        if node is None or field(node, "useBuildkit") is not None:
            continue
        edits.append(add_entry(data, node, "useBuildkit", ["true"]) if node.kind == "mapping" else _nested(data, found.entry.key, node))
    if not any(h == 0 or h == artifact.holder for h, _ in local) and builders:
        edits.append(add_entry(data, builders[0][1], "local", ["useBuildkit: true"]))
    return edits


def _nested(data: bytes, key: Node, null: Node) -> Edit:
    """The first entry of a mapping that was empty (`local:`)."""
    style = habits(data)
    pad = " " * (column_of(data, key.start) + style.step)
    lines = entry_lines("useBuildkit", ["true"], style)
    if null.span.end > null.span.start:
        raise FormatError("a null that is written out", line=null.line)
    return Edit(null.span, b"".join(style.newline + (pad + x).encode() for x in lines))
