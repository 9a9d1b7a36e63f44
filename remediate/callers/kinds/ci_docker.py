"""Which Docker a CI job builds with, from what the file says of it: too old for secrets, or BuildKit still has to be asked for.

Measured and from the release notes: the client takes `--secret id=X,env=Y` from 20.10 on; BuildKit is the default from 23.0 on; before
that it needs `DOCKER_BUILDKIT=1`, and the classic builder does not know `--secret`.
"""

from __future__ import annotations

import re

from remediate.model import NamedTuple

# name of the image -> what runs in it; the tag is Docker's version (or says nothing)
_IMAGE = re.compile(r"(?:^|/)docker(?::(?P<tag>[\w.-]+))?(?:@.*)?\Z")
_COMPOSE = re.compile(r"(?:^|/)docker/compose(?::(?:alpine-|debian-)?1[.\w-]*)?\Z|(?:^|/)docker-compose:1[.\w-]*\Z")
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?")


class Builder(NamedTuple):
    """`buildkit`: "" it is on, "ask" it must be asked for, "old" there is none that takes secrets; `why` names what says so.

    `files`: its BuildKit is that of 20.10, which mounts secrets as files only, whatever the frontend.
    """

    buildkit: str = ""
    why: str = ""
    files: bool = False

    def given(self, value: str) -> Builder:
        """The same where the environment has `DOCKER_BUILDKIT=value`."""
        return self._replace(buildkit="") if self.buildkit == "ask" and value == "1" else self


def of_version(version: str, where: str) -> Builder:
    """What a Docker of that version can do; a version that is no number is a current one, `stable` stopped at 19.03."""
    if version.startswith("stable") or version in ("test", "edge-dind"):
        return Builder("old", f"{where} is Docker 19.03, the last one with that tag") if version.startswith("stable") else Builder()
    found = _VERSION.match(version)
    if found is None:
        return Builder()
    major, minor = int(found[1]), int(found[2] or 99)
    if major < 20 or (major == 20 and minor < 10):
        return Builder("old", f"{where} is older than Docker 20.10")
    if major < 23:
        return Builder("ask", f"{where} builds without BuildKit unless DOCKER_BUILDKIT=1 is set", True)
    return Builder()


def of_image(image: str) -> Builder:
    """What an image for jobs or services says: `docker:20.10-dind`; an image of another name says nothing."""
    if _COMPOSE.search(image):
        return Builder("old", f"{image} is Compose 1, which builds without secrets")
    found = _IMAGE.search(image)
    if found is None or found["tag"] is None:
        return Builder()
    return of_version(found["tag"], image)


def of_images(client: str, services: tuple[str, ...]) -> Builder:
    """The client decides whether BuildKit is asked for; the daemon has it, and is the client's age where no service says another one."""
    mine = of_image(client)
    for service in services:
        its = of_image(service)
        if its.buildkit == "old":
            return its
        if _IMAGE.search(service):
            mine = mine._replace(files=its.files, why=mine.why or its.why)
    return mine
