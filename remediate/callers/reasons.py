"""Why a caller is not rewritten: code -> (sentence, next step). `remediate explain CODE` shows both."""

from __future__ import annotations

MAY_LACK = "it is passed under a condition: a build without it now stops at the RUN that needs it"

REASONS: dict[str, tuple[str, str]] = {
    "caller-builder": (
        "what builds here has no secret mounts",
        "build with BuildKit or Buildah (docker buildx build, podman build, buildah bud) and pass --secret there",
    ),
    "caller-builder-old": (
        "the builder that is asked for here is too old for secret mounts",
        "ask for a newer one (Docker 20.10 with DOCKER_BUILDKIT=1, better 23 or newer; Compose 2), then run fix again",
    ),
    "caller-arguments": (
        "the arguments of the build are put together in a way that is not followed",
        "write --build-arg at the build command itself, or change it there by hand to what is shown",
    ),
    "caller-which-file": (
        "it cannot be told which Dockerfile is built here",
        "name the Dockerfile with plain words, or make the shown change by hand",
    ),
    "caller-value": (
        "the value cannot be handed over another way without changing it",
        "put the value into an environment variable or a file first, then run fix again",
    ),
    "caller-remote": (
        "the build runs where the environment of this command does not reach",
        "make the value available there (a file, or the environment of that machine), and pass it with --secret",
    ),
    "caller-shared": (
        "the same arguments also serve something that still takes the build arg",
        "give the two builds arguments of their own, then run fix again",
    ),
    "caller-format": (
        "the file cannot be read exactly enough to change it",
        "make the shown change by hand",
    ),
    "caller-shell": (
        "the script is not written for a POSIX shell, or not all of it is understood",
        "make the shown change by hand",
    ),
    "caller-key": (
        "the key is handed over as a build arg, and no SSH agent or key file is at hand here",
        "start an agent that holds the key (or name the key's file), and pass --ssh",
    ),
    "caller-elsewhere": (
        "the build arg goes to something that is not in this repository",
        "check that it can pass a secret, and change it there first",
    ),
    "caller-generated": (
        "the file is made by a program, and the next run would undo the change",
        "change what generates it",
    ),
    "caller-waits": (
        "it is rewritten together with another caller, and that one cannot be",
        "change the other caller first (see there), then run fix again",
    ),
    "caller-without": (
        "it passes neither the secret nor a build arg for it",
        "pass the secret there, or that build stops at the RUN that needs it; where it may go on without, use `fix --optional NAME`",
    ),
    "caller-not-read": (
        "what builds the image here is written in a language that is not read",
        "make the shown change by hand",
    ),
    "caller-left": (
        "callers are left as they are (--dockerfile-only)",
        "make the shown change by hand, in the same commit",
    ),
    "caller-unproved": (
        "the rewritten file did not read back as it was meant",
        "make the shown change by hand, and report the file's shape",
    ),
}
