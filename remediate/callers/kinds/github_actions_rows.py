"""Actions that build images, or run a command that may: rows of data. A row names the inputs, so that no action needs code of its own."""

from __future__ import annotations

from functools import lru_cache

from remediate.model import NamedTuple


class Action(NamedTuple):
    """`form`: "push" (the interface of docker/build-push-action), "bake", "script" (`args` is a shell command that runs on the runner),
    "remote" (it runs somewhere else), "other" (it builds, and passes no secret: `code`, `detail`).

    `args`, `file`, `context`, `target` are the names of its inputs; `commas`: build args are also parted by commas; `inside`: the
    Dockerfile is looked up in the context. `source` says where this is known from.
    """

    name: str
    form: str
    source: str
    args: str = "build-args"
    file: str = "file"
    context: str = "context"
    target: str = "target"
    commas: bool = False
    inside: bool = False
    code: str = "caller-elsewhere"
    detail: str = ""


_KANIKO = "Kaniko has no secret mounts"
_NO_INPUT = "the action has no input for secrets"

ACTIONS: tuple[Action, ...] = (
    Action("docker/build-push-action", "push", "its action.yml and src/context.ts, v2 to v7"),
    Action("depot/build-push-action", "push", "its README: the same inputs as docker/build-push-action"),
    Action("useblacksmith/build-push-action", "push", "its action.yml: a fork of docker/build-push-action"),
    Action("warpbuilds/build-push-action", "push", "its README: a fork of docker/build-push-action"),
    Action("docker/bake-action", "bake", "its action.yml and src/context.ts", args="set"),
    Action("depot/bake-action", "bake", "its README: the same inputs as docker/bake-action", args="set"),
    Action("warpbuilds/bake-action", "bake", "a fork of docker/bake-action", args="set"),
    Action("nick-fields/retry", "script", "its README: `command` is run with `shell`, by default bash", args="command"),
    Action("nick-invision/retry", "script", "the former name of nick-fields/retry", args="command"),
    Action("appleboy/ssh-action", "remote", "its README: `script` runs on the hosts", args="script"),
    Action("fifsky/ssh-action", "remote", "its README", args="command"),
    Action("d3rhase/ssh-command-action", "remote", "its README", args="command"),
    Action("garygrossgarten/github-action-ssh", "remote", "its README", args="command"),
    Action("addnab/docker-run-action", "remote", "its README: `run` runs in a container of its own", args="run"),
    Action("uraimo/run-on-arch-action", "remote", "its README: `run` runs in an emulated container", args="run"),
    Action("int128/kaniko-action", "other", "its README", code="caller-builder", detail=_KANIKO),
    Action(
        "aevea/action-kaniko", "other", "its README", args="extra_args", file="build_file", context="path", inside=True,
        code="caller-builder", detail=_KANIKO,
    ),
    Action(
        "redhat-actions/buildah-build", "other", "its action.yml: `extra-args` is split at blanks", file="containerfiles", target="",
        code="caller-arguments", detail=f"{_NO_INPUT}; its extra-args take them",
    ),
    Action(
        "elgohr/publish-docker-github-action", "other", "its README", args="buildargs", file="dockerfile", commas=True, detail=_NO_INPUT,
    ),
    Action("elgohr/publish-docker-action", "other", "its README", args="buildargs", file="dockerfile", commas=True, detail=_NO_INPUT),
    Action(
        "mr-smithers-excellent/docker-build-push", "other", "its README", args="buildargs", file="dockerfile", context="directory",
        commas=True, detail=_NO_INPUT,
    ),
    Action(
        "whoan/docker-build-with-cache-action", "other", "its README", args="build_extra_args", file="dockerfile", inside=True,
        detail=_NO_INPUT,
    ),
    Action("macbre/push-to-ghcr", "other", "its README", args="build_arg", file="dockerfile", detail=_NO_INPUT),
)  # fmt: skip

_BY_NAME = {a.name: a for a in ACTIONS}
_PUSHES = tuple(a.name.encode() for a in ACTIONS if a.form == "push")
FILES = ("file", "dockerfile", "dockerfile_path", "dockerfile-path", "docker_file", "docker-file", "containerfile", "dockerfile_location")
CONTEXTS = ("context", "build_context", "build-context", "docker_context", "docker-context", "directory", "path", "dockerfile_context")


def action_of(uses: str) -> tuple[Action | None, str]:
    """(row, version) of what a step uses."""
    name, _, version = uses.partition("@")
    return _BY_NAME.get(name.strip().lower()), version.strip()


@lru_cache(512)
def pushes(data: bytes) -> bool:
    """Whether an action that takes build args and secrets in lists can be used in a file."""
    small = data.lower()
    return any(name in small for name in _PUSHES)


def major(version: str) -> int | None:
    """`v6.1.0` -> 6; None for a branch or a commit."""
    head = version.lstrip("v").split(".")[0]
    return int(head) if head.isdigit() and len(head) < 4 and version.startswith("v") else None
