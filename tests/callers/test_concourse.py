"""Concourse: params of the oci-build-task in a pipeline and in a file of its own, and the resource that cannot take a value."""

from __future__ import annotations

from textwrap import dedent

import pytest

from remediate.callers.model import Job, Move
from remediate.model import Delivery
from remediate.repo.caller_files import caller_kind
from tests.callers.ci_proof import changed, load
from tests.callers.test_found_ci import Repo, held, reasons
from tests.callers.test_found_ci import changed as changes
from tests.callers.test_found_ci import repo as repo  # a fixture
from tests.callers.working import applied, moved, read, refused, rewrite, spec

PATH = "ci/pipeline.yml"
IDS = {"NPM_TOKEN": "npm_token"}
SOURCE = "source: {repository: concourse/oci-build-task}"


def task(params: str, source: str = SOURCE) -> str:
    inner = "".join(f"  {line}\n" for line in dedent(params).strip("\n").split("\n"))
    return f"platform: linux\nimage_resource:\n  type: registry-image\n  {source}\ninputs: [{{name: repo}}]\nparams:\n{inner}run: {{path: build}}\n"


def test_a_param_gets_another_name_and_keeps_its_value() -> None:
    text = dedent("""\
    jobs:
      - name: image
        plan:
          - in_parallel:
              steps:
                - get: repo
          - do:
              - task: build
                privileged: true
                config:
                  platform: linux
                  image_resource: {type: registry-image, source: {repository: concourse/oci-build-task}}
                  inputs: [{name: repo}]
                  params:
                    CONTEXT: repo/shop
                    BUILD_ARG_STAGE: production
                    BUILD_ARG_NPM_TOKEN: ((npm.token))  # from the vault
                    TARGET: run
                  run: {path: build}
          - put: shop
            params: {image: image/image.tar}
    """)
    (build,) = read(PATH, text, "concourse").builds
    assert (build.place.paths, build.context, build.target) == (("shop/Dockerfile",), "shop", "run")
    assert [(a.name, a.line) for a in build.args] == [("STAGE", 16), ("NPM_TOKEN", 17)]
    done = moved(PATH, text, "concourse", IDS)
    assert done == text.replace("BUILD_ARG_NPM_TOKEN: ", "BUILDKIT_SECRETTEXT_npm_token: ")


def test_a_task_in_a_file_and_the_step_that_adds_to_it(repo: Repo) -> None:
    step = "jobs:\n- name: a\n  plan:\n  - get: repo\n  - task: build\n    file: repo/ci/build.yml\n    params: {BUILD_ARG_NPM_TOKEN: ((npm_token))}\n"
    done = repo.fix({"ci/build.yml": task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN:\n"), "ci/pipeline.yml": step})
    assert changes(done)["ci/build.yml"] == task("CONTEXT: repo\nBUILDKIT_SECRETTEXT_npm_token:\n")
    assert changes(done)["ci/pipeline.yml"] == step.replace("BUILD_ARG_NPM_TOKEN", "BUILDKIT_SECRETTEXT_npm_token")
    assert reasons(done) == []


@pytest.mark.parametrize(
    ("params", "paths", "pattern"),
    [
        ("CONTEXT: repo", ("Dockerfile",), ""), ("CONTEXT: ./repo/a/", ("a/Dockerfile",), ""), ("CONTEXT: repo\nDOCKERFILE: repo/b/x.Dockerfile", ("b/x.Dockerfile",), ""),
        ("CONTEXT: repo/((app))", (), "**/*/Dockerfile"), ("TARGET: a", (), "**/Dockerfile"), ("CONTEXT: .", (), "**/Dockerfile"),
    ],
)  # fmt: skip
def test_which_dockerfile(params: str, paths: tuple[str, ...], pattern: str) -> None:
    (build,) = read(PATH, task(params), "concourse").builds
    assert (build.place.paths, build.place.pattern) == (paths, pattern)


def test_quoted_names_literals_and_secrets_that_are_there() -> None:
    assert moved(PATH, task("CONTEXT: repo\n\"BUILD_ARG_NPM_TOKEN\": 'x'"), "concourse", IDS) == task("CONTEXT: repo\n\"BUILDKIT_SECRETTEXT_npm_token\": 'x'")
    text = task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN: a\nBUILDKIT_SECRET_npm_token: repo/token")
    assert moved(PATH, text, "concourse", IDS) == task("CONTEXT: repo\nBUILDKIT_SECRET_npm_token: repo/token")


def test_a_literal_is_told_to_be_burnt() -> None:
    text = task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN: abc")
    (build,) = read(PATH, text, "concourse").builds
    done = rewrite(PATH, text, "concourse", [Job(build, (Move(spec("NPM_TOKEN", "npm_token"), "NPM_TOKEN"),))])
    assert ["rotate" in t.text and "abc" not in t.text for t in done.told] == [True]


def test_a_copied_file() -> None:
    text = task("CONTEXT: repo/shop")
    (build,) = read(PATH, text, "concourse").builds
    job = Job(build, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="shop/.npmrc"),))
    done = applied(rewrite(PATH, text, "concourse", [job]), {PATH: text})[PATH].decode()
    assert done == task("CONTEXT: repo/shop\nBUILDKIT_SECRET_npmrc: repo/shop/.npmrc")
    unknown = task("TARGET: a")
    job = job._replace(build=read(PATH, unknown, "concourse").builds[0])
    assert [r.refused.code for r in rewrite(PATH, unknown, "concourse", [job]).refused] == ["caller-value"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN: a", "source: {repository: vito/oci-build-task}"), ["caller-builder-old"]),
        (task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN: a", "source: {repository: concourse/oci-build-task, tag: 0.10.0}"), ["caller-builder-old"]),
        ("x: &x {BUILD_ARG_NPM_TOKEN: a}\n" + task("<<: *x\nCONTEXT: repo"), ["caller-shared"]),
        ("jobs: [{plan: [{put: image, params: {build: repo, build_args: {NPM_TOKEN: ((a))}}}]}]\n", ["caller-value"]),
        (task("CONTEXT: repo\nBUILDKIT_EXTRA: --build-arg NPM_TOKEN=a"), ["caller-elsewhere"]),
    ],
)
def test_what_is_refused(text: str, codes: list[str]) -> None:
    assert refused(PATH, text, "concourse", IDS) == codes


def test_the_resource_is_refused_with_the_task_to_write(repo: Repo) -> None:
    done = repo.fix({"ci/pipeline.yml": "jobs:\n- name: a\n  plan:\n  - get: repo\n  - put: image\n    params:\n      build: repo\n      build_args:\n        NPM_TOKEN: ((npm_token))\n"})
    assert held(done) and reasons(done) == [("ci/pipeline.yml", 9, "caller-value")]
    assert any("BUILDKIT_SECRETTEXT_npm_token: ((NPM_TOKEN))" in line for f in done.files for c in f.callers for line in c.by_hand)


def test_files_are_known_by_what_they_hold() -> None:
    assert caller_kind("ci/a.yml", task("CONTEXT: a").encode()) == "concourse"
    assert caller_kind("ci/a.yml", b"  - put: shop\n") == caller_kind("a.yml", b"params:\n  BUILD_ARG_A: b\n") == "concourse"
    assert caller_kind("openapi.yml", b"  put:\n    summary: a\n") == "other"


def test_only_names_change() -> None:
    text = task("CONTEXT: repo\nBUILD_ARG_NPM_TOKEN: a")
    assert {p[-1] for p in changed(text, moved(PATH, text, "concourse", IDS))} == {"BUILD_ARG_NPM_TOKEN", "BUILDKIT_SECRETTEXT_npm_token"}
    assert load(moved(PATH, text, "concourse", IDS))[0]["params"]["BUILDKIT_SECRETTEXT_npm_token"] == "a"


@pytest.mark.parametrize("text", [b"jobs:\n\t- x\n", b"jobs: [", b"", b"jobs: {{x}}\n", b"params: {a: 1}\nparams: {}\n", b"- [put, {task: {file: a}}]\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(PATH, text, "concourse")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
