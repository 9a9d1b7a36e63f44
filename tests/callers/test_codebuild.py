"""CodeBuild: the commands of all phases are one script; other shells are refused."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from remediate.model import Delivery

from .working import applied, jobs_for, moved, read, refused, rewrite

KIND = "codebuild"
PATH = "buildspec.yml"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}


def text(of: str) -> str:
    return textwrap.dedent(of).lstrip("\n")


SECRETS = text("""
    version: 0.2
    env:
      secrets-manager:
        NPM_TOKEN: "ci/npm:token"   # json key
    phases:
      build:
        commands:
          - echo Building
          - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t "$REPO:latest" .
    """)
NASTY = text("""
    version: 0.2

    env:
      shell: bash
      parameter-store: {TOKEN: /ci/npm}
      variables:
        FOLDER: services/api

    phases:
      pre_build:
        commands:
          - cd $FOLDER
          - ARGS="--build-arg MODE=ci"
          - ARGS="$ARGS --build-arg NPM_TOKEN=$TOKEN"
      build:
        commands:
          - >-
            docker build
            $ARGS
            -t api .
          - |
            docker build -f web.Dockerfile \\
              --build-arg "PIP_TOKEN=${PIP_TOKEN}" \\
              -t web .
        finally:
          - 'echo "it''s done"'
    """)


def commands(after: str) -> list[str]:
    phases = yaml.safe_load(after)["phases"]
    return [
        c for p in ("install", "pre_build", "build", "post_build") for k in ("commands", "finally") for c in phases.get(p, {}).get(k, [])
    ]


def test_a_secret_of_the_environment_is_passed_by_its_name():
    assert moved(PATH, SECRETS, KIND, IDS) == SECRETS.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


def test_the_folder_and_the_arguments_of_an_earlier_phase():
    builds = read(PATH, NASTY, KIND).builds
    assert [b.place.paths for b in builds] == [("services/api/Dockerfile",), ("services/api/web.Dockerfile",)]
    after = moved(PATH, NASTY, KIND, IDS)
    wanted = NASTY.replace("--build-arg NPM_TOKEN=$TOKEN", "--secret id=npm_token,env=TOKEN")
    assert after == wanted.replace('--build-arg "PIP_TOKEN=${PIP_TOKEN}"', "--secret id=pip_token,env=PIP_TOKEN")


def test_the_first_version_runs_each_command_by_itself():
    before = "version: 0.1\nphases:\n  build:\n    commands:\n    - cd web\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    assert read(PATH, before, KIND).builds[0].place.paths == ("Dockerfile",)
    moved(PATH, before, KIND, IDS)


def test_what_the_image_must_have_is_said():
    builds = read(PATH, SECRETS, KIND).builds
    env = rewrite(PATH, SECRETS, KIND, jobs_for(builds, IDS)).told
    file = rewrite(PATH, SECRETS, KIND, jobs_for(builds, IDS, delivery=Delivery.FILE)).told
    assert "--delivery file" in env[0].text and "--delivery file" not in file[0].text


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (SECRETS.replace("env:\n", "env:\n  shell: powershell.exe\n"), "caller-shell"),
        (SECRETS.replace("env:\n", "env:\n  variables:\n    DOCKER_BUILDKIT: 0\n"), "caller-builder"),
        (SECRETS.replace("env:\n", "env:\n  variables:\n    ARGS: --build-arg NPM_TOKEN=x\n"), "caller-arguments"),
        (SECRETS.replace("docker build ", "/kaniko/executor "), "caller-builder"),
        (SECRETS.replace("phases:", "\tphases:"), "caller-format"),
    ],
)
def test_refused(spec: str, code: str):
    assert any(c.startswith(code) for c in refused(PATH, spec, KIND, IDS))


def test_powershell_is_named_with_its_line():
    before = "version: 0.2\nenv:\n  shell: pwsh\nphases:\n  build:\n    commands:\n    - |\n      docker build `\n        --build-arg NPM_TOKEN=$env:T -f a/Dockerfile .\n"
    build = read(PATH, before, KIND).builds[0]
    assert (build.line, build.place.paths, [a.name for a in build.args]) == (8, ("a/Dockerfile",), ["NPM_TOKEN"])


def test_the_rewritten_commands_hand_the_secret_over(tmp_path: Path):
    """Executed as CodeBuild does: one shell, with a docker that writes down its words and the variables that they name."""
    bin = tmp_path / "bin"
    bin.mkdir()
    docker = bin / "docker"
    docker.write_text(
        '#!/bin/sh\necho "$@" >> "$LOG"\nfor w in "$@"; do case $w in id=*,env=*) eval "echo GOT \\$${w##*env=}" >> "$LOG";; esac; done\n'
    )
    docker.chmod(0o755)
    (tmp_path / "services/api").mkdir(parents=True)
    after = moved(PATH, NASTY, KIND, IDS)
    env = {
        "PATH": f"{bin}:{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "TOKEN": "npm-value",
        "PIP_TOKEN": "pip-value",
        "FOLDER": "services/api",
    }
    subprocess.run(["bash", "-ec", "\n".join(commands(after))], check=True, env=env, cwd=tmp_path, capture_output=True)
    log = (tmp_path / "log").read_text().splitlines()
    assert log == [
        "build --build-arg MODE=ci --secret id=npm_token,env=TOKEN -t api .", "GOT npm-value",
        "build -f web.Dockerfile --secret id=pip_token,env=PIP_TOKEN -t web .", "GOT pip-value",
    ]  # fmt: skip


def test_nothing_else_changes():
    builds = read(PATH, NASTY, KIND).builds
    after = applied(rewrite(PATH, NASTY, KIND, jobs_for(builds, IDS)), {PATH: NASTY})[PATH].decode()
    old, new = yaml.safe_load(NASTY), yaml.safe_load(after)
    old.pop("phases"), new.pop("phases")
    assert old == new
