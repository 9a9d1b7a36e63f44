"""What reading against the tool found in programs, Makefiles, justfiles and pipelines of Jenkins: whole repositories, run before and after."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import Options, Outcome
from remediate.pipeline import write
from tests.callers.recorder import Recorder, on_no_argv, same
from tests.pipeline.test_halves import changed, lay

DOCKERFILE = 'FROM node:20\nARG NPM_TOKEN\nRUN curl -H "Authorization: $NPM_TOKEN" https://npm.example.com\n'
SECRET = "planted-4be1"
BUILD = "docker build --build-arg NPM_TOKEN=$TOKEN ."


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    lay(root, {"Dockerfile": DOCKERFILE, ".git/HEAD": "", "npm.token": f"{SECRET}\n", "vars": f"TOKEN={SECRET}\n"})
    monkeypatch.chdir(root)
    return root


def fixed() -> Outcome:
    return pipeline.run(["."], Options())


def runs_the_same(repo: Path, tools: Path, *argv: str) -> Outcome:
    """Fixes the repository; the same builds get the same value before and after, and no process has it among its arguments."""
    tools.mkdir()
    recorder, env = Recorder(tools), {"NPM_TOKEN": SECRET, "PYTHONDONTWRITEBYTECODE": "1"}
    before, status, said = recorder.run(list(argv), repo, env)
    assert before and status == 0, said
    done = fixed()
    assert done.changes and not write.write(done).errors
    after, status, said = recorder.run(list(argv), repo, env)
    assert status == 0, said
    same(before, after, {"NPM_TOKEN": "npm_token"})
    assert all(dict(call["secrets"])["npm_token"] == SECRET for call in after)
    on_no_argv(after, [SECRET])
    return done


def held(done: Outcome) -> set[tuple[str, int, str]]:
    assert all(f.after == f.before for f in done.files) and not done.changes
    return {(c.path, c.line, c.reason) for f in done.files for c in f.callers if c.holds and not c.applied}


# A variable of the shell that is not in the environment of what it runs.
ASSIGNING = {
    "an option on the line before": f"set -e\nTOKEN=$(cat npm.token)\n{BUILD}",
    "an option before it": f"set -eu; TOKEN=$(cat npm.token)\n{BUILD}",
    "read": f"read -r TOKEN < npm.token\n{BUILD}",
    "a loop that reads": f"while IFS= read -r TOKEN; do\n{BUILD}\ndone < npm.token",
    "printf": f'printf -v TOKEN %s "$(cat npm.token)"\n{BUILD}',
    "readonly": f'declare -r TOKEN="$(cat npm.token)"\n{BUILD}',
    "a default": f': "${{TOKEN:=$(cat npm.token)}}"\n{BUILD}',
    "another file": f". ./vars\n{BUILD}",
}


@pytest.mark.parametrize("name", ASSIGNING)
def test_a_shell_variable_in_one_shell_of_make(repo: Path, tmp_path: Path, name: str) -> None:
    lines = "".join(f"\t{line}\n" for line in ASSIGNING[name].replace("$", "$$").split("\n"))
    lay(repo, {"Makefile": f"SHELL := /bin/bash\n.ONESHELL:\nimage:\n{lines}"})
    runs_the_same(repo, tmp_path / "tools", "make", "image")


@pytest.mark.parametrize("name", ASSIGNING)
def test_a_shell_variable_in_a_step_of_jenkins(repo: Path, tmp_path: Path, name: str) -> None:
    lay(repo, {"Jenkinsfile": "node {\n  sh '''#!/bin/bash\n" + ASSIGNING[name] + "\n'''\n}\n"})
    (after,) = changed(fixed()).values()
    script = after.partition("'''")[2].partition("'''")[0]
    tools = tmp_path / "tools"
    tools.mkdir()
    calls, _, said = Recorder(tools).run(["bash", "-c", script], repo, {})
    assert [dict(call["secrets"]) for call in calls] == [{"npm_token": SECRET}], said


# The shell of a Makefile may be looked for, and get options.
@pytest.mark.parametrize("shell", ["/usr/bin/env bash -o pipefail", "$(shell which bash)", "/bin/bash -e -o pipefail", "env bash"])
def test_the_shell_of_a_makefile(repo: Path, tmp_path: Path, shell: str) -> None:
    lay(repo, {"Makefile": f"SHELL := {shell}\n.SHELLFLAGS = -ec\nimage:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"})
    runs_the_same(repo, tmp_path / "tools", "make", "image")


def test_another_shell_of_a_makefile(repo: Path) -> None:
    lay(repo, {"Makefile": "SHELL = /usr/bin/env fish\nimage:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"})
    assert {reason for _, _, reason in held(fixed())} == {"caller-shell"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-include .env\n", "-include .env\nexport NPM_TOKEN\n"),
        (
            "ifneq (,$(wildcard ./.env))\n    include .env\nendif\n",
            "ifneq (,$(wildcard ./.env))\n    include .env\n    export NPM_TOKEN\nendif\n",
        ),
    ],
)
def test_a_file_of_variables_is_left_alone(repo: Path, tmp_path: Path, before: str, after: str) -> None:
    """`.env` has other readers, its lines are secrets, and a patch that shows them goes to places where they must not be."""
    lay(repo, {".env": f"NPM_TOKEN={SECRET}\n", "Makefile": f"{before}image:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"})
    done = runs_the_same(repo, tmp_path / "tools", "make", "image")
    assert changed(done) == {"Makefile": f"{after}image:\n\tdocker build --secret id=npm_token,env=NPM_TOKEN .\n"}


HELPER = """import subprocess

def image(tag, build_args):
    cmd = ["docker", "build", "-t", tag]
    for name, value in build_args.items():
        cmd.extend(["--build-arg", f"{name}={value}"])
    subprocess.run([*cmd, "."], check=True)
"""


@pytest.mark.parametrize("taking", ["from tools.images import image", "from tools import images", "import tools.images as images"])
def test_names_that_come_from_another_file(repo: Path, taking: str) -> None:
    call = "image" if taking.endswith("image") else "images.image"
    program = f'import os\n{taking}\n{call}("docker", {{"NPM_TOKEN": os.environ["NPM_TOKEN"]}})\n'
    lay(repo, {"tools/images.py": HELPER, "tools/__init__.py": "", "release.py": program})
    assert held(fixed()) == {("tools/images.py", 6, "caller-arguments")}


def test_names_that_nobody_gives_hold_nothing(repo: Path) -> None:
    lay(repo, {"tools/images.py": HELPER, "release.py": 'from tools.images import image\nimage("docker", {"VERSION": "1"})\n'})
    assert b"--mount=type=secret" in fixed().files[0].after


# What tells or tests, and builds nothing.
TALKING = {
    "a docstring": '"""Use: docker build --build-arg NPM_TOKEN=x ."""\n',
    "a text for an exit": 'HELP = "docker build --build-arg NPM_TOKEN=x ."\n\ndef usage():\n    raise SystemExit(HELP)\n',
    "an assertion": 'def test(run):\n    run.assert_called_with(["docker", "build", "--build-arg", "NPM_TOKEN=x", "."])\n',
}


@pytest.mark.parametrize("name", TALKING)
def test_python_that_only_talks_holds_nothing(repo: Path, tmp_path: Path, name: str) -> None:
    program = 'import os, subprocess\nsubprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ[\'NPM_TOKEN\']}", "."])\n'
    lay(repo, {"build.py": program, "more.py": TALKING[name]})
    done = runs_the_same(repo, tmp_path / "tools", sys.executable, "build.py")
    assert set(changed(done)) == {"build.py"}


def test_a_comment_over_lines_in_groovy_holds_nothing(repo: Path) -> None:
    lay(
        repo,
        {"Jenkinsfile": "node {\n  /*\n   docker build --build-arg NPM_TOKEN=x\n  */\n  sh 'docker build --build-arg NPM_TOKEN .'\n}\n"},
    )
    assert "sh 'docker build --secret id=npm_token,env=NPM_TOKEN .'" in changed(fixed())["Jenkinsfile"]


def test_a_command_that_is_split_at_spaces(repo: Path, tmp_path: Path) -> None:
    lay(
        repo,
        {
            "build.py": 'import subprocess\ncmd = "docker build --build-arg NPM_TOKEN -t app ."\nsubprocess.run(cmd.split(" "), check=True)\n'
        },
    )
    runs_the_same(repo, tmp_path / "tools", sys.executable, "build.py")


def test_names_that_come_out_of_a_file_of_settings(repo: Path) -> None:
    program = """import json, os, subprocess
cmd = ["docker", "build"]
for name in json.load(open("images.json"))["args"]:
    cmd += ["--build-arg", f"{name}={os.environ[name]}"]
subprocess.run([*cmd, "."], check=True)
"""
    lay(repo, {"build.py": program, "images.json": '{"args": ["NPM_TOKEN"]}\n'})
    assert held(fixed()) == {("build.py", 4, "caller-arguments")}


def test_a_loop_over_a_variable_of_make(repo: Path, tmp_path: Path) -> None:
    recipe = "\t@for d in $(DIRS); do docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -f $$d/Dockerfile . || exit 1; done\n"
    lay(repo, {"Makefile": f"DIRS := api web\nimages:\n{recipe}", "api/Dockerfile": DOCKERFILE, "web/Dockerfile": DOCKERFILE})
    (repo / "Dockerfile").unlink()
    runs_the_same(repo, tmp_path / "tools", "make", "images")


def test_a_variable_that_the_shell_of_a_recipe_takes_away(repo: Path) -> None:
    lay(repo, {"Makefile": "image:\n\tunset NPM_TOKEN; docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"})
    assert {reason for _, _, reason in held(fixed())} == {"caller-value"}


def test_a_variable_of_make_that_holds_sudo(repo: Path, tmp_path: Path) -> None:
    lay(repo, {"Makefile": "DOCKER := sudo docker\nimage:\n\t$(DOCKER) build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"})
    done = runs_the_same(repo, tmp_path / "tools", "make", "image")
    assert changed(done)["Makefile"].startswith("DOCKER := sudo --preserve-env=NPM_TOKEN docker\n")
