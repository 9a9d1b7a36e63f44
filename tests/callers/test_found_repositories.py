"""What trying whole repositories against the law "both halves or none" has found: each case went wrong once, as a user runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import CallerUse, Options, Outcome
from tests.pipeline.test_halves import changed, lay

DOCKERFILE = 'FROM alpine:3.20\nARG NPM_TOKEN\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com\n'
BUILD = "docker build --build-arg NPM_TOKEN .\n"
MOVED = "docker build --secret id=npm_token,env=NPM_TOKEN .\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def fixed(**options: object) -> Outcome:
    return pipeline.run(["."], Options(**options))  # type: ignore[arg-type]


def after(outcome: Outcome, path: str) -> str:
    return next(f.after for f in outcome.files if os.path.normpath(f.path) == path).decode()


def told(outcome: Outcome) -> list[CallerUse]:
    return [use for file in outcome.files for use in file.callers]


def test_a_dockerfile_that_is_a_link(repo: Path) -> None:
    lay(repo, {"docker/prod/Dockerfile": DOCKERFILE, "build.sh": BUILD})
    (repo / "Dockerfile").symlink_to("docker/prod/Dockerfile")
    assert changed(fixed()) == {"build.sh": MOVED}


def test_a_folder_that_is_a_link(repo: Path) -> None:
    lay(repo, {"real/Dockerfile": DOCKERFILE, "build.sh": "docker build --build-arg NPM_TOKEN link\n"})
    (repo / "link").symlink_to("real")
    assert changed(fixed()) == {"build.sh": "docker build --secret id=npm_token,env=NPM_TOKEN link\n"}


def test_a_script_beside_a_dockerfile_that_is_a_link(repo: Path) -> None:
    lay(repo, {"docker/Dockerfile": DOCKERFILE, "app/build.sh": BUILD})
    (repo / "app/Dockerfile").symlink_to("../docker/Dockerfile")
    assert changed(fixed()) == {"app/build.sh": MOVED}


BASE = 'FROM alpine:3.20\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com\n'
SINK = (
    'FROM node:20\nARG NPM_TOKEN\nRUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > /root/.npmrc\nRUN npm install -g @acme/cli\n'
)
COPIED = "FROM node:20\nCOPY .npmrc /root/.npmrc\nRUN npm install -g @acme/cli\n"
NPMRC = "//npm.example.com/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789\n"
BOTH = "image:\n\tdocker build -t $(REGISTRY)/tools:$(TAG) --build-arg NPM_TOKEN base\n\tdocker build -t shop app\n"


@pytest.mark.parametrize(
    ("base", "app"),
    [
        (BASE, 'FROM acme/base\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'),
        (BASE, 'ARG TAG=1\nFROM acme/base:${TAG} AS build\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'),
        (BASE, 'FROM registry.example.com/tools:1\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'),
        (BASE, 'ARG BASE\nFROM $BASE\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'),
        (BASE, "FROM acme/base\nCOPY package.json .npmrc ./\nRUN npm ci\n"),
        (SINK, "FROM acme/base\nCOPY package.json ./\nRUN npm ci\n"),
        (SINK, "FROM node:20\nCOPY --from=acme/base /root/.npmrc /app/\nRUN cd /app && npm ci\n"),
        (COPIED, "FROM acme/base\nCOPY package.json ./\nRUN npm ci\n"),
    ],
)
def test_an_image_that_another_dockerfile_lives_on(repo: Path, base: str, app: str) -> None:
    lay(repo, {"base/Dockerfile": base, "base/.npmrc": NPMRC, "app/Dockerfile": app, "app/package.json": "{}", "Makefile": BOTH})
    lay(repo, {"app/.npmrc": "//npm.example.com/:_authToken=${NPM_TOKEN}\n"})
    for options in ({}, {"unsafe": True}, {"dockerfile_only": True}, {"transition": True}):
        outcome = fixed(**options)
        assert after(outcome, "base/Dockerfile") == base
        assert not outcome.changes
        assert "transition" in options or "built-upon" in {f.reason for file in outcome.files for f in file.findings}


@pytest.mark.parametrize(
    "app",
    [
        "FROM acme/base\nCOPY package.json ./\nRUN echo none\n",
        "FROM node:20\nCOPY package.json ./\nRUN npm ci\n",
        "FROM acme/other\nCOPY package.json ./\nRUN npm ci\n",
        "FROM acme/base\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n",
    ],
)
def test_an_image_on_which_nobody_lives(repo: Path, app: str) -> None:
    lay(repo, {"base/Dockerfile": SINK, "app/Dockerfile": app, "app/package.json": "{}", "Makefile": BOTH})
    assert "--secret id=npm_token" in changed(fixed())["Makefile"]


STAGES = 'FROM node:20 AS dev\nRUN npm --version\nFROM dev AS prod\nARG NPM_TOKEN\nRUN curl -H "A: $NPM_TOKEN" https://npm.example.com\n'


def test_a_build_of_a_stage_that_has_no_use_for_the_secret(repo: Path) -> None:
    lay(repo, {"Dockerfile": STAGES + "FROM prod AS test\nRUN true\n", "compose.yaml": "services: {dev: {build: {context: ., target: dev}}}\n"})
    lay(repo, {"build.sh": "docker build --target dev .\ndocker build --target=prod --build-arg NPM_TOKEN .\ndocker build --target Test .\n"})
    assert [(u.path, u.line, u.reason) for u in told(fixed())] == [("build.sh", 2, ""), ("build.sh", 3, "caller-without")]


def test_a_stage_that_takes_from_one_that_mounts_the_secret(repo: Path) -> None:
    more = "FROM alpine AS copy\nCOPY --from=prod /a /a\nFROM alpine AS bind\nRUN --mount=type=bind,from=copy,target=/x true\nFROM alpine AS not\nRUN true\n"
    lay(repo, {"Dockerfile": STAGES + more, "build.sh": "".join(f"docker build --target {t} .\n" for t in ("copy", "bind", "not", "$T"))})
    assert [u.line for u in told(fixed())] == [1, 2, 4]


def test_a_file_that_a_stage_has_no_use_for_is_not_handed_to_its_build(repo: Path) -> None:
    text = "FROM node:20 AS dev\nRUN npm --version\nFROM dev AS prod\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci\nRUN rm .npmrc\n"
    lay(repo, {"Dockerfile": text, "package.json": "{}", ".npmrc": NPMRC, "build.sh": "docker build --target dev .\ndocker build .\n"})
    assert changed(fixed()) == {"build.sh": "docker build --target dev .\ndocker build --secret id=npmrc,src=.npmrc .\n"}


def test_a_builder_without_mounts_that_builds_a_stage_which_needs_none(repo: Path) -> None:
    lay(repo, {"Dockerfile": STAGES, "build.sh": "DOCKER_BUILDKIT=0 docker build --target dev .\n"})
    assert after(fixed(), "Dockerfile") == STAGES


UNUSED = "FROM alpine\nARG NPM_TOKEN=none\nRUN echo hello\n"
MONOREPO = "a:\n\tcd a && docker build --build-arg NPM_TOKEN .\nb:\n\tdocker build --build-arg NPM_TOKEN b\n"


def test_an_arg_that_goes_unused_is_taken_by_nothing_any_more(repo: Path) -> None:
    loop = "all:\n\tfor d in a b; do docker build --build-arg NPM_TOKEN $$d; done\n"
    lay(repo, {"a/Dockerfile": DOCKERFILE, "b/Dockerfile": UNUSED, "Makefile": MONOREPO + loop})
    outcome = fixed()
    assert changed(outcome)["Makefile"].splitlines()[1::2] == [
        "\tcd a && docker build --secret id=npm_token,env=NPM_TOKEN .",
        "\tdocker build --build-arg NPM_TOKEN b",
        "\tfor d in a b; do docker build --secret id=npm_token,env=NPM_TOKEN $$d; done",
    ]
    assert [(os.path.normpath(u.path), u.line) for f in outcome.files if f.path == "b/Dockerfile" for u in f.callers] == [("Makefile", 4)]


def test_what_builds_another_dockerfile_is_not_told_to_stop_passing_its_arg(repo: Path) -> None:
    other = "FROM alpine\nARG NPM_TOKEN\nLABEL token=$NPM_TOKEN\n"
    lay(repo, {"a/Dockerfile": other, "b/Dockerfile": UNUSED, "Makefile": MONOREPO})
    assert [u.line for f in fixed().files if f.path == "b/Dockerfile" for u in f.callers] == [4]


def test_a_compose_file_that_is_rewritten_passes_nothing_to_its_other_dockerfile(repo: Path) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, "Dockerfile.dev": UNUSED})
    lay(repo, {"compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n"})
    lay(repo, {"compose.override.yaml": "services:\n  a:\n    build:\n      dockerfile: Dockerfile.dev\n"})
    outcome = fixed()
    assert [f.path for f in outcome.files if f.callers] == ["Dockerfile"]


OWN = "https://github.com/acme/shop.git#main"


@pytest.mark.parametrize(
    ("path", "before", "becomes"),
    [
        ("build.sh", f"docker build --build-arg NPM_TOKEN {OWN}\n", f"docker build --secret id=npm_token,env=NPM_TOKEN {OWN}\n"),
        ("build.sh", f"docker build --build-arg NPM_TOKEN -f app/Dockerfile {OWN}\n", f"docker build --secret id=npm_token,env=NPM_TOKEN -f app/Dockerfile {OWN}\n"),
        ("ci/build.sh", f"docker build --build-arg NPM_TOKEN '{OWN}:app'\n", f"docker build --secret id=npm_token,env=NPM_TOKEN '{OWN}:app'\n"),
        ("build.sh", "docker build --build-arg NPM_TOKEN -f Dockerfile https://github.com/acme/other.git\n", ""),
        ("build.sh", "docker build --build-arg NPM_TOKEN https://github.com/acme/other.git#main:app\n", ""),
        ("docker-bake.hcl", f'variable "NPM_TOKEN" {{}}\ntarget "a" {{\n  context = "{OWN}"\n  args = {{ NPM_TOKEN = NPM_TOKEN }}\n}}\n', f'variable "NPM_TOKEN" {{}}\ntarget "a" {{\n  context = "{OWN}"\n  secret = ["id=npm_token,env=NPM_TOKEN"]\n}}\n'),
        (
            "compose.yaml", f"services:\n  a:\n    build:\n      context: {OWN}:app\n      args: [NPM_TOKEN]\n",
            f"services:\n  a:\n    build:\n      context: {OWN}:app\n      secrets:\n        - npm_token\nsecrets:\n  npm_token:\n    environment: NPM_TOKEN\n",
        ),
        (
            ".github/workflows/a.yml",
            f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: {OWN}\n          build-args: NPM_TOKEN=${{{{ secrets.T }}}}\n",
            f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: {OWN}\n          secrets: npm_token=${{{{ secrets.T }}}}\n",
        ),
    ],
)  # fmt: skip
def test_a_context_that_is_fetched_may_be_this_repository(repo: Path, path: str, before: str, becomes: str) -> None:
    lay(repo, {".git/config": '[remote "origin"]\n\turl = git@github.com:acme/shop.git\n', path: before})
    lay(repo, {"Dockerfile": DOCKERFILE, "app/Dockerfile": DOCKERFILE})
    assert changed(fixed()).get(path, "") == becomes


NOTHING = "FROM alpine\nRUN true\n"
PODMAN = "podman build --build-arg NPM_TOKEN .\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"Containerfile": DOCKERFILE, "Dockerfile": NOTHING}, PODMAN),
        ({"Containerfile": DOCKERFILE}, PODMAN),
        ({"Containerfile": DOCKERFILE}, "buildah bud --build-arg NPM_TOKEN .\n"),
        ({"app/Containerfile": DOCKERFILE, "other/Containerfile": NOTHING}, 'podman build --build-arg NPM_TOKEN "$1"\n'),
        ({"Containerfile": NOTHING, "Dockerfile": DOCKERFILE}, "podman build -f Dockerfile --build-arg NPM_TOKEN .\n"),
        ({"dockerfile": DOCKERFILE}, BUILD),
    ],
)
def test_the_file_that_a_builder_takes_by_itself(repo: Path, files: dict[str, str], command: str) -> None:
    lay(repo, {**files, "build.sh": command})
    assert changed(fixed()) == {"build.sh": command.replace("--build-arg NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")}


def test_docker_takes_no_containerfile_by_itself(repo: Path) -> None:
    lay(repo, {"Containerfile": DOCKERFILE, "Dockerfile": UNUSED.replace("NPM_TOKEN", "OTHER"), "build.sh": BUILD})
    assert not changed(fixed())


def test_what_an_override_hands_over_its_compose_file_does_not_lack(repo: Path) -> None:
    override = "services:\n  a:\n    build:\n      args:\n        - NPM_TOKEN\n"
    lay(repo, {"Dockerfile": DOCKERFILE, "compose.yaml": "services:\n  a:\n    build: .\n  b:\n    build: .\n", "compose.override.yaml": override})
    assert [(u.path, u.line, u.reason) for u in told(fixed())] == [("compose.override.yaml", 5, ""), ("compose.yaml", 5, "caller-without")]
    assert pipeline.write.write(fixed()).changes
    assert [(u.path, u.line, u.reason) for u in told(fixed())] == [("compose.yaml", 5, "caller-without")]


def test_a_secret_that_was_passed_beside_the_build_arg_may_be_another_one(repo: Path) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, "build.sh": "docker build --secret id=npm_token,env=OLD --build-arg NPM_TOKEN .\n"})
    outcome = fixed()
    assert changed(outcome) == {"build.sh": "docker build --secret id=npm_token,env=OLD .\n"}
    assert ["was passed there already" in u.message for u in told(outcome)] == [True]


@pytest.mark.parametrize(("target", "stands"), [("--target builder ", True), ("--target final ", False), ("", False)])
def test_the_stage_that_is_built_is_the_one_to_live_on(repo: Path, target: str, stands: bool) -> None:
    base = BASE.replace("alpine:3.20", "alpine:3.20 AS builder") + "FROM alpine AS final\nCOPY --from=builder /x /x\n"
    app = 'FROM acme/base\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'
    lay(repo, {"base/Dockerfile": base, "app/Dockerfile": app, "build.sh": f"docker build {target}-t acme/base --build-arg NPM_TOKEN base\n"})
    assert (after(fixed(), "base/Dockerfile") == base) is stands


INLINE = "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM node:20\n        COPY .npmrc /root/\n        RUN npm ci\n"
HEREDOC = "docker build -f - . <<'END'\nFROM node:20\nCOPY package.json .npmrc ./\nRUN npm ci\nEND\n"


@pytest.mark.parametrize(("path", "text"), [("compose.yaml", INLINE), ("build.sh", HEREDOC)])
def test_a_dockerfile_in_a_caller_still_finds_its_file_in_the_context(repo: Path, path: str, text: str) -> None:
    lay(repo, {"Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY .npmrc package.json ./\nRUN npm ci\n", ".npmrc": NPMRC, path: text})
    assert "--mount=type=secret,id=npmrc" in after(fixed(), "Dockerfile")
    assert not any(f.ignore for f in fixed().files)
    (repo / path).write_text(text.replace(".npmrc", ""))
    assert any(f.ignore for f in fixed().files)


UNREAD = {
    "build.gradle.kts": 'docker { buildArgs(mapOf("NPM_TOKEN" to System.getenv("NPM_TOKEN"))) }\n',
    "a/build.gradle.kts": 'tasks.create("img", DockerBuildImage::class) {\n    buildArgs.put("NPM_TOKEN", System.getenv("NPM_TOKEN"))\n}\n',
    "pom.xml": "<artifactId>docker-maven-plugin</artifactId>\n<build><args><NPM_TOKEN>${env.NPM_TOKEN}</NPM_TOKEN></args></build>\n",
    "b/pom.xml": "<artifactId>dockerfile-maven-plugin</artifactId>\n<buildArgs>\n  <NPM_TOKEN>${env.NPM_TOKEN}</NPM_TOKEN>\n</buildArgs>\n",
    "Build.cs": 'DockerTasks.DockerBuild(s => s.SetBuildArg($"NPM_TOKEN={Token}").SetPath("."));\n',
    "main.go": 'opts := types.ImageBuildOptions{Dockerfile: "Dockerfile", BuildArgs: map[string]*string{\n\t"NPM_TOKEN": &token,\n}}\n',
    "A.java": 'new ImageFromDockerfile().withDockerfile(path).withBuildArg("NPM_TOKEN", token);\n',
    "build.rb": 'Docker::Image.build_from_dir(".", { "buildargs" => { NPM_TOKEN: ENV["NPM_TOKEN"] }.to_json })\n',
    "build.ts": 'const args = ["NPM_TOKEN"];\nexeca("docker", ["build", ...args.flatMap((a) => ["--build-arg", `${a}=${process.env[a]}`]), "."]);\n',
    "config/deploy.yml": 'service: shop\nbuilder:\n  arch: amd64\n  args:\n    NPM_TOKEN: <%= ENV["NPM_TOKEN"] %>\n',
    "okteto.yml": "build:\n  app:\n    context: .\n    args:\n      - NPM_TOKEN=$NPM_TOKEN\n",
    "werf.yaml": 'image: app\ndockerfile: Dockerfile\nargs:\n  NPM_TOKEN: {{ env "NPM_TOKEN" }}\n',
}


@pytest.mark.parametrize("path", UNREAD)
def test_what_builds_in_a_language_that_is_not_read_is_not_overlooked(repo: Path, path: str) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, path: UNREAD[path]})
    assert [(u.path, u.reason) for u in told(fixed())] == [(path, "caller-not-read")]
    assert after(fixed(), "Dockerfile") == DOCKERFILE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("values.yaml", "image: docker/app\nenv:\n  NPM_TOKEN: x\nargs:\n  - NPM_TOKEN\n"),
        ("main.go", "// docker\nvar token = os.Getenv(\"NPM_TOKEN\")\n" + "// none\n" * 200 + 'args = append(args, "--build-arg", "VERSION=1")\n'),
        ("main.go", '// docker build --build-arg NPM_TOKEN=x .\nvar a = []string{"--build-arg", "MY_NPM_TOKEN=x", "NPM_TOKENS"}\n'),
    ],
)
def test_what_only_has_the_name_passes_nothing(repo: Path, path: str, text: str) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, path: text})
    assert not told(fixed())


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile.j2": DOCKERFILE, "build.sh": BUILD},
        {"app/Dockerfile.tmpl": DOCKERFILE, "Makefile": "image:\n\t./render app\n\tdocker build --build-arg NPM_TOKEN app\n"},
        {"build.sh": "cat base.txt docker/Dockerfile > Dockerfile\n" + BUILD},
        {"build.sh": 'render -o "$OUT/Dockerfile"\n' + BUILD},
    ],
)
def test_a_dockerfile_that_is_made_before_the_build_is_not_the_one_elsewhere(repo: Path, files: dict[str, str]) -> None:
    lay(repo, {"docker/Dockerfile": DOCKERFILE, **files})
    assert {u.reason for u in told(fixed())} == {"caller-which-file"}
    assert after(fixed(), "docker/Dockerfile") == DOCKERFILE


def test_a_file_with_build_args_may_hand_the_secret_over(repo: Path) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, "args.env": "NPM_TOKEN=abc\n"})
    for command in ("podman build --build-arg-file args.env .\n", "buildah bud --build-arg-file=args.env .\n"):
        lay(repo, {"build.sh": command})
        assert {u.reason for u in told(fixed())} == {"caller-arguments"}


@pytest.mark.parametrize(
    "text",
    [
        "x-env: &env\n  NPM_TOKEN: ${NPM_TOKEN}\nservices:\n  a:\n    environment: *env\n    build: {context: ., args: *env}\n",
        "services:\n  a:\n    build:\n      context: .\n      args: &args\n        NPM_TOKEN: ${NPM_TOKEN}\n        X: 1\n    environment:\n      <<: *args\n",
        "x-e: &e\n  - NPM_TOKEN\nservices:\n  a:\n    build: {context: ., args: *e}\n  b:\n    image: b\n    environment: *e\n",
    ],
)
def test_args_that_a_container_gets_by_the_same_anchor(repo: Path, text: str) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, "compose.yaml": text})
    assert [u.reason for u in told(fixed())] == ["caller-shared"]


PYTHON = 'import os, subprocess\nargs = ["--build-arg", f"NPM_TOKEN={os.environ[\'NPM_TOKEN\']}"]\nsubprocess.run(["docker", "build", *args, "."])\n'


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ('subprocess.run(["./deploy.sh", *args])\n', ["caller-shared"]),
        ('cmd = ["./deploy.sh"]\ncmd += args\nsubprocess.run(cmd)\n', ["caller-shared"]),
        ('args = ["--all"]\nsubprocess.run(["./deploy.sh", *args])\n', [""]),
        ('subprocess.run(["docker", "push", "app"])\n', [""]),
        ("print(args)\n", [""]),
    ],
)
def test_arguments_of_python_that_go_to_another_program_too(repo: Path, more: str, reasons: list[str]) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE, "build.py": PYTHON + more})
    assert [u.reason for u in told(fixed())] == reasons


@pytest.mark.parametrize("git", ["sub/.git/HEAD", "sub/.git"])
def test_the_repository_around_another_one_calls_its_build(repo: Path, git: str) -> None:
    lay(repo, {git: "gitdir: ../.git/modules/sub\n", "sub/Dockerfile": DOCKERFILE, "sub/build.sh": BUILD, "Makefile": "all:\n\tdocker build --build-arg NPM_TOKEN sub\n"})
    assert set(changed(fixed())) == {"Makefile", "sub/build.sh"}
    lay(repo, {"main.go": 'exec.Command("docker", "build", "--build-arg", "NPM_TOKEN", "sub")\n'})
    assert not changed(fixed())
    os.chdir("sub")
    assert set(changed(fixed())) == {"build.sh"}


@pytest.mark.parametrize(("middle", "stands"), [("acme/base", True), ("alpine", False)])
def test_an_image_that_stands_on_one_that_stands_on_it(repo: Path, middle: str, stands: bool) -> None:
    app = 'FROM acme/mid\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com/app\n'
    lay(repo, {"one/Dockerfile": BASE, "two/Dockerfile": f"FROM {middle}\nRUN true\n", "three/Dockerfile": app})
    lay(repo, {"build.sh": "docker build -t acme/base --build-arg NPM_TOKEN one\ndocker build -t acme/mid two\ndocker build three\n"})
    assert (after(fixed(), "one/Dockerfile") == BASE) is stands
