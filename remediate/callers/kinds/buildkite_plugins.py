"""Plugins of Buildkite that build images: which settings hold build args and secrets, as rows of data."""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.text import late


class Plugin(NamedTuple):
    """`args`: the settings with build args; `secrets`: the one with secrets, "" for none (then `why`, and `instead` by hand).

    `inside`: the context is the Dockerfile's folder unless `context` says another one. `since`: the first version with secrets.
    """

    name: str
    args: tuple[str, ...]
    secrets: str
    context: str
    inside: bool
    since: tuple[int, ...]
    source: str
    example: str
    counter: str
    why: str = ""
    instead: tuple[str, ...] = ()


PLUGINS: tuple[Plugin, ...] = (
    Plugin(
        "seek-oss/docker-ecr-cache", ("build-args",), "secrets", "context", True, (1, 10),
        "seek-oss/docker-ecr-cache-buildkite-plugin hooks/lib/stdlib.bash: read_secrets; release v1.10.0",
        "seek-oss/docker-ecr-cache#v2.2.0", "seek-oss/docker-ecr-publish#v2.5.0",
    ),
    Plugin(
        "docker-cache", ("build-args",), "secrets", "context", False, (),
        "buildkite-plugins/docker-cache-buildkite-plugin hooks/pre-command: read_secrets_into_array",
        "docker-cache#v1.2.0", "cache#v1.0.0",
    ),
    Plugin(
        "seek-oss/docker-ecr-publish", ("args", "branch-args", "default-args"), "", "build-context", False, (),
        "seek-oss/docker-ecr-publish-buildkite-plugin hooks/command", "seek-oss/docker-ecr-publish#v2.5.0", "ecr#v2.9.0",
        "the plugin has no setting for secrets; from v2.5.0 on they can go through additional-build-args",
        ("driver: buildkit", "additional-build-args: --secret id=ID,env=NAME"),
    ),
)  # fmt: skip
COMPOSE = "docker-compose"
# They give the job something, and leave its commands where they run.
HARMLESS = frozenset({
    "docker-login", "ecr", "artifacts", "cache", "secrets", "vault-secrets", "seek-oss/aws-sm", "seek-oss/private-npm",
    "aws-assume-role-with-web-identity", "gcp-workload-identity-federation", "junit-annotate", "test-collector", "docker-cache",
    "seek-oss/docker-ecr-cache",
})  # fmt: skip
_VERSION = late(r"v?(\d+)(?:\.(\d+))?")
_COMMIT = late(r"[0-9a-f]{7,40}")
_HOST = late(r"(?:https?://|ssh://|git@|file://)[^/:]*[/:]")


def split(reference: str) -> tuple[str, str]:
    """(name, version) of `docker-compose#v5`, `org/name#v1` and of a whole address; Buildkite's own plugins have no organization."""
    name, _, version = reference.partition("#")
    name = _HOST.sub("", name).removesuffix(".git").removesuffix("-buildkite-plugin").lower().strip("/")
    return name.removeprefix("buildkite-plugins/"), version


def plugin_of(reference: str) -> Plugin | None:
    name = split(reference)[0]
    return next((p for p in PLUGINS if p.name == name), None)


def too_old(plugin: Plugin, version: str) -> bool:
    """Whether that version has no secrets yet; of a commit it cannot be told, a branch is the newest."""
    if not plugin.since:
        return False
    if _COMMIT.fullmatch(version):
        return True
    found = _VERSION.match(version)
    have = tuple(int(g) for g in found.groups() if g is not None) if found is not None else ()
    return bool(have) and have < plugin.since[: len(have)]


def runs_old_compose(version: str, cli: str) -> bool:
    """Whether this version of the Compose plugin starts Compose 1: before 5.0 it does unless told otherwise, before 4.0 always."""
    found = _VERSION.match(version)
    major = int(found[1]) if found is not None else 5
    return cli == "1" or major < 4 or (major == 4 and cli != "2")
