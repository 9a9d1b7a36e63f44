"""What the CI dialects share: which variables a script makes itself, the rows of versions, and input made to break it."""

from __future__ import annotations

import random
from time import process_time

import pytest

from remediate.callers.kinds.ci_docker import of_image, of_images, of_version
from remediate.callers.kinds.ci_script import assigned
from remediate.callers.kinds.circleci_orbs import ORBS, orb_of
from tests.callers.working import applied, jobs_for, read, rewrite
from tests.clock import SLOWER

FILES = {
    "gitlab": ".gitlab-ci.yml", "circleci": ".circleci/config.yml", "bitbucket": "bitbucket-pipelines.yml", "travis": ".travis.yml",
    "drone": ".drone.yml", "buildkite": ".buildkite/pipeline.yml", "codefresh": "codefresh.yml", "semaphore": ".semaphore/semaphore.yml",
    "concourse": "ci/pipeline.yml",
}  # fmt: skip
SEED = """\
variables: {ARGS: "--build-arg NPM_TOKEN=$NPM_TOKEN", T: x}
.a: &a
  script: &s
    - cd app && docker build $ARGS "$T" .   # c
    - |
      docker build --build-arg NPM_TOKEN="$NPM_TOKEN" \\
        .
jobs:
  b: {<<: *a, steps: [run: "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."]}
b: {extends: .a, script: *s}
pipelines: {default: [step: *a]}
steps:
  - {image: plugins/docker, settings: {build_args_from_env: [NPM_TOKEN]}}
  - {image: docker, commands: *s}
script: *s
"""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("T=1", {"T"}), ("export T=1", set()), ("T=1; export T", set()), ("T=1 U=$(x) cmd", {"T", "U"}), ("read -r T U", {"T", "U"}),
        ("docker build --build-arg T=$T .", set()), ('ARGS="--build-arg T=$T"', {"ARGS"}), ("if x; then T=1; fi", {"T"}),
        ("echo T=1", set()), ("a && T=1", {"T"}), ("T+=x", {"T"}), ("export T U\nT=1", set()),
    ],
)  # fmt: skip
def test_what_a_script_assigns_without_exporting(text: str, own: set[str]) -> None:
    assert assigned(text) == own


@pytest.mark.parametrize("text", ["read " + "a " * 100_000 + "!", "export " + "a" * 200_000 + "!", 'A="x ' * 50_000, "A=1 " * 100_000 + "!", "then " * 50_000])
def test_assignments_are_found_in_linear_time(text: str) -> None:
    start = process_time()
    assigned(text)
    assert process_time() - start < 2 * SLOWER


@pytest.mark.parametrize(
    ("image", "buildkit"),
    [
        ("docker", ""), ("docker:latest", ""), ("docker:27-dind", ""), ("docker:23.0", ""), ("docker:20", "ask"), ("docker:20.10.24-dind", "ask"),
        ("docker:19.03", "old"), ("docker:stable", "old"), ("docker:18-git", "old"), ("docker/compose:1.29.2", "old"), ("docker/compose:alpine-1.27", "old"),
        ("registry.example.com:5000/library/docker:20.10", "ask"), ("acme/docker-tools:1", ""), ("node:18", ""), ("docker:27@sha256:00", ""),
    ],
)  # fmt: skip
def test_images_of_docker(image: str, buildkit: str) -> None:
    assert of_image(image).buildkit == buildkit


def test_client_and_daemon() -> None:
    assert of_images("docker:27", ("docker:19.03-dind",)).buildkit == "old"
    assert of_images("docker:27", ("docker:20.10-dind", "postgres:9")).buildkit == ""
    assert of_version("default", "x").buildkit == ""


@pytest.mark.parametrize("row", ORBS, ids=lambda r: r.name)
def test_orbs(row) -> None:
    assert orb_of(f"{row.name}@1.2.3", row.example.partition("/")[2]) is row
    assert orb_of(f"{row.name}@1.2.3", row.counter.partition("/")[2]) is None


@pytest.mark.parametrize("kind", FILES)
def test_files_that_are_cut_or_changed_anywhere_raise_nothing(kind: str) -> None:
    chance = random.Random(7)
    for _ in range(120):
        data = bytearray(SEED.encode())
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            data[at : at + chance.choice((0, 1, 5))] = chance.choice((b"", b"\n", b'"', b"'", b"&a", b"*s", b": ", b"- ", b"\t", b"{", b"$", b"\xff", b"|\n"))
        reading = read(FILES[kind], bytes(data), kind)
        usable = tuple(b for b in reading.builds if b.refused is None)
        if usable:
            done = rewrite(FILES[kind], bytes(data), kind, jobs_for(usable, {"NPM_TOKEN": "npm_token"}))
            assert done.refused or not read(FILES[kind], applied(done, {FILES[kind]: bytes(data)})[FILES[kind]], kind).unread[len(reading.unread) :]
