"""Codefresh: commands of freestyle steps, build steps with files, and why a value of a build step is refused."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from time import process_time

import pytest

from remediate.callers.model import Job, Move
from remediate.model import Delivery
from remediate.repo.caller_files import caller_kind
from tests.callers.ci_proof import hands_over, load, run
from tests.callers.working import applied, jobs_for, moved, read, refused, rewrite, spec
from tests.clock import SLOWER

PATH = "codefresh.yml"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
VALUE = "s3cret value"


def build(settings: str) -> str:
    inner = "".join(f"    {line}\n" for line in dedent(settings).strip("\n").split("\n"))
    return f"version: '1.0'\nsteps:\n  image:\n    type: build\n    image_name: acme/shop\n{inner}"


def with_file(text: str) -> str:
    (one,) = read(PATH, text, "codefresh").builds
    done = rewrite(PATH, text, "codefresh", [Job(one, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="shop/.npmrc"),))])
    assert not done.refused, done.refused
    return applied(done, {PATH: text})[PATH].decode()


def test_commands_of_a_freestyle_step(tmp_path: Path) -> None:
    text = dedent("""\
    version: '1.0'
    steps:
      main_clone: {type: git-clone, repo: acme/shop}
      all:
        type: parallel
        steps:
          image:
            image: docker:27
            working_directory: ${{main_clone}}
            commands:
              - cd shop
              - docker build --build-arg NPM_TOKEN=${{NPM_TOKEN}} -t shop:${{CF_SHORT_REVISION}} .  # with a token
              - docker build --build-arg NPM_TOKEN="$TOKEN" .
    """)
    assert [b.place.paths for b in read(PATH, text, "codefresh").builds] == [("shop/Dockerfile",), ("shop/Dockerfile",)]
    done = moved(PATH, text, "codefresh", IDS)
    assert "docker build --secret id=npm_token,env=NPM_TOKEN -t shop:${{CF_SHORT_REVISION}} .  # with a token" in done
    assert "docker build --secret id=npm_token,env=TOKEN ." in done
    commands = load(done)[0]["steps"]["all"]["steps"]["image"]["commands"]
    (tmp_path / "shop").mkdir()
    hands_over(*run("\n".join(commands[:2]).replace("${{CF_SHORT_REVISION}}", "1"), tmp_path, {"NPM_TOKEN": VALUE}, "sh"), VALUE)


def test_an_old_docker_reads_secrets_as_files() -> None:
    text = "steps:\n  a:\n    image: docker:20.10\n    commands:\n      - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    assert refused(PATH, text, "codefresh", IDS) == ["caller-builder-old"]
    done = moved(PATH, text, "codefresh", IDS, delivery=Delivery.FILE)
    assert load(done)[0]["steps"]["a"]["commands"] == ["export DOCKER_BUILDKIT=1", "docker build --secret id=npm_token,env=NPM_TOKEN ."]


@pytest.mark.parametrize("more", ["        environment:\n          - NPM_TOKEN=abc\n", "        environment: ['NPM_TOKEN=${{OTHER}}']\n"])
def test_a_variable_that_the_step_sets_itself_is_another_one(more: str) -> None:
    text = f"steps:\n    a:\n        image: docker\n        commands:\n          - docker build --build-arg NPM_TOKEN=${{{{NPM_TOKEN}}}} .\n{more}"
    assert refused(PATH, text, "codefresh", IDS) == ["caller-value"]


@pytest.mark.parametrize(
    ("folder", "paths", "pattern"),
    [
        ("", ("Dockerfile",), ""), ("${{main_clone}}", ("Dockerfile",), ""), ("${{ main_clone }}/shop", ("shop/Dockerfile",), ""),
        ("./shop", ("shop/Dockerfile",), ""), ("/codefresh/volume/${{CF_REPO_NAME}}/shop", ("shop/Dockerfile",), ""), ("${{other}}", (), "**/Dockerfile"),
    ],
)  # fmt: skip
def test_where_a_build_step_runs(folder: str, paths: tuple[str, ...], pattern: str) -> None:
    (one,) = read(PATH, build(f"working_directory: {folder}" if folder else "tag: a"), "codefresh").builds
    assert (one.place.paths, one.place.pattern) == (paths, pattern)


def test_the_value_of_a_build_step_is_refused_with_the_steps_to_write() -> None:
    text = build("build_arguments:\n  - NPM_TOKEN=${{NPM_TOKEN}}\n  - A=b\n")
    builds = read(PATH, text, "codefresh").builds
    assert [(a.name, a.line) for a in builds[0].args] == [("NPM_TOKEN", 7), ("A", 8)]
    (one,) = rewrite(PATH, text, "codefresh", jobs_for(builds, IDS)).refused
    assert one.refused.code == "caller-value" and one.refused.line == 7
    assert "  - id=ID,src=${{CF_VOLUME_PATH}}/ID" in one.refused.by_hand


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("build_arguments: [A=b]\ntag: a", "build_arguments: [A=b]\nsecrets:\n  - id=npmrc,src=shop/.npmrc\ntag: a"),
        ("secrets:\n  - id=a,src=b  # first\ntag: a", "secrets:\n  - id=a,src=b  # first\n  - id=npmrc,src=shop/.npmrc\ntag: a"),
        ("secrets: [\"id=a,src=b\"]", "secrets: [\"id=a,src=b\", 'id=npmrc,src=shop/.npmrc']"),
        ("secrets:\n  - id: a\n    src: b\ntag: a", "secrets:\n  - id: a\n    src: b\n  - id: npmrc\n    src: shop/.npmrc\ntag: a"),
        ("working_directory: ./shop\ntag: a", "working_directory: ./shop\ntag: a\nsecrets:\n  - id=npmrc,src=.npmrc"),
    ],
)
def test_a_copied_file_is_handed_over(settings: str, expected: str) -> None:
    done = with_file(build(settings))
    assert done == build(expected)
    assert "npmrc" in read(PATH, done, "codefresh").builds[0].secrets


def test_a_build_arg_whose_secret_is_there_already_goes() -> None:
    text = build("build_arguments:\n  - NPM_TOKEN=${{NPM_TOKEN}}\nsecrets:\n  - id=npm_token,src=${{TOKEN_FILE}}\n")
    assert moved(PATH, text, "codefresh", IDS) == build("secrets:\n  - id=npm_token,src=${{TOKEN_FILE}}\n")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (build("provider: {type: gcb}\nbuild_arguments: [NPM_TOKEN=a]"), ["caller-builder"]),
        (build("build_arguments: [NPM_TOKEN=a]\nscale:\n  one: {dockerfile: a}\n  two: {dockerfile: b}"), ["caller-arguments"]),
        ("steps:\n  a:\n    type: acme/build\n    arguments:\n      build_arguments: [NPM_TOKEN=a]\n", ["caller-elsewhere"]),
        ("steps:\n  a:\n    type: composition\n    composition:\n      services:\n        web:\n          build:\n            args:\n              NPM_TOKEN: a\n", ["caller-elsewhere"]),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, codes: list[str]) -> None:
    assert refused(PATH, text, "codefresh", IDS) == codes


def test_a_dockerfile_that_stands_in_the_step_is_none_of_the_repository() -> None:
    assert read(PATH, build("dockerfile:\n  content: |-\n    FROM node:20\n"), "codefresh").builds == ()


def test_settings_that_stand_elsewhere_are_not_changed_for_one_step() -> None:
    text = "x: &x\n  build_arguments: [NPM_TOKEN=a]\n  secrets: ['id=npm_token,src=f']\nsteps:\n  a:\n    <<: *x\n    type: build\n    image_name: a\n"
    assert refused(PATH, text, "codefresh", IDS) == ["caller-shared"]


def test_which_files_are_codefresh() -> None:
    text = build("tag: a").encode()
    assert caller_kind("build/ci.yaml", text) == "codefresh"
    assert caller_kind("build/ci.yaml", b"steps:\n  a:\n    image_name: a\n    type: build\n") == "codefresh"
    assert caller_kind("build/ci.yaml", text.replace(b"image_name", b"name")) == "other"
    assert caller_kind(".codefresh/image.yml") == caller_kind("codefresh-release.yaml") == "codefresh"
    start = process_time()
    caller_kind("a.yml", b"  type: build\n" * 70_000)
    assert process_time() - start < 1 * SLOWER


@pytest.mark.parametrize("text", [b"steps:\n\t- x\n", b"steps: [", b"", b"steps: 1\n", b"steps: {a: {}}\nsteps: {}\n", b"steps: {a: {steps: {a: [1]}}}\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(PATH, text, "codefresh")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)
