"""Build commands as the user would type them: run through a real shell, read back as argv, and given to a real engine."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

BUILDERS = ("docker", "podman", "buildah", "nerdctl")
_WITH_VALUE = {
    "--build-arg": "build_args", "--secret": "secrets", "--ssh": "ssh", "--target": "target", "--file": "file", "-f": "file",
    "--tag": "", "-t": "", "--platform": "", "--progress": "", "--output": "", "-o": "", "--label": "labels", "--network": "",
    "--format": "", "--builder": "", "--pull": "",
}
_ALONE = ("--load", "--push", "--no-cache", "--layers")


@dataclass(frozen=True, slots=True)
class Command:
    """What a build command says, without what the harness decides itself (tag, output, platform)."""

    build_args: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    target: str = ""
    file: str = ""
    context: str = "."

    def without_secret(self, spec: str) -> Command:
        """The command of somebody who forgot one secret."""
        return replace(self, secrets=tuple(s for s in self.secrets if s != spec))


def expand(line: str, environ: dict[str, str], folder: Path) -> list[list[str]]:
    """Run a line of shell in `folder` with the builders replaced by a program that only notes its argv."""
    with tempfile.TemporaryDirectory() as temporary:
        shims = Path(temporary)
        for name in BUILDERS:
            shim = shims / name
            shim.write_text(f"#!/bin/sh\nprintf '%s\\0' {name} \"$@\" >> {shims}/calls\nprintf '\\n\\0' >> {shims}/calls\n")
            shim.chmod(0o755)
        path = f"{shims}:{os.environ.get('PATH', '/usr/bin:/bin')}"
        subprocess.run(["sh", "-euc", line], check=True, cwd=folder, env={**environ, "PATH": path}, stdin=subprocess.DEVNULL)
        noted = (shims / "calls").read_text() if (shims / "calls").exists() else ""
    return [call.split("\0")[:-1] for call in noted.split("\n\0")[:-1]]


def parse(argv: list[str]) -> Command:
    """Read one builder's argv; an option that is not known here is an error, never dropped."""
    words = list(argv[1:])
    while words and words[0] in ("buildx", "image", "build", "bud", "b"):
        words.pop(0)
    lists: dict[str, list[str]] = {name: [] for name in ("build_args", "secrets", "ssh", "labels")}
    single = {"target": "", "file": "", "context": ""}
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            if single["context"]:
                raise ValueError(f"two build contexts in {argv}")
            single["context"] = word
        elif option in _WITH_VALUE:
            if not equals and option != "--pull":
                value = words.pop(0)
            place = _WITH_VALUE[option]
            if place in lists:
                lists[place].append(value)
            elif place:
                single[place] = value
        elif option not in _ALONE:
            raise ValueError(f"unknown option {option} in {argv}")
    if not single["context"]:
        raise ValueError(f"no build context in {argv}")
    return Command(
        tuple(lists["build_args"]), tuple(lists["secrets"]), tuple(lists["ssh"]), tuple(lists["labels"]),
        single["target"], single["file"], single["context"],
    )


def read(line: str, environ: dict[str, str], folder: Path) -> Command:
    """The one build that a line of shell makes."""
    calls = expand(line, environ, folder)
    if len(calls) != 1:
        raise ValueError(f"expected one build, got {len(calls)}: {line}")
    return parse(calls[0])
