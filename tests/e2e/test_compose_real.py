"""Rewritten Compose and Bake files before the real Docker Compose and buildx: they read the same builds, and build with the secret."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.callers.working import applied, jobs_for, read, rewrite

from . import real_compose
from .conftest import Farm
from .engines import ALL, ENGINES

DOCKER = next(e for e in ALL if e.name == "docker28")
VALUE = "s3cretPLANTx9876543210xTNALP"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
ENV = {"NPM_TOKEN": VALUE, "CI_TOKEN": "another", "PIP_TOKEN": "a third", "SSH_AUTH_SOCK": "/dev/null"}


@pytest.fixture(autouse=True)
def _tools() -> None:
    if why := real_compose.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)


def after_fix(files: Mapping[str, str], kind: str) -> dict[str, str]:
    """The files after the move of every arg of IDS in each of them."""
    out = dict(files)
    for path in files:
        if not path.endswith((".yml", ".yaml", ".hcl", ".json")):
            continue
        others = {p: t for p, t in files.items() if p != path}
        jobs = jobs_for(read(path, files[path], kind, others).builds, IDS)
        if jobs:
            done = rewrite(path, files[path], kind, jobs, others)
            assert not done.refused, done.refused
            out[path] = applied(done, {path: files[path]})[path].decode()
    assert out != dict(files)
    return out


def compose_builds(found: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Service -> (rest of the build, args, (id, where its value comes from))."""
    out = {}
    for name, service in found["services"].items():
        build = dict(service.get("build") or {})
        args = dict(build.pop("args", None) or {})
        top = found.get("secrets", {})
        secrets = {s.get("target") or s["source"]: top[s["source"]].get("environment") for s in build.pop("secrets", None) or ()}
        context = str(build.pop("context", "")).rpartition("/work/")[2].partition("/")[2]
        rest = {k: v for k, v in service.items() if k != "build"}
        out[name] = ({**build, "context": context}, rest, args, secrets)
    return out


CASES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "list": (("compose.yaml",), {"compose.yaml": "services:\n  app:\n    build:\n      context: .\n      args:\n        - NPM_TOKEN\n        - A=1\n"}),
    "flow": (("compose.yaml",), {"compose.yaml": 'services: {app: {build: {context: ., args: {NPM_TOKEN: "$CI_TOKEN", A: 1}}}}\n'}),
    "anchors": (("compose.yaml",), {"compose.yaml": (
        "x-build: &b\n  context: .\n  args: &a\n    NPM_TOKEN: ${NPM_TOKEN:-}\nservices:\n  a: &a-service\n    build: *b\n  b:\n    <<: *a-service\n"
        "    build:\n      <<: *b\n      args:\n        <<: *a\n        Z: '2'\n  c:\n    build: {context: c, args: *a}\n")}),
    "override": (("compose.yaml", "compose.override.yaml"), {
        "compose.yaml": "services:\n  app:\n    build:\n      context: web\n      args: {A: 1}\n", "web/Dockerfile": "FROM a\n",
        "compose.override.yaml": "services:\n  app:\n    build:\n      args:\n        - NPM_TOKEN=${CI_TOKEN}\n"}),
    "both files": (("compose.yaml", "compose.override.yaml"), {
        "compose.yaml": "services:\n  app:\n    build:\n      context: .\n      args: {PIP_TOKEN: , A: 1}\n",
        "compose.override.yaml": "services:\n  app:\n    build:\n      args:\n        - NPM_TOKEN=${CI_TOKEN}\n        - B=2\n"}),
    "two origins": (("compose.yaml", "compose.override.yaml"), {
        "compose.yaml": "services:\n  a:\n    build:\n      args: [NPM_TOKEN]\n  b:\n    build:\n      args: [NPM_TOKEN]\n",
        "compose.override.yaml": "services:\n  b:\n    build:\n      args:\n        - NPM_TOKEN=${CI_TOKEN}\n"}),
    "extends": (("compose.yaml",), {
        "compose.yaml": "services:\n  app:\n    extends:\n      file: sub/common.yml\n      service: base\n", "sub/Dockerfile": "FROM a\n",
        "sub/common.yml": "services:\n  base:\n    build:\n      context: .\n      args:\n        - NPM_TOKEN\n"}),
    "extends here": (("compose.yaml",), {"compose.yaml": (
        "services:\n  base:\n    build:\n      context: .\n      args: [NPM_TOKEN, A=1]\n  app:\n    extends: {service: base}\n    build:\n      target: x\n")}),
    "taken": (("compose.yaml",), {"compose.yaml": (
        "services:\n  app:\n    build:\n      args: [NPM_TOKEN]\n      secrets: [other]\n    secrets:\n      - npm_token\nsecrets:\n"
        "  other:\n    environment: OTHER\n  npm_token:\n    file: ./runtime\n")}),
    "include": (("compose.yaml",), {
        "compose.yaml": "include:\n  - sub/compose.yaml\nservices:\n  app:\n    build:\n      args: [NPM_TOKEN]\n", "sub/Dockerfile": "FROM a\n",
        "Dockerfile": "FROM a\n", "sub/compose.yaml": "services:\n  sub:\n    build:\n      args: [NPM_TOKEN, PIP_TOKEN]\n"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_compose_reads_the_same_builds_with_secrets(case: str):
    used, files = CASES[case]
    read_in: list[dict[str, tuple[Any, ...]]] = []
    for side in (files, after_fix(files, "compose")):
        with real_compose.folder(side) as where:
            read_in.append(compose_builds(real_compose.config(where, *used, env=ENV)))
    before, after = read_in
    assert list(before) == list(after)
    moved = 0
    for name, (rest, service, args, secrets) in before.items():
        new_rest, new_service, new_args, new_secrets = after[name]
        assert (new_rest, new_service) == (rest, service)
        assert new_args == {k: v for k, v in args.items() if k not in IDS}
        given = {IDS[k]: ENV[new_secrets[IDS[k]]] for k in args if k in IDS}
        assert given == {IDS[k]: v for k, v in args.items() if k in IDS}
        assert set(new_secrets) == set(secrets) | set(given)
        moved += len(given)
    assert moved


BAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]] = {
    "plain": ((), ("app",), {"docker-bake.hcl": 'variable "NPM_TOKEN" { default = "" }\ntarget "app" {\n  args = {\n    NPM_TOKEN = NPM_TOKEN\n    A = "1"\n  }\n}\n'}),
    "inherits": ((), (), {"docker-bake.hcl": (
        'variable "NPM_TOKEN" {}\nvariable "CI_TOKEN" {}\ngroup "default" { targets = ["a", "b"] }\n'
        'target "_c" {\n  args = {\n    NPM_TOKEN = "${NPM_TOKEN}"\n  }\n  secret = [{ type = "env", id = "x", env = "X" }]\n}\n'
        'target "a" {\n  inherits = ["_c"]\n}\ntarget "b" {\n  inherits = ["_c"]\n  args = {\n    NPM_TOKEN = CI_TOKEN\n    B = "b"\n  }\n}\n')}),
    "matrix": ((), (), {"docker-bake.hcl": (
        'variable "NPM_TOKEN" {\n  default = null\n}\ngroup "default" { targets = ["m"] }\ntarget "m" {\n  name = "m-${v}"\n'
        '  matrix = { v = ["1", "2"] }\n  dockerfile = "Dockerfile.${v}"\n  args = { NPM_TOKEN = NPM_TOKEN != "" ? NPM_TOKEN : null, V = v }\n}\n')}),
    "json": (("ci-bake.json",), ("app", "w"), {"ci-bake.json": (
        '{"variable": {"NPM_TOKEN": {"default": ""}}, "target": {"app": {"args": {"NPM_TOKEN": "${NPM_TOKEN}", "A": "1"}},\n'
        ' "w": {"inherits": ["app"], "args": {"NPM_TOKEN": "${NPM_TOKEN}"}, "tags": ["w"]}}}')}),
    "override": ((), ("app",), {
        "docker-bake.hcl": 'variable "NPM_TOKEN" {}\nvariable "PIP_TOKEN" {}\ntarget "app" {\n  args = { PIP_TOKEN = PIP_TOKEN }\n}\n',
        "docker-bake.override.hcl": 'target "app" {\n  args = { NPM_TOKEN = NPM_TOKEN }\n}\n'}),
}  # fmt: skip


@pytest.mark.parametrize("case", BAKES)
def test_bake_reads_the_same_targets_with_secrets(case: str):
    used, targets, files = BAKES[case]
    sides = []
    for side in (files, after_fix(files, "bake")):
        with real_compose.folder(side) as where:
            sides.append(real_compose.bake(where, *used, targets=targets, env=ENV))
    before, after = sides
    assert before["group"] == after["group"]
    assert list(before["target"]) == list(after["target"])
    for name, old in before["target"].items():
        new = after["target"][name]
        args, secrets = old.pop("args", {}), {s["id"]: s for s in old.pop("secret", ())}
        new_args, new_secrets = new.pop("args", {}), {s["id"]: s for s in new.pop("secret", ())}
        assert new == old
        assert new_args == {k: v for k, v in args.items() if k not in IDS}
        given = {IDS[k]: ENV[new_secrets[IDS[k]]["env"]] for k in args if k in IDS}
        assert given
        assert given == {IDS[k]: v for k, v in args.items() if k in IDS}
        assert set(new_secrets) == set(secrets) | set(given)


OVER = 'target "bare" {}\ntarget "has" {\n  secret = ["id=own,env=OWN"]\n}\ntarget "heir" {\n  inherits = ["bare"]\n}\n'
SETS: dict[tuple[str, ...], dict[str, list[str]]] = {
    ("*.secrets=id=t,env=T",): {"bare": ["t"], "has": ["t"], "heir": ["t"]},  # the file's own one is gone: why the file gets it there
    ("*.secrets=id=t,env=T", "*.secrets=id=u,env=U"): {"bare": ["t", "u"], "has": ["t", "u"], "heir": ["t", "u"]},
    # what is said of the heir itself takes the place of what it inherits; build args would add up
    ("*.secrets=id=t,env=T", "bare.secrets=id=u,env=U"): {"bare": ["t", "u"], "has": ["t"], "heir": ["t"]},
    ("bare.secrets=id=t,env=T",): {"bare": ["t"], "has": ["own"], "heir": ["t"]},
}


@pytest.mark.parametrize("given", SETS)
def test_what_bake_makes_of_secrets_on_its_command_line(given: tuple[str, ...]):
    """Several `--set` add up, those of the file go, and a target that inherits gets them like a build arg."""
    with real_compose.folder({"docker-bake.hcl": OVER}) as where:
        options = [w for g in given for w in ("--set", g)]
        done = real_compose.run(where, "buildx", "bake", *options, "--print", "bare", "has", "heir", env=ENV)
        args = real_compose.run(where, "buildx", "bake", "--set", "bare.args.T=1", "--print", "bare", "has", "heir", env=ENV)
    assert done.returncode == 0, done.stderr
    assert {n: [s["id"] for s in t.get("secret", ())] for n, t in json.loads(done.stdout)["target"].items()} == SETS[given]
    assert [n for n, t in json.loads(args.stdout)["target"].items() if "T" in t.get("args", {})] == ["bare", "heir"]


def test_bake_takes_the_name_of_a_compose_secret_for_its_id():
    """Why no other name is given where Bake may read the Compose file."""
    text = "services:\n  a:\n    build:\n      context: .\n      secrets: [{source: other, target: npm_token}]\nsecrets:\n  other: {environment: X}\n"
    with real_compose.folder({"compose.yaml": text}) as where:
        assert [s["id"] for s in real_compose.bake(where, "compose.yaml", env=ENV)["target"]["a"]["secret"]] == ["other"]


def test_docker_stack_refuses_build_secrets():
    text = "version: '3.8'\nservices:\n  a:\n    image: x\n    build:\n      context: .\n      secrets: [t]\nsecrets:\n  t: {file: x}\n"
    with real_compose.folder({"compose.yaml": text}) as where:
        done = real_compose.run(where, "stack", "config", "-c", "compose.yaml")
    assert "services.a.build Additional property secrets is not allowed" in done.stderr


DOCKERFILE = f"""FROM recorder:base
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true sleep 1; \\
    printf %s "$NPM_TOKEN" | md5sum | grep -q ^{hashlib.md5(VALUE.encode(), usedforsecurity=False).hexdigest()}
"""
REAL = {
    "compose": ("compose.yaml", "services:\n  app:\n    image: proof-compose:app\n    build:\n      context: .\n      network: none\n      args:\n        - NPM_TOKEN=${CI_TOKEN}\n"),
    "bake": ("docker-bake.hcl", 'variable "CI_TOKEN" {}\ntarget "default" {\n  network = "none"\n  tags = ["proof-bake:app"]\n  args = {\n    NPM_TOKEN = CI_TOKEN\n  }\n}\n'),
}  # fmt: skip


@pytest.mark.parametrize("kind", REAL)
def test_the_secret_arrives_and_no_argument_list_holds_it(kind: str, farm: Farm):
    farm.need(DOCKER)
    path, text = REAL[kind]
    host = f"unix://{ENGINES}/dockerd-{DOCKER.suite}.sock"
    files = after_fix({path: text, "Dockerfile": DOCKERFILE}, kind)
    command = ("compose", "--progress=plain", "build", "--no-cache") if kind == "compose" else ("buildx", "bake", "--progress=plain", "--no-cache", "--load")
    with real_compose.folder(files) as where:
        wrong = real_compose.run(where, *command, env={"CI_TOKEN": "another"}, host=host)
        assert wrong.returncode, "a build with another value must fail"
        with real_compose.Watch(VALUE) as watch:
            done = real_compose.run(where, *command, env={"CI_TOKEN": VALUE}, host=host)
    assert done.returncode == 0, done.stderr
    assert watch.looks > 10
    assert not watch.seen
    assert VALUE not in done.stdout + done.stderr
    history = DOCKER.run(*DOCKER.client("history", "--no-trunc", f"proof-{kind}:app")).stdout
    assert "md5sum" in history
    assert VALUE not in history


def test_the_watch_sees_an_argument_list(tmp_path: Path):
    import subprocess

    with real_compose.Watch(VALUE) as watch:
        subprocess.run(["/bin/sh", "-c", f": {VALUE}; sleep 0.3"], check=True)
    assert watch.seen
