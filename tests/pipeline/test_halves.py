"""SPEC 1.7: Dockerfile and callers change together, or the Dockerfile's edit of that secret waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import Applicability, Options, Outcome
from remediate.pipeline import write

DOCKERFILE = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\n"
NPMRC = "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
SCRIPT = "#!/bin/sh\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN -t app .\n"
KANIKO = "build:\n  image: gcr.io/kaniko-project/executor:debug\n  script:\n    - /kaniko/executor --context . --build-arg NPM_TOKEN=$NPM_TOKEN\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, {"Dockerfile": DOCKERFILE, ".npmrc": NPMRC, "package.json": "{}"})
    return tmp_path


def lay(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def fixed(**options: object) -> Outcome:
    return pipeline.run(["."], Options(**options))  # type: ignore[arg-type]


def changed(outcome: Outcome) -> dict[str, str]:
    return {os.path.normpath(c.path): c.after.decode() for c in outcome.changes}


def test_both_halves_change(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT})
    done = fixed()
    assert b"--mount=type=secret,id=npm_token" in done.files[0].after
    assert changed(done) == {"build.sh": "#!/bin/sh\ndocker build --secret id=npm_token,env=NPM_TOKEN -t app .\n"}
    assert [(c.path, c.line, c.applied, c.id) for c in done.files[0].callers] == [("build.sh", 2, True, "npm_token")]


def test_a_supplier_that_cannot_be_rewritten_holds_the_dockerfile_and_the_other_callers(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT, ".gitlab-ci.yml": KANIKO})
    done = fixed()
    file = done.files[0]
    assert file.after == file.before and not done.changes
    assert b"--mount=type=secret" in file.shown
    assert {f.reason for f in file.findings} == {"caller-builder"}
    assert all(f.fix is Applicability.REFUSED and not f.applied for f in file.findings)
    assert {(c.path, c.reason) for c in file.callers} == {(".gitlab-ci.yml", "caller-builder"), ("build.sh", "caller-waits")}
    assert all(c.by_hand for c in file.callers if c.reason == "caller-builder")


def test_only_the_secret_that_waits_is_held(repo: Path) -> None:
    lay(repo, {
        "Dockerfile": "FROM a\nARG NPM_TOKEN\nARG GH_TOKEN\nRUN curl -H \"$NPM_TOKEN\" https://npm.example.com\nRUN curl -H \"$GH_TOKEN\" https://x.example\n",
        "build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN --build-arg GH_TOKEN=$GH_TOKEN .\n",
        "image.rb": 'system "docker build --build-arg NPM_TOKEN=#{t} ."\n',
    })  # fmt: skip
    done = fixed()
    after = done.files[0].after.decode()
    assert "ARG NPM_TOKEN" in after and "ARG GH_TOKEN" not in after
    assert changed(done)["build.sh"] == "docker build --build-arg NPM_TOKEN=$NPM_TOKEN --secret id=gh_token,env=GH_TOKEN .\n"


def test_transition_takes_both_and_waits_for_nobody(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT, ".gitlab-ci.yml": KANIKO})
    done = fixed(transition=True)
    assert b"ARG NPM_TOKEN" in done.files[0].after and b"--mount=type=secret" in done.files[0].after
    assert "--secret id=npm_token" in changed(done)["build.sh"]


def test_dockerfile_only_names_the_callers(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT})
    done = fixed(dockerfile_only=True)
    assert b"--mount=type=secret" in done.files[0].after and not done.changes
    assert [(c.applied, c.reason) for c in done.files[0].callers] == [(False, "caller-left")]


def test_docs_hold_nothing(repo: Path) -> None:
    lay(repo, {"README.md": "Pass `--build-arg NPM_TOKEN=x` to the build.\n"})
    done = fixed()
    assert b"--mount=type=secret" in done.files[0].after


def test_a_language_that_is_not_read_holds(repo: Path) -> None:
    lay(repo, {"build.rb": 'system "docker build --build-arg NPM_TOKEN=#{t} ."\n'})
    done = fixed()
    assert done.files[0].after == done.files[0].before
    assert [c.reason for c in done.files[0].callers] == ["caller-not-read"]


def test_an_id_that_callers_pass_already_is_used(repo: Path) -> None:
    lay(repo, {"build.sh": "docker build --secret id=npm-token,env=NPM_TOKEN --build-arg NPM_TOKEN=$NPM_TOKEN .\n"})
    done = fixed()
    assert b"id=npm-token,env=NPM_TOKEN" in done.files[0].after
    assert changed(done) == {"build.sh": "docker build --secret id=npm-token,env=NPM_TOKEN .\n"}


def test_a_value_from_a_file_is_read_as_a_file_in_the_build(repo: Path) -> None:
    lay(repo, {"build.sh": 'docker build --build-arg NPM_TOKEN="$(cat token.txt)" .\n'})
    done = fixed()
    assert b'NPM_TOKEN="$(cat /run/secrets/npm_token)"' in done.files[0].after
    assert changed(done) == {"build.sh": "docker build --secret id=npm_token,src=token.txt .\n"}
    assert "src=token.txt" not in done.commands[0].shell  # the command is for everybody; the script knows its file


def test_the_reverse_a_mount_whose_caller_still_passes_a_build_arg(repo: Path) -> None:
    lay(repo, {
        "Dockerfile": "FROM node:20\nCOPY package.json .npmrc ./\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n",
        "build.sh": SCRIPT,
    })  # fmt: skip
    done = fixed()
    assert done.files[0].after == done.files[0].before
    assert changed(done)["build.sh"].endswith("docker build --secret id=npm_token,env=NPM_TOKEN -t app .\n")


def test_an_id_that_nobody_passes_is_said(repo: Path) -> None:
    lay(repo, {"build.sh": "docker build -t app .\n"})
    done = fixed()
    assert b"--mount=type=secret" in done.files[0].after
    assert [(c.path, c.line, c.reason, c.holds) for c in done.files[0].callers] == [("build.sh", 1, "caller-without", False)]


def test_two_dockerfiles_of_which_one_still_takes_the_arg(repo: Path) -> None:
    """One loop builds both; the second cannot be fixed, so neither is."""
    lay(repo, {
        "a/Dockerfile": "FROM node:20\nARG NPM_TOKEN\nRUN curl -H \"$NPM_TOKEN\" https://npm.example.com\n",
        "b/Dockerfile": "FROM node:20\nARG NPM_TOKEN\nLABEL token=$NPM_TOKEN\n",
        "build.sh": "for d in a b; do docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f $d/Dockerfile .; done\n",
    })  # fmt: skip
    done = pipeline.run(["a", "b"], Options())
    assert all(f.after == f.before for f in done.files)
    assert "caller-shared" in {c.reason for f in done.files for c in f.callers}


def test_a_dockerfile_of_another_name_is_not_this_build(repo: Path) -> None:
    lay(repo, {"other/Dockerfile": "FROM a\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\n", "build.sh": SCRIPT + "docker build --build-arg NPM_TOKEN=x other\n"})
    done = pipeline.run(["Dockerfile"], Options())
    assert changed(done)["build.sh"].splitlines()[1:] == [
        "docker build --secret id=npm_token,env=NPM_TOKEN -t app .",
        "docker build --build-arg NPM_TOKEN=x other",
    ]


def test_a_copied_credential_file_is_handed_over_by_every_build(repo: Path) -> None:
    lay(repo, {
        "Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci\nRUN rm .npmrc\nCMD [\"node\", \"x.js\"]\n",
        ".npmrc": "//npm.example.com/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789\n",
        "build.sh": "docker build -t app .\n",
    })  # fmt: skip
    done = fixed()
    assert b"--mount=type=secret,id=npmrc" in done.files[0].after
    assert changed(done) == {"build.sh": "docker build --secret id=npmrc,src=.npmrc -t app .\n"}


def test_writing_is_all_or_nothing(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script was changed after it was read: neither half is written."""
    lay(repo, {"build.sh": SCRIPT})
    planned = fixed()
    (repo / "build.sh").write_text(SCRIPT + "# edited\n")
    done = write.write(planned)
    assert (repo / "Dockerfile").read_text() == DOCKERFILE
    assert (repo / "build.sh").read_text() == SCRIPT + "# edited\n"
    assert len(done.errors) == 1 and not done.changes
    assert not any(f.applied for f in done.files[0].findings)


def test_writing_and_again(repo: Path) -> None:
    lay(repo, {"build.sh": SCRIPT})
    write.write(fixed())
    assert "--secret" in (repo / "build.sh").read_text()
    again = fixed()
    assert again.files[0].after == again.files[0].before and not again.changes and not again.files[0].callers


def test_excluded_callers_are_left_alone(repo: Path) -> None:
    lay(repo, {"examples/build.sh": SCRIPT, "remediate.toml": 'exclude = ["examples/"]\n'})
    done = fixed()
    assert b"--mount=type=secret" in done.files[0].after and not done.changes and not done.files[0].callers


def test_a_path_that_a_variable_holds(repo: Path) -> None:
    """`$dir` may hold a whole path; the one Dockerfile that takes the build arg is meant."""
    lay(repo, {"a/b/Dockerfile": DOCKERFILE, "a/b/.npmrc": NPMRC, "a/b/package.json": "{}",
               "build.sh": 'dir=$1\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN -f "${dir}Dockerfile" .\n'})  # fmt: skip
    (repo / "Dockerfile").unlink()
    assert "--secret id=npm_token,env=NPM_TOKEN" in changed(fixed())["build.sh"]


def test_a_dockerfile_that_is_nowhere_may_be_any(repo: Path) -> None:
    lay(repo, {"build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f out/Dockerfile.gen .\n"})
    done = fixed()
    assert done.files[0].after == done.files[0].before
    assert [c.reason for c in done.files[0].callers] == ["caller-which-file"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", 'help:\n\t@echo "docker build --build-arg NPM_TOKEN=... ."\n'),
        ("usage.sh", "#!/bin/sh\nusage() {\n  cat <<EOF\nbuild with docker build --build-arg NPM_TOKEN=x .\nEOF\n}\nusage\n"),
        ("Jenkinsfile", "node { echo 'docker build --build-arg NPM_TOKEN=x .' }\n"),
    ],
)
def test_what_is_only_printed_supplies_nothing(repo: Path, path: str, text: str) -> None:
    lay(repo, {path: text})
    assert b"--mount=type=secret" in fixed().files[0].after


def test_a_dockerfile_that_is_not_there_is_not_another_one_of_its_name_that_takes_nothing(repo: Path) -> None:
    lay(repo, {
        "development.dockerfile": DOCKERFILE, "nginx/Dockerfile": "FROM nginx\n",
        ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n"
        "        with:\n          context: .\n          build-args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n",
    })  # fmt: skip
    (repo / "Dockerfile").unlink()
    done = fixed()
    assert {c.reason for f in done.files for c in f.callers} == {"caller-which-file"}
    assert all(f.after == f.before for f in done.files if f.findings)


@pytest.mark.parametrize("command", ["DOCKER_BUILDKIT=0 docker build -t a .", "/kaniko/executor --context ."])
def test_a_builder_without_mounts_holds_though_it_passes_nothing(repo: Path, command: str) -> None:
    """It could not build the Dockerfile any more."""
    lay(repo, {"b.sh": f"#!/bin/sh\n{command}\n"})
    done = fixed()
    assert done.files[0].after == done.files[0].before
    assert [c.reason for c in done.files[0].callers] == ["caller-builder"]


def test_a_caller_that_passes_nothing_may_be_said_to_go_on_without(repo: Path) -> None:
    """A forgotten secret stops the build, unless the user says that it may be missing."""
    lay(repo, {"build.sh": "docker build --build-arg NPM_TOKEN -t app .\n", "ci.sh": "docker build -t app .\n"})
    done = fixed()
    assert b"RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n" in done.files[0].after
    assert {c.path: (c.reason, c.holds) for c in done.files[0].callers}["ci.sh"] == ("caller-without", False)
    done = fixed(optional=("NPM_TOKEN",))
    assert b"RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci\n" in done.files[0].after
    assert changed(done)["build.sh"] == "docker build --secret id=npm_token,env=NPM_TOKEN -t app .\n"
    assert [c.path for c in done.files[0].callers] == ["build.sh"]


def test_what_an_env_left_empty_stays_empty(repo: Path) -> None:
    lay(repo, {
        "Dockerfile": "FROM node:20\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\nFROM scratch\n",
        "build.sh": "docker build -t app .\n",
    })  # fmt: skip
    after = fixed(optional=("NPM_TOKEN",)).files[0].after
    assert b'env=NPM_TOKEN \\\n    export NPM_TOKEN="${NPM_TOKEN:-}" && \\\n    npm ci\n' in after


def test_several_secrets_that_one_place_keeps_back_are_told_together(repo: Path) -> None:
    from remediate.report.callers import told

    lay(repo, {
        "Dockerfile": "FROM node:20\nARG NPM_TOKEN\nARG GH_TOKEN\nRUN ./fetch $NPM_TOKEN $GH_TOKEN\n",
        ".gitlab-ci.yml": KANIKO.replace("$NPM_TOKEN\n", "$NPM_TOKEN --build-arg GH_TOKEN=$GH_TOKEN\n"),
    })  # fmt: skip
    (lines,) = [lines for _, lines in told(fixed().files[0], "rewritten", {})]
    assert lines[0].endswith("(gitlab): GH_TOKEN, NPM_TOKEN") and sum("id=gh_token" in line or "id=npm_token" in line for line in lines) >= 2


@pytest.mark.parametrize(("value", "said"), [("secrets.T", False), ("matrix.own && secrets.T || ''", True), ("secrets.T || 'x'", False)])
def test_an_expression_that_may_give_nothing_is_told(repo: Path, value: str, said: bool) -> None:
    """The action passes no secret whose value is empty; it did pass an empty build arg."""
    lay(repo, {
        ".github/workflows/image.yml": "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          build-args: |\n"
        f"            NPM_TOKEN=${{{{ {value} }}}}\n",
    })  # fmt: skip
    done = fixed()
    assert f"npm_token=${{{{ {value} }}}}" in changed(done)[".github/workflows/image.yml"]
    assert b"env=NPM_TOKEN,required=true npm ci" in done.files[0].after
    assert ("under a condition" in done.files[0].callers[0].message) is said


def test_a_remark_behind_an_arg_is_no_build_arg(repo: Path) -> None:
    lay(repo, {"Dockerfile": DOCKERFILE.replace("ARG NPM_TOKEN\n", "ARG NPM_TOKEN\nARG BRANCH=main # or any other\nARG COMMIT # of it\n")})
    assert fixed().files[0].build_args == ("COMMIT",)
