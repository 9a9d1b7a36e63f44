"""What each build engine is called, what it must be to take secret mounts, and what its users are told.

Rows of facts, each with its source; `commands.py` and `mounts.py` read them. Sources named `measured` were found by tiny
builds on that version of the engine.
"""

from __future__ import annotations

from remediate.model import NamedTuple

Version = tuple[int, ...]


class Engine(NamedTuple):
    """How a build is started. `follows_syntax` says whether `# syntax=` picks the frontend. `csv` says whether a comma can be quoted."""

    name: str
    argv: tuple[str, ...]
    follows_syntax: bool
    always_names_file: bool
    csv: bool
    notes: tuple[str, ...]
    source: str


ENGINES: tuple[Engine, ...] = (
    Engine(
        "docker",
        ("docker", "build"),
        follows_syntax=True,
        always_names_file=False,
        csv=True,
        notes=("needs BuildKit: the default from Docker 23.0, DOCKER_BUILDKIT=1 from 20.10; the classic builder has no secret mounts",),
        source="moby v23.0.0 release notes; measured on 20.10, 26.1, 28.5",
    ),
    Engine(
        "buildx",
        ("docker", "buildx", "build"),
        follows_syntax=True,
        always_names_file=False,
        csv=True,
        notes=("needs the buildx plugin (`docker buildx version`) and a builder with BuildKit 0.10 or newer",),
        source="moby/buildkit solver/pb/caps.go: exec.secretenv is in v0.10.0, not in v0.9.3",
    ),
    Engine(
        "podman",
        ("podman", "build"),
        follows_syntax=False,
        always_names_file=True,
        csv=False,
        notes=("needs Podman 4.0 or newer for secrets that come from the environment; the `# syntax` line is ignored",),
        source="podman v4.0.0 go.mod: buildah v1.24.1",
    ),
    Engine(
        "buildah",
        ("buildah", "build"),
        follows_syntax=False,
        always_names_file=True,
        csv=False,
        notes=("needs Buildah 1.24 or newer for secrets that come from the environment; the `# syntax` line is ignored",),
        source="buildah CHANGELOG 1.24.0: Add support for env var secret sources",
    ),
    Engine(
        "nerdctl",
        ("nerdctl", "build"),
        follows_syntax=True,
        always_names_file=False,
        csv=True,
        notes=("needs a running buildkitd 0.10 or newer; nerdctl hands --secret and --ssh to it as they are",),
        source="containerd/nerdctl pkg/cmd/builder/build.go: buildctl --secret= and --ssh=",
    ),
)

ENGINE_NAMES = tuple(engine.name for engine in ENGINES)

# Names that stand for the engine which does their builds.
ALIASES = {"auto": "docker", "compose": "docker", "bake": "buildx"}


class Limit(NamedTuple):
    """From `since` on the engine can do `what`; below it, it cannot."""

    engine: str
    what: str
    since: Version
    source: str


LIMITS: tuple[Limit, ...] = (
    Limit("docker", "mounts", (20, 10), "moby/buildkit dockerfile/1.2.0: RUN --mount moved to the mainline channel; measured on 20.10"),
    Limit("docker", "env", (23, 0), "measured: 20.10 says exec.secretenv is not supported by build server; 23.0 has BuildKit 0.10"),
    Limit("docker", "builtin-env", (28, 0), "measured: 28.5 yes, 26.1 `unexpected key 'env'`; 28.0 has BuildKit 0.20"),
    Limit("docker", "default-buildkit", (23, 0), "moby v23.0.0: Set Buildx and BuildKit as the default builder on Linux"),
    Limit("buildkit", "mounts", (0, 8), "moby/buildkit v0.8.0 has the frontend 1.2 built in"),
    Limit("buildkit", "env", (0, 10), "moby/buildkit solver/pb/caps.go: CapExecSecretEnv"),
    Limit("buildkit", "builtin-env", (0, 16), "moby/buildkit v0.16.0 has the frontend 1.10 built in; measured: 0.15 no, 0.16 yes"),
    Limit("buildah", "mounts", (1, 21), "buildah CHANGELOG 1.21.0: Add support for secret mounts"),
    Limit("buildah", "env", (1, 44), "buildah CHANGELOG 1.44.0: support --mount=type=secret,id=foo,env=bar; measured: 1.43 no, 1.45 yes"),
    Limit("podman", "mounts", (3, 2), "podman v3.2.0 has Buildah 1.21"),
    # Podman 5.8 has Buildah 1.43, which knows no env=; its main branch went to 1.44 under the number 6.0.0-dev without a
    # release that we could look at, so no version is trusted with it yet.
    Limit("podman", "env", (9999,), "podman v5.8.0 go.mod: buildah v1.43.0"),
)


def engine_named(name: str) -> Engine:
    """The row of an engine or of an alias; KeyError for a name that is neither."""
    wanted = ALIASES.get(name, name)
    for engine in ENGINES:
        if engine.name == wanted:
            return engine
    raise KeyError(name)


def parse_version(text: str) -> Version:
    """`"28.5.2"`, `"v1.43.1"`, `"20.10.24+dfsg1"` as numbers; () when it holds none."""
    numbers: list[int] = []
    for part in text.strip().removeprefix("v").split("."):
        digits = len(part) - len(part.lstrip("0123456789"))
        if not digits or digits > 6:
            break
        numbers.append(int(part[:digits]))
        if digits < len(part):
            break
    return tuple(numbers)


def knows(engine: str, version: str, what: str) -> bool | None:
    """Whether that version of the engine can do `what`; None when no version is given.

    buildx and nerdctl are only clients: for them the version is BuildKit's (0.x), or else the Docker Engine's.
    """
    numbers = parse_version(version)
    if not numbers:
        return None
    builder = engine = ALIASES.get(engine, engine)
    if engine in ("buildx", "nerdctl"):
        builder = "buildkit" if numbers[0] == 0 else "docker"
    for limit in LIMITS:
        if (limit.engine, limit.what) == (builder, what):
            return numbers >= limit.since
    return None
