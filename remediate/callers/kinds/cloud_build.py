"""Google Cloud Build (`cloudbuild.yaml`, `cloudbuild.json`): steps that run Docker with a list of words, or a shell that does.

Its Docker daemon is 20.10 whatever the step's image is: BuildKit has to be asked for, and the `env=` form of a secret mount is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import ASKED, CALLS, CiHost, Script, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import leftovers
from remediate.callers.kinds.cloud_build_env import environment_edits, is_modern
from remediate.callers.kinds.cloud_build_read import IN_SCRIPT, SUBSTITUTION, Config, Step, config_of
from remediate.callers.listed import is_shared, list_edits, shared_lists, starts_of, texts
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, OldDocker, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.repository import Repository
from remediate.callers.stepenv import StepEnvironment, grouped, merged_rewritten, renumbered
from remediate.callers.words import COMPUTED, Around, Swap, build_of, by_path, is_computed, names_passed, swaps
from remediate.formats.embedded import FormatError
from remediate.model import Delivery
from remediate.text import late

KIND = "cloud-build"
_VARIABLE = late(r"\$\$(?:\{(\w+)\}|(\w+))\Z")
# A builder of its own brings its own BuildKit, whatever the daemon is.
_CREATES = late(rb"\bbuildx[\s\"',-]{1,20}create\b")
_OLD = Refused(
    "caller-builder-old",
    "Cloud Build's Docker daemon is 20.10: it has secret mounts, but not their env= form (exec.secretenv is not supported by build server)",
    by_hand=("remediate fix --delivery file", "(or build with a newer BuildKit: docker buildx create --driver docker-container --use)"),
)
_KANIKO = (
    "- name: gcr.io/cloud-builders/docker",
    "  args: [build, --secret, 'id=ID,env=NAME', -t, IMAGE, -f, DOCKERFILE, CONTEXT]",
    "  env: [DOCKER_BUILDKIT=1]",
    "  secretEnv: [NAME]",
)


class _Host(CiHost):
    """A shell in a step."""

    def __init__(self, config: Config, step: Step) -> None:
        self.environment = step.carrier()
        super().__init__(step.folder, carrier=self.environment.carry)
        self._config, self._step = config, step

    def resolve(self, text: str) -> tuple[str, ...] | None:
        own = self._step.environment.get(text.strip("${}"))
        found = self._config.expand(own if own is not None else text)
        return None if any("*" in f or "$" in f for f in found) else found


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        config = config_of(file)
        if config is None:
            return Reading()
        scripts = _scripts(config)
        scripted = read_scripts(scripts, file)
    except FormatError as error:
        return unread_whole(error)
    builds: list[Build] = []
    unread = list(scripted.unread)
    covered = {s.script.start for s in config.steps if s.script is not None}
    running = _steps(config)
    for build in scripted.builds:
        step = running[build.key[0]]  # type: ignore[index]
        builds.append(build._replace(refused=build.refused or _off(step, build)))
    for step in config.steps:
        if step.script is None:
            found = _words(file, config, step)
            builds += [b._replace(refused=b.refused or _off(step, b), key=(_WORDS, step.number)) for b in found.builds]
            unread += found.unread
            if found.builds or found.unread:
                covered |= starts_of(step.words)
    unread += leftovers([config.root], covered, "caller-arguments", "no step that is known to build is given it directly")
    placed = tuple(_in_folder(file, repository, b) for b in sorted(builds, key=lambda b: b.line))
    return Reading(placed, tuple(unread), tuple(_old(config)))


def _old(config: Config) -> Iterator[OldDocker]:
    """What the steps start: it builds with the daemon of the workers."""
    for step in config.steps:
        text = step.script.embedded.text.data if step.script is not None else " ".join(texts(step.words)).encode()
        calls = tuple(dict.fromkeys(m[0].decode() for m in CALLS.finditer(text)))
        if calls:
            kit = step.environment.get("DOCKER_BUILDKIT") == "1" or ASKED.search(text) is not None
            yield OldDocker(step.line, calls, "Docker on its workers is 20.10", not kit, True)


_WORDS = "words"


def _steps(config: Config) -> list[Step]:
    """The steps that run a script, in the order of `_scripts`."""
    return [s for s in config.steps if s.script is not None]


def _scripts(config: Config) -> list[Script]:
    return [
        Script(f"step {s.number + 1}", (s.script,), _Host(config, s), IN_SCRIPT if s.substituted else None)
        for s in _steps(config)
        if s.script is not None
    ]


def _words(file: CallerFile, config: Config, step: Step) -> Reading:
    command, words = step.command, texts(step.words)
    if command is None:
        return Reading()
    if command.builder.style == "none":
        refused = Refused(command.builder.code, command.builder.why, step.line, command.builder.instead)
        return Reading(unread=tuple(Unread(step.line, refused, name) for name in names_passed(command)))
    where = Around(file.path, KIND, [w.line for w in step.words], step.folder, config.expand, _origin, f"step {step.number + 1}")
    kaniko = command.builder.engine == "kaniko"
    build = build_of(command, words, where, Refused("caller-builder", command.builder.why, step.line, _KANIKO) if kaniko else None)
    return Reading((build._replace(line=step.line),))


def _origin(name: str, value: str | None) -> str:
    if value is None:
        return f"env:{name}"
    if variable := _VARIABLE.match(value):
        return f"env:{variable[1] or variable[2]}"
    if (found := SUBSTITUTION.fullmatch(value)) and found[0] != "$$":
        return f"ci:{found[1] or found[2]}"
    return "" if "$" in value else "literal"


def _off(step: Step, build: Build) -> Refused | None:
    if build.engine == "docker" and step.environment.get("DOCKER_BUILDKIT") == "0":
        return Refused("caller-builder-old", "DOCKER_BUILDKIT=0 turns BuildKit off", step.line)
    return None


def _in_folder(file: CallerFile, repository: Repository, build: Build) -> Build:
    """A configuration in a subfolder is often submitted from there: then its paths are meant from that folder."""
    below = file.path.rpartition("/")[0]
    paths = build.place.paths
    if not below or len(paths) != 1 or repository.read(paths[0]) is not None:
        return build
    near = f"{below}/{paths[0]}"
    if repository.read(near) is None:
        return build
    folder = below if build.folder in (None, ".") else f"{below}/{build.folder}"
    context = None if build.context is None else below if build.context == "." else f"{below}/{build.context}"
    return build._replace(place=build.place._replace(paths=(near,)), folder=folder, context=context)


# -- rewriting ---------------------------------------------------------------------------------------------------------------------------


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    config = config_of(file)
    if config is None:
        return Rewritten()
    stopped = _stopped(file, config, jobs)
    if stopped:
        return Rewritten(refused=tuple(stopped))
    scripts = _scripts(config)
    steps = _steps(config)
    listed = {i: j for i, j in enumerate(jobs) if _key(j)[0] == _WORDS}
    in_scripts = [(i, j) for i, j in enumerate(jobs) if i not in listed]
    done = renumbered(rewrite_scripts(scripts, file, [j for _, j in in_scripts], {file.path: file.data}), [i for i, _ in in_scripts])
    parts = [done]
    for index, job in listed.items():
        step = config.steps[_key(job)[1]]
        environment = step.carrier()
        parts += [_rewrite_words(file, step, environment, index, job), _environment(file, config, step, environment, [(index, job)])]
    for number, mine in grouped(in_scripts).items():
        host = scripts[number].host
        if isinstance(host, _Host):
            parts.append(_environment(file, config, steps[number], host.environment, mine))
    return merged_rewritten(parts)


def _key(job: Job) -> tuple[object, int]:
    return cast("tuple[object, int]", job.build.key)


def _stopped(file: CallerFile, config: Config, jobs: Sequence[Job]) -> list[JobRefused]:
    """What cannot be done whatever the words are: an old daemon, arguments that several steps share."""
    out: list[JobRefused] = []
    twice = shared_lists(s.words for s in config.steps)
    newer = _CREATES.search(file.data) is not None
    for index, job in enumerate(jobs):
        kind, number = _key(job)
        if kind == _WORDS and is_shared(config.steps[number].node, config.steps[number].words, twice):
            why = Refused("caller-shared", "the step's arguments stand behind an anchor that other steps use", job.build.line)
            out += [JobRefused(index, m.spec.id, why) for m in job.moves]
        elif not newer:
            out += [JobRefused(index, m.spec.id, _OLD._replace(line=job.build.line)) for m in job.moves if _needs_newer(job.build, m)]
    return out


def _environment(file: CallerFile, config: Config, step: Step, carrier: StepEnvironment, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
    """What the step's `env:` gets for these jobs."""
    edits = environment_edits(file.data, config, step, _added(step, carrier, [j for _, j in jobs]))
    if edits is None:
        why = Refused("caller-shared", "the step's env: stands behind an anchor that other steps use", step.line)
        return Rewritten(refused=tuple(JobRefused(i, m.spec.id, why) for i, j in jobs for m in j.moves))
    visible = any(SUBSTITUTION.search(v) for v in carrier.added.values())
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits), (), (Told(jobs[0][0], _VISIBLE),) if visible else ())


_VISIBLE = "a substitution can be read by everybody who may view the build; a secret in Secret Manager (availableSecrets, secretEnv) cannot"


def _needs_newer(build: Build, move: Move) -> bool:
    return build.engine in ("docker", "buildx") and move.spec.delivery is Delivery.ENV


def _rewrite_words(file: CallerFile, step: Step, carrier: StepEnvironment, index: int, job: Job) -> Rewritten:
    command = step.command
    assert command is not None
    wanted: list[Swap] = []
    refused: list[JobRefused] = []
    told: list[Told] = []
    for move in job.moves:
        flags = command.build_args(move.arg) if move.arg else ()
        value = flags[0].value if flags else None
        given = _given(step, carrier, move, value)
        if isinstance(given, Refused):
            refused.append(JobRefused(index, move.spec.id, given._replace(line=job.build.line)))
            continue
        if value is not None and "=" in value and "$" not in value:
            told.append(Told(index, f"the value of {move.arg} that stands in the file is burnt: rotate it"))
        elif value is not None and _VARIABLE.match(value.partition("=")[2]):
            told.append(Told(index, f"no shell expands the value of {move.arg} here: so far the build got its dollar and name as text"))
        wanted += swaps(command, move, given)
    edits = list_edits(file.data, step.words, wanted)
    if edits is None and not refused:
        why = Refused("caller-arguments", "the words of the build do not all stand in its list of arguments", step.line)
        refused = [JobRefused(index, m.spec.id, why) for m in job.moves]
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits or ()), tuple(refused), tuple(told))


def _given(step: Step, carrier: StepEnvironment, move: Move, flag: str | None) -> str | Refused:
    """The value of `--secret`; "" when the build has the secret already."""
    if move.supplied:
        return ""
    if move.ssh:
        return Refused("caller-key", "", 0, ("(write the key to a file in an earlier step, and pass --ssh default=FILE)",))
    if move.source:
        return by_path(move, step.folder)
    if step.command is not None and is_computed(step.command, move):
        return COMPUTED
    _, equals, value = (flag or "").partition("=")
    if not equals:
        return f"id={move.spec.id},env={move.arg or move.spec.name}"
    if variable := _VARIABLE.match(value):
        name: str | None = variable[1] or variable[2]
        if name not in step.environment:
            return Refused("caller-value", f"the step's environment has no {name}", 0, (f"secretEnv: [{name}]",))
    elif "$$" in value:
        return Refused("caller-value", f"the value of {move.arg} is put together, and no shell does that here")
    else:
        name = carrier.carry(move.arg, value)
    if name is None:
        return Refused("caller-value", f"{move.arg} is set to something else in the step's env:")
    return f"id={move.spec.id},env={name}"


def _added(step: Step, carrier: StepEnvironment, jobs: Sequence[Job]) -> Mapping[str, str]:
    added = dict(carrier.added)
    builds = [j.build for j in jobs if not all(m.supplied for m in j.moves)]
    in_script = step.script is not None and b"DOCKER_BUILDKIT" in step.script.embedded.text.data
    said = "DOCKER_BUILDKIT" in step.environment or in_script
    if any(b.engine == "docker" for b in builds) and not said and not is_modern(step.image):
        added["DOCKER_BUILDKIT"] = "1"
    return added
