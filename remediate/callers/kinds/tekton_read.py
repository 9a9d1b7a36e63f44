"""Tekton: the steps of Tasks, wherever they stand (Task, ClusterTask, StepAction, TaskRun, inside Pipelines), and what runs in them.

Tekton replaces `$(params.x)` and the like before a step starts, Kubernetes `$(NAME)` in `command` and `args` by the step's own variables.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_script import Part
from remediate.callers.kinds.ci_yaml import fields, listed, part_of, text_of
from remediate.callers.listed import Word, shell_text, texts, words_in
from remediate.callers.stepenv import StepEnvironment
from remediate.callers.words import Command, command_of
from remediate.formats.node import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

_ROOTS = r"params|inputs|outputs|workspaces|results|context|tasks|steps|resources|credentials"
TEMPLATE = late(rf"\$\((?:{_ROOTS})\b[^()]*\)".encode())
PARAM = late(r"\$\((?:inputs\.)?params(?:\.([\w.-]+)|\[[\"']([\w.-]+)[\"']\])\)")
_PATH = late(r"\$\((?:workspaces\.[\w.-]+|resources\.inputs\.[\w.-]+|inputs\.resources\.[\w.-]+)\.path\)|\A/workspace/[^/]+")
_ANY = late(rf"\$\((?:{_ROOTS})\b[^()]*\)")
VARIABLE = late(r"\$\(([A-Za-z_]\w*)\)")
_SHEBANG = late(r"#!\s*\S*?(?:env\s+(?:-\S+\s+)*)?(?:ba|da|a|z|k)?sh\b")
_BUILDAH = late(r"buildah\S*:v?(\d+)\.(\d+)")
_PROGRAMS = {"docker": "docker", "executor": "/kaniko/executor", "buildah": "", "img": "img"}


class Step(NamedTuple):
    """One step. `words` are those of its command; or `script` is what a shell runs. `foreign`: it is written for something else."""

    node: Node
    number: int
    line: int
    name: str
    image: str
    folder: str | None
    environment: Mapping[str, str | None]
    params: Mapping[str, str]
    words: tuple[Word, ...] = ()
    script: Part | None = None
    foreign: bool = False

    @property
    def command(self) -> Command | None:
        return command_of(texts(self.words)) if self.script is None else None

    @property
    def buildah(self) -> tuple[int, int] | None:
        """The version of Buildah that the image's tag names."""
        found = _BUILDAH.search(self.image)
        return (int(found[1]), int(found[2])) if found is not None else None

    @property
    def docker(self) -> ci_docker.Builder:
        """What the step's image says of its Docker, or Buildah."""
        if self.buildah is not None and self.buildah < (1, 24):
            return ci_docker.Builder("old", f"{self.image} has no --secret")
        return ci_docker.of_image(self.image)

    def carrier(self) -> StepEnvironment:
        return StepEnvironment(self.environment, self.script.embedded.text.data if self.script is not None else b"")

    def expand(self, text: str) -> tuple[str, ...]:
        """A path as it will be: a workspace is where the repository is checked out; a parameter is its default."""
        out = _PATH.sub(".", text)
        out = PARAM.sub(lambda m: self.params.get(m[1] or m[2], "*"), out)
        return (_ANY.sub("*", _PATH.sub(".", out)),)


class TaskUse(NamedTuple):
    """A Task that is used by its name, with the parameters it gets."""

    node: Node
    task: str
    params: Mapping[str, Node]


def steps_of(path: str, roots: Sequence[Node]) -> tuple[Step, ...]:
    out: list[Step] = []
    seen: set[int] = set()
    for spec in _mappings(roots):
        found = fields(spec)
        own = found.get("steps")
        if own is None or resolve(own).kind != "sequence":
            continue
        params = _defaults(found)
        base = environment_of(found.get("stepTemplate"))
        for node in listed(own):
            step = resolve(node)
            if step.kind == "mapping" and id(step) not in seen:
                seen.add(id(step))
                out.append(_step(path, step, len(out), base, params))
    return tuple(out)


def uses_of(roots: Sequence[Node]) -> Iterator[TaskUse]:
    for spec in _mappings(roots):
        found = fields(spec)
        if "taskRef" not in found:
            continue
        ref = fields(found["taskRef"])
        resolver = {text_of(fields(n).get("name")): text_of(fields(n).get("value")) for n in listed(ref.get("params"))}
        name = text_of(ref.get("name")) or resolver.get("name", "")
        yield TaskUse(spec, name, {text_of(f.get("name")): f["value"] for f in map(fields, listed(found.get("params"))) if "value" in f})


def _mappings(roots: Sequence[Node]) -> Iterator[Node]:
    """All mappings of the Tekton documents, those further up first, in the order of the file."""
    todo = [r for r in reversed(roots) if text_of(fields(resolve(r)).get("apiVersion")).startswith("tekton.dev/")]
    while todo:
        node = todo.pop()
        if node.kind == "mapping":
            yield node
        todo += reversed([e.value for e in node.entries])
        todo += reversed([i.value for i in node.items])


def _defaults(spec: Mapping[str, Node]) -> dict[str, str]:
    """The defaults of the parameters; those of v1alpha1 stand below `inputs`."""
    nodes = [*listed(spec.get("params")), *listed(fields(spec.get("inputs")).get("params"))]
    found = [fields(n) for n in nodes if resolve(n).kind == "mapping"]
    known = [(text_of(f.get("name")), resolve(f["default"])) for f in found if "default" in f]
    return {name: default.value for name, default in known if default.kind == "scalar"}


def given_of(roots: Sequence[Node]) -> Iterator[Node]:
    """Build args that a run hands to a pipeline of another place: the items of its parameter `build-args`."""
    for node in _mappings(roots):
        found = fields(node)
        if set(found) == {"name", "value"} and text_of(found["name"]).replace("_", "-").lower() == "build-args":
            yield from (resolve(n) for n in listed(found["value"]))


def environment_of(step: Node | None) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for node in listed(fields(step).get("env")):
        entry = fields(node)
        out[text_of(entry.get("name"))] = text_of(entry["value"]) if "value" in entry else None
    return out


def _step(path: str, node: Node, number: int, base: Mapping[str, str | None], params: Mapping[str, str]) -> Step:
    step = fields(node)
    image = text_of(step.get("image"))
    name = text_of(step.get("name")) or f"step {number + 1}"
    bare = Step(node, number, node.line, name, image, None, {**base, **environment_of(node)}, params)
    bare = bare._replace(folder=_folder(bare, text_of(step.get("workingDir"))))
    script = resolve(step["script"]) if "script" in step else None
    if script is not None and script.kind == "scalar":
        foreign = script.value.startswith("#!") and _SHEBANG.match(script.value) is None
        return bare._replace(script=part_of(path, script), foreign=foreign)
    words = (*words_in(step.get("command")), *words_in(step.get("args")))
    if "command" not in step and (program := _PROGRAMS.get(_image_name(image), "")):
        words = (Word(program, node.line), *words)
    shell = shell_text(words)
    return bare._replace(words=words, script=part_of(path, shell) if shell is not None else None)


def _folder(step: Step, text: str) -> str | None:
    if not text:
        return None
    found = posixpath.normpath(step.expand(text)[0])
    return None if "*" in found or found.startswith(("/", "..")) else found


def _image_name(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
