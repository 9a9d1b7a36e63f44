"""Why something is not rewritten: stable codes, each with a sentence and the next step. `{}` takes the place or the name."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.model import Refusal

REASONS: dict[str, tuple[str, str]] = {
    "persisted": (
        "the RUN writes the secret down in its layer ({detail}), in a way that is not rewritten; a mount alone would leave it there",
        "let the command take the secret from its environment, or write, use and remove the file in one RUN, then run fix again",
    ),
    "persisted-in-transition": (
        "the RUN writes the secret down in its layer ({detail}), and --transition does not change what a RUN writes",
        "run fix without --transition, and change the callers in the same commit",
    ),
    "kept-for-run-time": (
        "the RUN writes the secret to a file of the image, and the running container may need it ({detail})",
        "write that file when the container starts, or mount it there (docker run -v, a secret of the orchestrator)",
    ),
    "kept-unread": (
        "the RUN writes the secret down ({detail}), and no command of the build is known to read it there",
        "write that file when the container starts; if a command of the build reads it, write and remove it in the RUN of that command",
    ),
    "kept-carried": (
        "the RUN writes the secret to a file that another stage takes over ({detail})",
        "mount the secret on the RUN that reads the file there, and leave the file out of COPY --from",
    ),
    "built-upon": (
        "another Dockerfile of the repository builds on this image, and lives on the secret that it finds there ({detail})",
        "mount the secret on the RUN that needs it there, and hand it over to that build, too; then run fix again",
    ),
    "sink-order": (
        "the secret is written to a file, and writing it later, in the RUN that reads it, may not be the same: {detail}",
        "write the file, use it and remove it in one RUN by hand",
    ),
    "cannot-rearrange": (
        "the commands of the RUN cannot be taken apart without changing what else they do ({detail})",
        "write the RUN as one chain of commands joined by &&, then run fix again",
    ),
    "clone-address": (
        "git writes the credential of the address into the clone, and the address cannot be taken apart: {detail}",
        "write it as https://$TOKEN@host/path in the git command itself, so that the token can be given apart from the address",
    ),
    "clone-address-secret": (
        "the whole address is the secret ({detail}), so git has no clean address to write into the clone",
        "pass the token alone as secret and write the address in the Dockerfile: git clone https://$TOKEN@host/path",
    ),
    "clone-nested": (
        "git writes the credential of the address into the clone, in a script inside the RUN ({detail}) that is not rewritten",
        "run git in the RUN itself, or give it the token there: git -c url.\"https://$TOKEN@host/\".insteadOf=https://host/ clone https://host/path",
    ),
    "clone-used-later": (
        "the token in the clone's own settings is used later, and cannot be given there: {detail}",
        "give that command the token itself: git -c url.\"https://$TOKEN@host/\".insteadOf=https://host/ ...",
    ),
    "too-many-places": (
        "the file writes secrets down in more places than can be followed ({detail})",
        "write the secret to one file, use it and remove it in one RUN by hand, or split the Dockerfile",
    ),
    "used-elsewhere": (
        "{detail} takes the value, and only RUN can have a secret mount",
        "take the value out of that instruction, or do that step in a RUN",
    ),
    "used-at-run-time": (
        "{detail} reads the variable when the container runs, so it is no build secret",
        "take the ENV out and start the container with `docker run -e {name}` (or a secret of the orchestrator)",
    ),
    "onbuild": (
        "ONBUILD hands the secret to the builds of other Dockerfiles, which are not seen here",
        "put the mount into the ONBUILD RUN by hand and tell the users of this image to pass the secret",
    ),
    "exec-form": (
        "an exec-form RUN has no shell that could set the variable for this delivery ({detail})",
        "write the RUN in shell form, or choose --delivery env",
    ),
    "foreign-shell": (
        "the RUN is not run by a POSIX shell ({detail})",
        "mount the secret by hand in that shell's own way",
    ),
    "windows": (
        "secret mounts are not available in Windows containers as they are in Linux ones",
        "build that stage with a credential that is valid for a short time, or move the step to a Linux stage",
    ),
    "shell-not-understood": (
        "the shell text of a RUN that uses the secret could not be read to its end ({detail})",
        "simplify that RUN or move it to a script in the build context",
    ),
    "shell-trace": (
        "SHELL traces every command (-x), so setting the variable there would print it",
        "choose --delivery env, or take -x out of SHELL",
    ),
    "unset-test": (
        "a RUN asks whether the variable is set at all ({detail}); a mount that is not supplied leaves it set and empty",
        "test for emptiness instead: [ -n \"${{{name}:-}}\" ]",
    ),
    "derived-value": (
        "{detail} is made of the secret in a way that the shell cannot repeat exactly",
        "build that value in the RUN that needs it",
    ),
    "shared-name": (
        "another secret of this file, which is not fixed, takes the build arg {name}, too",
        "see what is said of that one first, then run fix again",
    ),
    "default-value": (
        "the default of {name} is made of other variables",
        "give the default in the RUN that needs it: ${{{name}:-...}}",
    ),
    "frontend-too-old": (
        "the Dockerfile pins a frontend that has no secret mounts ({detail})",
        "pin docker/dockerfile:1 in the syntax line",
    ),
    "no-env-delivery": (
        "--delivery env needs the Dockerfile frontend 1.10 or Buildah 1.45 ({detail})",
        "use --delivery file or auto, or raise the syntax line",
    ),
    "copied-file": (
        "the file is copied into a layer; its consumers are not proved",
        "mount it on the RUN that reads it: --mount=type=secret,id=...,target=<the same path>, and list it in .dockerignore",
    ),
    "copied-for-run-time": (
        "the running container may need the file ({detail})",
        "leave it out of the image and give it to the container: `docker run --env-file` for an .env, else a mounted file",
    ),
    "copied-on": (
        "a COPY --from carries the file on to another stage ({detail})",
        "copy only what that stage needs, or mount the file there by hand",
    ),
    "copied-onbuild": (
        "ONBUILD copies the file in the builds of other Dockerfiles, which are not seen here",
        "put a secret mount into the ONBUILD RUN by hand and tell the users of this image to pass the file",
    ),
    "copied-path": (
        "where the file comes to lie in the image cannot be told ({detail})",
        "write its destination as an absolute path that ends in the file's own name, then run fix again",
    ),
    "copied-and-changed": (
        "a RUN changes, moves or copies the file ({detail}), so the image would keep what a mount shows",
        "let the command read the file where it is, then run fix again",
    ),
    "copied-for-user": (
        "the user of the RUN that reads the file could not read a mount in the mode that the file needs ({detail})",
        "mount it by hand with the numeric uid of that user: --mount=type=secret,id=...,target=...,uid=...",
    ),
    "copied-folder": (
        "the COPY also makes the folder of the file, which something else needs ({detail})",
        "make the folder by a RUN mkdir -p of its own, then run fix again",
    ),
    "copied-shared": (
        "only the .dockerignore can keep the file out, and it cannot be changed ({detail})",
        "copy what is needed by name, or leave the file out of the build context by hand",
    ),
    "copied-elsewhere": (
        "another COPY of the file stays, so that it would still be in a layer ({detail})",
        "see what is said of that COPY",
    ),
    "literal": (
        "the value itself stands in the file, in the Git history and in every image built from it",
        "rotate it; then take it out with --unsafe-fixes, which asks for it at build time",
    ),
    "literal-in-place": (
        "the value itself stands in this instruction, in the Git history and in every image built from it",
        "rotate it, and pass the new one by a secret mount",
    ),
    "runtime-env": (
        "the running container may need this ENV",
        "if it does, start it with `docker run -e {name}`; take the ENV out with --unsafe-fixes",
    ),
    "printed": (
        "the command prints the secret into the build log; a mount does not mask it",
        "take the printing out (echo, env, set -x, curl -v)",
    ),
    "not-a-variable": (
        "{name} is no name that a shell, or a mount, can carry",
        "give it a name of letters, digits and underscores",
    ),
    "unread-file": (
        "a file names the variable ({detail}), and what reads that file is not known",
        "mount the secret on the RUN that reads it, by hand",
    ),
    "base-varies": (
        "which stage is built on depends on a variable ({detail}), so who inherits the secret is not certain",
        "declare the ARG in the stage that uses it, and take it out of the others",
    ),
    "mount-in-use": (
        "a RUN has a secret mount of the same id or variable with another meaning ({detail})",
        "rename one of the two",
    ),
    "meaning-changed": (
        "the rewritten file did not read back as meant, so nothing of it is used",
        "please report this Dockerfile's shape (without its secrets)",
    ),
    "caller-passes-value": (
        "a caller passes {name} itself as a build arg, so it is not always made of the secret ({detail})",
        "pass the finished value as one secret",
    ),
}  # fmt: skip


def at_lines(numbers: Iterable[int]) -> str:
    """`line 6`, `lines 6 and 8`, `lines 6, 8 and 9`: each once, in their order."""
    told = [str(n) for n in sorted(set(numbers))]
    if len(told) == 1:
        return f"line {told[0]}"
    return f"lines {', '.join(told[:-1])} and {told[-1]}" if told else "no line"


def refuse(code: str, *, detail: str = "", name: str = "", line: int = 0) -> Refusal:
    """A refusal of that code. KeyError for a code that has no sentence: there is none without."""
    sentence, step = REASONS[code]
    values = {"detail": detail, "name": name}
    return Refusal(code, sentence.format(**values), step.format(**values), line)
