"""What builders say when secret mounts go wrong, and what it means: shown by `remediate explain trouble`."""

from __future__ import annotations

from remediate.model import NamedTuple


class Trouble(NamedTuple):
    """`says` is the builder's own message (or the part of it that stays the same)."""

    says: str
    means: str
    do: str
    source: str


TROUBLE: tuple[Trouble, ...] = (
    Trouble(
        "the --mount option requires BuildKit",
        "the classic builder runs the build",
        "set DOCKER_BUILDKIT=1 (Docker 20.10), or use Docker 23.0 or newer with the buildx plugin",
        "measured: Docker 28.5 with DOCKER_BUILDKIT=0",
    ),
    Trouble(
        "unknown flag: --secret",
        "the classic builder's command line: BuildKit is off",
        "set DOCKER_BUILDKIT=1, or install the buildx plugin",
        "measured: Docker 28.5 with DOCKER_BUILDKIT=0",
    ),
    Trouble(
        "Unknown flag: mount",
        "the frontend is older than 1.2",
        "name docker/dockerfile:1 in the `# syntax` line",
        "docker/docs issue 10873",
    ),
    Trouble(
        "secret mount type not supported",
        "the builder is too old for secret mounts, or BuildKit is off",
        "use Docker 20.10 or newer with BuildKit on, Buildah 1.24 or Podman 4.0 or newer",
        "users' reports",
    ),
    Trouble(
        "unexpected key 'env' in 'env=...'",
        "the frontend is older than 1.10",
        "name docker/dockerfile:1 in the `# syntax` line, or run `remediate fix --delivery file`",
        "measured: Docker 20.10 and 26.1",
    ),
    Trouble(
        "requested experimental feature exec.secretenv  is not supported by build server",
        "the frontend knows `env=`, the daemon (BuildKit before 0.10, Docker before 23.0) does not",
        "update Docker, or run `remediate fix --delivery file`",
        "measured: Docker 20.10 with docker/dockerfile:1",
    ),
    Trouble(
        "secret should have syntax id=id[,target=path,required=bool,mode=uint,uid=uint,gid=uint",
        "Buildah before 1.44 (or a Podman built with it) knows no `env=`",
        "run `remediate fix --engine podman` (or buildah): it writes the file form",
        "measured: Buildah 1.28 to 1.43",
    ),
    Trouble(
        "secret x: not found",
        "the Dockerfile requires the secret x and the build command does not supply it",
        "build with the command that `remediate command` prints",
        "measured: Docker 20.10, 26.1, 28.5; Buildah says `secret required but no secret with id \"x\" found`",
    ),
    Trouble(
        "failed to stat ...: no such file or directory",
        "`src=` is relative to where the command runs, and no such file is there",
        "run the command from the right folder, or give the whole path; Buildah says `could not parse secrets`",
        "measured",
    ),
    Trouble(
        "/run/secrets/x: Permission denied",
        "secret files belong to root with mode 0400, and the RUN has another USER",
        "mount it with uid=... or mode=0444, as `remediate fix` does, or use the env form",
        "measured: all engines",
    ),
    Trouble(
        "rm: ... /run/secrets/x: Device or resource busy",
        "a secret mount is no file of the image and goes by itself",
        "take the rm out",
        "measured: all engines",
    ),
    Trouble(
        "secret x too big. max size 500KiB",
        "BuildKit takes secrets up to 500 KiB (Buildah has no limit); `env=` breaks at 128 KiB with `argument list too long`",
        "pass large files by file, and split what is larger",
        "measured",
    ),
    Trouble(
        "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set",
        "`--ssh default` was given and no SSH agent runs",
        "start one and give it the key: eval \"$(ssh-agent -s)\" && ssh-add; or name the key's file: --ssh default=PATH",
        "runfinch/finch issue 452; BuildKit: session/sshforward",
    ),
    Trouble(
        "Permission denied (publickey)",
        "a RUN with --mount=type=ssh reached the host, and the agent holds no key that it takes",
        "see what the agent holds (ssh-add -l), and add the key",
        "OpenSSH: ssh(1)",
    ),
    Trouble(
        "failed to compute cache key: ... \"/.npmrc\": not found",
        "a COPY names a file that the .dockerignore leaves out",
        "take it out of that COPY: the file is mounted now",
        "docs.docker.com: build context, .dockerignore",
    ),
    Trouble(
        "the secret shows in the build log",
        "nothing masks it: a command printed it (`echo`, `set -x`, `env`, `curl -v`)",
        "do not print it, and rotate it",
        "measured: no engine masks",
    ),
    Trouble(
        "CACHED, though the secret has changed",
        "secrets are no part of the cache key",
        "build that step with --no-cache-filter or --no-cache",
        "measured: all engines",
    ),
)
