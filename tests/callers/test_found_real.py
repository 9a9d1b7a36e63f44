"""Shapes of repositories in the field on which the tool was silent or too careful, in invented words, through the whole pipeline."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.callers.told import variable
from remediate.model import Options, Outcome
from remediate.pipeline import write

NPM = {"Dockerfile": "FROM node:20\nARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\n", "package.json": "{}"}
NPM[".npmrc"] = "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
KEY = {
    "Dockerfile": "FROM php:8.3\nARG DEPLOY_SSH_KEY\nRUN mkdir -p ~/.ssh\nRUN echo \"$DEPLOY_SSH_KEY\" > ~/.ssh/id_rsa && chmod 600 ~/.ssh/id_rsa\n"
    "COPY . /app\nRUN composer install --no-dev\nRUN rm ~/.ssh/id_rsa\n",
}


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fixed(files: dict[str, str], **options: object) -> Outcome:
        (tmp_path / ".git").mkdir()
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        monkeypatch.chdir(tmp_path)
        return pipeline.run(["."], Options(**options))  # type: ignore[arg-type]

    return fixed


def changed(done: Outcome) -> dict[str, str]:
    return {os.path.normpath(c.path): c.after.decode() for c in done.changes}


def against(done: Outcome) -> list[tuple[str, str]]:
    return [(c.path, c.reason) for f in done.files for c in f.callers if c.holds]


COMPOSE = "services:\n  web:\n    build:\n      context: ./upstream\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n"


def test_a_build_of_a_submodule_is_not_one_of_these_dockerfiles(fix) -> None:
    done = fix({**NPM, "compose.yaml": COMPOSE, ".gitmodules": '[submodule "up"]\n\tpath = upstream\n\turl = ../upstream.git\n'})
    assert against(done) == [] and changed(done) == {}
    assert b"--mount=type=secret,id=npm_token" in done.files[0].after


def test_a_build_of_a_folder_that_is_made_later_still_may_be(fix) -> None:
    done = fix({**NPM, "compose.yaml": COMPOSE})
    assert against(done) == [("compose.yaml", "caller-which-file")]


def test_a_second_run_leaves_a_build_arg_alone_that_the_first_one_did(fix) -> None:
    """Callers pass `DATABASE_DIRECT_URL`, too, which no ARG takes; the Dockerfile makes that variable of the other one."""
    dockerfile = "FROM node:20\nARG DATABASE_URL\nENV DATABASE_URL=$DATABASE_URL DATABASE_DIRECT_URL=$DATABASE_URL\nCOPY . .\nRUN ./migrate $DATABASE_URL $DATABASE_DIRECT_URL\n"
    build = "      args:\n        DATABASE_URL: ${DATABASE_URL}\n        DATABASE_DIRECT_URL: ${DATABASE_URL}\n"
    done = fix({"Dockerfile": dockerfile, "package.json": "{}", "compose.yaml": f"services:\n  web:\n    build:\n      context: .\n{build}"}, unsafe=True)
    assert "DATABASE_DIRECT_URL: ${DATABASE_URL}" in changed(done)["compose.yaml"]
    assert b"env=DATABASE_DIRECT_URL" in done.files[0].after
    write.write(done)
    assert changed(pipeline.run(["."], Options(unsafe=True))) == {}


OTHER = """    - uses: actions/checkout@v4
      with:
        repository: acme/plugin
        path: ./plugin
    - run: mv ./plugin/src ./plugins
      shell: bash
"""
BUILT = """    - run: docker build --build-arg NPM_TOKEN=${{ inputs.token }} .
      shell: bash
"""


def test_a_composite_action_that_checks_out_another_repository_still_builds_its_callers(fix) -> None:
    action = "inputs:\n  token: {required: true}\nruns:\n  using: composite\n  steps:\n" + OTHER + BUILT
    done = fix({**NPM, ".github/actions/image/action.yml": action})
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in changed(done)[".github/actions/image/action.yml"]


def test_a_job_that_only_checks_out_another_repository_may_build_this_one(fix) -> None:
    steps = OTHER + BUILT.replace("inputs.token", "secrets.NPM_TOKEN")
    done = fix({**NPM, ".github/workflows/ci.yml": "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" + steps})
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in changed(done)[".github/workflows/ci.yml"]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("$(< ~/.ssh/deploy_key)", "$HOME/.ssh/deploy_key"),
        ('$(cat "$HOME"/.ssh/deploy_key)', "$HOME/.ssh/deploy_key"),
        ("`cat keys/deploy_key`", "keys/deploy_key"),
    ],
)
def test_a_key_that_a_variable_takes_from_its_file_goes_by_the_file(fix, value: str, path: str) -> None:
    script = f'#!/bin/bash\nset -e\nKEY={value}\n\ndocker build --build-arg DEPLOY_SSH_KEY="$KEY" -t app .\n'
    done = fix({**KEY, "build.sh": script}, unsafe=True)
    assert against(done) == []
    wanted = f'"default={path}"' if "$" in path else f"default={path}"
    assert changed(done)["build.sh"].endswith(f"docker build --ssh {wanted} -t app .\n")


@pytest.mark.parametrize(
    "script",
    [
        'KEY="$1"\nif [ -z "$KEY" ]; then KEY=$(cat ~/.ssh/deploy_key); fi\n',
        "KEY=$(cat deploy_key)\npushd keys\npopd\n",
        "for KEY in a b; do echo $KEY; done\nKEY=$(cat ~/.ssh/deploy_key)\n",
        '[ -n "$CI" ] || KEY=$(cat ~/.ssh/deploy_key)\n',
        "KEY=$(cat ~/.ssh/deploy_key)\n. ./settings.sh\n",
        "KEY=$(cat $DIR/deploy_key)\n",
        "KEY=$(cat ~/.ssh/deploy_key | base64)\n",
    ],
)
def test_a_variable_that_may_be_something_else_stays_a_refusal(fix, script: str) -> None:
    done = fix({**KEY, "build.sh": f'#!/bin/bash\n{script}docker build --build-arg DEPLOY_SSH_KEY="$KEY" -t app .\n'}, unsafe=True)
    assert changed(done) == {}
    assert against(done) == [("build.sh", "caller-key")]


@pytest.mark.parametrize(("name", "id", "wanted"), [("config/.npmrc", "npmrc", "NPMRC"), ("key.pem", "tls-key", "TLS_KEY"), ("A_B", "x", "A_B")])
def test_the_variable_to_write_by_hand_is_one(name: str, id: str, wanted: str) -> None:
    assert variable(name, id) == wanted
