"""CircleCI: run steps, parameters, orbs that take arguments for the build, old remote Dockers."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import moved, read, refused

IDS = {"NPM_TOKEN": "npm_token"}
CI = ".circleci/config.yml"
VALUE = "s3cret value"
HEAD = "version: 2.1\n"


def after(text: str) -> str:
    done = moved(CI, text, "circleci", IDS, delivery=Delivery.FILE)
    assert not fits("circleci", done)
    return done


def steps(body: str, extra: str = "") -> str:
    inner = "".join(f"      {line}\n" if line else "\n" for line in dedent(body).strip("\n").split("\n"))
    return f"{HEAD}{extra}jobs:\n  image:\n    docker: [{{image: 'cimg/base:current'}}]\n    steps:\n{inner}"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("- run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", "- run: docker build --secret id=npm_token,env=NPM_TOKEN ."),
        ("- run: 'docker build --build-arg NPM_TOKEN=\"$NPM_TOKEN\" .'", "- run: 'docker build --secret id=npm_token,env=NPM_TOKEN .'"),
        ("- run: {command: docker build --build-arg NPM_TOKEN .}", "- run: {command: docker build --secret id=npm_token\\,env=NPM_TOKEN .}"),
    ],
)
def test_run_steps_of_every_shape(step: str, expected: str, tmp_path: Path) -> None:
    before = steps(f"- checkout\n{step}")
    if "\\," in expected:  # a comma ends a plain scalar in a flow mapping
        assert refused(CI, before, "circleci", IDS)
        return
    done = after(before)
    assert done == before.replace(step, expected)
    assert list(changed(before, done)) == [(0, "jobs", "image", "steps", 1, "run")]
    hands_over(*run(load(done)[0]["jobs"]["image"]["steps"][1]["run"], tmp_path, {"NPM_TOKEN": VALUE}), VALUE)


def test_a_block_with_a_working_directory() -> None:
    before = steps(
        """
        - run:
            name: Build
            working_directory: ~/project/shop
            command: |
              set -x
              docker build \\
                --build-arg NPM_TOKEN=${NPM_TOKEN} \\
                --file docker/Dockerfile .
        """
    )
    (build,) = read(CI, before, "circleci").builds
    assert build.place.paths == ("shop/docker/Dockerfile",)
    assert build.folder == "shop"
    assert after(before) == before.replace("--build-arg NPM_TOKEN=${NPM_TOKEN}", "--secret id=npm_token,env=NPM_TOKEN")


def test_parameters_lead_to_the_dockerfiles_that_the_command_is_called_for() -> None:
    before = dedent("""\
    version: 2.1
    commands:
      build:
        parameters:
          app: {type: string}
          stage: {type: string, default: prod}
        steps:
          - when:
              condition: true
              steps:
                - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN --target << parameters.stage >> apps/<<parameters.app>>
    jobs:
      image:
        machine: {image: ubuntu-2204:current}
        steps:
          - checkout
          - build: {app: shop}
          - build: {app: worker}
    """)
    (build,) = read(CI, before, "circleci").builds
    assert build.place.paths == ("apps/shop/Dockerfile", "apps/worker/Dockerfile")
    assert after(before) == before.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


def test_a_parameter_that_holds_the_value_goes_into_the_environment_of_the_step(tmp_path: Path) -> None:
    before = steps(
        """
        - run:
            name: Build
            command: docker build --build-arg NPM_TOKEN=<< pipeline.parameters.token >> .
        """,
        "parameters:\n  token: {type: string, default: ''}\n",
    )
    done = after(before)
    step = load(done)[0]["jobs"]["image"]["steps"][0]["run"]
    assert step["environment"] == {"NPM_TOKEN": "<< pipeline.parameters.token >>"}
    hands_over(*run(step["command"], tmp_path, {"NPM_TOKEN": VALUE}), VALUE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN"),
        ("'--build-arg=NPM_TOKEN=$NPM_TOKEN --build-arg=A=1'", "'--secret=id=npm_token,env=NPM_TOKEN --build-arg=A=1'"),
        ('"--build-arg \\"NPM_TOKEN=$NPM_TOKEN\\" --pull"', '"--secret id=npm_token,env=NPM_TOKEN --pull"'),
        (">-\n            --pull\n            --build-arg NPM_TOKEN=$NPM_TOKEN", ">-\n            --pull\n            --secret id=npm_token,env=NPM_TOKEN"),
    ],
)
@pytest.mark.parametrize(("orb", "use"), [("circleci/docker@2.8.2", "build"), ("circleci/aws-ecr@9.5.1", "build_and_push_image")])
def test_orbs_that_are_known(orb: str, use: str, value: str, expected: str) -> None:
    before = steps(f"- checkout\n- images/{use}:\n    path: shop\n    repo: acme/shop\n    extra_build_args: {value}".replace("\n            ", "\n      "))
    before = before.replace("jobs:", f"orbs:\n  images: {orb}\njobs:", 1)
    (build,) = read(CI, before, "circleci").builds
    assert build.place.paths == ("shop/Dockerfile",)
    assert after(before) == before.replace(value.replace("\n            ", "\n            "), expected) or ">-" in value
    assert "--secret" in after(before)


def test_a_value_that_is_no_variable_cannot_be_handed_to_an_orb() -> None:
    before = steps("- images/build:\n    image: x\n    extra_build_args: --build-arg NPM_TOKEN=x$NPM_TOKEN", "orbs:\n  images: circleci/docker@2.8.2\n")
    assert refused(CI, before, "circleci", IDS) == ["caller-value"]


def test_an_orb_of_somebody_else_is_named() -> None:
    before = steps("- images/build:\n    args: --build-arg NPM_TOKEN=$NPM_TOKEN", "orbs:\n  images: acme/images@1\n")
    (unread,) = read(CI, before, "circleci").unread
    assert (unread.name, unread.refused.code) == ("NPM_TOKEN", "caller-elsewhere")


def test_an_inline_orb_is_read_like_the_file() -> None:
    before = dedent("""\
    version: 2.1
    orbs:
      own:
        orbs:
          docker: circleci/docker@2.8.2
        jobs:
          image:
            machine: {image: ubuntu-2204:current}
            steps:
              - docker/build: {image: a, extra_build_args: "--build-arg NPM_TOKEN=$NPM_TOKEN"}
              - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN b
    """)
    assert [b.place.paths for b in read(CI, before, "circleci").builds] == [("Dockerfile",), ("b/Dockerfile",)]
    assert after(before).count("--secret id=npm_token,env=NPM_TOKEN") == 2


def test_an_old_remote_docker_is_refused_and_20_10_is_asked_for_buildkit() -> None:
    body = "- setup_remote_docker: {{version: {}}}\n- run: |\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."
    assert refused(CI, steps(body.format("19.03.13")), "circleci", IDS) == ["caller-builder-old"]
    assert "export DOCKER_BUILDKIT=1" not in after(steps(body.format("docker24")))
    done = after(steps(body.format("20.10.24")))
    assert load(done)[0]["jobs"]["image"]["steps"][1]["run"] == "export DOCKER_BUILDKIT=1\ndocker build --secret id=npm_token,env=NPM_TOKEN .\n"
    plain = steps("- setup_remote_docker: {version: 20.10.24}\n- run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .")
    assert "run: DOCKER_BUILDKIT=1 docker build --secret" in after(plain)


@pytest.mark.parametrize("text", [b"version: 2.1\njobs:\n\timage: x\n", b"jobs: {a: {steps: [run", b"", b"jobs:\n  a: 1\n", b"- a\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(CI, text, "circleci")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
