"""Azure Pipelines: script steps, script tasks, the Docker tasks, and templates of the same repository.

A secret variable is not in the environment of a step, so each `$(NAME)` that leaves an argument list is mapped in the step's `env:`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import cast

from remediate.callers.foreign import foreign_builds
from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.azure_pipelines_docker import WORDS, build_in, environment_edits, rewrite_line
from remediate.callers.kinds.azure_pipelines_read import TEMPLATE, WITHHELD, Step, Values, calls_of, defaults_of, steps_of
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import leftovers, part_of, text_of
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.stepenv import StepEnvironment, grouped, merged_rewritten, renumbered
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, resolve
from remediate.formats.yaml import documents
from remediate.text import late

KIND = "azure-pipelines"
MAX_CALLERS = 200  # files that are asked what they hand to a template
_FLAG = late(r"--build-arg[=\s]+[\"']?([A-Za-z_]\w*)")
_HANDED = Refused(
    "caller-arguments",
    "the build arg is handed on in a parameter or a variable",
    by_hand=("(in the task or step that builds)", "arguments: --secret id=ID,env=NAME", "env:", "  NAME: $(NAME)"),
)
_COMPOSE = ("services:", "  SERVICE:", "    build:", "      secrets: [ID]", "secrets:", "  ID:", "    environment: NAME")
_SCRIPT_TASKS = ("bash", "cmdline", "azurecli", "shellscript")
_FOREIGN_TASKS = ("powershell", "azurepowershell", "batchscript", "ssh", "vsbuild")


class _Host(CiHost):
    def __init__(self, step: Step, script: Node) -> None:
        self.environment = StepEnvironment(step.environment(), script.text.text.data, WITHHELD)
        super().__init__(step.folder(), carrier=self.environment.carry)
        self._step = step

    def resolve(self, text: str) -> tuple[str, ...] | None:
        around = self._step.around
        if text.startswith("$") and text[1:2] not in ("(", "{"):
            name = text[1:]
            own = self._step.environment().get(name)
            found = around.expand(own) if own is not None else around.environment(name)
        else:
            found = around.expand(text)
        return None if found is None or any("*" in f or "$" in f for f in found) else found


class Pipeline:
    """One file, read: its steps, those that run a script in the order of `scripts`."""

    def __init__(self, file: CallerFile, repository: Repository) -> None:
        self.file = file
        self.roots = documents(file.data)
        steps = [s for root in self.roots for s in steps_of(root, _parameters(file, repository, root))]
        self.steps = [s._replace(number=n) for n, s in enumerate(steps)]
        self.scripts: list[Script] = []
        self.running: list[Step] = []
        self.foreign: list[tuple[Step, Node, Refused]] = []
        for step in self.steps:
            self._sort(step)

    def _sort(self, step: Step) -> None:
        script, why = script_of(step)
        if script is None or script.kind != "scalar":
            return
        if why is not None:
            self.foreign.append((step, script, why._replace(line=script.line)))
            return
        self.running.append(step)
        builder = ci_docker.Builder("old", _WINDOWS) if step.around.windows else ci_docker.of_image(step.around.image)
        builder = builder.given(_kit(step))
        part = part_of(self.file.path, script)
        host = _Host(step, script)
        self.scripts.append(Script(step.name, (part,), host, TEMPLATE, *builder[:2], files=builder.files, idle=step.around.idle))


_WINDOWS = "Docker on a Windows agent builds without BuildKit"


def script_of(step: Step) -> tuple[Node | None, Refused | None]:
    """The script that a step runs, and why it is not read, if it is none of a POSIX shell."""
    keys = step.keys
    for key in ("pwsh", "powershell"):
        if key in keys:
            return resolve(keys[key]), Refused("caller-shell", "the step is written for PowerShell", 0, _BY_ENV)
    if "bash" in keys:
        return resolve(keys["bash"]), None
    if "script" in keys:
        return resolve(keys["script"]), Refused("caller-shell", "the step runs in cmd.exe", 0, _BY_ENV) if step.around.windows else None
    name, _ = step.task
    script = next((resolve(step.inputs[n]) for n in ("inlinescript", "script", "inline") if n in step.inputs), None)
    if name in _FOREIGN_TASKS:
        remote = Refused("caller-remote", "the task runs on another machine")
        return script, remote if name == "ssh" else Refused("caller-shell", f"{name} runs it", 0, _BY_ENV)
    if name not in _SCRIPT_TASKS:
        return None, None
    if name == "azurecli" and step.input("scripttype", default="bash").lower() not in ("bash", "sh"):
        return script, Refused("caller-shell", "the script is written for PowerShell or cmd.exe", 0, _BY_ENV)
    if name == "bash" and step.input("targettype", default="filePath").lower() != "inline":
        return None, None
    return script, None


_BY_ENV = ("docker build --secret id=ID,env=NAME ...", "env:", "  NAME: $(NAME)")


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        found = Pipeline(file, repository)
        scripted = read_scripts(found.scripts, file)
    except FormatError as error:
        return unread_whole(error)
    builds, unread = list(scripted.builds), list(scripted.unread)
    covered = {part.start for script in found.scripts for part in script.parts}
    covered |= {script.span.start for _, script, _ in found.foreign}
    for _, script, why in found.foreign:
        mine = foreign_builds(file.path, KIND, script.text.text, script.lines, why)
        builds += mine
        named = {a.name for b in mine for a in b.args}
        unread += [Unread(script.line, why, n) for n in dict.fromkeys(_FLAG.findall(script.value)) if n not in named]
    for step in found.steps:
        build = build_in(file.path, KIND, step)
        if build is not None:
            builds.append(build._replace(refused=build.refused or _off(step), idle=step.around.idle))
            covered |= {resolve(step.inputs[n]).span.start for n in ("arguments", "buildarguments", "customcommand") if n in step.inputs}
        elif step.task[0] == "dockercompose":
            unread += _compose(step)
            covered |= {resolve(n).span.start for n in step.inputs.values()}
    rest = leftovers(found.roots, covered, _HANDED.code, _HANDED.detail)
    unread += [u._replace(refused=_HANDED._replace(line=u.line)) for u in rest]
    return Reading(tuple(sorted(builds, key=lambda b: b.line)), tuple(unread), scripted.old)


def _kit(step: Step) -> str:
    """DOCKER_BUILDKIT in the step's environment."""
    return step.environment().get("DOCKER_BUILDKIT") or "".join(step.around.variables.get("docker_buildkit", ())[-1:])


def _off(step: Step) -> Refused | None:
    """Without BuildKit there are no secret mounts."""
    if step.around.windows:
        return Refused("caller-builder", _WINDOWS, step.node.line)
    if _kit(step) in ("0", "false"):
        why = "DOCKER_BUILDKIT=0 asks for the classic builder, which has no secret mounts"
        return Refused("caller-builder", why, step.node.line, ("DOCKER_BUILDKIT: 1",))
    return None


def _compose(step: Step) -> list[Unread]:
    why = Refused("caller-builder", "compose build has no --secret option", step.node.line, _COMPOSE)
    return [Unread(step.node.line, why, n) for node in step.inputs.values() for n in _FLAG.findall(text_of(node))]


def _parameters(file: CallerFile, repository: Repository, root: Node) -> Values:
    """What the parameters of a template can be: their defaults, and what the files of this repository hand over."""
    defaults = defaults_of(root)
    if not defaults and resolve(root).entry("parameters") is None:
        return {}
    calls = _calls(file, repository)
    out: dict[str, tuple[str, ...]] = {}
    for name in {*defaults, *(n for given in calls for n in given)}:
        default = defaults.get(name, ("*",))
        values = [t for given in calls for t in ((text_of(given[name]),) if name in given else default)]
        out[name] = tuple(dict.fromkeys(values)) or default
    return out


def _calls(file: CallerFile, repository: Repository) -> list[Mapping[str, Node]]:
    out: list[Mapping[str, Node]] = []
    base = posixpath.basename(file.path).encode()
    asked = 0
    for path in repository.paths():
        if path == file.path or not path.endswith((".yml", ".yaml")) or asked >= MAX_CALLERS:
            continue
        data = repository.read(path)
        if data is None or base not in data:
            continue
        asked += 1
        try:
            roots = documents(data)
        except FormatError:
            continue
        out += [given for name, given in calls_of(roots) if _is(name, path, file.path)]
    return out


def _is(name: str, caller: str, path: str) -> bool:
    """Whether `template: name` in the file `caller` is the file `path`."""
    name, _, where = name.partition("@")
    if where not in ("", "self"):
        return False
    found = name.lstrip("/") if name.startswith("/") else posixpath.join(posixpath.dirname(caller), name)
    return posixpath.normpath(found) == path


# -- rewriting ---------------------------------------------------------------------------------------------------------------------------


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    found = Pipeline(file, repository)
    numbered = list(enumerate(jobs))
    in_scripts = [(i, j) for i, j in numbered if _key(j.build)[0] != WORDS]
    done = rewrite_scripts(found.scripts, file, [j for _, j in in_scripts], {file.path: file.data})
    parts = [renumbered(done, [i for i, _ in in_scripts])]
    for index, job in numbered:
        if _key(job.build)[0] == WORDS:
            step = found.steps[_key(job.build)[1]]
            environment = StepEnvironment(step.environment(), withheld=WITHHELD)
            line = rewrite_line(file.data, step, environment, index, job)
            parts.append(Rewritten(tuple(FileEdit(file.path, e) for e in line.edits), line.refused, line.told))
            parts.append(_mapped(file, step, environment, [(index, job)]))
    for number, mine in grouped(in_scripts).items():
        host = found.scripts[number].host
        if isinstance(host, _Host):
            parts.append(_mapped(file, found.running[number], host.environment, mine))
    return merged_rewritten(parts)


def _key(build: Build) -> tuple[object, int]:
    return cast("tuple[object, int]", build.key)


def _mapped(file: CallerFile, step: Step, environment: StepEnvironment, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
    """What the step's `env:` gets for these jobs."""
    edits = environment_edits(file.data, step, environment.added)
    if edits is None:
        why = Refused("caller-value", "the step's env: is put together, and cannot get an entry", step.node.line, _BY_ENV[1:])
        return Rewritten(refused=tuple(JobRefused(i, m.spec.id, why) for i, j in jobs for m in j.moves))
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits))
