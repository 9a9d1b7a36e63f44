"""Tekton Tasks and Pipelines: steps that run a script or a list of words, and Tasks of the catalogue that are given build args."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import leftovers, listed, text_of
from remediate.callers.kinds.tekton_read import PARAM, TEMPLATE, VARIABLE, Step, TaskUse, given_of, steps_of, uses_of
from remediate.callers.listed import is_shared, list_edits, shared_lists, starts_of, texts
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.places import place
from remediate.callers.repository import Repository
from remediate.callers.stepenv import StepEnvironment, grouped, merged_rewritten, renumbered
from remediate.callers.words import COMPUTED, Around, Swap, build_of, by_path, is_computed, names_passed, swaps
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, resolve
from remediate.formats.yaml import documents
from remediate.model import Delivery, Edit
from remediate.text import late

KIND = "tekton"
_WORDS = "words"
MAX_NAMES = 200
_FLAG = late(r"--build-arg[=\s]+[\"']?([A-Za-z_]\w*)")
_PAIR = late(r"([A-Za-z_]\w*)(?:=|\Z)")
_BUILDERS = late(r"(?:.*[-_])?(?:buildah|kaniko|docker-build|buildkit)\b")
_ELSEWHERE = "it goes to a Task that is not followed"
_KANIKO = (
    "- image: quay.io/buildah/stable",
    "  command: [buildah]",
    "  args: [build, --secret, 'id=ID,env=NAME', -f, DOCKERFILE, -t, IMAGE, CONTEXT]",
    "  env:",
    "  - name: NAME",
    "    valueFrom: {secretKeyRef: {name: SECRET, key: KEY}}",
)


class _Host(CiHost):
    def __init__(self, step: Step) -> None:
        self.environment = step.carrier()
        super().__init__(step.folder, carrier=self._carried)
        self._step = step

    def _carried(self, name: str, template: str) -> str | None:
        variable = VARIABLE.fullmatch(template)
        return variable[1] if variable is not None and self.environment.has(variable[1]) else self.environment.carry(name, template)

    def resolve(self, text: str) -> tuple[str, ...] | None:
        own = self._step.environment.get(text.strip("${}")) if text.startswith("$") and not text.startswith("$(") else None
        found = self._step.expand(own if own is not None else text)
        return None if any("*" in f or "$" in f for f in found) else found


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        roots = documents(file.data)
        steps = steps_of(file.path, roots)
        scripts = _scripts(steps)
        scripted = read_scripts(scripts, file)
    except FormatError as error:
        return unread_whole(error)
    builds, unread = list(scripted.builds), list(scripted.unread)
    covered = {s.script.start for s in steps if s.script is not None}
    for step in steps:
        if step.foreign and step.script is not None:
            why = Refused("caller-shell", f"the script of {step.name} is written for no POSIX shell", step.line)
            unread += [Unread(step.line, why, name) for name in _FLAG.findall(step.script.embedded.text.text)]
        elif step.script is None and (build := _words(file, step)) is not None:
            builds.append(build)
            covered |= starts_of(step.words)
        elif step.script is None and (command := step.command) is not None:
            why = Refused(command.builder.code, command.builder.why, step.line, command.builder.instead)
            unread += [Unread(step.line, why, name) for name in names_passed(command)]
            covered |= starts_of(step.words)
    for use in uses_of(roots):
        if (build := _used(file, use)) is not None:
            builds.append(build)
            covered |= _starts(use.params.values())
    for node in given_of(roots):
        if node.span.start not in covered and (pair := _PAIR.match(node.value)):
            unread.append(Unread(node.line, Refused("caller-elsewhere", _ELSEWHERE, node.line), pair[1]))
    unread += leftovers(roots, covered, "caller-elsewhere", _ELSEWHERE)
    return Reading(tuple(sorted(builds, key=lambda b: b.line)), tuple(unread))


def _starts(nodes: Collection[Node]) -> set[int]:
    return {n.span.start for node in nodes for n in listed(node)}


def _running(steps: Sequence[Step]) -> list[Step]:
    """The steps that run a script of a shell, in the order of `_scripts`."""
    return [s for s in steps if s.script is not None and not s.foreign]


def _scripts(steps: Sequence[Step]) -> list[Script]:
    out = []
    for step in _running(steps):
        docker = step.docker
        asked = "" if docker.buildkit == "ask" and step.environment.get("DOCKER_BUILDKIT") == "1" else docker.buildkit
        if step.environment.get("DOCKER_BUILDKIT") == "0":
            asked, docker = "old", docker._replace(why="DOCKER_BUILDKIT=0 turns BuildKit off")
        if step.script is not None:
            out.append(Script(step.name, (step.script,), _Host(step), _template(step), asked, docker.why))
    return out


def _template(step: Step) -> re.Pattern[bytes]:
    """What is replaced before the shell sees its text; in `args` that is `$(NAME)`, too, for the variables of the step."""
    names = sorted(n for n in step.environment if n.isidentifier() and n.isascii()) if step.words else []
    if not names or len(names) > MAX_NAMES:
        return TEMPLATE
    return re.compile(TEMPLATE.pattern + rb"|\$\((?:" + "|".join(names).encode() + rb")\)")


def _words(file: CallerFile, step: Step) -> Build | None:
    """The build whose words are the step's `command` and `args`."""
    command = step.command
    if command is None or command.builder.style == "none":
        return None
    around = Around(file.path, KIND, [w.line for w in step.words], step.folder, step.expand, lambda n, v: _origin(step, n, v), step.name)
    refused = None
    if command.builder.engine == "kaniko":
        refused = Refused("caller-builder", command.builder.why, step.line, _KANIKO)
    elif step.docker.buildkit == "old":
        refused = Refused("caller-builder-old", step.docker.why, step.line)
    return build_of(command, texts(step.words), around, refused, (_WORDS, step.number))


def _origin(step: Step, name: str, value: str | None) -> str:
    if value is None:
        return f"env:{name}"
    if (variable := VARIABLE.fullmatch(value)) and variable[1] in step.environment:
        return f"env:{variable[1]}"
    if param := PARAM.fullmatch(value):
        return f"ci:{param[1] or param[2]}"
    return "" if "$" in value else "literal"


def _used(file: CallerFile, use: TaskUse) -> Build | None:
    """A Task of the catalogue that builds with what it is given; its own words are not in this file."""
    if not _BUILDERS.match(use.task.lower()):
        return None
    args: list[Passed] = []
    for name, node in use.params.items():
        for one in listed(node):
            text = text_of(one)
            found = _FLAG.findall(text)
            if not found and name.upper().replace("-", "_") == "BUILD_ARGS" and (pair := _PAIR.match(text)):
                found = [pair[1]]
            args += [Passed(f, resolve(one).line) for f in found]
    why = Refused("caller-elsewhere", f"the Task {use.task} takes no secrets", use.node.line, _KANIKO)
    dockerfile = text_of(use.params.get("DOCKERFILE")) or "./Dockerfile"
    context = text_of(use.params.get("CONTEXT")) or "."
    known = "$(" not in dockerfile + context
    where = place(".", context, dockerfile) if known else place(None, "*", "*Dockerfile*" if "$(" in dockerfile else f"*{dockerfile}")
    context_known = context if known else None
    return Build(file.path, KIND, use.node.line, where, context_known, None, tuple(args), name=use.task, refused=why, key=(_WORDS, -1))


# -- rewriting ---------------------------------------------------------------------------------------------------------------------------


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    steps = steps_of(file.path, documents(file.data))
    scripts, running = _scripts(steps), _running(steps)
    numbered = list(enumerate(jobs))
    in_scripts = [(i, j) for i, j in numbered if _key(j)[0] != _WORDS]
    stopped = merged_rewritten([_old_buildah(steps, running, numbered), _anchored(steps, numbered)])
    if stopped.refused:
        return stopped
    parts = [renumbered(rewrite_scripts(scripts, file, [j for _, j in in_scripts], {file.path: file.data}), [i for i, _ in in_scripts])]
    for index, job in numbered:
        if _key(job)[0] == _WORDS and _key(job)[1] < 0:
            why = job.build.refused or Refused("caller-elsewhere")
            parts.append(Rewritten(refused=tuple(JobRefused(index, m.spec.id, why) for m in job.moves)))
        elif _key(job)[0] == _WORDS:
            step = steps[_key(job)[1]]
            environment = step.carrier()
            parts += [_rewrite_words(file, step, environment, index, job), _environment(file, step, environment, [(index, job)])]
    for number, mine in grouped(in_scripts).items():
        host = scripts[number].host
        if isinstance(host, _Host):
            parts.append(_environment(file, running[number], host.environment, mine))
    return merged_rewritten([*parts, stopped])


_BUILDAHS = ("buildah", "podman")
_NEWEST = "Buildah knows the env= form of a secret mount from 1.45 on; for an older one run fix again with --delivery file"


def _old_buildah(steps: Sequence[Step], running: Sequence[Step], jobs: Sequence[tuple[int, Job]]) -> Rewritten:
    """Buildah before 1.45 has secret mounts, but not their `env=` form."""
    refused: list[JobRefused] = []
    told: list[Told] = []
    for index, job in jobs:
        kind, number = _key(job)
        wanted = [m for m in job.moves if m.spec.delivery is Delivery.ENV and not m.supplied]
        if not wanted or job.build.engine not in _BUILDAHS:
            continue
        step = running[cast("int", kind)] if kind != _WORDS else steps[number]
        if step.buildah is None or step.buildah >= (1, 45):
            told.append(Told(index, _NEWEST))
            continue
        detail = f"{step.image} does not know the env= form of a secret mount"
        why = Refused("caller-builder-old", detail, step.line, ("remediate fix --delivery file",))
        refused += [JobRefused(index, m.spec.id, why) for m in wanted]
    return Rewritten((), tuple(refused), tuple(told))


def _anchored(steps: Sequence[Step], jobs: Sequence[tuple[int, Job]]) -> Rewritten:
    twice = shared_lists(s.words for s in steps)
    shared = [(i, j) for i, j in jobs if _key(j)[0] == _WORDS and _key(j)[1] >= 0]
    shared = [(i, j) for i, j in shared if is_shared(steps[_key(j)[1]].node, steps[_key(j)[1]].words, twice)]
    why = Refused("caller-shared", "the step's words stand behind an anchor that other steps use")
    return Rewritten(refused=tuple(JobRefused(i, m.spec.id, why._replace(line=j.build.line)) for i, j in shared for m in j.moves))


def _key(job: Job) -> tuple[object, int]:
    return cast("tuple[object, int]", job.build.key)


def _rewrite_words(file: CallerFile, step: Step, carrier: StepEnvironment, index: int, job: Job) -> Rewritten:
    command = step.command
    assert command is not None
    wanted: list[Swap] = []
    refused: list[JobRefused] = []
    told: list[Told] = []
    for move in job.moves:
        flags = command.build_args(move.arg) if move.arg else ()
        _, equals, value = (flags[0].value if flags and flags[0].value else "").partition("=")
        given = _given(step, carrier, move, value if equals else None)
        if isinstance(given, Refused):
            refused.append(JobRefused(index, move.spec.id, given._replace(line=job.build.line)))
            continue
        if equals and "$" not in value:
            told.append(Told(index, f"the value of {move.arg} that stands in the file is burnt: rotate it"))
        wanted += swaps(command, move, given)
    if step.docker.buildkit == "ask" and command.builder.engine == "docker" and "DOCKER_BUILDKIT" not in step.environment:
        carrier.added["DOCKER_BUILDKIT"] = "1"
    edits = list_edits(file.data, step.words, wanted)
    if edits is None and not refused:
        why = Refused("caller-arguments", "the words of the build do not all stand in the step's lists", step.line)
        refused = [JobRefused(index, m.spec.id, why) for m in job.moves]
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits or ()), tuple(refused), tuple(told))


def _given(step: Step, carrier: StepEnvironment, move: Move, value: str | None) -> str | Refused:
    """The value of `--secret`; "" when the build has the secret already."""
    if move.supplied:
        return ""
    if move.ssh:
        return Refused("caller-key", "", 0, ("(mount the key's secret as a file, and pass --ssh default=FILE)",))
    if move.source:
        return by_path(move, step.folder)
    if step.command is not None and is_computed(step.command, move):
        return COMPUTED
    if value is None:
        return f"id={move.spec.id},env={move.arg or move.spec.name}"
    if (variable := VARIABLE.fullmatch(value)) and variable[1] in step.environment:
        return f"id={move.spec.id},env={variable[1]}"
    if "$$(" in value:
        return Refused("caller-value", f"the value of {move.arg} has an escaped dollar")
    name = carrier.carry(move.arg, value)
    if name is None:
        return Refused("caller-value", f"{move.arg} is set to something else in the step's env:")
    return f"id={move.spec.id},env={name}"


def _environment(file: CallerFile, step: Step, carrier: StepEnvironment, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
    """What the step's `env:` gets for these jobs."""
    edits = environment_edits(file.data, step, carrier.added)
    if edits is None:
        why = Refused("caller-shared", "the step's env: stands behind an anchor that other steps use", step.line)
        return Rewritten(refused=tuple(JobRefused(i, m.spec.id, why) for i, j in jobs for m in j.moves))
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits))


def environment_edits(data: bytes, step: Step, added: Mapping[str, str]) -> list[Edit] | None:
    """New items of the step's `env:`; None when that is not the step's own."""
    from remediate.formats.yaml_edit import add_entry, add_item, quoted

    if not added:
        return []
    items = [f"name: {quoted(name)}\nvalue: {quoted(value)}" for name, value in added.items()]
    own = step.node.entry("env")
    if own is None:
        if any(resolve(e.value).entry("env") is not None for e in step.node.entries if e.key.value == "<<"):
            return None
        after = next((key for key in ("workingDir", "image") if step.node.entry(key) is not None), "")
        lines = [line for item in items for line in ("- " + item.replace("\n", "\n  ")).split("\n")]
        return [add_entry(data, step.node, "env", lines, after=after)]
    if own.value.kind != "sequence":
        return None
    return [add_item(data, own.value, item) for item in items]
