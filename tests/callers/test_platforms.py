"""Platforms that build a Dockerfile themselves: Heroku, Fly, Render and OpenShift. What they pass is found; what to do is said, nothing is changed."""

from __future__ import annotations

from textwrap import dedent

import pytest

from remediate.callers.model import CallerFile
from remediate.model import Outcome
from remediate.repo.caller_files import caller_kind
from tests.callers.test_found_ci import Repo, held, reasons
from tests.callers.test_found_ci import repo as repo  # a fixture
from tests.callers.working import jobs_for, module_of, read, refused, repository, rewrite

IDS = {"NPM_TOKEN": "npm_token"}
HEROKU = dedent("""\
build:
  docker:
    web: Dockerfile
    worker:
      dockerfile: worker/Dockerfile
      target: run
  config:
    NODE_ENV: production
    NPM_TOKEN: abc
run:
  web: npm start
""")
FLY = dedent("""\
app = "shop"

[build]
  dockerfile = "ci/Dockerfile"

  [build.args]
    NODE_ENV = "production"
    "NPM_TOKEN" = "abc"

[env]
  NPM_TOKEN = "x"
""")
RENDER = dedent("""\
envVarGroups:
  - name: npm
    envVars:
      - key: NPM_TOKEN
        sync: false
services:
  - type: web
    name: shop
    runtime: docker
    dockerfilePath: ./ci/Dockerfile
    envVars:
      - key: PORT
        value: 80
      - fromGroup: npm
  - type: worker
    env: docker
    rootDir: worker
    dockerContext: ..
    envVars:
      - key: NPM_TOKEN
        value: abc
  - type: web
    runtime: node
    envVars: [{key: NPM_TOKEN, value: a}]
""")
OPENSHIFT = dedent("""\
apiVersion: template.openshift.io/v1
kind: Template
objects:
  - apiVersion: build.openshift.io/v1
    kind: BuildConfig
    metadata: {name: shop}
    spec:
      source:
        type: Git
        git: {uri: https://github.com/acme/shop.git}
        contextDir: shop
      strategy:
        dockerStrategy:
          dockerfilePath: build/Dockerfile
          buildArgs:
            - name: NODE_ENV
              value: production
            - name: NPM_TOKEN
              valueFrom: {secretKeyRef: {name: npm, key: token}}
  - kind: BuildConfig
    spec:
      source: {contextDir: "${DIR}"}
      strategy: {dockerStrategy: {}}
  - kind: BuildConfig
    spec: {strategy: {sourceStrategy: {}}}
  - kind: BuildConfig
    spec: {source: {dockerfile: FROM node}, strategy: {dockerStrategy: {}}}
""")


def lines(done: Outcome) -> list[str]:
    return [line for f in done.files for c in f.callers for line in c.by_hand]


def test_heroku() -> None:
    web, worker = read("heroku.yml", HEROKU, "heroku").builds
    assert (web.place.paths, web.context, [(a.name, a.line, a.origin) for a in web.args]) == (
        ("Dockerfile",), ".", [("NODE_ENV", 8, "literal"), ("NPM_TOKEN", 9, "literal")],
    )  # fmt: skip
    assert (worker.place.paths, worker.context, worker.target) == (("worker/Dockerfile",), "worker", "run")
    assert refused("heroku.yml", HEROKU, "heroku", IDS) == ["caller-builder", "caller-builder"]


def test_heroku_holds_the_dockerfile_even_when_it_passes_nothing(repo: Repo) -> None:
    done = repo.fix({"heroku.yml": "build:\n  docker:\n    web: Dockerfile\n"})
    assert held(done) and reasons(done) == [("heroku.yml", 3, "caller-builder")]
    assert "heroku container:release PROCESS -a APP" in lines(done)


def test_fly() -> None:
    (one,) = read("fly.toml", FLY, "fly").builds
    assert (one.place.paths, one.line, [(a.name, a.line) for a in one.args]) == (("ci/Dockerfile",), 3, [("NODE_ENV", 7), ("NPM_TOKEN", 8)])
    assert refused("fly.toml", FLY, "fly", IDS) == ["caller-value"]
    (plain,) = read("web/fly.toml", 'app = "a"\n', "fly").builds
    assert (plain.place.paths, plain.context) == (("web/Dockerfile",), "web")


@pytest.mark.parametrize("build", ['image = "nginx"', 'builder = "paketobuildpacks/builder:base"', 'builtin = "node"'])
def test_fly_without_a_dockerfile(build: str) -> None:
    assert read("fly.toml", f"[build]\n{build}\n", "fly").builds == ()


def test_fly_args_hold_the_dockerfile(repo: Repo) -> None:
    done = repo.fix({"fly.toml": FLY.replace("ci/", "")})
    assert held(done) and reasons(done) == [("fly.toml", 8, "caller-value")]
    assert 'fly deploy --build-secret npm_token="$NPM_TOKEN" ...' in lines(done)


def test_fly_without_args_is_named_and_holds_nothing(repo: Repo) -> None:
    done = repo.fix({"fly.toml": 'app = "shop"\n'})
    assert not held(done) and reasons(done) == [("fly.toml", 1, "caller-without")]


def test_fly_deploy_that_hands_the_secret_over_is_enough(repo: Repo) -> None:
    script = '#!/bin/sh\nfly deploy --build-secret npm_token="$NPM_TOKEN"\n'
    done = repo.fix({"fly.toml": 'app = "shop"\n', "deploy.sh": script})
    assert not held(done) and reasons(done) == []


@pytest.mark.parametrize("command", ["fly deploy --remote-only --build-arg NPM_TOKEN=$NPM_TOKEN", "flyctl -t x deploy --build-arg=NPM_TOKEN=$T -a shop"])
def test_fly_deploy_with_the_build_arg_is_refused(repo: Repo, command: str) -> None:
    done = repo.fix({"deploy.sh": f"#!/bin/sh\n{command}\n"})
    assert held(done) and reasons(done) == [("deploy.sh", 2, "caller-value")]
    assert 'fly deploy --build-secret npm_token="$NPM_TOKEN" ...' in lines(done)


@pytest.mark.parametrize("text", [b"[build\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_fly_that_is_no_toml(text: bytes) -> None:
    assert [u.refused.code for u in read("fly.toml", text, "fly").unread] == ["caller-format"]


@pytest.mark.parametrize("text", ["build = 1\n", "[build]\nargs = 3\ndockerfile = 4\n", "", "[[build]]\na = 1\n"])
def test_fly_with_other_types(text: str) -> None:
    (one,) = read("fly.toml", text, "fly").builds
    assert (one.args, one.place.paths) == ((), ("Dockerfile",))


def test_render() -> None:
    shop, worker = read("render.yaml", RENDER, "render").builds
    assert (shop.place.paths, [(a.name, a.line) for a in shop.args]) == (("ci/Dockerfile",), [("PORT", 12), ("NPM_TOKEN", 4)])
    assert (worker.place.paths, worker.context, [a.origin for a in worker.args]) == (("worker/Dockerfile",), ".", ["literal"])
    assert refused("render.yaml", RENDER, "render", IDS) == ["caller-value", "caller-value"]


def test_render_holds_the_dockerfile(repo: Repo) -> None:
    done = repo.fix({"render.yaml": RENDER.replace("ci/", "")})
    assert held(done) and ("render.yaml", 4, "caller-value") in reasons(done)
    assert any("Secret File named npm_token" in line for line in lines(done))


def test_openshift() -> None:
    shop, other = read("deploy/build.yaml", OPENSHIFT, "openshift").builds
    assert (shop.place.paths, shop.context, shop.name) == (("shop/build/Dockerfile",), "shop", "shop")
    assert [(a.name, a.line) for a in shop.args] == [("NODE_ENV", 16), ("NPM_TOKEN", 18)]
    assert other.place.pattern == "**/*/Dockerfile"
    assert refused("deploy/build.yaml", OPENSHIFT, "openshift", IDS) == ["caller-builder", "caller-builder"]
    assert caller_kind("deploy/build.yaml", OPENSHIFT.encode()) == "openshift"


def test_openshift_holds_the_dockerfile(repo: Repo) -> None:
    done = repo.fix({"deploy/build.yaml": OPENSHIFT.replace("build/Dockerfile", "Dockerfile").replace("contextDir: shop", "contextDir: /")})
    assert held(done) and ("deploy/build.yaml", 18, "caller-builder") in reasons(done)


def test_files_by_their_names() -> None:
    kinds = {"heroku.yml": "heroku", "fly.toml": "fly", "deploy/fly.staging.toml": "fly", "web-fly.toml": "fly", "render.yaml": "render"}
    assert {p: caller_kind(p, b"services:\n") for p in kinds} == kinds
    assert caller_kind("butterfly.toml") == "other"


@pytest.mark.parametrize(("path", "kind"), [("heroku.yml", "heroku"), ("render.yaml", "render"), ("a.yaml", "openshift")])
@pytest.mark.parametrize("text", [b"a:\n\t- x\n", b"a: [", b"", b"build: 1\nservices: 2\n", b"build: {docker: [1]}\nservices: [[1], {env: docker}]\n"])
def test_what_cannot_be_read_is_said(path: str, kind: str, text: bytes) -> None:
    reading = read(path, text, kind)
    assert all(u.refused.code == "caller-format" for u in reading.unread)
    assert not reading.unread or not reading.builds


@pytest.mark.parametrize(("path", "kind", "text"), [("heroku.yml", "heroku", HEROKU), ("fly.toml", "fly", FLY), ("render.yaml", "render", RENDER), ("a.yaml", "openshift", OPENSHIFT)])
def test_nothing_is_rewritten(path: str, kind: str, text: str) -> None:
    jobs = jobs_for(read(path, text, kind).builds, IDS)
    done = rewrite(path, text, kind, jobs)
    assert not done.edits and {r.job for r in done.refused} == set(range(len(jobs)))
    assert module_of(kind).rewrite(CallerFile(path, b"", kind), repository({}), ()).refused == ()
