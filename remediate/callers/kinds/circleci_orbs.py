"""Orbs that build images and take arguments for `docker build` as one text: rows of data.

The text reaches a shell in the job's own environment (`eval`, or spliced into the command), so flags in it are those of a command.
"""

from __future__ import annotations

from remediate.model import NamedTuple


class Orb(NamedTuple):
    """`uses`: its commands and jobs that build. `flags`: parameters with arguments of the build; `files`, `contexts`: where those of

    the Dockerfile stand (a folder and a name in it), with their defaults. `counter`: a use of it that builds nothing.
    """

    name: str
    uses: frozenset[str]
    flags: tuple[str, ...]
    folders: tuple[str, ...]
    files: tuple[str, ...]
    contexts: tuple[str, ...]
    source: str
    example: str
    counter: str


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FLAGS = ("extra_build_args", "extra-build-args")
ORBS: tuple[Orb, ...] = (
    Orb(
        "circleci/docker", _set("build publish"), _FLAGS, ("path",), ("dockerfile",), ("docker_context", "docker-context"),
        "CircleCI-Public/docker-orb src/commands/build.yml, src/scripts/build.sh", "docker/publish", "docker/check",
    ),
    Orb(
        "circleci/aws-ecr", _set("build-image build_image build-and-push-image build_and_push_image"), _FLAGS,
        ("path",), ("dockerfile",), ("build_path", "build-path"),
        "CircleCI-Public/aws-ecr-orb src/commands/build_image.yml, src/scripts/docker_buildx.sh", "aws-ecr/build_and_push_image",
        "aws-ecr/ecr_login",
    ),
    Orb(
        "circleci/gcp-gcr", _set("build-image build-and-push-image"), _FLAGS, ("path",), ("dockerfile",),
        ("docker-context", "docker_context"),
        "CircleCI-Public/gcp-gcr-orb src/commands/build-image.yml", "gcp-gcr/build-and-push-image", "gcp-gcr/tag-image",
    ),
    Orb(
        "circleci/azure-acr", _set("build-and-push-image"), _FLAGS, ("path",), ("dockerfile",), (),
        "circleci.com/developer/orbs/orb/circleci/azure-acr", "azure-acr/build-and-push-image", "azure-acr/azure-acr-login",
    ),
)  # fmt: skip


def orb_of(reference: str, use: str) -> Orb | None:
    """The row for `circleci/docker@2.8.2` and its command or job `build`."""
    name = reference.partition("@")[0]
    return next((o for o in ORBS if o.name == name and use in o.uses), None)
