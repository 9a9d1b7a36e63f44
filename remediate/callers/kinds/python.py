"""Python programs that build images: subprocess and its like, python-on-whales, the Docker SDK, Pulumi, the AWS CDK."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.text import late

# What a file must hold to be worth LibCST: a builder's name, and a word or a call that builds.
_ENGINE = late(rb"(?i)docker|podman|buildah|nerdctl|kaniko|from_asset|AssetImage|build[-_]?args?\b")
_VERB = late(
    rb"[\"'\s](?:build|bud|buildx|bake)[\"'\s]|\.build\b|[Bb]uild_?-?[Aa]rgs?|docker_build|DockerImage|DockerBuild|from_\w*asset|AssetImage|executor|legacy_build"
)


def read(file: CallerFile, repository: Repository) -> Reading:
    if _ENGINE.search(file.data) is None or _VERB.search(file.data) is None:
        return Reading()
    from remediate.callers.python.file import builds_of
    from remediate.callers.python.unreadable import refused_when_generated, unreadable

    try:
        reading = builds_of(file, repository)
    except FormatError as error:
        return unreadable(file, error)
    return refused_when_generated(file, reading)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    from remediate.callers.python.file import rewritten

    return rewritten(file, repository, jobs)
