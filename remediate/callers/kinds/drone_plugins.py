"""Plugins of Drone and Woodpecker that build images: which settings hold build args and secrets, as rows of data."""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.text import late


class Plugin(NamedTuple):
    """`images`: names without registry and tag. `dialect`: "pairs" has lists of `id=NAME`, "options" one of `id=ID,env=NAME`, where a comma

    inside an item is escaped; "none" has no secrets, for the reason `why`. `since`: the first version that has them. `counter`: no build.
    """

    images: frozenset[str]
    dialect: str
    since: tuple[int, ...]
    source: str
    example: str
    counter: str
    why: str = ""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLUGINS: tuple[Plugin, ...] = (
    Plugin(
        _set(
            "plugins/docker plugins/ecr plugins/gcr plugins/acr plugins/heroku plugins/gar plugins/buildx plugins/buildx-docker"
            " plugins/buildx-ecr plugins/buildx-gcr plugins/buildx-acr plugins/buildx-gar"
        ),
        "pairs", (20, 12), "drone-plugins/drone-docker cmd/drone-docker/main.go: secrets-from-env, pull request 359", "plugins/docker",
        "plugins/slack",
    ),
    Plugin(
        _set("thegeeklab/drone-docker-buildx thegeeklab/wp-docker-buildx"), "options", (),
        "woodpecker-plugins.geekdocs.de/plugins/wp-docker-buildx: secrets", "quay.io/thegeeklab/wp-docker-buildx",
        "thegeeklab/wp-git-action",
    ),
    Plugin(
        _set("woodpeckerci/plugin-docker-buildx woodpecker-plugins/docker-buildx woodpecker-plugins/plugin-docker-buildx"), "options", (6,),
        "codeberg.org/woodpecker-plugins/docker-buildx: secrets; commas are escaped from 6 on", "woodpeckerci/plugin-docker-buildx",
        "woodpeckerci/plugin-git",
    ),
    Plugin(
        _set(
            "plugins/kaniko plugins/kaniko-ecr plugins/kaniko-gcr plugins/kaniko-acr plugins/kaniko-gar banzaicloud/drone-kaniko"
            " woodpeckerci/plugin-kaniko woodpecker-plugins/kaniko drone-kaniko"
        ),
        "none", (), "GoogleContainerTools/kaniko README: --mount is not supported", "plugins/kaniko", "plugins/s3",
        "Kaniko has no secret mounts",
    ),
)  # fmt: skip
_VERSION = late(r"v?(\d+)(?:\.(\d+))?")


def plugin_of(image: str) -> Plugin | None:
    """The row of an image: registry and tag do not count."""
    name = image.partition("@")[0]
    head, _, tail = name.rpartition("/")
    name = f"{head}/{tail.partition(':')[0]}".lstrip("/")
    short = "/".join(name.split("/")[-2:])
    return next((p for p in PLUGINS if short in p.images), None)


def mounts_files_only(plugin: Plugin, image: str) -> bool:
    """Whether the plugin may bring Docker 20.10, as all versions below 21 do; those with buildx in their names bring another builder."""
    if plugin.dialect != "pairs" or "buildx" in image:
        return False
    found = _VERSION.match(image.partition("@")[0].rpartition("/")[2].partition(":")[2])
    return found is None or int(found[1]) < 21


def too_old(plugin: Plugin, image: str) -> bool:
    """Whether the image is pinned to a version without secrets. A bare major stands for its newest."""
    found = _VERSION.match(image.partition("@")[0].rpartition("/")[2].partition(":")[2])
    if found is None or not plugin.since:
        return False
    have = tuple(int(g) for g in found.groups() if g is not None)
    return have < plugin.since[: len(have)]
