"""Which Dockerfile frontends (`# syntax=...`) know secret mounts, and which know `env=` on them.

Rows, most special first; the first that fits decides. A frontend that is not known for certain gets the `file` form, which
every one since 1.2 understands; one that is known to be too old is refused, since no mount would work there.
"""

from __future__ import annotations

from enum import StrEnum

from remediate.model import NamedTuple
from remediate.text import late


class EnvSupport(StrEnum):
    """What a secret mount may look like in this Dockerfile."""

    YES = "yes"
    ADD_SYNTAX_LINE = "add-syntax-line"
    FILE = "file"
    NO_MOUNTS = "no-mounts"


class Support(NamedTuple):
    """The answer, and why it is not `yes`: a code for programs and a sentence for people."""

    answer: EnvSupport
    code: str = ""
    reason: str = ""


class Frontend(NamedTuple):
    """Tags `since` <= (major, minor) < `before` of `channel` get `support`; an empty range stands for a tag without numbers."""

    channel: str
    since: tuple[int, int]
    before: tuple[int, int]
    support: Support
    example: str
    counter: str
    source: str


class Reference(NamedTuple):
    """A `# syntax` value taken apart: which frontend, its channel and (major, minor); (1, -1) is the moving tag `1`."""

    official: bool
    channel: str
    version: tuple[int, int] | None
    pinned: bool


_YES = Support(EnvSupport.YES)
_TOO_OLD = Support(EnvSupport.NO_MOUNTS, "frontend-too-old", "the `# syntax` line names a frontend before 1.2, which has no secret mounts")
_OLD = Support(EnvSupport.FILE, "frontend-no-env", "the `# syntax` line names a frontend before 1.10, which knows no `env=`")
_PINNED = Support(EnvSupport.FILE, "frontend-pinned", "the `# syntax` line is pinned by digest, so its version is not known")
_UNKNOWN = Support(EnvSupport.FILE, "frontend-unknown", "the `# syntax` line names a frontend or a tag that is not known")

_RELEASES = "moby/buildkit tags dockerfile/*, frontend/dockerfile/instructions/commands_runmount.go at each"

FRONTENDS: tuple[Frontend, ...] = (
    Frontend("stable", (1, -1), (1, 0), _YES, "docker/dockerfile:1", "docker/dockerfile:2", "moves with the newest release of 1"),
    Frontend("stable", (0, 0), (1, 2), _TOO_OLD, "docker/dockerfile:1.1.7", "docker/dockerfile:1.2", "1.1.7: `+build dfrunmount`"),
    Frontend("stable", (1, 2), (1, 10), _OLD, "docker/dockerfile:1.9", "docker/dockerfile:1.10", _RELEASES),
    Frontend("stable", (1, 10), (2, -1), _YES, "docker/dockerfile:1.10.0", "docker/dockerfile:1.9.0", "dockerfile/1.10.0: case \"env\""),
    Frontend("labs", (1, -1), (1, 0), _YES, "docker/dockerfile:1-labs", "docker/dockerfile:1.2-labs", "moves with the newest release of 1"),
    Frontend("labs", (1, 0), (1, 10), _OLD, "docker/dockerfile:1.2-labs", "docker/dockerfile:1.10-labs", _RELEASES),
    Frontend("labs", (1, 10), (2, -1), _YES, "docker/dockerfile:1.14-labs", "docker/dockerfile:1.9-labs", _RELEASES),
    Frontend("experimental", (0, 9), (1, 2), _OLD, "docker/dockerfile:1.0-experimental", "docker/dockerfile:1.0", _RELEASES),
    Frontend("experimental", (1, -1), (1, 0), _OLD, "docker/dockerfile:1-experimental", "docker/dockerfile:1", "labs since 1.2"),
)

# Tags without numbers, by name.
NAMED_TAGS: dict[str, Support] = {
    "": _YES,
    "latest": _YES,
    "labs": _YES,
    "master": _YES,
    "master-labs": _YES,
    "experimental": _OLD,
    "master-experimental": _OLD,
}

_HOSTS = ("docker.io/", "index.docker.io/")
_REPOSITORIES = ("docker/dockerfile", "docker/dockerfile-upstream")
_TAG = late(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.\d{1,6})?(?:-rc\d{1,6})?(?:-(labs|experimental))?(?:-rc\d{1,6})?")


def parse_reference(value: str) -> tuple[Reference, str]:
    """The value of a `# syntax` line as BuildKit reads it (up to the first blank), and its tag."""
    words = value.split(maxsplit=1)
    name, _, digest = (words[0] if words else "").partition("@")
    for host in _HOSTS:
        name = name.removeprefix(host)
    repository, _, tag = name.partition(":") if "/" not in name.rpartition(":")[2] else (name, "", "")
    match = _TAG.fullmatch(tag)
    version = (int(match[1]), int(match[2]) if match[2] else -1) if match else None
    channel = (match[3] or "stable") if match else ""
    return Reference(repository in _REPOSITORIES, channel, version, bool(digest)), tag


def frontend_support(value: str) -> Support:
    """What the frontend of a `# syntax` line knows, whatever the engine."""
    reference, tag = parse_reference(value)
    if not reference.official:
        return _UNKNOWN
    support = NAMED_TAGS.get(tag, _UNKNOWN)
    if reference.version is not None:
        for row in FRONTENDS:
            if row.channel == reference.channel and row.since <= reference.version < row.before:
                support = row.support
                break
    # The digest decides what is pulled, so a tag beside it that looks new enough proves nothing.
    if reference.pinned and support.answer is EnvSupport.YES:
        return _PINNED
    return support
