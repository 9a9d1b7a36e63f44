"""Travis CI: phases of one shell, the environment of jobs and matrices, the Docker of each machine."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import moved, read, refused

IDS = {"NPM_TOKEN": "npm_token"}
CI = ".travis.yml"
VALUE = "s3cret value"
BUILD = "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."


def after(text: str, others: dict[str, str] | None = None) -> str:
    text = dedent(text)
    done = moved(CI, text, "travis", IDS, others, delivery=Delivery.FILE)
    assert not fits("travis", done)
    return done


def test_phases_are_one_script(tmp_path: Path) -> None:
    before = f"""\
    env: {{global: [DOCKER_BUILDKIT=1]}}
    before_install:
      - mkdir -p shop
      - cd shop
    script: {BUILD}
    deploy:
      provider: script
      script: bash deploy.sh
    """
    done = after(before)
    assert list(changed(dedent(before), done)) == [(0, "script")]
    (build,) = read(CI, done, "travis").builds
    assert build.place.paths == ("shop/Dockerfile",)
    whole = load(done)[0]
    hands_over(*run([*whole["before_install"], whole["script"]], tmp_path, {"NPM_TOKEN": VALUE}), VALUE)


def test_a_deploy_script_is_a_shell_of_its_own() -> None:
    text = f"env: DOCKER_BUILDKIT=1\ninstall: cd a\nscript: cd b\ndeploy:\n  - provider: script\n    script: {BUILD}\n"
    (build,) = read(CI, text, "travis").builds
    assert (build.place.paths, build.line) == (("Dockerfile",), 6)


def test_arguments_in_the_environment_are_changed_there(tmp_path: Path) -> None:
    before = """\
    env:
      global:
        - STAGE=ci
        - 'ARGS="--build-arg NPM_TOKEN=$NPM_TOKEN --pull"'   # both
    script:
      - DOCKER_BUILDKIT=1 docker build $ARGS .
    """
    done = after(before)
    assert done == dedent(before).replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")
    whole = load(done)[0]
    hands_over(*run([*(f"export {e}" for e in whole["env"]["global"]), *whole["script"]], tmp_path, {"NPM_TOKEN": VALUE}), VALUE)


def test_arguments_that_a_program_reads_as_well_are_left() -> None:
    text = "env:\n  global:\n    - ARGS=\"--build-arg NPM_TOKEN=$NPM_TOKEN\"\nscript:\n  - docker build $ARGS .\n"
    assert refused(CI, text, "travis", IDS, {"ci/build.sh": "docker build $ARGS other\n"}, delivery=Delivery.FILE) == ["caller-shared"]


def test_jobs_of_a_matrix() -> None:
    before = dedent(f"""\
    env: DOCKER_BUILDKIT=1
    jobs:
      include:
        - name: shop
          script: cd shop && {BUILD}
        - stage: deploy
          env: FILE=worker/Dockerfile
          script:
            - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f $FILE .
    """)
    found = read(CI, before, "travis").builds
    assert [(b.name, b.place.paths) for b in found] == [("shop", ("shop/Dockerfile",)), ("deploy", ("worker/Dockerfile",))]
    assert after(before) == before.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


def test_an_old_machine_is_refused_unless_it_gets_a_new_docker() -> None:
    old = f"dist: xenial\nscript:\n  - {BUILD}\n"
    assert refused(CI, old, "travis", IDS) == ["caller-builder-old"]
    newer = f"dist: xenial\nbefore_install:\n  - sudo apt-get install -y docker-ce\nscript:\n  - {BUILD}\n"
    assert "export DOCKER_BUILDKIT=1" not in after(newer)
    assert load(after(f"dist: focal\nscript:\n  - {BUILD}\n"))[0]["script"][0] == "export DOCKER_BUILDKIT=1"


@pytest.mark.parametrize("text", [b"script:\n\t- x\n", b"script: [", b"", b"1\n", b"script: {{ x }}\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(CI, text, "travis")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
