"""Callers: what passes a build arg is found in every ecosystem, what only names it is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from remediate.repo.callers_scan import find_callers
from tests.clock import SLOWER

FOUND = [
    (".github/workflows/ci.yml", "steps:\n  - uses: docker/build-push-action@v6\n    with:\n      build-args: |\n        A=1\n        NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n", 6, "github-actions"),
    (".github/workflows/ci.yml", "    with:\n      build-args: NPM_TOKEN=${{ secrets.T }}\n", 2, "github-actions"),
    (".github/workflows/ci.yml", "    with:\n      build-args: |-\n\n        NPM_TOKEN\n", 4, "github-actions"),
    (".github/workflows/ci.yml", "  - run: docker build --build-arg NPM_TOKEN=${{ secrets.T }} .\n", 1, "github-actions"),
    (".github/workflows/ci.yml", "  - run: |\n      docker build \\\n        --build-arg \\\n        NPM_TOKEN=$T .\n", 4, "github-actions"),
    (".gitlab-ci.yml", "build:\n  script:\n    - docker build --build-arg=NPM_TOKEN .\n", 3, "gitlab"),
    (".gitlab-ci.yml", "build:\n  script:\n    - /kaniko/executor --build-arg 'NPM_TOKEN=x'\n", 3, "gitlab"),
    (".circleci/config.yml", "    extra_build_args: --build-arg NPM_TOKEN=$NPM_TOKEN\n", 1, "circleci"),
    ("Jenkinsfile", "sh \"docker build --build-arg NPM_TOKEN=${env.T} .\"\n", 1, "jenkins"),
    ("Jenkinsfile", "docker.build('a', \"--build-arg 'NPM_TOKEN=${T}' .\")\n", 1, "jenkins"),
    ("compose.yaml", "services:\n  a:\n    build:\n      context: .\n      args:\n        - X=1\n        - NPM_TOKEN\n", 7, "compose"),
    ("docker-compose.dev.yml", "services:\n  a:\n    build:\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n", 5, "compose"),
    ("docker-compose.yml", "services:\n  a:\n    build:\n      args:\n      - NPM_TOKEN=${NPM_TOKEN}\n", 5, "compose"),
    ("docker-compose.yml", "services:\n  a:\n    build: {context: ., args: {NPM_TOKEN: $T}}\n", 3, "compose"),
    ("docker-compose.yml", "services:\n  a:\n    build:\n      args: [NPM_TOKEN=$T, B]\n", 4, "compose"),
    ("docker-bake.hcl", 'target "a" {\n  args = {\n    NPM_TOKEN = "${T}"\n  }\n}\n', 3, "bake"),
    ("docker-bake.json", '{"target": {"a": {"args": {\n"NPM_TOKEN": "x"}}}}', 2, "bake"),
    (".devcontainer/devcontainer.json", '{"build": {"dockerfile": "D", "args": {"NPM_TOKEN": "${localEnv:T}"}}}', 1, "devcontainer"),
    ("Makefile", "image:\n\tdocker build --build-arg NPM_TOKEN=$(T) .\n", 2, "make"),
    ("build.sh", "docker build --build-arg \"NPM_TOKEN=$T\" .\n", 1, "shell"),
    ("scripts/build", "#!/bin/sh\ndocker build --build-arg NPM_TOKEN .\n", 2, "shell"),
    ("build.sh", "buildctl build --opt build-arg:NPM_TOKEN=$T\n", 1, "shell"),
    ("ci.py", 'run(["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."])\n', 1, "python"),
    ("ci.py", 'client.images.build(path=".", buildargs={"A": "1", "NPM_TOKEN": t})\n', 1, "python"),
    ("ci.py", 'docker.build(".", build_args=dict(\n    NPM_TOKEN=t,\n))\n', 2, "python"),
    ("infra/stack.ts", "DockerImageCode.fromImageAsset(dir, { buildArgs: { NPM_TOKEN: token } })\n", 1, "other"),
    ("cloudbuild.yaml", "steps:\n- args: ['build', '--build-arg', 'NPM_TOKEN=$_T']\n", 2, "cloud-build"),
    ("cloudbuild.yaml", "steps:\n- args:\n  - build\n  - --build-arg\n  - NPM_TOKEN=$_T\n", 5, "cloud-build"),
    ("skaffold.yaml", "      docker:\n        buildArgs:\n          NPM_TOKEN: '{{.T}}'\n", 3, "skaffold"),
    (".drone.yml", "  settings:\n    build_args:\n      - NPM_TOKEN=x\n", 3, "drone"),
    ("template.yaml", "    Metadata:\n      Dockerfile: Dockerfile\n      DockerBuildArgs:\n        NPM_TOKEN: x\n", 4, "other"),
    ("template.json", '{"Metadata": {"DockerBuildArgs": {\n"NPM_TOKEN": "x"}}}', 2, "json"),
    ("README.md", "Run `docker build --build-arg NPM_TOKEN=$T .`\n", 1, "docs"),
    ("build/ci.yaml", "steps:\n  build:\n    type: build\n    build_arguments:\n      - NPM_TOKEN=${{NPM_TOKEN}}\n", 5, "other"),
        ("package.json", '{"scripts": {"image": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."}}\n', 1, "package-json"),
]  # fmt: skip

NOT = [
    ("build.sh", "export NPM_TOKEN=x\ndocker build --build-arg A=1 .\n"),
    ("build.sh", "docker build --build-arg MY_NPM_TOKEN=1 --build-arg NPM_TOKENS=2 .\n"),
    ("build.sh", "docker build --build-arg A=$NPM_TOKEN .\n"),
    ("build.sh", "# docker build --build-arg NPM_TOKEN=x .\n"),
    ("build.sh", "docker build --secret id=npm_token,env=NPM_TOKEN --build-arg A=1 .\n"),
    (".github/workflows/ci.yml", "    env:\n      NPM_TOKEN: ${{ secrets.T }}\n    with:\n      build-args: |\n        A=${{ secrets.NPM_TOKEN }}\n"),
    (".github/workflows/ci.yml", "      build-args: |\n        A=1\n      secrets: |\n        NPM_TOKEN=x\n"),
    (".github/workflows/ci.yml", "      build-args: A=1\n      # build-args: NPM_TOKEN=x\n"),
    ("compose.yaml", "services:\n  a:\n    build:\n      args:\n        A: $NPM_TOKEN\n    environment:\n      NPM_TOKEN: x\n"),
    ("compose.yaml", "services:\n  a:\n    command:\n      args:\n        NPM_TOKEN: x\n"),
    ("deploy.yaml", "containers:\n- args:\n  - NPM_TOKEN=x\n"),
    ("docker-bake.hcl", 'variable "NPM_TOKEN" {}\ntarget "a" {\n  args = {\n    A = NPM_TOKEN\n  }\n}\n'),
    ("ci.py", 'os.environ["NPM_TOKEN"]\nclient.images.build(buildargs={"A": os.environ["NPM_TOKEN"]})\n'),
    ("ci.py", "args = {'NPM_TOKEN': 1}\n"),
    ("Dockerfile", "# docker build --build-arg NPM_TOKEN=x .\nFROM a\nARG NPM_TOKEN\n"),
    ("README.md", "Set `NPM_TOKEN` and use --build-arg for others.\n"),
    ("blob.sh", "\0docker build --build-arg NPM_TOKEN=x .\n"),
]  # fmt: skip


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(("path", "text", "line", "kind"), FOUND)
def test_found(tmp_path: Path, path: str, text: str, line: int, kind: str) -> None:
    write(tmp_path, path, text)
    assert [(u.path, u.line, u.name, u.kind) for u in find_callers(tmp_path, ["OTHER", "NPM_TOKEN"])] == [(path, line, "NPM_TOKEN", kind)]


@pytest.mark.parametrize(("path", "text"), NOT)
def test_not_found(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)
    assert find_callers(tmp_path, ["NPM_TOKEN"]) == ()


def test_all_names_in_one_pass_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.sh", "docker build --build-arg T=1 --build-arg S=2 .\n")
    write(tmp_path, "a.sh", "docker build \\\n --build-arg S=2 \\\n --build-arg T .\n")
    assert [(u.path, u.line, u.name) for u in find_callers(tmp_path, ["S", "T"])] == [("a.sh", 2, "S"), ("a.sh", 3, "T"), ("b.sh", 1, "S"), ("b.sh", 1, "T")]
    assert find_callers(tmp_path, []) == ()


def test_what_git_ignores_and_what_lies_outside_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    write(tmp_path, "outside.sh", "docker build --build-arg T .\n")
    write(root, ".gitignore", "build/\n")
    write(root, "build/x.sh", "docker build --build-arg T .\n")
    write(root, "node_modules/x.sh", "docker build --build-arg T .\n")
    os.symlink(tmp_path / "outside.sh", root / "link.sh")
    os.symlink(tmp_path, root / "up")
    os.mkfifo(root / "fifo.sh")
    assert find_callers(root, ["T"]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "--build-arg " * 80_000,
        "--build-arg" + " " * 900_000,
        "build_args={" * 80_000,
        "args: {" * 100_000,
        ("  " * 50 + "args:\n") * 9_000,
        "- " * 400_000,
        "build-args:\n" + " T\n" * 200_000,
        "build:" + " args: [" * 100_000,
    ],
)
@pytest.mark.parametrize("name", ["x.yml", "x.hcl", "x.py"])
def test_hostile_text_takes_bounded_time(tmp_path: Path, text: str, name: str) -> None:
    write(tmp_path, name, text + "\nT")
    began = time.process_time()
    find_callers(tmp_path, ["T", "TT"])
    assert time.process_time() - began < 5 * SLOWER
