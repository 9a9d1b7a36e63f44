"""Bitbucket Pipelines: steps shared by anchors, pipes, and BuildKit, which has to be asked for."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token"}
CI = "bitbucket-pipelines.yml"
VALUE = "s3cret value"


def after(text: str) -> str:
    text = dedent(text)
    done = moved(CI, text, "bitbucket", IDS, delivery=Delivery.FILE)
    assert not fits("bitbucket", done)
    return done


def test_buildkit_is_asked_for_once_where_it_is_not(tmp_path: Path) -> None:
    before = """\
    pipelines:
      default:
        - step:
            services: [docker]
            script:
              # the image
              - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
              - docker build --build-arg NPM_TOKEN=$NPM_TOKEN --target test .
    """
    done = after(before)
    script = load(done)[0]["pipelines"]["default"][0]["step"]["script"]
    assert script == [
        "export DOCKER_BUILDKIT=1",
        "docker build --secret id=npm_token,env=NPM_TOKEN .",
        "docker build --secret id=npm_token,env=NPM_TOKEN --target test .",
    ]
    argv, env = run(script, tmp_path, {"NPM_TOKEN": VALUE})
    hands_over(argv, env, VALUE)
    assert env["DOCKER_BUILDKIT"] == "1"
    assert after(done.replace("--secret id=npm_token,env=NPM_TOKEN", "--build-arg NPM_TOKEN=$NPM_TOKEN")) == done


@pytest.mark.parametrize("known", ["DOCKER_BUILDKIT=1 docker build", "docker buildx build", "podman build"])
def test_nothing_is_added_where_buildkit_is_on_or_not_in_use(known: str) -> None:
    before = f"pipelines:\n  default:\n    - step:\n        script:\n          - {known} --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    done = after(before)
    assert list(changed(before, done)) == [(0, "pipelines", "default", 0, "step", "script", 0)]


def test_a_step_that_is_used_twice_is_one_text() -> None:
    before = dedent("""\
    definitions:
      steps:
        - step: &build
            name: Build
            script:
              - export DOCKER_BUILDKIT=1
              - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
    pipelines:
      branches:
        main:
          - step: *build
        '{dev,test}':
          - stage:
              name: all
              steps:
                - step: {<<: *build, name: Other}
      custom:
        again:
          - variables:
              - name: X
          - parallel:
              steps:
                - step: *build
    """)
    (build,) = read(CI, before, "bitbucket").builds
    assert build.line == 7
    assert after(before) == before.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


def test_a_key_for_ssh_is_at_a_known_place() -> None:
    text = "pipelines:\n  default:\n    - step:\n        script:\n          - docker build --build-arg KEY=$KEY .\n"
    builds = read(CI, text, "bitbucket").builds
    done = rewrite(CI, text, "bitbucket", jobs_for(builds, {"KEY": "default"}, delivery=Delivery.SSH))
    (one,) = done.refused
    assert one.refused.code == "caller-key"
    assert any("/opt/atlassian/pipelines/agent/ssh/id_rsa" in line for line in one.refused.by_hand)


def test_pipes_and_after_scripts() -> None:
    text = dedent("""\
    image: docker:19.03
    pipelines:
      default:
        - step:
            script:
              - pipe: acme/build:1
                variables: {ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN}
            after-script:
              - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
    """)
    reading = read(CI, text, "bitbucket")
    assert [(u.name, u.refused.code) for u in reading.unread] == [("NPM_TOKEN", "caller-elsewhere")]
    assert refused(CI, text, "bitbucket", IDS) == ["caller-elsewhere", "caller-builder-old"]


@pytest.mark.parametrize("text", [b"pipelines:\n\tdefault: x\n", b"pipelines: {default: [", b"", b"pipelines: 1\n", b"a: 1\na: 2\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(CI, text, "bitbucket")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
