"""Justfiles: recipes line by line and as scripts; what just then runs gets the same value, on no argument list."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from . import recording
from .working import jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token"}
SECRET = "s3cr3t-value"
JUST = shutil.which("just") or shutil.which("just", path=str(Path(sys.executable).parent))

# name: (the justfile, lines of what it becomes)
RUN = {
    "environment": (
        "build:\n    docker build --build-arg NPM_TOKEN={{env('NPM_TOKEN')}} .\n", ["    docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "older-function": (
        "build:\n    @docker build --build-arg NPM_TOKEN={{ env_var(\"NPM_TOKEN_CI\") }} .\n",
        ["    @docker build --secret id=npm_token,env=NPM_TOKEN_CI ."],
    ),
    "empty-default": (
        "build:\n    docker build --build-arg NPM_TOKEN={{env_var_or_default('NPM_TOKEN', '')}} .\n",
        ["docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "shell-variable": (
        "set dotenv-load\nbuild:\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "assigned-from-the-environment": (
        "tok := env('NPM_TOKEN')\nbuild:\n    docker build --build-arg NPM_TOKEN={{tok}} .\n",
        ["tok := env('NPM_TOKEN')", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "program": (
        "npm_token := `cat token.txt`\nbuild:\n    docker build --build-arg NPM_TOKEN={{npm_token}} .\n",
        ["export npm_token := `cat token.txt`", "docker build --secret id=npm_token,env=npm_token ."],
    ),
    "default-in-an-assignment": (
        "TOKEN := env('NPM_TOKEN', 'none')\nbuild:\n    docker build --build-arg NPM_TOKEN='{{TOKEN}}' .\n",
        ["export TOKEN := env('NPM_TOKEN', 'none')", "docker build --secret id=npm_token,env=TOKEN ."],
    ),
    "exports-all": (
        "set export\nTOKEN := `cat token.txt`\nbuild:\n    docker build --build-arg NPM_TOKEN={{TOKEN}} .\n",
        ["\nTOKEN := `cat token.txt`", "docker build --secret id=npm_token,env=TOKEN ."],
    ),
    "continued": (
        "build tag='x':\n    docker build \\\n      --build-arg A=1 \\\n      --build-arg NPM_TOKEN={{ env('NPM_TOKEN') }} \\\n      -t app:{{tag}} .\n",
        ["      --build-arg A=1 \\", "      --secret id=npm_token,env=NPM_TOKEN \\"],
    ),
    "script": (
        "build:\n    #!/usr/bin/env bash\n    set -euo pipefail\n    for d in api web; do\n"
        "      docker build --build-arg NPM_TOKEN=\"$NPM_TOKEN\" \"$d\"\n    done\n",
        ["      docker build --secret id=npm_token,env=NPM_TOKEN \"$d\""],
    ),
    "program-in-the-recipe": (
        "build:\n    docker build --build-arg NPM_TOKEN=\"$(cat token.txt)\" .\n",
        ["    NPM_TOKEN=\"$(cat token.txt)\" docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "arguments-in-an-assignment": (
        "args := '--pull --build-arg NPM_TOKEN=' + env('NPM_TOKEN') + ' --no-cache'\nbuild:\n    docker build {{args}} .\n    docker build {{args}} sub\n",
        ["args := '--pull --secret id=npm_token,env=NPM_TOKEN' + ' --no-cache'"],
    ),
    "which-builder": (
        "docker := env('DOCKER', 'docker')\nbuild:\n    {{docker}} build --build-arg NPM_TOKEN={{env('NPM_TOKEN')}} .\n",
        ["{{docker}} build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "windows-too": (
        "set windows-shell := ['pwsh', '-c']\nset shell := ['bash', '-uc']\nbuild:\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n",
        ["docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name):
    before, lines = RUN[name]
    after = moved("justfile", before, "just", IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


def same(before: str, after: str, tmp_path: Path, argv: list[str]) -> None:
    seen = []
    for text, folder in ((before, tmp_path / "before"), (after, tmp_path / "after")):
        (folder / "sub").mkdir(parents=True)
        (folder / "justfile").write_text(text)
        (folder / "token.txt").write_text(SECRET)
        found = recording.run([str(JUST), *argv], folder, {"NPM_TOKEN": SECRET, "NPM_TOKEN_CI": SECRET}, tmp_path / "tools")
        seen.append([r._replace(folder=r.folder.replace(str(folder), "")) for r in found])
    recording.same_build(*seen, IDS, [SECRET] if SECRET not in argv else [])


@pytest.mark.skipif(JUST is None, reason="just is not installed")
@pytest.mark.parametrize("name", RUN)
def test_just_gives_the_same_value(name, tmp_path):
    before, _ = RUN[name]
    same(before, moved("justfile", before, "just", IDS), tmp_path, ["build"])


PARAMETER = "# builds\nbuild token tag='x':\n    docker build --build-arg NPM_TOKEN={{token}} -t {{tag}} .\n"


def test_a_parameter_is_exported():
    after = moved("justfile", PARAMETER, "just", IDS)
    assert after == "# builds\nbuild $token tag='x':\n    docker build --secret id=npm_token,env=token -t {{tag}} .\n"
    done = rewrite("justfile", PARAMETER, "just", jobs_for(read("justfile", PARAMETER, "just").builds, IDS))
    assert "command line of just" in done.told[0].text


@pytest.mark.skipif(JUST is None, reason="just is not installed")
def test_a_parameter_has_the_same_value(tmp_path):
    same(PARAMETER, moved("justfile", PARAMETER, "just", IDS), tmp_path, ["build", SECRET])


REFUSED = {
    "literal": ("build:\n    docker build --build-arg NPM_TOKEN=abc123 .\n", "caller-value"),
    "name-with-a-dash": ("npm-token := `cat t`\nbuild:\n    docker build --build-arg NPM_TOKEN={{npm-token}} .\n", "caller-value"),
    "several-words": ("build *token:\n    docker build --build-arg NPM_TOKEN={{token}} .\n", "caller-value"),
    "unexported": ("unexport NPM_TOKEN\nNPM_TOKEN := `cat t`\nbuild:\n    docker build --build-arg NPM_TOKEN={{NPM_TOKEN}} .\n", "caller-value"),
    "expression": ("build:\n    docker build --build-arg NPM_TOKEN={{uppercase(env('NPM_TOKEN'))}} .\n", "caller-value"),
    "quotes-in-the-value": ("tok := '\"abc\"'\nbuild:\n    docker build --build-arg NPM_TOKEN={{tok}} .\n", "caller-value"),
    "fish": ("set shell := ['fish', '-c']\nbuild:\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n", "caller-shell"),
    "python": (
        "build:\n    #!/usr/bin/env python3\n    import os\n    os.system('docker build --build-arg NPM_TOKEN=x .')\n", "caller-shell",
    ),
    "classic-builder": ("build:\n    DOCKER_BUILDKIT=0 docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n", "caller-builder"),
    "changed-on-the-way": ("args := replace('--build-arg NPM_TOKEN=x', 'x', env('T'))\nbuild:\n    docker build {{args}} .\n", "caller-arguments"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, code = REFUSED[name]
    assert code in refused("justfile", text, "just", IDS)


def test_where_a_recipe_runs():
    text = "root:\n    docker build a\n[no-cd]\nanywhere:\n    docker build .\n[working-directory: 'sub']\nbelow:\n    docker build .\n"
    builds = read("ci/justfile", text, "just").builds
    assert [b.folder for b in builds] == ["ci", None, "ci/sub"]
    assert builds[0].place.paths == ("ci/a/Dockerfile",)
    assert builds[2].place.paths == ("ci/sub/Dockerfile",)


def test_an_imported_file_runs_beside_its_importer():
    others = {"justfile": "tok := `cat t`\nimport 'just/images.just'\n"}
    text = "build:\n    docker build --build-arg NPM_TOKEN={{tok}} .\n"
    (build,) = read("just/images.just", text, "just", others).builds
    assert build.place.paths == ("Dockerfile",)
    done = rewrite("just/images.just", text, "just", jobs_for((build,), IDS), others)
    assert ("justfile", b"export ") in [(e.path, e.edit.text) for e in done.edits]


def test_shared_arguments_need_the_same_move():
    text = "args := '--build-arg NPM_TOKEN=' + env('NPM_TOKEN')\na:\n    docker build {{args}} a\nb:\n    docker build {{args}} b\n"
    builds = read("justfile", text, "just").builds
    done = rewrite("justfile", text, "just", jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]
