"""devcontainer.json."""

from __future__ import annotations

import json

import pytest

from remediate.callers.model import Job, Move
from remediate.model import Delivery
from tests.callers.working import applied, moved, read, refused, rewrite, spec

KIND = "devcontainer"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
PATH = ".devcontainer/devcontainer.json"


def after(**build):
    return json.loads(moved(PATH, json.dumps({"build": {"dockerfile": "Dockerfile", **build}}, indent=2), KIND, IDS))["build"]


def test_plain() -> None:
    text = (
        '// For format details, see the docs\n{\n\t"name": "app",\n\t"build": {\n\t\t"dockerfile": "Dockerfile",\n\t\t"context": "..",\n'
        '\t\t// from the keychain\n\t\t"args": {\n\t\t\t"NPM_TOKEN": "${localEnv:NPM_TOKEN}",\n\t\t},\n\t},\n}\n'
    )
    want = text.replace(
        '"args": {\n\t\t\t"NPM_TOKEN": "${localEnv:NPM_TOKEN}",\n\t\t}', '"options": ["--secret=id=npm_token,env=NPM_TOKEN"]'
    )
    assert moved(PATH, text, KIND, IDS) == want
    (build,) = read(PATH, text, KIND).builds
    assert (build.place.paths, build.context, build.folder, build.line) == ((".devcontainer/Dockerfile",), ".", ".", 4)


def test_other_args_and_options_stay() -> None:
    assert after(args={"A": "b", "NPM_TOKEN": "${localEnv:CI_NPM}"}, options=["--network=host"]) == {
        "dockerfile": "Dockerfile",
        "args": {"A": "b"},
        "options": ["--network=host", "--secret=id=npm_token,env=CI_NPM"],
    }


def test_options_come_new() -> None:
    assert after(args={"NPM_TOKEN": "${localEnv:NPM_TOKEN}", "A": "b", "PIP_TOKEN": "${localEnv:PIP_TOKEN}"}) == {
        "dockerfile": "Dockerfile",
        "args": {"A": "b"},
        "options": ["--secret=id=npm_token,env=NPM_TOKEN", "--secret=id=pip_token,env=PIP_TOKEN"],
    }


def test_all_args_go_and_options_are_there() -> None:
    assert after(args={"NPM_TOKEN": "${localEnv:NPM_TOKEN}"}, options=["--secret", "id=x,src=f"]) == {
        "dockerfile": "Dockerfile",
        "options": ["--secret", "id=x,src=f", "--secret=id=npm_token,env=NPM_TOKEN"],
    }


def test_build_arg_among_the_options() -> None:
    assert after(options=["--build-arg=NPM_TOKEN=${localEnv:NPM_TOKEN}", "--pull"])["options"] == [
        "--secret=id=npm_token,env=NPM_TOKEN", "--pull",
    ]  # fmt: skip
    assert after(options=["--build-arg", "NPM_TOKEN"])["options"] == ["--secret", "id=npm_token,env=NPM_TOKEN"]


def test_copied_file() -> None:
    text = '{"dockerFile": "../docker/Dockerfile", "context": "..", "x": 1}'
    (build,) = read(PATH, text, KIND).builds
    assert (build.place.paths, build.context) == (("docker/Dockerfile",), ".")
    job = Job(build, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="web/.npmrc"),))
    new = json.loads(applied(rewrite(PATH, text, KIND, [job]), {PATH: text})[PATH])
    assert new["build"] == {"options": ["--secret=id=npmrc,src=${localWorkspaceFolder}/web/.npmrc"]}


def test_command_on_the_host() -> None:
    text = json.dumps(
        {
            "image": "x",
            "initializeCommand": {"a": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", "b": ["bash", "-c", "docker build web"]},
        }
    )
    builds = read(".devcontainer/web/devcontainer.json", text, KIND).builds
    assert [b.place.paths for b in builds] == [("Dockerfile",), ("web/Dockerfile",)]
    assert "--secret id=npm_token,env=NPM_TOKEN" in moved(PATH, text, KIND, IDS)


def test_a_list_of_words_is_named() -> None:
    text = json.dumps({"image": "x", "postCreateCommand": ["docker", "build", "--build-arg", "NPM_TOKEN=x", "."]})
    assert [u.name for u in read(PATH, text, KIND).unread] == ["NPM_TOKEN"]


@pytest.mark.parametrize("value", ["s3cr3t", "${localEnv:NPM_TOKEN:none}", "a${localEnv:NPM_TOKEN}"])
def test_refused(value: str) -> None:
    text = json.dumps({"build": {"dockerfile": "Dockerfile", "args": {"NPM_TOKEN": value}}})
    assert refused(PATH, text, KIND, IDS) == ["caller-value"]


def test_key_is_refused() -> None:
    text = json.dumps({"build": {"dockerfile": "Dockerfile", "args": {"KEY": "${localEnv:KEY}"}}})
    assert refused(PATH, text, KIND, {"KEY": "default"}, delivery=Delivery.SSH) == ["caller-key"]


def test_compose_is_a_caller_of_its_own() -> None:
    assert read(PATH, '{"dockerComposeFile": "docker-compose.yml", "service": "x"}', KIND).builds == ()
