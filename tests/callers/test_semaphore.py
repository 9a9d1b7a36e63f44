"""Semaphore: prologues and epilogues, variables of jobs and matrices, machines with an old Docker."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from remediate.model import Delivery
from tests.callers.ci_proof import changed, hands_over, load, run
from tests.callers.working import moved, read, refused

PATH = ".semaphore/semaphore.yml"
IDS = {"NPM_TOKEN": "npm_token"}
VALUE = "s3cret value"
PIPELINE = dedent("""\
version: v1.0
name: Shop
agent:
  machine:
    type: e1-standard-2
    os_image: ubuntu2404
global_job_config:
  prologue:
    commands:
      - checkout
blocks:
  - name: Image
    task:
      secrets: [{name: npm}]
      env_vars:
        - name: APP
          value: shop
      prologue:
        commands:
          - cd $APP
      jobs:
        - name: Build
          commands:
            - token=$(printf %s "$RAW")   # short
            - docker build --build-arg NPM_TOKEN=$token -t ${{parameters.TAG}} .
        - name: All
          matrix:
            - env_var: STAGE
              values: [a, b]
          commands:
            - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f $STAGE.Dockerfile .
      epilogue:
        on_pass:
          commands:
            - docker build --build-arg NPM_TOKEN last
""")


def test_a_job_is_one_script(tmp_path: Path) -> None:
    places = [b.place.paths for b in read(PATH, PIPELINE, "semaphore").builds]
    assert places == [("shop/Dockerfile",), ("shop/last/Dockerfile",), ("shop/a.Dockerfile", "shop/b.Dockerfile"), ("shop/last/Dockerfile",)]
    done = moved(PATH, PIPELINE, "semaphore", IDS)
    assert len(changed(PIPELINE, done)) == 3
    jobs = load(done)[0]["blocks"][0]["task"]["jobs"]
    assert jobs[0]["commands"][1] == 'NPM_TOKEN="$token" docker build --secret id=npm_token,env=NPM_TOKEN -t ${{parameters.TAG}} .'
    assert jobs[1]["commands"] == ["docker build --secret id=npm_token,env=NPM_TOKEN -f $STAGE.Dockerfile ."]
    hands_over(*run("\n".join(jobs[0]["commands"]).replace("${{parameters.TAG}}", "a"), tmp_path, {"RAW": VALUE}), VALUE)


def test_what_a_template_puts_in_is_refused() -> None:
    text = PIPELINE.replace("=$token", "=${{parameters.TOKEN}}")
    assert set(refused(PATH, text, "semaphore", IDS)) == {"caller-value"}


def test_ubuntu_18_04_has_an_old_docker() -> None:
    text = PIPELINE.replace("ubuntu2404", "ubuntu1804")
    assert set(refused(PATH, text, "semaphore", IDS)) == {"caller-builder-old"}
    done = moved(PATH, text, "semaphore", IDS, delivery=Delivery.FILE)
    assert load(done)[0]["blocks"][0]["task"]["jobs"][1]["commands"][0] == "export DOCKER_BUILDKIT=1"


def test_arguments_in_a_variable_are_named() -> None:
    text = PIPELINE.replace("value: shop", "value: --build-arg NPM_TOKEN=$NPM_TOKEN")
    assert ("NPM_TOKEN", "caller-elsewhere") in [(u.name, u.refused.code) for u in read(PATH, text, "semaphore").unread]


@pytest.mark.parametrize("text", [b"blocks:\n\t- x\n", b"blocks: [", b"", b"blocks: 1\n", b"blocks: [[1], {task: {jobs: {a: b}}}]\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(PATH, text, "semaphore")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
