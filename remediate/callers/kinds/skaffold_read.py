"""What a skaffold.yaml builds: artifacts of the configuration and of its profiles, and commands that build for themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.model import Passed, Refused
from remediate.callers.plain_host import PlainHost
from remediate.callers.scripts import Script, assigned
from remediate.callers.words import secret_id
from remediate.formats.node import Merged, Node, merged, resolve
from remediate.formats.yaml import documents
from remediate.model import NamedTuple
from remediate.text import late

# `docker.secrets` with `env` (the project's schemas, docs-v2/content/en/schemas): v2beta23 knows only `src`, v2beta24 has it.
OLDEST_V2_BETA = 24
_VERSION = late(r"skaffold/v(\d+)(?:(alpha|beta)(\d+))?")
_TEMPLATE = late(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}")
_TEMPLATES = late(rb"\{\{.{0,4000}?\}\}", 16)  # 16: re.DOTALL
_SHELLS = ("sh", "bash", "ash", "dash", "zsh", "/bin/sh", "/bin/bash")
NO_DOCKERFILE = ("jib", "jibMaven", "jibGradle", "bazel", "buildpacks", "buildpack", "ko", "custom")


class Config(NamedTuple):
    """One document. `holders` are the nodes that may have a `build:`: the configuration itself, then its profiles."""

    root: Node
    holders: tuple[Node, ...]

    def builders(self, holder: int) -> list[tuple[int, Node]]:
        """The `build:` nodes that decide how the artifacts of a holder are built, with their holders."""
        own = [(i, b) for i, h in enumerate(self.holders) if (b := field(h, "build")) is not None]
        if holder:
            mine = [
                (i, b) for i, b in own if i == holder and any(field(b, k) is not None for k in ("local", "cluster", "googleCloudBuild"))
            ]
            return mine or [(i, b) for i, b in own if i == 0] or [(i, b) for i, b in own if i == holder]
        return [(i, b) for i, b in own if i == 0 or field(b, "artifacts") is None]


class Artifact(NamedTuple):
    """`docker` is its `docker:` (or `kaniko:`) mapping when there is one; `holder` indexes `Config.holders`."""

    config: int
    holder: int
    node: Node
    docker: Node | None
    kaniko: bool
    name: str


def field(node: Node | None, key: str) -> Node | None:
    """The value of a key, aliases and merge keys followed."""
    found = entry(node, key)
    return resolve(found.entry.value) if found is not None else None


def entry(node: Node | None, key: str) -> Merged | None:
    return next((m for m in merged(node) if m.entry.key.value == key), None) if node is not None else None


def text(node: Node | None, key: str) -> str:
    found = field(node, key)
    return found.value if found is not None else ""


def listed(node: Node | None) -> list[Node]:
    return [resolve(i.value) for i in node.items] if node is not None else []


def configs(data: bytes) -> list[Config]:
    """Raises FormatError."""
    return [Config(root, (root, *listed(field(root, "profiles")))) for root in documents(data) if root.kind == "mapping"]


def artifacts(found: Sequence[Config]) -> Iterator[Artifact]:
    """Those that are built from a Dockerfile."""
    for number, config in enumerate(found):
        for holder, node in enumerate(config.holders):
            for one in listed(field(field(node, "build"), "artifacts")):
                keys = {m.entry.key.value for m in merged(one)}
                if keys & set(NO_DOCKERFILE) or one.kind != "mapping":
                    continue
                kaniko = "kaniko" in keys
                profile = text(node, "name") if holder else ""
                name = f"{text(one, 'image')} ({profile})" if profile else text(one, "image")
                yield Artifact(number, holder, one, field(one, "kaniko" if kaniko else "docker"), kaniko, name)


def too_old(config: Config) -> bool:
    found = _VERSION.fullmatch(text(config.root, "apiVersion"))
    if found is None:
        return True
    major, stage, number = int(found[1]), found[2], int(found[3] or 0)
    return major < 2 or (major == 2 and (stage == "alpha" or (stage == "beta" and number < OLDEST_V2_BETA)))


def problem(config: Config, artifact: Artifact) -> Refused | None:
    """Why the artifact can carry no secrets."""
    line = artifact.node.line
    if artifact.kaniko:
        by_hand = ("docker:", "  secrets:", "    - id: ID", "      env: NAME")
        return Refused("caller-builder", "kaniko has no secret mounts", line, by_hand)
    if too_old(config):
        detail = "docker.secrets with env came with skaffold/v2beta24"
        return Refused("caller-builder-old", detail, line, ("apiVersion: skaffold/v4beta13",))
    for holder, build in config.builders(artifact.holder):
        where = f"profile {text(config.holders[holder], 'name')}" if holder else "this configuration"
        for remote in ("googleCloudBuild", "cluster"):
            if field(build, remote) is not None or entry(build, remote) is not None:
                return Refused("caller-builder", f"{where} builds with {remote}, which takes no secrets", line)
        if text(field(build, "local"), "useBuildkit") == "false":
            return Refused("caller-builder", f"{where} turns BuildKit off", line, ("useBuildkit: true",))
    return None


def passed(artifact: Artifact) -> tuple[Passed, ...]:
    args = field(artifact.docker, "buildArgs")
    return tuple(Passed(m.entry.key.value, m.entry.key.line, origin(m)) for m in merged(args)) if args is not None else ()


def origin(arg: Merged) -> str:
    """A build arg without a value is passed through; a template names a variable of skaffold's environment."""
    value = resolve(arg.entry.value)
    if value.kind == "null":
        return f"env:{arg.entry.key.value}"
    found = _TEMPLATE.fullmatch(value.value)
    if found is not None:
        return f"env:{found[1]}"
    return "" if "{{" in value.value else "literal"


def supplied(artifact: Artifact) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of secrets, and of SSH agents."""
    ids = [text(s, "id") for s in listed(field(artifact.docker, "secrets"))]
    flags = [n.value for n in listed(field(artifact.docker, "cliFlags"))]
    ids += [secret_id(f.removeprefix("--secret=")) for f in flags if "id=" in f and not f.startswith("--build-arg")]
    ssh = text(artifact.docker, "ssh").partition("=")[0]
    return tuple(i for i in ids if i), (ssh,) if ssh else ()


class CommandHost(PlainHost):
    """A command that skaffold runs. Its templates name variables of the same environment."""

    def carry(self, name: str, template: str) -> str | None:
        del name
        found = _TEMPLATE.fullmatch(template)
        return found[1] if found is not None and found[1] not in self.own else None


def scripts(path: str, found: Sequence[Config]) -> list[Script]:
    """Texts for a shell: `custom.buildCommand` in the artifact's context, hooks in the folder where skaffold runs."""
    base = posixpath.dirname(path) or "."
    out: dict[int, Script] = {}
    for config in found:
        for holder in config.holders:
            for one in listed(field(field(holder, "build"), "artifacts")):
                command = field(field(one, "custom"), "buildCommand")
                if command is not None and command.kind == "scalar":
                    out[command.span.start] = _script(command, _below(base, text(one, "context")), text(one, "image"))
    for node, folder in _hooks([c.root for c in found]):
        out.setdefault(node.span.start, _script(node, _below(base, folder) if folder else base, "hooks"))
    return list(out.values())


def _below(base: str, folder: str) -> str | None:
    if "{{" in folder or "$" in folder or folder.startswith(("/", "~")):
        return None
    return posixpath.normpath(posixpath.join(base, folder or "."))


def _script(node: Node, folder: str | None, name: str) -> Script:
    data = node.text.text.data
    masks = tuple(m.span() for m in _TEMPLATES.finditer(data))
    return Script(node.text, CommandHost(folder, assigned(data)), masks, name, argued=True)


def _hooks(roots: Sequence[Node]) -> Iterator[tuple[Node, str]]:
    """What `command: [sh, -c, TEXT]` hands to a shell, with the `dir:` beside it."""
    pending: list[Node] = list(roots)
    while pending:
        node = pending.pop()
        words: Mapping[int, Node] = dict(enumerate(listed(node.get("command"))))
        if len(words) > 2 and words[0].value in _SHELLS and words[1].value.startswith("-") and words[1].value.endswith("c"):
            yield words[2], text(node, "dir")
        pending += [i.value for i in node.items] + [e.value for e in node.entries]
