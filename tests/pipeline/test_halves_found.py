"""Where the two halves meet: cases that went wrong once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import CallerUse, Options, Outcome
from remediate.report.as_patch import as_patch
from remediate.report.terminal import Style
from remediate.report.text import Mode, render

from .test_halves import DOCKERFILE, KANIKO, NPMRC, SCRIPT, changed, fixed, lay

COPIED = {
    "Dockerfile": 'FROM node:20\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci\nRUN rm .npmrc\nCMD ["node", "x.js"]\n',
    ".npmrc": "//npm.example.com/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789\n",
    "package.json": "{}",
}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, {"Dockerfile": DOCKERFILE, ".npmrc": NPMRC, "package.json": "{}"})
    return tmp_path


def report(outcome: Outcome, mode: Mode = Mode.WOULD_FIX) -> str:
    return "\n".join(render(outcome, mode, Style(False), {}))


def callers(outcome: Outcome) -> list[CallerUse]:
    return list(outcome.files[0].callers)


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("build.rb", '# docker build is used\nsystem "docker build ."\n', "caller-not-read"),
        ("build.js", 'spawn("docker", ["build", "."])\n', "caller-not-read"),
        ("compose.yaml", "services:\n  {{ name }}:\n    build: .\n", "caller-format"),
    ],
)
def test_a_build_that_is_not_understood_holds_a_copied_file(repo: Path, path: str, text: str, reason: str) -> None:
    """The file came with the build context; from the fix on that build has to hand it over."""
    lay(repo, COPIED | {path: text})
    done = fixed()
    assert done.files[0].after == done.files[0].before and not done.files[0].ignore
    assert [(c.path, c.reason) for c in callers(done)] == [(path, reason)]
    assert "--transition" not in done.files[0].findings[0].advice


@pytest.mark.parametrize("text", ['# docker build .\n', 'puts "docker build ."\n', 'system "docker build --secret id=npmrc,src=.npmrc ."\n'])
def test_what_builds_nothing_or_hands_it_over_does_not_hold(repo: Path, text: str) -> None:
    lay(repo, COPIED | {"build.rb": text})
    assert b"--mount=type=secret,id=npmrc" in fixed().files[0].after


def test_by_hand_for_a_copied_file_names_the_file(repo: Path) -> None:
    lay(repo, COPIED | {".gitlab-ci.yml": KANIKO.replace(" --build-arg NPM_TOKEN=$NPM_TOKEN", "")})
    done = fixed()
    said = "\n".join(callers(done)[0].by_hand)
    assert "id=npmrc,src=.npmrc" in said and "env=" not in said
    lay(repo, {".gitlab-ci.yml": "", "build.sh": "docker build .\n"})
    left = fixed(dockerfile_only=True)
    assert callers(left)[0].by_hand == ("--secret id=npmrc,src=.npmrc",)


def test_a_key_for_the_agent_is_no_secret_by_hand(repo: Path) -> None:
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----\n"
    lay(repo, {
        "Dockerfile": "FROM alpine:3.19\nRUN apk add git openssh\nCOPY id_rsa /root/.ssh/id_rsa\n"
        "RUN chmod 600 /root/.ssh/id_rsa && git clone git@github.com:o/r.git /r\nRUN rm /root/.ssh/id_rsa\n",
        "id_rsa": key, ".gitlab-ci.yml": KANIKO.replace(" --build-arg NPM_TOKEN=$NPM_TOKEN", ""),
    })  # fmt: skip
    assert callers(fixed())[0].by_hand == ("--ssh default",)


def test_a_caller_that_builds_with_buildah_gets_a_file(repo: Path) -> None:
    """Which Buildah runs there is not known, and older ones have no `env=` on a mount."""
    lay(repo, {"build.sh": SCRIPT, "ci/build.sh": "cd ..\nbuildah bud --build-arg NPM_TOKEN=$NPM_TOKEN .\n"})
    done = fixed()
    assert b'NPM_TOKEN="$(cat /run/secrets/npm_token)"' in done.files[0].after
    assert any("ci/build.sh:2 builds with buildah" in note for note in done.files[0].notes)
    assert b"env=NPM_TOKEN" in fixed(delivery="env").files[0].after


def test_ids_of_a_matrix_are_used(repo: Path) -> None:
    one = 'FROM a\nARG NPM_TOKEN\nRUN curl -H "$NPM_TOKEN" https://npm.example.com\n'
    lay(repo, {
        "a/Dockerfile": one, "b/Dockerfile": one,
        "build.sh": "for d in a b; do docker build --secret id=npm-token,env=NPM_TOKEN --build-arg NPM_TOKEN=$NPM_TOKEN $d; done\n",
    })  # fmt: skip
    done = pipeline.run(["a", "b"], Options())
    assert all(b"id=npm-token,env=NPM_TOKEN" in f.after for f in done.files)
    assert changed(done)["build.sh"] == "for d in a b; do docker build --secret id=npm-token,env=NPM_TOKEN $d; done\n"


def test_callers_are_counted_and_those_that_wait_share_a_line(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT, "other.sh": SCRIPT, ".gitlab-ci.yml": KANIKO})
    text = report(fixed())
    assert "caller: build.sh:2, other.sh:2: go on passing NPM_TOKEN until the caller that is refused is changed [caller-waits]" in text
    assert text.endswith("1 finding in 1 Dockerfile: 1 waits for a caller; callers: 1 for a person to change, 2 waiting for these")


def test_the_same_refusal_of_many_dockerfiles_is_said_once(repo: Path) -> None:
    one = 'FROM a\nARG NPM_TOKEN\nRUN curl -H "$NPM_TOKEN" https://npm.example.com\n'
    lay(repo, {f"d{n}/Dockerfile": one for n in range(9)} | {"build.rb": 'system "docker build --build-arg NPM_TOKEN=#{t} ."\n'})
    text = report(pipeline.run([f"d{n}" for n in range(9)], Options()))
    assert text.count("  by hand: ") == 1
    assert text.count(": see d0/Dockerfile") == 8


def test_the_patch_says_what_waits(repo: Path) -> None:
    lay(repo, {
        "b/Dockerfile": 'FROM a\nARG GH_TOKEN\nRUN curl -H "$GH_TOKEN" https://x.example\n',
        "build.sh": "docker build --build-arg GH_TOKEN=$GH_TOKEN b\n", ".gitlab-ci.yml": KANIKO,
    })  # fmt: skip
    assert b"# not in this patch: NPM_TOKEN of Dockerfile: waits for a caller, see the report\n" in as_patch(fixed())


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.WOULD_FIX])
def test_only_what_is_shown_is_said_to_be_shown(repo: Path, mode: Mode) -> None:
    lay(repo, {".gitlab-ci.yml": KANIKO})
    done = fixed()
    if mode is Mode.CHECK:
        done = done._replace(files=tuple(f._replace(shown=b"") for f in done.files))
    assert ("shown, not written" in report(done, mode)) is (mode is not Mode.CHECK)


def test_a_caller_above_the_working_directory(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The patch is whole: what it names is relative to one folder."""
    subprocess.run(["git", "init", "-q"], cwd=repo, check=True)
    lay(repo, {"app/Dockerfile": DOCKERFILE, "app/.npmrc": NPMRC, "app/package.json": "{}", "build.sh": SCRIPT.replace("-t app .", "app")})
    (repo / "Dockerfile").unlink()
    monkeypatch.chdir(repo / "app")
    done = fixed()
    subprocess.run(["git", "apply", "-"], cwd=repo, input=as_patch(done), check=True)
    assert "--secret id=npm_token" in (repo / "build.sh").read_text()
    assert "--mount=type=secret" in (repo / "app/Dockerfile").read_text()
    assert str(repo / "build.sh") in report(done)


def test_the_repository_around_a_submodule_calls_its_build(repo: Path) -> None:
    lay(repo, {
        "sub/.git": "gitdir: ../.git/modules/sub\n", "sub/Dockerfile": DOCKERFILE, "sub/.npmrc": NPMRC, "sub/package.json": "{}",
        "sub/build.sh": SCRIPT, "build.sh": SCRIPT.replace("-t app .", "sub"),
    })  # fmt: skip
    (repo / "Dockerfile").unlink()
    assert set(changed(fixed())) == {"build.sh", "sub/build.sh"}


def test_a_build_arg_that_nothing_takes_any_more_is_said(repo: Path) -> None:
    lay(repo, {"Dockerfile": "FROM a\nARG NPM_TOKEN\nRUN mkdir /x\n", "build.sh": SCRIPT})
    assert "build.sh:2: still passes NPM_TOKEN as a build arg (shell), and nothing takes it any more: take it out there" in report(fixed())


def test_a_refusal_of_the_dockerfile_is_no_waiting(repo: Path) -> None:
    lay(repo, {
        "Dockerfile": "FROM python:3.12\nARG PIP_PASSWORD\nARG PIP_EXTRA_INDEX_URL=https://u:$PIP_PASSWORD@pypi.example.com/simple\nRUN pip install x\n",
        "build.sh": "docker build --build-arg PIP_EXTRA_INDEX_URL=$URL .\n",
    })  # fmt: skip
    assert "not fixed [caller-passes-value]" in report(fixed())


CURL = 'FROM alpine:3.19\nARG NPM_TOKEN\nRUN curl -H "$NPM_TOKEN" https://npm.example.com\n'
NEAR = {
    "a/build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n",
    "a/build.py": 'import subprocess\nsubprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n',
    "a/.gitlab-ci.yml": "build:\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n",
    "a/README.md": "```sh\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n```\n",
}


@pytest.mark.parametrize("path", NEAR)
def test_a_script_beside_its_dockerfile_with_another_one_at_the_root(repo: Path, path: str) -> None:
    """Nothing in it says where it is started: of the two, the one that takes the build arg is meant."""
    lay(repo, {"Dockerfile": "FROM alpine:3.19\nRUN true\n", "a/Dockerfile": CURL, path: NEAR[path]})
    done = fixed()
    assert "--secret" in changed(done)[path].replace('"--secret"', "--secret")
    assert [(c.path, c.applied) for f in done.files for c in f.callers] == [(path, True)]


@pytest.mark.parametrize(
    "other", ["FROM a\nARG NPM_TOKEN\nLABEL x=$NPM_TOKEN\n", CURL.replace("RUN", "RUN --mount=type=secret,id=npm-tok,env=NPM_TOKEN")]
)
def test_a_script_that_may_build_either_waits_for_both(repo: Path, other: str) -> None:
    lay(repo, {"Dockerfile": CURL, "a/Dockerfile": other, "a/build.sh": NEAR["a/build.sh"]})
    done = fixed()
    assert not done.changes and all(f.after == f.before for f in done.files)
    assert {c.reason for f in done.files for c in f.callers if c.reason} == {"caller-shared"}


@pytest.mark.parametrize(("version", "by_file"), [("1.39", True), ("v1.45.0", False)])
def test_a_buildah_that_is_named_is_known(repo: Path, version: str, by_file: bool) -> None:
    lay(repo, {".gitlab-ci.yml": f"build:\n  image: quay.io/buildah/stable:{version}\n  script:\n    - buildah bud --build-arg NPM_TOKEN=$NPM_TOKEN .\n"})
    assert (b"$(cat /run/secrets/npm_token)" in fixed().files[0].after) is by_file
