"""AWS CodeBuild (`buildspec.yml`): the commands of all phases are one script (version 0.2), or a script each (version 0.1).

What `env:` names (`variables`, `parameter-store`, `secrets-manager`) is in the environment of every command, so are the variables of the
project. Which Docker builds, the project's image says, not this file.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Part, Script, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, text_of, texts
from remediate.callers.model import Build, CallerFile, Job, Reading, Refused, Rewritten, Told
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, documents
from remediate.model import Delivery

KIND = "codebuild"
PHASES = ("install", "pre_build", "build", "post_build")
_OTHER_SHELLS = ("powershell", "pwsh", "cmd")
_ELSEWHERE = "no command of the buildspec uses it"
_IMAGE = (
    "the build project's image must have Docker 23 or newer (aws/codebuild/standard:7.0, amazonlinux-x86_64-standard:5.0); "
    'older ones have Docker 20.10: they need DOCKER_BUILDKIT: "1" below env/variables'
)
_IMAGE_ENV = ", and the fix with --delivery file"


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        roots = documents(file.data)
        scripts = _scripts(file, roots)
        shell = _other_shell(roots)
        if shell is not None:
            return _not_a_shell(file, roots, shell)
        reading = read_scripts(scripts, file)
    except FormatError as error:
        return unread_whole(error)
    covered = {part.start for script in scripts for part in script.parts}
    return Reading(reading.builds, (*reading.unread, *leftovers(roots, covered, "caller-arguments", _ELSEWHERE)))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    done = rewrite_scripts(_scripts(file, documents(file.data)), file, jobs, {file.path: file.data})
    if done.refused:
        return done
    told = []
    for number, job in enumerate(jobs):
        new = [m for m in job.moves if not m.supplied and not m.ssh]
        if new and job.build.engine in ("docker", "buildx"):
            by_variable = any(m.spec.delivery is Delivery.ENV for m in new)
            told.append(Told(number, _IMAGE + (_IMAGE_ENV if by_variable else "")))
    return done._replace(told=(*done.told, *told))


def _scripts(file: CallerFile, roots: Sequence[Node]) -> list[Script]:
    top = fields(roots[0]) if roots else {}
    variables = texts(fields(top.get("env")).get("variables"))
    parts: list[Part] = []
    for name, phase in _phases(top.get("phases")):
        del name
        keys = fields(phase)
        for key in ("commands", "finally"):
            parts += commands(file.path, keys.get(key))
    values = {k: (v,) for k, v in variables.items() if "$" not in v}
    values |= {"CODEBUILD_SRC_DIR": (".",)}
    off = variables.get("DOCKER_BUILDKIT") == "0"
    why = "DOCKER_BUILDKIT: 0 turns BuildKit off" if off else ""
    one = Script("", tuple(parts), CiHost(".", values), None, "old" if off else "", why, ('DOCKER_BUILDKIT: "1"',) if off else ())
    if text_of(top.get("version")) == "0.1":
        return [one._replace(parts=(part,), host=CiHost(".", values)) for part in parts]
    return [one] if parts else []


def _phases(node: Node | None) -> list[tuple[str, Node]]:
    """The phases in the order in which they run."""
    found = fields(node)
    return [(name, found[name]) for name in PHASES if name in found]


def _other_shell(roots: Sequence[Node]) -> Node | None:
    """`env: shell:` when it names no shell of the Bourne family."""
    env = fields(fields(roots[0]).get("env")) if roots else {}
    shell = env.get("shell")
    return shell if shell is not None and text_of(shell).lower().removesuffix(".exe").startswith(_OTHER_SHELLS) else None


def _not_a_shell(file: CallerFile, roots: Sequence[Node], shell: Node) -> Reading:
    """Commands of PowerShell: what they build and pass is said, nothing of it is understood to the last word."""
    from remediate.callers.foreign import foreign_builds

    builds: list[Build] = []
    why = Refused("caller-shell", f"the commands are written for {text_of(shell)}", 0, ("docker build --secret id=ID,env=NAME ...",))
    for script in _scripts(file, roots):
        for part in script.parts:
            builds += foreign_builds(file.path, KIND, part.embedded.text, part.lines, why)
    return Reading(tuple(builds))
