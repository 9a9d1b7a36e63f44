"""Google Cloud Build: the steps of a configuration (YAML or JSON), the words or the script that each of them runs.

What Cloud Build itself replaces before a step starts: `$_NAME`, `${_NAME}` and `$PROJECT_ID` everywhere but in `script:`, and `$$` by `$`.
No shell sees `args:` unless the entrypoint is one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from remediate.callers.kinds.ci_script import Part
from remediate.callers.kinds.ci_yaml import fields, listed, part_of, text_of
from remediate.callers.listed import Word, shell_text, texts, words_in
from remediate.callers.model import CallerFile
from remediate.callers.stepenv import StepEnvironment
from remediate.callers.words import Command, command_of
from remediate.formats.embedded import Embedded, FormatError
from remediate.formats.node import Node, resolve
from remediate.formats.yaml import documents
from remediate.model import NamedTuple
from remediate.text import late

SUBSTITUTION = late(r"\$\$|\$\{([A-Z_][A-Z0-9_]*+)[^{}]*+\}|\$([A-Z_][A-Z0-9_]*+)")
_ESCAPED = late(rb"\$\$")
# In the text of a shell, its `$$` already taken for `$`: the user's own substitutions, and Cloud Build's.
IN_SCRIPT = late(
    rb"\$\{_[^{}]*+\}|\$_[A-Z0-9_]+|\$\{?(?:PROJECT_ID|PROJECT_NUMBER|BUILD_ID|LOCATION|TRIGGER_NAME|TRIGGER_BUILD_CONFIG_PATH|COMMIT_SHA"
    rb"|SHORT_SHA|REVISION_ID|REPO_NAME|REPO_FULL_NAME|BRANCH_NAME|TAG_NAME|REF_NAME|SERVICE_ACCOUNT|SERVICE_ACCOUNT_EMAIL)\b\}?"
)
_BOTH = late(rb"\$\$\{?_[A-Z0-9_]")
# What an image runs when a step names no entrypoint.
_PROGRAMS = {
    "docker": "docker", "executor": "/kaniko/executor", "warmer": "", "docker-compose": "docker-compose", "bash": "bash", "img": "img",
    "compose": "docker-compose",
}  # fmt: skip


class Step(NamedTuple):
    """One step. `words` are those of its command, the program first; or `script` is what a shell runs.

    `substituted`: Cloud Build puts its substitutions into the script.
    """

    node: Node
    number: int
    line: int
    image: str
    folder: str | None
    environment: Mapping[str, str | None]
    words: tuple[Word, ...] = ()
    script: Part | None = None
    substituted: bool = False

    @property
    def command(self) -> Command | None:
        return command_of(texts(self.words)) if self.script is None else None

    def carrier(self) -> StepEnvironment:
        return StepEnvironment(self.environment, self.script.embedded.text.data if self.script is not None else b"")


class Config(NamedTuple):
    """A whole configuration. `values`: the substitutions that the file itself sets."""

    root: Node
    json: bool
    values: Mapping[str, str]
    steps: tuple[Step, ...]

    def expand(self, text: str) -> tuple[str, ...]:
        """A path as it will be; `*` for a substitution that the file does not set."""

        def known(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name is None:
                return "$"
            return self.values.get(name, "*") if found[0].strip("${}") == name else "*"

        out = SUBSTITUTION.sub(known, text)
        out = SUBSTITUTION.sub(known, out)  # dynamic substitutions: a value may name others
        return (out.removeprefix("/workspace/") if out != "/workspace" else ".",)


def config_of(file: CallerFile) -> Config | None:
    """Raises FormatError; None for a file that has no steps."""
    is_json = file.path.endswith(".json")
    if is_json:
        from remediate.formats.json import document

        root = document(file.data)
    else:
        roots = documents(file.data)
        if not roots:
            return None
        root = resolve(roots[0])
    top = fields(root)
    if "steps" not in top:
        return None
    values = {k: text_of(v) for k, v in fields(top.get("substitutions")).items()}
    empty = Config(root, is_json, values, ())
    options = fields(top.get("options"))
    base = environment_of(options)
    automatic = text_of(options.get("automapSubstitutions")).lower() == "true"
    nodes = {id(n): n for n in (resolve(i) for i in listed(top["steps"])) if n.kind == "mapping"}
    steps = (_step(file.path, empty, node, number, base, automatic) for number, node in enumerate(nodes.values()))
    return empty._replace(steps=tuple(steps))


def environment_of(step: Mapping[str, Node]) -> dict[str, str | None]:
    """The variables that `env:` and `secretEnv:` bring; None is a value that the file does not tell."""
    out: dict[str, str | None] = {}
    for node in listed(step.get("env")):
        name, equals, value = text_of(node).partition("=")
        if equals:
            out[name] = value
    for node in listed(step.get("secretEnv")):
        out[text_of(node)] = None
    return out


def _step(path: str, config: Config, node: Node, number: int, base: Mapping[str, str | None], automatic: bool) -> Step:
    step = fields(node)
    image, folder = text_of(step.get("name")), _folder(config, text_of(step.get("dir")))
    environment = {**base, **environment_of(step)}
    bare = Step(node, number, node.line, image, folder, environment)
    script = resolve(step["script"]) if "script" in step else None
    if script is not None and script.kind == "scalar":
        if automatic or text_of(step.get("automapSubstitutions")).lower() == "true":
            environment.update(dict.fromkeys(config.values))
        return bare._replace(script=part_of(path, script))
    words = (*_program(step, image, node.line), *words_in(step.get("args")))
    shell = shell_text(words)
    if shell is not None:
        if _BOTH.search(shell.text.text.data):
            raise FormatError("a shell variable has the name of a substitution", line=shell.line)
        part = part_of(path, shell)
        return bare._replace(words=words, script=part._replace(embedded=unescaped(part.embedded)), substituted=True)
    return bare._replace(words=words)


def _program(step: Mapping[str, Node], image: str, line: int) -> tuple[Word, ...]:
    entrypoint = text_of(step.get("entrypoint"))
    if entrypoint:
        return (Word(entrypoint, resolve(step["entrypoint"]).line),)
    program = _PROGRAMS.get(image_name(image), "")
    return (Word(program, line),) if program else ()


def image_name(image: str) -> str:
    """`docker` of `gcr.io/cloud-builders/docker:24@sha256:...`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def unescaped(embedded: Embedded) -> Embedded:
    """The script as the shell gets it: `$$` is `$`. New text gets its dollars doubled; one that brings a substitution cannot be written."""
    text = embedded.text
    parts: list[tuple[int, int, bytes]] = []
    at = 0
    for found in _ESCAPED.finditer(text.data):
        parts += [(at, found.start(), text.data[at : found.start()]), (found.start(), found.end(), b"$")]
        at = found.end()
    parts.append((at, len(text), text.data[at:]))

    def written(new: bytes) -> bytes | None:
        return None if IN_SCRIPT.search(new) else embedded.written(new.replace(b"$", b"$$"))

    return Embedded(text.replaced(p for p in parts if p[0] < p[1]), written)


def _folder(config: Config, text: str) -> str | None:
    found = config.expand(text)[0] if text else "."
    if "*" in found or found.startswith(("/", "..")):
        return None
    return posixpath.normpath(found)
